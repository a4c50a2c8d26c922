//! The one task that writes, with group commit: all jobs that wait share one transaction and one fsync.
//!
//! A batch first runs without savepoints. Only when a job in it fails is the batch rolled back and run again with
//! a savepoint around each job, so the common case pays for nothing but its own statements. That is why a job may
//! run twice, and why it only borrows its input.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use sqlx::{Connection as _, Executor};
use tokio::sync::{mpsc, oneshot};
use vestibule_model::{Clock, GrantId, Timestamp};

use super::{Connection, feed::Feed, feed::Tail};
use crate::{Result, StoreError, changes::Change, faults::Faults, grants::Usage};

/// Jobs that may share a transaction.
const BATCH: usize = 64;
/// Jobs that may wait; more callers wait at the door.
pub(crate) const QUEUE: usize = 1024;
/// How often the news of other processes are looked for; see [`crate::SEEN_WITHIN`].
const POLL: Duration = Duration::from_millis(50);
/// One in so many polls also writes down which grants were used.
const USAGE_EVERY: u32 = 20;
/// One in so many polls also forgets revoked tokens that have ended.
const FORGET_EVERY: u32 = 1200;

/// An open write transaction.
pub(crate) struct Tx {
    /// For the statements.
    pub(crate) connection: Connection,
    /// The time of this transaction.
    pub(crate) now: Timestamp,
    changed: bool,
}

impl Tx {
    /// Adds a row to the change feed, in this transaction.
    pub(crate) async fn change(&mut self, change: &Change) -> Result<()> {
        self.changed = true;
        sqlx::query("INSERT INTO changes (kind, key, at) VALUES ($1, $2, $3)")
            .bind(change.kind())
            .bind(change.key())
            .bind(self.now.as_millis())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }
}

/// The work of a write: a function without captured state, its input, and where the answer goes.
pub(crate) trait Write: Send {
    /// Runs inside the transaction and keeps the output.
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Result<()>>;
    /// After the commit: hands the kept output, or this error, to the caller.
    fn answer(self: Box<Self>, outcome: Result<()>);
}

/// The work of a read on the writing connection (memory mode).
pub(crate) trait Read: Send {
    /// Runs and answers.
    fn run<'a>(self: Box<Self>, connection: &'a mut Connection) -> BoxFuture<'a, ()>
    where
        Self: 'a;
}

/// What the task is asked for.
pub(crate) enum Job {
    /// A transaction.
    Write(Box<dyn Write>),
    /// A look at what is committed.
    Read(Box<dyn Read>),
    /// Finish what waits, close the file, answer, end.
    Close(oneshot::Sender<()>),
}

/// The task's state.
pub(crate) struct Writer {
    pub(crate) tx: Tx,
    pub(crate) queue: mpsc::Receiver<Job>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) tail: Tail,
    pub(crate) usage: Arc<Usage>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) faults: Faults,
}

impl Tx {
    /// Wraps the writing connection.
    pub(crate) fn new(connection: Connection, now: Timestamp) -> Self {
        Self { connection, now, changed: false }
    }
}

