//! Opaque texts of an upstream, sealed for one principal at one server: session ids, event ids, request states.
//!
//! Any node can open them, nothing is stored, and what belongs to somebody else, or to another server, is simply unknown
//! (MCP security best practices, session hijacking; multi round-trip requests, requestState is attacker-controlled).

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use vestibule_model::Timestamp;
use vestibule_vault::screen::wish::Wishes;

use crate::{Proxy, arrival::Arrival};

/// What is sealed. One kind never opens as another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// The id of an upstream's session.
    Session,
    /// The id of an event in a session's streams.
    Event,
    /// The `requestState` of an input-required result.
    RequestState,
    /// The stream of an HTTP+SSE client.
    Channel,
    /// Where the pages of a joined list go on.
    Cursor,
}

impl Kind {
    const fn label(self) -> &'static str {
        match self {
            Self::Session => "mcp_session",
            Self::Event => "mcp_event",
            Self::RequestState => "mcp_request_state",
            Self::Channel => "mcp_channel",
            Self::Cursor => "mcp_cursor",
        }
    }

    /// It outlives its last token by nothing, but it has an end of its own.
    const fn life(self) -> Duration {
        match self {
            Self::Session | Self::Event | Self::Channel | Self::Cursor => Duration::from_secs(24 * 60 * 60),
            Self::RequestState => Duration::from_secs(60 * 60),
        }
    }
}

/// Whose it is: a subject and the client acting for it, at one server, through one door. A refreshed token keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    server: String,
    who: String,
}

impl Owner {
    pub(crate) fn of(arrival: &Arrival) -> Self {
        let principal = arrival.principal();
        let who = format!("{}\n{}", principal.subject_id(), principal.client);
        let name = &arrival.server.name;
        // What a server gave through the joined endpoint is unknown at its own door, and the other way round.
        let server =
            if arrival.is_through_federation() { format!("{}/{name}", arrival.door().name) } else { name.to_string() };
        Self { server, who }
    }

    /// The server, and the door that leads there.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// The subject and the client.
    pub(crate) fn who(&self) -> &str {
        &self.who
    }

    /// The same, inside one session of theirs, or for one purpose.
    pub(crate) fn within(self, session: &str) -> Self {
        Self { who: format!("{}\n{session}", self.who), ..self }
    }
}

/// What was sealed, and what its owner wished then of the masking of personal data.
pub(crate) struct Opened {
    pub(crate) text: String,
    pub(crate) wishes: Wishes,
}

#[derive(Serialize, Deserialize)]
struct Sealed<'a> {
    #[serde(borrow, rename = "u")]
    upstream: std::borrow::Cow<'a, str>,
    #[serde(rename = "t")]
    created: Timestamp,
    #[serde(rename = "w", default, skip_serializing_if = "Wishes::is_empty")]
    wishes: Wishes,
}

/// Seals a text of the upstream.
pub(crate) fn seal(proxy: &Proxy, owner: &Owner, kind: Kind, upstream: &str) -> String {
    seal_with(proxy, owner, kind, upstream, Wishes::default())
}

/// Opens it; `None` for anything that was not sealed as this kind for this owner, or is too old.
pub(crate) fn open(proxy: &Proxy, owner: &Owner, kind: Kind, presented: &str) -> Option<String> {
    open_with(proxy, owner, kind, presented).map(|opened| opened.text)
}

/// Seals a text with its owner's wishes.
pub(crate) fn seal_with(proxy: &Proxy, owner: &Owner, kind: Kind, upstream: &str, wishes: Wishes) -> String {
    let sealed = Sealed { upstream: upstream.into(), created: proxy.clock.now(), wishes };
    // Strings and a number always become JSON.
    let plain = serde_json::to_vec(&sealed).unwrap_or_default();
    let sealer = proxy.store.sealer();
    URL_SAFE_NO_PAD.encode(sealer.seal(kind.label(), &owner.server, &owner.who, &plain, &*proxy.random))
}

/// Opens both.
pub(crate) fn open_with(proxy: &Proxy, owner: &Owner, kind: Kind, presented: &str) -> Option<Opened> {
    let sealed = URL_SAFE_NO_PAD.decode(presented).ok()?;
    let opened = proxy.store.sealer().open(kind.label(), &owner.server, &owner.who, &sealed).ok()?;
    let sealed: Sealed<'_> = serde_json::from_slice(opened.expose()).ok()?;
    let is_alive = proxy.clock.now().since(sealed.created) < kind.life();
    is_alive.then(|| Opened { text: sealed.upstream.into_owned(), wishes: sealed.wishes })
}
