//! Number first: `12 Main Street`, `24 bis rue de la Paix`, `845 W 300 S`, `1200 County Road 12`.

use super::{
    cursor::{Break, Word, blank_at, break_at, word_at},
    dwelling,
    names::{DIRECTION, LEAD_AFTER_NUMBER, NUMBERED, SMALL, STRONG, SUFFIX, UNABBREVIATED, UNIT, WEAK, WHOLE},
    tail,
};
use crate::chars::{at, before, is_alpha, is_digit, is_upper, part, span, span_back};

/// What a street line looks like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) end: usize,
    /// How much speaks for it, beyond number and name.
    pub(super) points: u8,
    /// The end of the name is hardly anything else.
    pub(super) strong: bool,
    /// What follows does not make it part of a sentence.
    pub(super) closed: bool,
    /// The house number has three digits or more: hardly a count of things.
    pub(super) long: bool,
}

/// The most words of a street name.
const MAX_WORDS: usize = 7;

/// The street line whose house number is `number..after`.
pub(super) fn read(bytes: &[u8], number: usize, after: usize) -> Option<Line> {
    let (place, comma) = name_start(bytes, after)?;
    if !comma && is_hopeless(bytes, place) {
        return None;
    }
    let name = if comma {
        led(bytes, place)
    } else {
        highway(bytes, place)
            .or_else(|| led(bytes, place))
            .or_else(|| suffixed(bytes, place))
            .or_else(|| grid(bytes, place))
    };
    let mut line = name?;
    if let Some(end) = numbered_suffix(bytes, line.end) {
        line.end = end;
    }
    line.start = number;
    line.long = after - number >= 3;
    if let Some(end) = direction(bytes, line.end) {
        line.end = end;
        line.points += 1;
    }
    if let Some(end) = dwelling::unit(bytes, line.end).filter(|&unit| {
        // In a line of its own it needs a town behind.
        !part(bytes, line.end, unit).contains(&b'\n') || tail::town(bytes, unit).is_some()
    }) {
        line.end = end;
        line.points += 1;
        line.closed = true;
    }
    if let Some(start) = unit_before(bytes, number).or_else(|| flat_beside(bytes, number)) {
        line.start = start;
        line.points += 1;
    }
    Some(line)
}

/// Behind the first word another number or a mark stands, and no list knows a street of that one word.
fn is_hopeless(bytes: &[u8], place: usize) -> bool {
    let Some(word) = word_at(bytes, place) else { return true };
    let after = at(bytes, word.end);
    let next = if after == b' ' { at(bytes, word.end + 1) } else { after };
    let single = is_digit(next) || matches!(after, b',' | b';' | b')' | b'"' | b'\n' | b':' | 0);
    let known = || [&WHOLE, &DIRECTION, &NUMBERED, &LEAD_AFTER_NUMBER].iter().any(|names| names.has(word.text));
    // "12 Main 3rd"
    let ordinal = || word_at(bytes, word.end + 1).is_some_and(|next| next.is_ordinal());
    single && !known() && !ordinal()
}

/// A name that no list knows, behind a house number or the number of a dwelling: `255 Gina Club`, `Studio 5, Nigel
/// Stravenue`. Only what closes an address and nothing else makes it one.
pub(super) fn unknown(bytes: &[u8], number: usize, after: usize) -> Option<Line> {
    let (brk, mut place) = break_at(bytes, after)?;
    // "17,Ann Lee" are cells.
    if brk == Break::Mark && at(bytes, after) == b',' && place == after + 1 {
        return None;
    }
    let post_box = |start: usize| word_at(bytes, start).is_some_and(|word| word.eq("box"));
    let dwelling = if brk == Break::Blank { None } else { flat_before(bytes, after).filter(|&start| !post_box(start)) };
    if brk == Break::Line && dwelling.is_none() {
        return None;
    }
    let (mut end, mut names) = (place, 0);
    while names < 5 {
        let Some(word) = word_at(bytes, place) else { break };
        let named = word.is_name() && !is_digit(at(word.text, 0));
        if !(named || (names > 0 && SMALL.has(word.text))) {
            break;
        }
        if names > 0 && UNIT.has(word.text) && dwelling::unit(bytes, end).is_some() {
            break;
        }
        names += 1;
        end = word.end;
        let Some(next) = blank_at(bytes, word.end + usize::from(at(bytes, word.end) == b'.' && word.text.len() < 4))
        else {
            break;
        };
        place = next;
    }
    if names == 0 || (names == 1 && dwelling.is_none()) {
        return None;
    }
    let end = dwelling::unit(bytes, end).unwrap_or(end);
    tail::coded(bytes, end)?;
    let start = dwelling.or_else(|| unit_before(bytes, number)).unwrap_or(number);
    Some(Line { start, end, points: 0, strong: false, closed: true, long: false })
}

