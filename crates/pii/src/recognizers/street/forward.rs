//! Number first: `12 Main Street`, `24 bis rue de la Paix`, `845 W 300 S`, `1200 County Road 12`.

use super::{
    breaks::{Break, blank_at, break_at},
    dwelling,
    lists::NAME,
    names::{CLOSER, DIRECTION, LEAD_AFTER_NUMBER, NUMBERED, SMALL, STRONG, SUFFIX, UNABBREVIATED, UNIT, WEAK, WHOLE},
    page::{Page, Word, word_at},
    postcode::is_inward,
    tail,
};
use crate::chars::{at, before, char_at, is_alnum, is_alpha, is_digit, is_letter, is_upper, part, span, span_back};

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
pub(super) fn read(page: &Page<'_>, number: usize, after: usize) -> Option<Line> {
    let (place, comma) = name_start(page, after)?;
    let first = word_at(page, place)?;
    let mut line = if comma { led(page, &first) } else { named(page, &first) }?;
    if let Some(end) = numbered_suffix(page, line.end) {
        line.end = end;
    }
    line.start = number;
    line.long = after - number >= 3;
    if let Some(end) = direction(page, line.end) {
        line.end = end;
        line.points += 1;
    }
    if let Some(end) = dwelling::unit(page, line.end).filter(|&unit| {
        // In a line of its own it needs a town behind.
        !part(page, line.end, unit).contains(&b'\n') || tail::town(page, unit).is_some()
    }) {
        line.end = end;
        line.points += 1;
        line.closed = true;
    }
    if let Some(start) = unit_before(page, number).or_else(|| flat_beside(page, number)) {
        line.start = start;
        line.points += 1;
    }
    Some(line)
}

/// The name of a street that begins with the word.
fn named(page: &Page<'_>, first: &Word<'_>) -> Option<Line> {
    if is_hopeless(page, first) {
        return None;
    }
    highway(page, first).or_else(|| led(page, first)).or_else(|| suffixed(page, first)).or_else(|| grid(page, first))
}

/// Behind the first word another number or a mark stands, and no list knows a street of that one word.
fn is_hopeless(page: &Page<'_>, first: &Word<'_>) -> bool {
    let after = at(page, first.end);
    let next = if after == b' ' { at(page, first.end + 1) } else { after };
    let single = is_digit(next) || matches!(after, b',' | b';' | b')' | b'"' | b'\n' | b':' | 0);
    // "12 Main 3rd"
    let ordinal = || is_digit(next) && word_at(page, first.end + 1).is_some_and(|next| next.is_ordinal());
    single && !first.is(WHOLE.or(DIRECTION).or(NUMBERED).or(LEAD_AFTER_NUMBER)) && !ordinal()
}

/// A name that no list knows, behind a house number or the number of a dwelling: `255 Gina Club`, `Studio 5, Nigel
/// Stravenue`. Only what closes an address and nothing else makes it one; with the end of that.
pub(super) fn unknown(page: &Page<'_>, number: usize, after: usize) -> Option<(Line, usize)> {
    let (brk, mut place) = break_at(page, after)?;
    // "17,Ann Lee" are cells.
    if brk == Break::Mark && at(page, after) == b',' && place == after + 1 {
        return None;
    }
    let post_box = |start: usize| word_at(page, start).is_some_and(|word| word.eq("box"));
    let dwelling = if brk == Break::Blank { None } else { flat_before(page, after).filter(|&start| !post_box(start)) };
    if brk == Break::Line && dwelling.is_none() {
        return None;
    }
    let (mut end, mut names) = (place, 0);
    while names < 5 {
        let Some(word) = word_at(page, place) else { break };
        let named = word.is_name() && !is_digit(at(word.text, 0));
        if !(named || (names > 0 && word.is(SMALL))) {
            break;
        }
        if names > 0 && word.is(UNIT) && dwelling::unit(page, end).is_some() {
            break;
        }
        names += 1;
        end = word.end;
        let Some(next) = blank_at(page, word.end + usize::from(at(page, word.end) == b'.' && word.text.len() < 4))
        else {
            break;
        };
        place = next;
    }
    let single = names == 1 && dwelling.is_none();
    if names == 0 || (single && end - after < 6) {
        return None;
    }
    let end = dwelling::unit(page, end).unwrap_or(end);
    let close = tail::coded(page, end)?;
    // One word is a street where a British postcode follows: "59 Deansgate, Manchester M3 2BW".
    let british =
        || before(page, close.saturating_sub(3)) == b' ' && is_inward(part(page, close.saturating_sub(3), close));
    if single && !british() {
        return None;
    }
    let start = dwelling.or_else(|| unit_before(page, number)).unwrap_or(number);
    Some((Line { start, end, points: 0, strong: false, closed: true, long: false }, close))
}

