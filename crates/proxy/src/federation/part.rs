//! One exchange with one part: the caller as that part sees them, the part's own session and version.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use vestibule_mcp::{Era, Message, Version, places};
use vestibule_model::{Server, federation};
use vestibule_vault::{McpCall, Reply};

use super::visit::Visit;
use crate::call::{self, Arrival, Unanswered};

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
    pub(super) async fn send(&self, errand: Errand) -> Result<Reply, Unanswered> {
        let headers = self.headers(&errand);
        let call = McpCall {
            method: errand.method,
            era: self.visit.era(),
            message: errand.message,
            upstream_session: self.session.clone(),
            headers,
        };
        call::deliver(&self.visit.proxy, &self.arrival, call).await
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
        set(NAME, errand.name.as_deref().map(places::mirrored).as_deref());
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
