//! A running server, an issuer, and people with tokens.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use axum::{Json, Router, routing::get};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use vestibule_demo::hr::{self, Employee};

pub(crate) const ISSUER: &str = "https://gateway.example";
pub(crate) const AUDIENCE: &str = "http://hr.example/mcp";
/// 2026-03-04, a Wednesday, 09:00 UTC.
pub(crate) const START: i64 = 1_772_614_800;
const VERSION: &str = "2026-07-28";

/// The issuer's key number `seed`, named `k<seed>`.
pub(crate) fn key(seed: u8) -> EncodingKey {
    let mut der = vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend([seed; 32]);
    EncodingKey::from_ed_der(&der)
}

fn public(seed: u8) -> Value {
    let mut jwk = Jwk::from_encoding_key(&key(seed), Algorithm::EdDSA).unwrap();
    jwk.common.key_id = Some(format!("k{seed}"));
    serde_json::to_value(jwk).unwrap()
}

pub(crate) struct Office {
    url: String,
    client: Client<HttpConnector, Full<Bytes>>,
    pub(crate) now: Arc<AtomicI64>,
    /// How many keys the issuer publishes: `k1`, `k2`, … None: it is down.
    pub(crate) published: Arc<AtomicUsize>,
    pub(crate) fetches: Arc<AtomicUsize>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The JSON-RPC message: the body, or the last event of a stream.
    pub(crate) fn message(&self) -> Value {
        let streamed = self.headers["content-type"].to_str().unwrap().starts_with("text/event-stream");
        let last =
            || self.body.lines().filter_map(|line| line.strip_prefix("data: ")).rfind(|data| !data.is_empty()).unwrap();
        let text = if streamed { last() } else { &self.body };
        serde_json::from_str(text).unwrap_or_else(|_| panic!("{} {}", self.status, self.body))
    }
}

impl Office {
    pub(crate) async fn open() -> Self {
        let (published, fetches) = (Arc::new(AtomicUsize::new(1)), Arc::new(AtomicUsize::new(0)));
        let issuer = {
            let (published, fetches) = (Arc::clone(&published), Arc::clone(&fetches));
            Router::new().route(
                "/jwks",
                get(move || async move {
                    fetches.fetch_add(1, Ordering::SeqCst);
                    let keys: Vec<Value> =
                        (1..=published.load(Ordering::SeqCst)).map(|seed| public(seed as u8)).collect();
                    let status = if keys.is_empty() { StatusCode::BAD_GATEWAY } else { StatusCode::OK };
                    (status, Json(json!({ "keys": keys })))
                }),
            )
        };
        let at = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let jwks_url = format!("http://{}/jwks", at.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(at, issuer).await });
        let now = Arc::new(AtomicI64::new(START));
        let clock = Arc::clone(&now);
        let at = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{}", at.local_addr().unwrap(), hr::PATH);
        tokio::spawn(hr::serve(at, ISSUER.into(), jwks_url, AUDIENCE.into(), move || clock.load(Ordering::SeqCst)));
        let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        Self { url, client, now, published, fetches }
    }

    /// The claims of an employee's token.
    pub(crate) fn claims(&self, id: &str) -> Value {
        let Employee { name, email, department, role, .. } = *person(id);
        let now = self.now.load(Ordering::SeqCst);
        json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": format!("usr_{id}"), "iat": now, "exp": now + 300, "name": name, "email": email,
            "department": department, "roles": [role], "employee_id": id,
        })
    }

    pub(crate) fn token(&self, id: &str) -> String {
        sign(1, "JWT", &self.claims(id))
    }

    /// Sends one request with these headers.
    pub(crate) async fn send(&self, method: Method, headers: &[(&str, &str)], body: String) -> Answer {
        let mut request = Request::builder().method(method).uri(&self.url).header("content-type", "application/json");
        request = request.header("accept", "application/json, text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.client.request(request.body(Full::from(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A request of the stateless era with this `Authorization`.
    pub(crate) async fn request(&self, authorization: &str, method: &str, mut params: Value) -> Answer {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": VERSION, "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        });
        let name = params.get("name").or(params.get("uri")).and_then(Value::as_str).unwrap_or("").to_owned();
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let mut headers =
            vec![("authorization", authorization), ("mcp-protocol-version", VERSION), ("mcp-method", method)];
        if !name.is_empty() {
            headers.push(("mcp-name", &name));
        }
        self.send(Method::POST, &headers, body).await
    }

    /// The result of a request of an employee.
    pub(crate) async fn ask(&self, id: &str, method: &str, params: Value) -> Value {
        let answer = self.request(&format!("Bearer {}", self.token(id)), method, params).await;
        let message = answer.message();
        assert_eq!(answer.status, StatusCode::OK, "{message}");
        message
    }

    /// What a tool answers to an employee: its structured content, or its words when it refuses.
    pub(crate) async fn call(&self, id: &str, tool: &str, arguments: Value) -> Result<Value, String> {
        let message = self.ask(id, "tools/call", json!({"name": tool, "arguments": arguments})).await;
        let result = &message["result"];
        let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{message}"));
        if result["isError"] == true {
            return Err(text.to_owned());
        }
        assert_eq!(
            serde_json::from_str::<Value>(text).unwrap(),
            result["structuredContent"],
            "text and structure agree"
        );
        Ok(result["structuredContent"].clone())
    }
}

pub(crate) fn person(id: &str) -> &'static Employee {
    hr::employees().iter().find(|employee| employee.id == id).unwrap()
}

pub(crate) fn sign(seed: u8, typ: &str, claims: &Value) -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(typ.to_owned());
    header.kid = Some(format!("k{seed}"));
    jsonwebtoken::encode(&header, claims, &key(seed)).unwrap()
}
