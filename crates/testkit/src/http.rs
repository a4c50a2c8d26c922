//! A plain HTTP/1.1 client: one connection per request, nothing followed, nothing retried, every answer kept.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// No answer takes longer; what does, hangs.
const PATIENCE: Duration = Duration::from_secs(60);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Sends requests to one address.
#[derive(Clone)]
pub struct Http {
    address: SocketAddr,
    transcript: Arc<Mutex<Vec<String>>>,
}

/// An answer, whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The value of a header, when there is exactly one.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.get_all(name).iter();
        let first = all.next()?;
        all.next().is_none().then(|| first.to_str().expect("a printable header"))
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body of text")
    }

    /// The body as JSON: of a JSON answer, or of the last event of a stream.
    pub fn json(&self) -> Value {
        let text = self.text();
        let is_stream = self.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
        let data = if is_stream { last_event(text) } else { text };
        serde_json::from_str(data).unwrap_or_else(|error| panic!("{error} in {} {text:?}", self.status))
    }

    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_else(|| panic!("no redirect but {}: {}", self.status, self.text()))
    }
}

fn last_event(stream: &str) -> &str {
    let mut data =
        stream.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim).filter(|text| !text.is_empty());
    data.next_back().unwrap_or("")
}

/// Begins a request; the `Host` header is added when the test sends none.
pub fn request(method: Method, target: &str) -> http::request::Builder {
    Request::builder().method(method).uri(target)
}

impl Http {
    /// A client of one address.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, transcript: Arc::default() }
    }

    /// `http://` and the address.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was ever answered, heads and bodies, each after the method and path of its request.
    pub fn transcript(&self) -> String {
        self.transcript.lock().unwrap().join("\n")
    }

    /// Sends a request and reads its answer.
    pub async fn send(&self, request: Request<Bytes>) -> Answer {
        let what = format!("{} {}", request.method(), request.uri().path());
        self.attempt(request).await.unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    /// Sends a request and reads its answer, all of it or none.
    ///
    /// # Errors
    /// When nobody listens, or the connection breaks before the answer is whole.
    pub async fn attempt(&self, request: Request<Bytes>) -> Result<Answer, BoxError> {
        let what = format!("{} {}", request.method(), request.uri().path());
        let whole = async {
            let (parts, body) = self.try_open(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok::<_, BoxError>(Answer { status: parts.status, headers: parts.headers, body })
        };
        let answer = tokio::time::timeout(PATIENCE, whole).await.unwrap_or_else(|_| panic!("{what} hangs"))?;
        self.keep(&format!(
            "{what}\n{} {:?}\n{}",
            answer.status,
            answer.headers,
            String::from_utf8_lossy(&answer.body)
        ));
        Ok(answer)
    }

    /// Sends a request and gives its answer as it begins. Dropping it closes the connection.
    pub async fn open(&self, request: Request<Bytes>) -> Response<Incoming> {
        self.try_open(request).await.expect("an answer")
    }

    async fn try_open(&self, mut request: Request<Bytes>) -> Result<Response<Incoming>, BoxError> {
        if !request.headers().contains_key(header::HOST) {
            request.headers_mut().insert(header::HOST, self.address.to_string().parse()?);
        }
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender.send_request(request.map(Full::new)).await?)
    }

    /// Sends raw bytes, for requests that no client would build, and gives what comes back until the other side closes
    /// or nothing more comes.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.expect("the gateway listens");
        stream.write_all(bytes).await.unwrap();
        let mut got = Vec::new();
        let mut buffer = [0u8; 4096];
        let mut wait = PATIENCE;
        while let Ok(Ok(read @ 1..)) = tokio::time::timeout(wait, stream.read(&mut buffer)).await {
            got.extend_from_slice(&buffer[..read]);
            // The head has come: what belongs to it comes at once.
            wait = Duration::from_millis(300);
        }
        let text = String::from_utf8_lossy(&got).into_owned();
        self.keep(&text);
        text
    }

    /// `GET` without anything.
    pub async fn get(&self, target: &str) -> Answer {
        self.send(request(Method::GET, target).body(Bytes::new()).unwrap()).await
    }

    /// `POST` of a form.
    pub async fn post_form(&self, target: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = request(Method::POST, target).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Bytes::from(body)).unwrap()).await
    }

    /// `POST` of JSON.
    pub async fn post_json(&self, target: &str, body: &Value) -> Answer {
        let request = request(Method::POST, target).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Bytes::from(body.to_string())).unwrap()).await
    }

    fn keep(&self, text: &str) {
        self.transcript.lock().unwrap().push(text.to_owned());
    }
}
