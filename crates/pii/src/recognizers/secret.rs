//! API keys, tokens and private keys: by the mark of their issuer, or as the value of a key that says so.

use super::{Candidates, Find, Token};
use crate::{
    chars::{
        at, before, is_alnum, is_alpha, is_digit, is_hex, is_name, is_token, is_upper, part, sort, span, span_back,
    },
    context::{Support, Text},
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[Find::Token(token), Find::Mark(b'-', private_key)];

const MARKED: i16 = 97;
const KEYED: i16 = 52;
/// The longest token.
const MAX_TOKEN: usize = 4096;
/// The longest mark in front of it.
const MAX_LEAD: usize = 16;
/// So many words of one run are taken for the beginning of a secret.
const MAX_TRIES: u8 = 16;
/// The longest private key, in bytes.
const MAX_KEY: usize = 16_384;

/// How tokens of known issuers begin, and how long the rest is at least.
static MARKS: &[(&[u8], usize)] = &[
    (b"AKIA", 16),
    (b"ASIA", 16),
    (b"AIza", 30),
    (b"ghp_", 30),
    (b"gho_", 30),
    (b"ghu_", 30),
    (b"ghs_", 30),
    (b"ghr_", 30),
    (b"github_pat_", 30),
    (b"glpat-", 18),
    (b"sk-", 20),
    (b"sk_live_", 16),
    (b"sk_test_", 16),
    (b"rk_live_", 16),
    (b"pk_live_", 16),
    (b"whsec_", 20),
    (b"xoxb-", 20),
    (b"xoxp-", 20),
    (b"xoxa-", 20),
    (b"xoxs-", 20),
    (b"xapp-", 20),
    (b"ya29.", 20),
    (b"SG.", 30),
    (b"npm_", 30),
    (b"dop_v1_", 40),
    (b"hf_", 30),
    (b"mcp_", 20),
    (b"shpat_", 30),
    (b"pypi-", 30),
    (b"eyJ", 30),
    (b"glsa_", 30),
    (b"lin_api_", 30),
    (b"sq0atp-", 20),
    (b"EAAC", 40),
    (b"AGE-SECRET-KEY-", 50),
    (b"dapi", 32),
];

fn token(text: &Text<'_>, token: Token, found: &mut Candidates) {
    let bytes = text.bytes;
    let run = text.token_run(token.start, token.end);
    let end = run.end.min(token.end + MAX_TOKEN);
    let lead = span_back(bytes, token.start, MAX_LEAD, is_name);
    if end - token.start + lead < 8 {
        return;
    }
    if found.0.last().is_some_and(|last| last.kind == Kind::Secret && last.end >= end) {
        return;
    }
    if let Some(begin) = marked(bytes, token.start, end) {
        found.add(Kind::Secret, begin, trim(bytes, begin, end), MARKED);
    } else if lead == 0 && run.tries <= MAX_TRIES {
        keyed(text, token.start, end, found);
    }
}

/// Where the token of a known issuer begins, of which a word that begins at `start` is a part and that ends at `end`. The
/// mark may be a word of its own in front: `sk_live_51...`, `glpat-...`.
pub(crate) fn marked(bytes: &[u8], start: usize, end: usize) -> Option<usize> {
    [start - span_back(bytes, start, MAX_LEAD, is_name), start].into_iter().find(|&begin| {
        let word = part(bytes, begin, end);
        let first = at(word, 0);
        word.len() >= 20
            && is_alpha(first)
            && MARKS
                .iter()
                .any(|(mark, rest)| at(mark, 0) == first && word.starts_with(mark) && word.len() >= mark.len() + rest)
            && !is_alnum(before(bytes, begin))
    })
}

fn trim(bytes: &[u8], start: usize, end: usize) -> usize {
    end - span_back(bytes, end, end - start, |byte| matches!(byte, b'.' | b'-' | b'/'))
}

/// A long mixed word behind "password", "secret", "api_key".
fn keyed(text: &Text<'_>, start: usize, end: usize, found: &mut Candidates) {
    let word = part(text.bytes, start, end);
    let called = matches!(at(text.bytes, end), b'(' | b'[' | b'<' | b':');
    if word.len() < 8 || word.len() > 512 || called {
        return;
    }
    // A short one is believed only where a value stands: in quotes, behind `=`, or as the whole of a string.
    let value = start == 0 || matches!(before(text.bytes, start), b'"' | b'\'' | b'=' | b'`');
    if word.len() < 12 && !value {
        return;
    }
    // What labels a secret stands directly before it, or is its key.
    if matches!(before(text.bytes, start), b'-' | b'/' | b'.' | b'#' | b',' | b'|' | b'@') {
        return;
    }
    if !is_mixed(word) || !is_random(word) {
        return;
    }
    if text.support(start, Kind::Secret) != Support::Named || is_apart(text, start) {
        return;
    }
    found.add(Kind::Secret, start, trim(text.bytes, start, end), KEYED);
}

/// Something stands between the label and the word that ends what the label is about.
fn is_apart(text: &Text<'_>, start: usize) -> bool {
    let label = text.label(start);
    label.topics.names(Kind::Secret)
        && part(text.bytes, start - label.distance, start)
            .iter()
            .any(|byte| matches!(byte, b',' | b')' | b'(' | b'[' | b']' | b';' | b'{' | b'}' | b'\n'))
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
    false
}

/// `-----BEGIN ... PRIVATE KEY-----` to its end.
fn private_key(text: &Text<'_>, place: usize, found: &mut Candidates) {
    const BEGIN: &[u8] = b"-----BEGIN ";
    const END: &[u8] = b"PRIVATE KEY-----";
    let bytes = text.bytes;
    if part(bytes, place, place + BEGIN.len()) != BEGIN {
        return;
    }
    let name = place + BEGIN.len();
    let words = span(bytes, name, 30, |byte| is_upper(byte) || byte == b' ');
    let opened = name + words + 5;
    if !part(bytes, name, opened).ends_with(END) {
        return;
    }
    let body = part(bytes, opened, bytes.len().min(opened + MAX_KEY));
    let close = body.windows(END.len()).position(|window| window == END).map_or(body.len(), |index| index + END.len());
    // Without an end everything that looks like the key is one.
    let close = if close == body.len() && !body.ends_with(END) {
        body.iter().take_while(|&&byte| is_token(byte) || matches!(byte, b'\n' | b'\r' | b' ' | b'\\')).count()
    } else {
        close
    };
    found.add(Kind::Secret, place, opened + close, MARKED);
}
