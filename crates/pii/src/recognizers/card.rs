//! Payment cards: the length and the first digits of an issuer, and the Luhn check digit.

use super::{Candidates, Find};
use crate::{
    chain::{Chain, Digits, Lengths},
    chars::{Sep, at, before, is_alnum, is_alpha, is_digit, is_hex, part, span, span_back},
    context::{Support, Text, Topics},
    kind::Kind,
};

pub(super) static FINDS: &[Find] =
    &[Find::Chain(12, Lengths::within(12, 19).and(Lengths::of(4)).and(Lengths::of(6)), find)];

const GROUPED: i16 = 95;
const BLANK: i16 = 70;
/// How far behind a word that names an ordinary number a card stands for itself.
const FAR: usize = 36;

/// The groups in which cards are written, longest first.
pub(crate) static SHAPES: &[&[usize]] = &[
    &[4, 4, 4, 4, 3],
    &[4, 4, 4, 4],
    &[4, 6, 5],
    &[4, 6, 4],
    &[4, 4, 4, 3],
    &[4, 4, 4, 1],
    &[4, 4, 5],
    &[6, 13],
    &[4, 5, 6],
];

/// What the first digits say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Issuer {
    Known,
    /// Maestro: too many numbers look like it.
    NeedsContext,
}

fn find(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    let mut first = 0;
    while let Some(run) = chain.run(first) {
        first += match run.len() {
            12..=19 => blank(text, chain, first, found).unwrap_or(1),
            4 | 6 => grouped(text, chain, first, found).unwrap_or(1),
            _ => 1,
        };
    }
}

/// Digits without separators.
fn blank(text: &Text<'_>, chain: &Chain, index: usize, found: &mut Candidates) -> Option<usize> {
    let run = chain.run(index)?;
    let digits = chain.digits(text.bytes, index, index)?;
    let issuer = issuer(&digits)?;
    if !luhn(digits.as_slice()) || is_tied(text.bytes, chain, index) {
        return None;
    }
    let support = text.support(run.start, Kind::Card);
    if support != Support::Named && is_listed(text.bytes, run.start, run.end) {
        return None;
    }
    let score = BLANK
        + match support {
            Support::Named => 25,
            Support::Silent if issuer == Issuer::NeedsContext => -60,
            Support::Silent => 0,
            // "Flight LH833 leaves from gate B20, so pay with 4242...": the word is of something else.
            Support::Denied if text.label(run.start).distance > FAR => -15,
            Support::Denied => -40,
            Support::Foreign if text.topics(run.start).meets(Topics::FOREIGN) => -60,
            Support::Foreign => -15,
        };
    found.add(Kind::Card, run.start, run.end, score);
    Some(1)
}

/// Whether the number stands in a list of large numbers of which the one beside it is no card.
fn is_listed(bytes: &[u8], start: usize, end: usize) -> bool {
    let gap = span(bytes, end, 24, |byte| matches!(byte, b',' | b' ' | b'\n' | b'(' | b')'));
    let next = end + gap;
    let behind = part(bytes, next, next + span(bytes, next, 21, is_digit));
    let gap_before = span_back(bytes, start, 24, |byte| matches!(byte, b',' | b' ' | b'\n' | b'(' | b')'));
    let last = start - gap_before;
    let ahead = part(bytes, last - span_back(bytes, last, 21, is_digit), last);
    let comma = |from: usize, to: usize| part(bytes, from, to).contains(&b',');
    let other = |digits: &[u8]| {
        let mut values = Digits::default();
        digits.len() >= 12 && (values.extend(digits).is_none() || !luhn(values.as_slice()))
    };
    (comma(end, next) && other(behind)) || (comma(last, start) && other(ahead))
}

/// Whether the run belongs to something longer: an identifier, a decimal, a date.
fn is_tied(bytes: &[u8], chain: &Chain, index: usize) -> bool {
    let Some(run) = chain.run(index) else { return true };
    if matches!(before(bytes, run.start), b'+' | b'#') {
        return true;
    }
    let left = chain.cut_left(index) && chain.sep(index.wrapping_sub(1)) != Some(Sep::Slash);
    // After a card often comes its expiry date or security code, behind a slash.
    let right = chain.cut_right(index) && chain.sep(index) != Some(Sep::Slash);
    left || right
}

/// Groups with one separator between all.
fn grouped(text: &Text<'_>, chain: &Chain, first: usize, found: &mut Candidates) -> Option<usize> {
    let sep = chain.sep(first).filter(|sep| matches!(sep, Sep::Space | Sep::Dash | Sep::Dot))?;
    for shape in SHAPES {
        let last = first + shape.len() - 1;
        if !fits(chain, first, shape, sep) {
            continue;
        }
        let (Some(digits), Some(start), Some(end)) =
            (chain.digits(text.bytes, first, last), chain.run(first), chain.run(last))
        else {
            continue;
        };
        let Some(issuer) = issuer(&digits).filter(|_| luhn(digits.as_slice())) else { continue };
        if is_longer(text.bytes, chain, first, last, sep, found) {
            return None;
        }
        let support = text.support(start.start, Kind::Card);
        // Thirteen digits in a row of numbers: "4077 4079 1560 1560 4 s"
        let row = digits.len() == 13 && sep == Sep::Space && first > 0 && chain.sep(first - 1) == Some(Sep::Space);
        let doubtful = issuer == Issuer::NeedsContext || sep == Sep::Dot || row;
        let score = match support {
            Support::Named => GROUPED,
            _ if doubtful => 20,
            Support::Silent => GROUPED,
            Support::Denied => GROUPED - 40,
            // Groups of a card behind the label of a telephone or an address are a card all the same.
            Support::Foreign if !is_otherwise(text, start.start) => GROUPED - 20,
            Support::Foreign => GROUPED - 60,
        };
        found.add(Kind::Card, start.start, end.end, score);
        return Some(shape.len());
    }
    None
}