/// `Serangoon Avenue 4,`: a number closes the name, and the address goes on behind it.
fn numbered_suffix(bytes: &[u8], end: usize) -> Option<usize> {
    let next = blank_at(bytes, end)?;
    let digits = span(bytes, next, 3, is_digit);
    let fits =
        (1..=2).contains(&digits) && at(bytes, next + digits) == b',' && tail::town(bytes, next + digits).is_some();
    let unit = || dwelling::unit(bytes, next + digits).is_some_and(|unit| tail::town(bytes, unit).is_some());
    (fits || ((1..=2).contains(&digits) && unit())).then_some(next + digits)
}

/// Where the name begins: behind a blank, ` bis `, ` 1/2 `, or a comma in French.
fn name_start(bytes: &[u8], after: usize) -> Option<(usize, bool)> {
    if at(bytes, after) == b',' {
        return Some((blank_at(bytes, after + 1)?, true));
    }
    let next = blank_at(bytes, after)?;
    if !matches!(at(bytes, next), b'b' | b't' | b'q' | b'1' | b'A'..=b'C') {
        return Some((next, false));
    }
    for extra in [&b"bis"[..], b"ter", b"quater", b"1/2", b"B", b"A", b"C"] {
        let end = next + extra.len();
        if part(bytes, next, end) == extra {
            if at(bytes, end) == b',' {
                return Some((blank_at(bytes, end + 1)?, true));
            }
            if let Some(rest) = blank_at(bytes, end) {
                return Some((rest, false));
            }
        }
    }
    Some((next, false))
}

/// `rue de la Paix`: a leading word, then the name.
fn led(bytes: &[u8], start: usize) -> Option<Line> {
    let lead = word_at(bytes, start)?;
    if !LEAD_AFTER_NUMBER.has(lead.text) {
        return None;
    }
    let mut place = lead.end + usize::from(at(bytes, lead.end) == b'.');
    let (mut end, mut names) = (lead.end, 0);
    for _ in 0..MAX_WORDS {
        let Some(word) = blank_at(bytes, place).and_then(|next| word_at(bytes, next)) else { break };
        if names > 0 && UNIT.has(word.text) && dwelling::unit(bytes, end).is_some() {
            break;
        }
        // "du 8 Mai 1945"
        let year = names > 0
            && word.text.len() == 4
            && matches!(word.text, [b'1', b'8' | b'9', ..])
            && closed(bytes, word.end);
        if word.is_name() || starts_with_digit(&word) || year {
            names += usize::from(!is_digit(at(word.text, 0)) || word.is_ordinal());
            end = word.end;
        } else if !SMALL.has(word.text) {
            break;
        }
        place = word.end;
    }
    (names > 0).then_some(Line { start, end, points: 1, strong: true, closed: closed(bytes, end), long: false })
}

fn starts_with_digit(word: &Word<'_>) -> bool {
    is_digit(at(word.text, 0)) && word.text.len() <= 2
}

