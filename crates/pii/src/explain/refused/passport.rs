//! Passports: what a word calls one and no country would; and the zone that machines read.

use super::Refused;
use crate::{
    chain::Chain,
    chars::{at, is_digit, is_upper, part, span, span_back},
    context::{Support, Text},
    kind::Kind,
    recognizers::{
        Token,
        passport::{ZONE_LENGTH, is_zone_checked},
    },
};

const NO_COUNTRY: &str = "no country has passports with such a number";

pub(super) fn word(text: &Text<'_>, token: Token, refused: &mut Refused) {
    let is_zone = |byte: u8| is_upper(byte) || is_digit(byte) || byte == b'<';
    let start = token.start - span_back(text.bytes, token.start, ZONE_LENGTH, is_zone);
    let length = span(text.bytes, start, ZONE_LENGTH + 1, is_zone);
    let line = part(text.bytes, start, start + length);
    if length == ZONE_LENGTH && line.contains(&b'<') {
        if start == token.start && !is_zone_checked(line) {
            refused.add(start, start + length, "the check digits of the zone are wrong (ICAO 9303)");
        }
        return;
    }
    let shaped = token.lower == 0 && token.digits >= 4 && (5..=14).contains(&token.len());
    named(text, token.start, token.end, shaped, refused);
}

pub(super) fn digits(text: &Text<'_>, chain: &Chain, refused: &mut Refused) {
    let Some(run) = chain.run(0).filter(|_| chain.len() == 1 && !chain.tied_left && !chain.tied_right) else { return };
    let zone = at(text.bytes, run.end) == b'<';
    if zone {
        return word(text, Token::new(text.bytes, run.start, run.end), refused);
    }
    named(text, run.start, run.end, (5..=14).contains(&run.len()), refused);
}

fn named(text: &Text<'_>, start: usize, end: usize, shaped: bool, refused: &mut Refused) {
    if shaped && text.support(start, Kind::Passport) == Support::Named {
        refused.add(start, end, NO_COUNTRY);
    }
}
