//! The French number of social insurance: 13 digits and a key of two.

use super::{Candidates, Find};
use crate::{
    chain::{Chain, Digits, Lengths},
    context::{Support, Text},
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[Find::Chain(15, Lengths::of(1).and(Lengths::of(13)).and(Lengths::of(15)), find)];

const SCORE: i16 = 48;

fn find(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    for first in 0..chain.len() {
        let Some(start) = chain.run(first) else { return };
        if !matches!(start.len(), 1 | 13 | 15) {
            continue;
        }
        // Blank, in groups of 1-2-2-2-3-3-2, or 13 and 2.
        let mut count = 0;
        let last = (first..chain.len().min(first + 7)).find(|&last| {
            count += chain.run(last).map_or(0, |run| run.len());
            count >= 15
        });
        let last = last.filter(|&last| {
            count == 15 && is_grouped(chain, first, last) && !chain.cut_left(first) && !chain.cut_right(last)
        });
        let Some(last) = last else { continue };
        let valid = chain.digits(text.bytes, first, last).is_some_and(|digits| is_valid(&digits));
        let Some(end) = chain.run(last).filter(|_| valid) else { continue };
        let score = match text.support(start.start, Kind::NationalId) {
            Support::Named => SCORE + 40,
            Support::Silent if last > first => SCORE + 8,
            Support::Silent | Support::Denied | Support::Foreign => SCORE - 10,
        };
        found.add(Kind::NationalId, start.start, end.end, score);
        return;
    }
}

/// Together, 13 and 2, or in its groups: "1.84556867019693" is a decimal.
fn is_grouped(chain: &Chain, first: usize, last: usize) -> bool {
    let lengths = || chain.runs().iter().skip(first).take(last + 1 - first).map(|run| run.len());
    [&[15][..], &[13, 2], &[1, 2, 2, 2, 3, 3, 2]].into_iter().any(|groups| lengths().eq(groups.iter().copied()))
}

pub(crate) fn is_valid(digits: &Digits) -> bool {
    let (sex, month) = (digits.number(0, 1), digits.number(3, 5));
    matches!(sex, 1..=4 | 7 | 8) && matches!(month, 1..=12 | 20..=42 | 50..=99) && digits.number(13, 15) == key(digits)
}

/// The key that belongs to the first thirteen digits.
pub(crate) fn key(digits: &Digits) -> u64 {
    97 - digits.number(0, 13) % 97
}
