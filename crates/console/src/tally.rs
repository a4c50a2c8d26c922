//! Counts of the last day, per hour. The journal is read once; later looks read only what is new.

use std::{
    collections::HashMap,
    io,
    sync::{Mutex, PoisonError},
};

use vestibule_model::{OrgId, Timestamp};
use vestibule_store::journal::Journal;

use crate::evidence::{Event, Record};

const HOUR: i64 = 3_600_000;
/// Hours shown.
pub(crate) const HOURS: i64 = 24;
/// A first look at a very busy journal stops here, and says so.
const MOST_READ: usize = 500_000;

/// What happened in an hour, or in all of them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Counts {
    pub(crate) allowed: u64,
    pub(crate) denied: u64,
    pub(crate) sign_ins: u64,
    pub(crate) failed_sign_ins: u64,
    pub(crate) unauthenticated: u64,
}

impl Counts {
    fn count(&mut self, event: &Event) {
        match (event.kind.as_str(), event.verdict.as_deref()) {
            ("call", Some("allow")) => self.allowed += 1,
            ("call", Some("deny")) => self.denied += 1,
            ("sign_in", Some("allow")) => self.sign_ins += 1,
            ("sign_in", Some("deny")) => self.failed_sign_ins += 1,
            ("unauthenticated", _) => self.unauthenticated += 1,
            _ => {}
        }
    }

    fn add(&mut self, other: &Self) {
        self.allowed += other.allowed;
        self.denied += other.denied;
        self.sign_ins += other.sign_ins;
        self.failed_sign_ins += other.failed_sign_ins;
        self.unauthenticated += other.unauthenticated;
    }
}

/// The last day, for one organization.
pub(crate) struct Day {
    /// The start of each hour and its counts, oldest first; always [`HOURS`] of them.
    pub(crate) hours: Vec<(Timestamp, Counts)>,
    pub(crate) total: Counts,
    /// Whether there was more than could be counted.
    pub(crate) at_least: bool,
    /// The last record of the journal.
    pub(crate) last: u64,
}

/// What is counted so far.
#[derive(Default)]
pub(crate) struct Tally(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    seen: u64,
    at_least: bool,
    /// By hour and organization (`None`: nobody's).
    hours: HashMap<(i64, Option<String>), Counts>,
}

impl Tally {
    /// Counts what is new and gives the last day. Reads files: run it where blocking is allowed.
    pub(crate) fn day(&self, journal: &Journal, org: &OrgId, now: Timestamp) -> io::Result<Day> {
        let this_hour = now.as_millis().div_euclid(HOUR);
        let first = this_hour - HOURS + 1;
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.read(journal, first)?;
        counted.hours.retain(|(hour, _), _| *hour >= first);
        Ok(counted.day(org, first..=this_hour))
    }
}

impl Counted {
    /// All that is new, or on an error nothing: a half-read journal would be counted wrong ever after.
    fn read(&mut self, journal: &Journal, first: i64) -> io::Result<()> {
        let (mut last, mut at_least) = (self.seen, self.at_least);
        let mut fresh: HashMap<(i64, Option<String>), Counts> = HashMap::new();
        for (read, line) in journal.newest_first(None).map_err(io::Error::other)?.enumerate() {
            let Ok(record) = serde_json::from_str::<Record>(&line?) else { continue };
            let hour = record.event.at.as_millis().div_euclid(HOUR);
            // Clocks of requests run a little against each other: one hour more than is shown.
            if record.seq <= self.seen || hour + 1 < first {
                break;
            }
            if read == MOST_READ {
                at_least = true;
                break;
            }
            last = last.max(record.seq);
            fresh.entry((hour, record.event.org.clone())).or_default().count(&record.event);
        }
        for (key, counts) in fresh {
            self.hours.entry(key).or_default().add(&counts);
        }
        (self.seen, self.at_least) = (last, at_least);
        Ok(())
    }

    fn day(&self, org: &OrgId, hours: std::ops::RangeInclusive<i64>) -> Day {
        let mut day = Day { hours: Vec::new(), total: Counts::default(), at_least: self.at_least, last: self.seen };
        for hour in hours {
            let mut counts = Counts::default();
            for key in [None, Some(org.to_string())] {
                if let Some(more) = self.hours.get(&(hour, key)) {
                    counts.add(more);
                }
            }
            day.total.add(&counts);
            day.hours.push((Timestamp::from_millis(hour * HOUR), counts));
        }
        day
    }
}
