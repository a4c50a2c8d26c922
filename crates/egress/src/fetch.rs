//! Bounded JSON documents from URLs that others chose: CIMD documents, `jwks_uri`.
//!
//! https only, no redirects, status 200 and JSON only, limits on size, headers and time. The name is resolved once,
//! every address it gives is checked, and the connection goes to a checked address: there is no second look-up that
//! could answer differently. (draft-ietf-oauth-client-id-metadata-document section 6; MCP security best practices.)

mod freshness;
mod target;
#[cfg(test)]
mod tests;

use std::{future::Future, io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::{body::Incoming, client::conn::http1};
use hyper_rustls::HttpsConnectorBuilder;
use rustls::ClientConfig;
use tower_service::Service;

use self::target::Target;
use crate::{
    connect::Pinned,
    guard::{self, Reach},
    tls,
};

/// The most time for one document, from the name to the last byte.
const TOTAL_TIME: Duration = Duration::from_secs(5);
/// The most header lines of an answer.
const MAX_HEADERS: usize = 64;
/// The largest head of an answer, in bytes.
const MAX_HEAD: usize = 16 * 1024;

type LookedUp = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;
type LookUp = dyn Fn(String, u16) -> LookedUp + Send + Sync;

/// A document that was fetched. That it is well-formed JSON is for the reader to find out.
#[derive(Debug)]
pub struct Document {
    /// The body, at most as large as was allowed.
    pub body: Vec<u8>,
    /// How long it may be kept: from `Cache-Control`, at most 24 hours; `None` when it may not be kept.
    pub max_age: Option<Duration>,
}

/// Why there is no document. The texts may be shown to whoever chose the URL.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// We do not fetch this, or do not take what came.
    #[error("{0}")]
    Refused(String),
    /// The other side could not be reached, or broke off.
    #[error("{0}")]
    Failed(String),
}

impl FetchError {
    fn refused(why: impl Into<String>) -> Self {
        Self::Refused(why.into())
    }

    fn failed(why: impl Into<String>) -> Self {
        Self::Failed(why.into())
    }
}

/// Fetches documents. Cheap to clone; keeps no connections and no cookies.
#[derive(Clone)]
pub struct Fetcher {
    reach: Reach,
    tls: ClientConfig,
    look_up: Arc<LookUp>,
    total_time: Duration,
}

impl Fetcher {
    /// Makes a fetcher; fails when a configured root is no certificate.
    pub fn new(reach: Reach, extra_roots_pem: &[String]) -> Result<Self, FetchError> {
        let tls = tls::config(extra_roots_pem).map_err(|error| FetchError::refused(error.to_string()))?;
        let look_up = Arc::new(|host, port| Box::pin(system_look_up(host, port)) as LookedUp);
        Ok(Self { reach, tls, look_up, total_time: TOTAL_TIME })
    }

    /// Fetches one JSON document of at most `max_bytes`.
    pub async fn json(&self, url: &str, max_bytes: usize) -> Result<Document, FetchError> {
        let target = Target::parse(url, self.reach)?;
        tokio::time::timeout(self.total_time, self.fetch(target, max_bytes))
            .await
            .map_err(|_| FetchError::failed("no complete answer in time"))?
    }

    async fn fetch(&self, target: Target, max_bytes: usize) -> Result<Document, FetchError> {
        let addresses = self.checked_addresses(&target).await?;
        let response = self.get(&target, addresses).await?;
        check_head(&response, max_bytes)?;
        let max_age = freshness::max_age(response.headers());
        let body = read(response.into_body(), max_bytes).await?;
        Ok(Document { body, max_age })
    }

    /// One forbidden address among several refuses them all: a name with a public and a private address is either
    /// an attack or a mistake.
    async fn checked_addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, FetchError> {
        let addresses = (self.look_up)(target.host.clone(), target.port)
            .await
            .map_err(|_| FetchError::failed("the host name cannot be resolved"))?;
        let allowed = |address: &SocketAddr| {
            let ip = address.ip();
            guard::is_allowed(ip, self.reach) && (!target.plain || ip.to_canonical().is_loopback())
        };
        if addresses.is_empty() {
            return Err(FetchError::failed("the host name has no address"));
        }
        if !addresses.iter().all(allowed) {
            return Err(FetchError::refused("the host is not on the public internet"));
        }
        Ok(addresses)
    }

    async fn get(&self, target: &Target, addresses: Vec<SocketAddr>) -> Result<Response<Incoming>, FetchError> {
        let tls = HttpsConnectorBuilder::new().with_tls_config(self.tls.clone());
        let mut connector = tls.https_or_http().enable_http1().wrap_connector(Pinned(addresses));
        let stream = connector.call(target.uri.clone()).await.map_err(|_| FetchError::failed("cannot connect"))?;
        let broken = |_| FetchError::failed("the answer is not HTTP, or it broke off");
        let (mut sender, connection) = http1::Builder::new()
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD)
            .handshake(stream)
            .await
            .map_err(broken)?;
        // The connection ends with its sender and body; its error reaches us through them.
        tokio::spawn(connection);
        sender.send_request(request(target)?).await.map_err(broken)
    }
}

async fn system_look_up(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((host.as_str(), port)).await?.collect())
}

fn request(target: &Target) -> Result<Request<Empty<Bytes>>, FetchError> {
    let path = target.uri.path_and_query().map_or("/", |path| path.as_str());
    Request::get(path)
        .header(header::HOST, &target.authority)
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, concat!("vestibule/", env!("CARGO_PKG_VERSION")))
        .body(Empty::new())
        .map_err(|_| FetchError::refused("the URL cannot be requested"))
}

/// Status 200, JSON, not compressed, and not announced as too large.
fn check_head(response: &Response<Incoming>, max_bytes: usize) -> Result<(), FetchError> {
    let status = response.status();
    if status.is_redirection() {
        return Err(FetchError::refused("the answer is a redirect, which is not followed"));
    }
    if status != StatusCode::OK {
        return Err(FetchError::refused(format!("the answer has status {}", status.as_u16())));
    }
    if !is_json(response.headers()) {
        return Err(FetchError::refused("the answer is not JSON"));
    }
    if response.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(FetchError::refused("the answer is compressed"));
    }
    if hyper::body::Body::size_hint(response.body()).lower() > max_bytes as u64 {
        return Err(too_large(max_bytes));
    }
    Ok(())
}

/// `application/json` or `application/…+json`, with any parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = text.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    essence.strip_prefix("application/").is_some_and(|kind| kind == "json" || kind.ends_with("+json"))
}

async fn read(body: Incoming, max_bytes: usize) -> Result<Vec<u8>, FetchError> {
    match Limited::new(body, max_bytes).collect().await {
        Ok(collected) => Ok(collected.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(max_bytes)),
        Err(_) => Err(FetchError::failed("the answer broke off")),
    }
}

fn too_large(max_bytes: usize) -> FetchError {
    FetchError::refused(format!("the answer is larger than {max_bytes} bytes"))
}
