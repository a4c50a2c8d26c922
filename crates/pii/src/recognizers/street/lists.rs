//! Which lists a word is in: one look, whatever the number of the lists is.

use std::sync::OnceLock;

use super::names::WORDS;
use crate::words::WordTable;

/// Lists of words, a bit each; and what the writing of a word tells, which is as good as a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Lists(pub(super) u64);

impl Lists {
    pub(super) const fn nth(index: u32) -> Self {
        Self(1 << index)
    }

    /// This list or that.
    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether one of the other lists is among these.
    pub(super) const fn meet(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}

/// Words that begin with a capital, or with a digit as `25th` does.
pub(super) const NAME: Lists = Lists::nth(63);
/// `1st`, `25th`.
pub(super) const ORDINAL: Lists = Lists::nth(62);
/// Words with a digit.
pub(super) const DIGIT: Lists = Lists::nth(61);

/// The table of all words.
pub(super) fn table() -> &'static WordTable {
    static TABLE: OnceLock<WordTable> = OnceLock::new();
    TABLE.get_or_init(|| WordTable::of(WORDS.iter().map(|(lists, words)| (lists.0, *words))))
}
