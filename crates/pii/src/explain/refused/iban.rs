//! Bank account numbers: the code of a country, two digits, and about as much as that country's have.

use super::{BESIDE, Refused};
use crate::{
    chars::{at, is_alnum, is_digit, is_upper},
    context::Text,
    recognizers::{
        Token,
        iban::{LENGTHS, begins, remainder},
    },
};

/// How far from the right length something still looks like one.
const NEAR: usize = 4;

pub(super) fn look(text: &Text<'_>, token: Token, refused: &mut Refused) {
    let Some(&country) = token.of(text).first_chunk::<2>().filter(|_| begins(token.of(text))) else { return };
    let Some(&(_, length)) = LENGTHS.iter().find(|(code, _)| **code == country) else { return };
    let (letters, end) = collect(text.bytes, token.start, length + NEAR + 1);
    let digits = letters.iter().filter(|&&byte| is_digit(byte)).count();
    if letters.len() + NEAR < length || letters.len() > length + NEAR || digits < 8 {
        return;
    }
    let why = if letters.len() != length {
        let country = String::from_utf8_lossy(&country).into_owned();
        format!("those of {country} have {length} characters, this has {}", letters.len())
    } else if remainder(&letters) != 1 {
        "its check digits are wrong (ISO 7064, modulo 97)".to_owned()
    } else {
        BESIDE.to_owned()
    };
    refused.add(token.start, end, why);
}

/// At most so many capitals and digits, with single blanks or dashes between groups of four, and where they end.
fn collect(bytes: &[u8], start: usize, most: usize) -> (Vec<u8>, usize) {
    let (mut letters, mut place) = (Vec::new(), start);
    while letters.len() < most {
        let byte = at(bytes, place);
        let next = at(bytes, place + 1);
        if is_upper(byte) || is_digit(byte) {
            letters.push(byte);
        } else if !(matches!(byte, b' ' | b'-') && letters.len() % 4 == 0 && (is_digit(next) || is_upper(next))) {
            break;
        }
        place += 1;
    }
    let is_word = is_alnum(at(bytes, place));
    if is_word { (Vec::new(), place) } else { (letters, place) }
}
