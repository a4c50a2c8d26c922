//! The wire format of MCP: strict parsing, eras, server-sent events. Decides nothing.

mod canonical;
pub mod definition;
pub mod difference;
pub mod era;
pub mod error;
pub mod filter;
mod keys;
pub mod lookalike;
pub mod message;
mod mirror;
mod params;
mod scan;
pub mod sse;
pub mod watch;

pub use definition::Definition;
pub use era::{Era, Opening, OpeningError, OpeningHeaders, Version};
pub use error::ParseError;
pub use message::{Message, MessageKind, Target};
pub use mirror::Mirrored;
pub use scan::MAX_DEPTH;
