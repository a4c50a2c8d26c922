//! The one HTTP client: pooled, no redirects, no proxies from the environment.
//!
//! It is on the hot path: the request body is whole, the response body streams through without a buffer or a box.
//! Answers that may never end can have a connection of their own, see [`Client::open`].

use std::{
    error::Error,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body::{Frame, SizeHint};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tower_service::Service;

use crate::{
    connect::TimeLimited,
    stream::{self, StreamBody},
    tls,
};

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(60);
/// The most unused connections kept to one origin.
const MAX_IDLE: usize = 128;
/// The largest head of a response, in bytes.
const MAX_HEAD: u32 = 64 * 1024;

/// The body of a response, as it streams in. Dropping it aborts the exchange.
#[derive(Debug)]
pub struct Body(Source);

#[derive(Debug)]
enum Source {
    /// A connection of the pool.
    Pool(Incoming),
    /// A connection of its own.
    Own(StreamBody),
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut self.0 {
            Source::Pool(body) => Pin::new(body).poll_frame(context).map_err(io::Error::other),
            Source::Own(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Source::Pool(body) => body.is_end_stream(),
            Source::Own(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Pool(body) => body.size_hint(),
            Source::Own(body) => body.size_hint(),
        }
    }
}

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No connection to this origin.
    #[error("cannot connect to {0}")]
    Connect(String, #[source] Box<dyn Error + Send + Sync>),
    /// No response head within this many seconds.
    #[error("no answer within {0} s")]
    Timeout(u64),
    /// The connection ended, or what came was not HTTP.
    #[error("the connection broke")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
    /// The request or the configuration is not one this client takes.
    #[error("{0}")]
    Refused(String),
}

/// Settings of the client.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The most time for name, TCP and TLS together.
    pub connect_timeout: Duration,
    /// The most time until the head of the response is there. The body has no limit: it may be a stream of days.
    pub response_timeout: Duration,
    /// Roots besides those of the system, as PEM.
    pub extra_roots_pem: Vec<String>,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(60),
            extra_roots_pem: Vec::new(),
        }
    }
}

/// A pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    pool: legacy::Client<TimeLimited<HttpsConnector<HttpConnector>>, Full<Bytes>>,
    plain: TimeLimited<HttpConnector>,
    response_timeout: Duration,
}

impl Client {
    /// Makes the client; fails when a configured root is no certificate.
    pub fn new(config: &ClientConfig) -> Result<Self, SendError> {
        let tls = tls::config(&config.extra_roots_pem).map_err(|error| SendError::Refused(error.to_string()))?;
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_all_versions();
        let plain = TimeLimited { inner: http.clone(), limit: config.connect_timeout };
        let connector = TimeLimited { inner: https.wrap_connector(http), limit: config.connect_timeout };
        let pool = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(MAX_IDLE)
            .http1_max_buf_size(MAX_HEAD as usize)
            .http2_max_header_list_size(MAX_HEAD)
            .build(connector);
        Ok(Self { pool, plain, response_timeout: config.response_timeout })
    }

    /// Sends to the absolute URI of the request, and nowhere else: a redirect is an answer like any other. Dropping
    /// the future or the body of the response aborts the exchange.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Body>, SendError> {
        check_target(request.uri())?;
        let target = request.uri().clone();
        match tokio::time::timeout(self.response_timeout, self.pool.request(request.map(Full::new))).await {
            Ok(Ok(response)) => Ok(response.map(|body| Body(Source::Pool(body)))),
            Ok(Err(error)) if error.is_connect() => Err(SendError::Connect(origin_of(&target), error.into())),
            Ok(Err(error)) => Err(SendError::Broken(error.into())),
            Err(_) => Err(SendError::Timeout(self.response_timeout.as_secs())),
        }
    }

    /// Like [`Client::send`], for an answer that may stay open for days: it gets a connection of its own, which holds no
    /// buffer while nothing comes and closes after the answer. Over TLS it is sent like any other: most such servers
    /// speak HTTP/2, where all streams share one connection.
    pub async fn open(&self, request: Request<Bytes>) -> Result<Response<Body>, SendError> {
        if request.uri().scheme_str() != Some("http") {
            return self.send(request).await;
        }
        check_target(request.uri())?;
        let head = stream::encode(&request);
        let head = head.ok_or_else(|| SendError::Refused("the request brings headers of its connection".to_owned()))?;
        match tokio::time::timeout(self.response_timeout, self.open_plain(request, head)).await {
            Ok(response) => response,
            Err(_) => Err(SendError::Timeout(self.response_timeout.as_secs())),
        }
    }

    async fn open_plain(&self, request: Request<Bytes>, head: Vec<u8>) -> Result<Response<Body>, SendError> {
        let uri = request.uri().clone();
        let connection = self.plain.clone().call(uri).await;
        let connection = connection.map_err(|error| SendError::Connect(origin_of(request.uri()), error))?;
        let response = stream::exchange(connection.into_inner(), head, request.into_body()).await;
        Ok(response.map_err(|error| SendError::Broken(error.into()))?.map(|body| Body(Source::Own(body))))
    }
}

