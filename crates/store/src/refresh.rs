//! Refresh tokens: compare-and-set rotation, the same successor on a retry, family revocation on any other reuse.
use vestibule_model::{ClientId, Digest, FamilyId, GrantId, Timestamp};
use crate::{Result, Store, grants::GrantRecord};
#[derive(Clone, Debug)]
pub struct RefreshRecord {
    pub digest: Digest, pub family: FamilyId, pub parent: Option<Digest>, pub grant: GrantId, pub client: ClientId,
    pub issued_at: Timestamp, pub idle_expires_at: Timestamp, pub expires_at: Timestamp,
}
/// What happened to a presented refresh token.
#[derive(Debug)]
pub enum Rotation {
    /// This caller consumed it; the successor is stored.
    Rotated,
    /// A retry inside the window: `answer` is the byte-identical body stored with the first rotation.
    Retry { answer: Vec<u8> },
    /// A reuse: the whole family's grant has just been revoked.
    Reused { grant: GrantId },
    /// Never issued, expired, its grant is revoked, or of another client (the owner's is unaffected).
    Unknown,
}
impl Store {
    pub async fn create_refresh(&self, refresh: &RefreshRecord) -> Result<()> { todo!() }
    /// Looks without consuming; the grant comes with it. `consumed` tells whether it was rotated away.
    pub async fn find_refresh(&self, digest: Digest) -> Result<Option<(RefreshRecord, GrantRecord, Option<Timestamp>)>> { todo!() }
    /// One transaction: consume `presented` (CAS), store `successor` (UNIQUE(parent) behind it) and `sealed_answer`
    /// (already encrypted by the caller under a key only the holder of the presented token can derive), kept until `retry_until`
    /// or until the successor is used. On a reuse outside the window: revoke the grant in the same transaction.
    pub async fn rotate_refresh(&self, presented: Digest, client: &ClientId, successor: &RefreshRecord, sealed_answer: &[u8], retry_until: Timestamp) -> Result<Rotation> { todo!() }
    /// For clients whose refresh tokens are not rotated (confidential ones): moves the idle limit.
    pub async fn touch_refresh(&self, digest: Digest, idle_expires_at: Timestamp) -> Result<()> { todo!() }
}
/// Encrypts the answer under a key derived from the presented token itself (HKDF), so the store alone cannot read it.
pub fn seal_for_holder(presented: &str, answer: &[u8]) -> Vec<u8> { todo!() }
pub fn open_as_holder(presented: &str, sealed: &[u8]) -> Option<Vec<u8>> { todo!() }
