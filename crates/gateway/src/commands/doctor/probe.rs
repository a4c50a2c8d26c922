//! The HTTP side of the doctor: small requests, bounded answers, no redirects followed.

use anyhow::Result;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use serde_json::Value;
use vestibule_egress::client::{Client, ClientConfig};

const MAX_BODY: usize = 1 << 20;

/// Sends requests as a client would.
pub(super) struct Probe(Client);

/// What came back.
pub(super) struct Seen {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl Probe {
    pub(super) fn new() -> Result<Self> {
        let seconds = std::time::Duration::from_secs;
        let config =
            ClientConfig { connect_timeout: seconds(5), response_timeout: seconds(10), extra_roots_pem: Vec::new() };
        Ok(Self(Client::new(&config)?))
    }

    pub(super) async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Seen> {
        self.send(Method::GET, url, headers, Bytes::new()).await
    }

    pub(super) async fn post(&self, url: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Result<Seen> {
        self.send(Method::POST, url, headers, body.into()).await
    }

    /// The first message of a client: `initialize`.
    pub(super) async fn initialize(&self, url: &str, headers: &[(&str, &str)]) -> Result<Seen> {
        let mut all = vec![("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
        all.extend_from_slice(headers);
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"vestibule doctor","version":"1"}}}"#;
        self.post(url, &all, body).await
    }

    async fn send(&self, method: Method, url: &str, headers: &[(&str, &str)], body: Bytes) -> Result<Seen> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.0.send(request.body(body)?).await?;
        let (parts, body) = answer.into_parts();
        // A stream that stays open is cut: its head is what the doctor looks at.
        let collected =
            tokio::time::timeout(std::time::Duration::from_secs(2), Limited::new(body, MAX_BODY).collect()).await;
        let body = collected.ok().and_then(Result::ok).map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Ok(Seen { status: parts.status, headers: parts.headers, body })
    }
}
