//! What goes out sealed and comes back in a request: the `requestState` of an input-required result (MCP 2026-07-28,
//! multi round-trip requests), and the resources that a subscription may name.

use axum::{body::Body, response::Response};
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt;
use vestibule_mcp::{
    Message,
    error::{self, code},
    sse, state,
};
use vestibule_policy::engine::CallTarget;
use vestibule_vault::reply::ReplyBody;

use crate::{
    Proxy, answer,
    call::Arrival,
    sealed::{self, Kind, Owner},
};

/// An input-required result is small. In a larger answer no state is sealed, and one that comes back unsealed is refused.
pub(crate) const LARGEST: usize = 1 << 20;

/// Puts back the upstream's own state; one that we did not seal for this caller at this server is unknown.
pub(crate) fn open_state(proxy: &Proxy, arrival: &Arrival, message: Message) -> Result<Message, Response> {
    let Some(presented) = message.request_state() else { return Ok(message) };
    let opened = sealed::open(proxy, &Owner::of(arrival), Kind::RequestState, presented);
    opened.and_then(|state| message.with_request_state(&state).ok()).ok_or_else(|| {
        let text = "The requestState is unknown here; start the request again without it.";
        answer::json(StatusCode::NOT_FOUND, error::error_body(message.id(), code::INVALID_PARAMS, text, None))
    })
}

/// Leaves only the resources that the caller may read (MCP subscriptions: the acknowledgement names the subset that is
/// honoured). Each of those left is decided again, like a read.
pub(crate) fn narrow(proxy: &Proxy, arrival: &Arrival, message: Message) -> Message {
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

/// Seals the state in a message of the upstream; `None` when there is none.
fn seal_state(proxy: &Proxy, owner: &Owner, message: &[u8]) -> Option<Vec<u8>> {
    let found = state::in_result(message).ok()??;
    Some(found.replace(message, &sealed::seal(proxy, owner, Kind::RequestState, &found.text)))
}

/// Passes a JSON answer. It is no use to a client before its end, so holding a small one costs no time.
pub(crate) async fn json(proxy: &Proxy, arrival: &Arrival, mut body: ReplyBody) -> Result<Body, Response> {
    let mut whole = Bytes::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Err(answer::json(StatusCode::BAD_GATEWAY, broke_off())) };
        let data = frame.into_data().unwrap_or_default();
        // Nearly always there is one piece, and nothing is copied.
        whole = if whole.is_empty() { data } else { join(whole, &data) };
        if whole.len() > LARGEST {
            return Ok(Body::new(Resumed { start: Some(whole), body }));
        }
    }
    let sealed = if state::may_hold_state(&whole) { seal_state(proxy, &Owner::of(arrival), &whole) } else { None };
    Ok(sealed.map_or_else(|| Body::from(whole), Body::from))
}

fn join(start: Bytes, more: &[u8]) -> Bytes {
    let mut both = BytesMut::from(start);
    both.extend_from_slice(more);
    both.freeze()
}

fn broke_off() -> Vec<u8> {
    error::error_body(None, code::UNAVAILABLE, "The answer of the server behind the gateway broke off.", None)
}

/// The start that was held, and the rest as it comes.
struct Resumed {
    start: Option<Bytes>,
    body: ReplyBody,
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

/// Seals states in the events of a stream. An event too large to hold one ends the search: from there on all passes.
pub(crate) struct StateEvents {
    owner: Owner,
    splitter: Option<sse::EventSplitter>,
}

impl StateEvents {
    pub(crate) fn new(arrival: &Arrival) -> Self {
        Self { owner: Owner::of(arrival), splitter: Some(sse::EventSplitter::new(LARGEST)) }
    }

    /// What may pass of a chunk.
    pub(crate) fn feed(&mut self, proxy: &Proxy, chunk: Bytes) -> Bytes {
        let Some(splitter) = &mut self.splitter else { return chunk };
        let (mut out, mut events) = (BytesMut::new(), Vec::new());
        let goes_on = splitter.feed_into(&chunk, &mut events).is_ok();
        for event in &events {
            match seal_state(proxy, &self.owner, &event.data) {
                Some(data) => {
                    out.extend_from_slice(&sse::encode(event.event.as_deref(), event.id.as_deref(), &data));
                }
                None => out.extend_from_slice(&event.raw),
            }
        }
        if !goes_on {
            out.extend_from_slice(&self.finish());
        }
        out.freeze()
    }

    /// What is held at the end of the stream, or when the search ends.
    pub(crate) fn finish(&mut self) -> Bytes {
        self.splitter.take().and_then(sse::EventSplitter::finish).unwrap_or_default()
    }
}
