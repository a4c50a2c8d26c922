//! Bodies masked as they pass. However the input is cut, the output is the same.
//!
//! A stream decides a value only when it has seen what the decision may depend on: the whole value and
//! [`LOOKAHEAD`](crate::json::LOOKAHEAD) bytes behind it. What it decides never depends on how much more is there.

mod event;
mod json;
mod sse;

pub use json::JsonStream;
pub use sse::{SseStream, StreamError};
