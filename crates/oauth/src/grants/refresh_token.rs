//! `refresh_token` (RFC 6749 section 6).

use vestibule_model::{ScopeSet, Secret};

use super::TokenRequest;
use crate::{authorize, error::OAuthError, params::Params};

/// Its `grant_type`.
pub const NAME: &str = "refresh_token";

/// What the client sends.
pub struct Request {
    /// The refresh token.
    pub token: Secret<String>,
    /// It MUST NOT include a scope that was not granted.
    pub scope: Option<ScopeSet>,
    /// RFC 8707; it can only repeat what was granted.
    pub resource: Option<String>,
}

pub(super) fn parse(params: &Params) -> Result<TokenRequest, OAuthError> {
    Ok(TokenRequest::RefreshToken(Request {
        token: Secret::new(params.require("refresh_token")?.to_owned()),
        scope: authorize::scope(params)?,
        resource: authorize::resource(params)?,
    }))
}
