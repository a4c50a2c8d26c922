//! Faults for tests: a database that is slow, or that fails. Without the feature `testing` there are none.

#[cfg(any(test, feature = "testing"))]
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::Result;

/// Shared by a store and those who torment it.
#[derive(Clone, Default)]
pub struct Faults {
    #[cfg(any(test, feature = "testing"))]
    state: Arc<State>,
}

#[cfg(any(test, feature = "testing"))]
#[derive(Default)]
struct State {
    delay_millis: AtomicU64,
    failing: AtomicBool,
}

#[cfg(any(test, feature = "testing"))]
impl Faults {
    /// Every job of the database starts this much later.
    pub fn delay(&self, by: Duration) {
        self.state.delay_millis.store(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// From here on the database fails.
    pub fn fail(&self) {
        self.state.failing.store(true, Ordering::SeqCst);
    }

    /// The database works again.
    pub fn heal(&self) {
        self.state.failing.store(false, Ordering::SeqCst);
    }

    pub(crate) async fn strike(&self) -> Result<()> {
        let delay = self.state.delay_millis.load(Ordering::SeqCst);
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        if self.state.failing.load(Ordering::SeqCst) {
            return Err(crate::StoreError::Unavailable("injected".into()));
        }
        Ok(())
    }
}

#[cfg(not(any(test, feature = "testing")))]
impl Faults {
    pub(crate) async fn strike(&self) -> Result<()> {
        Ok(())
    }
}