impl Writer {
    /// Runs until the last `Store` is dropped or closed.
    pub(crate) async fn run(mut self) {
        let mut ticks = tokio::time::interval(POLL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut count = 0u32;
        let mut held = None;
        let closed = loop {
            let job = match held.take() {
                Some(job) => Some(job),
                None => tokio::select! {
                    job = self.queue.recv() => job,
                    _ = ticks.tick() => {
                        count = count.wrapping_add(1);
                        self.tick(count).await;
                        continue;
                    }
                },
            };
            match job {
                Some(Job::Write(first)) => held = self.batch(first).await,
                Some(Job::Read(read)) => read.run(&mut self.tx.connection).await,
                Some(Job::Close(done)) => break Some(done),
                None => break None,
            }
        };
        self.write_usage().await;
        if let Err(error) = self.tx.connection.close().await {
            tracing::warn!(%error, "the database did not close cleanly");
        }
        if let Some(done) = closed {
            // Who asked may have stopped waiting.
            let _ = done.send(());
        }
    }

    /// The news of other processes; now and then, which grants were used.
    async fn tick(&mut self, count: u32) {
        let now = self.clock.now();
        let seen = self.tail.poll(&mut self.tx.connection, &self.feed, &self.faults, now).await;
        self.feed.set_current(seen.is_ok());
        if let Err(error) = seen {
            tracing::warn!(%error, "the change feed cannot be read");
        }
        if count.is_multiple_of(USAGE_EVERY) {
            self.write_usage().await;
        }
        if count.is_multiple_of(FORGET_EVERY)
            && let Err(error) = self.feed.forget_ended_tokens(&mut self.tx.connection, now).await
        {
            tracing::warn!(%error, "the revoked tokens cannot be read");
        }
    }

    async fn write_usage(&mut self) {
        let used = self.usage.take();
        if used.is_empty() {
            return;
        }
        if let Err(error) = self.commit_usage(&used).await {
            tracing::warn!(%error, "the last use of grants cannot be written");
        }
    }

    async fn commit_usage(&mut self, used: &[(GrantId, Timestamp)]) -> Result<()> {
        begin(&mut self.tx.connection).await?;
        match crate::grants::write_usage(&mut self.tx, used).await {
            Ok(()) => commit(&mut self.tx.connection).await,
            Err(error) => {
                rollback(&mut self.tx.connection).await;
                Err(error)
            }
        }
    }

    /// Takes the jobs that wait behind `first`, commits them as one, and answers them. Gives back a job that is
    /// not a write and was met on the way.
    async fn batch(&mut self, first: Box<dyn Write>) -> Option<Job> {
        let mut jobs = vec![first];
        let mut held = None;
        while jobs.len() < BATCH {
            match self.queue.try_recv() {
                Ok(Job::Write(job)) => jobs.push(job),
                Ok(other) => {
                    held = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        self.tx.now = self.clock.now();
        let outcomes = match self.commit_together(&mut jobs).await {
            Ok(()) => jobs.iter().map(|_| Ok(())).collect(),
            Err(error) if jobs.len() == 1 => vec![Err(error)],
            Err(_) => self.commit_apart(&mut jobs).await,
        };
        // Caches must know before the caller does: what a caller has revoked is revoked when the call returns.
        if self.tx.changed {
            self.publish().await;
        }
        for (job, outcome) in jobs.into_iter().zip(outcomes) {
            job.answer(outcome);
        }
        held
    }

    /// All jobs in one transaction; the first error rolls all of them back.
    async fn commit_together(&mut self, jobs: &mut [Box<dyn Write>]) -> Result<()> {
        self.tx.changed = false;
        begin(&mut self.tx.connection).await?;
        for job in jobs {
            if let Err(error) = run(&self.faults, job, &mut self.tx).await {
                self.tx.changed = false;
                rollback(&mut self.tx.connection).await;
                return Err(error);
            }
        }
        commit(&mut self.tx.connection).await.inspect_err(|_| self.tx.changed = false)
    }

    /// All jobs in one transaction, each in its savepoint: a job that fails takes only itself back.
    async fn commit_apart(&mut self, jobs: &mut [Box<dyn Write>]) -> Vec<Result<()>> {
        self.tx.changed = false;
        if let Err(error) = begin(&mut self.tx.connection).await {
            return all_failed(jobs.len(), error);
        }
        let mut outcomes = Vec::with_capacity(jobs.len());
        for job in jobs.iter_mut() {
            let outcome = run_in_savepoint(&self.faults, job, &mut self.tx).await;
            outcomes.push(outcome);
        }
        match commit(&mut self.tx.connection).await {
            Ok(()) => outcomes,
            Err(error) => {
                self.tx.changed = false;
                all_failed(jobs.len(), error)
            }
        }
    }

    async fn publish(&mut self) {
        let seen = self.tail.catch_up(&mut self.tx.connection, &self.feed, self.tx.now).await;
        if let Err(error) = seen {
            // It is committed, but what exactly has changed cannot be read: everything may have.
            tracing::error!(%error, "the change feed cannot be read after a commit");
            self.feed.set_current(false);
            self.feed.everything_changed();
        }
    }
}

async fn run(faults: &Faults, job: &mut Box<dyn Write>, tx: &mut Tx) -> Result<()> {
    faults.strike().await?;
    job.run(tx).await
}

async fn run_in_savepoint(faults: &Faults, job: &mut Box<dyn Write>, tx: &mut Tx) -> Result<()> {
    sqlx::query("SAVEPOINT job").execute(&mut tx.connection).await?;
    let outcome = run(faults, job, tx).await;
    if outcome.is_err() {
        sqlx::query("ROLLBACK TO SAVEPOINT job").execute(&mut tx.connection).await?;
    }
    sqlx::query("RELEASE SAVEPOINT job").execute(&mut tx.connection).await?;
    outcome
}

async fn begin(connection: &mut Connection) -> Result<()> {
    // IMMEDIATE: a transaction that reads first and writes later would fail half-way when another process wrote.
    sqlx::query("BEGIN IMMEDIATE").execute(connection).await?;
    Ok(())
}

async fn commit(connection: &mut Connection) -> Result<()> {
    match sqlx::query("COMMIT").execute(&mut *connection).await {
        Ok(_) => Ok(()),
        Err(error) => {
            rollback(connection).await;
            Err(error.into())
        }
    }
}

/// Ends the transaction. SQLite has already ended it after some errors, and says so; that is not an error here.
async fn rollback(connection: &mut Connection) {
    if let Err(error) = connection.execute("ROLLBACK").await {
        tracing::debug!(%error, "nothing to roll back");
    }
}

/// The same failure for each of several callers.
fn all_failed(jobs: usize, error: StoreError) -> Vec<Result<()>> {
    let shared = Arc::new(error);
    (0..jobs).map(|_| Err(StoreError::Unavailable(Box::new(Arc::clone(&shared))))).collect()
}
