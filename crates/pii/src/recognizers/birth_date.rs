//! Dates of birth: a date of any common form, behind a label.

use super::{Candidates, Find};
use crate::{
    chain::{Chain, Lengths, Run},
    chars::{Sep, at, before, is_alpha, part, span, span_back},
    context::{Support, Text},
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[Find::Chain(1, Lengths::within(1, 2), find)];

const SCORE: i16 = 60;

fn find(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    for index in 0..chain.len() {
        if chain.run(index).is_none_or(|run| run.len() > 4) {
            continue;
        }
        let date =
            numeric(text.bytes, chain, index).or_else(|| chain.run(index).and_then(|run| named(text.bytes, run)));
        if let Some((start, end)) = date
            && text.support(start, Kind::BirthDate) == Support::Named
        {
            found.add(Kind::BirthDate, start, end, SCORE);
            return;
        }
    }
}

/// `1980-02-01`, `01.02.1980`, `2/1/80`.
fn numeric(bytes: &[u8], chain: &Chain, first: usize) -> Option<(usize, usize)> {
    let (start, middle, end) = (chain.run(first)?, chain.run(first + 1)?, chain.run(first + 2)?);
    let sep = chain.sep(first).filter(|sep| Some(*sep) == chain.sep(first + 1) && *sep != Sep::Space)?;
    let lengths = (start.len(), middle.len(), end.len());
    let dated = matches!(lengths, (4, 1..=2, 1..=2) | (1..=2, 1..=2, 4) | (1..=2, 1..=2, 2))
        && matches!(sep, Sep::Dash | Sep::Dot | Sep::Slash);
    let digits = dated.then(|| chain.digits(bytes, first, first + 2)).flatten()?;
    let month_or_day = |from: usize, to: usize| (1..=31).contains(&digits.number(from, to));
    let valid = if start.len() == 4 {
        month_or_day(4, 4 + middle.len()) && month_or_day(4 + middle.len(), digits.len())
    } else {
        month_or_day(0, start.len()) && month_or_day(start.len(), start.len() + middle.len())
    };
    valid.then_some((start.start, end.end))
}

/// `1 February 1980`, `Feb 1, 1980`: the day is the anchor.
fn named(bytes: &[u8], day: Run) -> Option<(usize, usize)> {
    let beside = |byte: u8| is_alpha(byte) || byte >= 0x80;
    let spaced = |byte: u8| byte == b' ' || byte == b'.';
    if day.len() > 2 || !(spaced(before(bytes, day.start)) || spaced(at(bytes, day.end)) || beside(at(bytes, day.end)))
    {
        return None;
    }
    let ordinal = if is_alpha(at(bytes, day.end)) { 2 } else { usize::from(at(bytes, day.end) == b'.') };
    let after = day.end + ordinal;
    let gap = span(bytes, after, 4, |byte| matches!(byte, b' ' | b','));
    let next = after + gap;
    let year = |place: usize| (span(bytes, place, 5, |byte| byte.is_ascii_digit()) == 4).then_some(place + 4);
    if let Some(month_end) = day.start.checked_sub(1).filter(|&end| at(bytes, end) == b' ')
        && let Some(end) = year(next)
    {
        let letters = span_back(bytes, month_end, 12, |byte| is_alpha(byte) || byte >= 0x80 || byte == b'.');
        if is_month(bytes, month_end - letters) {
            return Some((month_end - letters, end));
        }
    }
    // Nearly every number has no month behind it.
    if !beside(at(bytes, next)) {
        return None;
    }
    let next = if part(bytes, next, next + 3) == b"de " { next + 3 } else { next };
    if !is_month(bytes, next) {
        return None;
    }
    let month = next + span(bytes, next, 12, |byte| is_alpha(byte) || byte >= 0x80 || byte == b'.');
    let place = month + span(bytes, month, 4, |byte| matches!(byte, b' ' | b',' | b'-'));
    let place = if part(bytes, place, place + 3) == b"de " { place + 3 } else { place };
    year(place).map(|end| (day.start, end))
}

fn is_month(bytes: &[u8], start: usize) -> bool {
    let [a, b, c] = part(bytes, start, start + 3) else { return false };
    if !is_alpha(*a) {
        return false;
    }
    // Most words begin with another letter.
    if !matches!(a | 0x20, b'a' | b'd' | b'e' | b'f' | b'g' | b'j' | b'l' | b'm' | b'n' | b'o' | b's') {
        return false;
    }
    let head = [a | 0x20, b | 0x20, c | 0x20];
    // "fé", "dé", "mä": the second letter is two bytes.
    is_head(&head) || matches!((a | 0x20, *b, *c), (b'f' | b'd', 0xC3, 0xA9) | (b'm', 0xC3, 0xA4))
}

/// The first letters of the months in the languages of our users.
fn is_head(head: &[u8; 3]) -> bool {
    matches!(
        head,
        b"jan"
            | b"feb"
            | b"mar"
            | b"apr"
            | b"may"
            | b"jun"
            | b"jul"
            | b"aug"
            | b"sep"
            | b"oct"
            | b"nov"
            | b"dec"
            | b"ene"
            | b"abr"
            | b"ago"
            | b"dic"
            | b"fev"
            | b"mai"
            | b"avr"
            | b"jui"
            | b"aou"
            | b"set"
            | b"out"
            | b"dez"
            | b"gen"
            | b"mag"
            | b"giu"
            | b"lug"
            | b"ott"
            | b"okt"
            | b"mrt"
            | b"mei"
            | b"maj"
            | b"sty"
    )
}
