//! Bounded JSON documents from URLs that others chose: https only, no redirects, 200 and JSON only, size and time limits, pinned address.
use crate::guard::Reach;
#[derive(Clone)]
pub struct Fetcher;
#[derive(Debug)]
pub struct Document { pub body: Vec<u8>, /// from Cache-Control, capped at 24 h; None when it may not be cached
    pub max_age: Option<std::time::Duration> }
#[derive(Debug, thiserror::Error)]
pub enum FetchError { #[error("{0}")] Refused(String), #[error("{0}")] Failed(String) }
impl Fetcher {
    pub fn new(reach: Reach, extra_roots_pem: &[String]) -> Result<Self, FetchError> { todo!() }
    pub async fn json(&self, url: &str, max_bytes: usize) -> Result<Document, FetchError> { todo!() }
}
