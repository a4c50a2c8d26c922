//! Following the change feed: own changes at commit, those of other processes by polling.
//!
//! Only the writer task reads the feed and publishes, so changes come out in the order of their numbers.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;
use sqlx::{Executor, Row as _};
use tokio::sync::broadcast;
use vestibule_model::{Directory, Timestamp};

use super::{Connection, row};
use crate::{
    Result,
    changes::{Change, Numbered},
    faults::Faults,
    pins::Pins,
};

/// Changes a subscriber may be behind before it must reload everything.
const BACKLOG: usize = 1024;

/// What this process knows without asking the database. Readers take no lock.
pub(crate) struct Feed {
    sender: broadcast::Sender<Numbered>,
    epoch: AtomicU64,
    directory: ArcSwap<Directory>,
    revoked: ArcSwap<HashSet<Box<str>>>,
    pins: ArcSwap<Pins>,
    current: AtomicBool,
}

impl Feed {
    /// Empty; [`Tail::start`] fills it.
    pub(crate) fn new() -> Self {
        Self {
            sender: broadcast::Sender::new(BACKLOG),
            epoch: AtomicU64::new(0),
            directory: ArcSwap::default(),
            revoked: ArcSwap::default(),
            pins: ArcSwap::default(),
            current: AtomicBool::new(true),
        }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Numbered> {
        self.sender.subscribe()
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    pub(crate) fn directory(&self) -> Arc<Directory> {
        self.directory.load_full()
    }

    pub(crate) fn pins(&self) -> Arc<Pins> {
        self.pins.load_full()
    }

    pub(crate) fn is_revoked(&self, jti: &str) -> bool {
        self.revoked.load().contains(jti)
    }

    /// Whether the last look at the feed succeeded.
    pub(crate) fn is_current(&self) -> bool {
        self.current.load(Ordering::Acquire)
    }

    pub(crate) fn set_current(&self, current: bool) {
        self.current.store(current, Ordering::Release);
    }

    /// Tells every cache to start anew.
    pub(crate) fn everything_changed(&self) {
        self.publish(&[Numbered { seq: 0, change: Change::Everything }]);
    }

    /// The epoch first: who is woken by the message finds it moved.
    fn publish(&self, changes: &[Numbered]) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        for change in changes {
            // Nobody listening is no error.
            let _ = self.sender.send(change.clone());
        }
    }

    /// Keeps the set of revoked tokens small. Only the writer task may call it: nobody else adds meanwhile.
    pub(crate) async fn forget_ended_tokens(&self, connection: &mut Connection, now: Timestamp) -> Result<()> {
        if self.revoked.load().is_empty() { Ok(()) } else { self.load_revoked(connection, now).await }
    }

    async fn load_revoked(&self, connection: &mut Connection, now: Timestamp) -> Result<()> {
        let rows = sqlx::query("SELECT jti FROM revoked_tokens WHERE expires_at > $1")
            .bind(now.as_millis())
            .fetch_all(connection)
            .await?;
        let all = rows.iter().map(|row| Ok(row.try_get::<String, _>(0)?.into())).collect::<Result<_>>()?;
        self.revoked.store(Arc::new(all));
        Ok(())
    }

    async fn load_directory(&self, connection: &mut Connection) -> Result<()> {
        let users = crate::directory::all_users(connection).await?;
        let epoch = self.directory.load().epoch() + 1;
        self.directory.store(Arc::new(Directory::new(epoch, users)));
        Ok(())
    }

    async fn load_pins(&self, connection: &mut Connection) -> Result<()> {
        self.pins.store(Arc::new(crate::pins::all(connection).await?));
        Ok(())
    }

    fn add_revoked<'a>(&self, more: impl Iterator<Item = &'a str>) {
        let mut all = HashSet::clone(&self.revoked.load());
        all.extend(more.map(Box::from));
        self.revoked.store(Arc::new(all));
    }
}

/// How far this process has read the feed.
#[derive(Default)]
pub(crate) struct Tail {
    last: i64,
    version: i64,
    /// A memory database has no other writer.
    shared: bool,
}

impl Tail {
    /// Loads what the feed keeps in memory and starts at the newest change.
    pub(crate) async fn start(connection: &mut Connection, feed: &Feed, shared: bool, now: Timestamp) -> Result<Self> {
        let version = data_version(connection).await?;
        let last =
            sqlx::query("SELECT COALESCE(MAX(seq), 0) FROM changes").fetch_one(&mut *connection).await?.try_get(0)?;
        feed.load_directory(connection).await?;
        feed.load_revoked(connection, now).await?;
        feed.load_pins(connection).await?;
        Ok(Self { last, version, shared })
    }

    /// Reads on when another process has written since the last look.
    pub(crate) async fn poll(
        &mut self,
        connection: &mut Connection,
        feed: &Feed,
        faults: &Faults,
        now: Timestamp,
    ) -> Result<()> {
        faults.strike().await?;
        if self.shared {
            let version = data_version(connection).await?;
            if version != self.version || !feed.is_current() {
                self.catch_up(connection, feed, now).await?;
                self.version = version;
            }
        } else if !feed.is_current() {
            self.catch_up(connection, feed, now).await?;
        }
        Ok(())
    }

    /// Publishes every change not yet published. What is kept in memory is renewed before anybody hears of it.
    pub(crate) async fn catch_up(&mut self, connection: &mut Connection, feed: &Feed, now: Timestamp) -> Result<()> {
        let rows = sqlx::query("SELECT seq, kind, key FROM changes WHERE seq > $1 ORDER BY seq")
            .bind(self.last)
            .fetch_all(&mut *connection)
            .await?;
        let changes = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else { return Ok(()) };
        // Numbers have no gaps: a missing one was swept away while this process was not looking.
        let missed = first.seq != self.last + 1;
        if missed || changes.iter().any(|numbered| matches!(numbered.change, Change::User(_) | Change::Everything)) {
            feed.load_directory(connection).await?;
        }
        if missed || changes.iter().any(|numbered| matches!(numbered.change, Change::Pins(_) | Change::Everything)) {
            feed.load_pins(connection).await?;
        }
        if missed {
            feed.load_revoked(connection, now).await?;
            feed.everything_changed();
        } else {
            let tokens = || changes.iter().filter_map(|numbered| numbered.change.token());
            if tokens().next().is_some() {
                feed.add_revoked(tokens());
            }
        }
        self.last = last.seq;
        feed.publish(&changes);
        Ok(())
    }
}

fn read(row: &super::Row) -> Result<Numbered> {
    let kind: String = row::id(row, "kind")?;
    Ok(Numbered { seq: row.try_get("seq")?, change: Change::read(&kind, row::id(row, "key")?) })
}

/// Moves when another connection has committed to the file, and only then.
async fn data_version(connection: &mut Connection) -> Result<i64> {
    Ok(connection.fetch_one("PRAGMA data_version").await?.try_get(0)?)
}
