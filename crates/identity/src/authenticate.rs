//! Credentials on an MCP request → [`Authenticated`]: a table of schemes ([`crate::schemes`]) and a cache of
//! tokens that were verified before.

use std::sync::Arc;

use arc_swap::ArcSwap;
use vestibule_model::{Clock, Principal, Server};
use vestibule_oauth::keys::KeyRing;
use vestibule_store::{Store, StoreError};

use crate::{cache::TokenCache, schemes};

/// A principal and how it was proven. Sealed: only this crate builds one, and only after the proof.
///
/// ```compile_fail
/// fn forge(principal: std::sync::Arc<vestibule_model::Principal>) -> vestibule_identity::Authenticated {
///     vestibule_identity::Authenticated { principal }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Authenticated {
    principal: Arc<Principal>,
}

impl Authenticated {
    /// Who calls.
    pub fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }
}

/// Why nobody was authenticated.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// No credential was sent: 401, a challenge without `error` (RFC 6750 section 3.1).
    #[error("no credential")]
    Missing,
    /// A credential was sent and is not good: 401 `invalid_token` with this sentence.
    #[error("{0}")]
    Invalid(&'static str),
    /// The request itself is malformed (two `Authorization` headers, a token in the query): 400 `invalid_request`.
    #[error("{0}")]
    Malformed(&'static str),
    /// A part of us is down: 503. Nobody is let through on a guess.
    #[error("{0} is unavailable")]
    Unavailable(&'static str),
}

impl From<StoreError> for AuthenticateError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a credential could not be checked");
        Self::Unavailable("the database")
    }
}

/// Authenticates requests to MCP servers. One per process; cheap to share behind an `Arc`.
pub struct Authenticator {
    pub(crate) issuer: String,
    pub(crate) store: Store,
    pub(crate) keys: Arc<ArcSwap<KeyRing>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cache: TokenCache,
}

impl Authenticator {
    /// `issuer` is the `iss` every token must carry.
    pub fn new(issuer: String, store: Store, keys: Arc<ArcSwap<KeyRing>>, clock: Arc<dyn Clock>) -> Self {
        Self { issuer, store, keys, clock, cache: TokenCache::default() }
    }

    /// Finds the credential of a request and proves it for one server.
    pub async fn authenticate(
        &self,
        request: &http::request::Parts,
        server: &Server,
    ) -> Result<Authenticated, AuthenticateError> {
        let principal = schemes::authenticate(self, request, server).await?;
        Ok(Authenticated { principal })
    }
}

#[cfg(test)]
#[path = "authenticate_tests.rs"]
mod tests;
