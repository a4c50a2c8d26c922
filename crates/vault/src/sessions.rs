//! Sessions that are held open toward a server: on the pipes of a command, or over HTTP+SSE (2024-11-05). Each is one
//! principal's.
//!
//! Such a server knows one client on its channel, so two people never share one (MCP, transports, stdio). Toward the
//! client both look like streamable HTTP.
//!
//! ```text
//! channel     how messages reach the server, and what it says: a child or a stream
//! session     who waits for what on one channel
//! ```

mod channel;
mod line;
mod session;
mod sse;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{Method, StatusCode};
use tokio::sync::Semaphore;
use tracing::Span;
use vestibule_mcp::{Era, Message, MessageKind};
use vestibule_model::{Digest, Principal, Random, Server};

pub(crate) use self::channel::Way;
use self::{
    channel::Via,
    session::{Owner, Session},
};
use crate::{
    McpCall,
    answer::{Answer, Source},
    dispatch::DispatchError,
};

/// How many sessions may be open, and how long.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// In all. A session beyond is refused.
    pub max_sessions: usize,
    /// For one subject. A session beyond ends the one that was unused for longest.
    pub max_per_subject: usize,
    /// A session ends when nothing was asked, and nobody listened, for so long.
    pub idle: Duration,
}

impl SessionLimits {
    /// Each is a process of its own.
    pub const CHILDREN: Self = Self { max_sessions: 64, max_per_subject: 8, idle: Duration::from_secs(15 * 60) };
    /// Each is a connection of its own.
    pub const STREAMS: Self = Self { max_sessions: 1024, max_per_subject: 16, idle: Duration::from_secs(15 * 60) };
}

type Open = Arc<Mutex<Table>>;

/// What there is, and what is still being opened.
#[derive(Default)]
struct Table {
    sessions: HashMap<String, Arc<Session>>,
    /// Subjects, as often as they wait for a server to take them in: they count like sessions, or a slow server would
    /// let one person take every slot.
    opening: HashMap<String, usize>,
}

/// All open sessions of one kind.
pub(crate) struct Sessions {
    open: Open,
    slots: Arc<Semaphore>,
    limits: SessionLimits,
    random: Arc<dyn Random>,
}

impl Sessions {
    pub(crate) fn new(limits: SessionLimits, random: Arc<dyn Random>) -> Self {
        let slots = Arc::new(Semaphore::new(limits.max_sessions.min(Semaphore::MAX_PERMITS)));
        Self { open: Open::default(), slots, limits, random }
    }

    /// One exchange, in the manner of the streamable HTTP transport of 2025-11-25.
    pub(crate) async fn exchange(
        &self,
        server: &Arc<Server>,
        way: Way<'_>,
        caller: &Principal,
        call: McpCall,
    ) -> Result<Answer, DispatchError> {
        if call.era == Era::Stateless {
            return Err(DispatchError::UnsupportedEra);
        }
        let (owner, via) = (Owner::new(server, caller), Via { way, caller });
        // What a client wishes for the logs of its session holds for the child of the session too.
        let span = if call.wishes.in_logs.is_some() { Span::current() } else { Span::none() };
        match (call.method, call.message, call.upstream_session) {
            (Method::POST, Some(message), None) if opens(&message) => self.open(owner, via, &message, &span).await,
            (Method::POST, Some(message), Some(id)) => self.find(&id, &owner)?.post(via, &message).await,
            (Method::GET, None, Some(id)) => Ok(self.find(&id, &owner)?.listen()),
            (Method::DELETE, None, Some(id)) => {
                let session = self.find(&id, &owner)?;
                lock(&self.open).sessions.remove(&id);
                session.close();
                Ok(empty(StatusCode::OK))
            }
            _ => Err(DispatchError::SessionGone),
        }
    }

    /// A stranger's session is an unknown one.
    fn find(&self, id: &str, owner: &Owner) -> Result<Arc<Session>, DispatchError> {
        let found = lock(&self.open).sessions.get(id).cloned();
        found.filter(|session| session.is_of(owner)).ok_or(DispatchError::SessionGone)
    }

    /// Opens a channel and lets the server answer `initialize`.
    async fn open(&self, owner: Owner, via: Via<'_>, message: &Message, span: &Span) -> Result<Answer, DispatchError> {
        let opening = self.make_room(&owner)?;
        let slot = Arc::clone(&self.slots).try_acquire_owned().map_err(|_| DispatchError::Busy)?;
        let channel = via.connect(&owner.server.name, span).await?;
        let id = self.new_id();
        let session = Arc::new(Session::new(id.clone(), owner, channel.outlet));
        lock(&self.open).sessions.insert(id.clone(), Arc::clone(&session));
        drop(opening);
        let running = Arc::clone(&session);
        let (open, idle) = (Arc::clone(&self.open), self.limits.idle);
        tokio::spawn(async move {
            running.run(channel.lines, idle).await;
            lock(&open).sessions.remove(running.id());
            running.end();
            channel.peer.stop().await;
            drop(slot);
        });
        // If the caller goes away or the server refuses, nobody will ever use the session.
        let mut unused = CloseOnDrop(Some(&session));
        let (mut answer, accepted) = session.initialize(via, message).await?;
        if accepted {
            answer.session = Some(id);
            unused.0 = None;
        }
        Ok(answer)
    }

    /// Ends the subject's session that was unused for longest, when they have as many as they may.
    fn make_room(&self, owner: &Owner) -> Result<Opening, DispatchError> {
        let mut table = lock(&self.open);
        let own = || table.sessions.values().filter(|session| session.is_of_subject(owner));
        let opening = table.opening.get(owner.subject()).copied().unwrap_or(0);
        if own().count() + opening >= self.limits.max_per_subject {
            let oldest = own().min_by_key(|session| session.last_used()).cloned().ok_or(DispatchError::Busy)?;
            table.sessions.remove(oldest.id());
            oldest.close();
        }
        *table.opening.entry(owner.subject().to_owned()).or_default() += 1;
        Ok(Opening { open: Arc::clone(&self.open), subject: owner.subject().to_owned() })
    }

    /// 256 random bits. The client sees it only sealed.
    fn new_id(&self) -> String {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes);
        Digest::from_bytes(bytes).to_hex()
    }
}

/// Somebody waits to be taken in, until this is dropped.
struct Opening {
    open: Open,
    subject: String,
}

impl Drop for Opening {
    fn drop(&mut self) {
        let mut table = lock(&self.open);
        let Some(count) = table.opening.get_mut(&self.subject) else { return };
        *count = count.saturating_sub(1);
        if *count == 0 {
            table.opening.remove(&self.subject);
        }
    }
}

struct CloseOnDrop<'a>(Option<&'a Session>);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.0 {
            session.close();
        }
    }
}

fn opens(message: &Message) -> bool {
    message.kind() == MessageKind::Request && message.method() == "initialize"
}

fn lock(open: &Open) -> MutexGuard<'_, Table> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

fn empty(status: StatusCode) -> Answer {
    Answer { status, headers: http::HeaderMap::new(), session: None, body: Source::Whole(None) }
}
