//! National insurance numbers of the United Kingdom: `QQ 12 34 56 C`.

use super::{Candidates, Find, Token};
use crate::{
    chain::{Chain, Lengths},
    chars::{at, glued_left, glued_right, is_digit, is_upper, part, span, span_back},
    context::{Support, Text},
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[Find::Token(token), Find::Chain(2, Lengths::of(2), chain)];

const SCORE: i16 = 48;

fn token(text: &Text<'_>, token: Token, found: &mut Candidates) {
    if token.lower == 0 && token.digits >= 2 {
        read(text, token.start, found);
    }
}

/// Written with blanks the digits stand alone; two capitals before.
fn chain(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    if let Some(run) = chain.run(0).filter(|run| run.len() == 2) {
        let gap = span_back(text.bytes, run.start, 1, |byte| byte == b' ');
        if gap == 1 && span_back(text.bytes, run.start - 1, 3, is_upper) == 2 {
            read(text, run.start - 3, found);
        }
    }
}

fn read(text: &Text<'_>, start: usize, found: &mut Candidates) {
    let bytes = text.bytes;
    let [first, second] = part(bytes, start, start + 2) else { return };
    if !is_prefix(*first, *second) || glued_left(bytes, start) {
        return;
    }
    let (mut place, mut digits) = (start + 2, 0);
    while digits < 6 {
        place += span(bytes, place, 1, |byte| byte == b' ');
        let pair = span(bytes, place, 2, is_digit);
        if pair != 2 {
            return;
        }
        (place, digits) = (place + 2, digits + 2);
    }
    place += span(bytes, place, 1, |byte| byte == b' ');
    if !matches!(at(bytes, place), b'A'..=b'D') || glued_right(bytes, place + 1) {
        return;
    }
    // "AB123456C-12" is a number of something else.
    if at(bytes, place + 1) == b'-' && is_digit(at(bytes, place + 2)) {
        return;
    }
    let score = match text.support(start, Kind::NationalId) {
        Support::Named => SCORE + 40,
        Support::Silent => SCORE + 5,
        Support::Denied | Support::Foreign => SCORE - 30,
    };
    found.add(Kind::NationalId, start, place + 1, score);
}

/// Two letters with which numbers begin.
pub(crate) fn is_prefix(first: u8, second: u8) -> bool {
    let letters = is_upper(first) && is_upper(second) && !b"DFIQUV".contains(&first) && !b"DFIOQUV".contains(&second);
    letters && ![b"BG", b"GB", b"NK", b"KN", b"TN", b"NT", b"ZZ"].contains(&&[first, second])
}
