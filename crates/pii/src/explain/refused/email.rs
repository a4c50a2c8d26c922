//! Mailboxes: something on both sides of an `@`.

use super::Refused;
use crate::{
    chars::{at, before, is_alnum, part, span, span_back},
    context::Text,
    recognizers::email::{MAX_DOMAIN, MAX_LOCAL, is_local, is_top_level},
};

pub(super) fn look(text: &Text<'_>, place: usize, refused: &mut Refused) {
    let bytes = text.bytes;
    let local = span_back(bytes, place, MAX_LOCAL + 1, is_local);
    let domain = span(bytes, place + 1, MAX_DOMAIN + 1, |byte| is_alnum(byte) || matches!(byte, b'-' | b'.'));
    // The full stop of a sentence is no part of it.
    let domain = domain - span_back(bytes, place + 1 + domain, domain, |byte| byte == b'.');
    let start = place - local;
    let is_cut = before(bytes, start) >= 0x80 || at(bytes, place + 1 + domain) >= 0x80;
    if local == 0 || domain == 0 || is_cut {
        return;
    }
    let end = place + 1 + domain;
    refused.add(start, end, why(part(bytes, place + 1, end), local));
}

fn why(domain: &[u8], local: usize) -> String {
    if local > MAX_LOCAL {
        return format!("more than {MAX_LOCAL} bytes stand before the @");
    }
    if domain.len() > MAX_DOMAIN {
        return format!("its domain is longer than {MAX_DOMAIN} bytes");
    }
    let Some(dot) = domain.iter().rposition(|&byte| byte == b'.') else {
        return "there is no dot in its domain".to_owned();
    };
    let label_is_bad = |label: &[u8]| label.is_empty() || label.starts_with(b"-") || label.len() > 63;
    if domain.split(|&byte| byte == b'.').any(label_is_bad) {
        return "a label of its domain is empty, too long or begins with a dash".to_owned();
    }
    let last = domain.get(dot + 1..).unwrap_or_default();
    if is_top_level(last) {
        "it is the name of a package, a message id, a word of a program or the credential in a URL".to_owned()
    } else {
        format!("there is no top-level domain {}", String::from_utf8_lossy(last))
    }
}
