//! The OAuth endpoints: one file each.

pub(crate) mod authorize;
pub(crate) mod body;
mod caller;
pub(crate) mod cors;
pub(crate) mod introspect;
pub(crate) mod metadata;
pub(crate) mod register;
mod reply;
pub(crate) mod revoke;
pub(crate) mod token;
