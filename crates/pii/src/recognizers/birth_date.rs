//! Dates of birth: a date of any common form, behind a label.

use super::{Candidates, Find, Token};
use crate::{
    chain::{Chain, Lengths, Run},
    chars::{Sep, at, before, char_at, is_alpha, is_digit, part, span, span_back},
    context::{Support, Text},
    dull::moment_end,
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[
    Find::Chain(1, Lengths::within(1, 2), find),
    Find::Chain(8, Lengths::of(8), compact),
    Find::Token(worded),
    Find::Whole(moment),
];

const SCORE: i16 = 60;

fn find(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    for index in 0..chain.len() {
        if chain.run(index).is_none_or(|run| run.len() > 4) {
            continue;
        }
        let run = chain.run(index);
        let date = numeric(text.bytes, chain, index)
            .or_else(|| run.and_then(|run| named(text.bytes, run)))
            .or_else(|| run.and_then(|run| eastern(text.bytes, run)));
        if let Some((start, end)) = date
            && text.support(start, Kind::BirthDate) == Support::Named
        {
            found.add(Kind::BirthDate, start, end, SCORE);
            return;
        }
    }
}

/// `19800201`.
fn compact(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    let run =
        chain.run(0).filter(|run| run.len() == 8 && chain.len() == 1 && !chain.cut_left(0) && !chain.cut_right(0));
    let Some((run, digits)) = run.zip(chain.digits(text.bytes, 0, 0)) else { return };
    let (year, month, day) = (digits.number(0, 4), digits.number(4, 6), digits.number(6, 8));
    let dated = (1900..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if dated && text.support(run.start, Kind::BirthDate) == Support::Named {
        found.add(Kind::BirthDate, run.start, run.end, SCORE);
    }
}

/// A date with a time, when the key says that it is one of birth: `{"birthday":"1980-02-01T00:00:00Z"}`.
fn moment(text: &Text<'_>, found: &mut Candidates) {
    let bytes = text.bytes;
    if text.keyed(Kind::BirthDate)
        && is_digit(at(bytes, 0))
        && moment_end(bytes, Run::at(bytes, 0)) == Some(bytes.len())
    {
        found.add(Kind::BirthDate, 0, bytes.len(), SCORE);
    }
}

/// A date whose day is part of a word: `1er mai 1980`, `1st of May 1980`.
fn worded(text: &Text<'_>, token: Token, found: &mut Candidates) {
    if token.len() > 4 || token.digits + 2 != token.len() {
        return;
    }
    let ending = part(text.bytes, token.end - 2, token.end);
    if matches!(ending, b"st" | b"nd" | b"rd" | b"th" | b"er" | b"re") {
        ordinal_date(text, token, found);
    }
}

fn ordinal_date(text: &Text<'_>, token: Token, found: &mut Candidates) {
    if let Some((start, end)) = named(text.bytes, Run { start: token.start, end: token.end - 2 })
        && text.support(start, Kind::BirthDate) == Support::Named
    {
        found.add(Kind::BirthDate, start, end, SCORE);
    }
}

/// `1980年2月1日`, `昭和60年2月1日`, `1980년 2월 1일`: each number has its word.
/// `number` is the year of an era, or else the month: a year of four digits brings nobody here.
fn eastern(bytes: &[u8], number: Run) -> Option<(usize, usize)> {
    static ERAS: [&str; 5] = ["明治", "大正", "昭和", "平成", "令和"];
    let year = match at(bytes, number.end) {
        0xE5 | 0xEB => number,
        0xE6 | 0xEC => {
            let end = number.start - span_back(bytes, number.start, 1, |byte| byte == b' ');
            let end = end.checked_sub('年'.len_utf8())?;
            Run { start: end - span_back(bytes, end, 4, is_digit), end }
        }
        _ => return None,
    };
    let era = ERAS.iter().find(|era| part(bytes, 0, year.start).ends_with(era.as_bytes()));
    let start = year.start - era.map_or(0, |era| era.len());
    let mut place = year.start;
    for words in [['年', '년'], ['月', '월'], ['日', '일']] {
        let digits = span(bytes, place, 4, is_digit);
        let word = place + digits;
        let letter = char_at(bytes, word).filter(|letter| digits > 0 && words.contains(letter))?;
        let end = word + letter.len_utf8();
        if letter == '日' || letter == '일' {
            return Some((start, end));
        }
        place = end + span(bytes, end, 1, |byte| byte == b' ');
    }
    None
}

/// `1980-02-01`, `01.02.1980`, `2/1/80`.
fn numeric(bytes: &[u8], chain: &Chain, first: usize) -> Option<(usize, usize)> {
    let (start, middle, end) = (chain.run(first)?, chain.run(first + 1)?, chain.run(first + 2)?);
    let between = |from: Run, to: Run| part(bytes, from.end, to.start);
    // "1. 2. 1980"
    let spaced = between(start, middle) == b". " && between(middle, end) == b". ";
    let sep = match chain.sep(first) {
        _ if spaced => Sep::Dot,
        sep => sep.filter(|sep| Some(*sep) == chain.sep(first + 1) && *sep != Sep::Space)?,
    };
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
    // "12-Apr-1985"
    let dashed = at(bytes, day.end) == b'-' && is_alpha(at(bytes, day.end + 1));
    if day.len() > 2
        || !(dashed || spaced(before(bytes, day.start)) || spaced(at(bytes, day.end)) || beside(at(bytes, day.end)))
    {
        return None;
    }
    let ordinal = if is_alpha(at(bytes, day.end)) { 2 } else { usize::from(at(bytes, day.end) == b'.') };
    let after = day.end + ordinal;
    let gap = span(bytes, after, 4, |byte| matches!(byte, b' ' | b',' | b'-'));
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
    let next = if matches!(part(bytes, next, next + 3), b"de " | b"of ") { next + 3 } else { next };
    if !is_month(bytes, next) {
        return None;
    }
    let month = next + span(bytes, next, 24, |byte| is_alpha(byte) || byte >= 0x80 || byte == b'.');
    let place = month + span(bytes, month, 4, |byte| matches!(byte, b' ' | b',' | b'-'));
    let place = if part(bytes, place, place + 3) == b"de " { place + 3 } else { place };
    year(place).map(|end| (day.start, end))
}

fn is_month(bytes: &[u8], start: usize) -> bool {
    let [a, b, c] = part(bytes, start, start + 3) else { return false };
    if *a >= 0x80 {
        return is_wide_head(part(bytes, start, start + 6));
    }
    let head = [a | 0x20, b | 0x20, c | 0x20];
    // "fé", "dé", "mä": the second letter is two bytes.
    is_alpha(*a)
        && (HEADS.binary_search(&head).is_ok()
            || matches!(
                (a | 0x20, *b, *c),
                (b'f' | b'd', 0xC3, 0xA9) | (b'm', 0xC3, 0xA4) | (b'p' | b'P', b'a' | b'A', 0xC5)
            ))
}

/// The same of months in Cyrillic letters.
fn is_wide_head(head: &[u8]) -> bool {
    static HEADS: [&str; 28] = [
        "янв", "фев", "мар", "апр", "мая", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек", "січ", "лют", "бер",
        "кві", "тра", "чер", "лип", "сер", "вер", "жов", "лис", "гру", "юни", "юли", "яну",
    ];
    HEADS.iter().any(|month| month.as_bytes() == head)
}

/// The first letters of the months in the languages of our users, in order.
static HEADS: [[u8; 3]; 60] = [
    *b"abr", *b"ago", *b"aou", *b"apr", *b"ara", *b"aug", *b"avr", *b"cze", *b"dec", *b"dez", *b"dic", *b"eki",
    *b"elo", *b"ene", *b"eyl", *b"feb", *b"fev", *b"gen", *b"giu", *b"gru", *b"haz", *b"hei", *b"hel", *b"huh",
    *b"jan", *b"jou", *b"jui", *b"jul", *b"jun", *b"kas", *b"kes", *b"kwi", *b"lip", *b"lis", *b"lok", *b"lug",
    *b"lut", *b"mag", *b"mai", *b"maj", *b"mar", *b"may", *b"mei", *b"mrt", *b"nis", *b"nov", *b"oca", *b"oct",
    *b"okt", *b"ott", *b"out", *b"sep", *b"set", *b"sie", *b"sty", *b"syy", *b"tam", *b"tem", *b"tou", *b"wrz",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_in_order() {
        assert!(HEADS.is_sorted());
    }
}
