//! What a server asks its client for (sampling, elicitation, roots): it passes unless a policy that can match the method
//! says no. In the stateful era it is a request on a stream, and the server is told no; in the stateless era it is part of
//! a result, and the client is told.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method};
use vestibule_mcp::{
    Era, Message, MessageKind, Version,
    error::{self, code},
    sse, state,
};
use vestibule_model::{AuditEvent, EventKind, Verdict};
use vestibule_vault::{McpCall, screen::wish::Wishes};

use crate::{
    Proxy,
    answer::Asked,
    arrival::Arrival,
    call::{self, Unanswered},
};

/// All that there are (MCP 2025-11-25, client features).
const METHODS: [&str; 3] = ["sampling/createMessage", "elicitation/create", "roots/list"];

/// Decides what one server may ask one caller's client for.
#[derive(Clone)]
pub(crate) struct ServerRequests {
    proxy: Arc<Proxy>,
    arrival: Arrival,
    session: Option<String>,
    version: Version,
}

impl ServerRequests {
    /// `None` when nothing is forbidden, and so nothing has to be looked at.
    pub(crate) fn of(proxy: &Arc<Proxy>, arrival: &Arrival, asked: &Asked) -> Option<Self> {
        let requests = Self {
            proxy: Arc::clone(proxy),
            arrival: arrival.clone(),
            session: asked.session.clone(),
            version: asked.version,
        };
        METHODS.iter().any(|method| !requests.allows(method)).then_some(requests)
    }

    fn allows(&self, method: &str) -> bool {
        let directory = self.proxy.store.directory();
        self.proxy.engine.lets_server_ask(self.arrival.principal(), &self.arrival.server, &directory, method)
    }

    /// In place of a result that asks for what is forbidden, or of one that cannot be read.
    pub(crate) fn refuse_result(&self, body: &[u8], id: Option<&str>) -> Option<Vec<u8>> {
        let asked = state::input_requests(body).ok();
        let forbidden = asked.map(|methods| methods.into_iter().find(|method| !self.allows(method)));
        let text = match forbidden {
            Some(None) => return None,
            Some(Some(method)) => {
                self.record(&method);
                format!("The server asked for {method}, which the policy does not allow.")
            }
            None => "What the server asks for cannot be read, so it is withheld.".to_owned(),
        };
        Some(error::error_body(id, code::DENIED, &text, None))
    }

    /// Whether an event may pass. A forbidden request is answered here; one that cannot be read is left out.
    fn passes(&self, event: &sse::Event) -> bool {
        if event.data.is_empty() {
            return true;
        }
        let Ok(message) = Message::parse(event.data.clone()) else {
            tracing::warn!(server = %self.arrival.server.name, "an event of the upstream cannot be read; it is left out");
            return false;
        };
        if message.kind() != MessageKind::Request || self.allows(message.method()) {
            return true;
        }
        self.record(message.method());
        tokio::spawn(self.clone().tell_server(message));
        false
    }

    /// Evidence of the refusal. Nothing waits for it: nothing was done.
    fn record(&self, method: &str) {
        let mut event = AuditEvent::new(self.proxy.clock.now(), EventKind::Call, self.arrival.request.clone());
        let principal = self.arrival.principal();
        event.org = Some(principal.org.clone());
        event.user = principal.user_id().cloned();
        event.client = Some(principal.client.clone());
        event.server = Some(self.arrival.server.name.clone());
        event.detail = self.arrival.detail().map(Into::into);
        event.action = METHODS.into_iter().find(|known| *known == method).map(Into::into);
        event.verdict = Some(Verdict::Deny);
        event.reason = Some("server_request".into());
        self.proxy.journal.note(&event);
    }

    /// Answers in the client's place, by the way of every message: decided, recorded, dispatched.
    async fn tell_server(self, asked: Message) {
        let text = format!("The gateway's policy does not allow {}.", asked.method());
        let body = error::error_body(asked.id(), code::DENIED, &text, None);
        let Ok(message) = Message::parse(body.into()) else { return };
        let mut headers = HeaderMap::new();
        headers.insert("mcp-protocol-version", HeaderValue::from_static(self.version.as_str()));
        let call = McpCall {
            method: Method::POST,
            era: Era::Stateful,
            message: Some(message),
            upstream_session: self.session,
            mark: None,
            wishes: Wishes::default(),
            headers,
        };
        let arrival = self.arrival.another(&self.proxy);
        if let Err(Unanswered::Undelivered(error)) = call::deliver(&self.proxy, &arrival, call).await {
            tracing::warn!(%error, server = %arrival.server.name, "the server was not told that its request is refused");
        }
    }
}

/// Looks at every event of a stream of a session.
pub(crate) struct RequestEvents {
    requests: ServerRequests,
    splitter: sse::EventSplitter,
}

impl RequestEvents {
    pub(crate) fn new(requests: ServerRequests) -> Self {
        let splitter = sse::EventSplitter::new(requests.proxy.settings.max_list);
        Self { requests, splitter }
    }

    /// What may pass of a chunk, and whether the stream goes on: an event too large to be looked at ends it.
    pub(crate) fn feed(&mut self, chunk: &[u8]) -> (Bytes, bool) {
        let (mut out, mut events) = (BytesMut::new(), Vec::new());
        let goes_on = self.splitter.feed_into(chunk, &mut events).is_ok();
        for event in events.iter().filter(|event| self.requests.passes(event)) {
            out.extend_from_slice(&event.raw);
        }
        (out.freeze(), goes_on)
    }
}
