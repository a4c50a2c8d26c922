//! What is specific to a database engine: opening, migrations, transactions, and the news of other processes.
//!
//! The query functions of the other modules are portable text; they know this module only by [`Connection`],
//! [`Row`] and the two ways in, `Store::write` and `Store::read`.

pub(crate) mod feed;
pub(crate) mod job;
pub(crate) mod migrate;
pub(crate) mod row;
pub(crate) mod sqlite;
pub(crate) mod writer;

use crate::StoreError;

/// A connection of the engine in use.
pub(crate) type Connection = sqlx::SqliteConnection;
/// A row of the engine in use.
pub(crate) type Row = sqlx::sqlite::SqliteRow;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refused) if refused.is_foreign_key_violation() => Self::Missing("referenced record"),
            sqlx::Error::Database(refused) if refused.is_unique_violation() => Self::Conflict("record"),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Damaged("record"),
            _ => Self::Unavailable(Box::new(error)),
        }
    }
}
