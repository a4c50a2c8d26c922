//! One page, one file.

pub(crate) mod activity;
pub(crate) mod clients;
pub(crate) mod overview;
pub(crate) mod policy;
mod row;
pub(crate) mod tools;
pub(crate) mod users;

use std::io;

use axum::response::Response;

use crate::shell;

/// Runs what reads files where blocking is allowed.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Response> {
    let done = tokio::task::spawn_blocking(work).await.map_err(io::Error::other);
    done.flatten().map_err(|error| shell::unavailable(&error))
}
