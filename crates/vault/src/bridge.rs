//! A client of one era before a server of the other. Behind the permit: what is decided and recorded is the client's own
//! message; what is sent is the same message as the server understands it.
//!
//! ```text
//! way               sends one message as it is
//! eras              which era a server speaks; asked once, remembered
//! translated        what comes back
//!
//! stateful_client   a client with a session, a server without
//! rounds            a call of such a client, which may ask it for more
//! questions         what such clients are asked, and who may answer
//! memory            what their sessions remember
//! watching          what a server tells such a client without being asked
//!
//! stateless_client  a client without, a server with
//! sessions          the sessions that such a server has with us, each for one caller alone
//! running           a call of such a client, which may ask it for more
//! held              calls that wait for their client to come back
//! listening         what a server tells such clients without being asked
//! ```
//!
//! Between the same eras everything passes byte for byte.

mod eras;
mod held;
mod listening;
mod memory;
mod questions;
mod rounds;
mod running;
mod sessions;
mod stateful_client;
mod stateless_client;
mod translated;
mod watching;
mod way;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use vestibule_mcp::{Era, error, sse};

pub(crate) use self::{
    eras::Eras,
    held::HeldCalls,
    memory::Memory,
    questions::Questions,
    sessions::{HeldLimits, HeldSessions},
    way::{Passage, Reach},
};
use crate::{
    McpCall,
    answer::{Answer, Source},
    dispatch::DispatchError,
};

/// Sends the call in the era of its server.
pub(crate) async fn exchange(way: &Passage, call: McpCall) -> Result<Answer, DispatchError> {
    match call.era {
        // Boxed: to cross an era takes much room, which calls within one need not hold.
        Era::Stateful => Box::pin(stateful_client::exchange(way, call)).await,
        Era::Stateless if way.eras().takes_stateless(way).await? => {
            let answer = way.send(call).await?;
            Ok(eras::check(way, answer, Era::Stateless).await?.0)
        }
        Era::Stateless => Box::pin(stateless_client::exchange(way, call)).await,
    }
}

/// An answer of our own.
fn json(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    Answer { status, headers, session: None, body: Source::Whole(Some(body.into())) }
}

/// An error of our own.
fn refusal(status: StatusCode, id: &str, code: i64, text: &str) -> Answer {
    json(status, error::error_body(Some(id), code, text, None))
}

/// What may ask its client for input (MCP 2026-07-28, multi round-trip requests: no other method).
fn may_ask(method: &str) -> bool {
    matches!(method, "tools/call" | "prompts/get" | "resources/read")
}

/// The event of a message of our own.
fn said(message: &[u8]) -> Bytes {
    sse::encode(None, None, message)
}

/// A sign of life for whoever is between us and a client that waits (WHATWG HTML, section 9.2.7).
const ALIVE: Bytes = Bytes::from_static(b":\n\n");
/// How often it is given.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a client has to give the input that it was asked for.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// A bare status.
fn empty(status: StatusCode) -> Answer {
    Answer { status, headers: HeaderMap::new(), session: None, body: Source::Whole(None) }
}

fn broken(what: impl Into<String>) -> DispatchError {
    DispatchError::Upstream(what.into())
}
