//! Names that were shortened, as far as this node has seen them. They are no secret and open nothing: whoever asks for
//! one is decided about by the name it stands for.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The most names that are kept.
const MOST: usize = 4096;

/// What the joined endpoint remembers. All of it can be found again.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<String, String>>);

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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
