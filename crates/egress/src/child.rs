//! A stdio child: one JSON message per line, clean environment, stderr to the log, killed with its group.
use bytes::Bytes;
pub struct Child;
#[derive(Debug, thiserror::Error)]
pub enum ChildError { #[error("cannot start `{0}`")] Start(String, #[source] std::io::Error), #[error("the child has ended")] Ended }
impl Child {
    /// Starts it; every line it prints arrives on the receiver, in order.
    pub fn start(argv: &[String], env: &[(String, String)], label: &str) -> Result<(Self, tokio::sync::mpsc::Receiver<Bytes>), ChildError> { todo!() }
    /// Writes one message and a newline. The message must hold no newline (the caller compacts it).
    pub async fn send(&self, message: &[u8]) -> Result<(), ChildError> { todo!() }
    /// Closes stdin, waits, SIGTERM, SIGKILL.
    pub async fn stop(self) { todo!() }
}
