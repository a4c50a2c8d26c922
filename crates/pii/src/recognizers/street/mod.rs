//! Street addresses: a house number with its street, in front or behind, and the town when it stands beside.

mod backward;
mod breaks;
mod cell;
mod dwelling;
mod ends;
mod forward;
mod lists;
mod names;
mod page;
mod postcode;
mod state;
mod tail;
mod town;

use forward::Line;
use page::Page;

use super::{Candidates, Find, Token};
use crate::{
    chain::{Chain, Lengths},
    chars::{Sep, at, before, glued_left, is_alnum, is_alpha, is_digit, is_upper, part, span, span_back},
    context::{Support, Text},
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[Find::Chain(1, Lengths::ALL, chain), Find::Token(token)];

const WHOLE: i16 = 88;
const LABELLED: i16 = 80;
const ALONE: i16 = 55;
/// The longest value under an address key that is taken as it is.
const MAX_KEYED: usize = 120;

fn chain(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    for (index, run) in chain.runs().iter().enumerate() {
        if run.len() > 6 || run.start < found.last_street() {
            continue;
        }
        // Inside a telephone or card number stands no house.
        let amid = chain.sep(index).is_some()
            && chain.total >= 9
            && chain.len() >= 3
            && !is_split(chain, index)
            && !is_ordinal(text.bytes, chain, index + 1);
        if amid {
            continue;
        }
        // "99-40", "5/120": the number begins one run before.
        let joined = index.checked_sub(1).and_then(|before| chain.run(before)).filter(|first| {
            first.end + 1 == run.start && matches!(at(text.bytes, first.end), b'-' | b'/') && first.len() <= 4
        });
        let start = joined.map_or(run.start, |first| first.start);
        // "LOCATION:12 Main Street", but not the seconds of a time.
        let key = before(text.bytes, start) == b':' && is_alpha(before(text.bytes, start - 1));
        let dotted = matches!(before(text.bytes, start), b'.' | b'-' | b'/' | b'_' | b'$' | b'+' | b':') && !key;
        // "U9/88": a unit in Australia
        if let Some(unit) = unit_glued_before(text.bytes, start) {
            number(text, unit, run.start, run.end, found);
            continue;
        }
        if dotted || glued_left(text.bytes, start) {
            continue;
        }
        // "Flat 72 72b Elgin Drive": behind another number the letter is none of its own word.
        let lettered = index > 0 && is_alpha(at(text.bytes, run.end)) && at(text.bytes, run.end + 1) == b' ';
        number(text, start, run.start, run.end + usize::from(lettered), found);
    }
}

/// Where `U9/` begins that stands in front of a house number.
fn unit_glued_before(bytes: &[u8], number: usize) -> Option<usize> {
    let slash = number.checked_sub(1).filter(|&slash| at(bytes, slash) == b'/')?;
    let digits = span_back(bytes, slash, 4, is_digit);
    let letter = (slash - digits).checked_sub(1).filter(|&letter| matches!(at(bytes, letter), b'U' | b'u'))?;
    ((1..=3).contains(&digits) && !is_alnum(before(bytes, letter)) && before(bytes, letter) != b'/').then_some(letter)
}

/// "45/83 97-910", "23/82 27093": house and dwelling, with the postcode behind.
fn is_split(chain: &Chain, index: usize) -> bool {
    index == 0
        && chain.sep(0) == Some(Sep::Slash)
        && chain.sep(1) == Some(Sep::Space)
        && [0, 1].into_iter().all(|index| chain.run(index).is_some_and(|run| run.len() <= 3))
}

/// "201-8225 17th Way": the last run belongs to the name of a street.
fn is_ordinal(bytes: &[u8], chain: &Chain, last: usize) -> bool {
    let Some(run) = chain.run(last).filter(|run| last + 1 == chain.len() && run.len() <= 3) else { return false };
    let ending = part(bytes, run.end, run.end + 2);
    [&b"st"[..], b"nd", b"rd", b"th"].contains(&ending) && at(bytes, run.end + 2) == b' '
}

fn token(text: &Text<'_>, token: Token, found: &mut Candidates) {
    if token.len() > 10 || token.len() > token.digits + 3 {
        return;
    }
    let word = token.of(text);
    let digits = span(word, 0, 6, is_digit);
    let extra = word.get(digits..).unwrap_or_default();
    let lettered = (1..=5).contains(&digits) && (extra.len() == 1 || matches!(extra, b"bis" | b"ter"));
    let wisconsin = (6..=10).contains(&word.len()) && is_grid_number(word);
    if (lettered || wisconsin)
        && token.start >= found.last_street()
        && !matches!(before(text.bytes, token.start), b'.' | b'-' | b'_')
    {
        number(text, token.start, token.start, token.end, found);
    }
}

/// `N6W23001`.
fn is_grid_number(word: &[u8]) -> bool {
    let first = span(word, 1, 3, is_digit);
    let second = span(word, 2 + first, 6, is_digit);
    matches!(at(word, 0), b'N' | b'S' | b'W' | b'E')
        && first > 0
        && is_upper(at(word, 1 + first))
        && second > 2
        && word.len() == 2 + first + second
}

/// Tries a house number in both orders.
fn number(text: &Text<'_>, start: usize, last: usize, end: usize, found: &mut Candidates) {
    let (bytes, page) = (text.bytes, &Page::of(text));
    let next = at(bytes, end);
    let after = if next == b',' { at(bytes, end + 2) } else { at(bytes, end + 1) };
    if matches!(next, b' ' | b',' | b'\n') && (is_alnum(after) || after >= 0x80 || next == b'\n') {
        // No house number has six digits.
        let short = span(bytes, last, 6, is_digit) < 6;
        if next != b'\n'
            && short
            && let Some(line) = forward::read(page, start, end)
            && judge(text, page, line, found)
        {
            return;
        }
        // A comma between number and name is the way of India, and of dwellings without a house number.
        let comma = next == b',';
        let follows = || comma && backward::read(page, start, end).is_some_and(|line| line.strong);
        if let Some(line) = forward::unknown(page, start, end)
            && let Some(close) = tail::coded(page, line.end)
            && (!comma || line.start < start || is_digit(before(bytes, close)))
            && !follows()
        {
            found.add(Kind::Street, line.start, close, WHOLE);
            return;
        }
    }
    let anchor = backward::anchor(page, start);
    if last - start <= 5
        && end - last <= 6
        && span(bytes, start, 5, is_digit) <= 4
        && anchor > 2
        && before(bytes, anchor) == b' '
        && (!is_digit(before(bytes, anchor - 1)) || anchor < start)
    {
        if let Some(line) = backward::read(page, start, end)
            && judge(text, page, line, found)
        {
            return;
        }
        if anchor == start
            && let Some(line) = backward::unknown(page, start, end)
            && let Some(end) = tail::posted(page, line.end)
        {
            found.add(Kind::Street, line.start, end, WHOLE);
            return;
        }
    }
    if !keyed(text, start, end, found) {
        cell::add(text, page, start, end, found);
    }
}

/// Adds the line with its town, when enough speaks for it.
fn judge(text: &Text<'_>, page: &Page<'_>, line: Line, found: &mut Candidates) -> bool {
    let bytes = text.bytes;
    let lower = is_lower(bytes, line);
    if let Some(end) = tail::town(page, line.end).filter(|&end| !lower || state::has_state(page, line.end, end)) {
        let start = dashed_unit(page, line.start, end).unwrap_or(line.start);
        found.add(Kind::Street, start, end, WHOLE);
        return true;
    }
    if line.strong
        && let Some(end) = tail::known_town(page, line.end)
    {
        found.add(Kind::Street, line.start, end, WHOLE);
        return true;
    }
    let weak = forward::is_weak(page, line);
    // No house has the number 0; behind one stands a town all the same in data that was made up.
    if lower || at(bytes, line.start) == b'0' {
        return false;
    }
    let score = match text.support(line.start, Kind::Street) {
        // "a 3 Hour Drive", "the 7 Way Street"
        _ if follows_article(bytes, line.start) => 30,
        Support::Named => LABELLED,
        _ if weak && !(line.long && is_placed(bytes, line.start)) => 30,
        // "2006 Larry Wall", "2014 Copper Mountain"
        _ if is_year(bytes, line.start) && !line.strong && line.points == 0 => 30,
        _ if (line.closed || line.strong || line.long) && is_placed(bytes, line.start) => ALONE,
        _ if line.points >= 2 || (line.closed && (line.strong || line.points >= 1 || line.long)) => ALONE,
        _ => 30,
    };
    if score >= ALONE {
        found.add(Kind::Street, line.start, line.end, score);
    }
    score >= ALONE
}

/// `387 - 620 Jasper St W, Edmonton, AB T5J 1J9`: where the number of the dwelling begins, in an address of Canada.
fn dashed_unit(page: &Page<'_>, start: usize, end: usize) -> Option<usize> {
    let dash = start.checked_sub(3).filter(|&dash| part(page, dash, start) == b" - ")?;
    let digits = span_back(page, dash, 5, is_digit);
    let unit = dash - digits;
    let free = matches!(before(page, unit), 0 | b' ' | b'\n' | b'"' | b'>' | b'\t' | b':' | b'|' | b';');
    ((1..=4).contains(&digits) && free && tail::ends_canadian(page, end)).then_some(unit)
}

/// The house number would be a year, or the last of some years.
fn is_year(bytes: &[u8], start: usize) -> bool {
    let digits = span(bytes, start, 5, is_digit);
    digits == 4 && matches!(part(bytes, start, start + 2), b"19" | b"20")
}

/// A word of place stands before: "at", "near".
fn is_placed(bytes: &[u8], start: usize) -> bool {
    let end = start.saturating_sub(1);
    let word = part(bytes, end - span_back(bytes, end, 8, is_alpha), end);
    [&b"at"[..], b"near", b"to", b"from", b"visit", b"on", b"address", b"toward", b"outside", b"opposite", b"behind"]
        .iter()
        .any(|place| word.eq_ignore_ascii_case(place))
}

/// An article stands before the number: what follows is counted or named, and nobody lives there.
fn follows_article(bytes: &[u8], start: usize) -> bool {
    let end = start.saturating_sub(1);
    let word = part(bytes, end - span_back(bytes, end, 8, is_alpha), end);
    at(bytes, end) == b' '
        && [&b"a"[..], b"an", b"the", b"every", b"these", b"those"]
            .iter()
            .any(|article| word.eq_ignore_ascii_case(article))
}

/// The name is in lower case: number, blank, small letter, and no French leading word.
fn is_lower(bytes: &[u8], line: Line) -> bool {
    let digits = span(bytes, line.start, 8, |byte| byte != b' ');
    is_digit(at(bytes, line.start)) && !line.strong && at(bytes, line.start + digits + 1).is_ascii_lowercase()
}

/// A value of an address key that starts or ends with a number is an address, whatever its words are.
fn keyed(text: &Text<'_>, start: usize, end: usize, found: &mut Candidates) -> bool {
    let bytes = text.bytes;
    if bytes.len() > MAX_KEYED || !text.keyed(Kind::Street) || bytes.contains(&b'@') || bytes.contains(&b':') {
        return false;
    }
    let leads = start == 0 && at(bytes, end) == b' ' && is_alpha(at(bytes, end + 1));
    let closes = end == bytes.len() && before(bytes, start) == b' ' && start > 3;
    let value = bytes.trim_ascii();
    let capital = |word: &[u8]| word.len() >= 3 && is_upper(at(word, 0));
    let worded = value.split(|byte| !is_alpha(*byte)).any(capital) && is_upper(at(value, 0)) && value.contains(&b' ');
    let words = bytes.split(|byte| !is_alpha(*byte)).any(|word| word.len() >= 3);
    let digits = bytes.iter().filter(|&&byte| is_digit(byte)).count() <= 14;
    let plain = !value.iter().any(|byte| matches!(byte, b'{' | b'<' | b'=' | b'!' | b'?'));
    if (((leads || closes) && words) || worded) && digits && plain && found.last_street() == 0 {
        found.add(Kind::Street, 0, bytes.trim_ascii_end().len(), ALONE);
        return true;
    }
    false
}

impl Candidates {
    /// Where the last street ended.
    fn last_street(&self) -> usize {
        self.0
            .iter()
            .rev()
            .take(4)
            .find(|candidate| candidate.kind == Kind::Street)
            .map_or(0, |candidate| candidate.end)
    }
}
