//! A client of one era before a server of the other. Behind the permit: what is decided and recorded is the client's own
//! message; what is sent is the same message as the server understands it.
//!
//! ```text
//! way               sends one message as it is
//! eras              which era a server speaks; asked once, remembered
//! stateful_client   a client with a session, a server without
//! stateless_client  a client without, a server with
//! sessions          the sessions that such a server has with us, each for one caller alone
//! translated        what comes back
//! ```
//!
//! Between the same eras everything passes byte for byte.

mod eras;
mod sessions;
mod stateful_client;
mod stateless_client;
mod translated;
mod way;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use vestibule_mcp::{Era, error};

pub(crate) use self::{
    eras::Eras,
    sessions::{HeldLimits, HeldSessions},
    translated::Translated,
    way::Passage,
};
use crate::{
    McpCall,
    answer::{Answer, Source},
    dispatch::DispatchError,
};

/// Sends the call in the era of its server.
pub(crate) async fn exchange(
    way: &Passage<'_>,
    sessions: &HeldSessions,
    call: McpCall,
) -> Result<Answer, DispatchError> {
    match call.era {
        Era::Stateful => stateful_client::exchange(way, call).await,
        Era::Stateless if way.eras().takes_stateless(way).await? => {
            let answer = way.send(call).await?;
            Ok(eras::check(way, answer, Era::Stateless).await?.0)
        }
        Era::Stateless => stateless_client::exchange(way, sessions, call).await,
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

/// A bare status.
fn empty(status: StatusCode) -> Answer {
    Answer { status, headers: HeaderMap::new(), session: None, body: Source::Whole(None) }
}

fn broken(what: impl Into<String>) -> DispatchError {
    DispatchError::Upstream(what.into())
}
