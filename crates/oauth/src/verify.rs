//! Verifying our own access tokens.
use vestibule_model::{ResourceUri, Timestamp};
use crate::{issue::AccessToken, keys::KeyRing};
/// A token whose signature, issuer, audience and times were checked. Sealed: only `verify` builds one. Whether its grant,
/// user and client are still alive is not known here.
#[derive(Debug)]
pub struct VerifiedToken { claims: AccessToken }
impl VerifiedToken { pub fn claims(&self) -> &AccessToken { &self.claims } pub fn into_claims(self) -> AccessToken { self.claims } }
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenError { #[error("the token is malformed")] Malformed, #[error("the token's signature is not valid")] Signature, #[error("the token has expired")] Expired, #[error("the token is not valid yet")] NotYet, #[error("the token is for another audience")] Audience, #[error("the token is from another issuer")] Issuer }
/// RFC 9068 section 4. Leeway 10 s. Algorithm from our key record by `kid`, never from the header; `typ` must be `at+jwt`; `crit`, `zip`, `jku`, `x5u`, `jwk` refused; <= 8 KiB.
pub fn verify(raw: &str, keys: &KeyRing, issuer: &str, audience: &ResourceUri, now: Timestamp) -> Result<VerifiedToken, TokenError> { todo!() }
/// As `verify`, for whatever audience (introspection, revocation by token).
pub fn verify_any_audience(raw: &str, keys: &KeyRing, issuer: &str, now: Timestamp) -> Result<VerifiedToken, TokenError> { todo!() }
