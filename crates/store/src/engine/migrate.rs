//! The schema, as numbered steps. The number of the last step applied is the database's `user_version`.

use sqlx::{AssertSqlSafe, Executor, Row as _};

use super::Connection;
use crate::{Result, StoreError};

/// Every step ever released, in order. A released step is never edited.
const STEPS: [&str; 2] =
    [include_str!("../../migrations/sqlite/0001_init.sql"), include_str!("../../migrations/sqlite/0002_pins.sql")];

/// The schema this program knows.
pub(crate) const SCHEMA: u32 = STEPS.len() as u32;

/// Applies the steps that are missing, all in one transaction. `application_id` is written with the first one, so
/// that a database is never seen as somebody else's between two steps.
pub(crate) async fn migrate(connection: &mut Connection, application_id: u32) -> Result<()> {
    connection.execute("BEGIN IMMEDIATE").await?;
    let applied = apply(connection, application_id).await;
    let end = if applied.is_ok() { "COMMIT" } else { "ROLLBACK" };
    connection.execute(end).await?;
    if applied? {
        // An older program looks at the header of the file, not into its log.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
    }
    Ok(())
}

/// Whether anything was missing.
async fn apply(connection: &mut Connection, application_id: u32) -> Result<bool> {
    let version: i64 = connection.fetch_one("PRAGMA user_version").await?.try_get(0)?;
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    let Some(missing) = STEPS.get(done..) else {
        return Err(StoreError::WrongDatabase(newer(version)));
    };
    if missing.is_empty() {
        return Ok(false);
    }
    for step in missing {
        sqlx::raw_sql(*step).execute(&mut *connection).await?;
    }
    // A pragma takes no parameters; both numbers are constants of ours.
    let mark = format!("PRAGMA application_id = {application_id}; PRAGMA user_version = {SCHEMA}");
    sqlx::raw_sql(AssertSqlSafe(mark)).execute(&mut *connection).await?;
    Ok(true)
}

/// The words for a database that a newer program has written.
pub(crate) fn newer(version: i64) -> String {
    format!(
        "the database has schema {version}, this program knows up to {SCHEMA}: use the newer program, or restore a backup"
    )
}
