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
use vestibule_mcp::{
    Message, Version,
    error::{self, code},
    sse,
};

use crate::{
    Proxy,
    answer::{self, Media},
    arrival::Arrival,
    call,
};

/// Answers a batch.
pub(crate) async fn answer(proxy: &Arc<Proxy>, arrival: Arrival, parts: &Parts, messages: Vec<Message>) -> Response {
    if !may_batch(parts) {
        let text = "this protocol version has no batches: send one message";
        return answer::json(StatusCode::BAD_REQUEST, error::error_body(None, code::INVALID_REQUEST, text, None));
    }
    let answers = messages.into_iter().map(|message| {
        let arrival = arrival.another(proxy);
        async move { call::answer(proxy, &arrival, parts.clone(), Some(message)).await }
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

/// One answer to a message.
enum Part {
    Json(Bytes),
    Events(Body),
}

/// An array when all answers are plain, a stream of events when one is a stream.
async fn join(proxy: &Proxy, answers: Vec<Response>) -> Response {
    // What concerns all of them (an unknown session, a part of us that is down) is the answer to all of them.
    let common = answers.first().map(Response::status).filter(|first| {
        let concerns_all = matches!(*first, StatusCode::NOT_FOUND | StatusCode::SERVICE_UNAVAILABLE);
        concerns_all && answers.iter().all(|answer| answer.status() == *first)
    });
    if common.is_some() {
        return answers.into_iter().next().unwrap_or_default();
    }
    let mut parts = Vec::with_capacity(answers.len());
    for answer in answers {
        parts.extend(part(proxy, answer).await);
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

/// What an answer adds; nothing when it says nothing to a request (an accepted or refused notification).
async fn part(proxy: &Proxy, answer: Response) -> Option<Part> {
    let (head, body) = answer.into_parts();
    if Media::of(&head.headers) == Media::Events {
        return Some(Part::Events(body));
    }
    let bytes = match Limited::new(body, proxy.settings.max_list).collect().await {
        Ok(whole) => whole.to_bytes(),
        Err(_) => error::error_body(None, code::UNAVAILABLE, "An answer is too large or broke off.", None).into(),
    };
    // A refusal outside of JSON-RPC answers no request.
    let is_answer = serde_json::from_slice::<Answer>(&bytes).is_ok();
    is_answer.then_some(Part::Json(bytes))
}

#[derive(serde::Deserialize)]
struct Answer {
    #[serde(rename = "jsonrpc")]
    _version: serde::de::IgnoredAny,
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
