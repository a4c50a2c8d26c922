//! What closes an address: a town, a state, a postcode, a country.

use super::{
    breaks::{Break, blank_at, break_at},
    lists::Lists,
    names::{COUNTRIES, LATIN_TOWNS, MEXICAN_CODES, MONTHS, SMALL, STATE_CODES, STATE_STARTS, STATES, UNIT},
    page::{Page, Word, word_at},
};
use crate::chars::{
    at, before, char_at, is_alnum, is_alpha, is_digit, is_upper, part, span, span_back, starts_with_ignore_case,
};
use crate::context::lexicon;

/// The most words of a town.
const MAX_TOWN: usize = 5;
/// The most parts between street and postcode.
const MAX_PARTS: usize = 4;

/// Words with which a state begins.
const STATE_WORDS: Lists = STATE_CODES.or(MEXICAN_CODES).or(STATES).or(STATE_STARTS);

/// Where the town, with state or postcode, ends; with the country if one follows.
pub(super) fn town(page: &Page<'_>, place: usize) -> Option<usize> {
    // "utca 61., "
    let dot = usize::from(at(page, place) == b'.' && is_digit(before(page, place)) && at(page, place + 1) == b',');
    let place = place + dot;
    let (_, start) = break_at(page, place)?;
    let end = postcode_first(page, start).or_else(|| town_first(page, start, 0))?;
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

/// A cheap look whether [`posted`] could find something: a mark close by with a digit or a short prefix behind.
pub(super) fn may_be_posted(page: &Page<'_>, place: usize) -> bool {
    let skip = span(page, place, 24, |byte| !matches!(byte, b',' | b'\n' | b'\\' | b'<'));
    let mark = place + skip;
    let dash = part(page, place, mark).windows(3).position(|three| three == b" - ");
    let (skip, mark) = dash.map_or((skip, mark), |dash| (dash, place + dash));
    skip < 24 && part(page, mark, (mark + 12).min(page.len())).iter().any(u8::is_ascii_digit)
}

/// Where postcode and town end when both follow a mark: what makes a street of a name that nobody knows.
pub(super) fn posted(page: &Page<'_>, place: usize) -> Option<usize> {
    let (brk, start) = break_at(page, place)?;
    let prefix = postcode_prefix(page, start);
    let code = postcode(page, prefix)?;
    let year = code - prefix == 4
        && matches!(part(page, prefix, prefix + 3), b"198" | b"199" | b"200" | b"201" | b"202" | b"203");
    let (Break::Blank, next) = break_at(page, code)? else { return None };
    let town = char_at(page, next + elided(page, next))?.is_uppercase();
    if brk == Break::Blank || year || !town {
        return None;
    }
    let end = postcode_first(page, start)?;
    (end > code).then(|| country(page, end).unwrap_or(end))
}

/// Where an address of the English kind ends, when town, state and postcode follow, or town and British postcode.
pub(super) fn coded(page: &Page<'_>, place: usize) -> Option<usize> {
    let (brk, start) = break_at(page, place)?;
    if brk == Break::Blank {
        return None;
    }
    let end = town_first(page, start, 0)?;
    let last = part(page, end.saturating_sub(3), end);
    let five = part(page, end.saturating_sub(6), end);
    let zip = has_state(page, place, end) && last.iter().all(|&byte| is_digit(byte));
    let indian = five.len() == 6 && five.iter().all(|&byte| is_digit(byte));
    (zip || indian || is_inward(last) || canadian_end(last)).then(|| country(page, end).unwrap_or(end))
}

/// Whether a Canadian postcode, with the country perhaps, closes the address that ends here.
pub(super) fn ends_canadian(page: &Page<'_>, end: usize) -> bool {
    let start = end - span_back(page, end, 10, |byte| byte != b',');
    let end = if before(page, start) == b',' && part(page, start, end) == b" Canada" { start - 1 } else { end };
    canadian_end(part(page, end.saturating_sub(3), end))
}

fn canadian_end(three: &[u8]) -> bool {
    matches!(three, [a, b, c] if is_digit(*a) && is_upper(*b) && is_digit(*c))
}

/// `10115 Berlin`, `1012 AB Amsterdam`, `D-80331 München`.
fn postcode_first(page: &Page<'_>, start: usize) -> Option<usize> {
    word_at(page, start).filter(may_be_code)?;
    let prefix = postcode_prefix(page, start);
    let code = postcode(page, prefix)?;
    let Some((brk, next)) = break_at(page, code) else {
        return (is_end(page, code) && code - prefix >= 5).then_some(code);
    };
    let year = code - prefix == 4 && matches!(part(page, prefix, prefix + 2), b"19" | b"20");
    let dutch = is_upper(before(page, code));
    // "05513835 da Rosa / GO"
    if code - prefix >= 8 && brk == Break::Blank {
        let small = word_at(page, next).filter(|word| word.is(SMALL)).and_then(|word| blank_at(page, word.end));
        if let Some(end) = name(page, small.unwrap_or(next)).filter(|&end| is_upper(before(page, end))) {
            return Some(end);
        }
    }
    let alone = brk != Break::Line || dutch || (code - prefix == 4 && !year && is_line(page, next));
    if alone && let Some(end) = name(page, next) {
        return Some(province(page, end).unwrap_or(end));
    }
    (code - prefix >= 5 && brk != Break::Blank).then_some(code)
}

/// Whether one name fills the rest of the line.
fn is_line(page: &Page<'_>, start: usize) -> bool {
    name(page, start).is_some_and(|end| matches!(at(page, end), 0 | b'\n'))
}

/// `D-`, `CH-`, `C.P. `, `CP `.
fn postcode_prefix(page: &Page<'_>, start: usize) -> usize {
    let letters = span(page, start, 3, is_upper);
    if (1..=2).contains(&letters) && at(page, start + letters) == b'-' && is_digit(at(page, start + letters + 1)) {
        return start + letters + 1;
    }
    if !begins_mark(at(page, start)) {
        return start;
    }
    for mark in [&b"C.P. "[..], b"CP ", b"CEP ", b"CEP: ", b"C.P.", "ΤΚ ".as_bytes(), "Τ.Κ. ".as_bytes()] {
        if starts_with_ignore_case(page, start, mark) {
            return start + mark.len();
        }
    }
    start
}

/// A postcode of the forms `ddddd`, `dddd`, `dddddd`, `dd-ddd`, `ddd dd`, `ddddd-ddd`, `dddd-ddd`, `dddd AA`, `Adddd`.
fn postcode(page: &Page<'_>, start: usize) -> Option<usize> {
    if is_upper(at(page, start)) && span(page, start + 1, 5, is_digit) == 4 {
        let letters = span(page, start + 5, 4, is_upper);
        let end = start + 5 + if letters == 3 { 3 } else { 0 };
        return (!is_alnum(at(page, end))).then_some(end);
    }
    let digits = span(page, start, 7, is_digit);
    let end = start + digits;
    let more = |at_place: usize| span(page, at_place, 5, is_digit);
    let found = match (digits, at(page, end)) {
        (2, b'-') if more(end + 1) == 3 => end + 4,
        (3, b' ') if more(end + 1) == 2 && at(page, end + 3) == b' ' => end + 3,
        (5, b'-') if matches!(more(end + 1), 3 | 4) => end + 1 + more(end + 1),
        (4, b'-') if more(end + 1) == 3 => end + 4,
        (4, b' ') if span(page, end + 1, 3, is_upper) == 2 && !is_alnum(at(page, end + 3)) => end + 3,
        (4, byte) if span(page, end, 3, is_upper) == 2 && is_upper(byte) => end + 2,
        (4..=6, _) => end,
        _ if digits == 7 && more(start) == 5 && span(page, start, 9, is_digit) == 8 => start + 8,
        _ => return None,
    };
    (!is_alnum(at(page, found))).then_some(found)
}

/// The name of a town: capitalised words, small words between.
fn name(page: &Page<'_>, start: usize) -> Option<usize> {
    let (mut end, mut small) = (None, false);
    let mut place = start + elided(page, start);
    for index in 0..MAX_TOWN {
        let Some(word) = word_at(page, place) else { break };
        let digits = word.has_digit();
        // A label that follows in the same line is no part of the town.
        let label = lexicon().word(word.text).names_a_kind() || starts_with_ignore_case(word.text, 0, "núm".as_bytes());
        let labels = matches!(at(page, word.end), b':' | b'=' | b'@') || (index > 0 && !small && label);
        // "in March", "Etage 2"
        let dated = small && word.is(MONTHS);
        if digits || labels || dated || (index == 0 && word.is(UNIT) && is_digit(at(page, word.end + 1))) {
            break;
        }
        if word.is_name() && (small || !is_country_word(&word, index)) {
            small = false;
            end = Some(bracketed(page, word.end).unwrap_or(word.end));
        } else if index == 0 || !word.is(SMALL) {
            break;
        } else {
            small = true;
        }
        // "St.", but not the letters of a province that close a sentence.
        let abbreviated = word.text.len() <= 3 && !(index > 0 && word.text.len() == 2 && word.is_upper());
        let after = word.end + usize::from(at(page, word.end) == b'.' && abbreviated);
        let Some(next) = blank_at(page, after) else { break };
        if let Some(district) = quarter(page, &word, next) {
            return Some(district);
        }
        place = next;
    }
    end
}

/// `Praha 2`, `Paris 12`: a town that numbers its districts.
fn quarter(page: &Page<'_>, town: &Word<'_>, next: usize) -> Option<usize> {
    let digits = span(page, next, 3, is_digit);
    let known = ["Praha", "Cedex", "Paris", "Lyon", "Marseille", "Dublin", "Wien", "Budapest", "Bruxelles"];
    let fits = (1..=2).contains(&digits) && known.iter().any(|known| town.eq(known));
    (fits && !is_alnum(at(page, next + digits)) && is_end(page, next + digits)).then_some(next + digits)
}

/// How long the `'s-` in front of a Dutch town is.
fn elided(page: &Page<'_>, start: usize) -> usize {
    [&b"'s-"[..], b"'t ", "’s-".as_bytes(), "’t ".as_bytes()]
        .iter()
        .find(|elided| page.get(start..).is_some_and(|rest| rest.starts_with(elided)))
        .map_or(0, |elided| elided.len())
}

/// `Halle (Saale)`, `Beyoğlu/İstanbul`, `Curitiba/PR`: what belongs to the name of a town.
fn bracketed(page: &Page<'_>, end: usize) -> Option<usize> {
    if part(page, end, end + 3) == b" / " {
        let letters = span(page, end + 3, 3, is_upper);
        return (letters == 2 && !is_alnum(at(page, end + 5))).then_some(end + 5);
    }
    if at(page, end) == b'/' {
        return word_at(page, end + 1).filter(|word| word.is_name() && !word.has_digit()).map(|word| word.end);
    }
    let next = blank_at(page, end).filter(|&next| at(page, next) == b'(')?;
    let letters = span(page, next + 1, 16, |byte| is_alpha(byte) || byte >= 0x80);
    (letters >= 2 && is_upper(at(page, next + 1)) && at(page, next + 1 + letters) == b')').then_some(next + letters + 2)
}

fn is_country_word(word: &Word<'_>, index: usize) -> bool {
    index > 0 && word.is(COUNTRIES) && word.text.len() > 3
}

/// `(MI)`, ` MI`, ` - SP`, `, CDMX` behind an Italian, Brazilian or Mexican town.
fn province(page: &Page<'_>, end: usize) -> Option<usize> {
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
fn abbreviated_state(page: &Page<'_>, start: usize) -> Option<usize> {
    static STATES: [&str; 34] = [
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
    ];
    let rest = page.get(start..)?;
    let state = STATES.iter().filter(|state| rest.starts_with(state.as_bytes())).max_by_key(|state| state.len())?;
    let end = start + state.len();
    (!is_alnum(at(page, end))).then_some(end)
}

/// `Springfield, IL 62704`, `London SW1A 2AA`, `Sydney NSW 2000`, `Madrid 28001`; other parts may stand between.
fn town_first(page: &Page<'_>, start: usize, depth: usize) -> Option<usize> {
    if depth >= MAX_PARTS {
        return None;
    }
    if let Some(end) = postcode_first(page, start).filter(|_| depth > 0).or_else(|| closing(page, start)) {
        return Some(end);
    }
    let mut place = start + elided(page, start);
    let mut lower = false;
    for index in 0..MAX_TOWN {
        let word = word_at(page, place)?;
        let digits = word.has_digit();
        let small = index > 0 && word.is(SMALL);
        // "Kollam-766871"
        if let [name @ .., b'-', a, b, c, d, e, f] = word.text
            && !name.is_empty()
            && [a, b, c, d, e, f].iter().all(|byte| is_digit(**byte))
            && !name.iter().any(u8::is_ascii_digit)
        {
            return Some(word.end);
        }
        lower |= !word.is_name() && !small;
        if digits && index > 0 && word.text.len() <= 2 {
            return district(page, &word, depth);
        }
        if digits || (lower && depth > 0) || matches!(at(page, word.end), b':' | b'=') {
            return None;
        }
        let end = bracketed(page, word.end).filter(|_| !lower).unwrap_or(word.end);
        let after = end + usize::from(at(page, end) == b'.' && word.text.len() <= 4);
        let (brk, next) = break_at(page, after)?;
        // A town in lower case passes only with state and postcode.
        if lower {
            if let Some(end) = coded_state(page, next) {
                return Some(end);
            }
            if brk != Break::Blank {
                return None;
            }
        } else if brk == Break::Blank
            && let Some(end) = closing(page, next)
        {
            return Some(end);
        } else if brk != Break::Blank {
            return town_first(page, next, depth + 1);
        }
        place = next;
    }
    None
}

/// Whether a state is between two places.
pub(super) fn has_state(page: &Page<'_>, from: usize, to: usize) -> bool {
    (from..to).any(|place| !is_alnum(at(page, place)) && state(page, place + 1).is_some_and(|(end, _)| end < to))
}

/// State and postcode, both.
fn coded_state(page: &Page<'_>, start: usize) -> Option<usize> {
    let (end, _) = state(page, start)?;
    let (_, next) = break_at(page, end)?;
    zip(page, next)
}

/// `Dublin 2`: the number of a district closes the address, or the postcode follows.
fn district(page: &Page<'_>, number: &Word<'_>, depth: usize) -> Option<usize> {
    let rest = match break_at(page, number.end) {
        // An address has one such, and what is behind it is shorter.
        Some((Break::Mark | Break::Line, next)) => town_first(page, next, depth + 2),
        _ => None,
    };
    let dublin = part(page, number.start.saturating_sub(7), number.start) == b"Dublin ";
    rest.or(dublin.then_some(number.end))
}

/// What closes an address: state with or without postcode, or a postcode that cannot be anything else.
fn closing(page: &Page<'_>, start: usize) -> Option<usize> {
    let Some(word) = word_at(page, start) else {
        return if at(page, start) == b'(' { bracketed_state(page, start) } else { None };
    };
    if is_digit(at(page, start)) {
        return town_code(page, start);
    }
    let state = if word.is(STATE_WORDS) { state_and_code(page, &word) } else { None };
    state.or_else(|| {
        let postal = || british(page, &word).or_else(|| canadian(page, &word)).or_else(|| irish(page, &word));
        let code = if word.has_digit() { postal() } else { None };
        code.or_else(|| if may_be_code(&word) { town_code(page, start) } else { None })
    })
}

/// `(BC) V6B 1A1`.
fn bracketed_state(page: &Page<'_>, start: usize) -> Option<usize> {
    let (end, _) = state(page, start + 1).filter(|(end, _)| at(page, *end) == b')')?;
    let (_, next) = break_at(page, end + 1)?;
    canadian(page, &word_at(page, next)?)
}

/// Whether a postcode can begin with the word: with one of its own, or with a mark of two or three letters.
fn may_be_code(word: &Word<'_>) -> bool {
    word.has_digit() || begins_mark(at(word.text, 0))
}

/// The first letter of every mark of a postcode, of which two are Greek.
fn begins_mark(byte: u8) -> bool {
    matches!(byte, b'C' | b'c' | 0xCE)
}

/// `IL 62704`, `Kentucky 41543-0858`, `NSW 2000`, `BC V6B 1A1`, `NJ`.
fn state_and_code(page: &Page<'_>, word: &Word<'_>) -> Option<usize> {
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
    let alone = code && (brk != Break::Blank || is_end(page, end));
    alone.then_some(end)
}

/// Postcodes of four digits that look like a year are those of Australia.
fn is_australian(page: &Page<'_>, start: usize) -> bool {
    [&b"NSW"[..], b"VIC", b"QLD", b"ACT", b"TAS", b"SA", b"WA", b"NT", b"New South Wales", b"Victoria"]
        .iter()
        .any(|state| page.get(start..).is_some_and(|rest| rest.starts_with(state)))
}

/// A state, and whether it is by its letters.
fn state(page: &Page<'_>, start: usize) -> Option<(usize, bool)> {
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

/// Five digits, four more perhaps; or four in Australia.
fn zip(page: &Page<'_>, start: usize) -> Option<usize> {
    let digits = span(page, start, 6, is_digit);
    let end = start + digits;
    let more = span(page, end + 1, 5, is_digit);
    if digits == 5 && at(page, end) == b'-' && matches!(more, 3 | 4) {
        return Some(end + 1 + more);
    }
    (matches!(digits, 4 | 5) && !is_alnum(at(page, end))).then_some(end)
}

/// `SW1A 2AA`.
fn british(page: &Page<'_>, word: &Word<'_>) -> Option<usize> {
    let outward = word.text;
    let letters = span(outward, 0, 3, is_alpha);
    let tail = outward.get(letters..)?;
    let fits = (1..=2).contains(&letters)
        && word.is_upper()
        && matches!(tail, [a] if is_digit(*a)) | matches!(tail, [a, b] if is_digit(*a) && is_alnum(*b));
    if fits {
        let inward = word_at(page, blank_at(page, word.end)?)?;
        return is_inward(inward.text).then_some(inward.end);
    }
    let (head, inward) = outward.split_at_checked(outward.len().checked_sub(3)?)?;
    let glued = matches!(head.len(), 2..=4)
        && is_alpha(at(head, 0))
        && head.iter().any(|&byte| is_digit(byte))
        && is_inward(inward);
    (glued && word.is_upper()).then_some(word.end)
}

fn is_inward(word: &[u8]) -> bool {
    matches!(word, [a, b, c] if is_digit(*a) && is_upper(*b) && is_upper(*c))
}

/// `V6B 1A1`.
fn canadian(page: &Page<'_>, word: &Word<'_>) -> Option<usize> {
    match word.text {
        [a, b, c] if is_upper(*a) && is_digit(*b) && is_upper(*c) => {
            let gap = usize::from(matches!(at(page, word.end), b' '));
            let second = word_at(page, word.end + gap)?;
            matches!(second.text, [a, b, c] if is_digit(*a) && is_upper(*b) && is_digit(*c)).then_some(second.end)
        }
        [a, b, c, d, e, f] => {
            let fits = is_upper(*a) && is_digit(*b) && is_upper(*c) && is_digit(*d) && is_upper(*e) && is_digit(*f);
            fits.then_some(word.end)
        }
        _ => None,
    }
}

/// `D02 X285`.
fn irish(page: &Page<'_>, word: &Word<'_>) -> Option<usize> {
    let routing =
        |word: &[u8]| matches!(word, [a, b, c] if is_upper(*a) && is_digit(*b) && (is_digit(*c) || *c == b'W'));
    if routing(word.text) {
        let second = word_at(page, blank_at(page, word.end)?)?;
        let mixed = second.has_digit() && second.text.len() == 4 && second.is_upper();
        return mixed.then_some(second.end);
    }
    // "D02X285"
    let (head, unique) = word.text.split_at_checked(3)?;
    let glued = unique.len() == 4 && routing(head) && word.is_upper() && unique.iter().any(|&byte| is_digit(byte));
    glued.then_some(word.end)
}

/// A postcode behind the town: `Auckland 1010`, `Bengaluru 560001`, `São Paulo - SP, 01310-100`, `Dublin 2`.
fn town_code(page: &Page<'_>, start: usize) -> Option<usize> {
    let start = postcode_prefix(page, start);
    let end = postcode(page, start)?;
    // A year is no postcode.
    let year = end - start == 4 && matches!(part(page, start, start + 2), b"19" | b"20");
    (!year && end - start >= 4 && is_end(page, end)).then_some(end)
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
pub(super) fn is_end(page: &Page<'_>, end: usize) -> bool {
    let byte = at(page, end);
    let joined =
        is_alnum(byte) || matches!(byte, b'-' | b'_' | b'@' | b':' | b'=' | b'/') && is_alnum(at(page, end + 1));
    !joined
}
