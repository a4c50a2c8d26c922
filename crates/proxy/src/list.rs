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
    filter, output_schema, sse,
};
use vestibule_model::Directory;
use vestibule_policy::{Engine, engine::CallTarget};

use crate::{
    Proxy,
    answer::{self, Asked, ListKind},
    arrival::Arrival,
    pins::Pins,
    unasked::Watched,
};

/// Filters a list in a JSON answer.
pub(crate) async fn json(
    proxy: &Proxy,
    arrival: &Arrival,
    asked: &Asked,
    kind: ListKind,
    body: Watched,
) -> Result<Body, Response> {
    let sieve = Sieve::new(proxy, arrival, asked, kind);
    let Ok(collected) = Limited::new(body, proxy.settings.max_list).collect().await else {
        return Err(answer::json(StatusCode::BAD_GATEWAY, sieve.refusal(BROKEN)));
    };
    let bytes = collected.to_bytes();
    match sieve.sift(&bytes).await {
        Ok(filtered) => Ok(Body::from(filtered.map_or(bytes, Bytes::from))),
        Err(Withheld::Unreadable) => Err(answer::json(StatusCode::BAD_GATEWAY, sieve.refusal(UNREADABLE))),
        Err(Withheld::Journal) => Err(answer::journal_down(sieve.id.as_deref())),
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
const UNRECORDED: &str = "The audit journal cannot be written, so the list is withheld.";
const UNREADABLE: &str = "The list of the server behind the gateway cannot be read, so it is withheld.";

/// Why nothing of a list may pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Withheld {
    /// It cannot be read, or can be read in two ways.
    Unreadable,
    /// What is new in it cannot be recorded.
    Journal,
}

/// Knows who looks and keeps what they may see.
struct Sieve {
    engine: Arc<Engine>,
    pins: Arc<Pins>,
    arrival: Arrival,
    directory: Arc<Directory>,
    era: Era,
    kind: ListKind,
    promises: Promises,
    /// Of the request that is answered.
    id: Option<String>,
}

/// What is said of the results of tools.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Promises {
    /// What their server says.
    Kept,
    /// Nothing that masking would break.
    Opened,
}

impl Sieve {
    fn new(proxy: &Proxy, arrival: &Arrival, asked: &Asked, kind: ListKind) -> Self {
        // What masks a call need not mask the list, which comes first.
        let (server, demanded) = (&arrival.server, proxy.engine.demands(&arrival.server));
        let masks = proxy.vault.may_mask(arrival.principal(), server, asked.wishes, &demanded);
        Self {
            promises: if masks { Promises::Opened } else { Promises::Kept },
            engine: Arc::clone(&proxy.engine),
            pins: Arc::clone(&proxy.pins),
            arrival: arrival.clone(),
            directory: proxy.store.directory(),
            era: asked.era(),
            kind,
            id: asked.id.clone(),
        }
    }

    /// `None`: no list in it (an error, a notification), passes as it is.
    async fn sift(&self, body: &[u8]) -> Result<Option<Vec<u8>>, Withheld> {
        // What it holds decides, not what was asked: the answer to another request may come on this stream.
        let list = match (filter::list_in(body).map_err(|_| Withheld::Unreadable)?, self.kind) {
            (Some(found), _) => found,
            (None, ListKind::Tools) => Target::ToolList,
            (None, ListKind::Prompts) => Target::PromptList,
            (None, ListKind::Resources) => Target::ResourceList,
            (None, ListKind::ResourceTemplates) => Target::ResourceTemplateList,
            (None, ListKind::Resumed) => return Ok(None),
        };
        // First what is known of the tools, then who may see them: a definition that waits since this very list is not
        // in it any more.
        let held = match list {
            Target::ToolList => self.pins.compare(&self.arrival.server.name, &self.arrival.request, body).await?,
            _ => HashSet::new(),
        };
        let keeps = |name: &str| !held.contains(name) && self.keeps(&list, name);
        let filtered = filter::filter_list(body, &list, self.era, keeps).map_err(|_| Withheld::Unreadable)?;
        let filtered = filtered.map(|filtered| filtered.body);
        if list != Target::ToolList || self.promises == Promises::Kept {
            return Ok(filtered);
        }
        let opened = output_schema::opened(filtered.as_deref().unwrap_or(body)).map_err(|_| Withheld::Unreadable)?;
        Ok(opened.or(filtered))
    }

    fn keeps(&self, list: &Target<'_>, name: &str) -> bool {
        let target = match list {
            Target::ToolList => CallTarget::Tool(name),
            Target::PromptList => CallTarget::Prompt(name),
            _ => CallTarget::Resource(name),
        };
        self.engine.may_see(&self.arrival.principal_for(&target), &self.arrival.server, &self.directory, &target)
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
                Ok(bytes) => out.extend_from_slice(&bytes),
                Err(_) if self.kind == ListKind::Resumed => {
                    tracing::warn!(server = %self.arrival.server.name, "an event of the upstream cannot be read; it is left out");
                }
                Err(Withheld::Unreadable) => return end(out, UNREADABLE),
                Err(Withheld::Journal) => return end(out, UNRECORDED),
            }
        }
        (out, true)
    }

    async fn sift_event(&self, event: &sse::Event) -> Result<Bytes, Withheld> {
        if event.data.is_empty() {
            return Ok(event.raw.clone());
        }
        let sifted = self.sift(&event.data).await?;
        Ok(sifted
            .map_or_else(|| event.raw.clone(), |body| sse::encode(event.event.as_deref(), event.id.as_deref(), &body)))
    }
}
