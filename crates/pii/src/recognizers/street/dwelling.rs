//! A dwelling behind the street: a flat, a floor, a side of a landing.

use super::{
    breaks::{Break, blank_at, break_at},
    lists::{DIGIT, Lists},
    names::{LANDING, UNIT},
    page::{Page, Word, word_at},
};
use crate::chars::{at, char_at, is_alnum, is_alpha, is_digit, part, span};

/// Where the last of the dwellings ends that stand here: `Bl. 87 Sc. 84 Ap. 788`.
#[inline]
pub(super) fn unit(page: &Page<'_>, place: usize) -> Option<usize> {
    // Nearly always another word stands here.
    let (_, start) = break_at(page, place)?;
    let other = word_at(page, start).is_some_and(|word| !word.is(UNITS) && word.text.len() > 1);
    if other { None } else { units(page, place) }
}

/// Words with which a dwelling may begin.
const UNITS: Lists = UNIT.or(LANDING).or(DIGIT);

fn units(page: &Page<'_>, place: usize) -> Option<usize> {
    let mut end = one_unit(page, place)?;
    for _ in 0..3 {
        match one_unit(page, end) {
            Some(next) if !part(page, end, next).contains(&b'\n') => end = next,
            _ => break,
        }
    }
    Some(end)
}

/// Where the dwelling ends when one stands here: `, Apt 4`, `#12`, `4º izq.`, `Suite B`.
fn one_unit(page: &Page<'_>, place: usize) -> Option<usize> {
    let (brk, start) = break_at(page, place)?;
    if at(page, start) == b'#' {
        let start = blank_at(page, start + 1).unwrap_or(start + 1);
        return code(page, start);
    }
    if is_digit(at(page, start)) {
        return floor(page, start, brk);
    }
    if part(page, start, start + 3) == b"r/c" && !is_alnum(at(page, start + 3)) {
        return Some(start + 3);
    }
    let word = word_at(page, start)?;
    if word.is(UNIT) { numbered(page, &word) } else { special(page, &word, brk) }
}

/// `Apt 4`, `Suite #12`, `Penthouse`.
fn numbered(page: &Page<'_>, word: &Word<'_>) -> Option<usize> {
    let mut next = word.end + usize::from(at(page, word.end) == b'.');
    next = blank_at(page, next).unwrap_or(next);
    next += usize::from(at(page, next) == b'#');
    code(page, next).or_else(|| (word.eq("penthouse") || word.eq("ph")).then_some(word.end))
}

/// A dwelling that is not told by a word of its own in front of a number.
fn special(page: &Page<'_>, word: &Word<'_>, brk: Break) -> Option<usize> {
    if word.is(LANDING)
        && brk == Break::Mark
        && let Some(end) = ground(page, word)
    {
        return Some(end);
    }
    // "D:5": the door in Turkey
    if word.text == b"D" && at(page, word.end) == b':' && is_digit(at(page, word.end + 1)) {
        return code(page, word.end + 1);
    }
    if word.has_digit() { unit_glued(page, word) } else { None }
}

/// `Apt4`, `Unit12`.
fn unit_glued(page: &Page<'_>, word: &Word<'_>) -> Option<usize> {
    let letters = span(word.text, 0, 12, is_alpha);
    let digits = word.text.len() - letters;
    let glued = letters >= 2 && (1..=5).contains(&digits) && page.has(UNIT, word.text.get(..letters)?);
    glued.then_some(word.end)
}

/// The number or letter of a dwelling.
fn code(page: &Page<'_>, start: usize) -> Option<usize> {
    let word = word_at(page, start)?;
    let digits = word.has_digit();
    let short = word.text.len() <= 6 && (digits || (word.text.len() <= 2 && word.is_upper()));
    short.then_some(word.end)
}

/// `4º izq.`, `2.º D`, `3rd Floor`, `2. OG`, `1. th`.
fn floor(page: &Page<'_>, start: usize, brk: Break) -> Option<usize> {
    let digits = span(page, start, 3, is_digit);
    if digits > 2 {
        return None;
    }
    // "Calle de Alcalá 5, 3-1": storey and door
    let door = span(page, start + digits + 1, 3, is_digit);
    if brk == Break::Mark
        && at(page, start + digits) == b'-'
        && (1..=2).contains(&door)
        && matches!(
            at(page, start + digits + 1 + door),
            b',' | b'\n' | b'\t' | b'"' | b'\'' | b'<' | b'|' | b';' | b' ' | 0
        )
    {
        return Some(start + digits + 1 + door);
    }
    let mark = start + digits;
    let mark = if at(page, mark) == b'.' && at(page, mark + 1) >= 0x80 { mark + 1 } else { mark };
    let after = match char_at(page, mark)? {
        'º' | 'ª' | '°' => mark + 2,
        '.' if at(page, mark + 1) == b' ' => return storey(page, mark + 2),
        _ => {
            let word = word_at(page, start).filter(Word::is_ordinal)?;
            let floor = word_at(page, blank_at(page, word.end)?)?;
            return (floor.eq("floor") || floor.eq("fl")).then_some(floor.end);
        }
    };
    let Some(word) = blank_at(page, after).and_then(|next| word_at(page, next)) else { return Some(after) };
    let side = word.text.len() <= 2 || SIDES.iter().any(|side| word.eq(side));
    if !side || (word.text.len() == 2 && !word.is_upper()) {
        return Some(after);
    }
    // "1º 2ª"
    let ordinal = char_at(page, word.end).filter(|mark| matches!(mark, 'º' | 'ª'));
    if let Some(mark) = ordinal.filter(|_| word.text.iter().all(|&byte| is_digit(byte))) {
        return Some(word.end + mark.len_utf8());
    }
    let dot = word.text.len() >= 3 && at(page, word.end) == b'.';
    Some(word.end + usize::from(dot))
}

/// The sides of a landing.
static SIDES: [&str; 12] =
    ["izq", "izqda", "izda", "dcha", "drcha", "der", "centro", "puerta", "esq", "dto", "fte", "int"];

fn storey(page: &Page<'_>, start: usize) -> Option<usize> {
    let word = word_at(page, start)?;
    if ["og", "stock", "etage", "obergeschoss", "sal", "piso", "patro", "emelet"].iter().any(|known| word.eq(known)) {
        return Some(word.end);
    }
    side_of_landing(page, &word)
}

/// `st.`, `st. tv`, `kl. th` of Denmark.
fn ground(page: &Page<'_>, word: &Word<'_>) -> Option<usize> {
    if ["bajo", "ático", "entresuelo", "principal", "sótano"].iter().any(|known| word.text == known.as_bytes()) {
        // "bajo A"
        let door = blank_at(page, word.end).and_then(|next| word_at(page, next));
        return Some(door.filter(|door| matches!(door.text, [b'A'..=b'H'])).map_or(word.end, |door| door.end));
    }
    if !matches!(word.text, b"st" | b"kl") || at(page, word.end) != b'.' {
        return None;
    }
    let after = word.end + 1;
    let side = blank_at(page, after).and_then(|next| word_at(page, next));
    Some(side.and_then(|side| side_of_landing(page, &side)).unwrap_or(after))
}

/// `tv`, `th.`, `mf`: left, right and middle in Denmark.
fn side_of_landing(page: &Page<'_>, word: &Word<'_>) -> Option<usize> {
    matches!(word.text, b"tv" | b"th" | b"mf").then(|| word.end + usize::from(at(page, word.end) == b'.'))
}
