//! Passport numbers: the shape of some country, always behind a label. The second line of a machine-readable zone
//! stands for itself by its check digits.

use super::{Candidates, Find, Token};
use crate::{
    chain::{Chain, Lengths},
    chars::{Sep, at, before, glued_left, glued_right, is_alnum, is_alpha, is_digit, is_upper, part, span, span_back},
    context::{Support, Text, Topics, lexicon},
    kind::Kind,
};

pub(super) static FINDS: &[Find] = &[Find::Chain(6, Lengths::within(6, 9), digits), Find::Token(token)];

const LABELLED: i16 = 60;
/// How far behind another passport one may be without a label of its own.
const NEXT: usize = 12;
/// How near the label of a number must be that could be a word.
const NEAR: usize = 24;
const ZONE: i16 = 92;
/// The length of the second line of a passport's zone (ICAO 9303 part 4).
pub(crate) const ZONE_LENGTH: usize = 44;

fn digits(text: &Text<'_>, chain: &Chain, found: &mut Candidates) {
    for (index, run) in chain.runs().iter().enumerate() {
        let led = index == 0 && is_led(text.bytes, run.start);
        let alone = (!chain.cut_left(index) || led) && !chain.cut_right(index);
        if !alone || before(text.bytes, run.start) == b'+' {
            continue;
        }
        if (7..=9).contains(&run.len()) {
            let start =
                letters_before(text.bytes, run.start).filter(|start| run.end - start <= 10).unwrap_or(run.start);
            labelled(text, start, run.end, found);
        } else if run.len() == 6 {
            // "AB 123456"
            if let Some(start) = letters_before(text.bytes, run.start) {
                labelled(text, start, run.end, found);
            }
        } else if run.len() == 4
            && let Some(next) = chain.run(index + 1)
            && next.len() == 6
            && next.start == run.end + 1
            && at(text.bytes, run.end) == b' '
        {
            // "4510 123456"
            labelled(text, run.start, next.end, found);
        } else if run.len() == 2
            && let Some(next) = chain.run(index + 1)
            && matches!(next.len(), 6 | 7)
            && next.start == run.end + 1
            && at(text.bytes, run.end) == b' '
        {
            labelled(text, run.start, next.end, found);
        } else if let Some(end) = in_three(chain, index) {
            labelled(text, run.start, end, found);
        }
    }
    if let Some(run) = chain.run(0)
        && at(text.bytes, run.end) == b'<'
    {
        zone(text.bytes, run.start, found);
    }
}

/// `45 10 123456`: series and number of Russia's.
fn in_three(chain: &Chain, first: usize) -> Option<usize> {
    let lengths = [first, first + 1, first + 2].map(|index| chain.run(index).map_or(0, |run| run.len()));
    let blanks = [first, first + 1].into_iter().all(|index| chain.sep(index) == Some(Sep::Space));
    (lengths == [2, 2, 6] && blanks).then(|| chain.run(first + 2)).flatten().map(|run| run.end)
}

/// One to three capitals and a blank in front of the digits: a number written in two parts.
fn letters_before(bytes: &[u8], start: usize) -> Option<usize> {
    if before(bytes, start) != b' ' {
        return None;
    }
    let letters = span_back(bytes, start - 1, 4, is_upper);
    let begin = start - 1 - letters;
    let word = part(bytes, begin, start - 1);
    // "MY 909929" opens a value; in a sentence it could be a word.
    let label = begin.saturating_sub(1);
    let behind = part(bytes, label - span_back(bytes, label, 20, is_alpha), label);
    let opens = lexicon().word(behind).names(Kind::Passport)
        || matches!(before(bytes, begin), 0 | b'=' | b':' | b'(' | b'"' | b'\'' | b'\t' | b'>' | b'|' | b';' | b',')
        || matches!(part(bytes, begin.saturating_sub(2), begin), b"  " | b"| " | b": " | b"= " | b"> " | b". ");
    let topics = lexicon().word(word);
    let known = letters > 1 && topics != Topics::NONE && !(opens && topics == Topics::FILLER);
    ((1..=3).contains(&letters) && !glued_left(bytes, begin) && !known).then_some(begin)
}

