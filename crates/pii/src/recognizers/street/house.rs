//! The number of a house with what belongs to it: letter, range, stair and flat.

use super::{
    dwelling,
    page::{Page, word_at},
    tail,
};
use crate::chars::{at, is_alnum, is_alpha, is_digit, part, span};

/// Where the house ends, with its dwelling; and how many such there are.
pub(super) fn house(page: &Page<'_>, after: usize) -> (usize, u8) {
    let mut end = number_end(page, after);
    // "Calzada Prieto 931 584, ": house and dwelling
    let inner = span(page, end + 1, 5, is_digit);
    let behind = end + 1 + inner;
    if at(page, end) == b' '
        && (1..=4).contains(&inner)
        && (matches!(at(page, behind), b',' | b'\n' | 0)
            || (inner == 3 && at(page, behind) == b' ' && tail::coded_town(page, behind)))
    {
        end = behind;
    }
    match dwelling::unit(page, end) {
        Some(unit) => (unit, 1),
        None => (end, 0),
    }
}

/// The letter, range or second number of a house: `12a`, `12 a`, `12-14`, `12/5`, `12/1/5`, `12-II`, `12 bis`.
fn number_end(page: &Page<'_>, after: usize) -> usize {
    let mut end = after;
    if !matches!(at(page, end), b' ' | b'-' | b'/') {
        return end;
    }
    for _ in 0..2 {
        if !matches!(at(page, end), b'-' | b'/') {
            break;
        }
        let digits = span(page, end + 1, 4, is_digit);
        let letters = span(page, end + 1 + digits, 4, is_alpha);
        let letter = usize::from(letters == 1);
        let roman = span(page, end + 1, 4, |byte| matches!(byte, b'I' | b'V'));
        if part(page, end, end + 3) == b"-hs" && !is_alnum(at(page, end + 3)) {
            return end + 3;
        }
        if digits == 0 && roman > 0 && roman == letters {
            end += 1 + roman;
        } else if let Some(behind) = worded(page, end) {
            end = behind;
        } else if letters > 1 || (digits == 0 && letter == 0) || digits > 3 {
            break;
        } else {
            end += 1 + digits + letter;
        }
    }
    let lettered = at(page, end) == b' ' && matches!(at(page, end + 1), b'a'..=b'h' | b'A'..=b'H');
    if lettered && ends_house(page, end + 2) {
        end += 2;
    }
    // "Bulevardi 12 A 5": the stair and the flat
    let flat = span(page, end + 3, 4, is_digit);
    if lettered && at(page, end + 2) == b' ' && (1..=3).contains(&flat) && ends_house(page, end + 3 + flat) {
        end += 3 + flat;
    }
    // "Spui 12 II"
    let roman = span(page, end + 1, 4, |byte| matches!(byte, b'I' | b'V'));
    if at(page, end) == b' ' && (1..=3).contains(&roman) && ends_house(page, end + 1 + roman) {
        end += 1 + roman;
    }
    if let Some(word) = (at(page, end) == b' ').then(|| word_at(page, end + 1)).flatten()
        && ["bis", "ter", "hs", "lgh"].iter().any(|mark| word.eq(mark))
    {
        end = word.end;
        let flat = span(page, end + 1, 5, is_digit);
        if word.eq("lgh") && flat > 0 {
            end += 1 + flat;
        }
    }
    end
}

/// What stands behind the slash of a house: `12/bis`, `12/Top 19`.
fn worded(page: &Page<'_>, slash: usize) -> Option<usize> {
    let word = word_at(page, slash + 1).filter(|_| at(page, slash) == b'/')?;
    if word.text == b"bis" || word.text == b"ter" {
        return Some(word.end);
    }
    let door = matches!(word.text, b"Top" | b"Stg") || word.text == "Tür".as_bytes();
    let next = word.end + usize::from(at(page, word.end) == b'.') + 1;
    let digits = span(page, next, 4, is_digit);
    (door && (1..=3).contains(&digits)).then_some(next + digits)
}

/// Whether the number of a house is over here.
fn ends_house(bytes: &[u8], end: usize) -> bool {
    matches!(at(bytes, end), b',' | b'\n' | b'\r' | b'\t' | b'"' | b'\'' | b'<' | b'|' | b';' | 0)
        || matches!(part(bytes, end, end + 2), b" -" | b" |" | b". " | b"  ")
        || part(bytes, end, end + 4) == " –".as_bytes()
}
