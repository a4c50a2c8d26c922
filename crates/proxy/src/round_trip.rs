//! What goes out sealed and comes back in a request: the `requestState` of an input-required result (MCP 2026-07-28,
//! multi round-trip requests), and the resources that a subscription may name.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use vestibule_mcp::{
    Era, Message,
    error::{self, code},
    sse, state,
};
use vestibule_policy::engine::CallTarget;

use crate::{
    Proxy,
    answer::{self, Asked},
    arrival::Arrival,
    sealed::{self, Kind, Owner},
    server_requests::ServerRequests,
    tasks,
    unasked::Watched,
    unknown::{self, What},
};

/// An input-required result is small. In a larger answer no state is sealed, and one that comes back unsealed is refused.
pub(crate) const LARGEST: usize = 1 << 20;

/// Puts the upstream's own texts in the place of those that we sealed, and asks for no more than may be given.
pub(crate) fn open(
    proxy: &Proxy,
    arrival: &Arrival,
    asked: &Asked,
    headers: &mut HeaderMap,
    message: Message,
) -> Result<Message, Response> {
    let message = tasks::inward(proxy, arrival, headers, message).map_err(|tasks::Unknown(message)| {
        let text = "The task is unknown here.";
        let body = error::error_body(message.request_id(), code::INVALID_PARAMS, text, None);
        unknown::refusal(What::Task, Some(&message), answer::json(StatusCode::NOT_FOUND, body))
    })?;
    // What follows has no place in the stateful era.
    if asked.era() == Era::Stateful {
        return Ok(message);
    }
    open_state(proxy, arrival, message).map(|message| narrow(proxy, arrival, message))
}

/// Puts back the upstream's own state; one that we did not seal for this caller at this server is unknown.
fn open_state(proxy: &Proxy, arrival: &Arrival, message: Message) -> Result<Message, Response> {
    let Some(presented) = message.request_state() else { return Ok(message) };
    let opened = sealed::open(proxy, &Owner::of(arrival), Kind::RequestState, presented);
    opened.and_then(|state| message.with_request_state(&state).ok()).ok_or_else(|| {
        let text = "The requestState is unknown here; start the request again without it.";
        let body = error::error_body(message.request_id(), code::INVALID_PARAMS, text, None);
        unknown::refusal(What::State, Some(&message), answer::json(StatusCode::NOT_FOUND, body))
    })
}

/// Leaves only the resources that the caller may read (MCP subscriptions: the acknowledgement names the subset that is
/// honoured). Each of those left is decided again, like a read.
fn narrow(proxy: &Proxy, arrival: &Arrival, message: Message) -> Message {
    if message.subscriptions().is_empty() {
        return message;
    }
    let directory = proxy.store.directory();
    let sees =
        |uri: &&str| proxy.engine.may_see(arrival.principal(), &arrival.server, &directory, &CallTarget::Resource(uri));
    let all: Vec<&str> = message.subscriptions().iter().map(String::as_str).collect();
    let seen: Vec<&str> = all.iter().copied().filter(sees).collect();
    if seen.len() == all.len() {
        return message;
    }
    match message.with_subscriptions(&seen) {
        Ok(narrowed) => narrowed,
        // Whole, it is refused where it is decided.
        Err(_) => message,
    }
}

/// What is done to results on their way to one client: what they ask for is looked at, their state is sealed.
struct Results {
    proxy: Arc<Proxy>,
    owner: Owner,
    era: Era,
    id: Option<String>,
    requests: Option<ServerRequests>,
}

impl Results {
    fn new(proxy: &Arc<Proxy>, arrival: &Arrival, asked: &Asked) -> Self {
        Self {
            proxy: Arc::clone(proxy),
            owner: Owner::of(arrival),
            era: asked.era(),
            id: asked.id.clone(),
            requests: requests(proxy, arrival, asked),
        }
    }

    /// The message that goes on instead; `None`: as it is.
    fn apply(&self, message: &[u8]) -> Option<Vec<u8>> {
        let asks = self.input_required(message);
        tasks::outward(&self.proxy, &self.owner, asks.as_deref().unwrap_or(message)).or(asks)
    }

