//! OAuth endpoints and the pages people see.
//!
//! [`routes`] is the table URL → file and nothing else. Each endpoint is one file, always in the same order:
//! error enum, its response, docs, handler, tests. An authorization request that waits for its user is a
//! [`flow::Flow`]; the pages load it, and end it with [`flow::allow`] or [`flow::deny`].

pub mod browser;
pub mod clients;
mod code;
mod endpoints;
pub mod error_page;
mod evidence;
pub mod flow;
pub mod limits;
mod pages;
pub mod people;
pub mod routes;
pub mod scopes;
pub mod settings;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod visit;

use std::sync::Arc;

use arc_swap::ArcSwap;
use vestibule_egress::fetch::Fetcher;
use vestibule_model::{Clock, Random, server::Servers};
use vestibule_oauth::keys::KeyRing;
use vestibule_store::{Store, journal::Journal};

pub use limits::Limits;
pub use people::People;
pub use settings::AuthSettings;

/// Everything the endpoints and pages work with; the state of the router, behind an `Arc`.
pub struct AuthServer {
    /// What the configuration says.
    pub settings: AuthSettings,
    /// The database.
    pub store: Store,
    /// Signing keys, swapped whole at rotation.
    pub keys: Arc<ArcSwap<KeyRing>>,
    /// The evidence.
    pub journal: Journal,
    /// The MCP servers we stand before, swapped whole when the configuration changes.
    pub servers: Arc<ArcSwap<Servers>>,
    /// Sign-in, sessions and passwords.
    pub people: People,
    /// Fetches client metadata documents and key sets.
    pub fetcher: Fetcher,
    /// How often one address may do what is costly.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}