/// `http` or `https`, a host, and no user information: that would be a credential in a place we do not guard.
fn check_target(uri: &Uri) -> Result<(), SendError> {
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    match uri.authority() {
        Some(authority) if web && !authority.as_str().contains('@') => Ok(()),
        _ => Err(SendError::Refused("the upstream's URL is not an absolute http or https URL".to_owned())),
    }
}

/// Scheme and authority alone: paths and queries may hold secrets and belong in no error.
fn origin_of(uri: &Uri) -> String {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    format!("{}://{authority}", uri.scheme_str().unwrap_or("http"))
}

#[cfg(test)]
mod tests {
    use std::{
        net::SocketAddr,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
    };

    use http_body_util::BodyExt;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
        sync::mpsc,
    };

    use super::*;

    fn client() -> Client {
        Client::new(&ClientConfig { response_timeout: Duration::from_millis(500), ..ClientConfig::default() }).unwrap()
    }

    fn get(uri: impl std::fmt::Display) -> Request<Bytes> {
        Request::get(uri.to_string()).body(Bytes::new()).unwrap()
    }

    /// Hands out the raw connections that a client opens.
    async fn listen() -> (SocketAddr, mpsc::Receiver<TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, receiver) = mpsc::channel(16);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = sender.send(stream).await;
            }
        });
        (address, receiver)
    }

    #[tokio::test]
    async fn the_body_streams_and_dropping_it_aborts_the_exchange() {
        let (address, mut connections) = listen().await;
        let sending = tokio::spawn({
            let client = client();
            async move { client.send(get(format!("http://{address}/"))).await.unwrap() }
        });
        let mut peer = connections.recv().await.unwrap();
        let _ = peer.read(&mut [0; 4096]).await.unwrap();
        peer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nfirst").await.unwrap();
        let mut body = sending.await.unwrap().into_body();
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(first, "first", "it arrived before the last byte was sent");
        drop(body);
        assert_eq!(peer.read(&mut [0; 1]).await.unwrap_or(0), 0, "the peer sees the connection end");
    }

    #[tokio::test]
    async fn dropping_the_request_aborts_the_exchange() {
        let (address, mut connections) = listen().await;
        let sending = tokio::spawn({
            let client = client();
            async move { client.send(get(format!("http://{address}/"))).await.map(|_| ()) }
        });
        let mut peer = connections.recv().await.unwrap();
        let _ = peer.read(&mut [0; 4096]).await.unwrap();
        sending.abort();
        assert_eq!(peer.read(&mut [0; 1]).await.unwrap_or(0), 0);
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer() {
        let (address, mut connections) = listen().await;
        let (elsewhere, mut others) = listen().await;
        let answered = tokio::spawn(async move {
            let mut peer = connections.recv().await.unwrap();
            let _ = peer.read(&mut [0; 4096]).await.unwrap();
            let answer = format!("HTTP/1.1 307 X\r\nlocation: http://{elsewhere}/\r\ncontent-length: 0\r\n\r\n");
            peer.write_all(answer.as_bytes()).await.unwrap();
            peer
        });
        let response = client().send(get(format!("http://{address}/"))).await.unwrap();
        assert_eq!(response.status(), 307);
        let _peer = answered.await.unwrap();
        assert!(others.try_recv().is_err());
    }

    #[tokio::test]
    async fn connections_are_used_again() {
        let (address, mut connections) = listen().await;
        let opened = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&opened);
        tokio::spawn(async move {
            while let Some(mut peer) = connections.recv().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    while peer.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {
                        let _ = peer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await;
                    }
                });
            }
        });
        let client = client();
        for _ in 0..20 {
            let response = client.send(get(format!("http://{address}/"))).await.unwrap();
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hi");
            tokio::task::yield_now().await;
        }
        assert!(opened.load(Ordering::SeqCst) < 5, "{opened:?}");
    }

    #[tokio::test]
    async fn errors_name_the_origin_and_nothing_more() {
        let error = client().send(get("http://127.0.0.1:1/path?key=hunter2")).await.unwrap_err();
        assert_eq!(error.to_string(), "cannot connect to http://127.0.0.1:1");
        let (address, _connections) = listen().await;
        let error = client().send(get(format!("http://{address}/"))).await.unwrap_err();
        assert!(matches!(error, SendError::Timeout(_)), "{error}");
        for bad in ["/relative", "http://user:hunter2@127.0.0.1/", "ftp://127.0.0.1/"] {
            let error = client().send(get(bad)).await.unwrap_err();
            assert!(matches!(&error, SendError::Refused(text) if !text.contains("hunter2")), "{bad}: {error}");
        }
    }
}
