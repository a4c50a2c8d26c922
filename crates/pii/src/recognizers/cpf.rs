//! The Brazilian taxpayer number: eleven digits, two of them checks, usually `ddd.ddd.ddd-dd`.

use super::{Candidates, Find};
use crate::{
    chain::{Chain, Lengths},
    chars::Sep,
    context::{Support, Text},
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[Find::Chain(11, Lengths::of(11).and(Lengths::of(3)), find)];

const FORMATTED: i16 = 80;
const BLANK: i16 = 20;

fn find(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    for (first, start) in chain.runs().iter().enumerate() {
        let (last, prior) = match start.len() {
            11 => (first, BLANK),
            3 if is_formatted(chain, first) => (first + 3, FORMATTED),
            _ => continue,
        };
        let Some(end) = chain.run(last) else { continue };
        let valid = chain.digits(text.bytes, first, last).is_some_and(|digits| is_valid(digits.as_slice()));
        if !valid || chain.cut_left(first) || chain.cut_right(last) {
            continue;
        }
        let named = text.support(start.start, Kind::NationalId) == Support::Named;
        found.add(Kind::NationalId, start.start, end.end, prior + if named { 50 } else { 0 });
    }
}

pub(crate) fn is_formatted(chain: &Chain, first: usize) -> bool {
    let lengths = [1, 2, 3].map(|offset| chain.run(first + offset).map_or(0, |run| run.len()));
    let seps = [0, 1, 2].map(|offset| chain.sep(first + offset));
    lengths == [3, 3, 2] && seps == [Some(Sep::Dot), Some(Sep::Dot), Some(Sep::Dash)]
}

pub(crate) fn is_valid(digits: &[u8]) -> bool {
    let (Some(&first), 11) = (digits.first(), digits.len()) else { return false };
    let check = |length: usize| {
        let sum: usize = digits
            .iter()
            .take(length)
            .zip((2..=length + 1).rev())
            .map(|(&digit, weight)| usize::from(digit) * weight)
            .sum();
        (sum * 10 % 11 % 10) as u8
    };
    digits.iter().any(|&digit| digit != first) && digits.get(9) == Some(&check(9)) && digits.get(10) == Some(&check(10))
}
