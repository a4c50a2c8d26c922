//! Where a message names something of the server it belongs to: tools, prompts, resources, tasks, ids. A gateway that
//! joins servers finds these places, and writes other words there by splicing the original bytes: unknown members, the
//! order of keys and big numbers stay as they came.

#[cfg(test)]
mod tests;
mod walk;

use std::{borrow::Cow, ops::Range};

use crate::{error::ParseError, message::MessageKind};

/// A place in a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// `id` of a request or response, as raw JSON text.
    Id,
    /// A tool or prompt: `params.name`, `ref.name`, an entry of a list.
    Name,
    /// A resource or its template: `uri`, `uriTemplate`, a link or an embedded resource in content.
    Uri,
    /// `params.notifications.resourceSubscriptions`, as the raw JSON text of an array.
    Subscriptions,
    /// A task.
    Task,
    /// `requestState` of a round trip.
    State,
    /// `params.cursor`.
    Cursor,
    /// `params.requestId` of a cancellation, as raw JSON text.
    Cancelled,
    /// `params.progressToken` of a notification, as raw JSON text.
    Progress,
    /// `params._meta.progressToken` of a request, as raw JSON text.
    ProgressToken,
}

/// What is to be written at a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// What stands there.
    Keep,
    /// This string.
    Text(String),
    /// This JSON text, as it is.
    Raw(String),
}

/// A message and the places in it.
#[derive(Debug)]
pub struct Places<'a> {
    text: &'a str,
    kind: MessageKind,
    method: Cow<'a, str>,
    id: Option<Range<usize>>,
    found: Vec<Found<'a>>,
}

/// A place that was found.
#[derive(Debug)]
struct Found<'a> {
    place: Place,
    /// What stands there: the meaning of a string, or raw JSON text.
    said: Cow<'a, str>,
    span: Range<usize>,
}

impl<'a> Places<'a> {
    /// Finds all places of a message, in the strict manner of the gateway.
    ///
    /// # Errors
    /// [`ParseError`] when it is no strict JSON object, or could be read in two ways.
    pub fn of(bytes: &'a [u8]) -> Result<Self, ParseError> {
        walk::message(bytes)
    }

    /// Request, notification or response, by its members.
    pub fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The method; empty for responses.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The id as raw JSON text.
    pub fn id(&self) -> Option<&str> {
        self.id.clone().and_then(|span| self.text.get(span))
    }

    /// Whether it is a response to this request, whose id is raw JSON text. A server may write an id in another way than
    /// it was written; readers compare what it means.
    pub fn answers(&self, id: &str) -> bool {
        let meaning = |raw: &str| serde_json::from_str::<serde_json::Value>(raw).ok();
        let same = |a: &serde_json::Value, b: &serde_json::Value| {
            a == b || a.as_f64().is_some_and(|number| b.as_f64() == Some(number))
        };
        self.kind == MessageKind::Response
            && self.id().and_then(meaning).zip(meaning(id)).is_some_and(|(own, asked)| same(&own, &asked))
    }

    /// What stands at the first place of a kind.
    pub fn find(&self, place: Place) -> Option<&str> {
        self.found.iter().find(|found| found.place == place).map(|found| &*found.said)
    }

    /// What stands at all places of a kind.
    pub fn all(&self, place: Place) -> impl Iterator<Item = &str> {
        self.found.iter().filter(move |found| found.place == place).map(|found| &*found.said)
    }

    /// The message with other words at its places.
    pub fn rewrite(&self, mut change: impl FnMut(Place, &str) -> Change) -> Vec<u8> {
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        for found in &self.found {
            match change(found.place, &found.said) {
                Change::Keep => {}
                Change::Text(text) => edits.push((found.span.clone(), quoted(&text))),
                Change::Raw(text) => edits.push((found.span.clone(), text)),
            }
        }
        splice(self.text, edits)
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The text with some of its pieces, which do not overlap, replaced.
fn splice(text: &str, mut edits: Vec<(Range<usize>, String)>) -> Vec<u8> {
    edits.sort_by_key(|(span, _)| span.start);
    let mut out = Vec::with_capacity(text.len() + 64);
    let mut from = 0;
    for (span, new) in edits {
        out.extend_from_slice(text.get(from..span.start).unwrap_or("").as_bytes());
        out.extend_from_slice(new.as_bytes());
        from = span.end;
    }
    out.extend_from_slice(text.get(from..).unwrap_or("").as_bytes());
    out
}
