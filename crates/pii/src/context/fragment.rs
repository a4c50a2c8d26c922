//! JSON inside of other text, as in the fence of a page of Markdown: what the keys above a value and beside it say.

use super::{table::key_topics, topics::Topics};
use crate::chars::{at, before, part, run_back, span};
use crate::simd::Sort;

/// The longest line that is read, and the most lines.
pub(super) const MAX_LINE: usize = 120;
const MAX_LINES: usize = 12;

/// The topics of the key above, or of the type beside, when the line of the value is one of JSON.
pub(super) fn topics(bytes: &[u8], value: usize) -> Topics {
    // A string, or a number behind its key.
    if before(bytes, value) != b'"' && !(before(bytes, value) == b' ' && before(bytes, value - 1) == b':') {
        return Topics::NONE;
    }
    let mut start = value - run_back(bytes, value, MAX_LINE, Sort::InLine);
    let own = span(bytes, start, MAX_LINE, |byte| byte == b' ');
    if own == 0 || at(bytes, start + own) != b'"' {
        return Topics::NONE;
    }
    for _ in 0..MAX_LINES {
        let Some(end) = start.checked_sub(1) else { break };
        start = end - run_back(bytes, end, MAX_LINE, Sort::InLine);
        if start > 0 && before(bytes, start) != b'\n' {
            break;
        }
        let indent = span(bytes, start, MAX_LINE, |byte| byte == b' ');
        let line = part(bytes, start + indent, end).trim_ascii();
        if indent < own {
            // `"passport": {`
            let opens = line.ends_with(b"{") || line.ends_with(b"[");
            return match pair(line) {
                Some((key, _)) if opens => key_topics(key),
                _ => Topics::NONE,
            };
        }
        // `"type": "passport",`
        if indent == own
            && let Some((key, rest)) = pair(line)
            && names_type(key)
            && let Some(word) = quoted(rest)
        {
            return key_topics(word);
        }
    }
    Topics::NONE
}

/// The key of a line, and what follows its colon.
fn pair(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let key = quoted(line)?;
    let rest = line.get(key.len() + 2..)?.trim_ascii_start().strip_prefix(b":")?;
    Some((key, rest.trim_ascii_start()))
}

/// What stands between the quotation marks that open here.
fn quoted(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b"\"")?;
    let end = rest.iter().position(|&byte| byte == b'"')?;
    rest.get(..end)
}

/// `type`, `docType`, `kind`, `system`.
fn names_type(key: &[u8]) -> bool {
    [&b"type"[..], b"kind", b"system"].iter().any(|name| {
        key.len()
            .checked_sub(name.len())
            .and_then(|from| key.get(from..))
            .is_some_and(|end| end.eq_ignore_ascii_case(name))
    })
}
