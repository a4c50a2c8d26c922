//! The wire format of MCP: strict parsing, eras, server-sent events. Decides nothing.

pub mod batch;
pub mod bridge;
mod canonical;
pub mod definition;
pub mod describe;
pub mod difference;
pub mod era;
pub mod error;
pub mod event_ids;
pub mod filter;
pub mod given;
mod keys;
mod list_page;
pub mod lookalike;
pub mod message;
mod mirror;
pub mod output_schema;
mod params;
pub mod places;
mod scan;
pub mod sse;
pub mod state;
pub mod untouched;
mod values;
pub mod watch;

pub use definition::Definition;
pub use era::{Era, Opening, OpeningError, OpeningHeaders, Version};
pub use error::ParseError;
pub use list_page::ListPage;
pub use message::{Message, MessageKind, Target};
pub use mirror::Mirrored;
pub use scan::MAX_DEPTH;
