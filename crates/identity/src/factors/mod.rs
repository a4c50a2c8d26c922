//! The factors a person can prove beside a password: one file each, and one line each in [`all`].

pub mod backup_code;
pub mod totp;

use std::{future::Future, pin::Pin};

use vestibule_model::{Secret, Timestamp, User};
use vestibule_store::{Store, StoreError};

use crate::password::{PasswordError, PasswordPool};

/// What factors work with.
pub struct Workshop<'a> {
    /// Where their secrets and counters are.
    pub store: &'a Store,
    /// Slow hashes.
    pub passwords: &'a PasswordPool,
    /// The time.
    pub now: Timestamp,
}

/// The answer of a factor, later.
pub type Proof<'a> = Pin<Box<dyn Future<Output = Result<bool, FactorError>> + Send + 'a>>;

/// Why a factor could not be checked: 503, never "yes".
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The pool of slow hashes.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A stored secret cannot be used.
    #[error("a stored factor is damaged")]
    Damaged,
}

/// A factor. An answer goes to the one factor whose form it has, so that two factors never both see one guess.
pub trait Factor: Send + Sync {
    /// The name in the store and in `amr`-like lists.
    fn kind(&self) -> &'static str;
    /// Its value in `amr` (RFC 8176).
    fn amr(&self) -> &'static str;
    /// Whether an answer has the form of this factor's answers, to the last byte.
    fn has_form(&self, answer: &str) -> bool;
    /// Whether this user has it.
    fn is_enrolled<'a>(&'a self, workshop: &'a Workshop<'a>, user: &'a User) -> Proof<'a>;
    /// Checks an answer and uses it up: true at most once for one answer, whoever else presents it.
    fn prove<'a>(&'a self, workshop: &'a Workshop<'a>, user: &'a User, answer: &'a Secret<String>) -> Proof<'a>;
}

/// The table.
pub fn all() -> [&'static dyn Factor; 2] {
    [&totp::Totp, &backup_code::BackupCode]
}

/// Whether a user needs a second step to sign in. Backup codes alone are no second factor: they stand in for one.
pub async fn needs_second_step(workshop: &Workshop<'_>, user: &User) -> Result<bool, FactorError> {
    Factor::is_enrolled(&totp::Totp, workshop, user).await
}

/// Checks an answer with the factor whose form it has, and names that factor when the answer is right.
pub async fn prove(
    workshop: &Workshop<'_>,
    user: &User,
    answer: &Secret<String>,
) -> Result<Option<&'static dyn Factor>, FactorError> {
    let Some(factor) = all().into_iter().find(|factor| factor.has_form(answer.expose())) else { return Ok(None) };
    Ok(factor.prove(workshop, user, answer).await?.then_some(factor))
}
