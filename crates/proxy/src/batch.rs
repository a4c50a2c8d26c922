//! Batches of 2025-03-26: every message is decided, recorded and dispatched by itself, and the answers are joined.
//!
//! Upstream each goes alone, so that a server of any version can answer. Nothing is saved by hiding one call among others.

use std::{io, sync::Arc};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::{StreamExt, future::join_all, stream};
use http::{HeaderValue, StatusCode, header, request::Parts};
use http_body::Frame;
use http_body_util::{BodyExt, BodyStream, Limited, StreamBody};
use serde_json::Value;
use vestibule_mcp::{
    Message, Version,
    error::{self, code},
    sse,
};
use vestibule_vault::{
    Media,
    screen::wish::{BadWish, Wishes},
};

use crate::{Proxy, answer, arrival::Arrival, call};

/// Answers a batch.
pub(crate) async fn answer(
    proxy: &Arc<Proxy>,
    arrival: Arrival,
    wished: Result<Wishes, BadWish>,
    parts: &Parts,
    messages: Vec<Message>,
) -> Response {
    if !may_batch(parts) {
        let text = "this protocol version has no batches: send one message";
        return answer::json(StatusCode::BAD_REQUEST, error::error_body(None, code::INVALID_REQUEST, text, None));
    }
    let answers = messages.into_iter().map(|message| {
        let arrival = arrival.another(proxy);
        let id = message.request_id().map(str::to_owned);
        // Boxed: the lives of all its calls are held at once.
        Box::pin(async move {
            Element { id, answer: call::answer(proxy, &arrival, wished, parts.clone(), Some(message)).await }
        })
    });
    join(proxy, join_all(answers).await).await
}

/// Only 2025-03-26 has batches; its clients send no version header.
fn may_batch(parts: &Parts) -> bool {
    let mut versions = parts.headers.get_all("mcp-protocol-version").iter();
    match (versions.next(), versions.next()) {
        (None, _) => true,
        (Some(version), None) => version == Version::V2025_03_26.as_str(),
        _ => false,
    }
}

/// A message of the batch, by its answer.
struct Element {
    /// Only a request has one, and only it is answered.
    id: Option<String>,
    answer: Response,
}

/// What an element adds to the answer of the batch.
enum Part {
    Json(Bytes),
    Events(Body),
}

/// An array when all answers are plain, a stream of events when one is a stream.
async fn join(proxy: &Proxy, elements: Vec<Element>) -> Response {
    // What concerns all of them (an unknown session, a part of us that is down) is the answer to all of them.
    let common = elements.first().map(|element| element.answer.status()).filter(|first| {
        let concerns_all = matches!(*first, StatusCode::NOT_FOUND | StatusCode::SERVICE_UNAVAILABLE);
        concerns_all && elements.iter().all(|element| element.answer.status() == *first)
    });
    if common.is_some() {
        return elements.into_iter().next().map(|element| element.answer).unwrap_or_default();
    }
    let mut parts = Vec::with_capacity(elements.len());
    for element in elements {
        parts.extend(part(proxy, element).await);
    }
    if parts.is_empty() {
        return with(StatusCode::ACCEPTED, None, Body::empty());
    }
    let plain: Option<Vec<&[u8]>> =
        parts.iter().map(|part| if let Part::Json(bytes) = part { Some(bytes.as_ref()) } else { None }).collect();
    match plain {
        Some(plain) => {
            let array = [b"[".as_slice(), &plain.join(&b','), b"]"].concat();
            with(StatusCode::OK, Some("application/json"), Body::from(array))
        }
        None => with(StatusCode::OK, Some("text/event-stream"), events(parts)),
    }
}

/// Nothing for a message that is no request. A request is always answered, and by its own id: a refusal outside of
/// JSON-RPC, or an answer to something else, would leave its client waiting or answer another element.
async fn part(proxy: &Proxy, Element { id, answer }: Element) -> Option<Part> {
    let (head, body) = answer.into_parts();
    if Media::of(&head.headers) == Media::Events {
        return Some(Part::Events(body));
    }
    let id = id?;
    let unanswered = |text: &str| Part::Json(error::error_body(Some(&id), code::UNAVAILABLE, text, None).into());
    let Ok(whole) = Limited::new(body, proxy.settings.max_list).collect().await else {
        return Some(unanswered("The answer is too large or broke off."));
    };
    let bytes = whole.to_bytes();
    Some(match serde_json::from_slice::<Answer>(&bytes) {
        Ok(answer) if serde_json::from_str::<Value>(&id).is_ok_and(|id| id == answer.id) => Part::Json(bytes),
        _ => unanswered(&format!(
            "This request was answered with status {} and nothing of its own.",
            head.status.as_u16()
        )),
    })
}

#[derive(serde::Deserialize)]
struct Answer {
    #[serde(rename = "jsonrpc")]
    _version: serde::de::IgnoredAny,
    id: Value,
}

fn events(parts: Vec<Part>) -> Body {
    let streams = parts.into_iter().map(|part| match part {
        Part::Json(bytes) => stream::once(async move { Ok(sse::encode(None, None, &bytes)) }).boxed(),
        Part::Events(body) => whole_events(body).boxed(),
    });
    let frames = stream::select_all(streams).map(|bytes: io::Result<Bytes>| bytes.map(Frame::data));
    Body::new(StreamBody::new(frames))
}

/// Pieces that end where events end, so that streams can be mixed.
fn whole_events(body: Body) -> impl stream::Stream<Item = io::Result<Bytes>> + Send {
    let splitter = sse::EventSplitter::new(call::LARGEST_EVENT);
    stream::unfold(Some((BodyStream::new(body), splitter)), |state| async move {
        let (mut frames, mut splitter) = state?;
        let chunk = match frames.next().await? {
            Ok(frame) => frame.into_data().unwrap_or_default(),
            Err(error) => return Some((Err(io::Error::other(error)), None)),
        };
        match splitter.feed(&chunk) {
            Ok(events) => {
                let raw: Vec<&[u8]> = events.iter().map(|event| event.raw.as_ref()).collect();
                Some((Ok(raw.concat().into()), Some((frames, splitter))))
            }
            Err(error) => Some((Err(io::Error::other(error)), None)),
        }
    })
}

fn with(status: StatusCode, media: Option<&'static str>, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(media) = media {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    }
    response
}
