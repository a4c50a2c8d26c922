//! `authorization_code` (RFC 6749 section 4.1.3, RFC 7636 section 4.5).

use super::TokenRequest;
use crate::{authorize, error::OAuthError, params::Params, pkce::Verifier};

/// Its `grant_type`.
pub const NAME: &str = "authorization_code";

/// What the client sends.
pub struct Request {
    /// The code.
    pub code: String,
    /// When it is sent it MUST be identical to the one of the authorization request. OAuth 2.1 clients leave it out:
    /// there PKCE binds the code to the request.
    pub redirect_uri: Option<String>,
    /// PKCE.
    pub verifier: Verifier,
    /// RFC 8707; it can only repeat what was authorized.
    pub resource: Option<String>,
}

pub(super) fn parse(params: &Params) -> Result<TokenRequest, OAuthError> {
    Ok(TokenRequest::AuthorizationCode(Request {
        code: params.require("code")?.to_owned(),
        redirect_uri: params.get("redirect_uri").map(str::to_owned),
        verifier: Verifier::parse(params.require("code_verifier")?)?,
        resource: authorize::resource(params)?,
    }))
}
