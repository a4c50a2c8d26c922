//! Browser sessions: the digest of the cookie, never the cookie.
use std::net::IpAddr;
use vestibule_model::{Authentication, Digest, OrgId, SessionId, Timestamp, UserId};
use crate::{Result, Store};
#[derive(Clone, Debug)]
pub struct SessionRecord {
    pub id: SessionId, pub user: UserId, pub org: OrgId, pub digest: Digest, pub authentication: Authentication,
    pub created_at: Timestamp, pub last_seen_at: Timestamp, pub idle_expires_at: Timestamp, pub expires_at: Timestamp,
    pub address: Option<IpAddr>, pub user_agent: Option<String>,
}
impl Store {
    pub async fn create_session(&self, session: &SessionRecord) -> Result<()> { todo!() }
    /// None when unknown, ended or past either limit.
    pub async fn find_session(&self, digest: Digest) -> Result<Option<SessionRecord>> { todo!() }
    /// Moves the idle limit.
    pub async fn touch_session(&self, id: &SessionId, seen: Timestamp, idle_expires_at: Timestamp) -> Result<()> { todo!() }
    /// New cookie at a privilege change: the old digest is dead from here on (compare-and-set). False when it was already ended.
    pub async fn rotate_session(&self, id: &SessionId, old: Digest, new: Digest, authentication: &Authentication) -> Result<bool> { todo!() }
    pub async fn list_sessions(&self, user: &UserId) -> Result<Vec<SessionRecord>> { todo!() }
    /// Ends one of this user's sessions; false when it is not theirs or unknown.
    pub async fn end_session(&self, user: &UserId, id: &SessionId) -> Result<bool> { todo!() }
    pub async fn end_all_sessions(&self, user: &UserId) -> Result<u64> { todo!() }
}
