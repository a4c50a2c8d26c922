//! Tokens that were verified before: SHA-256 of the token → claims, principal, and the epoch they were checked at.
//!
//! A hit takes one shared lock of one of sixteen shards and copies one pointer. Entries hold no token, only its digest.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicI64, Ordering},
    },
};

use vestibule_model::{Digest, Principal, ResourceUri, Timestamp};
use vestibule_oauth::{issue::AccessToken, keys::KeyRing};

const SHARDS: usize = 16;
/// 16 × 1,024 tokens at most; with tokens of ten minutes that is as many active clients.
const SHARD_CAPACITY: usize = 1024;
/// The last use of a grant is noted at most this often.
const NOTE_EVERY_MILLIS: i64 = 60_000;

/// A token that was verified, and who it turned out to be.
pub(crate) struct Entry {
    pub(crate) claims: Arc<AccessToken>,
    /// The keys it was verified with; another key set means that the signature is checked again.
    pub(crate) keys: Arc<KeyRing>,
    epoch: u64,
    principal: Arc<Principal>,
    noted_at: AtomicI64,
}

impl Entry {
    pub(crate) fn new(
        claims: Arc<AccessToken>,
        keys: Arc<KeyRing>,
        epoch: u64,
        principal: Arc<Principal>,
        now: Timestamp,
    ) -> Self {
        Self { claims, keys, epoch, principal, noted_at: AtomicI64::new(now.as_millis()) }
    }

    /// Whether the token itself is still good here and now. A clock that went back before the issue of the token
    /// makes it as unusable as one past its end.
    fn holds(&self, resource: &ResourceUri, keys: &Arc<KeyRing>, now: Timestamp) -> bool {
        self.claims.audience == *resource
            && Arc::ptr_eq(&self.keys, keys)
            && self.claims.issued_at <= now
            && now < self.principal.expires_at
    }

    /// True once a minute.
    fn take_note(&self, now: Timestamp) -> bool {
        let last = self.noted_at.load(Ordering::Relaxed);
        let due = now.as_millis().saturating_sub(last) >= NOTE_EVERY_MILLIS;
        due && self.noted_at.compare_exchange(last, now.as_millis(), Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// What the cache knows about a token.
pub(crate) enum Found {
    /// Checked at the current epoch.
    Fresh {
        /// Who it is.
        principal: Arc<Principal>,
        /// Whether the use of the grant should be noted now.
        note_use: bool,
    },
    /// The token is good, but something changed since grant, user and client were looked at.
    Stale(Arc<Entry>),
    /// Nothing: verify it from the start.
    Missing,
}

type Entries = HashMap<Digest, Arc<Entry>, BuildHasherDefault<DigestHasher>>;
type Shard = RwLock<Entries>;

/// The cache; bounded, evicting.
pub(crate) struct TokenCache([Shard; SHARDS]);

impl Default for TokenCache {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Shard::default()))
    }
}

impl TokenCache {
    /// Looks a token up for a server.
    pub(crate) fn find(
        &self,
        key: &Digest,
        resource: &ResourceUri,
        keys: &Arc<KeyRing>,
        now: Timestamp,
        epoch: u64,
    ) -> Found {
        let shard = self.read(key);
        match shard.as_deref().and_then(|shard| shard.get(key)) {
            Some(entry) if !entry.holds(resource, keys, now) => Found::Missing,
            Some(entry) if entry.epoch != epoch => Found::Stale(Arc::clone(entry)),
            Some(entry) => Found::Fresh { principal: Arc::clone(&entry.principal), note_use: entry.take_note(now) },
            None => Found::Missing,
        }
    }

    /// Remembers a token. A full shard first loses what has ended, then every eighth entry.
    pub(crate) fn insert(&self, key: Digest, entry: Entry, now: Timestamp) {
        let Some(mut shard) = self.write(&key) else { return };
        if shard.len() >= SHARD_CAPACITY {
            shard.retain(|_, entry| now < entry.principal.expires_at);
        }
        if shard.len() >= SHARD_CAPACITY {
            let mut at = 0u32;
            shard.retain(|_, _| {
                at = at.wrapping_add(1);
                !at.is_multiple_of(8)
            });
        }
        shard.insert(key, Arc::new(entry));
    }

    /// Drops a token whose grant, user or client has ended.
    pub(crate) fn forget(&self, key: &Digest) {
        if let Some(mut shard) = self.write(key) {
            shard.remove(key);
        }
    }

    /// How many tokens are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|shard| shard.read().unwrap().len()).sum()
    }

    fn shard(&self, key: &Digest) -> Option<&Shard> {
        let [.., last] = key.as_bytes();
        self.0.get(usize::from(*last) % SHARDS)
    }

    fn read(&self, key: &Digest) -> Option<RwLockReadGuard<'_, Entries>> {
        self.shard(key).map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, key: &Digest) -> Option<RwLockWriteGuard<'_, Entries>> {
        self.shard(key).map(|shard| shard.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A SHA-256 digest is its own hash: its first eight bytes serve. Only verified tokens are inserted, so nobody can
/// choose colliding keys.
#[derive(Default)]
pub(crate) struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(head) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*head);
        }
    }

    // The length prefix of an array's hash says nothing.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
