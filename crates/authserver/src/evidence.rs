//! Nothing is answered before its record is on the disk.

use vestibule_model::AuditEvent;
use vestibule_store::StoreError;

use crate::AuthServer;

impl AuthServer {
    /// Writes one event and waits until it cannot be lost. When it fails, the caller must refuse (503).
    pub(crate) async fn record(&self, event: &AuditEvent) -> Result<(), StoreError> {
        self.journal.append(event)?.durable().await.map(drop)
    }
}
