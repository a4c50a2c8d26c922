//! One session: a child, the requests that wait for it, and whoever listens.
//!
//! Each message of the child goes to exactly one place: a response to the request that waits for it; anything else to
//! the newest waiting request, since a server that asks or reports does so on behalf of a call; when none waits, to the
//! listener; when nobody listens, into a short backlog.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep_until, timeout},
};
use vestibule_mcp::{Message, MessageKind, error};
use vestibule_model::{ClientId, Principal, Server};

use super::{
    channel::{Outlet, Via},
    empty,
    line::{self, Line},
};
use crate::{
    answer::{Answer, Events, Piece, Source},
    dispatch::DispatchError,
};

/// The most requests that wait at once.
const MAX_WAITING: usize = 256;
/// The most messages kept while nobody listens; of these the newest, and so many bytes in all.
const BACKLOG: (usize, usize) = (256, 4 << 20);
/// Messages on their way to one stream.
const QUEUE: usize = 2 * BACKLOG.0;
/// How long a request may look like it will have a plain answer, before the answer becomes a stream.
const HOLD: Duration = Duration::from_secs(5);
/// How long a child has to answer `initialize`, and to take a message.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a client has to take a message before its stream is given up.
const SLOW_CLIENT: Duration = Duration::from_secs(30);

/// Whose session it is.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Owner {
    /// As it was configured: a session does not outlive a change of that.
    pub(super) server: Arc<Server>,
    subject: String,
    client: ClientId,
}

impl Owner {
    pub(super) fn new(server: &Arc<Server>, caller: &Principal) -> Self {
        Self { server: Arc::clone(server), subject: caller.subject_id().to_owned(), client: caller.client.clone() }
    }

    pub(super) fn subject(&self) -> &str {
        &self.subject
    }
}

pub(super) struct Session {
    id: String,
    owner: Owner,
    outlet: Outlet,
    closing: Notify,
    state: Mutex<State>,
}

struct State {
    used: Instant,
    ended: bool,
    turn: u64,
    waiting: HashMap<String, Waiting>,
    listener: Option<mpsc::Sender<Piece>>,
    backlog: VecDeque<Bytes>,
}

struct Waiting {
    turn: u64,
    to: mpsc::Sender<Piece>,
}

impl Session {
    pub(super) fn new(id: String, owner: Owner, outlet: Outlet) -> Self {
        let state = State {
            used: Instant::now(),
            ended: false,
            turn: 0,
            waiting: HashMap::new(),
            listener: None,
            backlog: VecDeque::new(),
        };
        Self { id, owner, outlet, closing: Notify::new(), state: Mutex::new(state) }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn is_of(&self, owner: &Owner) -> bool {
        self.owner == *owner
    }

    pub(super) fn is_of_subject(&self, owner: &Owner) -> bool {
        self.owner.subject == owner.subject
    }

    pub(super) fn last_used(&self) -> Instant {
        self.state().used
    }

    /// Asks the task of the session to end it.
    pub(super) fn close(&self) {
        self.closing.notify_one();
    }

    /// The first request, and whether the child accepted it. Its answer is plain JSON; what the child says before it is
    /// not for a client that does not know the session yet.
    pub(super) async fn initialize(&self, via: Via<'_>, message: &Message) -> Result<(Answer, bool), DispatchError> {
        let mut pieces = self.request(via, message).await?;
        let answered = timeout(PATIENCE, async {
            while let Some(piece) = pieces.recv().await {
                if piece.last {
                    return Some(piece.line);
                }
            }
            None
        });
        let line = answered.await.map_err(|_| DispatchError::Timeout)?;
        match line {
            Some(line) if !self.state().ended => {
                let accepted = !line::is_error(&line);
                Ok((json(StatusCode::OK, line), accepted))
            }
            _ => Err(DispatchError::Upstream("it ended the session before it answered".to_owned())),
        }
    }

    /// A later message. A request is answered as JSON when its response comes first and soon, otherwise as a stream.
    pub(super) async fn post(&self, via: Via<'_>, message: &Message) -> Result<Answer, DispatchError> {
        if message.kind() != MessageKind::Request {
            self.say(via, message).await?;
            return Ok(empty(StatusCode::ACCEPTED));
        }
        let mut pieces = self.request(via, message).await?;
        match timeout(HOLD, pieces.recv()).await {
            Ok(Some(Piece { line, last: true })) => Ok(json(StatusCode::OK, line)),
            Ok(Some(Piece { line, .. })) => Ok(events(Some(line), pieces)),
            Ok(None) => Err(DispatchError::SessionGone),
            Err(_) => Ok(events(None, pieces)),
        }
    }

    /// The stream of what the server says by itself. A second listener replaces the first.
    pub(super) fn listen(&self) -> Answer {
        let (to, pieces) = mpsc::channel(QUEUE);
        let mut state = self.state();
        state.used = Instant::now();
        for line in state.backlog.drain(..) {
            // The queue is longer than the backlog.
            let _ = to.try_send(Piece { line, last: false });
        }
        state.listener = (!state.ended).then_some(to);
        events(None, pieces)
    }

    async fn request(&self, via: Via<'_>, message: &Message) -> Result<mpsc::Receiver<Piece>, DispatchError> {
        let id = line::key(message.id().unwrap_or_default());
        let pieces = self.state().wait_for(id)?;
        self.say(via, message).await?;
        Ok(pieces)
    }

    async fn say(&self, via: Via<'_>, message: &Message) -> Result<(), DispatchError> {
        self.state().used = Instant::now();
        let sent = timeout(PATIENCE, via.send(&self.outlet, message.bytes())).await;
        sent.map_err(|_| DispatchError::Timeout)?
    }

    /// Routes the child's lines until it ends, the session is closed, or nobody used it for `idle`.
    pub(super) async fn run(&self, mut lines: mpsc::Receiver<Bytes>, idle: Duration) {
        loop {
            let deadline = self.last_used() + idle;
            tokio::select! {
                line = lines.recv() => match line {
                    Some(line) => self.route(line).await,
                    None => return,
                },
                () = self.closing.notified() => return,
                () = sleep_until(deadline) => if !self.state().is_active(Instant::now(), idle) { return },
            }
        }
    }

    /// Answers everybody who still waits: the child is gone.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        state.listener = None;
        for (id, waiting) in state.waiting.drain() {
            let body = error::error_body(Some(&id), error::code::INTERNAL, "The server has ended.", None);
            let _ = waiting.to.try_send(Piece { line: body.into(), last: true });
        }
    }

