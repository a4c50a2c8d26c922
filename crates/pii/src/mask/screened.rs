//! The sealed result.
//!
//! Only this crate builds one:
//!
//! ```compile_fail
//! fn forge(text: String) -> vestibule_pii::Screened<String> {
//!     vestibule_pii::Screened { value: text, counts: Default::default() }
//! }
//! ```

use crate::kind::Kind;

/// Something that was looked through, with what was found replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub struct Screened<T> {
    value: T,
    counts: Counts,
}

impl<T> Screened<T> {
    pub(crate) fn new(value: T, counts: Counts) -> Self {
        Self { value, counts }
    }

    /// What may go out.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// What may go out, on loan.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// How many of each kind were replaced.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }
}

/// How many findings there were of each kind.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts([u32; Kind::ALL.len()]);

impl Counts {
    /// Those of one kind.
    pub fn of(&self, kind: Kind) -> u32 {
        self.0.get(kind.index()).copied().unwrap_or(0)
    }

    /// All of them.
    pub fn total(&self) -> u32 {
        self.0.iter().sum()
    }

    /// The kinds that were found, with how many.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, u32)> + '_ {
        Kind::ALL.into_iter().map(|kind| (kind, self.of(kind))).filter(|(_, count)| *count > 0)
    }

    /// What came to it since it was as `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut counts = self.0;
        for (count, before) in counts.iter_mut().zip(earlier.0) {
            *count = count.saturating_sub(before);
        }
        Self(counts)
    }

    /// Adds those of another.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(more);
        }
    }

    pub(crate) fn add(&mut self, kind: Kind) {
        if let Some(count) = self.0.get_mut(kind.index()) {
            *count = count.saturating_add(1);
        }
    }
}
