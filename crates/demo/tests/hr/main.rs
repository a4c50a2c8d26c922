//! The sample HR server over real HTTP, with tokens of an issuer of our own.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests may panic")]

mod identity;
mod office;
mod protocol;
mod tools;
