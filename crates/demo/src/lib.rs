//! The sample HR server: an ordinary MCP server with 23 tools.
//!
//! It knows nothing of the gateway in front of it except that somebody signs a JWT about the caller: the issuer and the
//! address of its key set are all it is told.

pub mod hr;
