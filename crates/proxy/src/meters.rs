//! How often what happened, since the start. For operators; no names, no values.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of the MCP endpoints.
#[derive(Debug, Default)]
pub struct Meters {
    allowed: AtomicU64,
    denied: AtomicU64,
    undelivered: AtomicU64,
    unauthenticated: AtomicU64,
}

/// What may happen to a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Happened {
    /// Policy permitted it.
    Allowed,
    /// Policy refused it.
    Denied,
    /// It was permitted, and no answer came.
    Undelivered,
    /// It came without a valid credential.
    Unauthenticated,
}

impl Happened {
    /// All of it, with its name in metrics.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Allowed, "allowed"),
        (Self::Denied, "denied"),
        (Self::Undelivered, "undelivered"),
        (Self::Unauthenticated, "unauthenticated"),
    ];
}

impl Meters {
    pub(crate) fn count(&self, what: Happened) {
        self.counter(what).fetch_add(1, Ordering::Relaxed);
    }

    /// How often so far.
    pub fn read(&self, what: Happened) -> u64 {
        self.counter(what).load(Ordering::Relaxed)
    }

    const fn counter(&self, what: Happened) -> &AtomicU64 {
        match what {
            Happened::Allowed => &self.allowed,
            Happened::Denied => &self.denied,
            Happened::Undelivered => &self.undelivered,
            Happened::Unauthenticated => &self.unauthenticated,
        }
    }
}
