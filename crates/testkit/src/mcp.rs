//! MCP requests in both eras of the protocol.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use http::{Method, header};
use serde_json::{Value, json};

use crate::http::{Answer, Http, request};

/// The version without sessions.
pub const STATELESS: &str = "2026-07-28";
/// The last version with sessions.
pub const STATEFUL: &str = "2025-11-25";

/// Somebody who calls an MCP server with one token.
#[derive(Clone)]
pub struct Caller {
    http: Http,
    path: String,
    token: String,
    session: Option<String>,
    /// Requests of one session that are under way must not share an id.
    last_id: Arc<AtomicU64>,
}

impl Caller {
    /// Speaks the stateless era: every request stands alone.
    pub fn stateless(http: &Http, path: &str, token: &str) -> Self {
        Self {
            http: http.clone(),
            path: path.to_owned(),
            token: token.to_owned(),
            session: None,
            last_id: Arc::default(),
        }
    }

    /// Speaks the older era: opens a session first.
    pub async fn stateful(http: &Http, path: &str, token: &str) -> Self {
        let mut caller = Self::stateless(http, path, token);
        let params = json!({ "protocolVersion": STATEFUL, "capabilities": {}, "clientInfo": { "name": "testkit", "version": "1" } });
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let answer = caller.post(&body, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        caller.session = Some(answer.header("mcp-session-id").expect("a session").to_owned());
        let done = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(caller.post(&done, &caller.session_headers()).await.status, 202);
        caller
    }

    /// The session id, in the older era.
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// The same caller with another token, a refreshed one for example.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// Sends a request of a method.
    pub async fn ask(&self, method: &str, params: Value) -> Answer {
        if self.session.is_some() {
            let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
            let body = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
            return self.post(&body, &self.session_headers()).await;
        }
        let (body, headers) = stateless(method, params);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.post(&body, &headers).await
    }

    /// Calls a tool.
    pub async fn call(&self, tool: &str, arguments: Value) -> Answer {
        self.ask("tools/call", json!({ "name": tool, "arguments": arguments })).await
    }

    /// The names of the tools it is shown.
    pub async fn tools(&self) -> Vec<String> {
        let answer = self.ask("tools/list", json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let list = answer.json();
        let tools = list["result"]["tools"].as_array().unwrap_or_else(|| panic!("no tools in {list}"));
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The status of a `tools/list`: whether the door is open.
    pub async fn tools_status(&self) -> u16 {
        self.ask("tools/list", json!({})).await.status.as_u16()
    }

    /// Posts a message as it is, with further headers.
    pub async fn post(&self, body: &Value, headers: &[(&str, &str)]) -> Answer {
        self.http.send(self.request(body, headers)).await
    }

    /// A POST of a message, to be sent.
    pub fn request(&self, body: &Value, headers: &[(&str, &str)]) -> http::Request<Bytes> {
        let mut builder = request(Method::POST, &self.path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(Bytes::from(body.to_string())).unwrap()
    }

    fn session_headers(&self) -> Vec<(&str, &str)> {
        let session = self.session.as_deref().expect("the older era");
        vec![("mcp-session-id", session), ("mcp-protocol-version", STATEFUL)]
    }
}

/// A request of the stateless era and the headers that mirror it.
pub fn stateless(method: &str, mut params: Value) -> (Value, Vec<(&'static str, String)>) {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": STATELESS,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "testkit", "version": "1" },
    });
    let mut headers = vec![("mcp-protocol-version", STATELESS.to_owned()), ("mcp-method", method.to_owned())];
    if let Some(name) = params["name"].as_str().or(params["uri"].as_str()).or(params["taskId"].as_str()) {
        headers.push(("mcp-name", name.to_owned()));
    }
    (json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }), headers)
}
