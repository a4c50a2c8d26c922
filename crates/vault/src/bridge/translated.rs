//! What comes back, read or on its way, in the era of the client.

use std::{collections::VecDeque, io};

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use vestibule_mcp::{
    bridge::{self, Exchange, Shown, Toward},
    sse::{self, Event, EventSplitter},
};

use super::{broken, empty, json};
use crate::{
    Media,
    answer::{Answer, Source},
    dispatch::DispatchError,
};

/// The largest message that is translated, in bytes.
const LARGEST: usize = 32 << 20;

/// An answer whose message was read.
pub(super) struct Whole {
    /// Without its body.
    pub(super) answer: Answer,
    /// The response; empty when it has none.
    pub(super) body: Bytes,
}

/// Reads the response to our own request, whether it comes as JSON or as an event. `Answer` loses its body.
pub(super) async fn whole(mut answer: Answer) -> Result<Whole, DispatchError> {
    let mut source = std::mem::replace(&mut answer.body, Source::Whole(None));
    let body = match Media::of(&answer.headers) {
        Media::None => Bytes::new(),
        Media::Json => collect(source).await?,
        Media::Events => {
            let mut splitter = EventSplitter::new(LARGEST);
            loop {
                let frame = source.frame().await.transpose().map_err(|error| broken(error.to_string()))?;
                let Some(frame) = frame else { break Bytes::new() };
                let data = frame.into_data().unwrap_or_default();
                let events = splitter.feed(&data).map_err(|error| broken(error.to_string()))?;
                let response = events.into_iter().find(|event| bridge::observe(&event.data) != Shown::Nothing);
                if let Some(event) = response {
                    break event.data;
                }
            }
        }
    };
    Ok(Whole { answer, body })
}

/// Whether it comes as events.
pub(super) fn is_stream(answer: &Answer) -> bool {
    matches!(Media::of(&answer.headers), Media::Events)
}

/// An answer with the body that was read from it.
pub(super) fn unread(answer: Answer, body: Bytes) -> Answer {
    let body = match Media::of(&answer.headers) {
        Media::None => Source::Whole(None),
        Media::Json => Source::Whole(Some(body)),
        Media::Events => Source::Whole(Some(sse::encode(None, None, &body))),
    };
    Answer { body, ..answer }
}

/// How an answer came.
pub(super) enum Came {
    /// As a stream.
    Messages(Messages),
    /// At once.
    Whole(Whole),
}

/// Reads an answer as far as it is there at once.
pub(super) async fn came(mut answer: Answer) -> Result<Came, DispatchError> {
    if !is_stream(&answer) || !answer.status.is_success() {
        return whole(answer).await.map(Came::Whole);
    }
    let source = std::mem::replace(&mut answer.body, Source::Whole(None));
    Ok(Came::Messages(Messages::new(source)))
}

/// The whole answer to a request, for the client that waits.
pub(super) fn translate(whole: Whole, exchange: &Exchange) -> Result<Answer, DispatchError> {
    let Whole { answer, body } = whole;
    let shown = bridge::observe(&body);
    if shown == Shown::Nothing {
        return bare(answer);
    }
    let body = exchange.translate(&body).map_err(|error| broken(error.to_string()))?;
    let body = body.ok_or_else(|| broken("its answer is no response"))?;
    Ok(json(status(&exchange.toward, answer.status, shown), body))
}

/// One message of a stream, for the client that waits; `None` when it is not for it. Such a stream cannot be resumed: the
/// eras do that differently, so ids are gone.
pub(super) fn event(event: &Event, exchange: &Exchange) -> io::Result<Option<Bytes>> {
    if event.data.is_empty() {
        return Ok(event.id.is_none().then(|| event.raw.clone()));
    }
    let Some(body) = exchange.translate(&event.data).map_err(io::Error::other)? else { return Ok(None) };
    if event.id.is_none() && body == event.data {
        return Ok(Some(event.raw.clone()));
    }
    Ok(Some(sse::encode(event.event.as_deref(), None, &body)))
}

/// An answer that is a stream of events.
pub(super) fn streaming(events: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Answer {
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"))]);
    Answer { status: StatusCode::OK, headers, session: None, body: Source::Bridged(Box::pin(events)) }
}

/// The status under which a response is understood. In a session 404 means that the session has ended, and clients read
/// errors from 200 only; without one an unknown method MUST be 404 (MCP 2026-07-28, transports).
fn status(toward: &Toward, given: StatusCode, shown: Shown) -> StatusCode {
    match toward {
        Toward::Stateful if given.is_client_error() => StatusCode::OK,
        Toward::Stateless(_) if given == StatusCode::OK && shown == Shown::NoMethod => StatusCode::NOT_FOUND,
        _ => given,
    }
}

/// A status without a message. Where it would tell the client to begin anew in another way, it is a fault.
fn bare(answer: Answer) -> Result<Answer, DispatchError> {
    match answer.status {
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            Err(broken(format!("it answered {} without an MCP message", answer.status.as_u16())))
        }
        status if status.is_success() => Err(broken("it gave no answer")),
        status => {
            let mut bare = empty(status);
            if let Some(after) = answer.headers.get(header::RETRY_AFTER) {
                bare.headers.insert(header::RETRY_AFTER, after.clone());
            }
            Ok(bare)
        }
    }
}

async fn collect(source: Source) -> Result<Bytes, DispatchError> {
    let collected = Limited::new(source, LARGEST).collect().await;
    collected.map(http_body_util::Collected::to_bytes).map_err(|error| broken(format!("its answer broke off: {error}")))
}

/// The messages of a stream, one after another.
pub(super) struct Messages {
    source: Source,
    splitter: EventSplitter,
    ready: VecDeque<Event>,
}

impl Messages {
    fn new(source: Source) -> Self {
        Self { source, splitter: EventSplitter::new(LARGEST), ready: VecDeque::new() }
    }

    /// The next one; `None` at the end. May be dropped and called again: nothing is lost.
    pub(super) async fn next(&mut self) -> io::Result<Option<Event>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            // An event without its end is none.
            let Some(frame) = self.source.frame().await.transpose()? else { return Ok(None) };
            let data = frame.into_data().unwrap_or_default();
            self.ready.extend(self.splitter.feed(&data).map_err(io::Error::other)?);
        }
    }

    /// Whether more has come already.
    pub(super) fn has_more(&self) -> bool {
        !self.ready.is_empty()
    }
}
