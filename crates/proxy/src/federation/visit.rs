//! One request at the door: who came, how it opened, and the sessions it goes on in.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderMap, request::Parts};
use vestibule_mcp::{Era, Message, Version};
use vestibule_model::{Federation, Server};
use vestibule_vault::screen::wish::Wishes;

use super::{event_ids::Last, late, part::Part, session::Sessions};
use crate::{
    Proxy,
    answer::{self, Asked},
    arrival::Arrival,
    call,
    session::{self, Connection, Session},
    unknown::What,
};

/// A request at the door.
pub(super) struct Visit {
    pub(super) proxy: Arc<Proxy>,
    pub(super) federation: Arc<Federation>,
    pub(super) door: Arrival,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    /// Of the request, or else of the stream or the sessions.
    pub(super) wishes: Wishes,
    /// What the sessions are called here; labels belong to it.
    pub(super) mark: Option<String>,
    /// The sessions at the parts, in the stateful era once they are open.
    pub(super) sessions: Option<Sessions>,
    /// Where in them a stream goes on.
    pub(super) last: Option<Last>,
}

impl Visit {
    /// Finds the era, the version and the sessions of a request.
    pub(super) fn open(
        proxy: &Arc<Proxy>,
        federation: &Arc<Federation>,
        door: &Arrival,
        said: Wishes,
        parts: Parts,
        message: Option<&Message>,
    ) -> Result<Self, Response> {
        let opening = call::opening(&parts.headers, message)
            .map_err(|error| answer::misopened(message.and_then(Message::request_id), &error))?;
        // Whoever initializes begins anew.
        let begins = message.is_some_and(|message| message.method() == "initialize");
        let presented =
            if opening.era == Era::Stateful && !begins { session::presented(&parts.headers)? } else { None };
        let sessions = match presented {
            Some(sealed) => {
                Some(Sessions::open(proxy, door, sealed).ok_or_else(|| answer::session_gone(What::Session, message))?)
            }
            None if message.is_none() => return Err(answer::no_session()),
            None => None,
        };
        let connection = Connection::of(&parts.extensions);
        let mark = match &sessions {
            Some(sessions) => sessions.mark().map(str::to_owned).or(connection),
            None if begins => Some(session::mark(&*proxy.random)),
            None => connection,
        };
        let headers = parts.headers;
        let last = match headers.get("last-event-id") {
            Some(id) if message.is_none() => Last::open(proxy, door, sessions.as_ref(), id)?,
            _ => None,
        };
        let (last, of_stream) = last.map_or_else(Default::default, |(last, wishes)| (Some(last), wishes));
        let remembered = sessions.as_ref().map(Sessions::wishes).unwrap_or_default();
        Ok(Self {
            proxy: Arc::clone(proxy),
            federation: Arc::clone(federation),
            door: door.clone(),
            version: opening.version,
            wishes: said.going_on_from(of_stream).or(remembered),
            headers,
            mark,
            sessions,
            last,
        })
    }

    pub(super) fn era(&self) -> Era {
        self.version.era()
    }

    /// The way to a part, for these of its tools. `None` when it was left out of the session because it did not answer
    /// then.
    pub(super) fn part(&self, server: &Arc<Server>, tools: &[&str]) -> Option<Part<'_>> {
        let Some(sessions) = &self.sessions else {
            return Some(Part::new(self, server, tools, None, self.version));
        };
        let late = self.proxy.memory.late().find(&sessions.key(), &server.name);
        let there = late.or_else(|| sessions.find(&server.name).cloned())?;
        Some(Part::new(self, server, tools, there.id, there.version))
    }

    /// The way to a part; one that was left out of the session is tried again.
    pub(super) async fn part_or_late(&self, server: &Arc<Server>, tools: &[&str]) -> Option<Part<'_>> {
        match self.part(server, tools) {
            Some(part) => Some(part),
            None => late::open(self, server).await.and_then(|_| self.part(server, tools)),
        }
    }

    /// The session of the visit at a part, which calls it by this id.
    pub(super) fn session(&self, upstream: Option<String>) -> Session {
        Session { upstream, mark: self.mark.clone(), wishes: self.wishes }
    }

    /// What an answer of ours depends on.
    pub(super) fn asked(&self, message: &Message) -> Asked {
        Asked::of(Some(message), self.version, self.session(None))
    }
}
