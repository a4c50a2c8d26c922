//! Finds personal data in text and JSON, and masks it. Pure: no sockets, no clock, no HTTP.
//!
//! ```text
//! prefilter: where anything could begin ──→ engine ──→ recognizers: validate, ask the context ──→ findings
//! ```

mod chain;
mod chars;
pub mod config;
mod context;
mod engine;
pub mod finding;
mod json;
pub mod kind;
pub mod mask;
mod prefilter;
mod recognizers;
pub mod scanner;
mod words;

pub use config::{Config, Rule, Sensitivity};
pub use finding::{Finding, Site};
pub use kind::Kind;
pub use mask::Action;
pub use scanner::Scanner;
