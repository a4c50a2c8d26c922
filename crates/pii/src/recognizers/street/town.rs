//! A town with what belongs to it, in front of its state or behind its postcode.

use super::{
    breaks::{Break, blank_at, break_at},
    lists::Lists,
    names::{COUNTRIES, MONTHS, SMALL, UNIT},
    page::{Page, Word, word_at},
    postcode::{CODE_WORDS, british, canadian, irish, postcode, postcode_prefix, town_code},
    state::{STATE_WORDS, coded_state, province, state, state_and_code},
    tail::is_end,
};
use crate::chars::{at, before, is_alnum, is_alpha, is_digit, is_upper, part, span, starts_with_ignore_case};
use crate::context::Topics;

/// The most words of a town.
const MAX_TOWN: usize = 7;

/// What follows the number of a district in Brazil.
const SECTION: &[u8] = "ª Seção".as_bytes();

/// The most parts between street and postcode.
const MAX_PARTS: usize = 4;

/// `Springfield, IL 62704`, `London SW1A 2AA`, `Sydney NSW 2000`, `Madrid 28001`; other parts may stand between.
pub(super) fn town_first(page: &Page<'_>, start: usize) -> Option<usize> {
    let (mut start, mut depth, mut dublin) = (start, 0, None);
    while depth < MAX_PARTS {
        match part_at(page, start, depth) {
            Part::Closed(end) if depth == 0 && matches!(end - start, 7 | 8) => {
                return Some(behind_code(page, start, end));
            }
            Part::Closed(end) => return Some(end),
            Part::Open(next) => (start, depth) = (next, depth + 1),
            Part::District(number) => {
                if part(page, number.start.saturating_sub(7), number.start) == b"Dublin " {
                    dublin = Some(number.end);
                }
                let Some((Break::Mark | Break::Line, next)) = break_at(page, number.end) else { break };
                // An address has one such, and what is behind it is shorter.
                (start, depth) = (next, depth + 2);
            }
            Part::Foreign => break,
        }
    }
    dublin
}

/// `15 Main Street W25 Y7RF Ballina`: where the town ends that stands behind an Eircode, or the code.
fn behind_code(page: &Page<'_>, start: usize, end: usize) -> usize {
    let code = word_at(page, start).and_then(|word| irish(page, &word)) == Some(end);
    let next = if code { blank_at(page, end) } else { None };
    next.and_then(|next| name(page, next)).unwrap_or(end)
}

/// What a part of an address leads to.
enum Part<'t> {
    /// The end of the address.
    Closed(usize),
    /// Another part.
    Open(usize),
    /// The number of a district, which closes the address in Dublin: `Dublin 2`.
    District(Word<'t>),
    /// No address.
    Foreign,
}

fn part_at<'t>(page: &Page<'t>, start: usize, depth: usize) -> Part<'t> {
    let elided = elided(page, start);
    let (mut place, mut lower) = (start + elided, false);
    let mut last: &[u8] = b"";
    for index in 0..=MAX_TOWN {
        let Some(word) = word_at(page, place) else {
            let state =
                if at(page, place) == b'(' && !lower && elided == 0 { bracketed_state(page, place) } else { None };
            return state.map_or(Part::Foreign, Part::Closed);
        };
        if word.is(CLOSING)
            && !lower
            && (index > 0 || elided == 0)
            && let Some(end) = closed_by(page, &word, index == 0 && depth > 0)
        {
            // "SP. Pedido 76320045": the number of something else
            if is_digit(at(word.text, 0)) && page.topics(last).meets(Topics::OTHER) {
                break;
            }
            return Part::Closed(end);
        }
        if index == MAX_TOWN {
            break;
        }
        if word.has_digit() {
            // "Camponesa 2ª Seção"
            let section = part(page, word.end, word.end + SECTION.len()) == SECTION;
            if section && let Some((Break::Mark | Break::Line, next)) = break_at(page, word.end + SECTION.len()) {
                return Part::Open(next);
            }
            return match word.text.len() {
                1 | 2 if index > 0 => Part::District(word),
                8.. if is_dashed(word.text) => Part::Closed(word.end),
                _ => Part::Foreign,
            };
        }
        last = word.text;
        lower |= !(word.is_name() || (index > 0 && word.is(SMALL)));
        if (lower && depth > 0) || matches!(at(page, word.end), b':' | b'=') {
            break;
        }
        let end = if lower { word.end } else { bracketed(page, word.end).unwrap_or(word.end) };
        let after = end + usize::from(at(page, end) == b'.' && word.text.len() <= 4);
        let Some((brk, next)) = break_at(page, after) else { break };
        // A town in lower case passes only with state and postcode.
        if lower && let Some(end) = coded_state(page, next) {
            return Part::Closed(end);
        }
        match brk {
            Break::Blank => place = next,
            _ if lower => break,
            Break::Mark | Break::Line => return Part::Open(next),
        }
    }
    Part::Foreign
}

/// A town, a dash, and a postcode of six digits.
fn is_dashed(word: &[u8]) -> bool {
    let Some((name, code)) = word.split_last_chunk::<7>() else { return false };
    let coded = matches!(code, [b'-', digits @ ..] if digits.iter().all(u8::is_ascii_digit));
    coded && !name.is_empty() && !name.iter().any(u8::is_ascii_digit)
}

/// What closes an address from this word on: state with or without postcode, or a postcode that cannot be anything else.
/// Behind another part a postcode may stand in front of its town.
fn closed_by(page: &Page<'_>, word: &Word<'_>, behind: bool) -> Option<usize> {
    let length = word.text.len();
    // Few digits are no postcode; but "130 00" is.
    if length < 4 && is_digit(at(word.text, 0)) && !(length == 3 && at(page, word.end) == b' ') {
        return None;
    }
    let first = if behind { postcode_first(page, word.start) } else { None };
    first.or_else(|| closing_word(page, word))
}

