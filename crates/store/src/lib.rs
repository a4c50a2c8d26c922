//! Database, sealed columns, change feed and the audit journal.
//!
//! One portable query text serves every engine (`$1`, `RETURNING`, `ON CONFLICT`; TEXT, BIGINT, BLOB, BOOLEAN);
//! what differs lives in `engine/`. A [`Store`] is either a SQLite file or memory; `conformance` runs against both.
//! Memory is the same engine without a file: a second implementation in maps would be a second set of mistakes.
//!
//! Writes go through one task with group commit. When a writing call returns, the write is on the disk, and the
//! caches of this process ([`Store::directory`], [`Store::pins`], [`Store::is_token_id_revoked`], [`Store::epoch`]) know of it.

pub mod changes;
pub mod clients;
pub mod codes;
#[cfg(test)]
mod conformance;
pub mod consents;
pub mod directory;
mod engine;
pub mod factors;
pub mod faults;
pub mod grants;
pub mod journal;
pub mod keys;
pub mod lockouts;
pub mod once;
pub mod pins;
pub mod refresh;
mod remembered;
pub mod seal;
pub mod sessions;
mod sweep;

use std::{path::Path, sync::Arc};

use tokio::sync::{mpsc, oneshot};
use vestibule_model::{ClientId, Clock, Random, Timestamp};

use crate::{
    engine::{
        Connection,
        feed::{Feed, Tail},
        sqlite,
        writer::{Job, QUEUE, Tx, Writer},
    },
    remembered::Remembered,
};

/// In what time a change that one process made is known to the others on the same database.
pub const SEEN_WITHIN: std::time::Duration = std::time::Duration::from_millis(100);

/// Why the store could not do it. `Unavailable` is answered 503 and names the part.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not answer, or not in time.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The thing named exists already.
    #[error("`{0}` already exists")]
    Conflict(&'static str),
    /// What the new record belongs to does not exist.
    #[error("the {0} does not exist")]
    Missing(&'static str),
    /// What is stored cannot be read: altered, or sealed by a key we do not have.
    #[error("a stored {0} is damaged")]
    Damaged(&'static str),
    /// Not our database, or a newer one; the file was not touched.
    #[error("{0}")]
    WrongDatabase(String),
    /// The evidence cannot be written, so nothing may happen.
    #[error("the audit journal cannot be written")]
    Journal(#[source] Arc<std::io::Error>),
}

/// What the functions of the store give.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The database. Cheap to clone; with the last clone its task ends and its file closes.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    queue: mpsc::Sender<Job>,
    /// None in memory mode: the writer reads too.
    readers: Option<sqlx::SqlitePool>,
    sealer: seal::Sealer,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    feed: Arc<Feed>,
    usage: Arc<grants::Usage>,
    clients: clients::Known,
    service_grants: Remembered<ClientId, Arc<[grants::GrantRecord]>>,
    faults: faults::Faults,
}

impl Store {
    /// Opens or creates the SQLite file (0600, its directory 0700 when it is made). A file that is not ours, or of a
    /// newer schema, is refused with `WrongDatabase` without being touched.
    pub async fn open(
        path: &Path,
        sealer: seal::Sealer,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self> {
        let (connection, readers) = sqlite::open_file(path).await?;
        Self::start(connection, Some(readers), sealer, clock, random).await
    }

    /// Nothing persists: everything dies with the process.
    pub async fn memory(sealer: seal::Sealer, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<Self> {
        let connection = sqlite::open_memory().await?;
        Self::start(connection, None, sealer, clock, random).await
    }

    async fn start(
        mut connection: Connection,
        readers: Option<sqlx::SqlitePool>,
        sealer: seal::Sealer,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self> {
        let now = clock.now();
        let (feed, usage, faults) = (Arc::new(Feed::new()), Arc::default(), faults::Faults::default());
        let tail = Tail::start(&mut connection, &feed, readers.is_some(), now).await?;
        let (sender, queue) = mpsc::channel(QUEUE);
        let writer = Writer {
            tx: Tx::new(connection, now),
            queue,
            feed: Arc::clone(&feed),
            tail,
            usage: Arc::clone(&usage),
            clock: Arc::clone(&clock),
            faults: faults.clone(),
        };
        tokio::spawn(writer.run());
        let (clients, service_grants) = (clients::Known::default(), Remembered::default());
        let inner =
            Inner { queue: sender, readers, sealer, clock, random, feed, usage, clients, service_grants, faults };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// For sealing what other crates keep.
    pub fn sealer(&self) -> &seal::Sealer {
        &self.inner.sealer
    }

    /// A cheap query; for /readyz. Fails as well while the news of other processes cannot be read, because then
    /// this process may not know what they have revoked.
    pub async fn ping(&self) -> Result<()> {
        self.read((), |connection, ()| {
            Box::pin(async move {
                sqlx::query("SELECT 1").execute(connection).await?;
                Ok(())
            })
        })
        .await?;
        if self.inner.feed.is_current() {
            Ok(())
        } else {
            Err(StoreError::Unavailable("the change feed cannot be read".into()))
        }
    }

    /// Writes what waits and closes the file; later calls fail. Dropping the last clone does the same, unwatched.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.send(Job::Close(done)).await.is_ok() {
            // An error means that the task has already ended.
            let _ = closed.await;
        }
        if let Some(readers) = &self.inner.readers {
            readers.close().await;
        }
    }

    /// What makes this store slow or failing, for tests of those who use it.
    #[cfg(any(test, feature = "testing"))]
    pub fn faults(&self) -> &faults::Faults {
        &self.inner.faults
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn seal(&self, table: &str, column: &str, row: &str, plaintext: &[u8]) -> Vec<u8> {
        self.inner.sealer.seal(table, column, row, plaintext, &*self.inner.random)
    }
}
