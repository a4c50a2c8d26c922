//! The Spanish identity number: eight digits and a letter; for foreigners X, Y or Z in front of seven.

use super::{Candidates, Find, Token};
use crate::{
    chain::{Chain, Lengths},
    chars::{at, glued_right, is_alpha, is_digit, part, span},
    context::{Support, Text},
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[Find::Token(find), Find::Chain(8, Lengths::of(8), dashed)];

const SCORE: i16 = 45;
const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

/// `12345678-Z`: the digits are a word of their own.
fn dashed(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    if let Some(run) = chain.run(0)
        && run.len() == 8
        && at(text.bytes, run.end) == b'-'
        && is_alpha(at(text.bytes, run.end + 1))
    {
        find(text, Token::new(text.bytes, run.start, run.end), found);
    }
}

fn find(text: &Text<'_>, token: Token, found: &mut Candidates) {
    let bytes = text.bytes;
    if !(8..=9).contains(&token.len()) || token.digits < 7 {
        return;
    }
    let lead = match at(bytes, token.start).to_ascii_uppercase() {
        b'X' => Some(0),
        b'Y' => Some(1),
        b'Z' => Some(2),
        _ => None,
    };
    let start = token.start + usize::from(lead.is_some());
    let digits = span(bytes, start, 9, is_digit);
    if digits != if lead.is_some() { 7 } else { 8 } {
        return;
    }
    let value = part(bytes, start, start + digits)
        .iter()
        .fold(lead.unwrap_or(0), |value: usize, byte| value * 10 + usize::from(byte - b'0'));
    let place = start + digits;
    let place = place + span(bytes, place, 1, |byte| byte == b'-');
    let letter = at(bytes, place).to_ascii_uppercase();
    if !is_alpha(letter) || glued_right(bytes, place + 1) || LETTERS.get(value % 23) != Some(&letter) {
        return;
    }
    let score = match text.support(token.start, Kind::NationalId) {
        Support::Named => SCORE + 40,
        Support::Silent => SCORE,
        Support::Denied | Support::Foreign => SCORE - 30,
    };
    found.add(Kind::NationalId, token.start, place + 1, score);
}

/// The letter that belongs to a number of nine characters, the last of which is its letter.
pub(crate) fn letter(word: &[u8]) -> Option<u8> {
    let (lead, digits) = match word {
        [lead @ (b'X' | b'Y' | b'Z'), digits @ .., _] => (usize::from(lead - b'X'), digits),
        [digits @ .., _] => (0, digits),
        [] => return None,
    };
    let value = digits.iter().fold(lead, |value, byte| value * 10 + usize::from(byte.wrapping_sub(b'0')));
    LETTERS.get(value % 23).copied()
}
