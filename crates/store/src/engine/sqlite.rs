//! SQLite: looking before opening, the pragmas, the one writing connection and the readers.

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io::{ErrorKind, Read},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection as _, Executor, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use super::{Connection, migrate};
use crate::{Result, StoreError};

/// `application_id` in the header of our files: "Vstb".
const APPLICATION_ID: u32 = 0x5673_7462;
/// The first bytes of every SQLite database.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// How long a statement waits for another process to finish writing.
const BUSY: Duration = Duration::from_secs(5);
/// Prepared statements kept per connection: more than there are query texts.
const STATEMENTS: usize = 256;
/// Connections that read.
const READERS: u32 = 4;

/// Opens or creates the file and gives the writing connection and the readers.
pub(crate) async fn open_file(path: &Path) -> Result<(Connection, SqlitePool)> {
    let owned = path.to_owned();
    tokio::task::spawn_blocking(move || prepare(&owned))
        .await
        .map_err(|error| StoreError::Unavailable(error.into()))??;
    let mut writer = options(path).connect().await?;
    // The header gets our mark before write-ahead logging starts, while every commit still lands in the file
    // itself: the check of the header would not see a page that rests in the log.
    migrate::migrate(&mut writer, APPLICATION_ID).await?;
    writer.execute("PRAGMA journal_mode = WAL").await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(BUSY)
        .test_before_acquire(false)
        .connect_lazy_with(options(path).read_only(true));
    Ok((writer, readers))
}

/// A database without a file. It has one connection, which reads too: a second one would be a second database.
pub(crate) async fn open_memory() -> Result<Connection> {
    let options = common(SqliteConnectOptions::new().in_memory(true));
    let mut connection = Connection::connect_with(&options).await?;
    migrate::migrate(&mut connection, APPLICATION_ID).await?;
    Ok(connection)
}

fn options(path: &Path) -> SqliteConnectOptions {
    common(SqliteConnectOptions::new().filename(path).create_if_missing(false))
}

fn common(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .statement_cache_capacity(STATEMENTS)
        .synchronous(sqlx::sqlite::SqliteSynchronous::Full)
        // What is deleted is overwritten, as far as that costs no further writes.
        .pragma("secure_delete", "FAST")
        // The schema of a file that somebody tampered with calls no functions.
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}

/// Creates what is missing and looks at what is there. A file that is not ours is not even opened for writing.
fn prepare(path: &Path) -> Result<()> {
    match inspect(path) {
        Ok(()) => close_to_others(path),
        Err(Inspection::Missing) => create(path),
        Err(Inspection::Wrong(why)) => Err(StoreError::WrongDatabase(why)),
        Err(Inspection::Io(error)) => Err(unavailable(error)),
    }
}

enum Inspection {
    Missing,
    Wrong(String),
    Io(std::io::Error),
}

/// Reads the header (SQLite file format, section 1.3) without SQLite, which might roll back or checkpoint a log.
fn inspect(path: &Path) -> Result<(), Inspection> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(Inspection::Missing),
        Err(error) => return Err(Inspection::Io(error)),
    };
    let mut header = Vec::with_capacity(100);
    file.by_ref().take(100).read_to_end(&mut header).map_err(Inspection::Io)?;
    if header.is_empty() {
        return Ok(());
    }
    let shown = path.display();
    if header.get(..16) != Some(MAGIC.as_slice()) || header.len() < 100 {
        return Err(Inspection::Wrong(format!("{shown} is not a SQLite database")));
    }
    if number_at(&header, 68) != Some(APPLICATION_ID) {
        return Err(Inspection::Wrong(format!("{shown} belongs to another application")));
    }
    match number_at(&header, 60) {
        Some(version) if version <= migrate::SCHEMA => Ok(()),
        version => Err(Inspection::Wrong(format!("{shown}: {}", migrate::newer(version.unwrap_or(u32::MAX).into())))),
    }
}

fn number_at(header: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?))
}

/// The directory is made 0700 and the file 0600 before SQLite sees it; SQLite gives its other files the same mode.
fn create(path: &Path) -> Result<()> {
    if let Some(directory) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(unavailable)?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        // Another process was faster; it made the same file.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unavailable(error)),
    }
}

/// Takes the database and its log away from other users of the computer.
fn close_to_others(path: &Path) -> Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let file = PathBuf::from(name);
        let Ok(metadata) = file.metadata() else { continue };
        if metadata.permissions().mode() & 0o077 != 0 {
            tracing::warn!(file = %file.display(), "the database was readable by others; its mode is now 0600");
            std::fs::set_permissions(&file, Permissions::from_mode(0o600)).map_err(unavailable)?;
        }
    }
    Ok(())
}

fn unavailable(error: std::io::Error) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}
