//! The two ways into the database: `Store::write` and `Store::read`.

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::{
    Connection,
    writer::{Job, Read, Tx, Write},
};
use crate::{Result, Store, StoreError};

/// A write that waits: a function, what it needs, what it found, and who asked.
struct WriteJob<I, O, F> {
    input: I,
    work: F,
    output: Option<O>,
    reply: oneshot::Sender<Result<O>>,
}

impl<I, O, F> Write for WriteJob<I, O, F>
where
    I: Send + Sync,
    O: Send,
    F: for<'a> Fn(&'a mut Tx, &'a I) -> BoxFuture<'a, Result<O>> + Send + Sync,
{
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.output = None;
            self.output = Some((self.work)(tx, &self.input).await?);
            Ok(())
        })
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        let Self { output, reply, .. } = *self;
        let answer = outcome.and_then(|()| output.ok_or_else(stopped));
        // The caller may have gone; the transaction stands.
        drop(reply.send(answer));
    }
}

struct ReadJob<I, O, F> {
    input: I,
    work: F,
    reply: oneshot::Sender<Result<O>>,
}

impl<I, O, F> Read for ReadJob<I, O, F>
where
    I: Send + Sync,
    O: Send,
    F: for<'a> Fn(&'a mut Connection, &'a I) -> BoxFuture<'a, Result<O>> + Send + Sync,
{
    fn run<'a>(self: Box<Self>, connection: &'a mut Connection) -> BoxFuture<'a, ()>
    where
        Self: 'a,
    {
        Box::pin(async move {
            let answer = (self.work)(connection, &self.input).await;
            drop(self.reply.send(answer));
        })
    }
}

impl Store {
    /// Runs `work` in a write transaction and returns once it is durable and every cache of this process knows.
    /// `work` may run twice (after a rollback): it keeps nothing between runs.
    pub(crate) async fn write<I, O, F>(&self, input: I, work: F) -> Result<O>
    where
        I: Send + Sync + 'static,
        O: Send + 'static,
        F: for<'a> Fn(&'a mut Tx, &'a I) -> BoxFuture<'a, Result<O>> + Send + Sync + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = WriteJob { input, work, output: None, reply };
        self.send(Job::Write(Box::new(job))).await?;
        answer.await.map_err(|_| stopped())?
    }

    /// Runs `work` on a connection that sees everything committed so far.
    pub(crate) async fn read<I, O, F>(&self, input: I, work: F) -> Result<O>
    where
        I: Send + Sync + 'static,
        O: Send + 'static,
        F: for<'a> Fn(&'a mut Connection, &'a I) -> BoxFuture<'a, Result<O>> + Send + Sync + 'static,
    {
        self.inner.faults.strike().await?;
        if let Some(readers) = &self.inner.readers {
            let mut connection = readers.acquire().await?;
            return work(&mut connection, &input).await;
        }
        let (reply, answer) = oneshot::channel();
        self.send(Job::Read(Box::new(ReadJob { input, work, reply }))).await?;
        answer.await.map_err(|_| stopped())?
    }

    pub(crate) async fn send(&self, job: Job) -> Result<()> {
        self.inner.queue.send(job).await.map_err(|_| stopped())
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the database writer has stopped".into())
}
