//! Credentials on an MCP request → [`Authenticated`]. A table of schemes; a failed credential stops the search.
use std::sync::Arc;
use vestibule_model::{Principal, Server};
/// A principal and how it was proven. Sealed: only this crate builds one.
pub struct Authenticated { principal: Arc<Principal> }
impl Authenticated { pub fn principal(&self) -> &Arc<Principal> { &self.principal } }
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// No credential was sent: challenge without `error`.
    #[error("no credential")] Missing,
    /// A credential was sent and is not good: 401 `invalid_token` with this sentence.
    #[error("{0}")] Invalid(&'static str),
    /// The request itself is malformed (two Authorization headers, token in the query): 400 invalid_request.
    #[error("{0}")] Malformed(&'static str),
    /// A part of us is down: 503.
    #[error("{0} is unavailable")] Unavailable(&'static str),
}
/// Verifies bearer tokens with a verified-token cache (key: SHA-256 of the token and the server) whose entries are re-checked against
/// grant, user and client whenever the store's epoch moved.
pub struct Authenticator { _p: () }
impl Authenticator {
    pub fn new(issuer: String, store: vestibule_store::Store, keys: Arc<arc_swap::ArcSwap<vestibule_oauth::keys::KeyRing>>, clock: Arc<dyn vestibule_model::Clock>) -> Self { todo!() }
    pub async fn authenticate(&self, request: &http::request::Parts, server: &Server) -> Result<Authenticated, AuthenticateError> { todo!() }
}
