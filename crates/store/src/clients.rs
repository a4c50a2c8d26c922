//! OAuth clients.
use vestibule_model::{Client, ClientId, ClientKind, Digest, Timestamp};
use crate::{Result, Store};
impl Store {
    /// Insert; Conflict("client") when the id exists.
    pub async fn create_client(&self, client: &Client, secret: Option<Digest>) -> Result<()> { todo!() }
    /// Insert or replace (metadata documents, pre-registered clients of the configuration).
    pub async fn put_client(&self, client: &Client, secret: Option<Digest>) -> Result<()> { todo!() }
    /// Found also when disabled (check `disabled`), not when expired.
    pub async fn find_client(&self, id: &ClientId) -> Result<Option<Client>> { todo!() }
    /// Digests of the client's secrets (several while one is being replaced).
    pub async fn client_secrets(&self, id: &ClientId) -> Result<Vec<Digest>> { todo!() }
    pub async fn add_client_secret(&self, id: &ClientId, secret: Digest) -> Result<()> { todo!() }
    pub async fn list_clients(&self) -> Result<Vec<Client>> { todo!() }
    pub async fn count_clients(&self, kind: ClientKind) -> Result<u64> { todo!() }
    pub async fn set_client_disabled(&self, id: &ClientId, disabled: bool) -> Result<bool> { todo!() }
    /// Also revokes its grants.
    pub async fn delete_client(&self, id: &ClientId) -> Result<bool> { todo!() }
    /// An unused registration ends at `expires_at`; the first use removes the end (None) or moves it.
    pub async fn set_client_expiry(&self, id: &ClientId, expires_at: Option<Timestamp>) -> Result<()> { todo!() }
}
