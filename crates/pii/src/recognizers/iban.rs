//! International bank account numbers: the country's length and the check of ISO 7064 (modulo 97).

use super::{Candidates, Find, Token};
use crate::{
    chars::{Sep, at, glued_right, is_alnum, is_digit, is_upper, separator},
    context::Text,
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[Find::Token(find)];

const SCORE: i16 = 96;

/// Lengths by country.
pub(crate) static LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NL", 18),
    (b"NO", 15),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"SA", 24),
    (b"SC", 31),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
];

/// Whether a word begins as one does: the letters of a country and two digits.
pub(crate) fn begins(word: &[u8]) -> bool {
    matches!(word, [a, b, c, d, ..] if is_upper(*a) && is_upper(*b) && is_digit(*c) && is_digit(*d))
}

fn find(text: &Text<'_>, token: Token, found: &mut Candidates) {
    let word = token.of(text);
    if !begins(word) {
        return;
    }
    let Some(&(_, length)) = LENGTHS.iter().find(|(country, _)| word.starts_with(country.as_slice())) else {
        return;
    };
    let Some((letters, end)) = collect(text.bytes, token.start, length) else { return };
    let letters = letters.get(..length).unwrap_or_default();
    if remainder(letters) == 1 && !glued_right(text.bytes, end) {
        found.add(Kind::Iban, token.start, end, SCORE);
    }
}

/// So many letters and digits, blanks or dashes of any sort between groups of four.
fn collect(bytes: &[u8], start: usize, length: usize) -> Option<([u8; 34], usize)> {
    let mut letters = [0u8; 34];
    let (mut count, mut place) = (0, start);
    while count < length {
        let byte = at(bytes, place);
        if is_alnum(byte) {
            *letters.get_mut(count)? = byte.to_ascii_uppercase();
            count += 1;
            place += 1;
        } else if let Some((Sep::Space | Sep::Dash, length)) = separator(bytes, place)
            && count % 4 == 0
        {
            place += length;
        } else {
            return None;
        }
    }
    Some((letters, place))
}

pub(crate) fn remainder(letters: &[u8]) -> u32 {
    let (head, rest) = letters.split_at_checked(4).unwrap_or_default();
    rest.iter().chain(head).fold(0, |value, &byte| {
        let digit = u32::from(if is_digit(byte) { byte - b'0' } else { byte - b'A' + 10 });
        (value * if digit > 9 { 100 } else { 10 } + digit) % 97
    })
}
