//! Street first: `Hauptstraße 12`, `Calle de Alcalá, 5`, `ul. Długa 4/6`, `Storgatan 8`.

use super::{
    cursor::{Word, word_at},
    names::{GERMAN_LEAD, GLUED, LEAD, SMALL, SURELY_GLUED},
    tail,
};
use crate::chars::{at, before, char_before, is_alnum, is_alpha, is_digit, is_letter, part, span, span_back};

use super::forward::Line;

/// How far back the name may begin, in words.
const MAX_WORDS: usize = 7;

/// The street line that ends with the house number `number..after`.
pub(super) fn read(bytes: &[u8], number: usize, after: usize) -> Option<Line> {
    let name_end = name_end(bytes, number)?;
    let last = word_before(bytes, name_end)?;
    let (start, strong) = named(bytes, &last)?;
    let mut end = number_end(bytes, after);
    let mut points = 1;
    if let Some(unit) = tail::unit(bytes, end) {
        end = unit;
        points += 1;
    }
    Some(Line { start, end, points, strong, closed: true, long: false })
}

/// Where the name ends: before a blank, or a comma, or `nº`.
fn name_end(bytes: &[u8], number: usize) -> Option<usize> {
    if before(bytes, number) != b' ' {
        return None;
    }
    let mut end = number - 1;
    for mark in ["nº", "n°", "n.º", "n.", "No.", "nr", "nr.", "№", "Nº", "d.", "д."] {
        let start = end.checked_sub(mark.len());
        if let Some(start) = start
            && part(bytes, start, end) == mark.as_bytes()
            && matches!(before(bytes, start), b' ' | b',')
        {
            end = start - usize::from(before(bytes, start) == b' ');
            break;
        }
    }
    if before(bytes, end) == b',' {
        end -= 1;
    }
    Some(end)
}

/// The word that ends at a place; with the full stop of an abbreviation before it.
fn word_before(bytes: &[u8], end: usize) -> Option<Word<'_>> {
    let stop = end - usize::from(before(bytes, end) == b'.');
    let mut start = stop;
    while start > 0 && stop - start < 40 {
        match char_before(bytes, start) {
            Some(letter) if is_letter(letter) || letter.is_ascii_digit() => start -= letter.len_utf8(),
            Some('-' | '\'' | '\u{2019}') if start < stop => {
                start -= char_before(bytes, start).map_or(1, char::len_utf8)
            }
            _ => break,
        }
    }
    (start < stop).then(|| Word { text: part(bytes, start, stop), start, end })
}

/// Where a name that ends in this word begins, and whether it is surely a street.
fn named(bytes: &[u8], last: &Word<'_>) -> Option<(usize, bool)> {
    // "Karl Johans gate": the end of the name stands alone, in lower case.
    let small =
        ["gate", "gata", "vei", "veien", "vej", "allé", "plads", "utca", "út", "tér", "katu", "tie", "ulica", "straat"];
    if !last.is_name() && !small.iter().any(|word| last.text == word.as_bytes()) {
        return None;
    }
    let lower = std::str::from_utf8(last.text).ok()?.to_lowercase();
    let closes = |end: &&&str| lower.as_bytes().last() == end.as_bytes().last() && lower.ends_with(**end);
    let ends = GLUED.iter().any(|end| closes(&end));
    let surely = ends && SURELY_GLUED.iter().any(|end| closes(&end) && (lower.len() > end.len() || end.len() > 4));
    if let Some(start) = led(bytes, last) {
        return Some((start, true));
    }
    if ends && !GLUED.contains(&lower.as_str()) {
        // "Alte Hauptstraße", "Kleine Gasse"
        return Some((adjective(bytes, last.start).unwrap_or(last.start), surely));
    }
    if ends {
        let mut first = word_before_blank(bytes, last.start).filter(Word::is_name)?;
        if !last.is_name()
            && let Some(more) = word_before_blank(bytes, first.start).filter(Word::is_name)
        {
            first = more;
        }
        return Some((adjective(bytes, first.start).unwrap_or(first.start), surely));
    }
    if !last.is_name() {
        return word_before_blank(bytes, last.start).filter(|first| first.is_name()).map(|first| (first.start, false));
    }
    german(bytes, last).map(|start| (start, false))
}

