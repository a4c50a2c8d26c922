//! `client_credentials` (RFC 6749 section 4.4): a client acts for itself.

use vestibule_model::ScopeSet;

use super::TokenRequest;
use crate::{authorize, error::OAuthError, params::Params};

/// Its `grant_type`.
pub const NAME: &str = "client_credentials";

/// What the client sends.
pub struct Request {
    /// What it asks for.
    pub scope: Option<ScopeSet>,
    /// For which server.
    pub resource: Option<String>,
}

pub(super) fn parse(params: &Params) -> Result<TokenRequest, OAuthError> {
    Ok(TokenRequest::ClientCredentials(Request {
        scope: authorize::scope(params)?,
        resource: authorize::resource(params)?,
    }))
}
