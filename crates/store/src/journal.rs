//! The audit journal: append-only, hash-chained, one file per node, signed checkpoints, group commit (one fdatasync for all waiting).
use std::{path::Path, sync::Arc};
use vestibule_model::{AuditEvent, Clock, Digest, Random, RequestId};
use crate::{Result, StoreError};
#[derive(Clone)]
pub struct Journal;
/// The event is numbered and on its way to the disk. Sealed; names the request it belongs to.
pub struct Receipt { /* private */ _p: () }
/// The event is on the disk. Sealed; a `Reply` cannot be built without one.
pub struct Recorded { /* private */ _p: () }
impl Journal {
    /// Opens or creates `dir/audit-<node>.jsonl` (0600), verifies the tail, continues the chain. `signing_pkcs8`: Ed25519, for checkpoints.
    pub fn open(dir: &Path, signing_pkcs8: &[u8], clock: Arc<dyn Clock>) -> Result<Self> { todo!() }
    /// Memory mode: the same chain, kept in a ring of the last 10,000 records.
    pub fn memory(signing_pkcs8: &[u8], clock: Arc<dyn Clock>) -> Result<Self> { todo!() }
    /// Queues the event. Fails at once when the journal is broken (disk full, I/O error): the caller must refuse.
    pub fn append(&self, event: &AuditEvent) -> Result<Receipt> { todo!() }
    /// Queues an event nobody waits for (outcomes).
    pub fn note(&self, event: &AuditEvent) { todo!() }
    /// Whether appends are accepted.
    pub fn healthy(&self) -> bool { todo!() }
    /// Records as JSON lines, newest last, live: for `audit tail` and the console.
    pub fn subscribe(&self) -> tokio::sync::broadcast::Receiver<Arc<str>> { todo!() }
    /// The last `n` lines.
    pub fn last(&self, n: usize) -> Result<Vec<Arc<str>>> { todo!() }
    /// Flushes and writes a final checkpoint.
    pub async fn close(&self) { todo!() }
}
impl Receipt {
    pub fn request(&self) -> &RequestId { todo!() }
    /// Waits until the record is on the disk.
    pub async fn durable(self) -> Result<Recorded> { todo!() }
}
impl Recorded { pub fn request(&self) -> &RequestId { todo!() } }
/// What `audit verify` found.
#[derive(Debug)]
pub struct Verified { pub records: u64, pub checkpoints: u64, pub head: Digest }
#[derive(Debug, thiserror::Error)]
pub enum Broken { #[error("record {seq} (line {line}): {what}")] Record { seq: u64, line: u64, what: String }, #[error("{0}")] Unreadable(String) }
/// Reads a journal file and proves the chain and checkpoints (public key given, or the one the file starts with).
pub fn verify(path: &Path, public_key: Option<&[u8]>) -> std::result::Result<Verified, Broken> { todo!() }
