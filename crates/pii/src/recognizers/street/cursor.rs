//! Reads an address word by word.

use crate::{
    chars::{at, char_at, is_alnum, is_digit, is_letter, part, run, span},
    simd::Sort,
};

/// A word and where it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub(super) text: &'a [u8],
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Word<'_> {
    /// Whether it begins with a capital, or with a digit as `25th` does.
    pub(super) fn is_name(&self) -> bool {
        match self.text {
            [b'A'..=b'Z', ..] => return true,
            [b'a'..=b'z', second, ..] if second.is_ascii_alphanumeric() => return false,
            _ => (),
        }
        let capital = char_at(self.text, 0).is_some_and(char::is_uppercase);
        // d'Italie, l'Opéra
        let elided = matches!(self.text, [b'd' | b'l', b'\'', rest @ ..] | [b'd' | b'l', 0xE2, 0x80, 0x99, rest @ ..]
                if char_at(rest, 0).is_some_and(char::is_uppercase));
        capital || elided || self.is_ordinal()
    }

    /// `1st`, `25th`.
    pub(super) fn is_ordinal(&self) -> bool {
        let digits = span(self.text, 0, 4, is_digit);
        let rest = self.text.get(digits..).unwrap_or_default();
        (1..=3).contains(&digits) && [&b"st"[..], b"nd", b"rd", b"th"].iter().any(|end| rest.eq_ignore_ascii_case(end))
    }

    pub(super) fn is_upper(&self) -> bool {
        !self.text.iter().any(u8::is_ascii_lowercase)
    }

    pub(super) fn eq(&self, other: &str) -> bool {
        self.text.eq_ignore_ascii_case(other.as_bytes())
    }
}

/// The word of letters and digits at a place, with apostrophes and dashes inside.
#[inline]
pub(super) fn word_at(bytes: &[u8], start: usize) -> Option<Word<'_>> {
    let end = start + run(bytes, start, 40, Sort::Alnum);
    if at(bytes, end) < 0x80 && !matches!(at(bytes, end), b'\'' | b'-') {
        return (end > start).then(|| Word { text: part(bytes, start, end), start, end });
    }
    joined_word_at(bytes, start, end)
}

/// The same for a word whose first letters end at `end`, and others may follow.
fn joined_word_at(bytes: &[u8], start: usize, mut end: usize) -> Option<Word<'_>> {
    while end < start + 40 {
        let byte = at(bytes, end);
        let joins = matches!(byte, b'\'' | b'-') && end > start && is_word_start(bytes, end + 1);
        if is_alnum(byte) || joins {
            end += 1;
        } else if byte >= 0x80 {
            match char_at(bytes, end) {
                Some(letter) if is_letter(letter) || (letter == '\u{2019}' && end > start) => end += letter.len_utf8(),
                _ => break,
            }
        } else {
            break;
        }
    }
    (end > start).then(|| Word { text: part(bytes, start, end), start, end })
}

fn is_word_start(bytes: &[u8], place: usize) -> bool {
    char_at(bytes, place).is_some_and(|letter| letter.is_ascii_alphanumeric() || is_letter(letter))
}

/// What stands between two parts of an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Break {
    /// A blank.
    Blank,
    /// A comma or another mark.
    Mark,
    /// A new line.
    Line,
}

/// The break at a place, and where it ends. A full stop of an abbreviation has been passed before.
#[inline]
pub(super) fn break_at(bytes: &[u8], place: usize) -> Option<(Break, usize)> {
    // Nearly always one blank, or none.
    let (byte, next) = (at(bytes, place), at(bytes, place + 1));
    if byte == b' ' && is_alnum(next) {
        return Some((Break::Blank, place + 1));
    }
    if is_alnum(byte) {
        return None;
    }
    any_break_at(bytes, place)
}

fn any_break_at(bytes: &[u8], place: usize) -> Option<(Break, usize)> {
    // "Puerta 7 , Lugo"
    let mut next = place + usize::from(at(bytes, place) == b' ' && at(bytes, place + 1) == b',');
    let mut found = None;
    if at(bytes, next) == b',' || (at(bytes, next) == b';' && at(bytes, next + 1) == b' ') {
        found = Some(Break::Mark);
        next += 1;
    }
    let dash = match part(bytes, next, next + 3) {
        [b' ', b'-', b' '] => 3,
        [b' ', 0xE2, 0x80] if matches!(at(bytes, next + 3), 0x93 | 0x94) && at(bytes, next + 4) == b' ' => 5,
        _ => 0,
    };
    if found.is_none() && dash > 0 {
        return Some((Break::Mark, next + dash));
    }
    let mut lines = 0;
    for _ in 0..40 {
        let byte = at(bytes, next);
        if byte == b' ' || byte == b'\r' {
            next += 1;
            found = found.or(Some(Break::Blank));
        } else if byte == b'\n' {
            next += 1;
            lines += 1;
        } else if byte == b'\\' && at(bytes, next + 1) == b'n' {
            next += 2;
            lines += 1;
        } else if byte == b'<' && part(bytes, next, next + 3).eq_ignore_ascii_case(b"<br") {
            next += span(bytes, next, 6, |byte| byte != b'>') + 1;
            lines += 1;
        } else if byte == 0xC2 && at(bytes, next + 1) == 0xA0 {
            next += 2;
            found = found.or(Some(Break::Blank));
        } else {
            break;
        }
    }
    match lines {
        0 => found.map(|found| (found, next)),
        1 => Some((Break::Line, next)),
        _ => None,
    }
}

/// One blank.
pub(super) fn blank_at(bytes: &[u8], place: usize) -> Option<usize> {
    match break_at(bytes, place) {
        Some((Break::Blank, next)) if next - place <= 3 => Some(next),
        _ => None,
    }
}
