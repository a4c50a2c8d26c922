//! Identity numbers of countries, each with a check of its own.

use super::Refused;
use crate::{
    chain::Chain,
    chars::{is_alpha, is_digit, is_upper},
    context::{Support, Text},
    kind::Kind,
    recognizers::{Token, aadhaar, codice_fiscale, cpf, dni, nino, nir},
};

fn is_named(text: &Text<'_>, start: usize) -> bool {
    text.support(start, Kind::NationalId) == Support::Named
}

/// Two capitals, six digits, a letter from A to D.
pub(super) fn nino(text: &Text<'_>, token: Token, refused: &mut Refused) {
    let word = token.of(text);
    let [first, second, digits @ .., b'A'..=b'D'] = word else { return };
    let shaped =
        is_upper(*first) && is_upper(*second) && digits.len() == 6 && digits.iter().all(|&byte| is_digit(byte));
    if shaped && !nino::is_prefix(*first, *second) {
        let prefix = String::from_utf8_lossy(&[*first, *second]).into_owned();
        refused.add(token.start, token.end, format!("no number begins with {prefix}"));
    }
}

/// Fifteen digits in the groups of the card, or behind a word that says what they are.
pub(super) fn nir(text: &Text<'_>, chain: &Chain, refused: &mut Refused) {
    let lengths: Vec<usize> = chain.runs().iter().map(|run| run.len()).collect();
    let (Some(start), Some(end)) = (chain.run(0), chain.run(chain.len().saturating_sub(1))) else { return };
    let shaped = match lengths.as_slice() {
        [1, 2, 2, 2, 3, 3, 2] => true,
        [13, 2] | [15] => is_named(text, start.start),
        _ => false,
    };
    let Some(digits) = chain.digits(text.bytes, 0, chain.len() - 1).filter(|_| shaped) else { return };
    if nir::is_valid(&digits) {
        return;
    }
    let why = if digits.number(13, 15) == nir::key(&digits) {
        "no such sex or month is given"
    } else {
        "its key is wrong (97 less the rest by 97)"
    };
    refused.add(start.start, end.end, why);
}

/// Eight digits and a capital, or seven between two.
pub(super) fn dni(text: &Text<'_>, token: Token, refused: &mut Refused) {
    let word = token.of(text);
    let (head, letter) = match word {
        [head @ .., letter] if word.len() == 9 => (head, *letter),
        _ => return,
    };
    let digits = head.strip_prefix(b"X").or(head.strip_prefix(b"Y")).or(head.strip_prefix(b"Z")).unwrap_or(head);
    let shaped = is_upper(letter) && digits.iter().all(|&byte| is_digit(byte));
    if shaped && dni::letter(word) != Some(letter) && is_alpha(letter) {
        refused.add(token.start, token.end, "its letter does not fit its digits");
    }
}

/// `ddd.ddd.ddd-dd`.
pub(super) fn cpf(text: &Text<'_>, chain: &Chain, refused: &mut Refused) {
    for (first, start) in chain.runs().iter().enumerate() {
        let Some(end) = chain.run(first + 3).filter(|_| start.len() == 3 && cpf::is_formatted(chain, first)) else {
            continue;
        };
        if chain.digits(text.bytes, first, first + 3).is_some_and(|digits| !cpf::is_valid(digits.as_slice())) {
            refused.add(start.start, end.end, "its check digits are wrong");
        }
    }
}

/// Twelve digits behind a word that says what they are.
pub(super) fn aadhaar(text: &Text<'_>, chain: &Chain, refused: &mut Refused) {
    for (first, start) in chain.runs().iter().enumerate() {
        let last = match start.len() {
            12 => first,
            4 if aadhaar::is_grouped(chain, first) => first + 2,
            _ => continue,
        };
        let (Some(digits), Some(end)) = (chain.digits(text.bytes, first, last), chain.run(last)) else { continue };
        if is_named(text, start.start) && !aadhaar::is_valid(digits.as_slice()) {
            refused.add(start.start, end.end, "its check digit is wrong (Verhoeff), or it begins with 0 or 1");
        }
    }
}

/// Sixteen letters and digits where they belong.
pub(super) fn codice_fiscale(text: &Text<'_>, token: Token, refused: &mut Refused) {
    let word = token.of(text);
    if word.len() == codice_fiscale::LENGTH && codice_fiscale::is_shape(word) && !codice_fiscale::is_checked(word) {
        refused.add(token.start, token.end, "its check letter is wrong");
    }
}
