//! What a byte is, and which character stands before or after a place.

pub(crate) use crate::letters::{is_capital, is_letter, small_letter};
use crate::simd::{PIECE, Sort, equal, is_blank, is_last, is_quoted, of_sort};

const DIGIT: u8 = 1;
const UPPER: u8 = 2;
const LOWER: u8 = 4;
const HEX: u8 = 8;
/// Letters, digits, `_` and `-`.
const NAME: u8 = 16;
/// These and `.+/=`: what tokens and keys are made of.
const TOKEN: u8 = 32;
/// What IPv6 addresses are written with.
const V6: u8 = 64;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let value = byte as u8;
        let mut class = 0;
        if value.is_ascii_digit() {
            class |= DIGIT;
        }
        if value.is_ascii_uppercase() {
            class |= UPPER;
        }
        if value.is_ascii_lowercase() {
            class |= LOWER;
        }
        if value.is_ascii_hexdigit() {
            class |= HEX;
        }
        if value.is_ascii_hexdigit() || matches!(value, b':' | b'.') {
            class |= V6;
        }
        if value.is_ascii_alphanumeric() || matches!(value, b'_' | b'-') {
            class |= NAME | TOKEN;
        }
        if matches!(value, b'.' | b'+' | b'/' | b'=') {
            class |= TOKEN;
        }
        #[expect(clippy::indexing_slicing, reason = "a constant loop over 256 entries")]
        {
            table[byte] = class;
        }
        byte += 1;
    }
    table
}

#[inline]
fn class(byte: u8) -> u8 {
    CLASS.get(usize::from(byte)).copied().unwrap_or(0)
}

#[inline]
pub(crate) fn is_digit(byte: u8) -> bool {
    byte.wrapping_sub(b'0') < 10
}

#[inline]
pub(crate) fn is_upper(byte: u8) -> bool {
    byte.wrapping_sub(b'A') < 26
}

#[inline]
pub(crate) fn is_alpha(byte: u8) -> bool {
    (byte | 0x20).wrapping_sub(b'a') < 26
}

#[inline]
pub(crate) fn is_alnum(byte: u8) -> bool {
    class(byte) & (DIGIT | UPPER | LOWER) != 0
}

#[inline]
pub(crate) fn is_name(byte: u8) -> bool {
    class(byte) & NAME != 0
}

#[inline]
pub(crate) fn is_v6(byte: u8) -> bool {
    class(byte) & V6 != 0
}

#[inline]
pub(crate) fn is_token(byte: u8) -> bool {
    class(byte) & TOKEN != 0
}

/// Digit, capital, small letter, or anything else: a number for each.
#[inline]
pub(crate) fn sort(byte: u8) -> u8 {
    class(byte) & (DIGIT | UPPER | LOWER)
}

#[inline]
pub(crate) fn is_hex(byte: u8) -> bool {
    class(byte) & HEX != 0
}

/// The byte at a place; 0 outside.
#[inline]
pub(crate) fn at(bytes: &[u8], index: usize) -> u8 {
    bytes.get(index).copied().unwrap_or(0)
}

/// The byte before a place; 0 at the start.
#[inline]
pub(crate) fn before(bytes: &[u8], index: usize) -> u8 {
    if index == 0 { 0 } else { at(bytes, index - 1) }
}

/// A part of the bytes; empty when it lies outside.
#[inline]
pub(crate) fn part(bytes: &[u8], start: usize, end: usize) -> &[u8] {
    bytes.get(start..end).unwrap_or_default()
}

