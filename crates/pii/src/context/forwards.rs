//! Words of a text read forwards, with all that each could say as a label: what a search that goes backwards can find in a
//! text is among it. So it tells where there is nothing to search for.

use super::{
    lexicon::{is_unspaced, lexicon},
    topics::Topics,
};
use crate::{
    chars::{at, char_at, is_alpha, is_escape, is_letter, is_upper, part, run},
    simd::Sort,
};

/// A word, and what it and the words inside it say.
pub(super) struct Said<'a> {
    pub(super) text: &'a [u8],
    pub(super) end: usize,
    pub(super) topics: Topics,
}

/// Reads the words that begin between two places. Gives where it stopped.
pub(super) fn read<'a>(bytes: &'a [u8], from: usize, to: usize, mut see: impl FnMut(Said<'a>)) -> usize {
    let mut place = from;
    while place < to {
        let byte = at(bytes, place);
        if byte < 0x80 && !is_alpha(byte) {
            place += 1;
            continue;
        }
        let plain = place + run(bytes, place, usize::MAX, Sort::Alpha);
        let end = if at(bytes, plain) < 0x80 { plain } else { foreign_end(bytes, place, plain) };
        if end > place {
            let text = part(bytes, place, end);
            let mut topics = lexicon().entry(text) | parts(text);
            if is_escape(bytes, place) {
                topics = topics | lexicon().entry(part(bytes, place + 1, end));
            }
            see(Said { text, end, topics });
        }
        place = end.max(place + 1);
    }
    place
}

/// Where a word ends that goes on in other alphabets, or in a script without blanks.
fn foreign_end(bytes: &[u8], start: usize, plain: usize) -> usize {
    let unspaced = start == plain && char_at(bytes, plain).is_some_and(is_unspaced);
    let mut end = plain;
    while let Some(letter) =
        char_at(bytes, end).filter(|&letter| if unspaced { is_unspaced(letter) } else { is_letter(letter) })
    {
        end += letter.len_utf8();
    }
    end
}

/// What the words say that are joined by capitals, and those inside a run of letters without blanks.
fn parts(word: &[u8]) -> Topics {
    let mut topics = Topics::NONE;
    if at(word, 0) >= 0xE0 {
        for place in (1..word.len()).filter(|&place| at(word, place) >= 0xC0) {
            topics = topics | lexicon().entry(part(word, place, word.len()));
        }
        return topics;
    }
    let mut first = 0;
    for next in 1..word.len() {
        let small = |place: usize| at(word, place).is_ascii_lowercase();
        if is_upper(at(word, next)) && (small(next - 1) || small(next + 1)) {
            topics = topics | lexicon().entry(part(word, first, next));
            first = next;
        }
    }
    if first > 0 { topics | lexicon().entry(part(word, first, word.len())) } else { topics }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    fn said(text: &str) -> Vec<(&str, bool)> {
        let mut words = Vec::new();
        read(text.as_bytes(), 0, text.len(), |word| {
            words.push((std::str::from_utf8(word.text).unwrap(), word.topics.names(Kind::Phone)));
        });
        words
    }

    #[test]
    fn words_say_what_is_in_them() {
        assert_eq!(said("my phone, 7"), [("my", false), ("phone", true)]);
        assert_eq!(said("workPhoneX"), [("workPhoneX", true)]);
        assert_eq!(said("\\nphone"), [("nphone", true)]);
        assert_eq!(said("Téléphone №"), [("Téléphone", true)]);
        assert_eq!(said("abc電話番号x"), [("abc", false), ("電話番号", true), ("x", false)]);
        assert_eq!(said("お客様の電話"), [("お客様の電話", true)]);
    }
}
