//! Calls of clients without a session that wait for their client to come back with what the server asked for. The server
//! waits too, in the session that the vault holds with it, so a held call lives on this node alone, and not for long.
//!
//! The state that the client brings back names the call and is unguessable; it serves once, and only whoever made the
//! call, with the same method and parameters (MCP 2026-07-28, multi round-trip requests: servers MUST treat requestState as
//! attacker-controlled).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::time::{Instant, sleep};
use vestibule_model::Digest;

use super::{PATIENCE, running::Call, sessions::Owner, way::Passage};

/// The most calls that are held, in all and of one caller. Beyond, the caller's oldest is given up.
const MOST: (usize, usize) = (4096, 16);

/// All of them.
#[derive(Default)]
pub(crate) struct HeldCalls {
    all: Mutex<HashMap<String, Waiting>>,
}

struct Waiting {
    owner: Owner,
    since: Instant,
    call: Call,
}

impl HeldCalls {
    /// Holds a call. The state to come back with; `None` when there are too many, and then the call is given up.
    pub(super) fn hold(way: &Passage, call: Call) -> Option<String> {
        let (state, owner) = (way.unguessable(), Owner::of(way));
        let mut all = way.reach.held.lock();
        let own = || all.iter().filter(|(_, waiting)| waiting.owner == owner);
        let oldest = (own().count() >= MOST.1).then(|| own().min_by_key(|(_, waiting)| waiting.since)).flatten();
        let oldest = oldest.map(|(state, _)| state.clone());
        let given_up = oldest.and_then(|oldest| all.remove(&oldest));
        let room = all.len() < MOST.0;
        let refused = if room {
            all.insert(state.clone(), Waiting { owner, since: Instant::now(), call });
            None
        } else {
            Some(call)
        };
        // What ends tells its server, so not while others wait.
        drop(all);
        drop((given_up, refused));
        let (reach, named) = (Arc::downgrade(&way.reach), state.clone());
        tokio::spawn(async move {
            sleep(PATIENCE).await;
            let expired = reach.upgrade().and_then(|reach| reach.held.lock().remove(&named));
            drop(expired);
        });
        room.then_some(state)
    }

    /// The call that this caller may go on with; it is held no more.
    pub(super) fn take(way: &Passage, state: &str, of: Digest) -> Option<Call> {
        let owner = Owner::of(way);
        let mut all = way.reach.held.lock();
        all.get(state).filter(|waiting| waiting.owner == owner && waiting.call.is_of(of))?;
        all.remove(state).map(|waiting| waiting.call)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Waiting>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
