//! What clients with a session are asked while a call of theirs runs, and which of their calls run.
//!
//! An answer finds its question only from the session of the call, and only once. Everything here lives as long as the
//! stream of the call, on this node.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, oneshot};
use vestibule_mcp::{Message, bridge};
use vestibule_model::Digest;

use super::{sessions::Owner, way::Passage};
use crate::dispatch::DispatchError;

/// The most questions that wait for an answer, in all and of one caller.
const MOST: (usize, usize) = (8192, 256);
/// The most calls that can be cancelled, in all.
const MOST_CALLS: usize = 65_536;

/// A session of ours with one caller.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Place {
    owner: Owner,
    session: Digest,
}

impl Place {
    pub(super) fn new(way: &Passage, session: &str) -> Self {
        Self { owner: Owner::of(way), session: Digest::of(session.as_bytes()) }
    }

    /// Whether both are sessions of one caller.
    pub(super) fn is_of_caller(&self, other: &Self) -> bool {
        self.owner == other.owner
    }
}

/// A client's result, or its error; each raw.
type Outcome = Result<String, String>;

/// All of them.
#[derive(Default)]
pub(crate) struct Questions {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: HashMap<String, (Place, oneshot::Sender<Outcome>)>,
    running: HashMap<(Place, String), Arc<Notify>>,
}

impl Questions {
    /// Opens a question. `id` is raw JSON text, and unguessable.
    pub(super) fn open(way: &Passage, place: &Place, id: String) -> Result<Question, DispatchError> {
        let (sender, answer) = oneshot::channel();
        let mut state = way.reach.questions.lock();
        let of_caller = || state.open.values().filter(|(other, _)| other.is_of_caller(place)).count();
        if state.open.len() >= MOST.0 || of_caller() >= MOST.1 {
            return Err(DispatchError::Busy);
        }
        state.open.insert(id.clone(), (place.clone(), sender));
        drop(state);
        Ok(Question { way: way.clone(), id, answer })
    }

    /// Takes an answer. False when nobody in this session waits for it.
    pub(super) fn answer(&self, place: &Place, response: &Message) -> bool {
        let (Some(id), Some(outcome)) = (response.id(), bridge::outcome_of(response)) else { return false };
        let mut state = self.lock();
        if state.open.get(id).is_none_or(|(of, _)| of != place) {
            return false;
        }
        state.open.remove(id).is_some_and(|(_, waiting)| waiting.send(outcome).is_ok())
    }

    /// Notes a call that its client may cancel. Beyond the limit it cannot be: to cancel is a wish, not a right.
    pub(super) fn run(way: &Passage, place: &Place, id: &str) -> Running {
        let (key, cancelled) = ((place.clone(), id.to_owned()), Arc::new(Notify::new()));
        let mut state = way.reach.questions.lock();
        if state.running.len() < MOST_CALLS {
            state.running.insert(key.clone(), Arc::clone(&cancelled));
        }
        drop(state);
        Running { way: way.clone(), key, cancelled }
    }

    /// The client gave up a call (MCP 2025-11-25, cancellation).
    pub(super) fn cancel(&self, place: &Place, id: &str) {
        if let Some(cancelled) = self.lock().running.get(&(place.clone(), id.to_owned())) {
            cancelled.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that waits. Dropped, it is open no more.
pub(super) struct Question {
    way: Passage,
    id: String,
    answer: oneshot::Receiver<Outcome>,
}

impl Question {
    /// Its id, as raw JSON text.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The answer. May be dropped and called again until there is one.
    pub(super) async fn answered(&mut self) -> Option<Outcome> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        self.way.reach.questions.lock().open.remove(&self.id);
    }
}

/// A call that runs.
pub(super) struct Running {
    way: Passage,
    key: (Place, String),
    cancelled: Arc<Notify>,
}

impl Running {
    /// Returns when its client gave it up.
    pub(super) async fn cancelled(&self) {
        self.cancelled.notified().await;
    }
}

impl Drop for Running {
    /// A later call with the same id stays.
    fn drop(&mut self) {
        let mut state = self.way.reach.questions.lock();
        if state.running.get(&self.key).is_some_and(|running| Arc::ptr_eq(running, &self.cancelled)) {
            state.running.remove(&self.key);
        }
    }
}
