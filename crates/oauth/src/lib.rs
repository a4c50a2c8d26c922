//! OAuth 2.1 without sockets: requests, grants, tokens, keys and metadata.
//!
//! Everything here is a pure function over text: what a request says, whether it may stand, which bytes answer it.
//! Stores, clocks and networks are the caller's.

pub mod issue;
pub mod jwk;
pub mod jws;
pub mod keys;
mod rotation;
pub mod verify;
