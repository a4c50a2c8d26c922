//! Several streams of parts as one.

use std::{collections::BTreeMap, io, pin::Pin, sync::Arc};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, future::join_all, stream::select_all};
use http::{HeaderValue, Method, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyStream, StreamBody};
use vestibule_mcp::{
    MessageKind,
    error::{self, code},
    places::Places,
    sse,
};
use vestibule_vault::Media;

use super::{
    event_ids::{EventIds, Last},
    every,
    outward::Outward,
    part::{Answer, Errand, Part},
    visit::Visit,
};
use crate::answer;

/// Events in the words of the door.
pub(super) type Events = Pin<Box<dyn Stream<Item = io::Result<Frame<Bytes>>> + Send>>;

/// Which responses of a part pass. Clients know a response by its id alone, so a server could answer what another one
/// was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Pass {
    /// The one to this request, given by the raw JSON text of its id.
    Response(Option<String>),
    /// None.
    NoResponse,
}

impl Pass {
    /// Whether a message passes. What cannot be read does: it is refused where it is rewritten.
    pub(super) fn lets(&self, message: &[u8]) -> bool {
        let Ok(places) = Places::of(message) else { return true };
        // An error without an id answers nothing.
        let answers = |id: &Option<String>| places.id().is_none() || id.as_ref().is_some_and(|id| places.answers(id));
        places.kind() != MessageKind::Response
            || match self {
                Self::Response(id) => answers(id),
                Self::NoResponse => false,
            }
    }

    pub(super) fn lets_event(&self, event: &sse::Event) -> bool {
        let lets = event.data.is_empty() || self.lets(&event.data);
        if !lets {
            tracing::warn!("a part answered what it was not asked; the answer is left out");
        }
        lets
    }
}

/// The stream of one part.
pub(super) struct PartStream {
    pub(super) frames: BodyStream<Body>,
    pub(super) splitter: sse::EventSplitter,
    pub(super) outward: Outward,
    pub(super) ids: EventIds,
    pub(super) pass: Pass,
}

impl PartStream {
    /// Its events, from those that have been read already on. When it breaks off, the others go on.
    pub(super) fn events(self, read: Vec<sse::Event>) -> Events {
        let first = self.outside(&read);
        let rest = futures_util::stream::unfold(self, |mut stream| async move {
            let chunk = stream.frames.next().await?.ok()?.into_data().unwrap_or_default();
            let events = stream.splitter.feed(&chunk).ok()?;
            Some((Ok(Frame::data(stream.outside(&events))), stream))
        });
        Box::pin(futures_util::stream::once(async move { Ok(Frame::data(first)) }).chain(rest))
    }

    /// What passes, in the words of the door. What cannot be read, or has no business here, is left out.
    fn outside(&self, events: &[sse::Event]) -> Bytes {
        let mut out = Vec::new();
        for event in events.iter().filter(|event| self.pass.lets_event(event)) {
            match self.outward.event(event, &self.ids) {
                Ok(bytes) => out.extend_from_slice(&bytes),
                Err(_) => {
                    tracing::warn!(server = %self.outward.server().name, "an event of a part cannot be read; it is left out");
                }
            }
        }
        out.into()
    }
}

/// `GET`: what the parts say by themselves, and what a client missed. In the stateful era only.
pub(super) async fn streams(visit: &Visit) -> Response {
    let last = &visit.last;
    let (parts, _) = every::parts(visit).await;
    let shared = Arc::default();
    if let Some(Last::Joined(ids)) = last {
        *lock(&shared) = ids.clone();
    }
    let opened = join_all(parts.into_iter().filter_map(|part| wanted(&part, last.as_ref()).map(|id| (part, id))).map(
        async |(part, id)| {
            let name = &part.server().name;
            let (ids, pass) = match last {
                Some(Last::One(_, _, request)) => {
                    (EventIds::of_one(visit, name, request.as_deref()), Pass::Response(request.clone()))
                }
                _ => (EventIds::joined(visit, name, &shared), Pass::NoResponse),
            };
            open(part, Errand { last_event: id, ..Errand::without_body(Method::GET) }, ids, pass).await
        },
    ))
    .await;
    let streams: Vec<Events> = opened.into_iter().flatten().map(|stream| stream.events(Vec::new())).collect();
    if streams.is_empty() {
        return no_stream();
    }
    respond(Box::pin(select_all(streams)))
}

/// Whether a part is asked for its stream, and where that goes on.
#[expect(clippy::option_option, reason = "not asked, asked from the start, asked from an event on")]
fn wanted(part: &Part<'_>, last: Option<&Last>) -> Option<Option<String>> {
    let name = part.server().name.as_str();
    match last {
        None => Some(None),
        Some(Last::One(one, id, _)) => (one == name).then(|| Some(id.clone())),
        Some(Last::Joined(ids)) => Some(ids.get(name).cloned()),
    }
}

/// Opens the stream of a part, when it has one.
async fn open(part: Part<'_>, errand: Errand, ids: EventIds, pass: Pass) -> Option<PartStream> {
    let sent = tokio::time::timeout(part.visit.federation.patience, part.send(errand)).await;
    stream_of(part, sent.ok()?.ok()?, ids, pass)
}

/// The stream in an answer; `None` when it is no stream.
pub(super) fn stream_of(part: Part<'_>, answer: Answer, ids: EventIds, pass: Pass) -> Option<PartStream> {
    let (head, body) = answer.response.into_parts();
    if !head.status.is_success() || Media::of(&head.headers) != Media::Events {
        return None;
    }
    let outward = Outward::of(part);
    let splitter = sse::EventSplitter::new(outward.limit());
    Some(PartStream { frames: BodyStream::new(body), splitter, outward, ids, pass })
}

/// A stream of events.
pub(super) fn respond(events: Events) -> Response {
    let mut response = Response::new(Body::new(StreamBody::new(events)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// 405: no part has a stream (streamable HTTP, Listening for Messages: either a stream or 405).
fn no_stream() -> Response {
    let text = "No server behind the gateway has a stream of its own.";
    let body = error::error_body(None, code::INVALID_REQUEST, text, None);
    let mut response = answer::json(StatusCode::METHOD_NOT_ALLOWED, body);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST, DELETE"));
    response
}

fn lock(ids: &std::sync::Mutex<BTreeMap<String, String>>) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
    ids.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
