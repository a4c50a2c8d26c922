//! The thread that numbers, chains, writes and syncs: one write and one sync for all who wait.

use std::{io, sync::Arc, time::Duration};

use tokio::sync::broadcast;
use vestibule_model::{AuditEvent, Clock, EventKind, RequestId, Timestamp};

use super::{
    batch::Batch,
    disk::{Disk, Segment},
    head::{Head, HeadFile},
    queue::{Found, Pending, Queue, Sleep},
    record::is_event,
    sign::Signer,
};

/// How long the signed head may stay behind the disk.
const HEAD_LAG: Duration = Duration::from_millis(10);
/// A checkpoint comes at least this often while there are records.
const CHECKPOINT_AFTER: Duration = Duration::from_secs(60);
const CHECKPOINT_RECORDS: u64 = 1000;
/// How often a broken disk is tried again, and a due checkpoint looked for.
const RETRY: Duration = Duration::from_secs(1);
/// With fewer waiting at a time, waiting for more would only cost time.
const LOAD: usize = 4;
/// How long a batch may gather under load.
const GATHER: Duration = Duration::from_micros(500);
const FOREVER: Duration = Duration::from_secs(3600);

/// What the writer needs; see [`super::resume`] for how it comes about.
pub(super) struct Parts {
    pub(super) disk: Box<dyn Disk>,
    pub(super) segment: Box<dyn Segment>,
    pub(super) head_file: HeadFile,
    pub(super) signer: Signer,
    pub(super) clock: Arc<dyn Clock>,
    /// A segment that has grown to this many bytes is followed by a new one.
    pub(super) segment_bytes: u64,
    /// The end of what is on the disk.
    pub(super) end: Head,
}

pub(super) struct Writer {
    parts: Parts,
    queue: Arc<Queue>,
    live: broadcast::Sender<Arc<str>>,
    out: Vec<u8>,
    since_checkpoint: u64,
    checkpoint_at: Timestamp,
    head_at: Timestamp,
    head_is_behind: bool,
    /// How many waited for the last batch.
    last_waiting: usize,
    broken: bool,
}

impl Writer {
    pub(super) fn new(parts: Parts, queue: Arc<Queue>, live: broadcast::Sender<Arc<str>>) -> Self {
        let now = parts.clock.now();
        Self {
            parts,
            queue,
            live,
            out: Vec::with_capacity(1 << 16),
            since_checkpoint: 0,
            checkpoint_at: now,
            head_at: now,
            head_is_behind: false,
            last_waiting: 0,
            broken: false,
        }
    }

    /// The first checkpoint of this run, and what had to be mended.
    pub(super) fn start(&mut self, mended: Option<String>) -> io::Result<()> {
        let events: Vec<_> = mended.map(|detail| self.system_event("journal_mended", detail)).into_iter().collect();
        self.write(&events, Checkpoint::Forced)?;
        self.seal_head()?;
        self.parts.head_file.sync()
    }

    /// Works until the queue is closed; `closed` is finished then.
    pub(super) fn run(mut self, closed: &Batch) {
        loop {
            let (sleep, patience) = self.rest();
            match self.queue.take(sleep, patience) {
                Found::Records(pending) => self.commit(pending),
                Found::Nothing => self.idle(),
                Found::Closed(pending) => {
                    self.commit(pending);
                    let ending = self.finish().map_err(Arc::new);
                    // The lock on the head file must be gone when the waiting caller goes on.
                    drop(self);
                    return closed.finish(ending);
                }
            }
        }
    }

    fn rest(&self) -> (Sleep, Duration) {
        match () {
            () if self.broken => (Sleep::Asleep, RETRY),
            () if self.last_waiting >= LOAD => (Sleep::Gathering(self.last_waiting), GATHER),
            () if self.head_is_behind => (Sleep::Dozing, HEAD_LAG),
            () if self.since_checkpoint > 0 => (Sleep::Asleep, RETRY),
            () => (Sleep::Asleep, FOREVER),
        }
    }

    fn commit(&mut self, pending: Pending) {
        self.last_waiting = pending.waiting;
        let written = if self.broken {
            Err(io::Error::other("the audit journal is broken"))
        } else {
            self.write(&pending.events, Checkpoint::WhenDue)
        };
        match written {
            Ok(()) => {
                pending.batch.finish(Ok(()));
                self.publish();
                self.seal_head_when_due();
            }
            Err(error) => {
                let error = self.break_down(error);
                self.queue.count_refused(pending.events.len());
                pending.batch.finish(Err(error));
            }
        }
    }