fn token(text: &Text<'_>, token: Token, found: &mut Candidates) {
    // Digits in front of the letters may have been read with the number before: "46768371  59CX51857".
    let ahead = span_back(text.bytes, token.start, 3, is_digit);
    let token = if ahead > 0 { Token::new(text.bytes, token.start - ahead, token.end) } else { token };
    let word = token.of(text);
    if (6..=9).contains(&token.len())
        && (token.lower == 0 || token.lower + token.digits == token.len())
        && is_shape(word)
        && !glued_right(text.bytes, token.end)
    {
        let tied =
            matches!(before(text.bytes, token.start), b'-' | b'.' | b'/') && glued_left(text.bytes, token.start - 1);
        if tied && !is_led(text.bytes, token.start) {
            return;
        }
        // Among eight letters only the label directly before tells it from a word.
        let wordy = token.digits == 1 && text.label(token.start).distance > NEAR;
        if !wordy {
            labelled(text, token.start, token.end, found);
        }
    }
    // "L1 234567" and "12AB 34567" do not exist; "AB1 234567" neither. What remains is the zone.
    if at(text.bytes, token.end) == b'<' || word.len() >= 20 {
        zone(text.bytes, token.start, found);
    }
}

/// "passport no.AB123456", "passport/AB123456": the label stands directly before.
fn is_led(bytes: &[u8], start: usize) -> bool {
    let mark = start.saturating_sub(1);
    let word = part(bytes, mark - span_back(bytes, mark, 12, is_alpha), mark);
    match at(bytes, mark) {
        b'.' => [&b"no"[..], b"nr", b"num"].iter().any(|known| word.eq_ignore_ascii_case(known)),
        b'/' => lexicon().word(word).names(Kind::Passport),
        _ => false,
    }
}

/// Capitals and digits, enough of them digits.
fn is_shape(word: &[u8]) -> bool {
    let digits = word.iter().filter(|&&byte| is_digit(byte)).count();
    let lower = word.iter().any(u8::is_ascii_lowercase);
    let led = span(word, 0, 3, is_alpha);
    if lower && !word.get(led..).is_some_and(|rest| rest.iter().all(|&byte| is_digit(byte))) {
        return false;
    }
    let german = word.len() == 9 && digits >= 1 && word.iter().all(|byte| !b"AEIOU".contains(byte));
    // Two letters, letters and digits without an O, a digit at the end.
    let dutch = word.len() == 9
        && digits >= 1
        && !lower
        && led >= 2
        && word.last().is_some_and(|&byte| is_digit(byte))
        && !word.contains(&b'O');
    let uniform = !word.iter().any(u8::is_ascii_uppercase);
    word.iter().all(|&byte| is_alnum(byte))
        && (!lower || uniform)
        && (digits >= 5 || german || dutch || (digits >= 4 && word.len() <= 8))
}

fn labelled(text: &Text<'_>, start: usize, end: usize, found: &mut Candidates) {
    if text.support(start, Kind::Passport) != Support::Named || is_day(part(text.bytes, start, end)) {
        return;
    }
    if at(text.bytes, end) == b'-' && is_alnum(at(text.bytes, end + 1)) {
        return;
    }
    if text.is_spent(Kind::Passport, start, NEXT) || text.is_parted(Kind::Passport, start) {
        return;
    }
    // "pass rfc2822": what passes is seldom a person.
    let label = text.label(start);
    let word = part(text.bytes, start - label.distance, start - label.distance + 5);
    let passes = matches!(word, [b'P' | b'p', b'a', b's', b's', end] if !is_alpha(*end));
    let value = part(text.bytes, start, end);
    if passes && (value.iter().any(u8::is_ascii_lowercase) || is_ticket(text.bytes, start - label.distance, value)) {
        return;
    }
    // "P 2089705": the letter is no label of a telephone.
    let lettered = at(text.bytes, start + 1) == b' ' && is_upper(at(text.bytes, start));
    found.add(Kind::Passport, start, end, if lettered { LABELLED + 6 } else { LABELLED });
}

