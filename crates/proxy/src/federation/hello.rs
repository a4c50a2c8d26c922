//! `initialize` and `server/discover`: all parts are asked, and what they can is joined.

use axum::response::Response;
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};
use vestibule_mcp::{Era, Message, Version};
use vestibule_model::ServerName;

use super::{
    every::{self, Came},
    lists::{id_of, meta, nobody},
    part::Errand,
    session::{PartSession, Sessions, of_session},
    visit::Visit,
};
use crate::{answer, session};

/// What the parts said of themselves.
#[derive(Default)]
struct Greeted {
    sessions: Vec<(ServerName, PartSession)>,
    capabilities: Map<String, Value>,
    instructions: Vec<String>,
    unavailable: Vec<ServerName>,
    ttl_ms: Option<u64>,
}

/// Opens sessions at all parts at once. Ours is the highest version that was agreed on: each part is spoken to in its own,
/// and what older ones say means the same in newer versions.
pub(super) async fn initialize(visit: &Visit, message: &Message) -> Response {
    let mut greeted = greet(visit, message).await;
    greeted.leave_out_newer_than(visit.version);
    let Some(version) = greeted.sessions.iter().map(|(_, session)| session.version).max() else {
        return nobody(message, &greeted.unavailable);
    };
    let mut result = greeted.result(visit);
    result.insert("protocolVersion".to_owned(), version.as_str().into());
    let (greeting, mark) = (params_of(message), visit.mark.clone());
    let id = Sessions::seal(&visit.proxy, &visit.door, &greeted.sessions, greeting, mark, visit.wishes);
    let mut response = respond(message, result);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(session::HEADER, value);
    }
    response
}

/// Says what the parts can together.
pub(super) async fn discover(visit: &Visit, message: &Message) -> Response {
    let greeted = greet(visit, message).await;
    if greeted.sessions.is_empty() {
        return nobody(message, &greeted.unavailable);
    }
    let ttl = if greeted.unavailable.is_empty() { greeted.ttl_ms.unwrap_or(0) } else { 0 };
    let mut result = greeted.result(visit);
    let versions: Vec<&str> = Version::ALL.iter().map(|version| version.as_str()).collect();
    result.insert("supportedVersions".to_owned(), versions.into());
    result.insert("resultType".to_owned(), "complete".into());
    result.insert("ttlMs".to_owned(), ttl.into());
    result.insert("cacheScope".to_owned(), "private".into());
    respond(message, result)
}

/// The `params` of a request as raw JSON text.
fn params_of(message: &Message) -> Option<String> {
    #[derive(Deserialize)]
    struct Request<'a> {
        #[serde(borrow)]
        params: &'a RawValue,
    }
    let request: Request<'_> = serde_json::from_slice(message.bytes()).ok()?;
    Some(request.params.get().to_owned())
}

async fn greet(visit: &Visit, message: &Message) -> Greeted {
    let (parts, mut unavailable) = every::parts(visit).await;
    let mut greeted = Greeted::default();
    for asked in every::ask(visit, parts, |_| Some(Errand::post(message.clone()))).await {
        let server = asked.part.server();
        let understood = match asked.came {
            Came::Nothing => continue,
            Came::Forgotten | Came::Failure => None,
            Came::Answer { body, session } => greeted.hear(visit, server, &body, session),
        };
        if understood.is_none() {
            tracing::warn!(server = %server.name, "a part was not opened; it is left out");
            unavailable.push(server.name.clone());
        }
    }
    greeted.unavailable = unavailable;
    greeted
}

impl Greeted {
    /// A part that offers only what the client did not ask for must not keep it from the others. When all do, the lowest
    /// offer is the best there is.
    fn leave_out_newer_than(&mut self, asked: Version) {
        let lowest = self.sessions.iter().map(|(_, session)| session.version).min();
        let most = lowest.map_or(asked, |lowest| lowest.max(asked));
        let (kept, newer) = std::mem::take(&mut self.sessions).into_iter().partition(|(_, it)| it.version <= most);
        let newer: Vec<(ServerName, PartSession)> = newer;
        self.sessions = kept;
        self.unavailable.extend(newer.into_iter().map(|(name, _)| name));
    }

