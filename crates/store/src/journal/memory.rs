//! Memory mode: the same chain, of which the last records are kept.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast;
use vestibule_model::Clock;

use super::{record::Link, sign::Signer};

/// How many lines are kept.
const KEPT: usize = 10_000;
const CHECKPOINT_RECORDS: u64 = 1000;

pub(super) struct Memory {
    signer: Signer,
    clock: Arc<dyn Clock>,
    chain: Mutex<Chain>,
    live: broadcast::Sender<Arc<str>>,
}

struct Chain {
    end: Link,
    since_checkpoint: u64,
    lines: VecDeque<Arc<str>>,
    closed: bool,
}

impl Memory {
    pub(super) fn new(signer: Signer, clock: Arc<dyn Clock>, live: broadcast::Sender<Arc<str>>) -> Self {
        let chain =
            Chain { end: Link::GENESIS, since_checkpoint: CHECKPOINT_RECORDS, lines: VecDeque::new(), closed: false };
        let memory = Self { signer, clock, chain: Mutex::new(chain), live };
        memory.checkpoint(&mut memory.lock());
        memory
    }

    pub(super) fn append(&self, event: &[u8]) -> Result<(), Arc<io::Error>> {
        let mut chain = self.lock();
        if chain.closed {
            return Err(Arc::new(io::Error::other("the audit journal is closed")));
        }
        let mut line = Vec::with_capacity(event.len() + 200);
        chain.end = chain.end.write_event(&mut line, event);
        let line = chain.keep(&line);
        chain.since_checkpoint += 1;
        self.checkpoint(&mut chain);
        // Nobody may be watching.
        let _ = self.live.send(line);
        Ok(())
    }

    fn checkpoint(&self, chain: &mut Chain) {
        if chain.since_checkpoint >= CHECKPOINT_RECORDS {
            let mut line = Vec::new();
            chain.end = chain.end.write_checkpoint(&mut line, self.clock.now(), &self.signer);
            chain.keep(&line);
            chain.since_checkpoint = 0;
        }
    }

    /// The lines kept, oldest first.
    pub(super) fn lines(&self) -> Vec<Arc<str>> {
        self.lock().lines.iter().cloned().collect()
    }

    pub(super) fn healthy(&self) -> bool {
        !self.lock().closed
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
    }

    fn lock(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chain {
    fn keep(&mut self, line: &[u8]) -> Arc<str> {
        let line: Arc<str> = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line)).into();
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(Arc::clone(&line));
        line
    }
}
