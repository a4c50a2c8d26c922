//! Whether a line is an address: with its town surely, alone when enough speaks for it.

use super::{
    WHOLE,
    forward::{self, Line},
    page::Page,
    state, tail,
};
use crate::{
    chars::{at, before, is_alpha, is_digit, part, span, span_back},
    context::Text,
    kind::Kind,
    recognizers::Candidates,
};

/// A line behind a label.
const LABELLED: i16 = 80;
/// A line for which enough speaks.
const ALONE: i16 = 55;

/// Adds the line with its town, when enough speaks for it.
pub(super) fn judge(text: &Text<'_>, page: &Page<'_>, line: Line, found: &mut Candidates) -> bool {
    let looks = [line.strong, line.closed, line.long]
        .into_iter()
        .fold(u32::from(line.points), |looks, is| looks * 2 + u32::from(is));
    // Both numbers of "12/5" give the same line.
    if text.reading().is_refused(line.start, line.end, looks) {
        return false;
    }
    let fits = weigh(text, page, line, found);
    if !fits {
        text.reading().refuse(line.start, line.end, looks);
    }
    fits
}

fn weigh(text: &Text<'_>, page: &Page<'_>, line: Line, found: &mut Candidates) -> bool {
    let bytes = text.bytes;
    let lower = is_lower(bytes, line);
    if let Some(end) = tail::town(page, line.end).filter(|&end| !lower || state::has_state(page, line.end, end)) {
        let start = named_unit(page, line.start).or_else(|| dashed_unit(page, line.start, end)).unwrap_or(line.start);
        found.add(Kind::Street, start, end, WHOLE);
        return true;
    }
    if let Some(end) = if is_alpha(at(bytes, line.start)) { tail::brazilian(page, line.end) } else { None } {
        found.add(Kind::Street, line.start, end, WHOLE);
        return true;
    }
    if line.strong
        && let Some(end) = tail::known_town(page, line.end)
    {
        found.add(Kind::Street, line.start, end, WHOLE);
        return true;
    }
    let weak = forward::is_weak(page, line);
    // No house has the number 0; behind one stands a town all the same in data that was made up. And "a 3 Hour Drive",
    // "the 7 Way Street" are none.
    if lower || at(bytes, line.start) == b'0' || follows_article(page, line.start) {
        return false;
    }
    let score = match text.names_street(line.start) {
        true => LABELLED,
        _ if weak && !(line.long && is_placed(bytes, line.start)) => 30,
        // "2006 Larry Wall", "2014 Copper Mountain"
        _ if is_year(bytes, line.start) && !line.strong && line.points == 0 => 30,
        _ if (line.closed || line.strong || line.long) && is_placed(bytes, line.start) => ALONE,
        _ if line.points >= 2 || (line.closed && (line.strong || line.points >= 1 || line.long)) => ALONE,
        _ => 30,
    };
    if score >= ALONE {
        found.add(Kind::Street, named_unit(page, line.start).unwrap_or(line.start), line.end, score);
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

/// `Unit 6 - 7682 Portage St`: where the dwelling begins.
fn named_unit(bytes: &[u8], start: usize) -> Option<usize> {
    let dash = start.checked_sub(3).filter(|&dash| part(bytes, dash, start) == b" - ")?;
    let unit = dash - span_back(bytes, dash, 5, is_digit);
    let known = [&b"Unit "[..], b"Apt ", b"Suite "];
    let word = known.into_iter().find(|word| part(bytes, unit.saturating_sub(word.len()), unit) == *word)?;
    (unit < dash && !is_alpha(before(bytes, unit - word.len()))).then(|| unit - word.len())
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

/// An article or the name of a part of a text stands before the number: what follows is counted or named, and nobody
/// lives there.
fn follows_article(bytes: &[u8], start: usize) -> bool {
    let end = start.saturating_sub(1);
    let word = part(bytes, end - span_back(bytes, end, 8, is_alpha), end);
    at(bytes, end) == b' '
        && [
            &b"a"[..],
            b"an",
            b"the",
            b"every",
            b"these",
            b"those",
            b"chapter",
            b"section",
            b"episode",
            b"lesson",
            b"volume",
            b"exercise",
            b"kapitel",
            b"chapitre",
        ]
        .iter()
        .any(|article| word.eq_ignore_ascii_case(article))
}

/// The name is in lower case: number, blank, small letter, and no French leading word.
fn is_lower(bytes: &[u8], line: Line) -> bool {
    let digits = span(bytes, line.start, 8, |byte| byte != b' ');
    is_digit(at(bytes, line.start)) && !line.strong && at(bytes, line.start + digits + 1).is_ascii_lowercase()
}
