//! Server-sent events: incremental framing over arbitrary chunk borders, bounded.
use bytes::Bytes;
/// Splits a byte stream into whole events (raw bytes incl. the blank line, plus the joined data).
pub struct EventSplitter { _p: () }
pub struct Event { /// exactly as received, including the terminating blank line
    pub raw: Bytes, /// `data:` lines joined by \n; empty when none
    pub data: Bytes, pub event: Option<String>, pub id: Option<String> }
#[derive(Debug, thiserror::Error)] #[error("an event is larger than {0} bytes")] pub struct TooLarge(pub usize);
impl EventSplitter { pub fn new(max_event: usize) -> Self { todo!() } pub fn feed(&mut self, chunk: &[u8]) -> Result<Vec<Event>, TooLarge> { todo!() } /// What remains when the stream ends inside an event.
    pub fn finish(self) -> Option<Bytes> { todo!() } }
/// One event: optional event name and id, data split at newlines.
pub fn encode(event: Option<&str>, id: Option<&str>, data: &[u8]) -> Bytes { todo!() }
