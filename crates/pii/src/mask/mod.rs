//! What replaces a finding.

mod action;

pub use action::Action;
