//! Counters of failed guesses, per subject (canonical account) and per address; reserved before the check, so that
//! parallel guesses each count.
use vestibule_model::Timestamp;
use crate::{Result, Store};
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lockout { pub fails: u32, pub until: Option<Timestamp>, pub last: Timestamp }
impl Store {
    /// Atomically: when `until` lies in the future, returns Err(until); otherwise counts one failure, sets `until` by `delay(fails)` and returns the new state.
    /// The caller calls `clear_guesses` on success.
    pub async fn reserve_guess(&self, kind: &'static str, subject: &str, delay: fn(u32) -> std::time::Duration) -> Result<std::result::Result<Lockout, Timestamp>> { todo!() }
    pub async fn clear_guesses(&self, kind: &'static str, subject: &str) -> Result<()> { todo!() }
    pub async fn find_lockout(&self, kind: &'static str, subject: &str) -> Result<Option<Lockout>> { todo!() }
}