/// `Serangoon Avenue 4,`: a number closes the name, and the address goes on behind it.
fn numbered_suffix(page: &Page<'_>, end: usize) -> Option<usize> {
    let next = blank_at(page, end)?;
    let digits = span(page, next, 3, is_digit);
    let fits =
        (1..=2).contains(&digits) && at(page, next + digits) == b',' && tail::town(page, next + digits).is_some();
    let unit = || dwelling::unit(page, next + digits).is_some_and(|unit| tail::town(page, unit).is_some());
    (fits || ((1..=2).contains(&digits) && unit())).then_some(next + digits)
}

/// Where the name begins: behind a blank, ` bis `, ` 1/2 `, or a comma in French.
fn name_start(page: &Page<'_>, after: usize) -> Option<(usize, bool)> {
    if at(page, after) == b',' {
        return Some((blank_at(page, after + 1)?, true));
    }
    let next = blank_at(page, after)?;
    if !matches!(at(page, next), b'b' | b't' | b'q' | b'1' | b'A'..=b'C' | 0xC2) {
        return Some((next, false));
    }
    for extra in [&b"bis"[..], b"ter", b"quater", b"1/2", "½".as_bytes(), b"B", b"A", b"C"] {
        let end = next + extra.len();
        if part(page, next, end) == extra {
            if at(page, end) == b',' {
                return Some((blank_at(page, end + 1)?, true));
            }
            if let Some(rest) = blank_at(page, end) {
                return Some((rest, false));
            }
        }
    }
    Some((next, false))
}

/// `rue de la Paix`: a leading word, then the name.
fn led(page: &Page<'_>, lead: &Word<'_>) -> Option<Line> {
    if !lead.is(LEAD_AFTER_NUMBER) {
        return None;
    }
    let mut place = lead.end + usize::from(at(page, lead.end) == b'.');
    let (mut end, mut names) = (lead.end, 0);
    for _ in 0..MAX_WORDS {
        let Some(word) = blank_at(page, place).and_then(|next| word_at(page, next)) else { break };
        if names > 0 && word.is(UNIT) && dwelling::unit(page, end).is_some() {
            break;
        }
        // "du 8 Mai 1945"
        let year =
            names > 0 && word.text.len() == 4 && matches!(word.text, [b'1', b'8' | b'9', ..]) && closed(page, word.end);
        if word.is_name() || starts_with_digit(&word) || year {
            names += usize::from(!is_digit(at(word.text, 0)) || word.is_ordinal());
            end = word.end;
        } else if !word.is(SMALL) {
            break;
        }
        place = word.end;
    }
    (names > 0).then(|| Line {
        start: lead.start,
        end,
        points: 1,
        strong: true,
        closed: closed(page, end),
        long: false,
    })
}

fn starts_with_digit(word: &Word<'_>) -> bool {
    is_digit(at(word.text, 0)) && word.text.len() <= 2
}

