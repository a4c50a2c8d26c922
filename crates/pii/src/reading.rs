//! What was read of a document word by word. One house number reads what the one before it read, and so does one search for
//! a label, so words are kept for a while.

use std::cell::Cell;

use crate::context::Topics;

/// The words that were read last, in a document of one text or many.
#[derive(Debug)]
pub(crate) struct Reading {
    words: [Cell<ReadWord>; READ],
    /// Words that were read from their ends; their places are those.
    ends: [Cell<ReadWord>; ENDS],
    /// Words that were read as labels.
    labels: [Cell<LabelWord>; LABELS],
    /// Where the name of a street ends that was read last, and one, with what it was: where it begins, and whether it is
    /// surely a street.
    name: Cell<(usize, Option<(usize, bool)>)>,
    /// The last two lines that were judged and are no address: where each begins, and one, where it ends, and how it looked.
    refused: Cell<[(usize, usize, u32); 2]>,
    /// How long the texts are that went before the one in hand.
    base: usize,
}

/// A word that was read: how long it is, and its lists.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReadWord {
    /// Where it is in the document, and one.
    place: usize,
    length: u32,
    pub(crate) lists: u64,
}

/// A word that was read as a label: how long it is, and what it says by itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LabelWord {
    /// Where it ends in the document, and one.
    end: usize,
    length: u8,
    pub(crate) topics: Topics,
}

impl LabelWord {
    /// In bytes.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.length.into()
    }
}

/// Words that begin so close together keep out of each other's way, when each has two bytes at least.
const READ: usize = 32;
/// The same for their ends.
const ENDS: usize = 16;
/// The same for labels: those of two values close to each other.
const LABELS: usize = 16;

impl Default for Reading {
    fn default() -> Self {
        Self {
            words: std::array::from_fn(|_| Cell::default()),
            ends: std::array::from_fn(|_| Cell::default()),
            labels: std::array::from_fn(|_| Cell::default()),
            name: Cell::default(),
            refused: Cell::default(),
            base: 0,
        }
    }
}

impl ReadWord {
    /// In bytes; 0 when there is no word.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.length as usize
    }
}

impl Reading {
    /// The word at a place, when it was read lately.
    #[inline]
    pub(crate) fn at(&self, place: usize) -> Option<ReadWord> {
        let place = self.base + place;
        self.words.get((place / 2) % READ).map(Cell::get).filter(|word| word.place == place + 1)
    }

    /// Keeps a word of a place.
    #[inline]
    pub(crate) fn keep(&self, place: usize, length: usize, lists: u64) -> ReadWord {
        let place = self.base + place;
        let word = ReadWord { place: place + 1, length: u32::try_from(length).unwrap_or(0), lists };
        if let Some(slot) = self.words.get((place / 2) % READ) {
            slot.set(word);
        }
        word
    }

    /// The word that ends at a place, when it was read lately.
    #[inline]
    pub(crate) fn to(&self, end: usize) -> Option<ReadWord> {
        let end = self.base + end;
        self.ends.get(end % ENDS).map(Cell::get).filter(|word| word.place == end + 1)
    }

    /// Keeps a word that ends at a place.
    #[inline]
    pub(crate) fn keep_to(&self, end: usize, length: usize, lists: u64) -> ReadWord {
        let end = self.base + end;
        let word = ReadWord { place: end + 1, length: u32::try_from(length).unwrap_or(0), lists };
        if let Some(slot) = self.ends.get(end % ENDS) {
            slot.set(word);
        }
        word
    }

    /// The word that ends at a place, when it was read as a label lately.
    #[inline]
    pub(crate) fn label_at(&self, end: usize) -> Option<LabelWord> {
        let end = self.base + end;
        self.labels.get((end / 2) % LABELS).map(Cell::get).filter(|word| word.end == end + 1)
    }

    /// Keeps such a word.
    #[inline]
    pub(crate) fn keep_label(&self, end: usize, length: usize, topics: Topics) {
        let end = self.base + end;
        if let (Some(slot), Ok(length)) = (self.labels.get((end / 2) % LABELS), u8::try_from(length)) {
            slot.set(LabelWord { end: end + 1, length, topics });
        }
    }

    /// The name that ends at a place: as it was read last, or finds out. Both numbers of `12/5` ask for the same.
    #[inline]
    pub(crate) fn name_to(&self, end: usize, find: impl FnOnce() -> Option<(usize, bool)>) -> Option<(usize, bool)> {
        let key = self.base + end + 1;
        let (known, name) = self.name.get();
        if known == key {
            return name;
        }
        let name = find();
        self.name.set((key, name));
        name
    }

    /// Whether a line was judged lately, and refused.
    pub(crate) fn is_refused(&self, start: usize, end: usize, looks: u32) -> bool {
        self.refused.get().contains(&(self.base + start + 1, self.base + end, looks))
    }

    /// Remembers that a line was refused.
    pub(crate) fn refuse(&self, start: usize, end: usize, looks: u32) {
        let [last, _] = self.refused.get();
        self.refused.set([(self.base + start + 1, self.base + end, looks), last]);
    }

    /// Leaves a text of so many bytes behind.
    pub(crate) fn leave(&mut self, length: usize) {
        self.base += length + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_their_text() {
        let mut reading = Reading::default();
        reading.keep(4, 3, 7);
        assert_eq!(reading.at(4).map(|word| (word.len(), word.lists)), Some((3, 7)));
        assert!(reading.at(6).is_none());
        reading.keep_to(7, 3, 5);
        assert_eq!(reading.to(7).map(|word| (word.len(), word.lists)), Some((3, 5)));
        reading.keep_label(7, 3, Topics::FILLER);
        assert_eq!(reading.label_at(7).map(|word| (word.len(), word.topics)), Some((3, Topics::FILLER)));
        assert_eq!(reading.name_to(7, || Some((4, true))), Some((4, true)));
        assert_eq!(reading.name_to(7, || None), Some((4, true)));
        reading.refuse(4, 9, 1);
        reading.refuse(5, 9, 1);
        assert_eq!([1, 2].map(|looks| reading.is_refused(4, 9, looks)), [true, false]);
        reading.leave(10);
        assert!(!reading.is_refused(4, 9, 1));
        assert_eq!(reading.name_to(7, || None), None);
        assert!(reading.label_at(7).is_none());
        assert!(reading.at(4).is_none());
        assert!(reading.to(7).is_none());
    }
}