    /// Takes the answer of a part; `None` when it is none.
    fn hear(
        &mut self,
        visit: &Visit,
        server: &vestibule_model::Server,
        body: &[u8],
        session: Option<String>,
    ) -> Option<()> {
        let mut answer: Value = serde_json::from_slice(body).ok()?;
        let result = answer.get_mut("result")?.as_object_mut()?;
        let version = match visit.era() {
            Era::Stateless => visit.version,
            Era::Stateful => of_session(result.get("protocolVersion")?.as_str()?)?,
        };
        if let Some(Value::Object(capabilities)) = result.remove("capabilities") {
            join(&mut self.capabilities, capabilities);
        }
        if let Some(text) = result.get("instructions").and_then(Value::as_str) {
            self.instructions.push(format!("## {}\n\n{text}", server.title));
        }
        let ttl = result.get("ttlMs").and_then(Value::as_u64).unwrap_or(0);
        self.ttl_ms = Some(self.ttl_ms.map_or(ttl, |have| have.min(ttl)));
        self.sessions.push((server.name.clone(), PartSession { id: session, version }));
        Some(())
    }

    /// What both eras say.
    fn result(&self, visit: &Visit) -> Map<String, Value> {
        let info = json!({
            "name": "vestibule",
            "title": visit.federation.door.title,
            "version": env!("CARGO_PKG_VERSION"),
        });
        let mut result = Map::new();
        result.insert("capabilities".to_owned(), Value::Object(self.capabilities.clone()));
        if !self.instructions.is_empty() {
            result.insert("instructions".to_owned(), self.instructions.join("\n\n").into());
        }
        let mut meta = meta(&self.unavailable).unwrap_or_else(|| json!({}));
        if visit.era() == Era::Stateful {
            result.insert("serverInfo".to_owned(), info);
        } else if let Some(meta) = meta.as_object_mut() {
            meta.insert("io.modelcontextprotocol/serverInfo".to_owned(), info);
        }
        if meta.as_object().is_some_and(|meta| !meta.is_empty()) {
            result.insert("_meta".to_owned(), meta);
        }
        result
    }
}

/// What either can; where they disagree about a detail, the first is believed.
pub(super) fn join(all: &mut Map<String, Value>, more: Map<String, Value>) {
    for (name, value) in more {
        match (all.get_mut(&name), value) {
            (Some(Value::Object(have)), Value::Object(more)) => join(have, more),
            (Some(Value::Bool(have)), Value::Bool(more)) => *have |= more,
            (Some(_), _) => {}
            (None, value) => {
                all.insert(name, value);
            }
        }
    }
}

fn respond(message: &Message, result: Map<String, Value>) -> Response {
    let body = format!(r#"{{"jsonrpc":"2.0","id":{},"result":{}}}"#, id_of(message), Value::Object(result));
    answer::json(StatusCode::OK, body.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_what_either_can() {
        let mut all = Map::new();
        for more in [
            json!({ "tools": { "listChanged": false }, "logging": {} }),
            json!({ "tools": { "listChanged": true }, "resources": { "subscribe": true }, "experimental": { "a": 1 } }),
            json!({ "tools": {}, "experimental": { "a": 2, "b": {} } }),
        ] {
            let Value::Object(more) = more else { return };
            join(&mut all, more);
        }
        assert_eq!(
            Value::Object(all),
            json!({
                "tools": { "listChanged": true }, "logging": {}, "resources": { "subscribe": true },
                "experimental": { "a": 1, "b": {} },
            })
        );
    }

    #[test]
    fn a_server_that_is_too_new_is_left_out_unless_all_are() {
        let greeted = |versions: &[Version]| {
            let name = |version: &Version| ServerName::from(version.as_str());
            let part = |version: &Version| (name(version), PartSession { id: None, version: *version });
            let mut greeted = Greeted { sessions: versions.iter().map(part).collect(), ..Greeted::default() };
            greeted.leave_out_newer_than(Version::V2025_03_26);
            let kept: Vec<Version> = greeted.sessions.iter().map(|(_, session)| session.version).collect();
            (kept, greeted.unavailable.len())
        };
        use Version::{V2024_11_05 as OLD, V2025_03_26 as ASKED, V2025_06_18 as NEW, V2025_11_25 as NEWEST};
        assert_eq!(greeted(&[OLD, NEW, ASKED]), (vec![OLD, ASKED], 1));
        assert_eq!(greeted(&[NEWEST, NEW]), (vec![NEW], 1));
        assert_eq!(greeted(&[]), (vec![], 0));
    }
}
