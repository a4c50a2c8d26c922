//! One exchange with one part: the caller as that part sees them, the part's own session and version. What comes back has
//! gone through all that an answer goes through at the part's own door.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use vestibule_mcp::{Era, Message, Mirrored, Version};
use vestibule_model::{Server, federation};
use vestibule_vault::McpCall;

use super::visit::Visit;
use crate::{
    answer::{self, Asked},
    arrival::Arrival,
    call::{self, Unanswered},
    round_trip, screening,
};

pub(super) const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

/// The way to a part.
pub(super) struct Part<'v> {
    pub(super) visit: &'v Visit,
    pub(super) arrival: Arrival,
    session: Option<String>,
    version: Version,
}

/// What is sent to a part, in its own words.
pub(super) struct Errand {
    pub(super) method: Method,
    pub(super) message: Option<Message>,
    /// What `Mcp-Name` mirrors.
    pub(super) name: Option<String>,
    /// Where a stream goes on.
    pub(super) last_event: Option<String>,
}

impl Errand {
    pub(super) fn post(message: Message) -> Self {
        Self { method: Method::POST, message: Some(message), name: None, last_event: None }
    }

    pub(super) fn without_body(method: Method) -> Self {
        Self { method, message: None, name: None, last_event: None }
    }
}

/// What a part answered, in its own words: its lists are filtered, its states sealed, its requests decided.
pub(super) struct Answer {
    pub(super) response: Response,
    /// The session that was opened; for us alone.
    pub(super) session: Option<String>,
}

/// Why a part answered nothing.
pub(super) enum NoAnswer {
    /// It was not asked, or did not answer.
    Unanswered(Unanswered),
    /// What the client sent is not for this part; this is what the client is told.
    Refused(Box<Response>),
}

impl<'v> Part<'v> {
    pub(super) fn new(
        visit: &'v Visit,
        server: &Arc<Server>,
        tools: &[&str],
        session: Option<String>,
        version: Version,
    ) -> Self {
        let scopes = federation::scopes_at(server, visit.door.granted(), tools);
        let arrival = visit.door.at_part(&visit.proxy, server, scopes);
        Self { visit, arrival, session, version }
    }

    pub(super) fn has_session(&self) -> bool {
        self.session.is_some()
    }

    pub(super) fn server(&self) -> &Arc<Server> {
        &self.arrival.server
    }

    /// Decided by the part's policy, recorded, and sent with the part's credential.
    pub(super) async fn send(&self, errand: Errand) -> Result<Answer, NoAnswer> {
        let (proxy, mut headers) = (&self.visit.proxy, self.headers(&errand));
        // The session that an answer opens stays with us, and is sealed with those of the other parts.
        let session = self.visit.session(self.session.clone());
        let asked = Asked { initialize: false, ..Asked::of(errand.message.as_ref(), self.version, session) };
        let opened =
            screening::arguments(proxy, &self.arrival, &asked, &mut headers, errand.message).and_then(|message| {
                message.map(|message| round_trip::open(proxy, &self.arrival, &asked, &mut headers, message)).transpose()
            });
        let call = McpCall {
            method: errand.method,
            era: self.visit.era(),
            message: opened.map_err(|response| NoAnswer::Refused(Box::new(response)))?,
            upstream_session: self.session.clone(),
            mark: asked.mark.clone(),
            wishes: asked.wishes,
            headers,
        };
        let reply = Box::pin(call::deliver(proxy, &self.arrival, call)).await.map_err(NoAnswer::Unanswered)?;
        let session = reply.upstream_session().map(str::to_owned);
        Ok(Answer { response: Box::pin(answer::respond(proxy, &self.arrival, &asked, reply)).await, session })
    }

    /// The headers that came, with what is the part's own.
    fn headers(&self, errand: &Errand) -> HeaderMap {
        let mut headers = self.visit.headers.clone();
        headers.remove(NAME);
        headers.remove(LAST_EVENT);
        let mirrors_method = headers.contains_key(METHOD);
        let mut set = |name: HeaderName, value: Option<&str>| {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        };
        set(NAME, errand.name.as_deref().map(Mirrored::encode).as_deref());
        set(METHOD, errand.message.as_ref().filter(|_| mirrors_method).map(Message::method));
        set(LAST_EVENT, errand.last_event.as_deref());
        // Each server is spoken to in the version that it agreed to.
        let speaks = self.visit.era() == Era::Stateful && self.visit.sessions.is_some();
        set(VERSION, speaks.then_some(self.version.as_str()));
        // Before a version is agreed on there is none to name.
        if errand.message.as_ref().is_some_and(|message| message.method() == "initialize") {
            headers.remove(VERSION);
        }
        headers
    }
}
