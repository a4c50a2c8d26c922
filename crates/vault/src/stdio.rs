//! Servers that speak on standard input and output: one child per session, each session one principal's.
//!
//! A stateful server knows one client on its pipe, so two people never share a child (MCP, transports, stdio). The
//! child's environment is its configuration; no credential of a caller reaches it.

mod line;
mod session;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{Method, StatusCode};
use tokio::sync::Semaphore;
use vestibule_egress::child::Child;
use vestibule_mcp::{Era, Message, MessageKind};
use vestibule_model::{Digest, Principal, Random, ServerName};

use self::session::{Owner, Session};
use crate::{
    McpCall,
    answer::{Answer, Source},
    dispatch::DispatchError,
};

/// How many children may run, and how long.
#[derive(Clone, Copy, Debug)]
pub struct StdioLimits {
    /// In all. A session beyond is refused.
    pub max_children: usize,
    /// For one subject. A session beyond ends the one that was unused for longest.
    pub max_per_subject: usize,
    /// A session ends when nothing was asked, and nobody listened, for so long.
    pub idle: Duration,
}

impl Default for StdioLimits {
    fn default() -> Self {
        Self { max_children: 64, max_per_subject: 8, idle: Duration::from_secs(15 * 60) }
    }
}

type Sessions = Arc<Mutex<HashMap<String, Arc<Session>>>>;

/// All running children.
pub(crate) struct Children {
    sessions: Sessions,
    slots: Arc<Semaphore>,
    limits: StdioLimits,
    random: Arc<dyn Random>,
}

impl Children {
    pub(crate) fn new(limits: StdioLimits, random: Arc<dyn Random>) -> Self {
        let slots = Arc::new(Semaphore::new(limits.max_children.min(Semaphore::MAX_PERMITS)));
        Self { sessions: Sessions::default(), slots, limits, random }
    }

    /// One exchange, in the manner of the streamable HTTP transport of 2025-11-25.
    pub(crate) async fn exchange(
        &self,
        server: &ServerName,
        argv: &[String],
        env: &[(String, String)],
        caller: &Principal,
        call: McpCall,
    ) -> Result<Answer, DispatchError> {
        if call.era == Era::Stateless {
            return Err(DispatchError::UnsupportedEra);
        }
        let owner = Owner::new(server, caller);
        match (call.method, call.message, call.upstream_session) {
            (Method::POST, Some(message), None) if opens(&message) => self.open(owner, argv, env, &message).await,
            (Method::POST, Some(message), Some(id)) => self.find(&id, &owner)?.post(&message).await,
            (Method::GET, None, Some(id)) => Ok(self.find(&id, &owner)?.listen()),
            (Method::DELETE, None, Some(id)) => {
                let session = self.find(&id, &owner)?;
                lock(&self.sessions).remove(&id);
                session.close();
                Ok(empty(StatusCode::OK))
            }
            _ => Err(DispatchError::SessionGone),
        }
    }

    /// A stranger's session is an unknown one.
    fn find(&self, id: &str, owner: &Owner) -> Result<Arc<Session>, DispatchError> {
        let found = lock(&self.sessions).get(id).cloned();
        found.filter(|session| session.is_of(owner)).ok_or(DispatchError::SessionGone)
    }

    /// Starts a child and lets it answer `initialize`.
    async fn open(
        &self,
        owner: Owner,
        argv: &[String],
        env: &[(String, String)],
        message: &Message,
    ) -> Result<Answer, DispatchError> {
        self.make_room(&owner);
        let slot = Arc::clone(&self.slots).try_acquire_owned().map_err(|_| DispatchError::Busy)?;
        let started = Child::start(argv, env, owner.server.as_str());
        let (child, lines) = started.map_err(|error| DispatchError::Upstream(error.to_string()))?;
        let id = self.new_id();
        let session = Arc::new(Session::new(id.clone(), owner, child.input()));
        lock(&self.sessions).insert(id.clone(), Arc::clone(&session));
        let running = Arc::clone(&session);
        let (sessions, idle) = (Arc::clone(&self.sessions), self.limits.idle);
        tokio::spawn(async move {
            running.run(lines, idle).await;
            lock(&sessions).remove(running.id());
            running.end();
            child.stop().await;
            drop(slot);
        });
        // If the caller goes away or the child refuses, nobody will ever use the session.
        let mut unused = CloseOnDrop(Some(&session));
        let (mut answer, accepted) = session.initialize(message).await?;
        if accepted {
            answer.session = Some(id);
            unused.0 = None;
        }
        Ok(answer)
    }

    /// Ends the subject's session that was unused for longest, when they have as many as they may.
    fn make_room(&self, owner: &Owner) {
        let mut sessions = lock(&self.sessions);
        let own = || sessions.values().filter(|session| session.is_of_subject(owner));
        if own().count() < self.limits.max_per_subject {
            return;
        }
        let Some(oldest) = own().min_by_key(|session| session.last_used()).cloned() else { return };
        sessions.remove(oldest.id());
        oldest.close();
    }

    /// 256 random bits. The client sees it only sealed.
    fn new_id(&self) -> String {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes);
        Digest::from_bytes(bytes).to_hex()
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

fn lock(sessions: &Sessions) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
    sessions.lock().unwrap_or_else(PoisonError::into_inner)
}

fn empty(status: StatusCode) -> Answer {
    Answer { status, headers: http::HeaderMap::new(), session: None, body: Source::Whole(None) }
}
