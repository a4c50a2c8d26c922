//! Passwords: the value of a key or label that says so, whatever it is made of.

use super::Candidates;
use crate::{
    chars::{
        at, before, is_alnum, is_alpha, is_digit, is_name, is_upper, part, span, span_back, starts_with_ignore_case,
    },
    context::{Text, lexicon},
    kind::Kind,
};

const QUOTED: i16 = 60;
const BARE: i16 = 52;
/// More than a mailbox: "user:pass!word@example.com".
const IN_URL: i16 = 95;
/// The shortest and the longest password.
const LENGTHS: std::ops::RangeInclusive<usize> = 6..=256;

/// What stands behind "pass" in a word for a password.
static ENDS: [&[u8]; 6] = [b"word", b"wd", b"wort", b"phrase", b"code", b"words"];

/// Where the value may begin of the word for a password whose `ss` is at a place: behind its colon or equals sign.
pub(crate) fn behind_label(bytes: &[u8], place: usize) -> Option<usize> {
    let start = place.checked_sub(2)?;
    if !starts_with_ignore_case(bytes, start, b"pass") {
        return None;
    }
    let tail = place + 2;
    let length = span(bytes, tail, 8, is_alpha);
    let word = part(bytes, tail, tail + length);
    let joined = || matches!(before(bytes, start), b'_' | b'-') && is_alpha(before(bytes, start - 1));
    let named = ENDS.iter().any(|end| word.eq_ignore_ascii_case(end))
        || (length == 0 && joined())
        || (word.eq_ignore_ascii_case(b"e")
            && [&b"mot de "[..], b"mot_de_"].iter().any(|lead| ends_with(bytes, start, lead)));
    let end = tail + length;
    if !named || is_name(at(bytes, end)) {
        return None;
    }
    if at(bytes, end) == b'>' && matches!(before(bytes, start), b'<' | b':') {
        return Some(end + 1);
    }
    let gap = span(bytes, end, 6, |byte| matches!(byte, b' ' | b'"' | b'\'' | b'\\' | b']' | b'`' | b'*'));
    let sep = end + gap;
    let arrow = usize::from(matches!(at(bytes, sep + 1), b'=' | b'>'));
    (matches!(at(bytes, sep), b':' | b'=') && at(bytes, sep + 1) != b':').then_some(sep + 1 + arrow)
}

/// Whether a key of JSON ends with the word for a password.
pub(crate) fn is_key(key: &[u8]) -> bool {
    let pass = |window: &[u8]| window.eq_ignore_ascii_case(b"pass");
    key.windows(4).rposition(pass).is_some_and(|start| {
        let word = part(key, start + 4, key.len());
        ENDS.iter().any(|end| word.eq_ignore_ascii_case(end))
            || (word.is_empty() && matches!(before(key, start), b'_' | b'-'))
            || (word.eq_ignore_ascii_case(b"e")
                && [&b"mot de "[..], b"mot_de_"].iter().any(|lead| ends_with(key, start, lead)))
    })
}

fn ends_with(bytes: &[u8], end: usize, word: &[u8]) -> bool {
    end.checked_sub(word.len()).is_some_and(|start| starts_with_ignore_case(bytes, start, word))
}

/// The value behind the word whose `ss` is at a place.
pub(super) fn labelled(text: &Text<'_>, place: usize, found: &mut Candidates) {
    let bytes = text.bytes;
    let Some(value) = behind_label(bytes, place) else { return };
    let element = before(bytes, value) == b'>' && before(bytes, value - 1) != b'=';
    let gap = if element { 0 } else { span(bytes, value, 8, |byte| byte == b' ' || byte == b'\t') };
    let start = value + gap;
    let quote = start + usize::from(at(bytes, start) == b'\\');
    if matches!(at(bytes, quote), b'"' | b'\'' | b'`') {
        let mark = at(bytes, quote);
        let start = quote + 1;
        let end = start + span(bytes, start, 260, |byte| byte > b' ' && byte != mark && byte != b'\\');
        if matches!(at(bytes, end), b'"' | b'\'' | b'`' | b'\\') && is_quoted_password(part(bytes, start, end)) {
            found.add(Kind::Secret, start, end, QUOTED);
        }
        return;
    }
    let end = bare_end(bytes, start);
    let value = part(bytes, start, end);
    let trimmed = value.len() - value.iter().rev().take_while(|byte| matches!(byte, b',' | b'.' | b')' | b'*')).count();
    let tied = gap == 0;
    if is_bare_password(part(value, 0, trimmed), tied, trimmed < value.len()) {
        found.add(Kind::Secret, start, start + trimmed, BARE);
    }
}

/// The whole text, when its key says that it is a password.
pub(super) fn whole(text: &Text<'_>, found: &mut Candidates) {
    if text.is_password() && is_quoted_password(text.bytes) {
        found.add(Kind::Secret, 0, text.bytes.len(), QUOTED);
    }
}

/// Where a value without quotes ends.
fn bare_end(bytes: &[u8], start: usize) -> usize {
    let mut end = start;
    while end < start + 260 {
        match at(bytes, end) {
            0..=b' ' | b'"' | b'\'' | b'<' | b'`' | b';' | b'|' | 0x7F => break,
            b'&' if next_field(bytes, end + 1) => break,
            _ => end += 1,
        }
    }
    end
}

/// `&name=`: the next field of a form.
fn next_field(bytes: &[u8], start: usize) -> bool {
    let length = span(bytes, start, 40, is_name);
    length > 0 && matches!(at(bytes, start + length), b'=' | b'[')
}

