//! How often something was masked, by kind. No values, no places.

use std::{
    num::NonZeroU64,
    sync::atomic::{AtomicU64, Ordering},
};

use vestibule_pii::{Counts, Kind};

use super::settings::Direction;

/// Counters since the start.
#[derive(Debug, Default)]
pub struct Tally {
    results: [AtomicU64; Kind::ALL.len()],
    arguments: [AtomicU64; Kind::ALL.len()],
    left: [AtomicU64; Kind::ALL.len()],
    proved: AtomicU64,
    restored: AtomicU64,
    refused: AtomicU64,
    answers: AtomicU64,
}

impl Tally {
    pub(super) fn add(&self, direction: Direction, counts: &Counts) {
        let counters = match direction {
            Direction::Results => &self.results,
            Direction::Arguments => &self.arguments,
        };
        add(counters, counts);
    }

    /// Whether this answer is one of the sample.
    pub(super) fn is_sample(&self, one_in: NonZeroU64) -> bool {
        self.answers.fetch_add(1, Ordering::Relaxed).is_multiple_of(one_in.get())
    }

    /// A part of a sample went out with this in it.
    pub(super) fn proved(&self, left: &Counts) {
        self.proved.fetch_add(1, Ordering::Relaxed);
        add(&self.left, left);
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

    /// How many parts of answers were looked at once more, on their way out.
    pub fn parts_proved(&self) -> u64 {
        self.proved.load(Ordering::Relaxed)
    }

    /// What was in them still, at the most suspicious look.
    pub fn left(&self) -> impl Iterator<Item = (Kind, u64)> + '_ {
        Kind::ALL.into_iter().zip(&self.left).map(|(kind, counter)| (kind, counter.load(Ordering::Relaxed)))
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

fn add(counters: &[AtomicU64], counts: &Counts) {
    for (counter, kind) in counters.iter().zip(Kind::ALL) {
        let count = counts.of(kind);
        if count > 0 {
            counter.fetch_add(u64::from(count), Ordering::Relaxed);
        }
    }
}
