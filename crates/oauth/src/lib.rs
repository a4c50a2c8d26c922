//! OAuth 2.1 without sockets: requests, grants, tokens, keys and metadata.
#![allow(unused_variables, missing_docs, clippy::todo, reason = "contract being filled in")]
pub mod issue;
pub mod keys;
pub mod verify;
