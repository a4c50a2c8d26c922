//! OAuth 2.1 without sockets: requests, grants, tokens, keys and metadata.
//!
//! Everything here is a pure function over text: what a request says, whether it may stand, which bytes answer it.
//! Stores, clocks and networks are the caller's.

pub mod assertion;
pub mod authorize;
pub mod client_auth;
pub mod client_metadata;
pub mod error;
pub mod grants;
pub mod issue;
pub mod jwk;
pub mod jws;
pub mod keys;
pub mod metadata;
pub mod metadata_document;
pub mod params;
pub mod pkce;
pub mod redirect_uri;
pub mod registration;
pub mod response;
mod rotation;
pub mod token;
pub mod verify;
