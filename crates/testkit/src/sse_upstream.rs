//! An MCP server over HTTP+SSE (2024-11-05) that remembers every request and does what the test tells it to.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_util::StreamExt;
use http::{Method, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc};

use crate::upstream::Seen;

/// A server on a free port; its stream is at `/sse`.
#[derive(Clone)]
pub struct SseUpstream {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    seen: Vec<Seen>,
    streams: HashMap<String, mpsc::UnboundedSender<String>>,
    opened: usize,
    /// What it says instead of its own first event.
    first_event: Option<String>,
    /// What it answers to messages instead of 202.
    status: Option<StatusCode>,
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

impl SseUpstream {
    /// Starts one.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let upstream = Self { address: listener.local_addr().unwrap(), shared: Arc::default() };
        tokio::spawn(upstream.clone().serve(listener));
        upstream
    }

    /// Where its stream is.
    pub fn url(&self) -> String {
        format!("http://{}/sse", self.address)
    }

    /// Everything it was sent.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.lock().unwrap().seen.clone()
    }

    /// From now on a stream begins with this.
    pub fn begin_with(&self, event: &str) {
        self.shared.lock().unwrap().first_event = Some(event.to_owned());
    }

    /// From now on messages are answered with this status.
    pub fn answer_messages_with(&self, status: StatusCode) {
        self.shared.lock().unwrap().status = Some(status);
    }

    /// Writes to all streams.
    pub fn say(&self, event: &str) {
        let shared = self.shared.lock().unwrap();
        shared.streams.values().for_each(|stream| drop(stream.send(event.to_owned())));
    }

    /// Ends all streams.
    pub fn hang_up(&self) {
        self.shared.lock().unwrap().streams.clear();
    }

    /// How many streams somebody still reads.
    pub fn streams(&self) -> usize {
        self.shared.lock().unwrap().streams.values().filter(|stream| !stream.is_closed()).count()
    }

    async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let upstream = self.clone();
            let service = hyper::service::service_fn(move |request| {
                let upstream = upstream.clone();
                async move { Ok::<_, Infallible>(upstream.answer(request).await) }
            });
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let seen = Seen { method: parts.method, target: parts.uri.to_string(), headers: parts.headers, body };
        let mut shared = self.shared.lock().unwrap();
        shared.seen.push(seen.clone());
        if seen.method == Method::GET && seen.target == "/sse" { shared.open() } else { shared.take(&seen) }
    }
}

impl Shared {
    fn open(&mut self) -> Response<Body> {
        self.opened += 1;
        let session = format!("secret-{}", self.opened);
        let (sender, events) = mpsc::unbounded_channel();
        let usual = format!("event: endpoint\ndata: /messages?session={session}\n\n");
        sender.send(self.first_event.clone().unwrap_or(usual)).unwrap();
        self.streams.insert(session, sender);
        let events =
            futures_util::stream::unfold(events, |mut events| async move { Some((events.recv().await?, events)) });
        let body = StreamBody::new(events.map(|event| Ok(Frame::data(Bytes::from(event))))).boxed_unsync();
        Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
    }

    /// Answers a message on the stream of its session.
    fn take(&mut self, seen: &Seen) -> Response<Body> {
        let status = self.status.unwrap_or(StatusCode::ACCEPTED);
        let session = seen.target.strip_prefix("/messages?session=").unwrap_or("");
        let message: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        if let (Some(stream), Some(id)) = (self.streams.get(session), message.get("id")) {
            let result = match message["method"].as_str().unwrap_or("") {
                "initialize" => json!({
                    "protocolVersion": "2024-11-05",
                    "capabilities": { "tools": {} },
                    "serverInfo": { "name": session, "version": "1" },
                }),
                "tools/list" => json!({ "tools": [
                    { "name": "read", "inputSchema": { "type": "object" } },
                    { "name": "write", "inputSchema": { "type": "object" } },
                ] }),
                "tools/call" => json!({ "content": [{ "type": "text", "text": session }] }),
                _ => json!({}),
            };
            let answer = json!({ "jsonrpc": "2.0", "id": id, "result": result });
            drop(stream.send(format!("event: message\ndata: {answer}\n\n")));
        }
        let text = Bytes::from_static(b"Accepted");
        Response::builder().status(status).body(http_body_util::Full::new(text).boxed_unsync()).unwrap()
    }
}
