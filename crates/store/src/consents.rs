//! Remembered consent: per (user, client, redirect host, resource), with the scopes and the client's metadata digest.
use vestibule_model::{ClientId, Digest, ResourceUri, ScopeSet, Timestamp, UserId};
use crate::{Result, Store};
#[derive(Clone, Debug)]
pub struct ConsentRecord {
    pub user: UserId, pub client: ClientId, pub redirect_host: String, pub resource: ResourceUri,
    /// What was asked / what the person left ticked.
    pub requested: ScopeSet, pub granted: ScopeSet, pub metadata: Digest, pub lifetime_seconds: i64, pub given_at: Timestamp, pub expires_at: Timestamp,
}
impl Store {
    pub async fn put_consent(&self, consent: &ConsentRecord) -> Result<()> { todo!() }
    pub async fn find_consent(&self, user: &UserId, client: &ClientId, redirect_host: &str, resource: &ResourceUri) -> Result<Option<ConsentRecord>> { todo!() }
    /// Forgets what a user remembered for a client (revoking a grant forgets its consent too).
    pub async fn forget_consent(&self, user: &UserId, client: &ClientId) -> Result<()> { todo!() }
}
