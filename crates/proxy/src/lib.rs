//! The MCP endpoints: the life of one call. Start reading at [`call`].
//!
//! This crate never reaches the network itself: nothing goes to an upstream except through the vault.

pub mod answer;
mod arrival;
mod batch;
pub mod call;
pub mod challenge;
mod channel;
pub mod denial;
pub mod federation;
pub mod list;
pub mod meters;
pub mod origin;
pub mod pins;
mod round_trip;
pub mod routes;
mod screening;
mod sealed;
mod server_requests;
pub mod session;
mod stream;
mod tasks;
mod unasked;
mod unknown;
mod watch;
pub mod wires;

use std::sync::Arc;

use arc_swap::ArcSwap;
use vestibule_identity::Authenticator;
use vestibule_model::{Clock, Random, Server, server::Servers};
use vestibule_policy::Engine;
use vestibule_store::{Store, journal::Journal};
use vestibule_vault::Vault;

pub use pins::{PinnedTools, Pins};
pub use routes::router;
pub use screening::LOG_SPANS;

/// What the MCP endpoints work with. Built once, in the wiring.
pub struct Proxy {
    /// Who calls.
    pub authenticator: Authenticator,
    /// May they.
    pub engine: Arc<Engine>,
    /// Whether tools are what they were.
    pub pins: Arc<Pins>,
    /// The evidence.
    pub journal: Journal,
    /// With which key.
    pub vault: Vault,
    /// The directory of users, and the sealer of session ids.
    pub store: Store,
    /// The servers behind us, swapped whole.
    pub servers: Arc<ArcSwap<Servers>>,
    /// How often what happened.
    pub meters: Arc<meters::Meters>,
    /// The HTTP+SSE streams that are open on this node.
    pub channels: wires::sse::Channels,
    /// What the joined endpoint remembers.
    pub memory: federation::Memory,
    /// Where we stand.
    pub settings: ProxySettings,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

/// Settings of the MCP endpoints.
#[derive(Clone, Debug)]
pub struct ProxySettings {
    /// Our origin as clients know it, without a trailing slash. Configuration, never a request header.
    pub public_url: String,
    /// The largest request body, in bytes.
    pub max_body: usize,
    /// The largest list answer that is held in memory for filtering, in bytes.
    pub max_list: usize,
    /// Further origins of browser-based clients.
    pub allowed_origins: Vec<String>,
}

impl ProxySettings {
    /// The path of a server's endpoint.
    pub(crate) fn path_of<'s>(&self, server: &'s Server) -> &'s str {
        server.resource.as_str().strip_prefix(self.public_url.as_str()).unwrap_or("")
    }
}
