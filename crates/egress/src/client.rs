//! The one HTTP client: pooled, no redirects, no proxies from the environment.
use bytes::Bytes;
/// Streaming response body.
pub type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, std::io::Error>;
#[derive(Clone)]
pub struct Client;
#[derive(Debug, thiserror::Error)]
pub enum SendError { #[error("cannot connect to {0}")] Connect(String, #[source] Box<dyn std::error::Error + Send + Sync>), #[error("no answer within {0} s")] Timeout(u64), #[error("the connection broke")] Broken(#[source] Box<dyn std::error::Error + Send + Sync>), #[error("{0}")] Refused(String) }
#[derive(Clone, Debug)]
pub struct ClientConfig { pub connect_timeout: std::time::Duration, /// until response headers
    pub response_timeout: std::time::Duration, /// extra roots, PEM
    pub extra_roots_pem: Vec<String> }
impl Client {
    pub fn new(config: &ClientConfig) -> Result<Self, SendError> { todo!() }
    /// Sends to the absolute URI of the request. Full body known. Dropping the response body aborts the exchange.
    pub async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Body>, SendError> { todo!() }
}
