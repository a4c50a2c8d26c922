//! MCP sessions: the id we hand out is the upstream's id, [`sealed`] for one principal at one server. So are the ids of
//! the events in its streams.
//!
//! Labels that stand for values belong to one session. Where there may be such, the session has a mark of ours besides: its
//! upstream may open none, or call all of them alike.
//!
//! With the id goes what the client wished at `initialize` of the masking of personal data. It is a header that need not be
//! repeated, and worth no more than one.
//!
//! Sessions are never used for authentication, and one that belongs to somebody else is a 404, not a 403 (MCP security
//! best practices, session hijacking).

use std::{borrow::Cow, sync::Arc};

use axum::response::Response;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use vestibule_model::Random;
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
#[derive(Default)]
pub(crate) struct Session {
    /// The upstream's own id; some servers open none.
    pub(crate) upstream: Option<String>,
    /// What it is called here; labels belong to it.
    pub(crate) mark: Option<String>,
    /// What its `initialize` wished, for requests that say nothing.
    pub(crate) wishes: Wishes,
}

impl Session {
    /// What an `initialize` has opened; `None` when there is nothing that a later request has to bring back.
    pub(crate) fn begun(upstream: Option<&str>, mark: Option<&str>, wishes: Wishes) -> Option<Self> {
        let [upstream, mark] = [upstream, mark].map(|name| name.map(str::to_owned));
        (upstream.is_some() || mark.is_some() || !wishes.is_empty()).then_some(Self { upstream, mark, wishes })
    }

    /// Seals it for this caller at this server.
    pub(crate) fn seal(&self, proxy: &Proxy, arrival: &Arrival) -> String {
        let upstream = self.upstream.as_deref().unwrap_or_default();
        let text = match &self.mark {
            Some(mark) => Cow::from(format!("{upstream}{BETWEEN}{mark}")),
            None => Cow::from(upstream),
        };
        sealed::seal_with(proxy, &Owner::of(arrival), Kind::Session, &text, self.wishes)
    }

    /// Opens an id; `None` for anything that was not sealed for this caller at this server, or is too old.
    pub(crate) fn open(proxy: &Proxy, arrival: &Arrival, presented: &str) -> Option<Self> {
        let opened = sealed::open_with(proxy, &Owner::of(arrival), Kind::Session, presented)?;
        let (upstream, mark) = match opened.text.split_once(BETWEEN) {
            Some((upstream, mark)) => (upstream, Some(mark.to_owned())),
            None => (opened.text.as_str(), None),
        };
        let upstream = Some(upstream).filter(|id| !id.is_empty()).map(str::to_owned);
        Some(Self { upstream, mark, wishes: opened.wishes })
    }
}

/// Stands before the mark. The id of an upstream is visible ASCII, so none holds it.
const BETWEEN: char = ' ';

/// What a session is called here: 128 random bits, as hexadecimal digits.
pub(crate) fn mark(random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Goes with the requests of a two-way wire: its connection is a session too.
#[derive(Clone)]
pub(crate) struct Connection(pub(crate) Arc<str>);

impl Connection {
    /// The mark of the connection that a request came by.
    pub(crate) fn of(extensions: &Extensions) -> Option<String> {
        extensions.get::<Self>().map(|Self(mark)| mark.to_string())
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
