//! Tools out of service: policy permits them, but their definition waits for an administrator.

use vestibule_model::ServerName;

/// What is out of service now. Asked for every decision, so the answer comes from memory.
pub trait Holds: Send + Sync {
    /// Why nobody may use this tool, as a sentence for people; `None` when nothing speaks against it.
    fn find(&self, server: &ServerName, tool: &str) -> Option<String>;
}

/// Nothing is ever out of service.
#[derive(Clone, Copy, Debug)]
pub struct NothingHeld;

impl Holds for NothingHeld {
    fn find(&self, _: &ServerName, _: &str) -> Option<String> {
        None
    }
}
