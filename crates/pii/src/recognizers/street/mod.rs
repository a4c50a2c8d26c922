//! Street addresses: a house number with its street, in front or behind, and the town when it stands beside.

mod backward;
mod breaks;
mod cell;
mod dwelling;
mod ends;
mod forward;
mod house;
mod judge;
mod keyed;
mod lists;
mod names;
mod page;
mod postcode;
mod sides;
mod state;
mod tail;
mod town;

use judge::judge;
use keyed::{is_keyed, keyed};
use page::Page;

use super::{Candidates, Find, Token};
use crate::{
    chain::{Chain, Lengths},
    chars::{Sep, at, before, glued_left, is_alnum, is_alpha, is_digit, is_upper, part, span, span_back},
    context::Text,
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[Find::Chain(1, Lengths::ALL, chain), Find::Token(token)];

/// A street with its town.
const WHOLE: i16 = 88;

fn chain(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    let keyed = is_keyed(text);
    for (index, run) in chain.runs().iter().enumerate() {
        let end = run.end + lettered(text.bytes, index, run.end);
        if run.len() <= 6
            && !amid(text.bytes, chain, index)
            && (keyed || sides::may_be_house(text.bytes, run.start, end))
        {
            house(text, chain, index, end, found);
        }
    }
}

/// Tries one run of a chain.
#[inline(never)]
fn house(text: &Text<'_>, chain: &Chain, index: usize, end: usize, found: &mut Candidates) {
    let (bytes, Some(run)) = (text.bytes, chain.run(index)) else { return };
    if run.start < found.last_street() {
        return;
    }
    // "99-40", "5/120": the number begins one run before.
    let joined = index
        .checked_sub(1)
        .and_then(|before| chain.run(before))
        .filter(|first| first.end + 1 == run.start && matches!(at(bytes, first.end), b'-' | b'/') && first.len() <= 4);
    let start = joined.map_or(run.start, |first| first.start);
    if joined.is_some_and(|first| is_year(bytes, first.start, first.end) && is_year(bytes, run.start, run.end)) {
        return;
    }
    // "LOCATION:12 Main Street", but not the seconds of a time.
    let key = before(bytes, start) == b':' && is_alpha(before(bytes, start - 1));
    let dotted = matches!(before(bytes, start), b'.' | b'-' | b'/' | b'_' | b'$' | b'+' | b':') && !key;
    // "U9/88": a unit in Australia
    let unit = unit_glued_before(bytes, start);
    if unit.is_some() || !(dotted || glued_left(bytes, start)) {
        number(text, unit.unwrap_or(start), run.start, end, found);
    }
}

/// "1998-2003": years, of a copyright mostly.
fn is_year(bytes: &[u8], start: usize, end: usize) -> bool {
    end - start == 4 && matches!(part(bytes, start, start + 2), b"19" | b"20")
}

/// "Flat 72 72b Elgin Drive": behind another number the letter is none of its own word.
fn lettered(bytes: &[u8], index: usize, end: usize) -> usize {
    usize::from(index > 0 && is_alpha(at(bytes, end)) && at(bytes, end + 1) == b' ')
}

/// Inside a telephone or card number stands no house.
fn amid(bytes: &[u8], chain: &Chain, index: usize) -> bool {
    chain.total >= 9
        && chain.len() >= 3
        && chain.sep(index).is_some()
        && !is_split(chain, index)
        && !is_ordinal(bytes, chain, index + 1)
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
    if token.len() > 10
        || token.len() > token.digits + 3
        || !(is_keyed(text) || sides::may_be_named(text.bytes, token.start, token.end))
    {
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
    let page = &Page::of(text);
    // A value of its own is a street whatever its name is.
    if !(followed(text, page, start, last, end, found)
        || preceded(text, page, start, last, end, found)
        || keyed(text, start, end, found))
    {
        cell::add(text, page, start, end, found);
    }
}

/// Tries the name of a street, or any name with a town, behind the number.
fn followed(text: &Text<'_>, page: &Page<'_>, start: usize, last: usize, end: usize, found: &mut Candidates) -> bool {
    let next = at(page, end + usize::from(at(page, end) == b'\r'));
    let after = if next == b',' { at(page, end + 2) } else { at(page, end + 1) };
    if !(matches!(next, b' ' | b',' | b'\n') && (is_alnum(after) || after >= 0x80 || next == b'\n')) {
        return false;
    }
    // No house number has six digits.
    let short = span(page, last, 6, is_digit) < 6;
    if next != b'\n'
        && short
        && let Some(line) = forward::read(page, start, end)
        && judge(text, page, line, found)
    {
        return true;
    }
    let Some((line, close)) = forward::unknown(page, start, end) else { return false };
    // A comma between number and name is the way of India, and of dwellings without a house number.
    let comma = next == b',';
    let named = || {
        let line = if comma { backward::street(page, start, end) } else { None };
        line.is_some_and(|line| line.strong || part(page, line.start, line.start + 3) == b"R. ")
    };
    if (comma && line.start >= start && !is_digit(before(page, close))) || named() {
        return false;
    }
    found.add(Kind::Street, line.start, close, WHOLE);
    true
}

/// Tries the name of a street, or any name with a town behind the number, in front of it.
fn preceded(text: &Text<'_>, page: &Page<'_>, start: usize, last: usize, end: usize, found: &mut Candidates) -> bool {
    let anchor = backward::anchor(page, start);
    let fits = last - start <= 5
        && end - last <= 6
        && anchor > 2
        && before(page, anchor) == b' '
        && (anchor < start || !is_digit(before(page, anchor - 1)))
        && span(page, start, 5, is_digit) <= 4;
    if !fits {
        return false;
    }
    let name = backward::last_word(page, anchor);
    if let Some(line) = backward::read(page, start, end, name)
        && judge(text, page, line, found)
    {
        return true;
    }
    if anchor == start
        && let Some(address) = backward::unknown(page, end, name)
    {
        found.add(Kind::Street, address.start, address.end, WHOLE);
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

#[cfg(test)]
mod tests {
    use crate::{Config, Kind, Scanner};

    type Crowd = (&'static str, fn(usize) -> String);

    #[test]
    fn no_crowd_of_numbers_hides_an_address() {
        let scanner = Scanner::new(Config::default());
        let crowds: [Crowd; 5] = [
            (" ", |number| format!("Row {number}")),
            (", ", |number| format!("Shelf {number}")),
            (", ", |number| format!("{number} Box")),
            (" ", |number| format!("{number} A")),
            ("; ", |number| format!("Part {number}")),
        ];
        for (between, crowd) in crowds {
            for count in [3, 10, 40, 400] {
                let crowd = (1..=count).map(|index| crowd(index % 97)).collect::<Vec<_>>().join(between);
                let text = format!("{crowd}\n12 Main St, Springfield, IL 62704\n").repeat(60);
                let streets = scanner.scan(&text).into_iter().filter(|finding| {
                    finding.kind == Kind::Street && text[finding.range.clone()].ends_with("Springfield, IL 62704")
                });
                assert_eq!(streets.count(), 60, "{count} of {crowd:.40}");
            }
        }
    }
}
