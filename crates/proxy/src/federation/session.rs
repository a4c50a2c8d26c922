//! The sessions at all parts under one id of ours: sealed for one subject and client, so that any node can open it, and a
//! stranger's is unknown.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use futures_util::future::join_all;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use vestibule_mcp::{Era, Version};
use vestibule_model::{Digest, ServerName};
use vestibule_vault::screen::wish::Wishes;

use super::{every, part::Errand, visit::Visit};
use crate::{
    Proxy,
    arrival::Arrival,
    sealed::{self, Kind, Owner},
};

/// The sessions of one client.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    parts: Vec<(ServerName, PartSession)>,
    greeting: Option<String>,
    mark: Option<String>,
    wishes: Wishes,
    key: Digest,
}

/// The session at one part.
#[derive(Clone, Debug)]
pub(super) struct PartSession {
    /// The part's own id; some servers open none.
    pub(super) id: Option<String>,
    /// What client and part agreed on.
    pub(super) version: Version,
}

#[derive(Serialize, Deserialize)]
struct Inside {
    #[serde(rename = "p")]
    parts: Vec<(String, Option<String>, String)>,
    #[serde(rename = "i")]
    greeting: Option<String>,
    #[serde(rename = "m", default)]
    mark: Option<String>,
}

/// The longest `params` of `initialize` that are kept to open a part later; ids travel in a header.
const MAX_GREETING: usize = 1024;

impl Sessions {
    /// What names them on this node.
    pub(super) fn key(&self) -> Digest {
        self.key
    }

    /// Whose the ids of events are in these sessions.
    pub(super) fn owner(&self, door: &Arrival) -> Owner {
        Owner::of(door).within(&self.key.to_hex())
    }

    /// The `params` of `initialize`, as raw JSON text, unless they were too long to keep.
    pub(super) fn greeting(&self) -> Option<&str> {
        self.greeting.as_deref()
    }

    /// What their `initialize` wished, for requests that say nothing.
    pub(super) fn wishes(&self) -> Wishes {
        self.wishes
    }

    /// What they are called here; labels belong to it.
    pub(super) fn mark(&self) -> Option<&str> {
        self.mark.as_deref()
    }

    pub(super) fn find(&self, part: &ServerName) -> Option<&PartSession> {
        self.parts.iter().find(|(name, _)| name == part).map(|(_, session)| session)
    }

    /// Seals new ones for this caller.
    pub(super) fn seal(
        proxy: &Proxy,
        door: &Arrival,
        parts: &[(ServerName, PartSession)],
        greeting: Option<String>,
        mark: Option<String>,
        wishes: Wishes,
    ) -> String {
        let greeting = greeting.filter(|params| params.len() <= MAX_GREETING);
        let part = |(name, session): &(ServerName, PartSession)| {
            (name.to_string(), session.id.clone(), session.version.as_str().to_owned())
        };
        // Strings always become JSON.
        let inside = Inside { parts: parts.iter().map(part).collect(), greeting, mark };
        let plain = serde_json::to_string(&inside).unwrap_or_default();
        sealed::seal_with(proxy, &Owner::of(door), Kind::Session, &plain, wishes)
    }

    /// Opens an id; `None` for anything that was not sealed for this caller here, or is too old.
    pub(super) fn open(proxy: &Proxy, door: &Arrival, presented: &str) -> Option<Self> {
        let opened = sealed::open_with(proxy, &Owner::of(door), Kind::Session, presented)?;
        let inside: Inside = serde_json::from_str(&opened.text).ok()?;
        let part = |(name, id, version): (String, Option<String>, String)| {
            Some((ServerName::new(name), PartSession { id, version: of_session(&version)? }))
        };
        let parts = inside.parts.into_iter().map(part).collect::<Option<_>>()?;
        let key = Digest::of(presented.as_bytes());
        Some(Self { parts, greeting: inside.greeting, mark: inside.mark, wishes: opened.wishes, key })
    }
}

/// A version that has sessions; a server that agrees to another in answer to `initialize` is not understood.
pub(super) fn of_session(version: &str) -> Option<Version> {
    Version::parse(version).filter(|version| version.era() == Era::Stateful)
}

/// Ends the session at every part that has one. A part that does not answer has forgotten it, or will.
pub(super) async fn end(visit: &Visit) -> Response {
    let parts = every::open_parts(visit);
    let ends = parts.iter().filter(|part| part.has_session()).map(async |part| {
        let sent = part.send(Errand::without_body(Method::DELETE));
        if !matches!(tokio::time::timeout(visit.federation.patience, sent).await, Ok(Ok(_))) {
            tracing::info!(server = %part.server().name, "a session at a part could not be ended");
        }
    });
    join_all(ends).await;
    if let Some(sessions) = &visit.sessions {
        visit.proxy.memory.late().forget(&sessions.key());
    }
    (StatusCode::OK, Body::empty()).into_response()
}
