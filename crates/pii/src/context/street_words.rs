//! Where words stand that name a street. Most texts have none, and then no number needs to look for its label to know that
//! nobody calls it an address.

use super::{
    lexicon::{is_unspaced, lexicon},
    topics::Topics,
};
use crate::{
    chars::{at, char_at, is_alpha, is_escape, is_letter, is_upper, part, run},
    kind::Kind,
    simd::Sort,
};

/// How far in front of a value a word may be that names it, in its line or in those above.
const REACH: usize = 190;
/// The same where the value may have a key above it in an outline.
pub(super) const OUTLINE: usize = 800;
/// How far behind the value such a word may be.
const BEHIND: usize = 64;

/// What was read of the words of a text, from its start on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StreetWords {
    read: usize,
    /// Where the last word ends that names a street. 0 before the first.
    last: usize,
}

impl StreetWords {
    /// Whether a word that names a street may be the label of the value.
    pub(super) fn are_near(&mut self, bytes: &[u8], value: usize, outlined: bool) -> bool {
        self.read_to(bytes, value);
        let reach = if outlined { OUTLINE } else { REACH };
        self.last > 0 && self.last + reach >= value
    }

    /// Reads the words up to behind the value.
    fn read_to(&mut self, bytes: &[u8], value: usize) {
        let to = (value + BEHIND).min(bytes.len());
        let mut place = self.read.max(value.saturating_sub(OUTLINE));
        while place < to {
            let byte = at(bytes, place);
            let end = if is_alpha(byte) {
                place + run(bytes, place, usize::MAX, Sort::Alpha)
            } else if byte < 0x80 {
                place += 1;
                continue;
            } else {
                place
            };
            let (end, names) =
                if at(bytes, end) < 0x80 { (end, names_street(bytes, place, end)) } else { foreign(bytes, place, end) };
            if names {
                self.last = end;
            }
            place = end.max(place + 1);
        }
        self.read = self.read.max(place);
    }
}

/// Whether a word of plain letters, or one of the words that are joined in it by capitals, names a street.
fn names_street(bytes: &[u8], start: usize, end: usize) -> bool {
    let word = part(bytes, start, end);
    if says_street(word) || (is_escape(bytes, start) && says_street(part(bytes, start + 1, end))) {
        return true;
    }
    let mut first = 0;
    for next in 1..word.len() {
        let small = |place: usize| at(word, place).is_ascii_lowercase();
        if is_upper(at(word, next)) && (small(next - 1) || small(next + 1)) {
            if says_street(part(word, first, next)) {
                return true;
            }
            first = next;
        }
    }
    first > 0 && says_street(part(word, first, word.len()))
}

/// Reads on in other alphabets, and tells the same. Where there are no blanks between words every one inside counts.
fn foreign(bytes: &[u8], start: usize, end: usize) -> (usize, bool) {
    let unspaced = start == end && char_at(bytes, end).is_some_and(is_unspaced);
    let mut end = end;
    while let Some(letter) =
        char_at(bytes, end).filter(|&letter| if unspaced { is_unspaced(letter) } else { is_letter(letter) })
    {
        end += letter.len_utf8();
    }
    let word = part(bytes, start, end);
    let inside = || (1..word.len()).any(|place| at(word, place) >= 0xC0 && says_street(part(word, place, word.len())));
    (end, names_street(bytes, start, end) || (at(word, 0) >= 0xE0 && inside()))
}

fn says_street(word: &[u8]) -> bool {
    let topics = lexicon().entry(word);
    topics.names(Kind::Street) || (topics.meets(Topics::PAIRED) && word.eq_ignore_ascii_case(b"line"))
}
