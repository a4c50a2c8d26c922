//! Factors of users. Secrets are sealed with the row's id as associated data.
use vestibule_model::{Digest, Secret, Timestamp, UserId};
use crate::{Result, Store};
#[derive(Clone, Debug)]
pub struct FactorRecord { pub id: String, pub user: UserId, pub kind: String, pub label: String, pub created_at: Timestamp, pub confirmed_at: Option<Timestamp>, pub last_used_at: Option<Timestamp> }
impl Store {
    pub async fn create_factor(&self, factor: &FactorRecord, secret: &[u8]) -> Result<()> { todo!() }
    /// Confirmed ones.
    pub async fn list_factors(&self, user: &UserId) -> Result<Vec<FactorRecord>> { todo!() }
    pub async fn find_factor(&self, user: &UserId, id: &str) -> Result<Option<FactorRecord>> { todo!() }
    pub async fn factor_secret(&self, user: &UserId, id: &str) -> Result<Option<Secret<Vec<u8>>>> { todo!() }
    pub async fn confirm_factor(&self, user: &UserId, id: &str, at: Timestamp) -> Result<bool> { todo!() }
    pub async fn delete_factor(&self, user: &UserId, id: &str) -> Result<bool> { todo!() }
    /// Compare-and-set on the last accepted TOTP step: true only when `step` is greater than every step accepted before.
    pub async fn accept_totp_step(&self, user: &UserId, id: &str, step: i64) -> Result<bool> { todo!() }
    /// Replaces all backup codes (PHC or digest strings).
    pub async fn set_backup_codes(&self, user: &UserId, codes: &[Digest]) -> Result<()> { todo!() }
    /// Uses one up (CAS); true for exactly one caller.
    pub async fn use_backup_code(&self, user: &UserId, code: Digest) -> Result<bool> { todo!() }
    pub async fn backup_codes_left(&self, user: &UserId) -> Result<u64> { todo!() }
}
