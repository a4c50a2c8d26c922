//! The Italian tax code: sixteen letters and digits, the last a check.

use super::{Candidates, Find, Token};
use crate::{
    chars::{is_alpha, is_digit},
    context::Text,
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[Find::Token(find)];

const SCORE: i16 = 85;
/// How many letters and digits it has.
pub(crate) const LENGTH: usize = 16;
/// The values of the characters on odd places: A (or 0), B (or 1), ...
const ODD: [u32; 26] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

fn find(text: &Text<'_>, token: Token, found: &mut Candidates) {
    let word = token.of(text);
    if word.len() != LENGTH || !is_shape(word) {
        return;
    }
    if is_checked(word) {
        found.add(Kind::NationalId, token.start, token.end, SCORE);
    }
}

/// Whether the last letter is the check of the others.
pub(crate) fn is_checked(word: &[u8]) -> bool {
    let sum: u32 = word.iter().take(15).enumerate().map(|(index, &byte)| value(byte, index)).sum();
    let check = word.last().map(|byte| u32::from(byte.to_ascii_uppercase().wrapping_sub(b'A')));
    check == Some(sum % 26)
}

/// Letters where letters belong; a digit may be replaced by a letter when two people would share a code.
pub(crate) fn is_shape(word: &[u8]) -> bool {
    word.iter().enumerate().all(|(index, &byte)| match index {
        0..=5 | 8 | 11 | 15 => is_alpha(byte),
        _ => is_digit(byte) || b"LMNPQRSTUV".contains(&byte.to_ascii_uppercase()),
    })
}

fn value(byte: u8, index: usize) -> u32 {
    let rank = if is_digit(byte) { byte - b'0' } else { byte.to_ascii_uppercase().wrapping_sub(b'A') };
    if index % 2 == 1 { u32::from(rank) } else { ODD.get(usize::from(rank)).copied().unwrap_or(0) }
}
