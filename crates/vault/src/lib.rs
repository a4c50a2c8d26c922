//! With which key: upstream credentials, opened and spent here; the only door to an upstream.
//!
//! [`Vault::dispatch`] takes a permit and a receipt by value and gives a [`Reply`]. Nothing else in the product reaches
//! an upstream, and nobody can ask the vault for a credential: it is opened for one request, bound to one origin, and
//! spent at once.
//!
//! ```text
//! dispatch    permit + receipt name one request; the upstream call overlaps the journal's sync
//! registry    which upstream, which credential
//! kinds       opens the credential              one file per kind
//! upstream    the request from an allow-list of headers and the original bytes; the answer likewise
//! sessions    the same for commands and for HTTP+SSE: one channel per session
//! bridge      the same for a client of one era before a server of the other
//! screen      keeps personal data from the client, and turns its labels back for the server
//! reply       what came back, with its outcome recorded at its end
//! ```

mod answer;
mod bridge;
pub mod call;
pub mod dispatch;
mod headers;

mod kinds;
mod media;
mod origin;
mod outcome;
pub mod registry;
pub mod reply;
pub mod screen;
mod sessions;
mod upstream;

pub use call::McpCall;
pub use dispatch::{DispatchError, Vault, VaultParts};
pub use headers::may_hold_credential;
pub use media::Media;
pub use registry::{Credentials, RegistryError};
pub use reply::{Reply, ReplyBody};
pub use sessions::SessionLimits;
