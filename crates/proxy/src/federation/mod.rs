//! `/mcp`: several servers behind one endpoint, each under its own policy and credential.
//!
//! ```text
//! visit      who came to the door, and with which sessions
//! route      which part, or all of them, a message is for      names → names of the part
//! part       one exchange with one part: decided, recorded and dispatched as at its own door
//! one        the answer of one part                            names → names outside
//! every      the answers of all parts, as far as they come in time
//! lists      joined lists        hello   initialize and discover
//! fan_in     joined streams      seal    cursors, sessions and states that only their owner opens
//! inward     names of the part   outward   names outside
//! ```
//!
//! Nothing is allowed or sent at the door itself: it has no policy and no upstream.

mod event_ids;
mod every;
mod fan_in;
mod hello;
mod inward;
mod late;
mod listen;
mod lists;
mod memory;
mod one;
pub(crate) mod outside;
mod outward;
mod own_list;
mod part;
mod route;
mod seal;
mod session;
mod visit;

use std::sync::Arc;

use axum::{body::Body, extract::State, response::Response};
use http::{Request, header};

pub use memory::Memory;

use self::visit::Visit;
use crate::{Proxy, call, origin};

/// `POST /mcp`: one JSON-RPC message.
pub async fn post(State(proxy): State<Arc<Proxy>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let origin = parts.headers.get(header::ORIGIN).cloned();
    let response = match Visit::arrive(&proxy, &parts).await {
        Ok((federation, door)) => match call::read(&proxy, &parts, body).await {
            Ok(message) => match Visit::open(&proxy, federation, door, parts, Some(&message)) {
                Ok(visit) => route::answer(&visit, message).await,
                Err(response) => response,
            },
            Err(response) => response,
        },
        Err(response) => response,
    };
    origin::expose(&proxy, origin, response)
}

/// `GET /mcp`: the joined streams of server-initiated messages, stateful era only.
pub async fn get(State(proxy): State<Arc<Proxy>>, request: Request<Body>) -> Response {
    without_body(&proxy, request, async |visit| fan_in::streams(visit).await).await
}

/// `DELETE /mcp`: ends the sessions at all parts, stateful era only.
pub async fn delete(State(proxy): State<Arc<Proxy>>, request: Request<Body>) -> Response {
    without_body(&proxy, request, async |visit| session::end(visit).await).await
}

async fn without_body(proxy: &Arc<Proxy>, request: Request<Body>, then: impl AsyncFn(&Visit) -> Response) -> Response {
    let parts = request.into_parts().0;
    let origin = parts.headers.get(header::ORIGIN).cloned();
    let response = match Visit::arrive(proxy, &parts).await {
        Ok((federation, door)) => match Visit::open(proxy, federation, door, parts, None) {
            Ok(visit) => then(&visit).await,
            Err(response) => response,
        },
        Err(response) => response,
    };
    origin::expose(proxy, origin, response)
}
