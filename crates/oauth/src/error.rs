//! Errors by their registered names, with a sentence for the developer of the client. Never a cause: that is
//! for our own log.

use std::borrow::Cow;

use serde::Serialize;

/// The registered names (RFC 6749 sections 4.1.2.1 and 5.2, RFC 7591 section 3.2.2, RFC 8707 section 2, OpenID
/// Connect Core sections 3.1.2.6 and 6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Something is missing, repeated or malformed.
    InvalidRequest,
    /// The client is unknown or did not prove itself.
    InvalidClient,
    /// The code or refresh token is not valid for this client and request.
    InvalidGrant,
    /// The client may not use this grant.
    UnauthorizedClient,
    /// There is no such grant here.
    UnsupportedGrantType,
    /// Only `code`.
    UnsupportedResponseType,
    /// Nothing of what was asked for can be given.
    InvalidScope,
    /// We stand before no such server.
    InvalidTarget,
    /// The user said no.
    AccessDenied,
    /// `prompt=none`, and nobody is signed in.
    LoginRequired,
    /// `prompt=none`, and the user would have to be asked.
    ConsentRequired,
    /// No request objects.
    RequestNotSupported,
    /// No pushed or referenced request objects.
    RequestUriNotSupported,
    /// A redirect URI that cannot be registered.
    InvalidRedirectUri,
    /// Other client metadata that cannot be registered.
    InvalidClientMetadata,
    /// A part of us is down; try again.
    TemporarilyUnavailable,
}

impl ErrorCode {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }

    /// The status with which the token endpoint and its neighbours answer (RFC 6749 section 5.2).
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidClient => 401,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }
}

/// An error as the other side may read it; it serializes to the body of RFC 6749 section 5.2.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct OAuthError {
    /// Its name.
    #[serde(rename = "error")]
    pub code: ErrorCode,
    /// What is wrong and what to do. Text of ours: only the characters of RFC 6749 section 5.2 are in it.
    #[serde(rename = "error_description")]
    pub description: Cow<'static, str>,
}

impl OAuthError {
    /// An error with its sentence.
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self { code, description: description.into() }
    }

    /// `invalid_request`.
    pub fn request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }

    /// `invalid_client`: the same words for an unknown client and a wrong secret.
    pub fn client() -> Self {
        Self::new(ErrorCode::InvalidClient, "the client is unknown or its authentication failed")
    }

    /// `invalid_grant`: the same words whatever is wrong with it, so that nothing can be probed.
    pub fn grant() -> Self {
        Self::new(ErrorCode::InvalidGrant, "the code or refresh token is not valid for this client and request")
    }

    /// `temporarily_unavailable`, naming the part of us that is down.
    pub fn unavailable(part: &'static str) -> Self {
        Self::new(ErrorCode::TemporarilyUnavailable, format!("the {part} is unavailable; try again"))
    }
}
