//! The policy engine: may this principal make this call? Deny unless permitted; an error is a denial.
#![allow(unused_variables, missing_docs, clippy::todo, reason = "contract being filled in")]
pub mod engine;
pub mod explain;
pub mod permit;
pub mod set;
pub mod table;
pub use engine::{Call, Engine};
pub use permit::{Decision, DenyReason, Permit};
pub use set::{PolicyError, PolicySet, ServerPolicy};
