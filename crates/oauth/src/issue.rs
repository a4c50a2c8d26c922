//! Minting: our access tokens (RFC 9068) and the JWTs that upstreams receive.

use std::time::Duration;

use serde::Serialize;
use vestibule_model::{Authentication, ClientId, GrantId, OrgId, ResourceUri, ScopeSet, Timestamp, TokenId};

use crate::keys::{KeyError, KeyRing};

/// 10 minutes.
pub const ACCESS_TOKEN_LIFE: Duration = Duration::from_secs(600);

/// The `typ` of an access token (RFC 9068 section 2.1).
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// What an access token says; `typ` is `at+jwt`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessToken {
    /// `iss`: the public URL.
    pub issuer: String,
    /// `aud`: exactly one resource (RFC 8707).
    pub audience: ResourceUri,
    /// `sub`: a user id, or the client id of a client acting for itself.
    pub subject: String,
    /// `client_id`.
    pub client: ClientId,
    /// `org_id`: the tenant.
    pub org: OrgId,
    /// `grant_id`: the consent it hangs off.
    pub grant: GrantId,
    /// `scope`.
    pub scopes: ScopeSet,
    /// `acr`, `amr`, `auth_time`.
    pub authentication: Authentication,
    /// `jti`.
    pub id: TokenId,
    /// `iat` and `nbf`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
}

/// The claims on the wire, in the order of RFC 9068 section 2.2.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    exp: i64,
    aud: &'a str,
    sub: &'a str,
    client_id: &'a str,
    iat: i64,
    nbf: i64,
    jti: &'a str,
    scope: &'a ScopeSet,
    org_id: &'a str,
    grant_id: &'a str,
    acr: &'a str,
    amr: &'a [String],
    auth_time: i64,
}

impl AccessToken {
    /// Signs it with the key whose time is `issued_at`.
    pub fn sign(&self, keys: &KeyRing) -> Result<String, KeyError> {
        let claims = Claims {
            iss: &self.issuer,
            exp: self.expires_at.as_seconds(),
            aud: self.audience.as_str(),
            sub: &self.subject,
            client_id: self.client.as_str(),
            iat: self.issued_at.as_seconds(),
            nbf: self.issued_at.as_seconds(),
            jti: self.id.as_str(),
            scope: &self.scopes,
            org_id: self.org.as_str(),
            grant_id: self.grant.as_str(),
            acr: self.authentication.acr.as_str(),
            amr: &self.authentication.amr,
            auth_time: self.authentication.auth_time.as_seconds(),
        };
        sign_claims(keys, ACCESS_TOKEN_TYPE, &claims, self.issued_at)
    }
}

/// Signs any other set of claims. `typ` says what it is (`JWT`, …), so that nobody takes it for an access token.
pub fn sign_claims(keys: &KeyRing, typ: &str, claims: &impl Serialize, now: Timestamp) -> Result<String, KeyError> {
    let claims = serde_json::to_vec(claims).map_err(|_| KeyError::Library)?;
    keys.sign(typ, &claims, now)
}
