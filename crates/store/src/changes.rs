//! The change feed: an outbox table written in the same transaction as the change.
use crate::Store;
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Change { User(String), Session(String), Client(String), Grant(String), SigningKeys, Audit }
/// One numbered change.
#[derive(Clone, Debug)]
pub struct Numbered { pub seq: i64, pub change: Change }
impl Store {
    /// Every change from now on, those of other processes on the same file too (seen within 100 ms by polling
    /// `PRAGMA data_version`); those of this process at commit, before the writing call returns.
    /// A lagging receiver gets `Lagged` and must reload everything.
    pub fn subscribe(&self) -> tokio::sync::broadcast::Receiver<Numbered> { todo!() }
    /// Bumped at every commit that wrote a change (in this process: before the writing call returns). Caches compare it.
    pub fn epoch(&self) -> u64 { todo!() }
}
