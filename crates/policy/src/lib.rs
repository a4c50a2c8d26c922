//! The policy engine: may this principal make this call? Deny unless permitted; an error is a denial.
//!
//! ```text
//! permission table (table, emit) ─┐
//!                                 ├→ Cedar text (draft, limits) → compile → set: slices per target
//! hand-written .cedar files ──────┘
//!
//! engine: call → whose data (subject) → slice → facts as Cedar entities → answer (cache) → Decision (permit)
//! ```

mod cache;
mod call;
mod compile;
mod draft;
mod emit;
pub mod engine;
pub mod explain;
mod facts;
pub mod hold;
mod limits;
pub mod mask;
pub mod matrix;
pub mod permit;
mod schema;
pub mod set;
mod slice;
mod subject;
mod suggest;
pub mod table;
mod uri;
mod view;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use call::{Call, CallTarget, Kind};
pub use compile::PolicyInfo;
pub use engine::Engine;
pub use permit::{Decision, Denied, DenyReason, Permit};
pub use set::{PolicyError, PolicySet, ServerPolicy, Source};
pub use table::Reach;
