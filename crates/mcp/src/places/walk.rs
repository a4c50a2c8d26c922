//! One pass over a message that notes its places.

use std::{borrow::Cow, ops::Range};

use super::{Found, Place, Places};
use crate::{
    error::ParseError,
    message::MessageKind,
    params::refuse_variant,
    scan::{Kind, Scanner, Value},
};

type Outcome<T> = Result<T, ParseError>;

/// A task that something belongs to (MCP 2025-11-25, tasks).
const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";

/// Walks over a whole message.
pub(super) fn message(bytes: &[u8]) -> Outcome<Places<'_>> {
    let text = std::str::from_utf8(bytes).map_err(|_| ParseError::NotJson("it is not UTF-8".to_owned()))?;
    let mut scanner = Scanner::new(bytes)?;
    let mut walk = Walk { text, found: Vec::new() };
    let (mut id, mut method, mut answers) = (None, None, false);
    if scanner.peek() != Some(b'{') {
        return Err(ParseError::NotRpc("a message is an object".to_owned()));
    }
    scanner.object(|scanner, key| match key.as_ref() {
        "id" => {
            let value = scanner.value()?;
            id = (value.kind != Kind::Null).then(|| value.span.clone());
            walk.raw(Place::Id, value);
            Ok(())
        }
        "method" => {
            let value = scanner.value()?;
            method = string(scanner, &value);
            Ok(())
        }
        "params" => walk.params(scanner),
        "result" => {
            answers = true;
            walk.result(scanner)
        }
        "error" => {
            answers = true;
            walk.error(scanner)
        }
        other => {
            refuse_variant(other, &["id", "method", "params", "result", "error"])?;
            scanner.value().map(drop)
        }
    })?;
    scanner.end()?;
    let kind = match (&method, answers, &id) {
        (Some(_), false, Some(_)) => MessageKind::Request,
        (Some(_), false, None) => MessageKind::Notification,
        (None, true, _) => MessageKind::Response,
        _ => return Err(ParseError::NotRpc("it is neither a request nor a response".to_owned())),
    };
    Ok(Places { text, kind, method: method.unwrap_or_default(), id, found: walk.found })
}

fn string<'a>(scanner: &Scanner<'a>, value: &Value) -> Option<Cow<'a, str>> {
    match value.kind {
        Kind::String { escaped } => Some(scanner.text_of(&value.span, escaped)),
        _ => None,
    }
}

struct Walk<'a> {
    text: &'a str,
    found: Vec<Found<'a>>,
}

impl<'a> Walk<'a> {
    fn note(&mut self, place: Place, said: Cow<'a, str>, span: Range<usize>) {
        self.found.push(Found { place, said, span });
    }

    fn raw(&mut self, place: Place, value: Value) {
        if matches!(value.kind, Kind::Number | Kind::String { .. } | Kind::Array) {
            let said = self.text.get(value.span.clone()).unwrap_or("");
            self.note(place, Cow::Borrowed(said), value.span);
        }
    }

    /// The value that comes next, when it is a string.
    fn text(&mut self, place: Place, scanner: &mut Scanner<'a>) -> Outcome<()> {
        let value = scanner.value()?;
        if let Some(said) = string(scanner, &value) {
            self.note(place, said, value.span);
        }
        Ok(())
    }

