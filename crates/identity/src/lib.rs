//! Who calls: credentials on requests (`schemes/`), and the factors a person proves (`factors/`).
#![allow(unused_variables, missing_docs, clippy::todo, reason = "contract being filled in")]
pub mod authenticate;
pub mod browser;
pub mod factors;
pub mod password;
pub mod principals;
pub mod sign_in;
pub mod throttle;
pub use authenticate::{Authenticated, AuthenticateError, Authenticator};