    /// Chains the events behind the end, writes them once and syncs once. On an error nothing has happened,
    /// but for bytes behind the end that recovery cuts off.
    fn write(&mut self, events: &[Vec<u8>], checkpoint: Checkpoint) -> io::Result<()> {
        if self.parts.end.offset >= self.parts.segment_bytes {
            self.next_segment()?;
        }
        let now = self.parts.clock.now();
        let mut link = self.parts.end.link;
        self.out.clear();
        if self.parts.end.offset == 0 {
            link = link.write_checkpoint(&mut self.out, now, &self.parts.signer);
        }
        for event in events {
            link = link.write_event(&mut self.out, event);
        }
        let unchecked = self.since_checkpoint + events.len() as u64;
        let due =
            unchecked >= CHECKPOINT_RECORDS || (unchecked > 0 && now.since(self.checkpoint_at) >= CHECKPOINT_AFTER);
        let checkpointed = due || checkpoint == Checkpoint::Forced;
        if checkpointed {
            link = link.write_checkpoint(&mut self.out, now, &self.parts.signer);
        }
        if self.out.is_empty() {
            return Ok(());
        }
        self.parts.segment.append(&self.out)?;
        self.parts.segment.sync()?;
        self.parts.end.link = link;
        self.parts.end.offset += self.out.len() as u64;
        self.head_is_behind = true;
        self.since_checkpoint = if checkpointed { 0 } else { unchecked };
        if checkpointed {
            self.checkpoint_at = now;
        }
        Ok(())
    }

    fn next_segment(&mut self) -> io::Result<()> {
        let first = self.parts.end.link.seq + 1;
        self.parts.segment = self.parts.disk.open(first)?;
        self.parts.end.segment = first;
        self.parts.end.offset = 0;
        Ok(())
    }

    /// Gives the lines just synced to those who watch.
    fn publish(&self) {
        if self.live.receiver_count() == 0 {
            return;
        }
        let lines = self.out.split(|byte| *byte == b'\n').filter(|line| is_event(line));
        for line in lines {
            // Nobody may be left; then nobody misses it.
            let _ = self.live.send(String::from_utf8_lossy(line).into());
        }
    }

    fn seal_head(&mut self) -> io::Result<()> {
        self.parts.head_file.write(&self.parts.end, &self.parts.signer)?;
        self.head_is_behind = false;
        self.head_at = self.parts.clock.now();
        Ok(())
    }

    fn seal_head_when_due(&mut self) {
        // At a checkpoint in any case: a clock that was set back must not hold the head back for long.
        let due = self.since_checkpoint == 0 || self.parts.clock.now().since(self.head_at) >= HEAD_LAG;
        if due && let Err(error) = self.seal_head() {
            self.break_down(error);
        }
    }

    fn idle(&mut self) {
        self.last_waiting = 0;
        let done = if self.broken { self.recover() } else { self.idle_checkpoint() };
        let sealed = done.and_then(|()| if self.head_is_behind { self.seal_head() } else { Ok(()) });
        match sealed {
            Ok(()) if self.broken => {
                self.broken = false;
                self.queue.recover();
                tracing::info!("the audit journal can be written again");
            }
            Ok(()) => {}
            Err(error) => {
                self.break_down(error);
            }
        }
    }

    fn idle_checkpoint(&mut self) -> io::Result<()> {
        let due = self.since_checkpoint > 0 && self.parts.clock.now().since(self.checkpoint_at) >= CHECKPOINT_AFTER;
        if due { self.write(&[], Checkpoint::Forced) } else { Ok(()) }
    }

    /// Refuses everything from here on, until [`Self::recover`] succeeds.
    fn break_down(&mut self, error: io::Error) -> Arc<io::Error> {
        let error = Arc::new(error);
        if !self.broken {
            self.broken = true;
            // Whoever waits is answered first: the log may lie on the same full disk.
            self.queue.break_down(&error);
            tracing::error!(%error, "the audit journal cannot be written: every call is refused until it can");
        }
        error
    }

    /// Cuts off what may have been half written, and proves by a record that the disk takes more.
    fn recover(&mut self) -> io::Result<()> {
        self.parts.segment = self.parts.disk.open(self.parts.end.segment)?;
        self.parts.segment.truncate(self.parts.end.offset)?;
        self.parts.segment.sync()?;
        let refused = self.queue.take_refused();
        let event = self
            .system_event("journal_recovered", format!("{refused} events were refused while it could not be written"));
        self.write(&[event], Checkpoint::Forced)
            .inspect_err(|_| self.queue.count_refused(usize::try_from(refused).unwrap_or(usize::MAX)))
    }

    fn finish(&mut self) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("the audit journal is broken"));
        }
        self.write(&[], Checkpoint::Forced)?;
        self.seal_head()?;
        self.parts.head_file.sync()
    }

    fn system_event(&self, action: &'static str, detail: String) -> Vec<u8> {
        let mut event = AuditEvent::new(self.parts.clock.now(), EventKind::System, RequestId::from("req_journal"));
        event.action = Some(action.into());
        event.detail = Some(detail.into());
        serde_json::to_vec(&event).unwrap_or_else(|_| b"{}".to_vec())
    }
}

/// Whether a write ends with a checkpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Checkpoint {
    WhenDue,
    Forced,
}
