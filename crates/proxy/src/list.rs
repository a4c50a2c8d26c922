//! Lists are filtered by the same decision as calls: nobody sees what they could never use. That holds for the stream of
//! a session too, where a client that lost its connection gets an answer again. Tools whose definition is not the one in
//! force are left out as well ([`crate::pins`]).

use std::{collections::HashSet, sync::Arc};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Limited};
use vestibule_mcp::{
    Era, Target,
    error::{self, code},
    filter, sse,
};
use vestibule_model::{Directory, Principal, RequestId, Server};
use vestibule_policy::{Engine, engine::CallTarget};
use vestibule_vault::reply::ReplyBody;

use crate::{
    Proxy,
    answer::{self, Asked, ListKind},
    call::Arrival,
    pins::Pins,
};

/// Filters a list in a JSON answer.
pub(crate) async fn json(
    proxy: &Proxy,
    arrival: &Arrival,
    asked: &Asked,
    kind: ListKind,
    body: ReplyBody,
) -> Result<Body, Response> {
    let sieve = Sieve::new(proxy, arrival, asked, kind);
    let Ok(collected) = Limited::new(body, proxy.settings.max_list).collect().await else {
        return Err(answer::json(StatusCode::BAD_GATEWAY, sieve.refusal(BROKEN)));
    };
    let bytes = collected.to_bytes();
    match sieve.sift(&bytes).await {
        Some(filtered) => Ok(Body::from(filtered.map_or(bytes, Bytes::from))),
        None => Err(answer::json(StatusCode::BAD_GATEWAY, sieve.refusal(UNREADABLE))),
    }
}

/// Filters lists in a stream, event by event: each is whole before it is judged, and none waits for the next.
pub(crate) struct ListEvents {
    sieve: Sieve,
    splitter: sse::EventSplitter,
}

impl ListEvents {
    pub(crate) fn new(proxy: &Proxy, arrival: &Arrival, asked: &Asked, kind: ListKind) -> Self {
        let splitter = sse::EventSplitter::new(proxy.settings.max_list);
        Self { sieve: Sieve::new(proxy, arrival, asked, kind), splitter }
    }

    /// What may pass of the events that a chunk completes, and whether the stream goes on. A list that cannot be read
    /// is answered by an error; on a stream that answers nothing in particular, the event is left out.
    pub(crate) async fn feed(&mut self, chunk: &[u8]) -> (Bytes, bool) {
        let (bytes, goes_on) = self.sieve.sift_events(&mut self.splitter, chunk).await;
        (bytes.into(), goes_on)
    }
}

const BROKEN: &str = "The list of the server behind the gateway is too large or broke off.";
const UNREADABLE: &str = "The list of the server behind the gateway cannot be read, so it is withheld.";

/// Knows who looks and keeps what they may see.
struct Sieve {
    engine: Arc<Engine>,
    pins: Arc<Pins>,
    request: RequestId,
    principal: Arc<Principal>,
    server: Arc<Server>,
    directory: Arc<Directory>,
    era: Era,
    kind: ListKind,
    /// Of the request that is answered.
    id: Option<String>,
}

impl Sieve {
    fn new(proxy: &Proxy, arrival: &Arrival, asked: &Asked, kind: ListKind) -> Self {
        Self {
            engine: Arc::clone(&proxy.engine),
            pins: Arc::clone(&proxy.pins),
            request: arrival.request.clone(),
            principal: Arc::clone(arrival.principal()),
            server: Arc::clone(&arrival.server),
            directory: proxy.store.directory(),
            era: asked.era(),
            kind,
            id: asked.id.clone(),
        }
    }

    /// `None`: unreadable, so nothing may pass. `Some(None)`: no list in it (an error, a notification), passes as it is.
    async fn sift(&self, body: &[u8]) -> Option<Option<Vec<u8>>> {
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
        // First what is known of the tools, then who may see them: a definition that waits since this very list is not
        // in it any more.
        let held = match list {
            Target::ToolList => self.pins.compare(&self.server.name, &self.request, body).await?,
            _ => HashSet::new(),
        };
        let keeps = |name: &str| !held.contains(name) && self.keeps(&list, name);
        let filtered = filter::filter_list(body, &list, self.era, keeps).ok()?;
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

impl Sieve {
    /// What may pass of the events that a chunk completes, and whether the stream goes on. A list that cannot be read
    /// is answered by an error; on a stream that answers nothing in particular, the event is left out.
    async fn sift_events(&self, splitter: &mut sse::EventSplitter, chunk: &[u8]) -> (Vec<u8>, bool) {
        let mut out = Vec::new();
        let end = |mut out: Vec<u8>, text| {
            out.extend_from_slice(&sse::encode(None, None, &self.refusal(text)));
            (out, false)
        };
        let Ok(events) = splitter.feed(chunk) else { return end(out, BROKEN) };
        for event in events {
            match self.sift_event(&event).await {
                Some(bytes) => out.extend_from_slice(&bytes),
                None if self.kind == ListKind::Resumed => {
                    tracing::warn!(server = %self.server.name, "an event of the upstream cannot be read; it is left out");
                }
                None => return end(out, UNREADABLE),
            }
        }
        (out, true)
    }

    async fn sift_event(&self, event: &sse::Event) -> Option<Bytes> {
        if event.data.is_empty() {
            return Some(event.raw.clone());
        }
        let sifted = self.sift(&event.data).await?;
        Some(
            sifted.map_or_else(
                || event.raw.clone(),
                |body| sse::encode(event.event.as_deref(), event.id.as_deref(), &body),
            ),
        )
    }
}
