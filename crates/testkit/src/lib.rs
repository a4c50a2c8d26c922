//! The whole product in one process, and the parts around it: parts to compose a test from.
//!
//! | part | what it is |
//! |---|---|
//! | [`house`] | a gateway on a free port, with time in the test's hand |
//! | [`browser`] | a browser that fills in forms |
//! | [`agent`] | an MCP client that knows nothing but a URL |
//! | [`mcp`] | MCP requests in both eras |
//! | [`upstream`] | an MCP server that remembers what it was sent |
//! | [`sse_upstream`] | the same over HTTP+SSE (2024-11-05) |
//! | [`http`] | requests, well-formed or not, and every answer kept |
//! | [`logs`] | everything that was logged |
//!
//! A part panics when its test cannot go on: that is how a test fails.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a part of a test fails by panicking"
)]

pub mod agent;
pub mod browser;
pub mod house;
pub mod http;
pub mod logs;
pub mod mcp;
pub mod sse_upstream;
pub mod upstream;