/// Words with which something may begin that closes an address.
const CLOSING: Lists = STATE_WORDS.or(CODE_WORDS);

fn closing_word(page: &Page<'_>, word: &Word<'_>) -> Option<usize> {
    if is_digit(at(word.text, 0)) {
        let code = town_code(page, word.start)?;
        return Some(brazilian(page, word.start, code).unwrap_or(code));
    }
    let state = if word.is(STATE_WORDS) { state_and_code(page, word) } else { None };
    state.or_else(|| {
        let postal = || british(page, word).or_else(|| canadian(page, word)).or_else(|| irish(page, word));
        let code = if word.has_digit() { postal() } else { None };
        code.or_else(|| if word.is(CODE_WORDS) { town_code(page, word.start) } else { None })
    })
}

/// `23773-813 Vieira / AL`: where the town behind a long postcode of Brazil ends.
fn brazilian(page: &Page<'_>, start: usize, code: usize) -> Option<usize> {
    let (Break::Blank, next) = break_at(page, code).filter(|_| code - start >= 8)? else { return None };
    let end = name(page, next)?;
    (is_upper(before(page, end)) && part(page, end.saturating_sub(5), end).starts_with(b" / ")).then_some(end)
}

/// `(BC) V6B 1A1`.
fn bracketed_state(page: &Page<'_>, start: usize) -> Option<usize> {
    let (end, _) = state(page, start + 1).filter(|(end, _)| at(page, *end) == b')')?;
    let (_, next) = break_at(page, end + 1)?;
    canadian(page, &word_at(page, next)?)
}

/// `10115 Berlin`, `1012 AB Amsterdam`, `D-80331 München`.
pub(super) fn postcode_first(page: &Page<'_>, start: usize) -> Option<usize> {
    word_at(page, start).filter(|word| word.is(CODE_WORDS))?;
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

/// The name of a town: capitalised words, small words between.
fn name(page: &Page<'_>, start: usize) -> Option<usize> {
    let (mut end, mut small) = (None, false);
    let mut place = start + elided(page, start);
    for index in 0..MAX_TOWN {
        let Some(word) = word_at(page, place) else { break };
        let digits = word.has_digit();
        // A label that follows in the same line is no part of the town.
        let label = page.topics(word.text).names_a_kind() || starts_with_ignore_case(word.text, 0, "núm".as_bytes());
        let labels = matches!(at(page, word.end), b':' | b'=' | b'@') || (index > 0 && !small && label);
        // "in March", "Etage 2"
        let dated = small && word.is(MONTHS);
        if digits || labels || dated || (index == 0 && word.is(UNIT) && is_digit(at(page, word.end + 1))) {
            break;
        }
        if word.is_name() && (small || !is_country_word(&word, index)) {
            small = false;
            end = Some(bracketed(page, word.end).unwrap_or(word.end));
        } else if index == 0 || !(word.is(SMALL) || is_initial(page, &word)) {
            break;
        } else {
            small = true;
        }
        // "St.", but not the letters of a province that close a sentence.
        let abbreviated = word.text.len() <= 3 && !(index > 0 && word.text.len() <= 2 && word.is_upper());
        let after = word.end + usize::from(at(page, word.end) == b'.' && abbreviated);
        let Some(next) = blank_at(page, after) else { break };
        if let Some(district) = quarter(page, &word, next) {
            return Some(district);
        }
        place = next;
    }
    end
}

/// `Bad Homburg v. d. Höhe`, `Neustadt a. d. Aisch`: a small word by its first letter.
fn is_initial(page: &Page<'_>, word: &Word<'_>) -> bool {
    matches!(word.text, b"a" | b"b" | b"d" | b"i" | b"o" | b"v") && at(page, word.end) == b'.'
}

/// `Praha 2`, `Paris 12`: a town that numbers its districts.
fn quarter(page: &Page<'_>, town: &Word<'_>, next: usize) -> Option<usize> {
    let digits = span(page, next, 3, is_digit);
    let known = ["Praha", "Cedex", "Paris", "Lyon", "Marseille", "Dublin", "Wien", "Budapest", "Bruxelles"];
    let fits = (1..=2).contains(&digits) && known.iter().any(|known| town.eq(known));
    (fits && !is_alnum(at(page, next + digits)) && is_end(page, next + digits)).then_some(next + digits)
}

/// How long the `'s-` in front of a Dutch town is.
#[inline]
pub(super) fn elided(bytes: &[u8], start: usize) -> usize {
    if matches!(at(bytes, start), b'\'' | 0xE2) { elision(bytes, start) } else { 0 }
}

fn elision(bytes: &[u8], start: usize) -> usize {
    [&b"'s-"[..], b"'t ", "’s-".as_bytes(), "’t ".as_bytes()]
        .iter()
        .find(|elided| bytes.get(start..).is_some_and(|rest| rest.starts_with(elided)))
        .map_or(0, |elided| elided.len())
}

/// `Halle (Saale)`, `Beyoğlu/İstanbul`, `Curitiba/PR`: what belongs to the name of a town.
#[inline]
fn bracketed(page: &Page<'_>, end: usize) -> Option<usize> {
    match (at(page, end), at(page, end + 1)) {
        (b',' | b'\n', _) => None,
        (b' ', next) if is_alnum(next) => None,
        _ => in_brackets(page, end),
    }
}

fn in_brackets(page: &Page<'_>, end: usize) -> Option<usize> {
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
