//! The pages people see. Server-rendered, no script, one file per page; [`crate::routes`] names their URLs.
//!
//! Every page is answered through [`guest::Guest`] (headers, cookies) and every form arrives through
//! [`posted::Posted`], which has already checked that our own page in this browser sent it.

pub(crate) mod account;
pub(crate) mod assets;
pub(crate) mod consent;
pub(crate) mod guest;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod mfa;
pub(crate) mod onward;
pub(crate) mod posted;
pub(crate) mod qr;
pub(crate) mod shell;
pub(crate) mod words;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