/// `[direction] name... suffix`.
fn suffixed(bytes: &[u8], start: usize) -> Option<Line> {
    let mut best: Option<Line> = None;
    let lower = lower_case(bytes, start);
    let (mut place, mut names, mut points) = (start, 0u8, 0u8);
    for index in 0..MAX_WORDS {
        let Some(word) = word_at(bytes, place) else { break };
        let dwelling = best.is_some() && UNIT.has(word.text) && dwelling::unit(bytes, place - 1).is_some();
        if dwelling {
            break;
        }
        let small = index > 0 && SMALL.has(word.text);
        let named = word.is_name() || small || (lower && is_alpha(at(word.text, 0)));
        let named = named || (best.is_none() && numbered(bytes, &word));
        if !named {
            break;
        }
        let dotted = at(bytes, word.end) == b'.' && word.text.len() <= 5 && !UNABBREVIATED.has(word.text);
        if dotted && word.text.iter().any(|&byte| is_digit(byte)) {
            break;
        }
        let after = word.end + usize::from(dotted);
        // "M.G. Road"
        if dotted && word.text.len() == 1 && is_upper(at(bytes, after)) {
            names += 1;
            place = after;
            continue;
        }
        if names > 0 && (lower || word.is_name()) && SUFFIX.has(word.text) {
            let end = after;
            best = Some(Line {
                start,
                end,
                points,
                strong: STRONG.has(word.text) && !lower_case(bytes, start),
                closed: closed(bytes, after),
                long: false,
            });
        } else if WHOLE.has(word.text) && index <= 1 {
            best = Some(Line {
                start,
                end: word.end,
                points,
                strong: false,
                closed: closed(bytes, word.end),
                long: false,
            });
        }
        if word.is_ordinal() || (names == 0 && DIRECTION.has(word.text)) {
            points += 1;
        }
        let heading = names == 0 && DIRECTION.has(word.text) && word.text.len() <= 2;
        if !heading && !small {
            names += 1;
        }
        let Some(next) = blank_at(bytes, after) else { break };
        if dotted && best.is_some_and(|line| line.end >= word.end) && !word.is_upper() && !follows_street(bytes, next) {
            break;
        }
        place = next;
    }
    best
}

/// `8 Street`, `42 Ave`: the name is a number.
fn numbered(bytes: &[u8], word: &Word<'_>) -> bool {
    let digits = word.text.len() <= 3 && word.text.iter().all(|&byte| is_digit(byte));
    digits
        && blank_at(bytes, word.end)
            .and_then(|next| word_at(bytes, next))
            .is_some_and(|next| next.is_name() && STRONG.has(next.text))
}

/// Behind `St.` more of the address follows: a direction, a dwelling, a town with its state. A sentence does not.
fn follows_street(bytes: &[u8], next: usize) -> bool {
    word_at(bytes, next).is_some_and(|word| DIRECTION.has(word.text) || SUFFIX.has(word.text) || UNIT.has(word.text))
}

/// A whole address in lower case: only believed with state and postcode, which the tail checks.
fn lower_case(bytes: &[u8], start: usize) -> bool {
    at(bytes, start).is_ascii_lowercase()
}

/// `US Highway 12`, `State Route 9`, `County Rd 12`, `FM 1960`.
fn highway(bytes: &[u8], start: usize) -> Option<Line> {
    let mut place = start;
    for index in 0..5 {
        let word = word_at(bytes, place)?;
        let next = blank_at(bytes, word.end + usize::from(at(bytes, word.end) == b'.'))?;
        if NUMBERED.has(word.text) {
            let digits = span(bytes, next, 5, is_digit);
            let end = next + digits + usize::from(digits > 0 && at(bytes, next + digits).is_ascii_uppercase());
            if (1..=4).contains(&digits)
                && !is_alpha(at(bytes, end))
                && (index > 0 || (word.is_upper() && word.text.len() > 1) || word.text.len() > 2)
            {
                return Some(Line { start, end, points: 1, strong: true, closed: closed(bytes, end), long: false });
            }
        }
        if !word.is_name() {
            return None;
        }
        place = next;
    }
    None
}

/// `W 300 S`.
fn grid(bytes: &[u8], start: usize) -> Option<Line> {
    let first = word_at(bytes, start)?;
    let number = blank_at(bytes, first.end + usize::from(at(bytes, first.end) == b'.'))?;
    let digits = span(bytes, number, 6, is_digit);
    let second = word_at(bytes, blank_at(bytes, number + digits)?)?;
    let fits = DIRECTION.has(first.text) && DIRECTION.has(second.text) && (3..=5).contains(&digits) && first.is_name();
    fits.then_some(Line { start, end: second.end, points: 1, strong: true, closed: true, long: false })
}

