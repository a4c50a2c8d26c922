//! What replaces a finding, how labels are numbered, and how they are turned back.

mod action;
mod masker;
mod pseudonyms;
mod replace;
mod restore;
mod screened;

pub use action::Action;
pub use masker::{Blocked, Found, Masker};
pub use pseudonyms::Pseudonyms;
pub use replace::{HashKey, Naming};
pub use screened::{Counts, Screened};
