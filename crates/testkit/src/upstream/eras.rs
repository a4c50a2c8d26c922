//! Servers that speak one era only, as strictly as the strictest of them.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{Seen, usual};

/// Which clients a server understands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Speaks {
    /// All.
    #[default]
    Both,
    /// Those that open a session: everything else is 400, and an ended session 404.
    Sessions,
    /// Those that open a session, which gets no id: much is of no session there.
    NoIds,
    /// Those that say in each request who they are.
    NoSessions,
}

/// The open sessions of a server that has them.
#[derive(Default)]
pub(super) struct OpenSessions {
    opened: usize,
    open: Vec<String>,
}

impl OpenSessions {
    pub(super) fn end_all(&mut self) {
        self.open.clear();
    }

    /// The answer of a server that knows nothing but sessions.
    pub(super) fn answer(&mut self, seen: &Seen, own: Option<Value>) -> Response<Bytes> {
        let message: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        if message["method"] == "initialize" {
            self.opened += 1;
            let id = format!("session-{}", self.opened);
            self.open.push(id.clone());
            let mut answer = usual(seen, own);
            answer.headers_mut().insert("mcp-session-id", id.parse().unwrap());
            return answer;
        }
        match seen.headers.get("mcp-session-id").map(|id| id.to_str().unwrap()) {
            None => refusal(&message, 400, -32000, "Bad Request: no session"),
            Some(id) if self.open.iter().any(|open| open == id) => usual(seen, own),
            Some(_) => refusal(&message, 404, -32001, "Session not found"),
        }
    }
}

/// The answer of a server that keeps nothing of its clients.
pub(super) fn without_ids(mut answer: Response<Bytes>) -> Response<Bytes> {
    answer.headers_mut().remove("mcp-session-id");
    answer
}

/// The answer of a server that knows no sessions.
pub(super) fn without_sessions(seen: &Seen, own: Option<Value>) -> Response<Bytes> {
    let message: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
    let method = message["method"].as_str().unwrap_or_default();
    let meta = &message["params"]["_meta"];
    let version = meta["io.modelcontextprotocol/protocolVersion"].as_str();
    if matches!(method, "initialize" | "ping" | "logging/setLevel") {
        return refusal(&message, 404, -32601, "Method not found");
    }
    if version != Some("2026-07-28") || !meta["io.modelcontextprotocol/clientCapabilities"].is_object() {
        return refusal(&message, 400, -32602, "_meta is incomplete");
    }
    let header = |name: &str| seen.headers.get(name).and_then(|value| value.to_str().ok());
    let name = message["params"]["name"].as_str();
    if header("mcp-protocol-version") != version || header("mcp-method") != Some(method) || header("mcp-name") != name {
        return refusal(&message, 400, -32020, "headers and body disagree");
    }
    if seen.headers.contains_key("mcp-session-id") {
        return refusal(&message, 400, -32600, "there are no sessions");
    }
    let mut answer = usual(seen, own);
    answer.headers_mut().remove("mcp-session-id");
    answer.map(|body| {
        let mut body: Value = serde_json::from_slice(&body).unwrap();
        if method == "server/discover" {
            body["result"] = discovered();
        }
        body["result"]["resultType"] = json!("complete");
        body.to_string().into()
    })
}

/// What `server/discover` says.
pub(super) fn discovered() -> Value {
    json!({
        "resultType": "complete",
        "supportedVersions": ["2026-07-28"],
        "capabilities": { "tools": { "listChanged": true }, "resources": { "subscribe": true } },
        "instructions": "Be kind.",
        "ttlMs": 0,
        "cacheScope": "private",
        "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "upstream", "version": "1" } },
    })
}

fn refusal(message: &Value, status: u16, code: i64, text: &str) -> Response<Bytes> {
    let body = json!({ "jsonrpc": "2.0", "id": message["id"], "error": { "code": code, "message": text } });
    let builder = Response::builder().status(StatusCode::from_u16(status).unwrap());
    builder.header("content-type", "application/json").body(body.to_string().into()).unwrap()
}
