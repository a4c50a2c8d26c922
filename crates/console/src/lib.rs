//! The pages and the API of administrators: what happens, who may do what, and the switches.
//!
//! Every page demands an [`administrator::Administrator`], which only a signed-in browser session of a user with the
//! role `vestibule:admin` becomes. Administrators see the people and the evidence of their own organization, and what belongs to none.
//! Pages are made on the server, work without script, and change something only by a form of their own.

pub mod administrator;
mod api;
mod evidence;
mod form;
mod pages;
mod query;
pub mod routes;
mod shell;
mod tally;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod unauthorised;

use std::sync::Arc;

use arc_swap::ArcSwap;
use vestibule_identity::browser::{SessionLife, Sessions};
use vestibule_model::{Clock, Random, server::Servers};
use vestibule_policy::Engine;
use vestibule_store::{Store, journal::Journal};

pub use administrator::ADMINISTRATOR_ROLE;
pub use routes::router;

/// What the configuration says about the console.
#[derive(Clone, Debug)]
pub struct ConsoleSettings {
    /// The public URL: exactly this string, without a trailing slash.
    pub public_url: String,
    /// The name of the installation, for pages.
    pub product: String,
    /// How long browser sessions last, as everywhere.
    pub session_life: SessionLife,
}

impl ConsoleSettings {
    /// The defaults, for a public URL without trailing slash.
    pub fn new(public_url: impl Into<String>) -> Self {
        Self { public_url: public_url.into(), product: "Vestibule".to_owned(), session_life: SessionLife::default() }
    }
}

/// The parts the console works with.
pub struct Console {
    /// Its settings.
    pub settings: ConsoleSettings,
    /// The database.
    pub store: Store,
    /// The evidence.
    pub journal: Journal,
    /// The policies in force.
    pub engine: Arc<Engine>,
    /// The MCP servers.
    pub servers: Arc<ArcSwap<Servers>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

/// The console at work: its parts, and what it remembers between two looks.
pub(crate) struct Desk {
    pub(crate) console: Arc<Console>,
    pub(crate) sessions: Sessions,
    pub(crate) tally: Arc<tally::Tally>,
}

impl Desk {
    fn new(console: Arc<Console>) -> Self {
        let (clock, random) = (Arc::clone(&console.clock), Arc::clone(&console.random));
        let sessions = Sessions::new(console.store.clone(), clock, random, console.settings.session_life);
        Self { console, sessions, tally: Arc::default() }
    }
}
