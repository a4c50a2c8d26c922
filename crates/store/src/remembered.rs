//! What was read once and holds until something changes: hot look-ups without a query.
//!
//! An entry is good while the store's epoch is the one that was read before the query ran. A commit that came in between
//! moved the epoch, so an old answer is never taken for a new one. While the news of other processes cannot be read,
//! nothing is remembered.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{PoisonError, RwLock},
};

use crate::{Result, Store};

/// More entries than this and all are forgotten; it only bounds the memory.
const MOST: usize = 4096;

/// Answers by key, each with the epoch it was read in.
pub(crate) struct Remembered<K, V>(RwLock<HashMap<K, (u64, V)>>);

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Remembered<K, V> {
    /// The answer that still holds, or the one that `read` gives, which is then remembered.
    pub(crate) async fn get<F>(&self, store: &Store, key: &K, read: F) -> Result<Option<V>>
    where
        F: Future<Output = Result<Option<V>>>,
    {
        if !store.is_current() {
            return read.await;
        }
        let epoch = store.epoch();
        if let Some(value) = self.find(key, epoch) {
            return Ok(Some(value));
        }
        let value = read.await?;
        if let Some(value) = &value {
            self.keep(key, epoch, value);
        }
        Ok(value)
    }

    fn find(&self, key: &K, epoch: u64) -> Option<V> {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        map.get(key).filter(|(read_in, _)| *read_in == epoch).map(|(_, value)| value.clone())
    }

    fn keep(&self, key: &K, epoch: u64, value: &V) {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= MOST {
            map.clear();
        }
        map.insert(key.clone(), (epoch, value.clone()));
    }
}
