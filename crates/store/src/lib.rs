//! Database, sealed columns, change feed and the audit journal.
//!
//! One portable query text serves every engine (`$1`, `RETURNING`, `ON CONFLICT`; TEXT, BIGINT, BLOB, BOOLEAN);
//! what differs lives in `engine/`. A [`Store`] is either a SQLite file or memory; `conformance` runs against both.

#![allow(unused_variables, missing_docs, clippy::todo, reason = "contract being filled in")]

pub mod changes;
pub mod clients;
pub mod consents;
pub mod directory;
pub mod factors;
pub mod grants;
pub mod journal;
pub mod keys;
pub mod lockouts;
pub mod once;
pub mod refresh;
pub mod seal;
pub mod sessions;

use std::{path::Path, sync::Arc};
use vestibule_model::{Clock, Random};

/// Why the store could not do it. `Unavailable` is answered 503 and names the part.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("`{0}` already exists")]
    Conflict(&'static str),
    #[error("a stored {0} is damaged")]
    Damaged(&'static str),
    /// Not our database, or a newer one; the file was not touched.
    #[error("{0}")]
    WrongDatabase(String),
    #[error("the audit journal cannot be written")]
    Journal(#[source] Arc<std::io::Error>),
}

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Cheap to clone.
#[derive(Clone)]
pub struct Store { /* engine, sealer, clock, changes */ }

impl Store {
    /// Opens or creates the SQLite file (0600, directory 0700). A file that is not ours, or of a newer schema, is
    /// refused with `WrongDatabase` without being touched.
    pub async fn open(path: &Path, sealer: seal::Sealer, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<Self> { todo!() }
    /// Nothing persists: everything dies with the process.
    pub async fn memory(sealer: seal::Sealer, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<Self> { todo!() }
    pub fn sealer(&self) -> &seal::Sealer { todo!() }
    /// A cheap query; for /readyz.
    pub async fn ping(&self) -> Result<()> { todo!() }
}