/// The label names something whose number is written in such groups.
fn is_otherwise(text: &Text<'_>, start: usize) -> bool {
    let topics = text.topics(start);
    topics.meets(Topics::FOREIGN)
        || [Kind::Iban, Kind::NationalId, Kind::Secret].into_iter().any(|kind| topics.names(kind))
}

pub(crate) fn fits(chain: &Chain, first: usize, shape: &[usize], sep: Sep) -> bool {
    let lengths =
        shape.iter().enumerate().all(|(offset, &len)| chain.run(first + offset).is_some_and(|run| run.len() == len));
    lengths && (first..first + shape.len() - 1).all(|index| chain.sep(index) == Some(sep))
}

/// Whether the groups go on before or behind, as in the number of a parcel.
fn is_longer(bytes: &[u8], chain: &Chain, first: usize, last: usize, sep: Sep, found: &Candidates) -> bool {
    let left = match first.checked_sub(1) {
        None => chain.tied_left || before_is_word(bytes, chain),
        Some(index) => {
            let ends_here = chain.run(index).is_some_and(|run| found.last_end() == run.end);
            !ends_here
                && chain.sep(index) == Some(sep)
                && chain.run(index).is_some_and(|run| sep != Sep::Space || run.len() == 4)
        }
    };
    let right = match chain.sep(last) {
        Some(next) if next == sep => match chain.run(last + 1) {
            Some(run) if sep == Sep::Space => {
                matches!(run.len(), 2 | 4) && !matches!(at(bytes, run.end), b'/' | b'-' | b'.')
            }
            Some(run) => !(sep == Sep::Dash && run.len() >= 5),
            None => false,
        },
        _ => last + 1 == chain.len() && chain.tied_right,
    };
    let end = chain.run(last).map_or(0, |run| run.end);
    let hex = part(bytes, end + 1, end + 5);
    let goes_on = sep == Sep::Space
        && at(bytes, end) == b' '
        && hex.len() == 4
        && hex.iter().all(|&byte| is_hex(byte))
        && hex.iter().any(|&byte| is_alpha(byte))
        && hex.iter().any(|&byte| is_digit(byte))
        && !is_alnum(at(bytes, end + 5));
    left || right || goes_on
}

/// A word that ends in digits stands directly before, as the first group of an IBAN does.
fn before_is_word(bytes: &[u8], chain: &Chain) -> bool {
    let start = chain.run(0).map_or(0, |run| run.start);
    let word = part(bytes, start.saturating_sub(5), start);
    // Groups of four hexadecimal digits go on.
    let mixed = |word: &[u8]| {
        word.len() == 4 && word.iter().all(|&byte| is_hex(byte)) && word.iter().any(|&byte| is_alpha(byte))
    };
    if mixed(word.get(..4).unwrap_or_default())
        && word.last() == Some(&b' ')
        && matches!(before(bytes, start.saturating_sub(5)), b' ' | b'\n')
    {
        return true;
    }
    matches!(word, [a, b, c, d, b' '] if is_alpha(*a) && is_alnum(*b) && is_digit(*c) && is_digit(*d))
}

/// Whether the digits are in the range of an issuer and have its length.
pub(crate) fn issuer(digits: &Digits) -> Option<Issuer> {
    let length = digits.len();
    let (two, three, four) = (digits.number(0, 2), digits.number(0, 3), digits.number(0, 4));
    let known = match four {
        4000..=4999 => matches!(length, 13 | 16 | 19),
        5100..=5599 | 2221..=2720 => length == 16,
        3400..=3499 | 3700..=3799 => length == 15,
        3528..=3589 => (16..=19).contains(&length),
        6011 => (16..=19).contains(&length),
        2200..=2204 => (16..=19).contains(&length),
        9792 => length == 16,
        _ => false,
    } || match three {
        300..=305 | 309 => (14..=19).contains(&length),
        644..=649 => (16..=19).contains(&length),
        508 => length == 16,
        _ => false,
    } || match two {
        36 => (14..=19).contains(&length),
        38 | 39 => length == 14 || length == 16,
        62 | 65 => (16..=19).contains(&length),
        60 | 81 | 82 => length == 16,
        _ => false,
    };
    if known {
        return Some(Issuer::Known);
    }
    let maestro = matches!(two, 50 | 56..=58 | 63 | 67 | 69) && (12..=19).contains(&length);
    maestro.then_some(Issuer::NeedsContext)
}

/// The check digit of ISO/IEC 7812.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, &digit)| {
            let value = u32::from(digit) << (index % 2);
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|&digit| digit != 0)
}
