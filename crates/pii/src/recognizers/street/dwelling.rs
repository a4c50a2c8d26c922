//! A dwelling behind the street: a flat, a floor, a side of a landing.

use super::{
    cursor::{Break, Word, blank_at, break_at, word_at},
    names::UNIT,
};
use crate::chars::{at, char_at, is_alnum, is_alpha, is_digit, part, span};

/// Where the last of the dwellings ends that stand here: `Bl. 87 Sc. 84 Ap. 788`.
pub(super) fn unit(bytes: &[u8], place: usize) -> Option<usize> {
    let mut end = one_unit(bytes, place)?;
    for _ in 0..3 {
        match one_unit(bytes, end) {
            Some(next) if !part(bytes, end, next).contains(&b'\n') => end = next,
            _ => break,
        }
    }
    Some(end)
}

/// Where the dwelling ends when one stands here: `, Apt 4`, `#12`, `4º izq.`, `Suite B`.
fn one_unit(bytes: &[u8], place: usize) -> Option<usize> {
    let (brk, start) = break_at(bytes, place)?;
    if at(bytes, start) == b'#' {
        let start = blank_at(bytes, start + 1).unwrap_or(start + 1);
        return code(bytes, start);
    }
    floor(bytes, start, brk).or_else(|| {
        let word = word_at(bytes, start)?;
        // "D:5": the door in Turkey
        if word.text == b"D" && at(bytes, word.end) == b':' && is_digit(at(bytes, word.end + 1)) {
            return code(bytes, word.end + 1);
        }
        if !UNIT.has(word.text) {
            return unit_glued(&word);
        }
        let mut next = word.end + usize::from(at(bytes, word.end) == b'.');
        next = blank_at(bytes, next).unwrap_or(next);
        next += usize::from(at(bytes, next) == b'#');
        match code(bytes, next) {
            Some(end) => Some(end),
            None => (word.eq("penthouse") || word.eq("ph")).then_some(word.end),
        }
    })
}

/// `Apt4`, `Unit12`.
fn unit_glued(word: &Word<'_>) -> Option<usize> {
    let letters = span(word.text, 0, 12, is_alpha);
    let digits = word.text.len() - letters;
    let glued = letters >= 2 && (1..=5).contains(&digits) && UNIT.has(word.text.get(..letters)?);
    glued.then_some(word.end)
}

/// The number or letter of a dwelling.
fn code(bytes: &[u8], start: usize) -> Option<usize> {
    let word = word_at(bytes, start)?;
    let digits = word.text.iter().any(|&byte| is_digit(byte));
    let short = word.text.len() <= 6 && (digits || (word.text.len() <= 2 && word.is_upper()));
    short.then_some(word.end)
}

/// `4º izq.`, `2.º D`, `3rd Floor`, `2. OG`, `1. th`, `st. tv`.
fn floor(bytes: &[u8], start: usize, brk: Break) -> Option<usize> {
    let digits = span(bytes, start, 3, is_digit);
    if digits > 2 {
        return None;
    }
    if digits == 0 {
        if part(bytes, start, start + 3) == b"r/c" && !is_alnum(at(bytes, start + 3)) {
            return Some(start + 3);
        }
        return if brk == Break::Mark { ground(bytes, start) } else { None };
    }
    let mark = start + digits;
    let mark = if at(bytes, mark) == b'.' && at(bytes, mark + 1) >= 0x80 { mark + 1 } else { mark };
    let after = match char_at(bytes, mark)? {
        'º' | 'ª' | '°' => mark + 2,
        '.' if at(bytes, mark + 1) == b' ' => return storey(bytes, mark + 2),
        _ => {
            let word = word_at(bytes, start).filter(Word::is_ordinal)?;
            let floor = word_at(bytes, blank_at(bytes, word.end)?)?;
            return (floor.eq("floor") || floor.eq("fl")).then_some(floor.end);
        }
    };
    let Some(word) = blank_at(bytes, after).and_then(|next| word_at(bytes, next)) else { return Some(after) };
    let side = word.text.len() <= 2 || SIDES.iter().any(|side| word.eq(side));
    if !side || (word.text.len() == 2 && !word.is_upper()) {
        return Some(after);
    }
    // "1º 2ª"
    let ordinal = char_at(bytes, word.end).filter(|mark| matches!(mark, 'º' | 'ª'));
    if let Some(mark) = ordinal.filter(|_| word.text.iter().all(|&byte| is_digit(byte))) {
        return Some(word.end + mark.len_utf8());
    }
    let dot = word.text.len() >= 3 && at(bytes, word.end) == b'.';
    Some(word.end + usize::from(dot))
}

/// The sides of a landing.
static SIDES: [&str; 12] =
    ["izq", "izqda", "izda", "dcha", "drcha", "der", "centro", "puerta", "esq", "dto", "fte", "int"];

fn storey(bytes: &[u8], start: usize) -> Option<usize> {
    let word = word_at(bytes, start)?;
    if ["og", "stock", "etage", "obergeschoss", "sal", "piso", "patro", "emelet"].iter().any(|known| word.eq(known)) {
        return Some(word.end);
    }
    side_of_landing(bytes, &word)
}

/// `st.`, `st. tv`, `kl. th` of Denmark.
fn ground(bytes: &[u8], start: usize) -> Option<usize> {
    let word = word_at(bytes, start)?;
    if ["bajo", "ático", "entresuelo", "principal", "sótano"].iter().any(|known| word.text == known.as_bytes()) {
        return Some(word.end);
    }
    if !matches!(word.text, b"st" | b"kl") || at(bytes, word.end) != b'.' {
        return None;
    }
    let after = word.end + 1;
    let side = blank_at(bytes, after).and_then(|next| word_at(bytes, next));
    Some(side.and_then(|side| side_of_landing(bytes, &side)).unwrap_or(after))
}

/// `tv`, `th.`, `mf`: left, right and middle in Denmark.
fn side_of_landing(bytes: &[u8], word: &Word<'_>) -> Option<usize> {
    matches!(word.text, b"tv" | b"th" | b"mf").then(|| word.end + usize::from(at(bytes, word.end) == b'.'))
}
