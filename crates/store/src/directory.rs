//! Users. Passwords are kept apart from the directory facts.
use std::sync::Arc;
use vestibule_model::{Directory, OrgId, User, UserId};
use crate::{Result, Store};
impl Store {
    /// Conflict("email") when the canonical e-mail (NFKC, trimmed, lower case) is taken; ids are never reused. Makes the org row if missing.
    pub async fn create_user(&self, user: &User, password_phc: Option<&str>) -> Result<()> { todo!() }
    pub async fn find_user(&self, id: &UserId) -> Result<Option<User>> { todo!() }
    /// By canonical e-mail (canonicalised here).
    pub async fn find_user_by_email(&self, email: &str) -> Result<Option<User>> { todo!() }
    pub async fn list_users(&self, org: Option<&OrgId>) -> Result<Vec<User>> { todo!() }
    pub async fn update_user(&self, user: &User) -> Result<bool> { todo!() }
    /// Soft delete: disables, removes e-mail binding, ends sessions, revokes grants, deletes factors; leaves a tombstone.
    pub async fn delete_user(&self, id: &UserId) -> Result<bool> { todo!() }
    pub async fn password_of(&self, id: &UserId) -> Result<Option<String>> { todo!() }
    pub async fn set_password(&self, id: &UserId, phc: &str) -> Result<()> { todo!() }
    /// The current directory snapshot; reloaded when users change (lock-free read).
    pub fn directory(&self) -> Arc<Directory> { todo!() }
    /// NFKC, trimmed, lower case.
    pub fn canonical_email(email: &str) -> String { todo!() }
}
