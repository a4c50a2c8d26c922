//! Lists of all parts as one. Each is filtered by its part's policy before it is joined; a page of ours is one page of
//! each part that has more.

use std::collections::BTreeMap;

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};
use vestibule_mcp::{
    Era, ListPage, Message,
    error::{self, code},
    places::{Change, Place, Places},
};
use vestibule_model::ServerName;

use super::{
    every::{self, Asked, Came},
    outward,
    part::{Errand, Part},
    visit::Visit,
};
use crate::{
    answer,
    sealed::{self, Kind, Owner},
};

/// Where a result names the parts that were left out of it.
pub(super) const UNAVAILABLE: &str = "vestibule/unavailable";

/// A list that parts have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum List {
    Tools,
    Prompts,
    Resources,
    ResourceTemplates,
    Tasks,
}

impl List {
    /// The list that a method asks for.
    pub(super) fn of(method: &str) -> Option<Self> {
        match method {
            "tools/list" => Some(Self::Tools),
            "prompts/list" => Some(Self::Prompts),
            "resources/list" => Some(Self::Resources),
            "resources/templates/list" => Some(Self::ResourceTemplates),
            "tasks/list" => Some(Self::Tasks),
            _ => None,
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
            Self::ResourceTemplates => "resourceTemplates",
            Self::Tasks => "tasks",
        }
    }
}

/// The joined list.
#[derive(Default)]
struct Joined {
    entries: Vec<u8>,
    cursors: BTreeMap<String, String>,
    unavailable: Vec<ServerName>,
    ttl_ms: Option<u64>,
    answered: usize,
}

/// Answers a list.
pub(super) async fn answer(visit: &Visit, message: &Message, list: List) -> Response {
    let Ok(cursors) = cursors(visit, message) else {
        let body = error::error_body(message.id(), code::INVALID_PARAMS, "The cursor is unknown.", None);
        return answer::json(StatusCode::OK, body);
    };
    let (parts, missing) = every::parts(visit).await;
    let errand = |part: &Part<'_>| match &cursors {
        None => Some(Errand::post(message.clone())),
        Some(cursors) => {
            let cursor = cursors.get(part.server().name.as_str())?;
            page(message, cursor).map(Errand::post)
        }
    };
    let mut joined = Joined::default();
    // A later page says nothing about parts that have no more.
    joined.unavailable.extend(missing.into_iter().filter(|_| cursors.is_none()));
    for asked in every::ask(visit, parts, errand).await {
        joined.take(list, &asked);
    }
    joined.respond(visit, message, list)
}

/// The cursor of each part; `None` for the first page.
fn cursors(visit: &Visit, message: &Message) -> Result<Option<BTreeMap<String, String>>, ()> {
    let places = Places::of(message.bytes()).map_err(|_| ())?;
    let Some(cursor) = places.find(Place::Cursor) else { return Ok(None) };
    let plain = sealed::open(&visit.proxy, &owner(visit, message), Kind::Cursor, cursor).ok_or(())?;
    serde_json::from_str(&plain).map(Some).map_err(|_| ())
}

/// A cursor is good for one list of its owner.
fn owner(visit: &Visit, message: &Message) -> Owner {
    Owner::of(&visit.door).within(message.method())
}

/// The request of a page of one part.
fn page(message: &Message, cursor: &str) -> Option<Message> {
    let places = Places::of(message.bytes()).ok()?;
    let bytes = places.rewrite(|place, _| match place {
        Place::Cursor => Change::Text(cursor.to_owned()),
        _ => Change::Keep,
    });
    Message::parse(bytes.into()).ok()
}

impl Joined {
    fn take(&mut self, list: List, asked: &Asked<'_>) {
        let name = &asked.part.server().name;
        let body = match &asked.came {
            Came::Answer { body, .. } => body,
            Came::Nothing => return,
            Came::Forgotten | Came::Failure => return self.unavailable.push(name.clone()),
        };
        match outward::rewrite(&asked.part.visit.proxy, &asked.part.arrival, body) {
            Ok(bytes) if self.add(name, list, &bytes) => self.answered += 1,
            // A server without this kind of list has none.
            _ if error_code(body) == Some(code::METHOD_NOT_FOUND) => self.answered += 1,
            _ => {
                tracing::warn!(server = %name, "the list of a part cannot be used; it is left out");
                self.unavailable.push(name.clone());
            }
        }
    }

    /// Adds a page that was filtered and renamed; false when it is none.
    fn add(&mut self, name: &ServerName, list: List, body: &[u8]) -> bool {
        let Ok(Some(page)) = ListPage::of(body, list.key()) else { return false };
        for entry in page.entries {
            if !self.entries.is_empty() {
                self.entries.push(b',');
            }
            self.entries.extend_from_slice(entry.as_bytes());
        }
        if let Some(cursor) = page.next_cursor {
            self.cursors.insert(name.to_string(), cursor.into_owned());
        }
        let ttl = page.ttl_ms.unwrap_or(0);
        self.ttl_ms = Some(self.ttl_ms.map_or(ttl, |have| have.min(ttl)));
        true
    }

    fn respond(self, visit: &Visit, message: &Message, list: List) -> Response {
        if self.answered == 0 {
            return nobody(message, &self.unavailable);
        }
        let mut rest = serde_json::Map::new();
        if let Ok(plain) = serde_json::to_string(&self.cursors)
            && !self.cursors.is_empty()
        {
            let cursor = sealed::seal(&visit.proxy, &owner(visit, message), Kind::Cursor, &plain);
            rest.insert("nextCursor".to_owned(), cursor.into());
        }
        if visit.era() == Era::Stateless {
            // What is left out now may be there in a moment.
            let ttl = if self.unavailable.is_empty() { self.ttl_ms.unwrap_or(0) } else { 0 };
            rest.insert("resultType".to_owned(), "complete".into());
            rest.insert("ttlMs".to_owned(), ttl.into());
            rest.insert("cacheScope".to_owned(), "private".into());
        }
        if let Some(meta) = meta(&self.unavailable) {
            rest.insert("_meta".to_owned(), meta);
        }
        let rest = Value::Object(rest).to_string();
        let members = rest.trim_start_matches('{');
        let comma = if members == "}" { "" } else { "," };
        let mut body =
            format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{"{}":["#, id_of(message), list.key()).into_bytes();
        body.extend_from_slice(&self.entries);
        body.extend_from_slice(format!("]{comma}{members}}}").as_bytes());
        answer::json(StatusCode::OK, body)
    }
}

fn error_code(body: &[u8]) -> Option<i64> {
    serde_json::from_slice::<Value>(body).ok()?.pointer("/error/code")?.as_i64()
}

/// `_meta` that names who was left out.
pub(super) fn meta(unavailable: &[ServerName]) -> Option<Value> {
    let names: Vec<&str> = unavailable.iter().map(ServerName::as_str).collect();
    (!names.is_empty()).then(|| json!({ UNAVAILABLE: names }))
}

/// Raw JSON text.
pub(super) fn id_of(message: &Message) -> &str {
    message.id().unwrap_or("null")
}

/// No part answered: the caller has no business at any, or none can be reached.
pub(super) fn nobody(message: &Message, unavailable: &[ServerName]) -> Response {
    if unavailable.is_empty() {
        let text = "None of the servers behind the gateway allows this.";
        return answer::json(StatusCode::FORBIDDEN, error::error_body(message.id(), code::DENIED, text, None));
    }
    let text = "None of the servers behind the gateway can be reached.";
    answer::json(StatusCode::BAD_GATEWAY, error::error_body(message.id(), code::UNAVAILABLE, text, None))
}
