//! Mailboxes: anchored on `@`, ended by a top-level domain that exists.

use std::sync::OnceLock;

use super::{Candidates, Find};
use crate::{
    chars::{at, before, char_at, char_before, is_alnum, is_alpha, is_digit, is_letter, part, span_back},
    context::{Text, is_unspaced},
    json::code_point,
    kind::Kind,
    words::WordSet,
};

pub(super) static FINDS: &[Find] = &[Find::Mark(b'@', find)];

const SCORE: i16 = 90;
/// The longest local part and the longest domain, in bytes (RFC 5321 section 4.5.3.1).
pub(crate) const MAX_LOCAL: usize = 64;
pub(crate) const MAX_DOMAIN: usize = 255;

fn find(text: &Text<'_>, local_end: usize, found: &mut Candidates) {
    let bytes = text.bytes;
    let Some(end) = domain(bytes, local_end + 1) else { return };
    let Some(start) = local(bytes, local_end) else { return };
    // "COM+ann@example.com:EM" of EDIFACT
    let start = start + if part(bytes, start, start + 4) == b"COM+" { 4 } else { 0 };
    if !is_mailbox(bytes, start, local_end, end) {
        return;
    }
    found.add(Kind::Email, start, end, SCORE);
}

/// Where the local part begins.
fn local(bytes: &[u8], end: usize) -> Option<usize> {
    let floor = end.saturating_sub(MAX_LOCAL);
    let mut start = end;
    let script = char_before(bytes, end)?;
    while start > floor {
        let byte = before(bytes, start);
        if byte < 0x80 {
            if !is_local(byte) {
                break;
            }
            start -= 1;
            continue;
        }
        let letter = char_before(bytes, start)?;
        // A word of another script in front of the address is no part of it.
        let latin = is_letter(letter) && letter < '\u{250}';
        let alike = if script.is_ascii() { latin } else { latin || is_letter(letter) || is_unspaced(letter) };
        if !alike || start - letter.len_utf8() < floor {
            break;
        }
        start -= letter.len_utf8();
    }
    let start = trim(bytes, start, end);
    (start < end && before(bytes, end) != b'.').then_some(start)
}

pub(crate) fn is_local(byte: u8) -> bool {
    is_alnum(byte) || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'\'' | b'-' | b'&' | b'~')
}

/// Cuts off what was glued to the front: an escape, a quote, dots in a row.
fn trim(bytes: &[u8], start: usize, end: usize) -> usize {
    let mut start = start;
    if before(bytes, start) == b'\\' {
        start += match at(bytes, start) {
            b'u' if code_point(bytes, start - 1).is_some() => 5,
            b'n' | b't' | b'r' => 1,
            _ => 0,
        };
    }
    let local = part(bytes, start, end);
    if let Some(dots) = local.windows(2).rposition(|pair| pair == b"..") {
        start += dots + 2;
    }
    if let Some(and) = part(bytes, start, end).iter().rposition(|&byte| byte == b'&') {
        start += and + 1;
    }
    while start < end && matches!(at(bytes, start), b'.' | b'\'' | b'-' | b'%' | b'+' | b'~') {
        start += 1;
    }
    start
}

/// Where the domain ends, when its last label is a top-level domain.
fn domain(bytes: &[u8], start: usize) -> Option<usize> {
    let limit = start + MAX_DOMAIN;
    let mut labels = [0usize; 12];
    let (mut count, mut label, mut place) = (0, start, start);
    while place < limit && count < labels.len() {
        let byte = at(bytes, place);
        if is_alnum(byte) || byte == b'-' {
            place += 1;
        } else if byte >= 0x80
            && let Some(letter) = char_at(bytes, place)
            && (is_letter(letter) || is_unspaced(letter))
            && (place == label || !is_ascii_label(bytes, label, place) || is_letter(letter))
        {
            place += letter.len_utf8();
        } else {
            if place == label || place - label > 63 {
                break;
            }
            if let Some(slot) = labels.get_mut(count) {
                *slot = place;
                count += 1;
            }
            if byte != b'.' {
                break;
            }
            place += 1;
            label = place;
        }
    }
    let ends = labels.get(..count)?;
    let mut last = count;
    while last >= 2 {
        let (Some(&end), Some(&previous)) = (ends.get(last - 1), ends.get(last - 2)) else { break };
        let label_start = previous + 1;
        if let Some(end) = top_level(bytes, label_start, end) {
            return valid_labels(part(bytes, start, previous)).then_some(end);
        }
        last -= 1;
    }
    None
}

fn is_ascii_label(bytes: &[u8], start: usize, end: usize) -> bool {
    part(bytes, start, end).is_ascii()
}

fn valid_labels(domain: &[u8]) -> bool {
    domain.split(|&byte| byte == b'.').all(|label| !label.is_empty() && !label.starts_with(b"-"))
}

/// Where the top-level domain ends. A dash or a word of another script may be glued to it.
fn top_level(bytes: &[u8], start: usize, end: usize) -> Option<usize> {
    let label = part(bytes, start, end);
    if is_top_level(label) {
        return Some(end);
    }
    let plain = label.iter().take_while(|byte| is_alpha(**byte)).count();
    let cut = plain >= 2 && plain < label.len() && (at(label, plain) >= 0x80 || !is_digit(at(label, plain)));
    (cut && is_top_level(label.get(..plain)?)).then_some(start + plain)
}

pub(crate) fn is_top_level(label: &[u8]) -> bool {
    static DOMAINS: OnceLock<WordSet> = OnceLock::new();
    let domains = DOMAINS.get_or_init(|| WordSet::of(include_str!("../../data/tlds.txt").lines()));
    label.len() > 1 && domains.has(label)
}

/// Whether it is no package, credential in a URL, message id or word of a program.
fn is_mailbox(bytes: &[u8], start: usize, local_end: usize, end: usize) -> bool {
    let local = part(bytes, start, local_end);
    let keyword = [&b"git"[..], b"this", b"super", b"return", b"break", b"continue"].contains(&local);
    if keyword || at(bytes, end) == b'@' {
        return false;
    }
    match before(bytes, start) {
        b'@' => false,
        b'/' => before(bytes, start - 1) != b'/',
        b':' => !in_url(bytes, start),
        b'<' => !is_message_id(bytes, start),
        _ => true,
    }
}

/// `scheme://user:` stands before.
fn in_url(bytes: &[u8], start: usize) -> bool {
    let length = span_back(bytes, start, 80, |byte| byte > b' ' && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b','));
    part(bytes, start - length, start).windows(3).any(|three| three == b"://")
}

fn is_message_id(bytes: &[u8], start: usize) -> bool {
    let line = span_back(bytes, start, 40, |byte| byte != b'\n');
    let mut head = [0u8; 40];
    let head = head.get_mut(..line).unwrap_or_default();
    head.copy_from_slice(part(bytes, start - line, start));
    head.make_ascii_lowercase();
    [&b"message-id"[..], b"in-reply-to", b"references", b"content-id", b"msgid"]
        .iter()
        .any(|name| head.windows(name.len()).any(|window| window == *name))
}
