//! What was read of a document word by word. One house number reads what the one before it read, so words are kept for a
//! while.

use std::cell::Cell;

/// The words that were read last, in a document of one text or many.
#[derive(Debug)]
pub(crate) struct Reading {
    words: [Cell<ReadWord>; READ],
    /// Where words begin that were read from their ends: the end in the document, and one, with the length.
    ends: [Cell<(usize, usize)>; ENDS],
    /// How long the texts are that went before the one in hand.
    base: usize,
}

/// A word that was read: how long it is, and its lists.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReadWord {
    /// Where it begins in the document, and one.
    place: usize,
    length: u32,
    pub(crate) lists: u64,
}

/// Words that begin so close together keep out of each other's way, when each has two bytes at least.
const READ: usize = 32;
/// The same for their ends, of which fewer are asked for.
const ENDS: usize = 16;

impl Default for Reading {
    fn default() -> Self {
        Self {
            words: std::array::from_fn(|_| Cell::default()),
            ends: std::array::from_fn(|_| Cell::default()),
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

    /// How long the word is that ends at a place: as it was found lately, or finds out.
    #[inline]
    pub(crate) fn length_to(&self, end: usize, find: impl FnOnce() -> usize) -> usize {
        let end = self.base + end;
        let slot = self.ends.get(end % ENDS);
        match slot.map(Cell::get) {
            Some((known, length)) if known == end + 1 => length,
            _ => {
                let length = find();
                slot.into_iter().for_each(|slot| slot.set((end + 1, length)));
                length
            }
        }
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
        assert_eq!([reading.length_to(7, || 3), reading.length_to(7, || 9)], [3, 3]);
        reading.leave(10);
        assert!(reading.at(4).is_none());
        assert_eq!(reading.length_to(7, || 2), 2);
    }
}
