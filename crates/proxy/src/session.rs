//! MCP sessions: the id we hand out is the upstream's id, sealed for one principal at one server.
//!
//! Any node can open it, nothing is stored, and a stranger's session is simply unknown: sessions are never used for
//! authentication, and one that belongs to somebody else is a 404, not a 403 (MCP security best practices, session
//! hijacking).

use axum::response::Response;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use vestibule_model::Timestamp;

use crate::{Proxy, answer, call::Arrival};

/// The name of the header; names are compared without case.
pub(crate) const HEADER: &str = "mcp-session-id";

/// A session outlives its last token by nothing, but it has an end of its own.
const MAX_AGE: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

#[derive(Serialize, Deserialize)]
struct Sealed<'a> {
    #[serde(borrow, rename = "u")]
    upstream: std::borrow::Cow<'a, str>,
    #[serde(rename = "t")]
    created: Timestamp,
}

/// The session header of a request; two of them are refused.
pub(crate) fn presented(headers: &HeaderMap) -> Result<Option<&str>, Response> {
    let mut all = headers.get_all(HEADER).iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(one), None) => Ok(Some(one.to_str().unwrap_or(""))),
        _ => Err(answer::plain(http::StatusCode::BAD_REQUEST, "more than one Mcp-Session-Id header")),
    }
}

/// Seals the upstream's session id for this caller at this server.
pub(crate) fn seal(proxy: &Proxy, arrival: &Arrival, upstream: &str) -> Option<String> {
    let plain = serde_json::to_vec(&Sealed { upstream: upstream.into(), created: proxy.clock.now() }).ok()?;
    let sealed =
        proxy.store.sealer().seal("mcp_session", arrival.server.name.as_str(), &owner(arrival), &plain, &*proxy.random);
    Some(URL_SAFE_NO_PAD.encode(sealed))
}

/// Opens a session id; `None` for anything that was not sealed for this caller at this server, or is too old.
pub(crate) fn open(proxy: &Proxy, arrival: &Arrival, presented: &str) -> Option<String> {
    let sealed = URL_SAFE_NO_PAD.decode(presented).ok()?;
    let plain =
        proxy.store.sealer().open("mcp_session", arrival.server.name.as_str(), &owner(arrival), &sealed).ok()?;
    let session: Sealed<'_> = serde_json::from_slice(plain.expose()).ok()?;
    let now = proxy.clock.now();
    (now.since(session.created) < MAX_AGE).then(|| session.upstream.into_owned())
}

/// A session belongs to a subject and the client acting for it; a refreshed token keeps it.
pub(crate) fn owner(arrival: &Arrival) -> String {
    let principal = arrival.principal();
    format!("{}\n{}", principal.subject_id(), principal.client)
}
