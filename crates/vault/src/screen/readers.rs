//! The numbers in labels, and what they stand for. Whoever reads them is one subject with one client; a label has one
//! meaning for them, wherever they meet it. It is turned back only toward the place that has shown the value: a server, and
//! within it the session.
//!
//! All of it is memory of this node: nothing is stored, nothing outlives the process, and what is not used is forgotten. A
//! label that is not known is never guessed (see the ADR on pseudonyms).

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use vestibule_model::{ClientId, Clock, OrgId, Principal, Random, ServerName, Subject, Timestamp, UserId};
use vestibule_pii::Pseudonyms;

/// The most readers that are remembered.
const MOST_READERS: usize = 4096;
/// The most entries that are remembered of all of them, about 200 MB.
const MOST_ENTRIES: usize = 2_000_000;
/// How often it is looked for what is not used.
const SWEEP: Duration = Duration::from_secs(60);
/// The most places of one reader of which it is known where their labels begin.
const MOST_PLACES: usize = 4096;

/// All of them.
pub(super) struct Readers {
    all: Mutex<HashMap<Who, Arc<Reader>>>,
    entries: Arc<AtomicUsize>,
    /// Labels from before may have been given by somebody who forgot them.
    complete_since: AtomicI64,
    /// When what is not used was last looked for.
    swept: AtomicI64,
    life: Duration,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// One of them.
pub(super) struct Reader {
    labels: Mutex<Labels>,
    used: AtomicI64,
    entries: Arc<AtomicUsize>,
}

/// What they were shown.
#[derive(Default)]
pub(super) struct Labels {
    pub(super) pseudonyms: Pseudonyms,
    places: HashSet<ServerName>,
}

/// How a place begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Beginning {
    /// With this call.
    Now,
    /// Nobody knows; other numbers may have been given in it.
    Unknown,
}

impl Readers {
    pub(super) fn new(life: Duration, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let now = clock.now().as_millis();
        let (complete_since, swept) = (AtomicI64::new(now), AtomicI64::new(now));
        Self { all: Mutex::default(), entries: Arc::default(), complete_since, swept, life, clock, random }
    }

    /// Whoever calls, if anything is known of them.
    pub(super) fn find(&self, caller: &Principal) -> Option<Arc<Reader>> {
        let now = self.clock.now();
        let mut all = self.lock();
        self.sweep(&mut all, now);
        let found = all.get(&Who::of(caller)).filter(|reader| now.since(reader.used()) < self.life).cloned()?;
        found.used.store(now.as_millis(), Ordering::Relaxed);
        Some(found)
    }

    /// Whoever calls, remembered from now on.
    pub(super) fn of(&self, caller: &Principal) -> Arc<Reader> {
        let (now, who) = (self.clock.now(), Who::of(caller));
        let mut all = self.lock();
        self.sweep(&mut all, now);
        if let Some(reader) = all.get(&who).filter(|reader| now.since(reader.used()) < self.life) {
            reader.used.store(now.as_millis(), Ordering::Relaxed);
            return Arc::clone(reader);
        }
        self.make_room(&mut all, now);
        let reader = Arc::new(Reader {
            labels: Mutex::default(),
            used: AtomicI64::new(now.as_millis()),
            entries: Arc::clone(&self.entries),
        });
        if all.insert(who, Arc::clone(&reader)).is_some() {
            self.forgot(now);
        }
        reader
    }

    /// Labels of a place, for one piece of an answer.
    pub(super) fn enter<'r>(
        &self,
        reader: &'r Reader,
        caller: &Principal,
        place: &ServerName,
        beginning: Beginning,
    ) -> MutexGuard<'r, Labels> {
        let mut labels = reader.lock();
        if !labels.places.contains(place) {
            if labels.places.len() >= MOST_PLACES {
                labels.places.clear();
            }
            labels.places.insert(place.clone());
            if beginning == Beginning::Unknown && !self.saw_all_of(caller) {
                labels.pseudonyms.skip(self.some_numbers());
            }
        }
        labels
    }

    /// Whether every label that was ever given under the caller's grant was given from this memory.
    fn saw_all_of(&self, caller: &Principal) -> bool {
        let since = Timestamp::from_millis(self.complete_since.load(Ordering::Relaxed));
        caller.grant.made_at().is_some_and(|made| made >= since)
    }

    /// Between one and ten thousand: an old label meets a new one once in thousands of times, and people can read it.
    fn some_numbers(&self) -> u32 {
        let mut bytes = [0; 4];
        self.random.fill(&mut bytes);
        1_000 + u32::from_le_bytes(bytes) % 9_000
    }

    /// Values do not stay in memory longer than they serve.
    fn sweep(&self, all: &mut HashMap<Who, Arc<Reader>>, now: Timestamp) {
        let last = Timestamp::from_millis(self.swept.load(Ordering::Relaxed));
        if now.since(last) < SWEEP {
            return;
        }
        self.swept.store(now.as_millis(), Ordering::Relaxed);
        let before = all.len();
        all.retain(|_, reader| now.since(reader.used()) < self.life);
        if all.len() < before {
            self.forgot(now);
        }
    }

    fn make_room(&self, all: &mut HashMap<Who, Arc<Reader>>, now: Timestamp) {
        let before = all.len();
        while all.len() >= MOST_READERS || (self.entries.load(Ordering::Relaxed) >= MOST_ENTRIES && !all.is_empty()) {
            let oldest = all.iter().min_by_key(|(_, reader)| reader.used()).map(|(who, _)| who.clone());
            // An answer that is still on its way keeps its own; they count until it is gone.
            let Some(gone) = oldest.and_then(|who| all.remove(&who)) else { break };
            if Arc::strong_count(&gone) > 1 {
                self.forgot(now);
                break;
            }
        }
        if all.len() < before {
            self.forgot(now);
        }
    }

    fn forgot(&self, now: Timestamp) {
        self.complete_since.store(now.as_millis(), Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Who, Arc<Reader>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    fn used(&self) -> Timestamp {
        Timestamp::from_millis(self.used.load(Ordering::Relaxed))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Labels> {
        self.labels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts what was added while the labels were held.
    pub(super) fn grown(&self, before: usize, after: usize) {
        self.entries.fetch_add(after.saturating_sub(before), Ordering::Relaxed);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let labels = self.labels.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.entries.fetch_sub(labels.pseudonyms.weight(), Ordering::Relaxed);
    }
}

/// One subject with one client, in one organization.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Who {
    org: OrgId,
    subject: Id,
    client: ClientId,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Id {
    User(UserId),
    Service(ClientId),
}

impl Who {
    fn of(caller: &Principal) -> Self {
        let subject = match &caller.subject {
            Subject::User(user) => Id::User(user.id.clone()),
            Subject::Service { client, .. } => Id::Service(client.clone()),
        };
        Self { org: caller.org.clone(), subject, client: caller.client.clone() }
    }
}
