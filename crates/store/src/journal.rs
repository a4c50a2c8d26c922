//! The audit journal: append-only, hash-chained JSON lines, one chain per node, with signed checkpoints.
//!
//! Group commit: a thread of its own takes all records that wait, writes them once and syncs once. An
//! answer may leave only after [`Receipt::durable`]; when the journal cannot be written, every append
//! fails until it can.
//!
//! The files: `audit-<node>.<first record>.jsonl`, a new one at 1 GiB, and `audit-<node>.head` (`head.rs`),
//! which makes a dropped tail visible. The lines' format stands in `record.rs`. What the chain cannot show: an attacker who
//! holds the signing key, or who puts back an old copy of all files at once. Against the second, ship the
//! lines elsewhere as they are written ([`Journal::subscribe`]).

mod batch;
mod disk;
mod event;
mod head;
mod memory;
mod queue;
mod read;
mod record;
mod resume;
mod sign;
#[cfg(test)]
mod tests;
mod verify;
mod writer;

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use tokio::sync::broadcast;
use vestibule_model::{AuditEvent, Clock, RequestId};

use self::{
    batch::{Batch, Waiting},
    disk::{Disk, Files},
    memory::Memory,
    queue::{Queue, Urgency},
    sign::Signer,
    writer::Writer,
};
use crate::{Result, StoreError};

pub use self::{
    read::NewestFirst,
    verify::{Broken, Verified, verify},
};

/// A larger event is refused: only hashes of arguments and results belong in one.
const LARGEST_EVENT: usize = 1 << 18;
/// Most events fit in so many bytes.
const ROOM: usize = 768;
/// Lines that a slow subscriber may be behind before it misses some.
const LIVE_LINES: usize = 1024;
const SEGMENT_BYTES: u64 = 1 << 30;

/// The journal of this node. Cheap to clone; the last clone's end writes a final checkpoint.
#[derive(Clone)]
pub struct Journal {
    kind: Kind,
    live: broadcast::Sender<Arc<str>>,
    mask: Option<Arc<EventMask>>,
}

/// Gives the event that is written instead; `None`: this one.
pub type EventMask = dyn Fn(&AuditEvent) -> Option<AuditEvent> + Send + Sync;

#[derive(Clone)]
enum Kind {
    Files(Arc<OnDisk>),
    Memory(Arc<Memory>),
}

struct OnDisk {
    files: Files,
    queue: Arc<Queue>,
    closed: Arc<Batch>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// How a journal on disk is laid out.
#[derive(Clone, Debug)]
pub struct JournalOptions {
    /// The name of this node, in the names of its files: letters, digits, hyphens.
    pub node: String,
    /// A file that has grown to this many bytes is followed by a new one.
    pub segment_bytes: u64,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self { node: "main".to_owned(), segment_bytes: SEGMENT_BYTES }
    }
}

/// The event is on its way to the disk. Sealed; names the request it belongs to.
#[must_use = "an answer may leave only after `durable`"]
pub struct Receipt {
    request: RequestId,
    /// `None`: nothing outlives the process, so there is nothing to wait for.
    waiting: Option<Waiting>,
}

/// The event is on the disk. Sealed; a `Reply` cannot be built without one.
pub struct Recorded {
    request: RequestId,
}

impl Journal {
    /// Opens or makes the journal in a directory (0700, files 0600), reads on from its signed end, cuts
    /// off a torn last line, and continues the chain. `signing_pkcs8`: Ed25519, for checkpoints; it must be the key the
    /// journal began with. Fails when another process writes it, or when records are missing or wrong at the end.
    pub fn open(directory: &Path, signing_pkcs8: &[u8], clock: Arc<dyn Clock>) -> Result<Self> {
        Self::open_with(directory, signing_pkcs8, clock, &JournalOptions::default())
    }

    /// As [`Self::open`], for one of several nodes or with files of another size.
    pub fn open_with(
        directory: &Path,
        signing_pkcs8: &[u8],
        clock: Arc<dyn Clock>,
        options: &JournalOptions,
    ) -> Result<Self> {
        let files = resume::files(directory, &options.node).map_err(failed)?;
        let disk = Box::new(files.clone());
        Self::start(files, disk, signing_pkcs8, clock, options.segment_bytes).map_err(failed)
    }

    fn start(
        files: Files,
        disk: Box<dyn Disk>,
        pkcs8: &[u8],
        clock: Arc<dyn Clock>,
        segment_bytes: u64,
    ) -> io::Result<Self> {
        let signer = Signer::new(pkcs8)?;
        let (parts, mended) = resume::resume(&files, disk, signer, clock, segment_bytes)?;
        let (live, _) = broadcast::channel(LIVE_LINES);
        let (queue, closed) = (Arc::new(Queue::new()), Batch::new());
        let mut writer = Writer::new(parts, Arc::clone(&queue), live.clone());
        writer.start(mended)?;
        let at_end = Arc::clone(&closed);
        let thread = std::thread::Builder::new().name("audit-journal".to_owned()).spawn(move || writer.run(&at_end))?;
        let on_disk = OnDisk { files, queue, closed, thread: Mutex::new(Some(thread)) };
        Ok(Self { kind: Kind::Files(Arc::new(on_disk)), live, mask: None })
    }