    /// The object that comes next; something else is passed over.
    fn object(
        &mut self,
        scanner: &mut Scanner<'a>,
        mut member: impl FnMut(&mut Self, &mut Scanner<'a>, &str) -> Outcome<()>,
    ) -> Outcome<()> {
        if scanner.peek() != Some(b'{') {
            return scanner.value().map(drop);
        }
        scanner.object(|scanner, key| member(self, scanner, key.as_ref())).map(drop)
    }

    /// An object of objects, under names that mean nothing to us.
    fn each(
        &mut self,
        scanner: &mut Scanner<'a>,
        member: impl Fn(&mut Self, &mut Scanner<'a>, &str) -> Outcome<()>,
    ) -> Outcome<()> {
        self.object(scanner, |walk, scanner, _| walk.object(scanner, &member))
    }

    /// The array that comes next; something else is passed over.
    fn array(
        &mut self,
        scanner: &mut Scanner<'a>,
        mut element: impl FnMut(&mut Self, &mut Scanner<'a>) -> Outcome<()>,
    ) -> Outcome<()> {
        if scanner.peek() != Some(b'[') {
            return scanner.value().map(drop);
        }
        scanner.array(|scanner| element(self, scanner)).map(drop)
    }

    /// Objects in an array, each with one member that names it.
    fn entries(&mut self, scanner: &mut Scanner<'a>, name: &str, place: Place) -> Outcome<()> {
        self.array(scanner, |walk, scanner| {
            walk.object(scanner, |walk, scanner, key| match key {
                key if key == name => walk.text(place, scanner),
                "_meta" => walk.meta(scanner),
                _ => scanner.value().map(drop),
            })
        })
    }

    fn params(&mut self, scanner: &mut Scanner<'a>) -> Outcome<()> {
        self.object(scanner, |walk, scanner, key| match key {
            "name" => walk.text(Place::Name, scanner),
            "uri" => walk.text(Place::Uri, scanner),
            "taskId" => walk.text(Place::Task, scanner),
            "requestState" => walk.text(Place::State, scanner),
            "cursor" => walk.text(Place::Cursor, scanner),
            "requestId" => scanner.value().map(|value| walk.raw(Place::Cancelled, value)),
            "progressToken" => scanner.value().map(|value| walk.raw(Place::Progress, value)),
            "ref" => walk.object(scanner, |walk, scanner, key| match key {
                "name" => walk.text(Place::Name, scanner),
                "uri" => walk.text(Place::Uri, scanner),
                _ => scanner.value().map(drop),
            }),
            "notifications" => walk.object(scanner, |walk, scanner, key| match key {
                "resourceSubscriptions" => scanner.value().map(|value| walk.raw(Place::Subscriptions, value)),
                _ => scanner.value().map(drop),
            }),
            "messages" => walk.messages(scanner),
            "inputResponses" => walk.each(scanner, |walk, scanner, key| match key {
                "content" => walk.content(scanner),
                _ => scanner.value().map(drop),
            }),
            "_meta" => walk.meta(scanner),
            _ => scanner.value().map(drop),
        })
    }

    fn result(&mut self, scanner: &mut Scanner<'a>) -> Outcome<()> {
        self.object(scanner, |walk, scanner, key| match key {
            "tools" | "prompts" => walk.entries(scanner, "name", Place::Name),
            "resources" | "contents" => walk.entries(scanner, "uri", Place::Uri),
            "resourceTemplates" => walk.entries(scanner, "uriTemplate", Place::Uri),
            "tasks" => walk.entries(scanner, "taskId", Place::Task),
            "task" => walk.object(scanner, |walk, scanner, key| match key {
                "taskId" => walk.text(Place::Task, scanner),
                _ => scanner.value().map(drop),
            }),
            "taskId" => walk.text(Place::Task, scanner),
            "requestState" => walk.text(Place::State, scanner),
            "content" => walk.content(scanner),
            "messages" => walk.messages(scanner),
            "inputRequests" => walk.each(scanner, |walk, scanner, key| match key {
                "params" => walk.object(scanner, |walk, scanner, key| match key {
                    "messages" => walk.messages(scanner),
                    _ => scanner.value().map(drop),
                }),
                _ => scanner.value().map(drop),
            }),
            "_meta" => walk.meta(scanner),
            _ => scanner.value().map(drop),
        })
    }

    /// An unknown resource is named in `error.data.uri`.
    fn error(&mut self, scanner: &mut Scanner<'a>) -> Outcome<()> {
        self.object(scanner, |walk, scanner, key| match key {
            "data" => walk.object(scanner, |walk, scanner, key| match key {
                "uri" => walk.text(Place::Uri, scanner),
                _ => scanner.value().map(drop),
            }),
            _ => scanner.value().map(drop),
        })
    }

    fn messages(&mut self, scanner: &mut Scanner<'a>) -> Outcome<()> {
        self.array(scanner, |walk, scanner| {
            walk.object(scanner, |walk, scanner, key| match key {
                "content" => walk.content(scanner),
                _ => scanner.value().map(drop),
            })
        })
    }

    /// One content block, or an array of them.
    fn content(&mut self, scanner: &mut Scanner<'a>) -> Outcome<()> {
        match scanner.peek() {
            Some(b'[') => self.array(scanner, Self::block),
            _ => self.block(scanner),
        }
    }

    /// A link or an embedded resource; whichever it is may be said after its URI.
    fn block(&mut self, scanner: &mut Scanner<'a>) -> Outcome<()> {
        let (mut kind, mut link, mut embedded, mut inner) = (None, None, Vec::new(), None);
        self.object(scanner, |walk, scanner, key| match key {
            "type" => scanner.value().map(|value| kind = string(scanner, &value)),
            "uri" => scanner.value().map(|value| link = string(scanner, &value).zip(Some(value.span))),
            "resource" => {
                let mut own = Walk { text: walk.text, found: Vec::new() };
                own.object(scanner, |own, scanner, key| match key {
                    "uri" => own.text(Place::Uri, scanner),
                    _ => scanner.value().map(drop),
                })?;
                embedded = own.found;
                Ok(())
            }
            // The result of a tool inside a message (MCP 2025-11-25, sampling) holds content itself.
            "content" => {
                let mut own = Walk { text: walk.text, found: Vec::new() };
                own.content(scanner)?;
                inner = Some(own.found);
                Ok(())
            }
            _ => scanner.value().map(drop),
        })?;
        match (kind.as_deref(), link) {
            (Some("resource_link"), Some((said, span))) => self.note(Place::Uri, said, span),
            (Some("resource"), _) => self.found.append(&mut embedded),
            (Some("tool_result"), _) => self.found.extend(inner.into_iter().flatten()),
            _ => {}
        }
        Ok(())
    }

    fn meta(&mut self, scanner: &mut Scanner<'a>) -> Outcome<()> {
        self.object(scanner, |walk, scanner, key| match key {
            "progressToken" => scanner.value().map(|value| walk.raw(Place::ProgressToken, value)),
            RELATED_TASK => walk.object(scanner, |walk, scanner, key| match key {
                "taskId" => walk.text(Place::Task, scanner),
                _ => scanner.value().map(drop),
            }),
            // The page of an app that shows a tool's results (MCP Apps).
            "ui" => walk.object(scanner, |walk, scanner, key| match key {
                "resourceUri" => walk.text(Place::Uri, scanner),
                _ => scanner.value().map(drop),
            }),
            "ui/resourceUri" => walk.text(Place::Uri, scanner),
            _ => scanner.value().map(drop),
        })
    }
}
