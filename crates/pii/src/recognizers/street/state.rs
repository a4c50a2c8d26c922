//! States and provinces, by name and by letters.

use super::{
    breaks::{Break, blank_at, break_at},
    lists::Lists,
    names::{COUNTRIES, MEXICAN_CODES, STATE_CODES, STATE_STARTS, STATES},
    page::{Page, Word, word_at},
    postcode::{canadian, postcode_prefix, zip},
    tail::is_end,
};
use crate::chars::{at, is_alnum, is_alpha, is_digit, is_upper, part, span};

/// Words with which a state begins.
pub(super) const STATE_WORDS: Lists = STATE_CODES.or(MEXICAN_CODES).or(STATES).or(STATE_STARTS);

/// `IL 62704`, `Kentucky 41543-0858`, `NSW 2000`, `BC V6B 1A1`, `NJ`.
pub(super) fn state_and_code(page: &Page<'_>, word: &Word<'_>) -> Option<usize> {
    let start = word.start;
    let (end, code) = state_of(page, word)?;
    let Some((brk, next)) = break_at(page, end + usize::from(at(page, end) == b'.')) else {
        return code.then_some(end);
    };
    // "Curitiba - PR, CEP 80020-905"
    let next = postcode_prefix(page, next);
    let year = matches!(part(page, next, next + 2), b"19" | b"20") && span(page, next, 5, is_digit) == 4;
    if let Some(zip) = zip(page, next)
        .filter(|_| !year || is_australian(page, start))
        .or_else(|| canadian(page, &word_at(page, next)?))
    {
        return Some(zip);
    }
    // "Meeting ID 812 3456"
    if word.text == b"ID" && brk == Break::Blank && is_digit(at(page, next)) {
        return None;
    }
    // "DE SOTO, WA 35251": the letters begin the name of a town.
    let opens = brk == Break::Blank && word_at(page, next).is_some_and(|town| is_capital_town(page, &town));
    let alone = code && !opens && (brk != Break::Blank || is_end(page, end));
    alone.then_some(end)
}

/// A word in capitals behind which a state follows.
fn is_capital_town(page: &Page<'_>, town: &Word<'_>) -> bool {
    town.text.len() > 2
        && town.is_upper()
        && !town.is(COUNTRIES)
        && break_at(page, town.end).is_some_and(|(_, next)| state(page, next).is_some())
}

/// State and postcode, both.
pub(super) fn coded_state(page: &Page<'_>, start: usize) -> Option<usize> {
    let (end, _) = state(page, start)?;
    let (_, next) = break_at(page, end)?;
    zip(page, next)
}

/// Whether a state is between two places.
pub(super) fn has_state(page: &Page<'_>, from: usize, to: usize) -> bool {
    (from..to).any(|place| !is_alnum(at(page, place)) && state(page, place + 1).is_some_and(|(end, _)| end < to))
}

/// A state, and whether it is by its letters.
pub(super) fn state(page: &Page<'_>, start: usize) -> Option<(usize, bool)> {
    state_of(page, &word_at(page, start)?)
}

fn state_of(page: &Page<'_>, word: &Word<'_>) -> Option<(usize, bool)> {
    if word.text.len() <= 3 && word.is(STATE_CODES) {
        let small = !word.is_upper();
        // "opened in 1980" is no Indiana.
        let zipped = break_at(page, word.end)
            .is_some_and(|(_, next)| zip(page, next).is_some() && (!small || span(page, next, 5, is_digit) == 5));
        return (!small || zipped).then_some((word.end, !small));
    }
    if word.is(STATES) {
        return Some((word.end, false));
    }
    let mexican = word.text.len() <= 5 && word.is_upper() && word.is(MEXICAN_CODES);
    if mexican && break_at(page, word.end).is_some_and(|(_, next)| zip(page, next).is_some()) {
        return Some((word.end, false));
    }
    if !word.is(STATE_STARTS) {
        return None;
    }
    let second = word_at(page, blank_at(page, word.end)?)?;
    if page.has(STATES, part(page, word.start, second.end)) {
        return Some((second.end, false));
    }
    let third = word_at(page, blank_at(page, second.end)?)?;
    page.has(STATES, part(page, word.start, third.end)).then_some((third.end, false))
}

/// Postcodes of four digits that look like a year are those of Australia.
fn is_australian(bytes: &[u8], start: usize) -> bool {
    [&b"NSW"[..], b"VIC", b"QLD", b"ACT", b"TAS", b"SA", b"WA", b"NT", b"New South Wales", b"Victoria"]
        .iter()
        .any(|state| bytes.get(start..).is_some_and(|rest| rest.starts_with(state)))
}

/// `(MI)`, ` MI`, ` - SP`, `, CDMX` behind an Italian, Brazilian or Mexican town.
pub(super) fn province(page: &Page<'_>, end: usize) -> Option<usize> {
    let next = blank_at(page, end);
    if let Some(next) = next
        && at(page, next) == b'('
    {
        let letters = span(page, next + 1, 16, |byte| is_alpha(byte) || byte >= 0x80);
        return (letters >= 2 && at(page, next + 1 + letters) == b')').then_some(next + letters + 2);
    }
    if let Some((Break::Mark, next)) = break_at(page, end) {
        if let Some(end) = abbreviated_state(page, next) {
            return Some(end);
        }
        let letters = span(page, next, 5, is_upper);
        let known = letters == 2 || part(page, next, next + letters) == b"CDMX";
        if known && is_end(page, next + letters) && !page.has(COUNTRIES, part(page, next, next + letters)) {
            return Some(next + letters);
        }
    }
    None
}

/// `Jal.`, `N.L.`, `Edo. Méx.`: the states of Mexico as they close an address.
fn abbreviated_state(bytes: &[u8], start: usize) -> Option<usize> {
    static STATES: [&str; 54] = [
        "CDMX",
        "Jal.",
        "N.L.",
        "NL",
        "Méx.",
        "Edo. Méx.",
        "Edo. Mex.",
        "Edo. de Méx.",
        "Pue.",
        "Gto.",
        "Qro.",
        "Ver.",
        "Yuc.",
        "Q.R.",
        "Q. Roo",
        "B.C.",
        "B.C.S.",
        "Chih.",
        "Son.",
        "Sin.",
        "Coah.",
        "Tamps.",
        "Mich.",
        "Mor.",
        "Oax.",
        "Hgo.",
        "Gro.",
        "Zac.",
        "Ags.",
        "S.L.P.",
        "Dgo.",
        "Nay.",
        "Tab.",
        "D.F.",
        "Jalisco",
        "Nuevo León",
        "Puebla",
        "Yucatán",
        "Querétaro",
        "Guanajuato",
        "Veracruz",
        "Chihuahua",
        "Sonora",
        "Sinaloa",
        "Coahuila",
        "Tamaulipas",
        "Michoacán",
        "Morelos",
        "Oaxaca",
        "Hidalgo",
        "Guerrero",
        "Chiapas",
        "Quintana Roo",
        "Estado de México",
    ];
    let rest = bytes.get(start..)?;
    let state = STATES.iter().filter(|state| rest.starts_with(state.as_bytes())).max_by_key(|state| state.len())?;
    let end = start + state.len();
    (!is_alnum(at(bytes, end))).then_some(end)
}
