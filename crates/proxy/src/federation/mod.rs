//! `/mcp`: several servers behind one endpoint, each under its own policy and credential.
//!
//! ```text
//! visit      who came to the door, and with which sessions
//! route      which part, or all of them, a message is for      names → names of the part
//! part       one exchange with one part: decided, recorded, dispatched and passed on as at its own door
//! one        the answer of one part                            names → names outside
//! every      the answers of all parts, as far as they come in time
//! lists      joined lists        hello   initialize and discover
//! fan_in     joined streams      session the sessions of all parts under one id
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
mod session;
mod visit;

use std::sync::Arc;

use axum::response::Response;
use http::{Method, request::Parts};
use vestibule_mcp::Message;
use vestibule_model::Federation;
use vestibule_vault::screen::wish::Wishes;

pub use memory::Memory;

use self::visit::Visit;
use crate::{Proxy, arrival::Arrival, screening};

/// Answers one message, or a request without one: `GET` opens the joined streams, `DELETE` ends the sessions at all parts.
pub(crate) async fn answer(
    proxy: &Arc<Proxy>,
    federation: &Arc<Federation>,
    door: &Arrival,
    said: Wishes,
    parts: Parts,
    message: Option<Message>,
) -> Response {
    let is_end = parts.method == Method::DELETE;
    let visit = match Visit::open(proxy, federation, door, said, parts, message.as_ref()) {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    let span = screening::session_span(proxy, said, visit.wishes);
    let answer = async {
        match message {
            Some(message) => route::answer(&visit, message).await,
            None if is_end => session::end(&visit).await,
            None => fan_in::streams(&visit).await,
        }
    };
    match span {
        None => answer.await,
        Some(span) => screening::logged(span, Box::pin(answer)).await,
    }
}
