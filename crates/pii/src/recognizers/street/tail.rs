//! What closes an address: a town, a state, a postcode, a country.

use super::{
    breaks::{Break, blank_at, break_at},
    names::{COUNTRIES, LATIN_TOWNS, SMALL},
    page::{Page, Word, word_at},
    postcode::{canadian_end, is_inward, postcode, postcode_prefix},
    state::has_state,
    town::{elided, postcode_first, town_first},
};
use crate::{
    chars::{at, before, char_at, is_alnum, is_capital, is_digit, is_upper, part, piece_at, span, span_back},
    simd::{PIECE, Sort, equal, of_sort},
};

/// Where the town, with state or postcode, ends; with the country if one follows.
pub(super) fn town(page: &Page<'_>, place: usize) -> Option<usize> {
    // "utca 61., "
    let dot = usize::from(at(page, place) == b'.' && is_digit(before(page, place)) && at(page, place + 1) == b',');
    let place = place + dot;
    let (brk, start) = break_at(page, place)?;
    let end = postcode_first(page, start).or_else(|| town_first(page, start))?;
    // A number alone opens the next row of a table; two blanks open its next cell.
    let coded = is_digit(before(page, end)) && part(page, start, end).iter().all(u8::is_ascii_digit);
    let row = coded && brk == Break::Line && !matches!(at(page, end), 0 | b'\n' | b'\r' | b'"' | b'<' | b'\\');
    let cell = coded && brk == Break::Mark && start == place + 1;
    if row || cell || (brk == Break::Blank && start > place + 1) {
        return None;
    }
    // "a 3 Hour Drive PR": two letters are a state behind a town or a comma.
    if end - start == 2 && at(page, place) != b',' {
        return None;
    }
    Some(country(page, end).unwrap_or(end))
}

/// Where a town ends that closes an address without a postcode, as is the custom in South America; one part of the
/// town may stand before it.
pub(super) fn known_town(page: &Page<'_>, place: usize) -> Option<usize> {
    let (mut brk, mut start) = break_at(page, place)?;
    // The long postcode of Chile.
    if brk != Break::Blank && span(page, start, 8, is_digit) == 7 {
        start = blank_at(page, start + 7)?;
    }
    for _ in 0..2 {
        if brk == Break::Blank {
            return None;
        }
        let first = word_at(page, start).filter(Word::is_name)?;
        let mut end = first.end;
        for _ in 0..3 {
            if page.has(LATIN_TOWNS, part(page, start, end)) {
                return Some(end);
            }
            let Some(next) = blank_at(page, end).and_then(|next| word_at(page, next)) else { break };
            if !next.is_name() && !next.is(SMALL) {
                return None;
            }
            end = next.end;
        }
        (brk, start) = break_at(page, end)?;
    }
    None
}

/// Where the state ends that closes a Brazilian address without a postcode: `, Centro, Salvador - BA`.
pub(super) fn brazilian(page: &Page<'_>, place: usize) -> Option<usize> {
    let (mut brk, mut start) = break_at(page, place)?;
    for _ in 0..3 {
        if brk == Break::Blank {
            return None;
        }
        let mut word = word_at(page, start).filter(|word| word.is_name() && !word.has_digit())?;
        while let Some(next) = blank_at(page, word.end).and_then(|next| word_at(page, next)) {
            if next.has_digit() || !(next.is_name() || next.is(SMALL)) || word.end - start > MAX_BRAZILIAN {
                return None;
            }
            word = next;
        }
        let dash = part(page, word.end, word.end + 3) == b" - ";
        let mark = if at(page, word.end) == b'/' { 1 } else { 3 * usize::from(dash) };
        let state = word.end + mark;
        if mark > 0 && BRAZILIAN.contains(&part(page, state, state + 2)) && is_end(page, state + 2) {
            return Some(country(page, state + 2).unwrap_or(state + 2));
        }
        (brk, start) = break_at(page, word.end)?;
    }
    None
}

/// How long a part of such an address may be.
const MAX_BRAZILIAN: usize = 40;

/// The states of Brazil.
static BRAZILIAN: [&[u8]; 27] = [
    b"AC", b"AL", b"AM", b"AP", b"BA", b"CE", b"DF", b"ES", b"GO", b"MA", b"MG", b"MS", b"MT", b"PA", b"PB", b"PE",
    b"PI", b"PR", b"RJ", b"RN", b"RO", b"RR", b"RS", b"SC", b"SE", b"SP", b"TO",
];

