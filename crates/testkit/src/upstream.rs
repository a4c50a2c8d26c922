//! An MCP server that remembers every request as it came and answers what the test tells it to.

mod eras;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc};

pub use eras::Speaks;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Seen {
    /// All of it as one text, to search in.
    pub fn text(&self) -> String {
        format!("{} {}\n{:?}\n{}", self.method, self.target, self.headers, String::from_utf8_lossy(&self.body))
    }
}

/// What to answer.
pub enum Canned {
    /// As a well-behaved server: a result for every request, 202 for a notification, a session for `initialize`.
    Usual,
    /// Exactly this.
    Exactly(Response<Bytes>),
    /// A stream of events that the test writes; it ends when the test drops its end.
    Stream(mpsc::Receiver<String>),
}

/// A server on a free port.
#[derive(Clone)]
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

/// The result of a request, by its method and parameters; `None` leaves it to the usual one.
type Results = Box<dyn Fn(&str, &Value) -> Option<Value> + Send>;

#[derive(Default)]
struct Shared {
    speaks: Speaks,
    sessions: eras::OpenSessions,
    results: Option<Results>,
    seen: Vec<Seen>,
    next: VecDeque<Canned>,
}

type Body = UnsyncBoxBody<Bytes, std::convert::Infallible>;

impl Upstream {
    /// Starts one that understands every client.
    pub async fn start() -> Self {
        Self::speaking(Speaks::Both).await
    }

    /// Starts one that understands these clients.
    pub async fn speaking(speaks: Speaks) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let upstream = Self { address: listener.local_addr().unwrap(), shared: Arc::default() };
        upstream.speak(speaks);
        tokio::spawn(upstream.clone().serve(listener));
        upstream
    }

    /// Starts one with results of its own.
    pub async fn start_with(results: impl Fn(&str, &Value) -> Option<Value> + Send + 'static) -> Self {
        let upstream = Self::start().await;
        upstream.shared.lock().unwrap().results = Some(Box::new(results));
        upstream
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// Answers the next request with this; without any it answers as usual.
    pub fn answer_next(&self, canned: Canned) {
        self.shared.lock().unwrap().next.push_back(canned);
    }

    /// Everything it was sent.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.lock().unwrap().seen.clone()
    }

    /// Another server stands there from now on.
    pub fn speak(&self, speaks: Speaks) {
        self.shared.lock().unwrap().speaks = speaks;
    }

    /// Forgets all sessions, as a server that was started again.
    pub fn end_sessions(&self) {
        self.shared.lock().unwrap().sessions.end_all();
    }

    async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let upstream = self.clone();
            let service = hyper::service::service_fn(move |request| {
                let upstream = upstream.clone();
                async move { Ok::<_, std::convert::Infallible>(upstream.answer(request).await) }
            });
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let seen = Seen { method: parts.method, target: parts.uri.to_string(), headers: parts.headers, body };
        let canned = {
            let mut shared = self.shared.lock().unwrap();
            if shared.speaks == Speaks::Both && is_question(&seen) {
                return usual(&seen, None).map(full);
            }
            shared.seen.push(seen.clone());
            shared.next.pop_front().unwrap_or(Canned::Usual)
        };
        match canned {
            Canned::Usual => self.as_it_speaks(&seen).map(full),
            Canned::Exactly(response) => response.map(full),
            Canned::Stream(events) => stream(events),
        }
    }

    fn as_it_speaks(&self, seen: &Seen) -> Response<Bytes> {
        let mut shared = self.shared.lock().unwrap();
        let own = shared.results.as_ref().and_then(|results| own_result(results, seen));
        match shared.speaks {
            Speaks::Both => usual(seen, own),
            Speaks::Sessions => shared.sessions.answer(seen, own),
            Speaks::NoIds => eras::without_ids(usual(seen, own)),
            Speaks::NoSessions => eras::without_sessions(seen, own),
        }
    }
}

/// Whether the gateway asks which era the server speaks. Where it speaks both that is answered aside: tests count what
/// clients cause.
fn is_question(seen: &Seen) -> bool {
    let message: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
    message["method"] == "server/discover" && message["id"] == "vestibule"
}

fn own_result(results: &Results, seen: &Seen) -> Option<Value> {
    let message: Value = serde_json::from_slice(&seen.body).ok()?;
    results(message["method"].as_str()?, &message["params"])
}

/// What a well-behaved server answers.
fn usual(seen: &Seen, own: Option<Value>) -> Response<Bytes> {
    let message: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
    let (Some(id), Some(method)) = (message.get("id"), message["method"].as_str()) else {
        return Response::builder().status(StatusCode::ACCEPTED).body(Bytes::new()).unwrap();
    };
    let result = own.unwrap_or_else(|| match method {
        "initialize" => json!({
            "protocolVersion": message["params"]["protocolVersion"],
            "capabilities": { "tools": {} },
            "serverInfo": { "name": "upstream", "version": "1" },
        }),
        "server/discover" => eras::discovered(),
        "tools/list" => json!({ "tools": [
            { "name": "read", "inputSchema": { "type": "object" } },
            { "name": "write", "inputSchema": { "type": "object" } },
        ] }),
        "tools/call" if message["params"]["name"] == "echo" => {
            json!({ "content": [{ "type": "text", "text": message["params"]["arguments"].to_string() }] })
        }
        _ => json!({ "content": [{ "type": "text", "text": "done" }] }),
    });
    let builder =
        Response::builder().header("content-type", "application/json").header("mcp-session-id", "upstream-session");
    builder.body(Bytes::from(json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string())).unwrap()
}

fn full(bytes: Bytes) -> Body {
    http_body_util::Full::new(bytes).boxed_unsync()
}

fn stream(events: mpsc::Receiver<String>) -> Response<Body> {
    let events = futures_util::stream::unfold(events, |mut events| async move { Some((events.recv().await?, events)) });
    let frames = events.map(|event| Ok(Frame::data(Bytes::from(event))));
    let body = StreamBody::new(frames).boxed_unsync();
    Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
}
