//! What was read of a document word by word, and how much more may be.
//!
//! One house number reads what the one before it read. So words are kept for a while; and where numbers stand closer than
//! in any list of addresses, not every one is read about, or a few bytes would cost as much as a page.

use std::cell::Cell;

/// The words that were read last, in a document of one text or many.
#[derive(Debug)]
pub(crate) struct Reading {
    words: [Cell<ReadWord>; READ],
    /// How long the texts are that went before the one in hand.
    base: usize,
    /// How many words were read about the number in hand.
    count: Cell<u32>,
    /// How many words may be read, and up to where the text has paid for them.
    credit: Cell<(i64, usize)>,
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
/// So many bytes pay for a word. Lists of nothing but addresses need one word in four bytes.
const BYTES: usize = 2;
/// So many words may be read at once.
const CREDIT: i64 = 1024;
/// What the number itself costs.
const NUMBER: u32 = 4;
/// So many words a number may read for nothing about which something was found.
const FOUND: u32 = 16;

impl Default for Reading {
    fn default() -> Self {
        Self {
            words: std::array::from_fn(|_| Cell::default()),
            base: 0,
            count: Cell::new(0),
            credit: Cell::new((CREDIT, 0)),
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

    /// Counts what costs as much as so many words that are read.
    #[inline]
    pub(crate) fn count(&self, words: u32) {
        self.count.set(self.count.get() + words);
    }

    /// Whether words may be read about the number at a place.
    pub(crate) fn may_go_on(&self, place: usize) -> bool {
        let place = self.base + place;
        let (credit, paid) = self.credit.get();
        let more = place.saturating_sub(paid) / BYTES;
        let credit = credit.saturating_add(i64::try_from(more).unwrap_or(CREDIT)).min(CREDIT);
        self.credit.set((credit, paid + more * BYTES));
        credit > 0
    }

    /// Takes what was read about a number off the credit.
    pub(crate) fn settle(&self, found: bool) {
        let count = self.count.take() + NUMBER;
        let free = if found { FOUND } else { 0 };
        let (credit, paid) = self.credit.get();
        self.credit.set((credit - i64::from(count.saturating_sub(free)), paid));
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
        reading.leave(10);
        assert!(reading.at(4).is_none());
    }

    #[test]
    fn credit_runs_out_and_comes_back() {
        let reading = Reading::default();
        let read = |number: usize| {
            let may = reading.may_go_on(number);
            if may {
                (0..20).for_each(|_| reading.count(1));
                reading.settle(false);
            }
            may
        };
        // A number every ten bytes may cost five words.
        let dense = (0..4_000).filter(|number| read(number * 10)).count();
        assert!((800..1_000).contains(&dense), "{dense}");
        assert!(read(40_000 + 100) && (1..500).all(|number| read(41_000 + number * 60)));
    }
}
