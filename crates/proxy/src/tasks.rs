//! Tasks belong to whom they were made for: the id of a task goes out with a tag of its owner, and comes back with it or
//! not at all (MCP tasks, security considerations: a receiver MUST NOT answer for the task of another requestor).
//!
//! An id must read alike wherever it stands, so it is not sealed anew each time: `<tag>.<id>`, the tag being a keyed
//! digest over owner and id. Nothing is stored, and any node can tell.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue};
use memchr::memmem;
use vestibule_mcp::{
    Message, MessageKind, Mirrored,
    places::{Change, Place, Places},
};

use crate::{Proxy, arrival::Arrival, sealed::Owner};

const NAME: &str = "mcp-name";
const TABLE: &str = "mcp_task";

/// A message about a task that is none of the caller's.
#[derive(Debug)]
pub(crate) struct Unknown(pub(crate) Box<Message>);

/// Whether a message may name a task. One that hides the name keeps the bare id, which is refused when it comes back.
pub(crate) fn may_name(message: &[u8]) -> bool {
    static KEY: LazyLock<memmem::Finder<'_>> = LazyLock::new(|| memmem::Finder::new("\"taskId\""));
    KEY.find(message).is_some()
}

/// What a server says, with the owner's tag at its tasks; `None`: as it is. The tasks that its requests ask about
/// (`tasks/get` toward a client, MCP 2025-11-25) are the client's own.
pub(crate) fn outward(proxy: &Proxy, owner: &Owner, message: &[u8]) -> Option<Vec<u8>> {
    if !may_name(message) {
        return None;
    }
    let places = Places::of(message).ok()?;
    let asks_for_ours = places.kind() == MessageKind::Request && places.method().starts_with("tasks/");
    if asks_for_ours || places.find(Place::Task).is_none() {
        return None;
    }
    Some(places.rewrite(|place, said| match place {
        Place::Task => Change::Text(tagged(proxy, owner, said)),
        _ => Change::Keep,
    }))
}

/// What a client says, with the server's own ids, in the header that mirrors one too.
///
/// # Errors
/// [`Unknown`] when a request names a task that is not this caller's. Answers and notifications may speak of tasks that
/// the client itself runs.
pub(crate) fn inward(
    proxy: &Proxy,
    arrival: &Arrival,
    headers: &mut HeaderMap,
    message: Message,
) -> Result<Message, Unknown> {
    if !may_name(message.bytes()) && !message.method().starts_with("tasks/") {
        return Ok(message);
    }
    let owner = &Owner::of(arrival);
    let Ok(places) = Places::of(message.bytes()) else { return Err(Unknown(Box::new(message))) };
    let nobodys = is_refused_anyway(&message).then(|| nobodys(proxy));
    let mut unknown = false;
    let bytes = places.rewrite(|place, said| match place {
        Place::Task => untagged(proxy, owner, said).map_or_else(
            || match &nobodys {
                Some(id) => Change::Text(id.clone()),
                None => {
                    unknown = true;
                    Change::Keep
                }
            },
            |id| Change::Text(id.to_owned()),
        ),
        _ => Change::Keep,
    });
    if unknown && places.kind() == MessageKind::Request {
        return Err(Unknown(Box::new(message)));
    }
    let Ok(own) = Message::parse(bytes.into()) else { return Err(Unknown(Box::new(message))) };
    if headers.contains_key(NAME)
        && own.method().starts_with("tasks/")
        && let Some(id) = Places::of(own.bytes()).ok().as_ref().and_then(|places| places.find(Place::Task))
    {
        let Ok(value) = HeaderValue::from_str(&Mirrored::encode(id)) else { return Err(Unknown(Box::new(message))) };
        headers.insert(NAME, value);
    }
    Ok(own)
}

/// Whether a server refuses a method of tasks whatever the task: to a client that does not declare them, and where the
/// method is none any more (MCP 2026-07-28, `io.modelcontextprotocol/tasks`). It is heard about a task that nobody has.
fn is_refused_anyway(message: &Message) -> bool {
    let says = |key: &[u8]| memmem::find(message.bytes(), key).is_some();
    let stateless = says(b"\"io.modelcontextprotocol/clientCapabilities\"");
    let answered = matches!(message.method(), "tasks/get" | "tasks/update" | "tasks/cancel");
    let declared = says(b"\"io.modelcontextprotocol/tasks\"");
    message.method().starts_with("tasks/") && stateless && !(answered && declared)
}

/// The id of a task that no server has.
fn nobodys(proxy: &Proxy) -> String {
    let mut bytes = [0; 16];
    proxy.random.fill(&mut bytes);
    format!("unknown-{}", URL_SAFE_NO_PAD.encode(bytes))
}

fn tagged(proxy: &Proxy, owner: &Owner, id: &str) -> String {
    let tag = proxy.store.sealer().tag(TABLE, owner.server(), &row(owner, id));
    format!("{}.{id}", URL_SAFE_NO_PAD.encode(tag))
}

fn untagged<'i>(proxy: &Proxy, owner: &Owner, presented: &'i str) -> Option<&'i str> {
    let (tag, id) = presented.split_once('.')?;
    let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
    proxy.store.sealer().is_tag(TABLE, owner.server(), &row(owner, id), &tag).then_some(id)
}

fn row(owner: &Owner, id: &str) -> String {
    format!("{}\n{id}", owner.who())
}
