//! Telephone numbers: behind a plus, in the groups of North America, or behind a word that says what they are.

use super::{BESIDE, Refused};
use crate::{
    chain::{Chain, Digits},
    chars::{Sep, at, before},
    context::{Support, Text},
    kind::Kind,
    recognizers::plans::plans,
};

/// The fewest digits, and the most with a trunk prefix.
const LENGTHS: std::ops::RangeInclusive<usize> = 7..=17;

pub(super) fn look(text: &Text<'_>, chain: &Chain, refused: &mut Refused) {
    let bytes = text.bytes;
    let mut first = 0;
    while let Some(run) = chain.run(first) {
        if before(bytes, run.start) == b'+' {
            let last = last(chain, first, *LENGTHS.end());
            let (Some(digits), Some(end)) = (chain.digits(bytes, first, last), chain.run(last)) else { return };
            if LENGTHS.contains(&digits.len()) {
                refused.add(run.start - 1, end.end, why_international(&digits));
            }
            first = last + 1;
        } else if let Some((last, digits)) = north_american(bytes, chain, first) {
            let start = if before(bytes, run.start) == b'(' { run.start - 1 } else { run.start };
            refused.add(start, chain.run(last).map_or(run.end, |run| run.end), why_north_american(&digits));
            first = last + 1;
        } else if first == 0 && !chain.tied_left && text.support(run.start, Kind::Phone) == Support::Named {
            first = named(bytes, chain, refused) + 1;
        } else {
            first += 1;
        }
    }
}

/// The last run of what is written as one number.
fn last(chain: &Chain, first: usize, most: usize) -> usize {
    let (mut last, mut count) = (first, chain.run(first).map_or(0, |run| run.len()));
    while let Some(next) = chain.gap(last).and_then(|_| chain.run(last + 1)) {
        count += next.len();
        if count > most {
            break;
        }
        last += 1;
    }
    last
}

fn why_international(digits: &Digits) -> String {
    let digits = digits.as_slice();
    // Some of the digits may be a number, and the rest something else.
    if LENGTHS.clone().any(|length| digits.get(..length).is_some_and(|some| plans().is_international(some))) {
        return BESIDE.to_owned();
    }
    let written = |digits: &[u8]| digits.iter().map(|digit| char::from(b'0' + digit)).collect::<String>();
    match plans().code_length(digits) {
        Some(length) => {
            let code = written(digits.get(..length).unwrap_or_default());
            format!("no number of the country with the code +{code} has these digits")
        }
        None => format!("no country has the code +{}", written(digits.get(..3).unwrap_or_default())),
    }
}

/// `ddd-ddd-dddd`, `(ddd) ddd-dddd` and their kin, with or without a 1 in front: where they end, without the 1.
fn north_american(bytes: &[u8], chain: &Chain, first: usize) -> Option<(usize, Digits)> {
    let leads = chain.run(first).is_some_and(|run| run.len() == 1 && at(bytes, run.start) == b'1');
    let area = first + usize::from(leads);
    let lengths = [area, area + 1, area + 2].map(|index| chain.run(index).map_or(0, |run| run.len()));
    let paren = before(bytes, chain.run(area)?.start) == b'(';
    let dashed = [area, area + 1].into_iter().all(|index| matches!(chain.sep(index), Some(Sep::Dash | Sep::Dot)));
    let written = lengths == [3, 3, 4] && (paren || dashed) && !chain.cut_left(first) && !chain.cut_right(area + 2);
    Some((area + 2, chain.digits(bytes, area, area + 2).filter(|_| written)?))
}

fn why_north_american(digits: &Digits) -> String {
    if plans().is_north_american(digits.as_slice()) {
        return BESIDE.to_owned();
    }
    let of = |place: usize| digits.number(place, place + 1);
    match (of(0), of(3)) {
        (0 | 1, _) => "no area of North America begins with 0 or 1".to_owned(),
        (_, 0 | 1) => "no exchange of North America begins with 0 or 1".to_owned(),
        _ => "North America has no such area or exchange".to_owned(),
    }
}

/// What a word calls a number. Gives where it ends.
fn named(bytes: &[u8], chain: &Chain, refused: &mut Refused) -> usize {
    let last = last(chain, 0, *LENGTHS.end());
    let lengths: Vec<usize> = chain.runs().iter().take(last + 1).map(|run| run.len()).collect();
    let dated = matches!(lengths.as_slice(), [4, 2, 2, ..] | [1..=2, 1..=2, 4, ..]);
    let (Some(digits), Some(start), Some(end)) = (chain.digits(bytes, 0, last), chain.run(0), chain.run(last)) else {
        return last;
    };
    let dialled =
        |some: &[u8]| plans().is_national(some) || plans().is_north_american(some) || plans().is_international(some);
    let is_some = LENGTHS.clone().any(|length| digits.as_slice().get(..length).is_some_and(dialled));
    if LENGTHS.contains(&digits.len()) && !dated && !is_some {
        refused.add(start.start, end.end, "no country has a number with these digits");
    }
    last
}
