//! What a part says, in the words of the door.

use std::sync::Arc;

use bytes::Bytes;
use vestibule_mcp::{
    MessageKind,
    places::{Change, Place, Places},
    sse,
};
use vestibule_model::{Server, federation};

use super::{event_ids::EventIds, part::Part};
use crate::{Proxy, arrival::Arrival};

/// Rewrites what one part says to one caller.
#[derive(Clone)]
pub(super) struct Outward {
    proxy: Arc<Proxy>,
    arrival: Arc<Arrival>,
}

/// What cannot be read in one way only must not pass.
#[derive(Debug)]
pub(super) struct Unreadable;

impl Outward {
    pub(super) fn of(part: Part<'_>) -> Self {
        Self { proxy: Arc::clone(&part.visit.proxy), arrival: Arc::new(part.arrival) }
    }

    pub(super) fn server(&self) -> &Arc<Server> {
        &self.arrival.server
    }

    /// The largest message that is held in memory to be rewritten.
    pub(super) fn limit(&self) -> usize {
        self.proxy.settings.max_list
    }

    /// One message.
    pub(super) fn message(&self, body: &[u8]) -> Result<Vec<u8>, Unreadable> {
        rewrite(&self.proxy, &self.arrival, body)
    }

    /// One event of a stream; comments and the pause before a new connection stay.
    pub(super) fn event(&self, event: &sse::Event, ids: &EventIds) -> Result<Bytes, Unreadable> {
        let id = event.id.as_deref().and_then(|id| ids.outside(id));
        if event.data.is_empty() {
            return Ok(if event.id.is_some() { sse::rewritten(event, id.as_deref(), b"") } else { event.raw.clone() });
        }
        Ok(sse::rewritten(event, id.as_deref(), &self.message(&event.data)?))
    }
}

/// One message of a part.
pub(super) fn rewrite(proxy: &Proxy, at: &Arrival, body: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let places = Places::of(body).map_err(|_| Unreadable)?;
    let name = &at.server.name;
    let kind = places.kind();
    Ok(places.rewrite(|place, said| match (place, kind) {
        (Place::Name, MessageKind::Response) => Change::Text(named(proxy, at, said)),
        (Place::Uri, _) => Change::Text(federation::outside_uri(name, said)),
        (Place::Task, _) => Change::Text(federation::outside_id(name, said)),
        (Place::Subscriptions, _) => uris(at, said).map_or(Change::Keep, Change::Raw),
        // A request of the server, what it takes back, and the token by which the client reports on it: two servers
        // may use the same.
        (Place::Id | Place::ProgressToken, MessageKind::Request) | (Place::Cancelled, MessageKind::Notification) => {
            Change::Text(federation::outside_id(name, said))
        }
        _ => Change::Keep,
    }))
}

/// A name outside; one that had to be shortened is remembered.
fn named(proxy: &Proxy, at: &Arrival, own: &str) -> String {
    let outside = federation::outside_name(&at.server.name, own);
    if federation::is_shortened(&at.server.name, own) {
        proxy.memory.learn(&outside, own);
    }
    outside
}

/// An array of URIs.
fn uris(at: &Arrival, array: &str) -> Option<String> {
    let own: Vec<String> = serde_json::from_str(array).ok()?;
    let outside: Vec<String> = own.iter().map(|uri| federation::outside_uri(&at.server.name, uri)).collect();
    serde_json::to_string(&outside).ok()
}

/// An error that cannot be misread, in place of what could.
pub(super) fn withheld(id: Option<&str>, what: &str) -> Bytes {
    vestibule_mcp::error::error_body(id, vestibule_mcp::error::code::UNAVAILABLE, what, None).into()
}