    fn input_required(&self, message: &[u8]) -> Option<Vec<u8>> {
        if self.era == Era::Stateful || !state::may_ask(message) {
            return None;
        }
        if let Some(requests) = &self.requests
            && let Some(refusal) = requests.refuse_result(message, self.id.as_deref())
        {
            return Some(refusal);
        }
        let found = state::in_result(message).ok()??;
        Some(found.replace(message, &sealed::seal(&self.proxy, &self.owner, Kind::RequestState, &found.text)))
    }
}

/// Passes a JSON answer. It is no use to a client before its end, so holding a small one costs no time.
pub(crate) async fn json(
    proxy: &Arc<Proxy>,
    arrival: &Arrival,
    asked: &Asked,
    mut body: Watched,
) -> Result<Body, Response> {
    let mut whole = Bytes::new();
    let mut largest = LARGEST;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Err(answer::json(StatusCode::BAD_GATEWAY, broke_off())) };
        let data = frame.into_data().unwrap_or_default();
        // Nearly always there is one piece, and nothing is copied.
        whole = if whole.is_empty() { data } else { join(whole, &data) };
        if whole.len() <= largest {
            continue;
        }
        // What a policy forbids must be looked for in all of it.
        if largest == LARGEST && requests(proxy, arrival, asked).is_none() {
            return Ok(Body::new(Resumed { start: Some(whole), body }));
        }
        largest = proxy.settings.max_list;
        if whole.len() > largest {
            return Err(answer::json(StatusCode::BAD_GATEWAY, broke_off()));
        }
    }
    let other = if state::may_ask(&whole) || tasks::may_name(&whole) {
        Results::new(proxy, arrival, asked).apply(&whole)
    } else {
        None
    };
    Ok(other.map_or_else(|| Body::from(whole), Body::from))
}

/// What a server asks in its results: only in the stateless era.
fn requests(proxy: &Arc<Proxy>, arrival: &Arrival, asked: &Asked) -> Option<ServerRequests> {
    let stateless = asked.era() == Era::Stateless;
    stateless.then(|| ServerRequests::of(proxy, arrival, asked)).flatten()
}

fn join(start: Bytes, more: &[u8]) -> Bytes {
    let mut both = BytesMut::from(start);
    both.extend_from_slice(more);
    both.freeze()
}

fn broke_off() -> Vec<u8> {
    error::error_body(
        None,
        code::UNAVAILABLE,
        "The answer of the server behind the gateway is too large or broke off.",
        None,
    )
}

/// The start that was held, and the rest as it comes.
struct Resumed {
    start: Option<Bytes>,
    body: Watched,
}

impl http_body::Body for Resumed {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        match self.start.take() {
            Some(start) => std::task::Poll::Ready(Some(Ok(http_body::Frame::data(start)))),
            None => std::pin::Pin::new(&mut self.body).poll_frame(context),
        }
    }
}

/// The results in a stream. An event too large to be one that asks for input ends the search: from there on all passes,
/// unless a policy forbids something that would have to be looked for.
pub(crate) struct StateEvents {
    results: Results,
    splitter: Option<sse::EventSplitter>,
}

impl StateEvents {
    pub(crate) fn new(proxy: &Arc<Proxy>, arrival: &Arrival, asked: &Asked) -> Self {
        let results = Results::new(proxy, arrival, asked);
        let largest = if results.requests.is_some() { proxy.settings.max_list } else { LARGEST };
        Self { results, splitter: Some(sse::EventSplitter::new(largest)) }
    }

    /// What may pass of a chunk, and whether the stream goes on.
    pub(crate) fn feed(&mut self, chunk: Bytes) -> (Bytes, bool) {
        let Some(splitter) = &mut self.splitter else { return (chunk, true) };
        let (mut out, mut events) = (BytesMut::new(), Vec::new());
        let fits = splitter.feed_into(&chunk, &mut events).is_ok();
        for event in &events {
            match self.results.apply(&event.data) {
                Some(data) => {
                    out.extend_from_slice(&sse::encode(event.event.as_deref(), event.id.as_deref(), &data));
                }
                None => out.extend_from_slice(&event.raw),
            }
        }
        if fits {
            return (out.freeze(), true);
        }
        if self.results.requests.is_some() {
            return (out.freeze(), false);
        }
        out.extend_from_slice(&self.finish());
        (out.freeze(), true)
    }

    /// What is held at the end of the stream, or when the search ends.
    pub(crate) fn finish(&mut self) -> Bytes {
        self.splitter.take().and_then(sse::EventSplitter::finish).unwrap_or_default()
    }
}
