//! Where words stand that name a street. Most texts have none, and then no number needs to look for its label to know that
//! nobody calls it an address.

use super::{
    forwards::{self, Said},
    topics::Topics,
};
use crate::kind::Kind;

/// How far in front of a value a word may be that names it, in its line or in those above.
const REACH: usize = 190;
/// The same where the value may have a key above it in an outline, or in JSON: a dozen lines.
const OUTLINE: usize = 1_600;
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
        let to = (value + BEHIND).min(bytes.len());
        let from = self.read.max(value.saturating_sub(OUTLINE));
        if from < to {
            let last = &mut self.last;
            self.read =
                forwards::read(bytes, from, to, |word| *last = if names_street(&word) { word.end } else { *last });
        }
        let reach = if outlined { OUTLINE } else { REACH };
        self.last > 0 && self.last + reach >= value
    }
}

fn names_street(word: &Said<'_>) -> bool {
    let line = || word.text.windows(4).any(|four| four.eq_ignore_ascii_case(b"line"));
    word.topics.names(Kind::Street) || (word.topics.meets(Topics::PAIRED) && line())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_near_for_a_while() {
        let text = format!("Our address is {} 12", "x ".repeat(900));
        let mut words = StreetWords::default();
        let near = |words: &mut StreetWords, value, outlined| words.are_near(text.as_bytes(), value, outlined);
        assert!(near(&mut words, 20, false) && near(&mut words, 150, false));
        assert!(!near(&mut words, 400, false) && near(&mut words, 1_500, true));
        assert!(!StreetWords::default().are_near(b"Call me at 12 or 13", 17, true));
        assert!(StreetWords::default().are_near(b"line2: 12", 7, false));
    }
}
