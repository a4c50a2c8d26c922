//! Lists are filtered by the same decision as calls: nobody sees what they could never use. That holds for the stream of
//! a session too, where a client that lost its connection gets an answer again.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, BodyStream, Limited, StreamBody};
use vestibule_mcp::{
    Era, Target,
    error::{self, code},
    filter, sse,
};
use vestibule_model::{Directory, Principal, Server};
use vestibule_policy::{Engine, engine::CallTarget};
use vestibule_vault::reply::ReplyBody;

use crate::{
    Proxy,
    answer::{self, Asked, ListKind},
    call::Arrival,
};

/// Filters a list answer, in JSON or as events; other media types cannot be understood and are refused.
pub(crate) async fn filter(
    proxy: &Arc<Proxy>,
    arrival: &Arrival,
    asked: &Asked,
    kind: ListKind,
    headers: &mut HeaderMap,
    body: ReplyBody,
) -> Result<Body, Response> {
    let sieve = Sieve::new(proxy, arrival, asked, kind);
    headers.remove(header::CONTENT_LENGTH);
    match media(headers) {
        Media::Json => {
            let Ok(collected) = Limited::new(body, proxy.settings.max_list).collect().await else {
                return Err(answer::json(StatusCode::BAD_GATEWAY, sieve.refusal(BROKEN)));
            };
            let bytes = collected.to_bytes();
            match sieve.sift(&bytes) {
                Some(filtered) => Ok(Body::from(filtered.map_or(bytes, Bytes::from))),
                None => Err(answer::json(StatusCode::BAD_GATEWAY, sieve.refusal(UNREADABLE))),
            }
        }
        Media::Events => {
            headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
            Ok(events(sieve, body, proxy.settings.max_list))
        }
        Media::None => Ok(Body::new(body)),
        Media::Other => Err(answer::json(StatusCode::BAD_GATEWAY, sieve.refusal(UNREADABLE))),
    }
}

const BROKEN: &str = "The list of the server behind the gateway is too large or broke off.";
const UNREADABLE: &str = "The list of the server behind the gateway cannot be read, so it is withheld.";

pub(crate) enum Media {
    Json,
    Events,
    None,
    Other,
}

pub(crate) fn media(headers: &HeaderMap) -> Media {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Media::None };
    match value.to_str().unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase().as_str() {
        "application/json" => Media::Json,
        "text/event-stream" => Media::Events,
        _ => Media::Other,
    }
}

/// Knows who looks and keeps what they may see.
pub(crate) struct Sieve {
    engine: Arc<Engine>,
    principal: Arc<Principal>,
    server: Arc<Server>,
    directory: Arc<Directory>,
    era: Era,
    kind: ListKind,
    /// Of the request that is answered.
    id: Option<String>,
}

impl Sieve {
    pub(crate) fn new(proxy: &Proxy, arrival: &Arrival, asked: &Asked, kind: ListKind) -> Self {
        Self {
            engine: Arc::clone(&proxy.engine),
            principal: Arc::clone(arrival.principal()),
            server: Arc::clone(&arrival.server),
            directory: proxy.store.directory(),
            era: asked.era(),
            kind,
            id: asked.id.clone(),
        }
    }

    /// `None`: unreadable, so nothing may pass. `Some(None)`: no list in it (an error, a notification), passes as it is.
    pub(crate) fn sift(&self, body: &[u8]) -> Option<Option<Vec<u8>>> {
        let list = match self.kind {
            ListKind::Tools => Target::ToolList,
            ListKind::Prompts => Target::PromptList,
            ListKind::Resources => Target::ResourceList,
            ListKind::ResourceTemplates => Target::ResourceTemplateList,
            ListKind::Resumed => match filter::list_in(body).ok()? {
                Some(list) => list,
                None => return Some(None),
            },
        };
        let filtered = filter::filter_list(body, &list, self.era, |name| self.keeps(&list, name)).ok()?;
        Some(filtered.map(|filtered| filtered.body))
    }

    fn keeps(&self, list: &Target<'_>, name: &str) -> bool {
        let target = match list {
            Target::ToolList => CallTarget::Tool(name),
            Target::PromptList => CallTarget::Prompt(name),
            _ => CallTarget::Resource(name),
        };
        self.engine.may_see(&self.principal, &self.server, &self.directory, &target)
    }

    /// What is said instead of the list.
    fn refusal(&self, text: &str) -> Vec<u8> {
        error::error_body(self.id.as_deref(), code::UNAVAILABLE, text, None)
    }
}

/// Event by event: each is whole before it is judged, and none waits for the next.
fn events(sieve: Sieve, body: ReplyBody, max_event: usize) -> Body {
    let splitter = sse::EventSplitter::new(max_event);
    let frames = BodyStream::new(body);
    let stream = futures_util::stream::unfold(Some((frames, splitter, sieve)), |state| async move {
        let (mut frames, mut splitter, sieve) = state?;
        let chunk = match frames.next().await? {
            Ok(frame) => frame.into_data().unwrap_or_default(),
            Err(error) => return Some((Err(error), None)),
        };
        let (bytes, goes_on) = sieve.sift_events(&mut splitter, &chunk);
        let rest = goes_on.then_some((frames, splitter, sieve));
        Some((Ok(http_body::Frame::data(Bytes::from(bytes))), rest))
    });
    Body::new(StreamBody::new(Box::pin(stream)))
}

impl Sieve {
    /// What may pass of the events that a chunk completes, and whether the stream goes on. A list that cannot be read
    /// is answered by an error; on a stream that answers nothing in particular, the event is left out.
    fn sift_events(&self, splitter: &mut sse::EventSplitter, chunk: &[u8]) -> (Vec<u8>, bool) {
        let mut out = Vec::new();
        let end = |mut out: Vec<u8>, text| {
            out.extend_from_slice(&sse::encode(None, None, &self.refusal(text)));
            (out, false)
        };
        let Ok(events) = splitter.feed(chunk) else { return end(out, BROKEN) };
        for event in events {
            match self.sift_event(&event) {
                Some(bytes) => out.extend_from_slice(&bytes),
                None if self.kind == ListKind::Resumed => {
                    tracing::warn!(server = %self.server.name, "an event of the upstream cannot be read; it is left out");
                }
                None => return end(out, UNREADABLE),
            }
        }
        (out, true)
    }

    fn sift_event(&self, event: &sse::Event) -> Option<Bytes> {
        if event.data.is_empty() {
            return Some(event.raw.clone());
        }
        let sifted = self.sift(&event.data)?;
        Some(
            sifted.map_or_else(
                || event.raw.clone(),
                |body| sse::encode(event.event.as_deref(), event.id.as_deref(), &body),
            ),
        )
    }
}
