//! The postcodes of the world.

use super::{
    breaks::blank_at,
    lists::{DIGIT, Lists},
    names::POSTCODE_MARK,
    page::{Page, Word, word_at},
    tail::is_end,
};
use crate::chars::{at, before, is_alnum, is_alpha, is_digit, is_upper, part, span, starts_with_ignore_case};

/// Words with which a postcode may begin.
pub(super) const CODE_WORDS: Lists = DIGIT.or(POSTCODE_MARK);

/// A postcode behind the town: `Auckland 1010`, `Bengaluru 560001`, `São Paulo - SP, 01310-100`, `Dublin 2`.
pub(super) fn town_code(page: &Page<'_>, start: usize) -> Option<usize> {
    let start = postcode_prefix(page, start);
    let end = postcode(page, start)?;
    // A year is no postcode.
    let year = end - start == 4 && matches!(part(page, start, start + 2), b"19" | b"20");
    // "541 93 1596" goes on.
    let on = at(page, end) == b' ' && is_digit(at(page, end + 1)) && is_digit(before(page, end));
    (!year && !on && end - start >= 4 && is_end(page, end)).then_some(end)
}

/// `D-`, `CH-`, `C.P. `, `CP `.
pub(super) fn postcode_prefix(bytes: &[u8], start: usize) -> usize {
    let letters = span(bytes, start, 3, is_upper);
    if (1..=2).contains(&letters) && at(bytes, start + letters) == b'-' && is_digit(at(bytes, start + letters + 1)) {
        return start + letters + 1;
    }
    // The first letters of every mark, of which two are Greek.
    if !matches!((at(bytes, start), at(bytes, start + 1)), (b'C' | b'c', b'.' | b'P' | b'p' | b'E' | b'e') | (0xCE, _))
    {
        return start;
    }
    for mark in [&b"C.P. "[..], b"CP ", b"CEP ", b"CEP: ", b"C.P.", "ΤΚ ".as_bytes(), "Τ.Κ. ".as_bytes()] {
        if starts_with_ignore_case(bytes, start, mark) {
            return start + mark.len();
        }
    }
    start
}

/// A postcode of the forms `ddddd`, `dddd`, `dddddd`, `dd-ddd`, `ddd dd`, `ddddd-ddd`, `dddd-ddd`, `dddd AA`, `Adddd`.
pub(super) fn postcode(bytes: &[u8], start: usize) -> Option<usize> {
    if is_upper(at(bytes, start)) && span(bytes, start + 1, 5, is_digit) == 4 {
        let letters = span(bytes, start + 5, 4, is_upper);
        let end = start + 5 + if letters == 3 { 3 } else { 0 };
        return (!is_alnum(at(bytes, end))).then_some(end);
    }
    let digits = span(bytes, start, 7, is_digit);
    let end = start + digits;
    let more = |at_place: usize| span(bytes, at_place, 5, is_digit);
    let found = match (digits, at(bytes, end)) {
        (2, b'-') if more(end + 1) == 3 => end + 4,
        (3, b' ') if more(end + 1) == 2 && at(bytes, end + 3) == b' ' => end + 3,
        (5, b'-') if matches!(more(end + 1), 3 | 4) => end + 1 + more(end + 1),
        (4, b'-') if more(end + 1) == 3 => end + 4,
        (4, b' ') if span(bytes, end + 1, 3, is_upper) == 2 && !is_alnum(at(bytes, end + 3)) => end + 3,
        (4, byte) if span(bytes, end, 3, is_upper) == 2 && is_upper(byte) => end + 2,
        (4..=6, _) => end,
        _ if digits == 7 && more(start) == 5 && span(bytes, start, 9, is_digit) == 8 => start + 8,
        _ => return None,
    };
    (!is_alnum(at(bytes, found))).then_some(found)
}

/// Five digits, four more perhaps; or four in Australia.
pub(super) fn zip(bytes: &[u8], start: usize) -> Option<usize> {
    let digits = span(bytes, start, 6, is_digit);
    let end = start + digits;
    let more = span(bytes, end + 1, 5, is_digit);
    if digits == 5 && at(bytes, end) == b'-' && matches!(more, 3 | 4) {
        return Some(end + 1 + more);
    }
    (matches!(digits, 4 | 5) && !is_alnum(at(bytes, end))).then_some(end)
}

/// `SW1A 2AA`.
pub(super) fn british(page: &Page<'_>, word: &Word<'_>) -> Option<usize> {
    let outward = word.text;
    let letters = span(outward, 0, 3, is_alpha);
    let tail = outward.get(letters..)?;
    let fits = (1..=2).contains(&letters)
        && word.is_upper()
        && matches!(tail, [a] if is_digit(*a)) | matches!(tail, [a, b] if is_digit(*a) && is_alnum(*b));
    if fits {
        let inward = word_at(page, blank_at(page, word.end)?)?;
        return is_inward(inward.text).then_some(inward.end);
    }
    let (head, inward) = outward.split_at_checked(outward.len().checked_sub(3)?)?;
    let glued = matches!(head.len(), 2..=4)
        && is_alpha(at(head, 0))
        && head.iter().any(|&byte| is_digit(byte))
        && is_inward(inward);
    (glued && word.is_upper()).then_some(word.end)
}

pub(super) fn is_inward(word: &[u8]) -> bool {
    matches!(word, [a, b, c] if is_digit(*a) && is_upper(*b) && is_upper(*c))
}

/// `V6B 1A1`.
pub(super) fn canadian(page: &Page<'_>, word: &Word<'_>) -> Option<usize> {
    match word.text {
        [a, b, c] if is_upper(*a) && is_digit(*b) && is_upper(*c) => {
            let gap = usize::from(matches!(at(page, word.end), b' '));
            let second = word_at(page, word.end + gap)?;
            matches!(second.text, [a, b, c] if is_digit(*a) && is_upper(*b) && is_digit(*c)).then_some(second.end)
        }
        [a, b, c, d, e, f] => {
            let fits = is_upper(*a) && is_digit(*b) && is_upper(*c) && is_digit(*d) && is_upper(*e) && is_digit(*f);
            fits.then_some(word.end)
        }
        _ => None,
    }
}

pub(super) fn canadian_end(three: &[u8]) -> bool {
    matches!(three, [a, b, c] if is_digit(*a) && is_upper(*b) && is_digit(*c))
}

/// `D02 X285`.
pub(super) fn irish(page: &Page<'_>, word: &Word<'_>) -> Option<usize> {
    let routing =
        |word: &[u8]| matches!(word, [a, b, c] if is_upper(*a) && is_digit(*b) && (is_digit(*c) || *c == b'W'));
    if routing(word.text) {
        let second = word_at(page, blank_at(page, word.end)?)?;
        return (second.text.len() == 4 && second.is_upper()).then_some(second.end);
    }
    // "D02X285"
    let (head, unique) = word.text.split_at_checked(3)?;
    let glued = unique.len() == 4 && routing(head) && word.is_upper();
    glued.then_some(word.end)
}
