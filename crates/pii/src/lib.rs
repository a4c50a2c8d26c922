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
pub mod explain;
pub mod finding;
mod impersonal;
mod json;
pub mod kind;
pub mod mask;
pub mod predict;
mod prefilter;
mod recognizers;
pub mod scanner;
mod simd;
pub mod stream;
mod words;

pub use config::{Config, Rule, Sensitivity};
pub use finding::{Finding, Site};
pub use json::{Paths, Treatment};
pub use kind::Kind;
pub use mask::{Action, Blocked, Counts, HashKey, Masker, Naming, Pseudonyms, Screened};
pub use recognizers::names as recognizers;
pub use scanner::Scanner;
pub use stream::{JsonStream, SseStream, StreamError, TextStream};
