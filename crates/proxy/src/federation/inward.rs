//! What a client says, in the words of the part it is for. The rewritten message is parsed again, strictly: policy and
//! forwarding see the same one.

use std::sync::Arc;

use vestibule_mcp::{
    Message, MessageKind, Target,
    places::{Change, Place, Places},
};
use vestibule_model::Server;

use super::visit::Visit;

/// Why a message cannot be said in the words of a part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Foreign {
    /// It names a task that is none of the part's.
    Task,
    /// It cannot be read.
    Unreadable,
}

/// A message in the words of a part. `own` is the name there of the tool or prompt that it is about.
pub(super) fn message(visit: &Visit, server: &Arc<Server>, message: &Message, own: &str) -> Result<Message, Foreign> {
    let places = Places::of(message.bytes()).map_err(|_| Foreign::Unreadable)?;
    let kind = places.kind();
    let is_named = matches!(message.target(), Target::Tool(_) | Target::Prompt(_));
    let mut foreign = None;
    let bytes = places.rewrite(|place, said| match (place, kind) {
        (Place::Name, MessageKind::Request) if is_named => Change::Text(own.to_owned()),
        (Place::Uri, _) => inside_uri(visit, server, said).map_or(Change::Keep, Change::Text),
        (Place::Task, _) => match inside_id(visit, server, said) {
            Some(id) => Change::Text(id.to_owned()),
            None => refuse(&mut foreign, Foreign::Task),
        },
        (Place::Id, MessageKind::Response) | (Place::Progress, MessageKind::Notification) => {
            raw_id(visit, server, said).map_or(Change::Keep, Change::Raw)
        }
        (Place::Subscriptions, _) => {
            own_of(visit, server, said).map_or_else(|| refuse(&mut foreign, Foreign::Unreadable), Change::Raw)
        }
        _ => Change::Keep,
    });
    if let Some(foreign) = foreign {
        return Err(foreign);
    }
    Message::parse(bytes.into()).map_err(|_| Foreign::Unreadable)
}

fn refuse(foreign: &mut Option<Foreign>, why: Foreign) -> Change {
    *foreign = Some(why);
    Change::Keep
}

/// The part that an id of ours (`"hr:7"`, as raw JSON text) belongs to, and its raw JSON text there.
pub(super) fn find_by_raw_id<'v>(visit: &'v Visit, raw: &str) -> Option<(&'v Arc<Server>, String)> {
    let text: String = serde_json::from_str(raw).ok()?;
    let (server, id) = visit.federation.find_by_id(&text)?;
    // It was raw JSON text when we wrapped it; anything else is not ours and must not be spliced in.
    let is_id = |value: &serde_json::Value| value.is_string() || value.is_i64() || value.is_u64();
    serde_json::from_str(id).ok().filter(is_id).map(|_| (server, id.to_owned()))
}

fn raw_id(visit: &Visit, server: &Arc<Server>, raw: &str) -> Option<String> {
    find_by_raw_id(visit, raw).filter(|(found, _)| found.name == server.name).map(|(_, id)| id)
}

fn inside_id<'m>(visit: &Visit, server: &Arc<Server>, outside: &'m str) -> Option<&'m str> {
    visit.federation.find_by_id(outside).filter(|(found, _)| found.name == server.name).map(|(_, id)| id)
}

fn inside_uri(visit: &Visit, server: &Arc<Server>, outside: &str) -> Option<String> {
    visit.federation.find_by_uri(outside).filter(|(found, _)| found.name == server.name).map(|(_, uri)| uri)
}

/// The URIs of an array that are the part's; `None` for anything but an array of strings.
fn own_of(visit: &Visit, server: &Arc<Server>, array: &str) -> Option<String> {
    let all: Vec<String> = serde_json::from_str(array).ok()?;
    let own: Vec<String> = all.iter().filter_map(|uri| inside_uri(visit, server, uri)).collect();
    serde_json::to_string(&own).ok()
}
