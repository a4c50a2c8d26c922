//! Social security numbers of the United States.

use super::{Candidates, Find};
use crate::{
    chain::{Chain, Digits, Lengths},
    chars::{Sep, before},
    context::{Support, Text, Topics},
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[
    Find::Chain(9, Lengths::of(9), blanks),
    Find::Groups(9, Lengths::of(3).and(Lengths::of(2)).and(Lengths::of(4)), groups),
];

/// With dashes it needs no label.
const DASHED: i16 = 75;
const OTHERWISE: i16 = 10;
/// With dashes where the label belongs to something else: surer than a telephone number behind its label.
const BESIDE: i16 = 70;
/// With dashes behind the label of another kind, which has it if its numbers are written so.
const ALIKE: i16 = 60;

fn groups(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    for (index, _) in chain.runs().iter().enumerate().filter(|(_, run)| run.len() == 3) {
        grouped(text, chain, index, found);
    }
}

fn blanks(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    for (index, _) in chain.runs().iter().enumerate().filter(|(_, run)| run.len() == 9) {
        blank(text, chain, index, found);
    }
}

fn grouped(text: &Text<'_>, chain: &Chain, first: usize, found: &mut Candidates) {
    let (Some(start), Some(middle), Some(end)) = (chain.run(first), chain.run(first + 1), chain.run(first + 2)) else {
        return;
    };
    let sep = chain.sep(first);
    if middle.len() != 2 || end.len() != 4 || sep != chain.sep(first + 1) {
        return;
    }
    let prior = match sep {
        Some(Sep::Dash) => DASHED,
        Some(Sep::Space | Sep::Dot) => OTHERWISE,
        _ => return,
    };
    let valid = chain.digits(text.bytes, first, first + 2).is_some_and(|digits| is_valid(&digits));
    if !valid || before(text.bytes, start.start) == b'+' {
        return;
    }
    let support = text.support(start.start, Kind::Ssn);
    // "123-45-6789/987-65-4321": another stands beside it.
    let beside = |gap: Option<usize>, index: Option<usize>, length: usize| {
        gap.is_some_and(|gap| chain.sep(gap) == Some(Sep::Slash))
            && index.and_then(|index| chain.run(index)).is_some_and(|run| run.len() == length)
    };
    let left = chain.cut_left(first) && !beside(first.checked_sub(1), first.checked_sub(1), 4);
    let right = chain.cut_right(first + 2) && !beside(Some(first + 2), Some(first + 3), 3);
    let tied = left || right;
    if tied && support != Support::Named {
        return;
    }
    let score = match support {
        Support::Foreign if prior == DASHED => foreign(text, start.start),
        _ => score(prior, support),
    };
    found.add(Kind::Ssn, start.start, end.end, score);
}

/// Of a number with dashes where the nearest label names something else. Only what stands directly at it counts: "fax us the
/// form for 219-09-9998" and "415-555-2671, 219-09-9998" say nothing of this one.
fn foreign(text: &Text<'_>, start: usize) -> i16 {
    let topics = text.topics(start);
    let bound = !topics.meets(Topics::PROSE) && before(text.bytes, start) != b'/' && text.is_bound(start);
    match bound {
        false => BESIDE,
        true if topics.meets(Topics::FOREIGN) => score(DASHED, Support::Foreign),
        true => ALIKE,
    }
}

fn blank(text: &Text<'_>, chain: &Chain, index: usize, found: &mut Candidates) {
    let Some(run) = chain.run(index) else { return };
    let valid = chain.digits(text.bytes, index, index).is_some_and(|digits| is_valid(&digits));
    if !valid || chain.cut_left(index) || chain.cut_right(index) || before(text.bytes, run.start) == b'+' {
        return;
    }
    let support = text.support(run.start, Kind::Ssn);
    if support == Support::Named {
        found.add(Kind::Ssn, run.start, run.end, score(OTHERWISE, support));
    }
}

fn score(prior: i16, support: Support) -> i16 {
    prior
        + match support {
            Support::Named => 50,
            Support::Silent => 0,
            Support::Denied => -15,
            Support::Foreign => -40,
        }
}

/// Whether such a number can have been issued, and is not one of the famous examples.
pub(crate) fn is_valid(digits: &Digits) -> bool {
    let (area, group, serial) = (digits.number(0, 3), digits.number(3, 5), digits.number(5, 9));
    let issued = area != 0 && area != 666 && area < 900 && group != 0 && serial != 0;
    issued && !matches!(digits.number(0, 9), 78_051_120 | 219_099_999)
}
