//! The Indian identity number: twelve digits with the check of Verhoeff.

use super::{Candidates, Find};
use crate::{
    chain::{Chain, Lengths},
    chars::Sep,
    context::{Support, Text},
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[Find::Chain(12, Lengths::of(12).and(Lengths::of(4)), find)];

const SCORE: i16 = 20;

fn find(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    for (first, start) in chain.runs().iter().enumerate() {
        let last = match start.len() {
            12 => first,
            4 if is_grouped(chain, first) => first + 2,
            _ => continue,
        };
        let Some(end) = chain.run(last) else { continue };
        if chain.cut_left(first) || chain.cut_right(last) {
            continue;
        }
        if !chain.digits(text.bytes, first, last).is_some_and(|digits| is_valid(digits.as_slice())) {
            continue;
        }
        if text.support(start.start, Kind::NationalId) == Support::Named {
            found.add(Kind::NationalId, start.start, end.end, SCORE + 60);
        }
    }
}

pub(crate) fn is_grouped(chain: &Chain, first: usize) -> bool {
    let four = |offset: usize| chain.run(first + offset).is_some_and(|run| run.len() == 4);
    let sep = chain.sep(first);
    four(1)
        && four(2)
        && !(chain.run(first + 3).is_some() && chain.sep(first + 2) == sep)
        && matches!(sep, Some(Sep::Space | Sep::Dash))
        && sep == chain.sep(first + 1)
}

/// Verhoeff's check over the dihedral group of ten elements.
pub(crate) fn is_valid(digits: &[u8]) -> bool {
    if digits.first().is_none_or(|&digit| digit < 2) {
        return false;
    }
    let multiply = |a: u8, b: u8| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a + 5 - 5 - b + 5) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    };
    const TURN: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let turned =
        |digit: u8, times: usize| (0..times).fold(digit, |digit, _| TURN.get(usize::from(digit)).copied().unwrap_or(0));
    let sum = digits.iter().rev().enumerate().fold(0, |sum, (index, &digit)| multiply(sum, turned(digit, index % 8)));
    sum == 0
}
