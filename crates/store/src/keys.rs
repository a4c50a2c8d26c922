//! Signing keys; the private half is sealed, row = kid.
use vestibule_model::{KeyId, Secret, Timestamp};
use crate::{Result, Store};
pub struct SigningKeyRow { pub id: KeyId, pub algorithm: String, pub public_jwk: String, pub private_pkcs8: Option<Secret<Vec<u8>>>, pub publish_at: Timestamp, pub sign_from: Timestamp, pub sign_until: Timestamp, pub verify_until: Timestamp, pub revoked_at: Option<Timestamp> }
impl Store {
    pub async fn list_signing_keys(&self) -> Result<Vec<SigningKeyRow>> { todo!() }
    pub async fn put_signing_key(&self, key: &SigningKeyRow) -> Result<()> { todo!() }
    /// Destroys the private half.
    pub async fn retire_signing_key(&self, id: &KeyId) -> Result<()> { todo!() }
    pub async fn delete_signing_key(&self, id: &KeyId) -> Result<()> { todo!() }
}
