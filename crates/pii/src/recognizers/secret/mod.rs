//! API keys, tokens and private keys: by the mark of their issuer, or as the value of a key that says so. And passwords.

mod issuers;
pub(crate) mod password;

pub(crate) use issuers::issued;

use super::{Candidates, Find, Token};
use crate::{
    chain::{Chain, Lengths},
    chars::{at, before, is_alpha, is_digit, is_hex, is_name, is_token, is_upper, part, sort, span, span_back},
    context::{Support, Text},
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[
    Find::Token(token),
    Find::Chain(9, Lengths::within(9, 14), numbered),
    Find::Mark(b'-', private_key),
    Find::Mark(b's', password::labelled),
    Find::Mark(b'S', password::labelled),
    Find::Mark(b'@', password::in_url),
    Find::Whole(password::whole),
];

const MARKED: i16 = 97;
const KEYED: i16 = 52;
/// The longest token.
const MAX_TOKEN: usize = 4096;
/// How far the first digit of a secret may be from its beginning.
const MAX_LEAD: usize = 64;
/// So many words of one run are taken for the beginning of a secret.
const MAX_TRIES: u8 = 16;
/// The longest private key, in bytes.
const MAX_KEY: usize = 16_384;

fn token(text: &Text<'_>, token: Token, found: &mut Candidates) {
    let bytes = text.bytes;
    let run = text.token_run(token.start, token.end);
    let end = run.end.min(token.end + MAX_TOKEN);
    if found.0.last().is_some_and(|last| last.kind == Kind::Secret && last.end > token.start) {
        return;
    }
    if let Some((begin, end)) = issued(bytes, token.start, end) {
        found.add(Kind::Secret, begin, end, MARKED);
    } else if run.tries <= MAX_TRIES {
        keyed(text, token.start, end, found);
    }
}

/// A token whose first digits are a number by themselves: `xoxb-123456789012-...`.
fn numbered(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    let bytes = text.bytes;
    if let Some(run) =
        chain.run(0).filter(|run| before(bytes, run.start) == b'-' && is_alpha(before(bytes, run.start - 1)))
        && let Some((begin, end)) = issued(bytes, run.start, run.end + span(bytes, run.end, MAX_TOKEN, is_token))
    {
        found.add(Kind::Secret, begin, end, MARKED);
    }
}

fn trim(bytes: &[u8], start: usize, end: usize) -> usize {
    end - span_back(bytes, end, end - start, |byte| matches!(byte, b'.' | b'-' | b'/'))
}

/// A long mixed word behind "secret", "api_key". `first` is its first word with a digit.
fn keyed(text: &Text<'_>, first: usize, end: usize, found: &mut Candidates) {
    let bytes = text.bytes;
    // Of a password the whole was looked at. And nearly every word is too short.
    if text.is_password() || end.checked_sub(8).is_none_or(|place| place < first && !is_token(at(bytes, place))) {
        return;
    }
    let lead = span_back(bytes, first, MAX_LEAD, |byte| is_token(byte) && byte != b'=');
    let start = first - lead;
    // An earlier word was asked for the whole.
    if lead > 0 && (lead == MAX_LEAD || part(bytes, start, first).iter().any(|&byte| is_digit(byte))) {
        return;
    }
    let word = part(bytes, start, end);
    let called = matches!(at(bytes, end), b'(' | b'[' | b'<' | b':');
    if word.len() < 8 || word.len() > 512 || called {
        return;
    }
    // A short one is believed only where a value stands: in quotes, behind `=`, or as the whole of a string.
    let value = start == 0 || matches!(before(bytes, start), b'"' | b'\'' | b'=' | b'`');
    if word.len() < 12 && !value {
        return;
    }
    // What labels a secret stands directly before it, or is its key.
    if matches!(before(bytes, start), b'#' | b',' | b'|' | b'@') || matches!(at(word, 0), b'-' | b'/' | b'.' | b'+') {
        return;
    }
    if !is_mixed(word) || !is_random(word) || (!value && password::is_named(word)) {
        return;
    }
    let headed = has_head(bytes, start, word.len());
    if !headed && (text.support(start, Kind::Secret) != Support::Named || is_apart(text, start)) {
        return;
    }
    found.add(Kind::Secret, start, value_end(bytes, trim(bytes, start, end)), KEYED);
}

/// Where the value ends: a signature in an address may have escapes in it.
fn value_end(bytes: &[u8], end: usize) -> usize {
    let escaped = matches!(part(bytes, end, end + 3), [b'%', a, b] if is_hex(*a) && is_hex(*b));
    if escaped { end + 3 + span(bytes, end + 3, MAX_LEAD, |byte| is_token(byte) || byte == b'%') } else { end }
}

/// Whether what stands directly before the word makes a secret of it: the fields of connection strings, of signed addresses
/// and of the header for authorization.
fn has_head(bytes: &[u8], start: usize, length: usize) -> bool {
    static HEADS: [(&[u8], usize); 5] = [
        (b"accountkey=", 40),
        (b"sharedaccesskey=", 40),
        (b"sig=", 40),
        (b"authorization: basic ", 8),
        (b"authorization: token ", 20),
    ];
    HEADS.iter().any(|(head, least)| {
        length >= *least
            && start.checked_sub(head.len()).is_some_and(|from| {
                part(bytes, from, start).eq_ignore_ascii_case(head) && !is_name(before(bytes, from))
            })
    })
}

/// Something stands between the label and the word that ends what the label is about.
fn is_apart(text: &Text<'_>, start: usize) -> bool {
    let label = text.label(start);
    label.topics.names(Kind::Secret)
        && part(text.bytes, start - label.distance, start)
            .iter()
            .any(|byte| matches!(byte, b',' | b')' | b'(' | b'[' | b']' | b';' | b'{' | b'}' | b'\n' | b'+'))
}

/// Letters and digits change often enough; a name in a program is made of words.
fn is_random(word: &[u8]) -> bool {
    let mut last = word.first().map_or(0, |&byte| sort(byte));
    let mut changes = 0;
    for &byte in word {
        changes += usize::from(sort(byte) != last);
        last = sort(byte);
    }
    changes * 4 >= word.len() || word.iter().all(|&byte| is_hex(byte))
}

fn is_mixed(word: &[u8]) -> bool {
    let (mut digits, mut letters) = (0, 0);
    for &byte in word {
        digits += usize::from(is_digit(byte));
        letters += usize::from(is_alpha(byte));
        if digits >= 2 && letters >= 3 {
            return true;
        }
    }
    // In a long one of both cases a digit may be rare.
    let of = |test: fn(u8) -> bool| word.iter().filter(|byte| test(**byte)).count();
    word.len() >= 20 && digits > 0 && of(is_upper) >= 8 && of(|byte| byte.is_ascii_lowercase()) >= 8
}

/// `-----BEGIN ... PRIVATE KEY-----` to its end.
fn private_key(text: &Text<'_>, place: usize, found: &mut Candidates) {
    const BEGIN: &[u8] = b"-----BEGIN ";
    const ENDS: [&[u8]; 2] = [b"PRIVATE KEY-----", b"PRIVATE KEY BLOCK-----"];
    let bytes = text.bytes;
    if part(bytes, place, place + BEGIN.len()) != BEGIN {
        return;
    }
    let name = place + BEGIN.len();
    let words = span(bytes, name, 30, |byte| is_upper(byte) || byte == b' ');
    let opened = name + words + 5;
    let Some(close) = ENDS.into_iter().find(|end| part(bytes, name, opened).ends_with(end)) else { return };
    // What only speaks of a key closes its quotes.
    if !matches!(at(bytes, opened), 0 | b'\n' | b'\r' | b'\\' | b' ') {
        return;
    }
    let body = part(bytes, opened, bytes.len().min(opened + MAX_KEY));
    // Without an end everything that looks like the key is one.
    let length = match body.windows(close.len()).position(|window| window == close) {
        Some(index) => index + close.len(),
        None => body.iter().take_while(|&&byte| is_token(byte) || matches!(byte, b'\n' | b'\r' | b' ' | b'\\')).count(),
    };
    found.add(Kind::Secret, place, opened + length, MARKED);
}
