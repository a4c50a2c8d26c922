//! The wire format of MCP: strict parsing, eras, server-sent events. Decides nothing.
#![allow(unused_variables, missing_docs, clippy::todo, reason = "contract being filled in")]
pub mod era;
pub mod error;
pub mod filter;
pub mod message;
pub mod sse;
pub use era::{Era, Version};
pub use message::{Message, MessageKind, Target};