/// The character that starts here. Nothing at the end, or inside a character.
#[inline]
pub(crate) fn char_at(bytes: &[u8], index: usize) -> Option<char> {
    let first = *bytes.get(index)?;
    let length = match first {
        0..=0x7F => return Some(char::from(first)),
        // Nearly every letter that is not of ASCII has two bytes.
        0xC2..=0xDF => {
            let second = bytes.get(index + 1).filter(|byte| matches!(byte, 0x80..=0xBF))?;
            return char::from_u32((u32::from(first & 0x1F) << 6) | u32::from(second & 0x3F));
        }
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    long_char(bytes.get(index..index + length)?)
}

/// The character of three or four bytes. Nothing when they are none, or could be written with fewer.
fn long_char(bytes: &[u8]) -> Option<char> {
    let (first, rest) = bytes.split_first()?;
    let lead = u32::from(first & (0x7F >> bytes.len()));
    let code = rest
        .iter()
        .try_fold(lead, |code, byte| matches!(byte, 0x80..=0xBF).then_some((code << 6) | u32::from(byte & 0x3F)))?;
    let shortest = if bytes.len() == 3 { 0x800 } else { 0x1_0000 };
    char::from_u32(code).filter(|_| code >= shortest)
}

/// The character that ends here. Nothing where bytes end that are no character: a stream brings any.
#[inline]
pub(crate) fn char_before(bytes: &[u8], index: usize) -> Option<char> {
    let last = before(bytes, index);
    if index == 0 || last < 0x80 {
        return (index > 0).then(|| char::from(last));
    }
    // Nearly every letter that is not of ASCII has two bytes.
    if let Some(two) = index.checked_sub(2).filter(|&two| matches!(at(bytes, two), 0xC2..=0xDF) && last < 0xC0) {
        return char::from_u32((u32::from(at(bytes, two) & 0x1F) << 6) | u32::from(last & 0x3F));
    }
    let length = (1..=4).find(|&back| back <= index && !matches!(at(bytes, index - back), 0x80..=0xBF))?;
    char_at(bytes, index - length).filter(|letter| letter.len_utf8() == length)
}

/// Whether the value that starts at `index` is glued to a word on its left. A letter of an escape (`\n`) is none.
#[inline]
pub(crate) fn glued_left(bytes: &[u8], index: usize) -> bool {
    let byte = before(bytes, index);
    if byte < 0x80 {
        let word = is_alnum(byte) || byte == b'_';
        return word && !is_escape(bytes, index - 1);
    }
    char_before(bytes, index).is_some_and(is_letter)
}

/// Whether the byte at `index` is the letter of an escape such as `\n`.
#[inline]
pub(crate) fn is_escape(bytes: &[u8], index: usize) -> bool {
    matches!(at(bytes, index), b'n' | b't' | b'r') && before(bytes, index) == b'\\'
}

/// Whether the value that ends at `index` is glued to a word on its right.
#[inline]
pub(crate) fn glued_right(bytes: &[u8], index: usize) -> bool {
    let byte = at(bytes, index);
    if byte < 0x80 {
        return is_alnum(byte) || byte == b'_';
    }
    char_at(bytes, index).is_some_and(is_letter)
}

/// How many of the bytes from `index` on satisfy the test, at most `limit`.
#[inline]
pub(crate) fn span(bytes: &[u8], index: usize, limit: usize, test: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(index..).unwrap_or_default();
    let rest = rest.get(..limit).unwrap_or(rest);
    let mut count = 0;
    for &byte in rest {
        if !test(byte) {
            break;
        }
        count += 1;
    }
    count
}

/// How many of the bytes before `index` satisfy the test, at most `limit`.
#[inline]
pub(crate) fn span_back(bytes: &[u8], index: usize, limit: usize, test: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(..index).unwrap_or_default();
    let rest = rest.get(rest.len().saturating_sub(limit)..).unwrap_or(rest);
    let mut count = 0;
    for &byte in rest.iter().rev() {
        if !test(byte) {
            break;
        }
        count += 1;
    }
    count
}

/// How many bytes of the sort there are from `index` on, at most `limit`. Sixteen at a time: where a word ends is hard to
/// guess for a processor.
#[inline]
pub(crate) fn run(bytes: &[u8], index: usize, limit: usize, sort: Sort) -> usize {
    let mut count = 0;
    let mut rest = bytes.get(index..).unwrap_or_default();
    while let Some((piece, behind)) = rest.split_first_chunk::<PIECE>() {
        let found = of_sort(piece, sort).trailing_ones() as usize;
        count += found;
        if found < PIECE || count >= limit {
            return count.min(limit);
        }
        rest = behind;
    }
    (count + rest.iter().take_while(|&&byte| is_of(byte, sort)).count()).min(limit)
}

/// The same for the bytes before `index`.
#[inline]
pub(crate) fn run_back(bytes: &[u8], index: usize, limit: usize, sort: Sort) -> usize {
    let mut count = 0;
    let mut rest = bytes.get(..index).unwrap_or_default();
    while let Some((ahead, piece)) = rest.split_last_chunk::<PIECE>() {
        let found = of_sort(piece, sort).leading_ones() as usize;
        count += found;
        if found < PIECE || count >= limit {
            return count.min(limit);
        }
        rest = ahead;
    }
    (count + rest.iter().rev().take_while(|&&byte| is_of(byte, sort)).count()).min(limit)
}

fn is_of(byte: u8, sort: Sort) -> bool {
    match sort {
        Sort::Digit => is_digit(byte),
        Sort::Lower => byte.is_ascii_lowercase(),
        Sort::Upper => is_upper(byte),
        Sort::Alpha => is_alpha(byte),
        Sort::Alnum => is_alnum(byte),
        Sort::InLine => byte != b'\n',
        Sort::Last => is_last(byte),
        Sort::Blank => is_blank(byte),
        Sort::Quoted => is_quoted(byte),
    }
}

/// Where the byte is next, from `index` on; the end when it is nowhere.
pub(crate) fn find_byte(bytes: &[u8], index: usize, byte: u8) -> usize {
    find_either(bytes, index, [byte])
}

/// Where one of the bytes is next, from `index` on; the end when none is anywhere.
#[inline]
pub(crate) fn find_either<const N: usize>(bytes: &[u8], index: usize, either: [u8; N]) -> usize {
    let (pieces, tail) = bytes.get(index..).unwrap_or_default().as_chunks::<PIECE>();
    for (count, piece) in pieces.iter().enumerate() {
        let found = either.iter().fold(0, |found, &byte| found | equal(piece, byte));
        if found != 0 {
            return index + count * PIECE + found.trailing_zeros() as usize;
        }
    }
    let done = bytes.len() - tail.len();
    done + tail.iter().position(|other| either.contains(other)).unwrap_or(tail.len())
}

/// Where the first line ends, at `index` or behind it, in front of whose end a bracket closes or a blank stands. Nothing
/// when only the last line, which has no end, can be such.
pub(crate) fn closed_line(bytes: &[u8], index: usize) -> Option<usize> {
    let (pieces, tail) = bytes.get(index..).unwrap_or_default().as_chunks::<PIECE>();
    for (count, piece) in pieces.iter().enumerate() {
        let ends = equal(piece, b'\n');
        // Most pieces have no end of a line in them.
        if ends != 0 {
            let start = index + count * PIECE;
            // What stands before each of its bytes.
            let ahead = start.checked_sub(1).and_then(|start| bytes.get(start..)).and_then(|rest| rest.first_chunk());
            let found =
                ends & ahead.map_or_else(|| of_sort(piece, Sort::Last) << 1, |ahead| of_sort(ahead, Sort::Last));
            if found != 0 {
                return Some(start + found.trailing_zeros() as usize);
            }
        }
    }
    let done = bytes.len() - tail.len();
    (done..bytes.len()).find(|&end| at(bytes, end) == b'\n' && is_last(before(bytes, end)))
}

/// The bytes of a short word as one number, the first one lowest. Nothing when there are more than sixteen.
#[inline]
pub(crate) fn joined(word: &[u8]) -> Option<u128> {
    // Two pieces that overlap, whatever the length is.
    let both = |first: u64, last: u64, size: usize| {
        let new = word.len() - size;
        (new <= size).then(|| {
            let behind = if new == 0 { 0 } else { u128::from(last >> (8 * (size - new))) };
            u128::from(first) | (behind << (8 * size))
        })
    };
    if let (Some(first), Some(last)) = (word.first_chunk::<8>(), word.last_chunk::<8>()) {
        both(u64::from_le_bytes(*first), u64::from_le_bytes(*last), 8)
    } else if let (Some(first), Some(last)) = (word.first_chunk::<4>(), word.last_chunk::<4>()) {
        both(u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into(), 4)
    } else {
        Some(word.iter().rev().fold(0, |joined, &byte| (joined << 8) | u128::from(byte)))
    }
}

/// The bit that makes letters small, in each byte.
const SMALL: u128 = u128::MAX / 255 * 0x20;

/// A word of fewer than sixteen plain letters in front of a place: how many, and the word in small letters as [`packed`]
/// gives it. Nothing when it is longer, goes on in another alphabet or behind an escape, or is made of words by capitals
/// (`phoneNumber`): such are for a closer look.
#[inline]
pub(crate) fn plain_word_before(bytes: &[u8], end: usize) -> Option<(usize, u128)> {
    let ahead = bytes.get(..end)?;
    let whole = match ahead.last_chunk::<PIECE>() {
        Some(piece) => u128::from_le_bytes(*piece),
        None if end > 0 => joined(ahead)? << (8 * (PIECE - end)),
        None => return None,
    };
    let piece = whole.to_le_bytes();
    let length = of_sort(&piece, Sort::Alpha).leading_ones() as usize;
    if length == 0 || length == PIECE {
        return None;
    }
    let outside = PIECE - length;
    let before = at(&piece, outside - 1);
    let (word, first) = (u16::MAX << outside, 1 << outside);
    let capitals = of_sort(&piece, Sort::Upper) & word;
    let mixed = capitals & !first != 0 && capitals != word;
    (before < 0x80 && before != b'\\' && !mixed).then(|| (length, (whole | SMALL) >> (8 * outside)))
}

/// The same in small letters. Nothing when a byte is none of ASCII.
#[inline]
pub(crate) fn packed(word: &[u8]) -> Option<u128> {
    joined(word).filter(|joined| joined & HIGHS == 0).map(small)
}

/// The highest bit of every byte.
const HIGHS: u128 = u128::MAX / 255 * 0x80;

/// Bytes of ASCII with small letters for capitals.
#[inline]
pub(crate) fn small(joined: u128) -> u128 {
    const SMALL: u128 = u128::MAX / 255 * 0x20;
    // Capitals are the bytes that pass one bound and not the other.
    let from = joined + u128::MAX / 255 * (0x80 - u128::from(b'A'));
    let behind = joined + u128::MAX / 255 * (0x7F - u128::from(b'Z'));
    joined | (((from & !behind & HIGHS) >> 2) & SMALL)
}

/// The sixteen bytes from `index` on; zeros behind the end.
#[inline]
pub(crate) fn piece_at(bytes: &[u8], index: usize) -> [u8; PIECE] {
    let rest = bytes.get(index..).unwrap_or_default();
    rest.first_chunk().copied().unwrap_or_else(|| last_piece(rest))
}

fn last_piece(rest: &[u8]) -> [u8; PIECE] {
    joined(rest).unwrap_or(0).to_le_bytes()
}

/// Whether the bytes from `index` on begin with a word, in any case.
pub(crate) fn starts_with_ignore_case(bytes: &[u8], index: usize, word: &[u8]) -> bool {
    part(bytes, index, index + word.len()).eq_ignore_ascii_case(word)
}

/// The length in bytes of the blank, dash or other separator at `index` that may stand inside a number.
#[inline]
pub(crate) fn separator(bytes: &[u8], index: usize) -> Option<(Sep, usize)> {
    let found = match at(bytes, index) {
        b' ' => (Sep::Space, 1),
        b'-' => (Sep::Dash, 1),
        b'.' => (Sep::Dot, 1),
        b'/' => (Sep::Slash, 1),
        b'(' => (Sep::Open, 1),
        b')' => (Sep::Close, 1),
        0xC2 if at(bytes, index + 1) == 0xA0 => (Sep::Space, 2),
        0xE2 => match (at(bytes, index + 1), at(bytes, index + 2)) {
            (0x80, 0x90..=0x95) => (Sep::Dash, 3),
            (0x80, 0xAF | 0x87 | 0x89) => (Sep::Space, 3),
            (0x88, 0x92) => (Sep::Dash, 3),
            _ => return None,
        },
        _ => return None,
    };
    Some(found)
}

/// What may stand between the digits of one number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sep {
    /// A blank, also one that does not break.
    Space,
    /// Any dash.
    Dash,
    Dot,
    Slash,
    Open,
    Close,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn characters_are_those_of_utf_8() {
        for letter in '\0'..=char::MAX {
            let mut buffer = [0; 4];
            let text = letter.encode_utf8(&mut buffer).as_bytes();
            assert_eq!(char_at(text, 0), Some(letter));
            assert_eq!(char_before(text, text.len()), Some(letter));
        }
        assert_eq!(char_at(&[0xC3, b'a'], 0), None);
        assert_eq!(char_before("é".as_bytes(), 1), None);
        assert_eq!(char_before(b"\xC3\xA9\x80", 3), None);
    }

    proptest! {
        #[test]
        fn what_is_no_utf_8_is_no_character(bytes in proptest::collection::vec(prop_oneof![0x7Fu8..0xC3, 0xDFu8..=0xFF, any::<u8>()], 4)) {
            let expected = (1..=4).find_map(|length| std::str::from_utf8(part(&bytes, 0, length)).ok());
            prop_assert_eq!(char_at(&bytes, 0), expected.and_then(|text| text.chars().next()));
        }

        #[test]
        fn packed_words_are_their_small_letters(word in proptest::collection::vec(1u8..0x80, 0..18)) {
            let expected = (word.len() <= 16).then(|| {
                word.iter().rev().fold(0, |packed: u128, byte| (packed << 8) | u128::from(byte.to_ascii_lowercase()))
            });
            prop_assert_eq!(packed(&word), expected);
            let other = [&word[..], "é".as_bytes()].concat();
            prop_assert_eq!(packed(&other), None);
        }

        #[test]
        fn runs_are_spans(bytes in proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'7'), Just(b'\n'), any::<u8>()], 0..60), index in 0usize..60, limit in 0usize..50) {
            let index = index.min(bytes.len());
            for sort in [Sort::Digit, Sort::Lower, Sort::Upper, Sort::Alpha, Sort::Alnum, Sort::InLine, Sort::Last, Sort::Blank, Sort::Quoted] {
                prop_assert_eq!(run(&bytes, index, limit, sort), span(&bytes, index, limit, |byte| is_of(byte, sort)));
                prop_assert_eq!(
                    run_back(&bytes, index, limit, sort),
                    span_back(&bytes, index, limit, |byte| is_of(byte, sort))
                );
            }
        }
    }
}