/// `[direction] name... suffix`.
fn suffixed(page: &Page<'_>, first: &Word<'_>) -> Option<Line> {
    let start = first.start;
    let mut best: Option<Line> = None;
    let lower = lower_case(page, start);
    let (mut place, mut names, mut points) = (start, 0u8, 0u8);
    // Only points of the compass stood here up to now.
    let mut headed = true;
    for index in 0..MAX_WORDS {
        let Some(word) = word_at(page, place) else { break };
        let dwelling = best.is_some() && word.is(UNIT) && dwelling::unit(page, place - 1).is_some();
        // "28 Drum Street V75 C7KP Marc Ville": a postcode
        let code = best.is_some() && word.has_digit() && !word.is_ordinal();
        if dwelling || code {
            break;
        }
        let small = index > 0 && word.is(SMALL);
        let named = word.is_name() || small || (lower && is_alpha(at(word.text, 0)));
        let named = named || (best.is_none() && numbered(page, &word));
        if !named {
            break;
        }
        let dotted = at(page, word.end) == b'.' && word.text.len() <= 5 && !word.is(UNABBREVIATED);
        // "3000 Leute. Rue Pasteur": a sentence ends.
        if dotted && (word.has_digit() || (word.text.len() > 4 && !word.is(SUFFIX))) {
            break;
        }
        let after = word.end + usize::from(dotted);
        // "M.G. Road"
        if dotted && word.text.len() == 1 && is_upper(at(page, after)) {
            names += 1;
            place = after;
            continue;
        }
        if names > 0 && (lower || word.is_name()) && word.is(SUFFIX) {
            let end = after;
            best = Some(Line {
                start,
                end,
                points,
                strong: word.is(STRONG) && !lower_case(page, start),
                closed: closed(page, after),
                long: false,
            });
        } else if word.is(WHOLE) && index <= 1 {
            best =
                Some(Line { start, end: word.end, points, strong: false, closed: closed(page, word.end), long: false });
        }
        if word.is_ordinal() || (names == 0 && word.is(DIRECTION)) {
            points += 1;
        }
        let heading = names == 0 && word.is(DIRECTION) && word.text.len() <= 2;
        if !heading && !small {
            names += 1;
        }
        let Some(next) = blank_at(page, after) else { break };
        let saint = headed && word.text == b"St" && follows_saint(page, next);
        if dotted
            && best.is_some_and(|line| line.end >= word.end)
            && !word.is_upper()
            && !saint
            && !follows_street(page, next)
        {
            break;
        }
        headed &= word.is(DIRECTION);
        place = next;
    }
    best
}

/// `8 Street`, `42 Ave`: the name is a number.
fn numbered(page: &Page<'_>, word: &Word<'_>) -> bool {
    let digits = word.text.len() <= 3 && word.text.iter().all(|&byte| is_digit(byte));
    digits
        && blank_at(page, word.end)
            .and_then(|next| word_at(page, next))
            .is_some_and(|next| next.is_name() && next.is(STRONG))
}

/// Behind `St.` more of the address follows: a direction, a dwelling, a town with its state. A sentence does not.
fn follows_street(page: &Page<'_>, next: usize) -> bool {
    word_at(page, next).is_some_and(|word| word.is(DIRECTION) || word.is(SUFFIX) || word.is(UNIT))
}

/// "West St. Charles Avenue": a name, and then the end of a street.
fn follows_saint(page: &Page<'_>, next: usize) -> bool {
    let end = word_at(page, next).filter(Word::is_name).and_then(|saint| blank_at(page, saint.end));
    end.and_then(|end| word_at(page, end)).is_some_and(|end| end.is_name() && end.is(SUFFIX))
}

/// A whole address in lower case: only believed with state and postcode, which the tail checks.
fn lower_case(bytes: &[u8], start: usize) -> bool {
    at(bytes, start).is_ascii_lowercase()
}

/// `US Highway 12`, `State Route 9`, `County Rd 12`, `FM 1960`.
fn highway(page: &Page<'_>, first: &Word<'_>) -> Option<Line> {
    let (start, mut word) = (first.start, *first);
    for index in 0..5 {
        let next = blank_at(page, word.end + usize::from(at(page, word.end) == b'.'))?;
        if word.is(NUMBERED) {
            let digits = span(page, next, 5, is_digit);
            let end = next + digits + usize::from(digits > 0 && at(page, next + digits).is_ascii_uppercase());
            if (1..=4).contains(&digits)
                && !is_alpha(at(page, end))
                && (index > 0 || (word.is_upper() && word.text.len() > 1) || word.text.len() > 2)
            {
                return Some(Line { start, end, points: 1, strong: true, closed: closed(page, end), long: false });
            }
        }
        // "Farm to Market Road 733"
        if !word.is_name() && word.text != b"to" {
            return None;
        }
        word = word_at(page, next)?;
    }
    None
}

/// `W 300 S`.
fn grid(page: &Page<'_>, first: &Word<'_>) -> Option<Line> {
    if !first.is(DIRECTION) || !first.is_name() {
        return None;
    }
    let number = blank_at(page, first.end + usize::from(at(page, first.end) == b'.'))?;
    let digits = span(page, number, 6, is_digit);
    let second = word_at(page, blank_at(page, number + digits)?)?;
    let fits = second.is(DIRECTION) && (3..=5).contains(&digits);
    fits.then_some(Line { start: first.start, end: second.end, points: 1, strong: true, closed: true, long: false })
}