/// A cheap look whether [`posted`] could find something: a mark close by with a digit or a short prefix behind.
pub(super) fn may_be_posted(bytes: &[u8], place: usize) -> bool {
    let pieces = [piece_at(bytes, place), piece_at(bytes, place + PIECE)];
    let all = |find: fn(&[u8; PIECE]) -> u16| {
        let [low, high] = pieces.each_ref().map(find).map(u32::from);
        low | (high << PIECE)
    };
    let marks = all(|piece| equal(piece, b',') | equal(piece, b'\n') | equal(piece, b'\\') | equal(piece, b'<'));
    let (blanks, dashes) = (all(|piece| equal(piece, b' ')), all(|piece| equal(piece, b'-')));
    let skip = marks.trailing_zeros().min(POSTED);
    // " - " before the mark
    let dash = (blanks & (dashes >> 1) & (blanks >> 2)).trailing_zeros();
    let skip = if dash + 3 <= skip { dash } else { skip };
    let digits = of_sort(&piece_at(bytes, place + skip as usize), Sort::Digit);
    skip < POSTED && digits & 0xFFF != 0
}

/// How far away the mark may be.
const POSTED: u32 = 24;

/// Where postcode and town end when both follow a mark: what makes a street of a name that nobody knows.
pub(super) fn posted(page: &Page<'_>, place: usize) -> Option<usize> {
    let (brk, start) = break_at(page, place)?;
    let prefix = postcode_prefix(page, start);
    let code = postcode(page, prefix)?;
    let year = code - prefix == 4
        && matches!(part(page, prefix, prefix + 3), b"198" | b"199" | b"200" | b"201" | b"202" | b"203");
    let (Break::Blank, next) = break_at(page, code)? else { return None };
    let town = is_capital(char_at(page, next + elided(page, next))?);
    let year = year && !word_at(page, next).is_some_and(|town| YEARLY_TOWNS.contains(&town.text));
    if brk == Break::Blank || year || !town {
        return None;
    }
    let end = postcode_first(page, start)?;
    (end > code).then(|| country(page, end).unwrap_or(end))
}

/// Towns whose postcodes look like years.
static YEARLY_TOWNS: [&[u8]; 8] = [
    b"Antwerpen",
    b"Anvers",
    "Neuchâtel".as_bytes(),
    b"Frederiksberg",
    "Lillestrøm".as_bytes(),
    "Strømmen".as_bytes(),
    b"Zaventem",
    b"Vilvoorde",
];

/// Where an address of the English kind ends, when town, state and postcode follow, or town and British postcode.
pub(super) fn coded(page: &Page<'_>, place: usize) -> Option<usize> {
    let (brk, start) = break_at(page, place)?;
    if brk == Break::Blank {
        return None;
    }
    let end = town_first(page, start)?;
    let last = part(page, end.saturating_sub(3), end);
    let five = part(page, end.saturating_sub(6), end);
    let zip = has_state(page, place, end) && last.iter().all(|&byte| is_digit(byte));
    let indian = five.len() == 6 && five.iter().all(|&byte| is_digit(byte));
    (zip || indian || is_inward(last) || canadian_end(last)).then(|| country(page, end).unwrap_or(end))
}

/// Whether a capitalised town with state and postcode follows behind a blank.
pub(super) fn coded_town(page: &Page<'_>, place: usize) -> bool {
    let end = town(page, place).filter(|_| is_upper(at(page, place + 1)));
    end.is_some_and(|end| has_state(page, place, end))
}

/// Whether a Canadian postcode, with the country perhaps, closes the address that ends here.
pub(super) fn ends_canadian(bytes: &[u8], end: usize) -> bool {
    let start = end - span_back(bytes, end, 10, |byte| byte != b',');
    let end = if before(bytes, start) == b',' && part(bytes, start, end) == b" Canada" { start - 1 } else { end };
    canadian_end(part(bytes, end.saturating_sub(3), end))
}

/// Where the country that closes the address ends.
fn country(page: &Page<'_>, end: usize) -> Option<usize> {
    let (brk, start) = break_at(page, end)?;
    let word = word_at(page, start)?;
    if !word.is_name() {
        return None;
    }
    let mut last = word;
    let mut found = word.is(COUNTRIES).then_some(word.end);
    for _ in 0..3 {
        let Some(next) = blank_at(page, last.end).and_then(|next| word_at(page, next)) else { break };
        last = next;
        if page.has(COUNTRIES, part(page, start, last.end)) {
            found = Some(last.end);
        }
    }
    let end = found?;
    let short = part(page, start, end).len() <= 3;
    let clear = is_end(page, end) && (brk != Break::Blank || !short);
    clear.then_some(end)
}

/// Whether nothing follows that would make the last word part of something else.
pub(super) fn is_end(bytes: &[u8], end: usize) -> bool {
    let byte = at(bytes, end);
    let joined =
        is_alnum(byte) || matches!(byte, b'-' | b'_' | b'@' | b':' | b'=' | b'/') && is_alnum(at(bytes, end + 1));
    !joined
}