    async fn route(&self, line: Bytes) {
        let (to, last) = match line::classify(&line) {
            Line::Response(id) => (self.state().waiting.remove(&id).map(|waiting| waiting.to), true),
            Line::Other => (self.state().choose(&line), false),
            Line::Noise => {
                tracing::warn!(server = %self.owner.server.name, bytes = line.len(), "the server said something that is no message");
                return;
            }
        };
        // A client that does not read holds up its own session, but not for ever.
        if let Some(to) = to {
            let _ = timeout(SLOW_CLIENT, to.send(Piece { line, last })).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Registers a request. MCP, base protocol: an id MUST NOT be used twice in a session by requests in flight.
    fn wait_for(&mut self, id: String) -> Result<mpsc::Receiver<Piece>, DispatchError> {
        if self.ended {
            return Err(DispatchError::SessionGone);
        }
        if self.waiting.len() >= MAX_WAITING {
            self.waiting.retain(|_, waiting| !waiting.to.is_closed());
        }
        if self.waiting.len() >= MAX_WAITING {
            return Err(DispatchError::Busy);
        }
        if self.waiting.get(&id).is_some_and(|waiting| !waiting.to.is_closed()) {
            return Err(DispatchError::DuplicateId);
        }
        let (to, pieces) = mpsc::channel(QUEUE);
        self.turn += 1;
        self.waiting.insert(id, Waiting { turn: self.turn, to });
        Ok(pieces)
    }

    /// Who gets a message that answers nothing. Without anybody it is kept, and `None` given.
    fn choose(&mut self, line: &Bytes) -> Option<mpsc::Sender<Piece>> {
        let open = self.waiting.values().filter(|waiting| !waiting.to.is_closed());
        let newest = open.max_by_key(|waiting| waiting.turn).map(|waiting| &waiting.to);
        let chosen = newest.or(self.listener.as_ref().filter(|to| !to.is_closed())).cloned();
        if chosen.is_none() {
            self.keep(line.clone());
        }
        chosen
    }

    fn keep(&mut self, line: Bytes) {
        self.backlog.push_back(line);
        while self.backlog.len() > BACKLOG.0 || self.backlog.iter().map(Bytes::len).sum::<usize>() > BACKLOG.1 {
            self.backlog.pop_front();
        }
    }

    /// Whether somebody waits or listens, or did something lately. Notes the use when somebody does.
    fn is_active(&mut self, now: Instant, idle: Duration) -> bool {
        let waits = self.waiting.values().any(|waiting| !waiting.to.is_closed());
        let listens = self.listener.as_ref().is_some_and(|to| !to.is_closed());
        if waits || listens {
            self.used = now;
        }
        now < self.used + idle
    }
}

fn json(status: StatusCode, line: Bytes) -> Answer {
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    Answer { status, headers, session: None, body: Source::Whole(Some(line)) }
}

fn events(first: Option<Bytes>, rest: mpsc::Receiver<Piece>) -> Answer {
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"))]);
    Answer { status: StatusCode::OK, headers, session: None, body: Source::Events(Events { first, rest }) }
}
