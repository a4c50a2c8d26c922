//! MCP sessions: the id we hand out is the upstream's id, [`sealed`] for one principal at one server. So are the ids of
//! the events in its streams.
//!
//! With the id goes what the client wished at `initialize` of the masking of personal data. It is a header that need not be
//! repeated, and worth no more than one.
//!
//! Sessions are never used for authentication, and one that belongs to somebody else is a 404, not a 403 (MCP security
//! best practices, session hijacking).

use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue};
use vestibule_vault::screen::wish::Wishes;

use crate::{
    Proxy, answer,
    arrival::Arrival,
    sealed::{self, Kind, Owner},
};

/// The name of the header; names are compared without case.
pub(crate) const HEADER: &str = "mcp-session-id";
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

/// The session header of a request; two of them are refused.
pub(crate) fn presented(headers: &HeaderMap) -> Result<Option<&str>, Response> {
    let mut all = headers.get_all(HEADER).iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(one), None) => Ok(Some(one.to_str().unwrap_or(""))),
        _ => Err(answer::plain(http::StatusCode::BAD_REQUEST, "more than one Mcp-Session-Id header")),
    }
}

/// A session of a client.
pub(crate) struct Session {
    /// The upstream's own id; some servers open none.
    pub(crate) upstream: Option<String>,
    /// What its `initialize` wished, for requests that say nothing.
    pub(crate) wishes: Wishes,
}

impl Session {
    /// What an `initialize` has opened; `None` when there is nothing that a later request has to bring back.
    pub(crate) fn begun(upstream: Option<&str>, wishes: Wishes) -> Option<Self> {
        let upstream = upstream.map(str::to_owned);
        (upstream.is_some() || !wishes.is_empty()).then_some(Self { upstream, wishes })
    }

    /// Seals it for this caller at this server.
    pub(crate) fn seal(&self, proxy: &Proxy, arrival: &Arrival) -> String {
        let upstream = self.upstream.as_deref().unwrap_or("");
        sealed::seal_with(proxy, &Owner::of(arrival), Kind::Session, upstream, self.wishes)
    }

    /// Opens an id; `None` for anything that was not sealed for this caller at this server, or is too old.
    pub(crate) fn open(proxy: &Proxy, arrival: &Arrival, presented: &str) -> Option<Self> {
        let opened = sealed::open_with(proxy, &Owner::of(arrival), Kind::Session, presented)?;
        Some(Self { upstream: Some(opened.text).filter(|id| !id.is_empty()), wishes: opened.wishes })
    }
}

/// Puts the upstream's event id where the client sent ours; without a session there is nothing to resume. `None` when
/// the id is not of this session of this caller (streamable HTTP, Resumability: ids are per stream and never another's).
/// What the stream was masked for when it began, it is when it goes on: that is what this gives.
pub(crate) fn resume(
    proxy: &Proxy,
    arrival: &Arrival,
    session: Option<&str>,
    headers: &mut HeaderMap,
) -> Option<Wishes> {
    let nothing = Some(Wishes::default());
    let Some(presented) = headers.remove(LAST_EVENT) else { return nothing };
    let Some(session) = session else { return nothing };
    // An empty id is how a client says that it has seen none.
    if presented.is_empty() {
        return nothing;
    }
    let owner = Owner::of(arrival).within(session);
    let opened = sealed::open_with(proxy, &owner, Kind::Event, presented.to_str().ok()?)?;
    headers.insert(LAST_EVENT, HeaderValue::from_str(&opened.text).ok()?);
    Some(opened.wishes)
}
