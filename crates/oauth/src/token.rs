//! Answers of the token endpoint and its neighbours.

use serde::Serialize;
use serde_json::json;
use vestibule_model::{ClientId, GrantId, ResourceUri, ScopeSet, Timestamp};

use crate::{error::OAuthError, issue::AccessToken, params::Params};

/// A successful token response (RFC 6749 section 5.1).
#[derive(Serialize)]
pub struct TokenResponse<'a> {
    /// The access token.
    pub access_token: &'a str,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Its life, in seconds.
    pub expires_in: u64,
    /// The next refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<&'a str>,
    /// What was granted; always there, because it may be less than was asked for.
    pub scope: &'a ScopeSet,
    /// When `openid` was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<&'a str>,
}

/// A token that somebody wants revoked or explained (RFC 7009 section 2.1, RFC 7662 section 2.1). The hint is not
/// needed: our tokens tell themselves apart.
pub fn named_token(params: &Params) -> Result<&str, OAuthError> {
    params.require("token")
}

/// The only thing said about a token that is not active, whatever the reason (RFC 7662 section 2.2).
pub const INACTIVE: &str = r#"{"active":false}"#;

/// What introspection says about a live access token.
pub fn active_access_token(token: &AccessToken) -> String {
    json!({
        "active": true,
        "token_type": "Bearer",
        "scope": token.scopes.to_string(),
        "client_id": token.client.as_str(),
        "sub": token.subject,
        "aud": token.audience.as_str(),
        "iss": token.issuer,
        "exp": token.expires_at.as_seconds(),
        "iat": token.issued_at.as_seconds(),
        "nbf": token.issued_at.as_seconds(),
        "jti": token.id.as_str(),
        "org_id": token.org.as_str(),
        "grant_id": token.grant.as_str(),
        "acr": token.authentication.acr.as_str(),
        "amr": token.authentication.amr,
        "auth_time": token.authentication.auth_time.as_seconds(),
    })
    .to_string()
}

/// A live refresh token, as introspection describes it to its own client.
pub struct ActiveRefresh<'a> {
    /// Our name.
    pub issuer: &'a str,
    /// Its client.
    pub client: &'a ClientId,
    /// Its grant.
    pub grant: &'a GrantId,
    /// Its server.
    pub resource: &'a ResourceUri,
    /// What it covers.
    pub scopes: &'a ScopeSet,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

impl ActiveRefresh<'_> {
    /// The response body.
    pub fn to_json(&self) -> String {
        json!({
            "active": true,
            "iss": self.issuer,
            "client_id": self.client.as_str(),
            "grant_id": self.grant.as_str(),
            "aud": self.resource.as_str(),
            "scope": self.scopes.to_string(),
            "exp": self.expires_at.as_seconds(),
        })
        .to_string()
    }
}