fn is_quoted_password(value: &[u8]) -> bool {
    let blank = value.iter().any(|&byte| byte <= b' ' || byte == 0x7F);
    if !LENGTHS.contains(&value.len()) || blank || is_placeholder(value) {
        return false;
    }
    let digits = value.iter().any(|&byte| is_digit(byte));
    // A word with a capital, and names joined by marks, are of a program or of its screen.
    let capital = is_upper(at(value, 0)) && value.iter().skip(1).all(u8::is_ascii_lowercase);
    let plain = value.is_ascii() && value.iter().any(|&byte| is_alnum(byte));
    plain && (digits || !(capital || value.iter().any(|byte| matches!(byte, b'_' | b'.' | b'-' | b'/' | b':' | b','))))
}

/// `tied`: without a blank behind its sign. `followed`: a comma or bracket ended it.
fn is_bare_password(value: &[u8], tied: bool, followed: bool) -> bool {
    let code = value.iter().any(|byte| {
        matches!(byte, b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' | b'*' | b'\\' | b',' | 0x80..)
    });
    if !LENGTHS.contains(&value.len()) || code || is_placeholder(value) || value.windows(2).any(|two| two == b"::") {
        return false;
    }
    let digits = value.iter().any(|&byte| is_digit(byte));
    let letters = value.iter().any(|&byte| is_alpha(byte));
    let marks = value.iter().any(|&byte| !is_name(byte) && !matches!(byte, b'.' | b'/' | b':' | b'='));
    if digits && letters {
        return marks || (tied && !followed) || !is_named(value);
    }
    let begins = is_alnum(at(value, 0));
    (marks && letters && begins && !followed) || (tied && !followed && value.iter().all(|&byte| is_alpha(byte)))
}

/// Whether a word is made as the names of programs are: no part has digits in two places.
pub(super) fn is_named(word: &[u8]) -> bool {
    let (mut last, mut groups, mut pieces, mut length) = (0, 0, 0, 0);
    for &byte in word {
        if is_alnum(byte) {
            length += 1;
            groups += usize::from(is_digit(byte) && !is_digit(last));
            pieces += usize::from(is_upper(byte) && last.is_ascii_lowercase());
        } else if groups > 1 || length < 3 * pieces {
            return false;
        } else {
            (groups, pieces, length) = (0, 0, 0);
        }
        last = byte;
    }
    groups <= 1 && length >= 3 * pieces
}

/// What stands for a password and is none: `${PASSWORD}`, `<password>`, `********`, "your-password", "string".
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    static WORDS: [&str; 22] = [
        "string",
        "text",
        "hidden",
        "redacted",
        "required",
        "optional",
        "example",
        "undefined",
        "nullable",
        "number",
        "object",
        "boolean",
        "integer",
        "invalid",
        "missing",
        "prompt",
        "default",
        "unknown",
        "masked",
        "removed",
        "filtered",
        "varchar",
    ];
    let first = at(value, 0);
    let same = value.iter().all(|&byte| byte == first);
    let known = WORDS.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()));
    let named = value.iter().all(|&byte| is_alpha(byte) || matches!(byte, b'_' | b'-' | b'.' | b'$' | b' ' | b'@'))
        && value.split(|&byte| !is_alpha(byte)).any(|word| {
            let meant = lexicon().word(word);
            meant.names(Kind::Secret) || word.windows(4).any(|four| four.eq_ignore_ascii_case(b"pass"))
        });
    let opens = matches!(first, b'$' | b'<' | b'{' | b'[' | b'%' | b'*' | b'(' | b'&')
        && value
            .iter()
            .skip(1)
            .any(|byte| matches!(byte, b'>' | b'}' | b']' | b'%' | b'*' | b')' | b'$' | b'_') || is_upper(*byte));
    let variable = first == b'$' && value.iter().skip(1).all(|&byte| is_name(byte));
    let dots =
        value.iter().filter(|byte| matches!(byte, b'*' | b'.' | b'x' | b'X' | 0x80..)).count() * 4 > value.len() * 3;
    same || known || named || opens || variable || dots
}

/// The password in `scheme://user:password@host`, at whose `@` this begins.
pub(super) fn in_url(text: &Text<'_>, place: usize, found: &mut Candidates) {
    let bytes = text.bytes;
    let inside = |byte: u8| {
        byte > b' ' && byte < 0x7F && !matches!(byte, b'/' | b'"' | b'\'' | b'<' | b'>' | b'`' | b',' | b'(')
    };
    // The last one counts of several. Asked first: where many stand close together, none is looked at from afar.
    let behind = span(bytes, place + 1, 255, |byte| inside(byte) && byte != b'@');
    if behind == 0 || at(bytes, place + 1 + behind) == b'@' {
        return;
    }
    let length = span_back(bytes, place, 256, inside);
    let start = place - length;
    if length < 3 || part(bytes, start.saturating_sub(3), start) != b"://" || !is_alpha(before(bytes, start - 3)) {
        return;
    }
    let authority = part(bytes, start, place);
    let Some(colon) = authority.iter().position(|&byte| byte == b':') else { return };
    let password = part(authority, colon + 1, length);
    // "good.example:443@bad.example" has a port where the password would be.
    if password.len() < 3
        || (password.len() <= 5 && password.iter().all(|&byte| is_digit(byte)))
        || is_placeholder(password)
        || is_short_placeholder(password)
        || password.iter().any(|byte| matches!(byte, b'{' | b'}' | b'$' | b'[' | b']'))
    {
        return;
    }
    found.add(Kind::Secret, start + colon + 1, place, IN_URL);
}

fn is_short_placeholder(value: &[u8]) -> bool {
    [&b"pass"[..], b"pw", b"pwd", b"xxx", b"bar", b"foo", b"abc"].iter().any(|word| value.eq_ignore_ascii_case(word))
}
