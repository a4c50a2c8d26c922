//! Between the callers and the writer's thread: a lock held for a push, and a sleep that is ended only
//! when somebody waits for an answer.

use std::{
    io,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use super::batch::Batch;

/// More than this waiting means that the disk hangs: refuse instead of filling the memory.
const MOST_WAITING: usize = 1 << 16;

/// Serialised events of the next batch.
pub(super) struct Pending {
    pub(super) events: Vec<Vec<u8>>,
    /// For how many of them an answer waits.
    pub(super) waiting: usize,
    pub(super) batch: Arc<Batch>,
}

impl Pending {
    fn new() -> Self {
        Self { events: Vec::new(), waiting: 0, batch: Batch::new() }
    }
}

/// What the writer finds when it looks for work.
pub(super) enum Found {
    Records(Pending),
    Nothing,
    /// No more will come; these are the last.
    Closed(Pending),
}

/// Whether anybody waits for the record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    /// An answer waits: wake the writer.
    Now,
    /// Nobody waits: it may ride along with the next batch.
    Soon,
}

/// How deeply the writer sleeps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sleep {
    Awake,
    /// For a moment under load, until so many more waiting records have come: a sync costs the same for
    /// one as for all.
    Gathering(usize),
    /// For a few milliseconds; only urgent records wake it.
    Dozing,
    /// Any record wakes it.
    Asleep,
}

struct Inner {
    pending: Pending,
    sleep: Sleep,
    broken: Option<Arc<io::Error>>,
    closed: bool,
}

/// The queue.
pub(super) struct Queue {
    inner: Mutex<Inner>,
    wake: Condvar,
    healthy: AtomicBool,
    refused: AtomicU64,
}

impl Queue {
    pub(super) fn new() -> Self {
        let inner = Inner { pending: Pending::new(), sleep: Sleep::Awake, broken: None, closed: false };
        Self {
            inner: Mutex::new(inner),
            wake: Condvar::new(),
            healthy: AtomicBool::new(true),
            refused: AtomicU64::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one record; the batch it will be part of, or why it is refused.
    pub(super) fn push(&self, event: Vec<u8>, urgency: Urgency) -> Result<Arc<Batch>, Arc<io::Error>> {
        let mut inner = self.lock();
        if let Some(why) = inner.refusal() {
            drop(inner);
            self.count_refused(1);
            return Err(why);
        }
        inner.pending.events.push(event);
        let batch = Arc::clone(&inner.pending.batch);
        inner.pending.waiting += usize::from(urgency == Urgency::Now);
        let must_wake = inner.sleep.ends_with(&inner.pending);
        if must_wake {
            inner.sleep = Sleep::Awake;
        }
        drop(inner);
        if must_wake {
            self.wake.notify_one();
        }
        Ok(batch)
    }

    /// Takes all that waits; sleeps up to `patience` for it.
    pub(super) fn take(&self, sleep: Sleep, patience: Duration) -> Found {
        let mut inner = self.lock();
        let sleep = match sleep {
            Sleep::Gathering(more) => Sleep::Gathering(inner.pending.waiting + more),
            other => other,
        };
        let idle = |inner: &mut Inner| !inner.closed && !sleep.ends_with(&inner.pending);
        if idle(&mut inner) {
            inner.sleep = sleep;
            inner = self.wake.wait_timeout_while(inner, patience, idle).unwrap_or_else(PoisonError::into_inner).0;
            inner.sleep = Sleep::Awake;
        }
        if inner.closed {
            Found::Closed(inner.take())
        } else if inner.pending.events.is_empty() {
            Found::Nothing
        } else {
            Found::Records(inner.take())
        }
    }

    /// Refuses everything from now on, and everybody who waits.
    pub(super) fn break_down(&self, why: &Arc<io::Error>) {
        let mut inner = self.lock();
        inner.broken = Some(Arc::clone(why));
        self.healthy.store(false, Ordering::Release);
        let pending = inner.take();
        drop(inner);
        self.count_refused(pending.events.len());
        pending.batch.finish(Err(Arc::clone(why)));
    }

    /// Accepts again.
    pub(super) fn recover(&self) {
        self.lock().broken = None;
        self.healthy.store(true, Ordering::Release);
    }

    /// Accepts nothing more; the writer finishes what waits.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.healthy.store(false, Ordering::Release);
        self.wake.notify_one();
    }

    pub(super) fn healthy(&self) -> bool {
        self.healthy.load(Ordering::Acquire)
    }

    pub(super) fn count_refused(&self, events: usize) {
        self.refused.fetch_add(events as u64, Ordering::Relaxed);
    }

    /// How many were refused since this was last asked.
    pub(super) fn take_refused(&self) -> u64 {
        self.refused.swap(0, Ordering::Relaxed)
    }
}

impl Sleep {
    /// Whether the writer has slept enough, with this waiting.
    fn ends_with(self, pending: &Pending) -> bool {
        match self {
            Self::Awake => false,
            Self::Gathering(enough) => pending.waiting >= enough,
            Self::Dozing => pending.waiting > 0,
            Self::Asleep => !pending.events.is_empty(),
        }
    }
}

impl Inner {
    fn take(&mut self) -> Pending {
        std::mem::replace(&mut self.pending, Pending::new())
    }

    fn refusal(&self) -> Option<Arc<io::Error>> {
        if let Some(why) = &self.broken {
            return Some(Arc::clone(why));
        }
        if self.closed {
            return Some(Arc::new(io::Error::other("the audit journal is closed")));
        }
        (self.pending.events.len() >= MOST_WAITING).then(|| Arc::new(io::Error::other("the disk does not keep up")))
    }
}
