//! Nothing is answered before its record is on the disk.

use vestibule_model::{AuditEvent, Verdict};
use vestibule_oauth::error::{ErrorCode, OAuthError};
use vestibule_store::StoreError;

use crate::AuthServer;

/// Refusals of one address that are recorded in an hour. Anybody can be refused as often as they like; without a
/// limit that would fill the disk, and a journal that cannot be written stops everything.
const REFUSALS_PER_HOUR: u32 = 3000;

/// Why an answer cannot leave.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unrecorded {
    /// 503.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// 429, without a record: there are enough of this address.
    #[error("too many refused requests from this address")]
    Flood,
}

impl Unrecorded {
    /// What the caller hears, and with which status.
    pub(crate) fn public(&self) -> (u16, OAuthError) {
        match self {
            Self::Store(_) => (503, OAuthError::unavailable("audit journal")),
            Self::Flood => {
                let sentence = "too many refused requests from this address; try again later";
                (429, OAuthError::new(ErrorCode::TemporarilyUnavailable, sentence))
            }
        }
    }
}

impl AuthServer {
    /// Writes one event and waits until it cannot be lost. When it fails, the caller must refuse (503).
    pub(crate) async fn record(&self, event: &AuditEvent) -> Result<(), StoreError> {
        self.journal.append(event)?.durable().await.map(drop)
    }

    /// As [`Self::record`], for endpoints that anybody may call: refusals are recorded up to a limit per address.
    pub(crate) async fn record_answer(&self, event: &AuditEvent) -> Result<(), Unrecorded> {
        let refused = event.verdict == Some(Verdict::Deny);
        if refused && !self.limits.refusals.admit(event.address, REFUSALS_PER_HOUR, event.at) {
            return Err(Unrecorded::Flood);
        }
        Ok(self.record(event).await?)
    }
}