/// A direction behind the name: `NE`, `South`; or the half of a street in Ireland: `Lower`.
fn direction(page: &Page<'_>, end: usize) -> Option<usize> {
    let word = word_at(page, blank_at(page, end)?)?;
    let dot = usize::from(at(page, word.end) == b'.' && word.text.len() <= 2 && at(page, word.end + 1) == b',');
    // "12 Main Street North of the river"
    let placed = || part(page, word.end, word.end + 4) == b" of ";
    let fits = word.is(DIRECTION) && word.is_name() && (word.text.len() <= 2 || !placed());
    let half = (word.text == b"Lower" || word.text == b"Upper") && closed(page, word.end);
    (fits || half).then_some(word.end + dot)
}

/// `Flat 7B, `, `Unit 52, ` and `Flat 7B, Rowan House, ` in front of the house number.
fn unit_before(page: &Page<'_>, number: usize) -> Option<usize> {
    let gap = span_back(page, number, 3, |byte| matches!(byte, b' ' | b',' | b'/' | b'\n'));
    let code_end = number - gap;
    if gap == 0 || !matches!(before(page, code_end), b'.' | b'\'' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | 0x80..) {
        return None;
    }
    // "Unit 4/27"
    if at(page, number + span(page, number, 5, is_digit)) == b'/' {
        let letters = span_back(page, code_end, 10, is_alpha);
        let word = part(page, code_end - letters, code_end);
        if letters > 2 && is_upper(at(word, 0)) && page.has(UNIT, word) {
            return Some(code_end - letters);
        }
    }
    flat_before(page, code_end).or_else(|| {
        if part(page, code_end, number) != b", " {
            return None;
        }
        let letters = span_back(page, code_end, 40, |byte| is_alpha(byte) || matches!(byte, b' ' | b'\'' | b'.'));
        let building = code_end - letters;
        let named = word_at(page, building + 1).is_some_and(|word| word.is_name());
        (letters > 3 && at(page, building) == b' ' && named && before(page, building) == b',')
            .then(|| flat_before(page, building - 1))
            .flatten()
    })
}

/// `Flat 69 Margaret Park`: the number is that of the dwelling, and the building has a name only.
fn flat_beside(bytes: &[u8], number: usize) -> Option<usize> {
    if !matches!(part(bytes, number.saturating_sub(2), number), b"t " | b"o ") {
        return None;
    }
    ["Flat ", "Studio ", "Apartment "].iter().find_map(|flat| {
        let start = number.checked_sub(flat.len())?;
        (part(bytes, start, number) == flat.as_bytes() && !is_alpha(before(bytes, start))).then_some(start)
    })
}

/// The dwelling that ends here.
fn flat_before(page: &Page<'_>, code_end: usize) -> Option<usize> {
    let code = span_back(page, code_end, 6, is_alnum);
    let blank = code_end - code;
    if code == 0 || !(code <= 2 || part(page, blank, code_end).iter().copied().any(is_digit)) {
        return None;
    }
    let word_end = blank - usize::from(before(page, blank) == b' ');
    let word_end = word_end - usize::from(before(page, word_end) == b'.');
    let letters = span_back(page, word_end, 12, |byte| is_alpha(byte) || byte >= 0x80);
    let mut start = word_end - letters;
    // A quotation mark that opens the value is no letter of the word.
    while let Some(mark) = char_at(page, start).filter(|letter| start < word_end && !is_letter(*letter)) {
        start += mark.len_utf8();
    }
    let fits = letters > 1 && is_upper(at(page, start)) && page.word(start, word_end, word_end).is(UNIT);
    fits.then_some(start)
}

/// Whether the last word of the line is one that names other things too.
pub(super) fn is_weak(page: &Page<'_>, line: Line) -> bool {
    let letters = span_back(page, line.end, 12, is_alpha);
    line.end - letters > line.start
        && before(page, line.end - letters) == b' '
        && page.word(line.end - letters, line.end, line.end).is(WEAK)
}

/// Whether the line ends here: punctuation, a break, the end of the text, or a word that cannot be described.
fn closed(page: &Page<'_>, end: usize) -> bool {
    match break_at(page, end) {
        None | Some((Break::Mark | Break::Line, _)) => true,
        Some((Break::Blank, next)) => match word_at(page, next) {
            None => true,
            Some(word) => word.is(CLOSER.or(NAME)),
        },
    }
}
