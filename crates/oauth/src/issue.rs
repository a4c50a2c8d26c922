//! Minting: our access tokens (RFC 9068) and the JWTs that upstreams receive.
use std::time::Duration;
use serde::Serialize;
use vestibule_model::{Authentication, ClientId, GrantId, OrgId, ResourceUri, ScopeSet, Timestamp, TokenId};
use crate::keys::{KeyError, KeyRing};
/// Claims of an access token; `typ` is `at+jwt`.
#[derive(Clone, Debug)]
pub struct AccessToken { pub issuer: String, pub audience: ResourceUri, pub subject: String, pub client: ClientId, pub org: OrgId, pub grant: GrantId, pub scopes: ScopeSet, pub authentication: Authentication, pub id: TokenId, pub issued_at: Timestamp, pub expires_at: Timestamp }
impl AccessToken { pub fn sign(&self, keys: &KeyRing) -> Result<String, KeyError> { todo!() } }
/// Signs any other claims set (`typ` given: `JWT`, ...). Used for ID tokens and the signed-jwt credential.
pub fn sign_claims(keys: &KeyRing, typ: &str, claims: &impl Serialize, now: Timestamp) -> Result<String, KeyError> { todo!() }
/// 10 minutes.
pub const ACCESS_TOKEN_LIFE: Duration = Duration::from_secs(600);
