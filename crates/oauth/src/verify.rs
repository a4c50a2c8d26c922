//! Verifying our own access tokens (RFC 9068 section 4).

use std::time::Duration;

use serde::Deserialize;
use vestibule_model::{Acr, Authentication, ResourceUri, ScopeSet, Timestamp};

use crate::{
    issue::{ACCESS_TOKEN_TYPE, AccessToken},
    jws::Parts,
    keys::KeyRing,
};

/// How far clocks may differ.
pub const LEEWAY: Duration = Duration::from_secs(10);

/// A token whose signature, issuer, audience and times were checked. Sealed: only `verify` builds one. Whether its
/// grant, user and client are still alive is not known here.
#[derive(Debug)]
pub struct VerifiedToken {
    claims: AccessToken,
}

impl VerifiedToken {
    /// What it says.
    pub fn claims(&self) -> &AccessToken {
        &self.claims
    }

    /// What it says, owned.
    pub fn into_claims(self) -> AccessToken {
        self.claims
    }
}

/// Why a token is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenError {
    /// Not a JWT of ours: form, type, header or claims.
    #[error("the token is malformed")]
    Malformed,
    /// No key of ours made this signature.
    #[error("the token's signature is not valid")]
    Signature,
    /// Past `exp`.
    #[error("the token has expired")]
    Expired,
    /// Before `nbf` or `iat`.
    #[error("the token is not valid yet")]
    NotYet,
    /// For another resource.
    #[error("the token is for another audience")]
    Audience,
    /// From another issuer.
    #[error("the token is from another issuer")]
    Issuer,
}

/// The claims, each with exactly one JSON type; a duplicate or a wrong type is refused by the parser. Times are
/// unsigned: a negative or fractional NumericDate is none of ours.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    exp: u32,
    aud: String,
    sub: String,
    client_id: String,
    iat: u32,
    nbf: u32,
    jti: String,
    scope: ScopeSet,
    org_id: String,
    grant_id: String,
    acr: Acr,
    amr: Vec<String>,
    auth_time: u32,
}

/// RFC 9068 section 4. The algorithm comes from our key record by `kid`, never from the header; `typ` must be
/// `at+jwt`; header members that are not understood are refused; at most 8 KiB; [`LEEWAY`] for all times.
pub fn verify(
    raw: &str,
    keys: &KeyRing,
    issuer: &str,
    audience: &ResourceUri,
    now: Timestamp,
) -> Result<VerifiedToken, TokenError> {
    let token = verify_any_audience(raw, keys, issuer, now)?;
    // RFC 9068 section 4: the resource server MUST find itself in `aud`. Ours carry one, compared as a string.
    if token.claims.audience != *audience {
        return Err(TokenError::Audience);
    }
    Ok(token)
}

/// As [`verify`], for whatever audience (introspection, revocation by token).
pub fn verify_any_audience(
    raw: &str,
    keys: &KeyRing,
    issuer: &str,
    now: Timestamp,
) -> Result<VerifiedToken, TokenError> {
    let parts = Parts::parse(raw).map_err(|_| TokenError::Malformed)?;
    // RFC 8725 section 3.11: an ID token or any other JWT of ours is no access token.
    if parts.header.typ.as_deref() != Some(ACCESS_TOKEN_TYPE) {
        return Err(TokenError::Malformed);
    }
    let kid = parts.header.kid.as_deref().ok_or(TokenError::Malformed)?;
    if !keys.verify(kid, &parts.header.alg, now, parts.signed, &parts.signature) {
        return Err(TokenError::Signature);
    }
    let payload = parts.payload().map_err(|_| TokenError::Malformed)?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| TokenError::Malformed)?;
    claims.check(issuer, now)?;
    Ok(VerifiedToken { claims: claims.into_token() })
}

impl Claims {
    fn check(&self, issuer: &str, now: Timestamp) -> Result<(), TokenError> {
        if self.iss != issuer {
            return Err(TokenError::Issuer);
        }
        if time(self.exp) + LEEWAY <= now {
            return Err(TokenError::Expired);
        }
        if now + LEEWAY < time(self.nbf) || now + LEEWAY < time(self.iat) {
            return Err(TokenError::NotYet);
        }
        let named = [&self.aud, &self.sub, &self.client_id, &self.jti, &self.org_id, &self.grant_id];
        if named.iter().any(|claim| claim.is_empty()) { Err(TokenError::Malformed) } else { Ok(()) }
    }

    fn into_token(self) -> AccessToken {
        AccessToken {
            issuer: self.iss,
            audience: ResourceUri::new(self.aud),
            subject: self.sub,
            client: self.client_id.into(),
            org: self.org_id.into(),
            grant: self.grant_id.into(),
            scopes: self.scope,
            authentication: Authentication { acr: self.acr, amr: self.amr, auth_time: time(self.auth_time) },
            id: self.jti.into(),
            issued_at: time(self.iat),
            expires_at: time(self.exp),
        }
    }
}

fn time(seconds: u32) -> Timestamp {
    Timestamp::from_seconds(i64::from(seconds))
}

#[cfg(test)]
mod tests;