/// "boarding pass 12345678", "pass 12345678": what opens a gate, or an English verb. The word "pass" is at `place`.
fn is_ticket(bytes: &[u8], place: usize, value: &[u8]) -> bool {
    static TICKETS: [&str; 30] = [
        "boarding",
        "monthly",
        "weekly",
        "daily",
        "day",
        "annual",
        "yearly",
        "season",
        "bus",
        "train",
        "rail",
        "metro",
        "transit",
        "commuter",
        "ski",
        "lift",
        "event",
        "guest",
        "visitor",
        "press",
        "backstage",
        "museum",
        "park",
        "parking",
        "gym",
        "library",
        "game",
        "battle",
        "hall",
        "gate",
    ];
    let end = place - usize::from(matches!(before(bytes, place), b' ' | b'-' | b'_'));
    let word = part(bytes, end - span_back(bytes, end, 12, is_alpha), end);
    let ticket = TICKETS.iter().any(|ticket| word.eq_ignore_ascii_case(ticket.as_bytes()));
    // In German it has a capital, elsewhere "number" or a colon.
    let verb = at(bytes, place) == b'p'
        && part(bytes, place + 4, place + 5 + value.len()).strip_prefix(b" ") == Some(value)
        && value.iter().all(|&byte| is_digit(byte));
    ticket || verb
}

/// Eight digits that are a date.
fn is_day(word: &[u8]) -> bool {
    word.len() == 8
        && word.iter().all(|&byte| is_digit(byte))
        && matches!(word, [b'1', b'9', ..] | [b'2', b'0', ..])
        && matches!(word, [_, _, _, _, b'0', b'1'..=b'9', ..] | [_, _, _, _, b'1', b'0'..=b'2', ..])
        && matches!(word, [.., b'0'..=b'2', _] | [.., b'3', b'0' | b'1'])
}

/// The second line of a machine-readable zone around `place`.
fn zone(bytes: &[u8], place: usize, found: &mut Candidates) {
    let is_zone = |byte: u8| is_upper(byte) || is_digit(byte) || byte == b'<';
    let start = place - span_back(bytes, place, ZONE_LENGTH, is_zone);
    let line = part(bytes, start, start + span(bytes, start, ZONE_LENGTH + 1, is_zone));
    if line.len() != ZONE_LENGTH || found.0.last().is_some_and(|last| last.start == start) {
        return;
    }
    if is_zone_checked(line) {
        found.add(Kind::Passport, start, start + ZONE_LENGTH, ZONE);
    }
}

/// Whether the check digits of number, birth and end are right.
pub(crate) fn is_zone_checked(line: &[u8]) -> bool {
    let checked = |from: usize, to: usize| {
        let sum = check(line.get(from..to).unwrap_or_default());
        line.get(to).is_some_and(|byte| byte.wrapping_sub(b'0') == sum)
    };
    checked(0, 9) && checked(13, 19) && checked(21, 27)
}

/// The check digit of ICAO 9303 part 3: weights 7, 3, 1.
fn check(field: &[u8]) -> u8 {
    let sum: u32 = field
        .iter()
        .zip([7u32, 3, 1].into_iter().cycle())
        .map(|(&byte, weight)| {
            weight
                * match byte {
                    b'0'..=b'9' => u32::from(byte - b'0'),
                    b'A'..=b'Z' => u32::from(byte - b'A') + 10,
                    _ => 0,
                }
        })
        .sum();
    (sum % 10) as u8
}