/// `Calle de `, `ul. `, `C/ `: the leading word, some words before.
fn led(bytes: &[u8], last: &Word<'_>) -> Option<usize> {
    let mut first = *last;
    for index in 0..MAX_WORDS {
        if before(bytes, first.start) == b'/' && matches!(before(bytes, first.start - 1), b'C' | b'c') {
            return Some(first.start - 2).filter(|&start| !is_alnum(before(bytes, start)));
        }
        let gap = span_back(bytes, first.start, 2, |byte| byte == b' ');
        let place = first.start - gap;
        if gap >= 1 && before(bytes, place) == b'/' && matches!(before(bytes, place - 1), b'C' | b'c') {
            return Some(place - 2).filter(|&start| !is_alnum(before(bytes, start)));
        }
        if gap == 0 {
            return None;
        }
        let word = word_before(bytes, place)?;
        let abbreviated = before(bytes, place) == b'.';
        if LEAD.has(word.text) && (word.text.len() > 2 || abbreviated || word.is_name()) {
            return Some(word.start);
        }
        if !(word.is_name() || SMALL.has(word.text) || (abbreviated && word.text.len() <= 3)) || index > 5 {
            return None;
        }
        first = word;
    }
    None
}

/// "An der Alster", "Unter den Linden", "Im Tal".
fn german(bytes: &[u8], last: &Word<'_>) -> Option<usize> {
    let mut first = *last;
    for _ in 0..3 {
        first = word_before_blank(bytes, first.start)?;
        if GERMAN_LEAD.has(first.text) && first.is_name() {
            return Some(first.start);
        }
        if !first.is_name() && !SMALL.has(first.text) {
            return None;
        }
    }
    None
}

fn adjective(bytes: &[u8], start: usize) -> Option<usize> {
    let word = word_before_blank(bytes, start)?;
    if GERMAN_LEAD.has(word.text) && word.is_name() {
        return Some(word.start);
    }
    let inner = SMALL.has(word.text).then(|| word_before_blank(bytes, word.start)).flatten()?;
    (GERMAN_LEAD.has(inner.text) && inner.is_name()).then_some(inner.start)
}

fn word_before_blank(bytes: &[u8], start: usize) -> Option<Word<'_>> {
    (before(bytes, start) == b' ')
        .then(|| word_before(bytes, start - 1))
        .flatten()
        .filter(|word| word.end == word.start + word.text.len())
}

/// The letter, range or second number of a house: `12a`, `12 a`, `12-14`, `12/5`.
fn number_end(bytes: &[u8], after: usize) -> usize {
    let mut end = after;
    if matches!(at(bytes, end), b'-' | b'/') {
        let digits = span(bytes, end + 1, 4, is_digit);
        let letter = usize::from(is_alpha(at(bytes, end + 1 + digits)) && !is_alnum(at(bytes, end + 2 + digits)));
        let lettered = digits == 0 && letter == 1 && at(bytes, end) == b'/';
        if lettered || (1..=3).contains(&digits) {
            end += 1 + digits + letter;
        }
    }
    if at(bytes, end) == b' '
        && at(bytes, end + 1).is_ascii_lowercase()
        && matches!(at(bytes, end + 1), b'a'..=b'h')
        && matches!(at(bytes, end + 2), b',' | b'\n' | 0)
    {
        end += 2;
    }
    if let Some(word) = (at(bytes, end) == b' ').then(|| word_at(bytes, end + 1)).flatten()
        && (word.eq("bis") || word.eq("ter"))
    {
        end = word.end;
    }
    end
}
