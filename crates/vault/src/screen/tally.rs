//! How often something was masked, by kind. No values, no places.

use std::sync::atomic::{AtomicU64, Ordering};

use vestibule_pii::{Counts, Kind};

use super::settings::Direction;

/// Counters since the start.
#[derive(Debug, Default)]
pub struct Tally {
    results: [AtomicU64; Kind::ALL.len()],
    arguments: [AtomicU64; Kind::ALL.len()],
    restored: AtomicU64,
    refused: AtomicU64,
}

impl Tally {
    pub(super) fn add(&self, direction: Direction, counts: &Counts) {
        let counters = match direction {
            Direction::Results => &self.results,
            Direction::Arguments => &self.arguments,
        };
        for (counter, kind) in counters.iter().zip(Kind::ALL) {
            let count = counts.of(kind);
            if count > 0 {
                counter.fetch_add(u64::from(count), Ordering::Relaxed);
            }
        }
    }

    pub(super) fn restored(&self) {
        self.restored.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// How many values of each kind were replaced.
    pub fn masked(&self, direction: Direction) -> impl Iterator<Item = (Kind, u64)> + '_ {
        let counters = match direction {
            Direction::Results => &self.results,
            Direction::Arguments => &self.arguments,
        };
        Kind::ALL.into_iter().zip(counters).map(|(kind, counter)| (kind, counter.load(Ordering::Relaxed)))
    }

    /// How many messages had labels turned back.
    pub fn messages_restored(&self) -> u64 {
        self.restored.load(Ordering::Relaxed)
    }

    /// How many messages did not pass, because of what they held or because they could not be looked at.
    pub fn messages_refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}
