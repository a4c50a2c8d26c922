//! What a label can be about.

use std::ops::BitOr;

use crate::kind::Kind;

/// A set of topics: the kinds, and three sorts of things that are none of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Topics(u32);

impl Topics {
    /// Nothing is known.
    pub(crate) const NONE: Self = Self(0);
    /// A word between a label and its value: "number", "is".
    pub(crate) const FILLER: Self = Self(1 << 16);
    /// A count, an order, a row: something that identifies no person.
    pub(crate) const OTHER: Self = Self(1 << 17);
    /// A thing with a number of its own that looks like one of ours: ISBN, IMEI, tracking.
    pub(crate) const FOREIGN: Self = Self(1 << 18);
    /// A version of a program, a section of a document.
    pub(crate) const VERSION: Self = Self(1 << 19);

    /// A verb: it labels in a sentence, not as a key.
    pub(crate) const PROSE: Self = Self(1 << 20);
    /// What is known is the name of the whole cell or value, not a word in front of it.
    pub(crate) const WHOLE: Self = Self(1 << 21);

    /// What the word says depends on the words beside it.
    pub(crate) const PAIRED: Self = Self(1 << 22);
    /// A secret that people think of themselves: it need not look random.
    pub(crate) const PASSWORD: Self = Self(1 << 23);

    /// What often stands in front of a telephone number, and as often in front of another thing: "Office:". It counts only
    /// where it stands directly before what nearly surely is one.
    pub(crate) const HINT: Self = Self(1 << 28);

    /// The topic of one kind.
    pub(crate) const fn of(kind: Kind) -> Self {
        Self(1 << kind.index())
    }

    /// Whether there is a common topic.
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both together.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Without others.
    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Only what is among others.
    pub(crate) const fn only(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Whether it says anything about a value.
    pub(crate) const fn is_label(self) -> bool {
        self.0 & !(Self::FILLER.0 | Self::WHOLE.0 | Self::PAIRED.0 | Self::HINT.0) != 0
    }

    /// Whether it names the kind.
    pub(crate) const fn names(self, kind: Kind) -> bool {
        self.meets(Self::of(kind))
    }

    /// Whether it names any kind.
    pub(crate) const fn names_a_kind(self) -> bool {
        self.0 & 0xFFFF != 0
    }
}

impl BitOr for Topics {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.and(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_a_bit_of_its_own() {
        let sorts = [
            Topics::FILLER,
            Topics::OTHER,
            Topics::FOREIGN,
            Topics::VERSION,
            Topics::PROSE,
            Topics::WHOLE,
            Topics::PAIRED,
            Topics::PASSWORD,
            Topics::HINT,
        ];
        let kinds = Kind::ALL.map(Topics::of);
        let all = sorts.into_iter().chain(kinds).fold(Topics::NONE, Topics::and);
        assert_eq!(all.0.count_ones() as usize, sorts.len() + kinds.len());
    }
}
