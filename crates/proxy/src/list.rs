//! Lists are filtered by the same decision as calls: nobody sees what they could never use.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, BodyStream, Limited, StreamBody};
use vestibule_mcp::{Era, Target, filter, sse};
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
    let sieve = Sieve::new(proxy, arrival, asked.era(), kind);
    headers.remove(header::CONTENT_LENGTH);
    match media(headers) {
        Media::Json => {
            let Ok(collected) = Limited::new(body, proxy.settings.max_list).collect().await else {
                return Err(answer::plain(
                    StatusCode::BAD_GATEWAY,
                    "the list of the server behind the gateway is too large or broke off",
                ));
            };
            let bytes = collected.to_bytes();
            sieve.sift(&bytes).map(|filtered| Body::from(filtered.map_or(bytes, Bytes::from))).ok_or_else(unreadable)
        }
        Media::Events => {
            headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
            Ok(events(sieve, body, proxy.settings.max_list))
        }
        Media::None => Ok(Body::new(body)),
        Media::Other => Err(unreadable()),
    }
}

fn unreadable() -> Response {
    answer::plain(
        StatusCode::BAD_GATEWAY,
        "the list of the server behind the gateway cannot be read, so it is withheld",
    )
}

enum Media {
    Json,
    Events,
    None,
    Other,
}

fn media(headers: &HeaderMap) -> Media {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Media::None };
    match value.to_str().unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase().as_str() {
        "application/json" => Media::Json,
        "text/event-stream" => Media::Events,
        _ => Media::Other,
    }
}

/// Knows who looks and keeps what they may see.
struct Sieve {
    engine: Arc<Engine>,
    principal: Arc<Principal>,
    server: Arc<Server>,
    directory: Arc<Directory>,
    era: Era,
    kind: ListKind,
}

impl Sieve {
    fn new(proxy: &Proxy, arrival: &Arrival, era: Era, kind: ListKind) -> Self {
        Self {
            engine: Arc::clone(&proxy.engine),
            principal: Arc::clone(arrival.principal()),
            server: Arc::clone(&arrival.server),
            directory: proxy.store.directory(),
            era,
            kind,
        }
    }

    /// `None`: unreadable, so nothing may pass. `Some(None)`: no list in it (an error, a notification), passes as it is.
    fn sift(&self, body: &[u8]) -> Option<Option<Vec<u8>>> {
        let target = match self.kind {
            ListKind::Tools => Target::ToolList,
            ListKind::Prompts => Target::PromptList,
            ListKind::Resources => Target::ResourceList,
            ListKind::ResourceTemplates => Target::ResourceTemplateList,
        };
        let filtered = filter::filter_list(body, &target, self.era, |name| self.keeps(name)).ok()?;
        Some(filtered.map(|filtered| filtered.body))
    }

    fn keeps(&self, name: &str) -> bool {
        let target = match self.kind {
            ListKind::Tools => CallTarget::Tool(name),
            ListKind::Prompts => CallTarget::Prompt(name),
            ListKind::Resources | ListKind::ResourceTemplates => CallTarget::Resource(name),
        };
        self.engine.may_see(&self.principal, &self.server, &self.directory, &target)
    }
}

/// Event by event: each is whole before it is judged, and none waits for the next.
fn events(sieve: Sieve, body: ReplyBody, max_event: usize) -> Body {
    let splitter = sse::EventSplitter::new(max_event);
    let frames = BodyStream::new(body);
    let stream = futures_util::stream::unfold(Some((frames, splitter, sieve)), |state| async move {
        let (mut frames, mut splitter, sieve) = state?;
        let frame = frames.next().await?;
        let sifted = frame.map_err(std::io::Error::other).and_then(|frame| {
            let chunk = frame.into_data().unwrap_or_default();
            let events = splitter.feed(&chunk).map_err(std::io::Error::other)?;
            let mut out = Vec::new();
            for event in events {
                match sieve.sift_event(&event) {
                    Some(bytes) => out.extend_from_slice(&bytes),
                    None => return Err(std::io::Error::other("an event cannot be read, so the list is withheld")),
                }
            }
            Ok(http_body::Frame::data(Bytes::from(out)))
        });
        let rest = sifted.is_ok().then_some((frames, splitter, sieve));
        Some((sifted, rest))
    });
    Body::new(StreamBody::new(Box::pin(stream)))
}

impl Sieve {
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
