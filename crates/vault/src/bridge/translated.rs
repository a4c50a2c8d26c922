//! What comes back, read or on its way, in the era of the client.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use vestibule_mcp::{
    bridge::{self, Exchange, Shown, Toward},
    sse::{self, Event, EventSplitter},
};

use super::{broken, empty, json, sessions::Session};
use crate::{
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
    let body = match media(&answer.headers) {
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
    matches!(media(&answer.headers), Media::Events)
}

/// An answer with the body that was read from it.
pub(super) fn unread(answer: Answer, body: Bytes) -> Answer {
    let body = match media(&answer.headers) {
        Media::None => Source::Whole(None),
        Media::Json => Source::Whole(Some(body)),
        Media::Events => Source::Whole(Some(sse::encode(None, None, &body))),
    };
    Answer { body, ..answer }
}

/// The answer to a request, for the client that waits. `session` is kept from ending while a stream runs.
pub(super) async fn translate(
    mut answer: Answer,
    exchange: Exchange,
    session: Option<Arc<Session>>,
) -> Result<Answer, DispatchError> {
    answer.session = None;
    let source = std::mem::replace(&mut answer.body, Source::Whole(None));
    match media(&answer.headers) {
        Media::Events if answer.status.is_success() => {
            answer.body = Source::Translated(Box::new(Translated::new(source, exchange, session)));
            Ok(answer)
        }
        Media::Json => {
            let body = collect(source).await?;
            let shown = bridge::observe(&body);
            if shown == Shown::Nothing {
                return bare(answer);
            }
            let body = exchange.translate(&body).map_err(|error| broken(error.to_string()))?;
            let body = body.ok_or_else(|| broken("its answer is no response"))?;
            Ok(json(status(&exchange.toward, answer.status, shown), body))
        }
        Media::Events | Media::None => bare(answer),
    }
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

enum Media {
    Json,
    Events,
    None,
}

/// What the vault lets pass is one of these.
fn media(headers: &HeaderMap) -> Media {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    match text.split(';').next().unwrap_or("").trim() {
        "" => Media::None,
        media if media.eq_ignore_ascii_case("text/event-stream") => Media::Events,
        _ => Media::Json,
    }
}

/// A stream whose events are translated one by one. It cannot be resumed: the eras do it differently, so ids are gone.
pub(crate) struct Translated {
    source: Source,
    splitter: EventSplitter,
    exchange: Exchange,
    ready: VecDeque<Bytes>,
    _session: Option<Arc<Session>>,
}

impl Translated {
    fn new(source: Source, exchange: Exchange, session: Option<Arc<Session>>) -> Self {
        let (splitter, ready) = (EventSplitter::new(LARGEST), VecDeque::new());
        Self { source, splitter, exchange, ready, _session: session }
    }

    pub(crate) fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(event)));
            }
            let frame = match ready!(Pin::new(&mut self.source).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                // An event without its end is none.
                None => return Poll::Ready(None),
            };
            if let Err(error) = frame.into_data().map_or(Ok(()), |data| self.take(&data)) {
                return Poll::Ready(Some(Err(error)));
            }
        }
    }

    fn take(&mut self, chunk: &[u8]) -> io::Result<()> {
        for event in self.splitter.feed(chunk).map_err(io::Error::other)? {
            self.ready.extend(self.event(&event)?);
        }
        Ok(())
    }

    fn event(&self, event: &Event) -> io::Result<Option<Bytes>> {
        if event.data.is_empty() {
            return Ok(event.id.is_none().then(|| event.raw.clone()));
        }
        let Some(body) = self.exchange.translate(&event.data).map_err(io::Error::other)? else { return Ok(None) };
        if event.id.is_none() && body == event.data {
            return Ok(Some(event.raw.clone()));
        }
        Ok(Some(sse::encode(event.event.as_deref(), None, &body)))
    }
}
