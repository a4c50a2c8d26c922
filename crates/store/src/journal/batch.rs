//! Waiting for a group commit: one shared state per batch, no channel per record.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// How a batch ended.
pub(super) type Ending = Result<(), Arc<io::Error>>;

/// Records that reach the disk together.
pub(super) struct Batch(Mutex<State>);

enum State {
    Open(Vec<Waker>),
    Ended(Ending),
}

impl Batch {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State::Open(Vec::new()))))
    }

    /// Wakes everybody who waits, outside the lock.
    pub(super) fn finish(&self, ending: Ending) {
        let before = std::mem::replace(&mut *self.lock(), State::Ended(ending));
        if let State::Open(wakers) = before {
            wakers.into_iter().for_each(Waker::wake);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Resolves when the batch has ended.
pub(super) struct Waiting {
    batch: Arc<Batch>,
    slot: Option<usize>,
}

impl Waiting {
    pub(super) fn new(batch: Arc<Batch>) -> Self {
        Self { batch, slot: None }
    }
}

impl Future for Waiting {
    type Output = Ending;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ending> {
        let slot = self.slot;
        let slot = match &mut *self.batch.lock() {
            State::Ended(ending) => return Poll::Ready(ending.clone()),
            State::Open(wakers) => match slot.and_then(|slot| wakers.get_mut(slot)) {
                Some(waker) => {
                    waker.clone_from(context.waker());
                    slot
                }
                None => {
                    wakers.push(context.waker().clone());
                    Some(wakers.len() - 1)
                }
            },
        };
        self.slot = slot;
        Poll::Pending
    }
}
