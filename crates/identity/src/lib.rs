//! Who calls: credentials on requests, and what a person proves.
//!
//! | question | file |
//! |---|---|
//! | who calls this MCP server? | [`authenticate`], with the table in `schemes/` |
//! | who is signed in in this browser? | [`browser`] |
//! | how do they sign in? | [`sign_in`]: [`password`], then [`factors`] |
//! | how often may they guess? | [`throttle`], [`device`] |

pub mod authenticate;
pub mod browser;
mod cache;
pub mod device;
pub mod factors;
#[cfg(test)]
mod fixture;
pub mod password;
pub mod password_policy;
mod principals;
mod schemes;
pub mod sign_in;
pub mod throttle;

pub use authenticate::{AuthenticateError, Authenticated, Authenticator};
