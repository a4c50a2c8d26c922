//! Which era a server speaks: as configured, or as its answers show.
//!
//! Only our own questions and refusals of `initialize` count, never what a client made it answer otherwise.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use http::StatusCode;
use tokio::{sync::OnceCell, time::timeout};
use vestibule_mcp::{
    Era,
    bridge::{self, Shown},
};
use vestibule_model::{Protocol, Server, Upstream};

use super::{
    broken,
    translated::{self, Whole},
    way::{self, Passage},
};
use crate::{answer::Answer, dispatch::DispatchError};

/// How long a server has to say which era it speaks.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is known.
pub(crate) struct Eras {
    protocol: Protocol,
    stateless: ArcSwap<OnceCell<bool>>,
    initialize: Mutex<Option<bool>>,
}

impl Eras {
    /// Nothing but the configuration. A child has always a session, and so has a stream of 2024-11-05.
    pub(crate) fn new(server: &Server) -> Self {
        let protocol = match server.upstream {
            Upstream::Http { .. } | Upstream::Federation => server.protocol,
            Upstream::Command { .. } | Upstream::Sse { .. } => Protocol::Stateful,
        };
        Self { protocol, stateless: ArcSwap::default(), initialize: Mutex::default() }
    }

    /// Whether it understands requests without a session. The first who wants to know asks it: `server/discover` does
    /// nothing, so no call has to be made twice (MCP 2026-07-28, versioning: a client SHOULD ask first).
    pub(super) async fn takes_stateless(&self, way: &Passage) -> Result<bool, DispatchError> {
        match self.protocol {
            Protocol::Stateless => Ok(true),
            Protocol::Stateful => Ok(false),
            Protocol::Auto => {
                let known = self.stateless.load_full();
                // The wait for others who ask is counted too: behind a server that hangs nobody queues for long.
                let answered = timeout(PATIENCE, known.get_or_try_init(|| ask(way))).await;
                answered.map_err(|_| DispatchError::Timeout)?.copied()
            }
        }
    }

    /// Whether it takes `initialize`; `None` when it was never sent one.
    pub(super) fn takes_initialize(&self) -> Option<bool> {
        match self.protocol {
            Protocol::Stateless => Some(false),
            Protocol::Stateful => Some(true),
            Protocol::Auto => *self.initialize.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// It took `initialize`.
    pub(super) fn took_initialize(&self) {
        *self.initialize.lock().unwrap_or_else(PoisonError::into_inner) = Some(true);
    }

    /// It refused `initialize` because it has none.
    pub(super) fn refused_initialize(&self) {
        *self.initialize.lock().unwrap_or_else(PoisonError::into_inner) = Some(false);
    }

    /// It answered what it could not have, so another server may stand there now.
    pub(super) fn forget(&self) {
        self.stateless.store(Arc::default());
        *self.initialize.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Asks with `server/discover` of our own.
async fn ask(way: &Passage) -> Result<bool, DispatchError> {
    let message = bridge::discover_request("\"vestibule\"", None).map_err(|error| broken(error.to_string()))?;
    let Whole { answer, body } = translated::whole(way.send(way::stateless(message)).await?).await?;
    let shown = bridge::observe(&body);
    let status = answer.status;
    match shown {
        Shown::Result | Shown::ModernError => Ok(true),
        Shown::BadParams => Ok(status == StatusCode::BAD_REQUEST),
        // Anything else that refuses is how servers with sessions answer a request without one.
        _ if status == StatusCode::OK || refuses(status) => Ok(false),
        _ => Err(broken(format!("it answered {} when asked for its protocol version", status.as_u16()))),
    }
}

/// Whether a status is about the request, rather than about when it came.
fn refuses(status: StatusCode) -> bool {
    let later = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS);
    status.is_client_error() && !later
}

/// How a server answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Manner {
    /// As one of its era does.
    Expected,
    /// As one of its era does not; what was known of it is forgotten.
    Strange,
}

/// Looks whether a refusal is one of the era that the server is taken for: 400, 404 and 405 without a modern error are of
/// servers with sessions, and those with one are not. If not, it is asked again before the next call. The answer stays
/// as it is.
pub(super) async fn check(way: &Passage, answer: Answer, era: Era) -> Result<(Answer, Manner), DispatchError> {
    let suspicious =
        matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
    if !suspicious {
        return Ok((answer, Manner::Expected));
    }
    let Whole { answer, body } = translated::whole(answer).await?;
    let manner = match (era, bridge::observe(&body)) {
        (Era::Stateless, Shown::Nothing | Shown::OtherError) => Manner::Strange,
        (Era::Stateful, Shown::ModernError | Shown::BadParams | Shown::NoMethod) => Manner::Strange,
        _ => Manner::Expected,
    };
    if manner == Manner::Strange {
        way.eras().forget();
    }
    Ok((translated::unread(answer, body), manner))
}
