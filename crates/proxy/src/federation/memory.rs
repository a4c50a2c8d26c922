//! What this node remembers between requests: names that were shortened, which are no secret and open nothing, since
//! whoever asks for one is decided about by the name it stands for; and sessions at parts that joined late.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::late::Late;

/// The most names that are kept.
const MOST: usize = 4096;

/// What the joined endpoint remembers. All of it can be found again.
#[derive(Default)]
pub struct Memory {
    names: Mutex<HashMap<String, String>>,
    late: Mutex<Late>,
}

impl Memory {
    /// What a shortened name stands for.
    pub(super) fn find(&self, outside: &str) -> Option<String> {
        self.names().get(outside).cloned()
    }

    /// Remembers what a shortened name stands for.
    pub(super) fn learn(&self, outside: &str, own: &str) {
        let mut names = self.names();
        if names.len() >= MOST {
            names.clear();
        }
        names.insert(outside.to_owned(), own.to_owned());
    }

    fn names(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was opened after a session was.
    pub(super) fn late(&self) -> MutexGuard<'_, Late> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