    /// Memory mode: the same chain, of which the last 10,000 lines are kept.
    pub fn memory(signing_pkcs8: &[u8], clock: Arc<dyn Clock>) -> Result<Self> {
        let (live, _) = broadcast::channel(LIVE_LINES);
        let signer = Signer::new(signing_pkcs8).map_err(failed)?;
        Ok(Self { kind: Kind::Memory(Arc::new(Memory::new(signer, clock, live.clone()))), live, mask: None })
    }

    /// The same journal, which masks each event before anything of it is kept.
    #[must_use]
    pub fn masked_by(self, mask: Arc<EventMask>) -> Self {
        Self { mask: Some(mask), ..self }
    }

    /// Queues the event. Fails at once when the journal is broken (disk full, I/O error): the caller must refuse.
    pub fn append(&self, event: &AuditEvent) -> Result<Receipt> {
        let waiting = self.push(event, Urgency::Now)?;
        Ok(Receipt { request: event.request.clone(), waiting })
    }

    /// Queues an event nobody waits for (outcomes). It reaches the disk within some milliseconds, and is lost
    /// (and counted in a later `journal_recovered` record) when the journal is broken.
    pub fn note(&self, event: &AuditEvent) {
        if let Err(error) = self.push(event, Urgency::Soon) {
            tracing::warn!(%error, request = %event.request, "an outcome could not be recorded");
        }
    }

    fn push(&self, event: &AuditEvent, urgency: Urgency) -> Result<Option<Waiting>> {
        let masked = self.mask.as_ref().and_then(|mask| mask(event));
        let mut body = Vec::with_capacity(ROOM);
        event::write(&mut body, masked.as_ref().unwrap_or(event)).map_err(|error| failed(error.into()))?;
        if body.len() > LARGEST_EVENT {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "the event is too large")));
        }
        match &self.kind {
            Kind::Files(disk) => {
                disk.queue.push(body, urgency).map(|batch| Some(Waiting::new(batch))).map_err(StoreError::Journal)
            }
            Kind::Memory(memory) => memory.append(&body).map(|()| None).map_err(StoreError::Journal),
        }
    }

    /// Whether appends are accepted.
    pub fn healthy(&self) -> bool {
        match &self.kind {
            Kind::Files(disk) => disk.queue.healthy(),
            Kind::Memory(memory) => memory.healthy(),
        }
    }

    /// Events as JSON lines, newest last, live, each once it is on the disk: for `audit tail` and the console.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<str>> {
        self.live.subscribe()
    }

    /// The last `n` events as JSON lines, newest last. Reads files: not for the path of a call.
    pub fn last(&self, n: usize) -> Result<Vec<Arc<str>>> {
        let mut lines = self.newest_first(None)?.take(n).collect::<io::Result<Vec<_>>>().map_err(failed)?;
        lines.reverse();
        Ok(lines)
    }

    /// Events newest first, optionally only those before a record's number. Reads files: not for the path of a call.
    pub fn newest_first(&self, before: Option<u64>) -> Result<NewestFirst> {
        match &self.kind {
            Kind::Files(disk) => NewestFirst::of_files(disk.files.clone(), before).map_err(failed),
            Kind::Memory(memory) => Ok(NewestFirst::of_lines(memory.lines(), before)),
        }
    }

    /// Flushes and writes a final checkpoint; returns when it is on the disk. Nothing is accepted after.
    pub async fn close(&self) {
        match &self.kind {
            Kind::Files(disk) => {
                disk.queue.close();
                if let Err(error) = Waiting::new(Arc::clone(&disk.closed)).await {
                    tracing::error!(%error, "the audit journal could not be closed cleanly");
                }
            }
            Kind::Memory(memory) => memory.close(),
        }
    }
}

impl Drop for OnDisk {
    fn drop(&mut self) {
        self.queue.close();
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the audit journal's thread had stopped");
        }
    }
}

impl Receipt {
    /// The request whose event this is.
    pub fn request(&self) -> &RequestId {
        &self.request
    }

    /// Waits until the record is on the disk. An error: it is not, and the call must be refused.
    pub async fn durable(self) -> Result<Recorded> {
        if let Some(waiting) = self.waiting {
            waiting.await.map_err(StoreError::Journal)?;
        }
        Ok(Recorded { request: self.request })
    }
}

impl Recorded {
    /// The request whose event is on the disk.
    pub fn request(&self) -> &RequestId {
        &self.request
    }
}

/// The public half (32 bytes) of a journal's key, to give to [`verify`].
pub fn public_key(signing_pkcs8: &[u8]) -> Result<Vec<u8>> {
    Signer::new(signing_pkcs8).map(|signer| signer.public().to_vec()).map_err(failed)
}

fn failed(error: io::Error) -> StoreError {
    StoreError::Journal(Arc::new(error))
}
