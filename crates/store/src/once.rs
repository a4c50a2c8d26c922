//! Every single-use thing goes through [`Store::consume`]: one compare-and-set statement.
use vestibule_model::{Digest, Timestamp};
use crate::{Result, Store};
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OnceKind { AuthorizationCode, AssertionJti, TotpStep, BackupCode, PendingLogin, Flow /* more later: Ticket, ConnectState, ... */ }
/// What a `consume` found.
#[derive(Debug)]
pub enum Consumed<T = Vec<u8>> {
    /// This caller, and nobody else ever, gets the data.
    Won(T),
    /// Somebody was first, at this time; the data is given too, to revoke what hangs off it.
    Lost { at: Timestamp, data: T },
    /// Never issued, or past its end.
    Unknown,
}
impl Store {
    /// Records a single-use thing. `data` is sealed (AEAD, row = kind + digest hex). Kept (also once consumed) until `expires_at` + the keep time
    /// of its kind, so that a later reuse is still seen as a reuse.
    pub async fn issue_once(&self, kind: OnceKind, digest: Digest, subject: &str, expires_at: Timestamp, data: &[u8]) -> Result<()> { todo!() }
    /// Exactly one caller ever wins.
    pub async fn consume(&self, kind: OnceKind, digest: Digest) -> Result<Consumed> { todo!() }
    /// For ids that others choose (`jti`, TOTP step): true for the first caller, false for every later one until `expires_at`. Same primitive (insert, then compare-and-set).
    pub async fn consume_foreign(&self, kind: OnceKind, digest: Digest, expires_at: Timestamp) -> Result<bool> { todo!() }
    /// Reads without consuming (a flow that is shown twice). None when unknown, expired or consumed.
    pub async fn peek_once(&self, kind: OnceKind, digest: Digest) -> Result<Option<Vec<u8>>> { todo!() }
    /// Replaces the data of a thing not yet consumed; false when there is none.
    pub async fn update_once(&self, kind: OnceKind, digest: Digest, data: &[u8]) -> Result<bool> { todo!() }
}
