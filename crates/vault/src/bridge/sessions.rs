//! The sessions that servers of the stateful era have with us on behalf of clients without one.
//!
//! A session knows who opened it, so each belongs to one subject with one client that declared one set of capabilities at
//! one upstream, and nobody else is ever let into it (MCP security best practices, session hijacking).

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::OnceCell, time::Instant};
use vestibule_mcp::{
    Message,
    bridge::{Client, Initialized},
};
use vestibule_model::{ClientId, Digest, OrgId, ServerName};

use super::{
    listening::Feed,
    way::{self, Passage},
};
use crate::{McpCall, dispatch::DispatchError};

/// How many sessions are held, and how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeldLimits {
    /// In all.
    pub(crate) max: usize,
    /// For one subject. Beyond, the one that was unused for longest ends.
    pub(crate) max_per_subject: usize,
    /// A session ends when nothing was asked in it for so long.
    pub(crate) idle: Duration,
}

impl Default for HeldLimits {
    fn default() -> Self {
        Self { max: 4096, max_per_subject: 16, idle: Duration::from_secs(15 * 60) }
    }
}

/// Whose session it is, where, and as what client.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Owner {
    server: ServerName,
    upstream: Digest,
    org: OrgId,
    subject: String,
    client: ClientId,
    declared: String,
}

impl Owner {
    /// Whoever calls by this way, whatever their client declares.
    pub(super) fn of(way: &Passage) -> Self {
        Self {
            server: way.entry.server().name.clone(),
            upstream: way.entry.upstream(),
            org: way.caller.org.clone(),
            subject: way.caller.subject_id().to_owned(),
            client: way.caller.client.clone(),
            declared: String::new(),
        }
    }

    /// The same, as a client that declares this.
    pub(super) fn declaring(self, client: &Client) -> Self {
        Self { declared: client.capabilities().to_owned(), ..self }
    }

    pub(super) fn same_subject(&self, other: &Self) -> bool {
        self.org == other.org && self.subject == other.subject
    }
}

/// A session, or the place for one.
pub(crate) struct Session {
    owner: Owner,
    /// Opened by the first who needs it; others wait for that.
    pub(super) opened: OnceCell<Opened>,
    /// What the server tells in it without being asked.
    pub(super) feed: Feed,
    used: Mutex<Instant>,
    ids: AtomicU64,
}

/// What the server said when it opened.
pub(super) struct Opened {
    /// Its id; some servers give none.
    pub(super) id: Option<String>,
    /// What it can.
    pub(super) server: Initialized,
}

impl Opened {
    /// A message in this session.
    pub(super) fn carry(&self, message: Message) -> McpCall {
        way::stateful(message, Some(self.server.version()), self.id.clone())
    }
}

impl Session {
    fn new(owner: Owner, now: Instant) -> Self {
        Self { owner, opened: OnceCell::new(), feed: Feed::default(), used: Mutex::new(now), ids: AtomicU64::new(1) }
    }

    /// An id for a request; never the same twice.
    pub(super) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    fn used(&self) -> Instant {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self, now: Instant) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

/// All of them.
pub(crate) struct HeldSessions {
    all: Mutex<HashMap<Owner, Arc<Session>>>,
    limits: HeldLimits,
}

impl HeldSessions {
    pub(crate) fn new(limits: HeldLimits) -> Self {
        Self { all: Mutex::default(), limits }
    }

    /// The owner's session, or a place for a new one.
    pub(super) fn find(&self, owner: &Owner) -> Result<Arc<Session>, DispatchError> {
        self.find_at(owner, Instant::now())
    }

    fn find_at(&self, owner: &Owner, now: Instant) -> Result<Arc<Session>, DispatchError> {
        let mut all = self.lock();
        let fresh = |session: &Arc<Session>| in_use(session) || session.used() + self.limits.idle > now;
        if let Some(session) = all.get(owner).filter(|session| fresh(session)) {
            session.touch(now);
            return Ok(Arc::clone(session));
        }
        all.retain(|_, session| fresh(session));
        if all.keys().filter(|other| other.same_subject(owner)).count() >= self.limits.max_per_subject {
            end_oldest(&mut all, |other| other.same_subject(owner))?;
        }
        if all.len() >= self.limits.max {
            end_oldest(&mut all, |_| true)?;
        }
        let session = Arc::new(Session::new(owner.clone(), now));
        all.insert(owner.clone(), Arc::clone(&session));
        Ok(session)
    }

