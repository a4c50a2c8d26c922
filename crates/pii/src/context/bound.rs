//! Whether a label stands directly at its value, and what the key of a whole text says beside kinds.

use super::{Text, Topics};
use crate::chars::{is_alpha, part, span};

/// How much may stand between a value and the label that is bound to it.
const MAX_BETWEEN: usize = 20;
/// The words that may.
static BETWEEN: [&[u8]; 19] = [
    b"no", b"nr", b"num", b"number", b"nummer", b"numero", b"is", b"was", b"now", b"v", b"ist", b"est", b"es", b"home",
    b"work", b"office", b"mobile", b"private", b"privat",
];

impl Text<'_> {
    /// Whether the label stands directly at the value, with nothing between but "number", "is" and the like; or is its key,
    /// the head of its column or the line above. A number between takes the label.
    pub(crate) fn is_bound(&self, value: usize) -> bool {
        let (start, end) = self.group.get();
        if (start + 1..end).contains(&value) {
            return false;
        }
        let topics = self.topics(value);
        let label = self.label(value);
        if !label.topics.is_label() {
            return topics.meets(Topics::WHOLE) || label.bare;
        }
        let letter = |byte: u8| is_alpha(byte) || byte >= 0x80;
        let word = value - label.distance;
        let between = part(self.bytes, word + span(self.bytes, word, label.distance, letter), value);
        between.len() <= MAX_BETWEEN
            && !between.iter().any(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b';'))
            && between
                .split(|&byte| !letter(byte))
                .filter(|word| !word.is_empty())
                .all(|word| BETWEEN.iter().any(|known| word.eq_ignore_ascii_case(known)) || word == "\u{A0}".as_bytes())
    }

    /// Whether the key of the text is that of a version.
    pub(crate) fn is_keyed_version(&self) -> bool {
        self.surroundings.key.meets(Topics::VERSION)
    }

    /// Whether the value fills the text or nearly, and its key hints at a telephone number.
    pub(crate) fn is_hinted(&self, value: usize) -> bool {
        value <= 1 && self.surroundings.key.meets(Topics::HINT)
    }
}
