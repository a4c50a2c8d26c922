//! Makes one permitted call happen: open the credential → send → Reply, overlapping the journal's fsync.
use vestibule_policy::Permit;
use vestibule_store::journal::Receipt;
use crate::{McpCall, Reply};
pub struct Vault;
#[derive(Debug, thiserror::Error)]
pub enum DispatchError { #[error("{0}")] Upstream(String), #[error("the upstream did not answer in time")] Timeout, #[error("the audit journal cannot be written")] Journal, #[error("the credential for {0} is unavailable")] Credential(String), #[error("the session is unknown")] SessionGone }
impl Vault { /// `permit` and `receipt` must name the same request.
    pub async fn dispatch(&self, permit: Permit<McpCall>, receipt: Receipt) -> Result<Reply, DispatchError> { todo!() } }
