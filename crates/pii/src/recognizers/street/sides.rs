//! A cheap look at both sides of a number. Most numbers are no houses, and that can be told from a few bytes.

use super::{ends::APART, page::MAX_WORD};
use crate::{
    chars::{at, before, is_alnum, is_alpha, is_digit, is_escape, part, run_back, span, span_back},
    simd::Sort,
};

/// Whether the digits can be the number of a house, or end it.
pub(super) fn may_be_house(bytes: &[u8], start: usize, end: usize) -> bool {
    match before(bytes, start) {
        b'.' | b'_' | b'$' | b'+' => false,
        // "99-40", "5/120", "U9/88"
        mark @ (b'-' | b'/') => joined(bytes, start).is_some_and(|first| {
            let unit = mark == b'/' && matches!(before(bytes, first), b'U' | b'u');
            (unit || is_free(bytes, first)) && may_be_named(bytes, first, end)
        }),
        _ => is_free(bytes, start) && may_be_named(bytes, start, end),
    }
}

/// Whether the name of a street can follow the number, or stand before it.
pub(super) fn may_be_named(bytes: &[u8], start: usize, end: usize) -> bool {
    leads(bytes, start, end) || closes(bytes, start, end)
}

/// Whether nothing is glued to the number on its left.
fn is_free(bytes: &[u8], start: usize) -> bool {
    match before(bytes, start) {
        b'.' | b'-' | b'/' | b'_' | b'$' | b'+' => false,
        b':' => is_alpha(before(bytes, start - 1)),
        left => !is_alnum(left) || is_escape(bytes, start - 1),
    }
}

/// Where the first of two numbers begins that are joined by a mark.
fn joined(bytes: &[u8], second: usize) -> Option<usize> {
    let mark = second - 1;
    let digits = span_back(bytes, mark, 5, is_digit);
    (1..=4).contains(&digits).then(|| mark - digits)
}

/// Whether a name can follow.
fn leads(bytes: &[u8], start: usize, end: usize) -> bool {
    match (at(bytes, end), at(bytes, end + 1)) {
        (b' ', b'0'..=b'9') => leads_numeral(bytes, end + 1),
        (b' ', next) => is_lettered(next),
        (b',', next) => !is_alnum(next) && is_lettered(at(bytes, end + 2)),
        // The number of a dwelling, with the name of the house in the next line.
        (b'\n', _) | (b'\r', b'\n') => {
            before(bytes, start) == b' '
                && matches!(before(bytes, start - 1), b'.' | b'a'..=b'z' | b'A'..=b'Z' | 0x80..)
        }
        _ => false,
    }
}

/// Whether a name can begin with the digits that are here: `3rd Avenue`, `8 Street`, `1/2 Main Street`.
fn leads_numeral(bytes: &[u8], place: usize) -> bool {
    let end = place + span(bytes, place, 4, is_digit);
    match at(bytes, end) {
        b' ' => is_lettered(at(bytes, end + 1)) || at(bytes, end + 1) == b' ',
        byte => end - place < 4 && (is_lettered(byte) || byte == b'/'),
    }
}

/// Whether a name can stand before.
fn closes(bytes: &[u8], start: usize, end: usize) -> bool {
    match before(bytes, start) {
        b' ' => ends_name(bytes, start - 1, end),
        b'#' => before(bytes, start - 1) == b' ',
        b':' => part(bytes, start.saturating_sub(3), start) == b"No:",
        byte => byte >= 0x80,
    }
}

/// Whether a name, or a mark behind it, can end at the blank in front of a number.
fn ends_name(bytes: &[u8], blank: usize, end: usize) -> bool {
    match before(bytes, blank) {
        b'a'..=b'z' => {
            let lower = run_back(bytes, blank, MAX_WORD, Sort::Lower);
            let word = part(bytes, blank - lower, blank);
            let first = before(bytes, blank - lower);
            is_alnum(first) || matches!(first, b'-' | b'\'' | 0x80..) || APART.may_end(word) || word == b"nr"
        }
        b'A'..=b'Z' | b'.' | 0x80.. => true,
        b',' => matches!(before(bytes, blank - 1), b'.' | b'a'..=b'z' | b'A'..=b'Z' | 0x80..),
        // "No: 12"
        b':' => before(bytes, blank - 1) == b'o',
        // "Carrera 7 # 71-21"
        b'#' => at(bytes, end) == b'-',
        _ => false,
    }
}

/// A letter, of any script.
fn is_lettered(byte: u8) -> bool {
    is_alpha(byte) || byte >= 0x80
}
