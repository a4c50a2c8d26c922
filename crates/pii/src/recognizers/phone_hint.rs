//! Words that often stand in front of a telephone number without naming it: "Office: ", "unter der Nummer ", "sent to ".

use crate::{
    chars::{before, is_alpha, part, span_back},
    context::{Support, Text, Topics, lexicon},
};

/// How much a word says that a number behind it is a telephone's; the later, the more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Hint {
    /// It stands before in a sentence.
    Led,
    /// It is the key of the value.
    Key,
    /// A colon stands between, or a message was sent there.
    Marked,
}

/// The longest word that is looked at, in bytes.
const MAX_WORD: usize = 24;

/// What the words directly before a value say. What another label says of it goes before, unless a message is sent there.
pub(super) fn hint(text: &Text<'_>, value: usize, support: Support) -> Option<Hint> {
    let bytes = text.bytes;
    if text.is_hinted(value) {
        return (support == Support::Silent).then_some(Hint::Key);
    }
    let blanks = span_back(bytes, value, 4, |byte| matches!(byte, b' ' | b'"' | b'\'' | b'*'));
    let mark = value - blanks;
    if matches!(before(bytes, mark), b':' | b'=') {
        let end = mark - 1;
        let end = end - span_back(bytes, end, 4, |byte| matches!(byte, b' ' | b'"' | b'\'' | b'*'));
        let word = word_before(bytes, end);
        let marked = match support {
            Support::Silent if is_count(bytes, word, end) => return Some(Hint::Key),
            Support::Silent => lexicon().word(word).meets(Topics::HINT),
            // "Domicile : 06 12 34 56 78"
            Support::Foreign => is_any(word, &["domicile", "domicilio"]),
            Support::Named | Support::Denied => false,
        };
        return marked.then_some(Hint::Marked);
    }
    if blanks != 1 || before(bytes, value) != b' ' || !matches!(before(bytes, mark), b'a'..=b'z' | b'A'..=b'Z' | 0x80..)
    {
        return None;
    }
    let word = word_before(bytes, mark);
    let left = || left_word(bytes, mark - word.len());
    if is_any(word, &["to"]) {
        return sent(bytes, mark - word.len(), support);
    }
    let led = support == Support::Silent
        && match word {
            b"from" => false,
            // "unter 0171 5551234", "au 06 12 34 56 78": numbers that begin with a zero are seldom named otherwise.
            b"unter" | b"au" => true,
            b"on" | b"at" => is_any(left(), &["me", "us", "him", "her", "them", "available"]),
            b"is" | b"ist" | b"lautet" | b"est" | b"es" => {
                let end = (mark - word.len()).saturating_sub(1);
                is_count(bytes, left(), end)
            }
            _ => lexicon().word(word).meets(Topics::HINT) || is_count(bytes, word, mark),
        };
    led.then_some(Hint::Led)
}

/// "sent to", "message to": "to" ends before `end`.
fn sent(bytes: &[u8], end: usize, support: Support) -> Option<Hint> {
    let verb = left_word(bytes, end);
    if is_any(verb, &["message", "messages", "otp", "sms"]) {
        return Some(Hint::Marked);
    }
    if !is_any(verb, &["sent", "texted", "delivered", "forwarded", "send"]) {
        return None;
    }
    let what = left_word(bytes, end.saturating_sub(verb.len() + 1));
    let message =
        is_any(what, &["code", "otp", "sms", "message", "text", "pin", "passcode", "password", "link", "was"]);
    match message {
        true => Some(Hint::Marked),
        false => (support == Support::Silent).then_some(Hint::Led),
    }
}

/// "number", with nothing before it that says of what: "the number", "au numéro", "Номер". The word ends at `end`.
fn is_count(bytes: &[u8], word: &[u8], end: usize) -> bool {
    static COUNTS: [&str; 12] = [
        "number",
        "numero",
        "numéro",
        "número",
        "nummer",
        "numer",
        "номер",
        "Номер",
        "번호는",
        "番号",
        "番号は",
        "رقم",
    ];
    static ARTICLES: [&str; 12] = ["the", "au", "le", "der", "die", "el", "il", "o", "al", "this", "to", "on"];
    let left = || left_word(bytes, end.saturating_sub(word.len()));
    is_any(word, &COUNTS) && (left().is_empty() || is_any(left(), &ARTICLES))
}

fn is_any(word: &[u8], words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

/// The word in front of the blank that stands before a place.
fn left_word(bytes: &[u8], place: usize) -> &[u8] {
    if before(bytes, place) == b' ' { word_before(bytes, place - 1) } else { b"" }
}

/// The word that ends at a place, without the wide blank that French puts before a colon.
fn word_before(bytes: &[u8], place: usize) -> &[u8] {
    let wide = ["\u{A0}", "\u{202F}"].into_iter().find(|wide| part(bytes, 0, place).ends_with(wide.as_bytes()));
    let end = place - wide.map_or(0, str::len);
    part(bytes, end - span_back(bytes, end, MAX_WORD, |byte| is_alpha(byte) || byte >= 0x80), end)
}
