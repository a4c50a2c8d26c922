//! A street that no list knows, as the whole value of a key or of a cell that says so: `street: Im Winkel 63`.

use super::{
    Candidates,
    house::house,
    lists::Lists,
    names::{COUNTED, MONTHS, SMALL, UNIT},
    page::{Page, word_at},
};
use crate::{
    chars::{at, before, is_alpha, is_digit, part, span_back},
    context::{Text, Topics},
    kind::Kind,
};

/// How long the name may be, in bytes.
const MAX_NAME: usize = 40;
/// How far in front of the value its key may be.
const NEAR: usize = 32;

const SCORE: i16 = 55;

/// Adds the value when the number `start..end` closes it, or opens it.
pub(super) fn add(text: &Text<'_>, page: &Page<'_>, start: usize, end: usize, found: &mut Candidates) {
    let bytes = text.bytes;
    let (from, to) = if before(bytes, start) == b' ' && is_worded(before(bytes, start - 1)) {
        let word = start - 1 - span_back(bytes, start - 1, MAX_NAME, is_worded);
        let small = at(bytes, word).is_ascii_lowercase();
        // Only "bis", "ter", "hs" and "lgh" are words that belong to a house.
        let goes_on = at(bytes, end) == b' '
            && at(bytes, end + 1).is_ascii_lowercase()
            && !matches!(at(bytes, end + 1), b'b' | b't' | b'h' | b'l')
            && is_worded(at(bytes, end + 2));
        if small || goes_on {
            return;
        }
        let length = span_back(bytes, start - 1, MAX_NAME + 1, |byte| !is_mark(byte));
        let name = start - 1 - length;
        let from = name + usize::from(at(bytes, name) == b' ');
        if length > MAX_NAME || !opens(bytes, from) {
            return;
        }
        let house = house(page, end).0;
        if !closes(bytes, house) || !is_name(page, from, start - 1) {
            return;
        }
        (from, house)
    } else if at(bytes, end) == b' ' && opens(bytes, start) && (before(bytes, start) != b';' || end - start < 4) {
        // "Hafenring 60;20095 Hamburg": the next cell has the town.
        let length = crate::chars::span(bytes, end + 1, MAX_NAME + 1, |byte| !is_mark(byte));
        let name = part(bytes, end + 1, end + 1 + length).trim_ascii_end();
        let to = end + 1 + name.len();
        if length > MAX_NAME || !closes(bytes, to) || !is_name(page, end + 1, to) {
            return;
        }
        (start, to)
    } else {
        return;
    };
    if text.names_street(from) && text.topics(from).names(Kind::Street) {
        // The head of a column names the whole cell. A key stands in the same line, and behind a comma more may follow.
        let column = text.topics(from).meets(Topics::WHOLE) && part(bytes, to, to + 2) != b", ";
        let keyed = || {
            let label = text.label(from);
            // "street: Im Winkel 60, city: 20095 Hamburg": another key stands between.
            let coded = from == start && end - start > 3;
            let between = part(bytes, from - label.distance, from).split(|byte| !is_worded(*byte));
            let other = coded && between.filter(|word| !word.is_empty()).count() > 1;
            let near = label.topics.is_label() && label.distance <= NEAR && !other;
            near && before(bytes, from) != b'\n' && at(bytes, to) != b','
        };
        if column || keyed() {
            found.add(Kind::Street, from, to, SCORE);
        }
    }
}

fn is_worded(byte: u8) -> bool {
    is_alpha(byte) || byte >= 0x80
}

/// What parts a value from the others, or from its key.
fn is_mark(byte: u8) -> bool {
    is_digit(byte) || matches!(byte, b'"' | b'\'' | b'\n' | b'\t' | b'|' | b';' | b',' | b'<' | b'>' | b'=' | b':')
}

/// Whether a value begins here.
fn opens(bytes: &[u8], start: usize) -> bool {
    matches!(before(bytes, start), 0 | b'"' | b'\'' | b'\n' | b'\t' | b';' | b',' | b'>' | b'=' | b':')
        || matches!(part(bytes, start.saturating_sub(2), start), b"| " | b": " | b"= " | b"  ")
}

/// Whether it ends here.
fn closes(bytes: &[u8], end: usize) -> bool {
    matches!(at(bytes, end), b'"' | b'\'' | b'\n' | b'\t' | b'|' | b';' | b',' | b'<' | b'\r' | 0)
        || matches!(part(bytes, end, end + 2), b"  " | b" |" | b" \n")
}

/// Whether capitalised words stand here, small ones between, and none that counts or numbers things.
fn is_name(page: &Page<'_>, from: usize, to: usize) -> bool {
    const NEVER: Lists = UNIT.or(MONTHS).or(COUNTED);
    let (mut place, mut words, mut long) = (from, 0, false);
    while place < to {
        let Some(word) = word_at(page, place).filter(|word| word.end <= to) else { return false };
        let fits = word.is_name() || (words > 0 && word.is(SMALL));
        let counts = word.is(NEVER);
        if !fits || counts || word.has_digit() || (word.is_name() && page.topics(word.text) != Topics::NONE) {
            return false;
        }
        words += 1;
        long |= word.text.len() > 3;
        place = word.end + usize::from(at(page, word.end) == b'.');
        if place < to && at(page, place) != b' ' {
            return false;
        }
        place += 1;
    }
    long && words <= 5
}
