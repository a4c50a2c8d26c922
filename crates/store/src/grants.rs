//! Grants: consent given to a client; every token hangs off one.
use vestibule_model::{Authentication, ClientId, GrantId, OrgId, ResourceUri, ScopeSet, SessionId, Timestamp, UserId};
use crate::{Result, Store};
#[derive(Clone, Debug)]
pub struct GrantRecord {
    pub id: GrantId, pub org: OrgId, /// None: the client acts for itself.
    pub user: Option<UserId>, pub client: ClientId, pub resource: ResourceUri, pub scopes: ScopeSet,
    pub authentication: Authentication, pub session: Option<SessionId>, pub redirect_host: Option<String>,
    pub created_at: Timestamp, /// The lifetime the person chose; no token outlives it.
    pub expires_at: Timestamp, pub last_used_at: Option<Timestamp>, pub revoked_at: Option<Timestamp>, pub revoked_because: Option<String>,
}
impl Store {
    pub async fn create_grant(&self, grant: &GrantRecord) -> Result<()> { todo!() }
    /// Found also when revoked or expired; check.
    pub async fn find_grant(&self, id: &GrantId) -> Result<Option<GrantRecord>> { todo!() }
    /// Live ones of a user.
    pub async fn list_grants(&self, user: &UserId) -> Result<Vec<GrantRecord>> { todo!() }
    pub async fn list_client_grants(&self, client: &ClientId) -> Result<Vec<GrantRecord>> { todo!() }
    /// Also kills its refresh tokens, in the same transaction. False when unknown or already revoked.
    pub async fn revoke_grant(&self, id: &GrantId, because: &str) -> Result<bool> { todo!() }
    /// As `revoke_grant`, only when it belongs to this user.
    pub async fn revoke_grant_of(&self, user: &UserId, id: &GrantId, because: &str) -> Result<bool> { todo!() }
    /// Not awaited by callers on the hot path: coalesced, written at most once a minute per grant.
    pub fn note_grant_used(&self, id: &GrantId) { todo!() }
    /// Revokes one access token until it would have ended anyway (`jti`).
    pub async fn revoke_token_id(&self, jti: &str, expires_at: Timestamp) -> Result<()> { todo!() }
    /// Lock-free check against the in-memory set of revoked `jti`.
    pub fn is_token_id_revoked(&self, jti: &str) -> bool { todo!() }
}
