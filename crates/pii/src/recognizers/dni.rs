//! The Spanish identity number: eight digits and a letter; for foreigners X, Y or Z in front of seven.

use super::{Candidates, Find, Token};
use crate::{
    chain::{Chain, Lengths},
    chars::{Sep, at, before, glued_left, glued_right, is_alpha, is_digit, part, span},
    context::{Support, Text},
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[
    Find::Token(find),
    Find::Chain(8, Lengths::of(8), dashed),
    Find::Chain(7, Lengths::of(7).and(Lengths::of(3)), parted),
];

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

/// `12.345.678-Z`, `X-1234567-L`: with full stops, or with a dash behind the first letter.
fn parted(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    let bytes = text.bytes;
    let lengths = || chain.runs().iter().map(|run| run.len());
    let dotted = (0..chain.len().saturating_sub(1)).all(|index| chain.sep(index) == Some(Sep::Dot));
    let (Some(first), Some(last)) = (chain.run(0), chain.run(chain.len().saturating_sub(1))) else { return };
    let lead = match before(bytes, first.start) {
        b'-' => lead(before(bytes, first.start - 1)).filter(|_| !glued_left(bytes, first.start.saturating_sub(2))),
        _ => None,
    };
    let fits = match lead {
        Some(_) => lengths().eq([7]) || (dotted && lengths().eq([1, 3, 3])),
        None => dotted && lengths().eq([2, 3, 3]) && !glued_left(bytes, first.start),
    };
    let Some(digits) = chain.digits(bytes, 0, chain.len().saturating_sub(1)).filter(|_| fits) else { return };
    let value = digits.as_slice().iter().fold(lead.unwrap_or(0), |value, digit| value * 10 + usize::from(*digit));
    let start = first.start - if lead.is_some() { 2 } else { 0 };
    add(text, start, last.end, value, found);
}

/// The digit that the letter in front stands for.
fn lead(letter: u8) -> Option<usize> {
    match letter.to_ascii_uppercase() {
        b'X' => Some(0),
        b'Y' => Some(1),
        b'Z' => Some(2),
        _ => None,
    }
}

fn find(text: &Text<'_>, token: Token, found: &mut Candidates) {
    let bytes = text.bytes;
    if !(8..=9).contains(&token.len()) || token.digits < 7 {
        return;
    }
    let lead = lead(at(bytes, token.start));
    let start = token.start + usize::from(lead.is_some());
    let digits = span(bytes, start, 9, is_digit);
    if digits != if lead.is_some() { 7 } else { 8 } {
        return;
    }
    let value = part(bytes, start, start + digits)
        .iter()
        .fold(lead.unwrap_or(0), |value: usize, byte| value * 10 + usize::from(byte - b'0'));
    add(text, token.start, start + digits, value, found);
}

/// Adds the number whose digits end at `end`, when the letter behind them is the one that belongs to its value.
fn add(text: &Text<'_>, start: usize, end: usize, value: usize, found: &mut Candidates) {
    let bytes = text.bytes;
    let place = end + span(bytes, end, 1, |byte| byte == b'-');
    let letter = at(bytes, place).to_ascii_uppercase();
    if !is_alpha(letter) || glued_right(bytes, place + 1) || LETTERS.get(value % 23) != Some(&letter) {
        return;
    }
    let score = match text.support(start, Kind::NationalId) {
        Support::Named => SCORE + 40,
        Support::Silent => SCORE,
        Support::Denied | Support::Foreign => SCORE - 30,
    };
    found.add(Kind::NationalId, start, place + 1, score);
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
