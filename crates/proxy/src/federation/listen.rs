//! `subscriptions/listen` (MCP 2026-07-28): one stream of what all parts report, behind one acknowledgement.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt, future::join_all, stream::select_all};
use http_body::Frame;
use serde_json::{Map, Value, json};
use vestibule_mcp::{Message, places::Places, sse};

use super::{
    event_ids::EventIds,
    every,
    fan_in::{self, Events, PartStream, Pass, respond},
    hello, inward,
    lists::{id_of, meta, nobody},
    part::{Errand, NoAnswer, Part},
    visit::Visit,
};
use crate::{call::Unanswered, watch::Watch};

const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";

/// A part that listens: what it promised, and what it said right after.
struct Listening {
    stream: PartStream,
    promised: Map<String, Value>,
    read: Vec<sse::Event>,
}

/// What came of asking a part to listen.
enum Opened {
    Listening(Box<Listening>),
    /// The caller may not, or asked in an unknown form. It is as if the part were not there.
    Denied,
}

/// Listens at all parts. MCP, subscriptions: the first message MUST be the acknowledgement, with what is honoured.
pub(super) async fn answer(visit: &Visit, message: &Message) -> Response {
    let (parts, mut unavailable) = every::parts(visit).await;
    let opened = join_all(parts.into_iter().map(async |part| {
        let name = part.server().name.clone();
        let listening = tokio::time::timeout(visit.federation.patience, open(visit, part, message)).await;
        (name, listening.ok().flatten())
    }))
    .await;
    let (mut promised, mut streams) = (Map::new(), Vec::new());
    for (name, listening) in opened {
        match listening {
            Some(Opened::Listening(listening)) => {
                promise(&mut promised, listening.promised);
                streams.push(listening.stream.events(listening.read));
            }
            Some(Opened::Denied) => {}
            None => unavailable.push(name),
        }
    }
    if streams.is_empty() {
        return nobody(message, &unavailable);
    }
    let id = id_of(message).to_owned();
    let first = acknowledgement(&id, promised, meta(&unavailable));
    let last = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete"}}}}"#);
    let once = |text: String| -> Events {
        let event = sse::encode(None, None, text.as_bytes());
        Box::pin(futures_util::stream::once(async move { Ok(Frame::data(event)) }))
    };
    respond(Box::pin(once(first).chain(select_all(streams)).chain(end(visit, last))))
}

/// What is said when all have ended; nothing where they were cut off because the credential no longer holds.
fn end(visit: &Visit, last: String) -> Events {
    let (proxy, door) = (Arc::clone(&visit.proxy), visit.door.clone());
    let end = futures_util::stream::once(async move {
        let holds = Watch::new(&proxy, &door).holds().await;
        Ok(Frame::data(if holds { sse::encode(None, None, last.as_bytes()) } else { Bytes::new() }))
    });
    Box::pin(end)
}

/// Asks one part, for what is its own, and waits for its acknowledgement.
async fn open(visit: &Visit, part: Part<'_>, message: &Message) -> Option<Opened> {
    let Ok(there) = inward::message(visit, part.server(), message, "") else { return Some(Opened::Denied) };
    let answer = match part.send(Errand::post(there)).await {
        Ok(answer) => answer,
        Err(NoAnswer::Unanswered(Unanswered::Denied(_))) => return Some(Opened::Denied),
        Err(_) => return None,
    };
    let ids = EventIds::of_one(visit, &part.server().name, None);
    let mut stream = fan_in::stream_of(part, answer, ids, Pass::NoResponse)?;
    loop {
        let chunk: Bytes = stream.frames.next().await?.ok()?.into_data().unwrap_or_default();
        let mut events = stream.splitter.feed(&chunk).ok()?.into_iter();
        while let Some(event) = events.next() {
            if let Some(promised) = acknowledged(&stream, &event) {
                return Some(Opened::Listening(Box::new(Listening { stream, promised, read: events.collect() })));
            }
        }
    }
}

/// What a part honours, in the words of the door.
fn acknowledged(stream: &PartStream, event: &sse::Event) -> Option<Map<String, Value>> {
    let places = Places::of(&event.data).ok()?;
    if places.method() != ACKNOWLEDGED {
        return None;
    }
    let outside = stream.outward.message(&event.data).ok()?;
    let mut outside: Value = serde_json::from_slice(&outside).ok()?;
    match outside.pointer_mut("/params/notifications").map(Value::take) {
        Some(Value::Object(promised)) => Some(promised),
        _ => Some(Map::new()),
    }
}

/// What any part honours; resources of all parts.
fn promise(all: &mut Map<String, Value>, more: Map<String, Value>) {
    for (name, value) in more {
        match (all.get_mut(&name), value) {
            (Some(Value::Array(have)), Value::Array(more)) => have.extend(more),
            (_, value) => hello::join(all, Map::from_iter([(name, value)])),
        }
    }
}

fn acknowledgement(id: &str, promised: Map<String, Value>, left_out: Option<Value>) -> String {
    let mut meta = left_out.unwrap_or_else(|| json!({}));
    if let (Some(meta), Ok(id)) = (meta.as_object_mut(), serde_json::from_str::<Value>(id)) {
        meta.insert("io.modelcontextprotocol/subscriptionId".to_owned(), id);
    }
    let params = json!({ "notifications": promised, "_meta": meta });
    json!({ "jsonrpc": "2.0", "method": ACKNOWLEDGED, "params": params }).to_string()
}