/// A direction behind the name: `NE`, `South`; or the half of a street in Ireland: `Lower`.
fn direction(bytes: &[u8], end: usize) -> Option<usize> {
    let word = word_at(bytes, blank_at(bytes, end)?)?;
    let dot = usize::from(at(bytes, word.end) == b'.' && word.text.len() <= 2 && at(bytes, word.end + 1) == b',');
    let fits = DIRECTION.has(word.text) && word.is_name() && (word.text.len() <= 2 || closed(bytes, word.end));
    let half = (word.text == b"Lower" || word.text == b"Upper") && closed(bytes, word.end);
    (fits || half).then_some(word.end + dot)
}

/// `Flat 7B, `, `Unit 52, ` and `Flat 7B, Rowan House, ` in front of the house number.
fn unit_before(bytes: &[u8], number: usize) -> Option<usize> {
    let gap = span_back(bytes, number, 3, |byte| matches!(byte, b' ' | b',' | b'/' | b'\n'));
    let code_end = number - gap;
    if gap == 0 {
        return None;
    }
    // "Unit 4/27"
    let split = at(bytes, number + span(bytes, number, 5, is_digit)) == b'/';
    let letters = span_back(bytes, code_end, 10, is_alpha);
    let word = part(bytes, code_end - letters, code_end);
    if split && letters > 2 && UNIT.has(word) && is_upper(at(word, 0)) {
        return Some(code_end - letters);
    }
    flat_before(bytes, code_end).or_else(|| {
        if part(bytes, code_end, number) != b", " {
            return None;
        }
        let letters = span_back(bytes, code_end, 40, |byte| is_alpha(byte) || matches!(byte, b' ' | b'\'' | b'.'));
        let building = code_end - letters;
        let named = word_at(bytes, building + 1).is_some_and(|word| word.is_name());
        (letters > 3 && at(bytes, building) == b' ' && named && before(bytes, building) == b',')
            .then(|| flat_before(bytes, building - 1))
            .flatten()
    })
}

/// `Flat 69 Margaret Park`: the number is that of the dwelling, and the building has a name only.
fn flat_beside(bytes: &[u8], number: usize) -> Option<usize> {
    ["Flat ", "Studio ", "Apartment "].iter().find_map(|flat| {
        let start = number.checked_sub(flat.len())?;
        (part(bytes, start, number) == flat.as_bytes() && !is_alpha(before(bytes, start))).then_some(start)
    })
}

/// The dwelling that ends here.
fn flat_before(bytes: &[u8], code_end: usize) -> Option<usize> {
    let code = span_back(bytes, code_end, 6, |byte| byte.is_ascii_alphanumeric());
    let blank = code_end - code;
    let word_end = blank - span_back(bytes, blank, 1, |byte| byte == b' ');
    let word_end = word_end - span_back(bytes, word_end, 1, |byte| byte == b'.');
    let letters = span_back(bytes, word_end, 10, is_alpha);
    let start = word_end - letters;
    let word = part(bytes, start, word_end);
    let short = code <= 2 || part(bytes, blank, code_end).iter().any(|&byte| is_digit(byte));
    let fits = code > 0 && short && letters > 1 && UNIT.has(word) && at(bytes, start).is_ascii_uppercase();
    fits.then_some(start)
}

/// Whether the last word of the line is one that names other things too.
pub(super) fn is_weak(bytes: &[u8], line: Line) -> bool {
    let letters = span_back(bytes, line.end, 12, is_alpha);
    line.end - letters > line.start
        && before(bytes, line.end - letters) == b' '
        && WEAK.has(part(bytes, line.end - letters, line.end))
}

/// Whether the line ends here: punctuation, a break, the end of the text, or a word that cannot be described.
fn closed(bytes: &[u8], end: usize) -> bool {
    match break_at(bytes, end) {
        None | Some((Break::Mark | Break::Line, _)) => true,
        Some((Break::Blank, next)) => match word_at(bytes, next) {
            None => true,
            Some(word) => CLOSERS.contains(&word.text) || word.is_name(),
        },
    }
}

/// Words after which a street is complete.
static CLOSERS: [&[u8]; 22] = [
    b"and",
    b"to",
    b"on",
    b"in",
    b"at",
    b"instead",
    b"for",
    b"is",
    b"was",
    b"around",
    b"by",
    b"near",
    b"effective",
    b"before",
    b"after",
    b"until",
    b"with",
    b"from",
    b"or",
    b"since",
    b"last",
    b"please",
];