    /// The server knows this session no more. One that was opened since stays.
    pub(super) fn forget(&self, session: &Arc<Session>) {
        let mut all = self.lock();
        if all.get(&session.owner).is_some_and(|held| Arc::ptr_eq(held, session)) {
            all.remove(&session.owner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Owner, Arc<Session>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a request is under way in it.
fn in_use(session: &Arc<Session>) -> bool {
    Arc::strong_count(session) > 1
}

/// Ends the session that was unused for longest; none in which a request is under way.
fn end_oldest(all: &mut HashMap<Owner, Arc<Session>>, among: impl Fn(&Owner) -> bool) -> Result<(), DispatchError> {
    let idle = all.values().filter(|session| among(&session.owner) && !in_use(session));
    let oldest = idle.min_by_key(|session| session.used()).map(|session| session.owner.clone());
    all.remove(&oldest.ok_or(DispatchError::Busy)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::suite;

    const LIMITS: HeldLimits = HeldLimits { max: 4, max_per_subject: 2, idle: Duration::from_secs(60) };

    fn owner(subject: &str, client: &str) -> Owner {
        Owner {
            server: "hr".into(),
            upstream: Digest::of(b"u"),
            org: suite::caller("ana").org.clone(),
            subject: subject.to_owned(),
            client: ClientId::from(client),
            declared: "{}".to_owned(),
        }
    }

    #[test]
    fn only_the_same_owner_finds_a_session() {
        let sessions = HeldSessions::new(HeldLimits::default());
        let ana = owner("ana", "c");
        let session = sessions.find(&ana).unwrap();
        assert!(Arc::ptr_eq(&session, &sessions.find(&ana).unwrap()));
        for other in [
            owner("ben", "c"),
            owner("ana", "d"),
            Owner { server: "crm".into(), ..ana.clone() },
            Owner { upstream: Digest::of(b"v"), ..ana.clone() },
            Owner { org: OrgId::from("elsewhere"), ..ana.clone() },
            Owner { declared: r#"{"x":{}}"#.to_owned(), ..ana.clone() },
        ] {
            assert!(!Arc::ptr_eq(&session, &sessions.find(&other).unwrap()), "{other:?}");
        }
        assert_eq!((session.next_id(), session.next_id()), (1, 2));
    }

    #[test]
    fn sessions_are_bounded_and_those_in_use_stay() {
        let (sessions, start) = (HeldSessions::new(LIMITS), Instant::now());
        let first = Arc::downgrade(&sessions.find_at(&owner("ana", "1"), start).unwrap());
        let later = start + Duration::from_secs(1);
        let find = |subject: &str, client: &str| sessions.find_at(&owner(subject, client), later);
        let (second, third) = (find("ana", "2").unwrap(), find("ana", "3").unwrap());
        assert!(first.upgrade().is_none(), "the oldest ended");
        assert!(matches!(find("ana", "4"), Err(DispatchError::Busy)), "both are in use");
        drop(third);
        let ana = find("ana", "4").unwrap();
        let others = [find("ben", "1").unwrap(), find("cem", "1").unwrap()];
        assert!(matches!(find("dan", "1"), Err(DispatchError::Busy)), "all are in use");
        drop(second);
        assert!(find("dan", "1").is_ok());
        assert_eq!((Arc::strong_count(&ana), others.len()), (2, 2));
    }

    #[test]
    fn unused_sessions_end_and_forgotten_ones_are_replaced_once() {
        let (sessions, start) = (HeldSessions::new(LIMITS), Instant::now());
        let ana = owner("ana", "1");
        let old = Arc::downgrade(&sessions.find_at(&ana, start).unwrap());
        let new = sessions.find_at(&ana, start + LIMITS.idle).unwrap();
        assert!(old.upgrade().is_none());
        sessions.forget(&new);
        let newer = sessions.find_at(&ana, start + LIMITS.idle).unwrap();
        assert!(!Arc::ptr_eq(&new, &newer));
        sessions.forget(&new);
        assert!(Arc::ptr_eq(&newer, &sessions.find_at(&ana, start + LIMITS.idle).unwrap()));
    }
}
