//! The body of a request, whole, up to the limit of its route, and within a time.

use std::{future::Future, time::Duration};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use vestibule_oauth::error::OAuthError;

use super::reply;

/// All of it. What is too large or breaks off is refused in the form of every other OAuth error.
pub(crate) struct Whole(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for Whole {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let refused = |status| {
            let error = OAuthError::request("the request body is too large, too slow or broke off");
            let mut response = reply::error(&error, &HeaderMap::new());
            *response.status_mut() = status;
            response
        };
        match within_patience(Bytes::from_request(request, state)).await {
            Some(Ok(bytes)) => Ok(Self(bytes)),
            Some(Err(rejection)) => Err(refused(rejection.status())),
            None => Err(refused(StatusCode::REQUEST_TIMEOUT)),
        }
    }
}

/// What we read are a few kilobytes: whoever needs longer only wants to keep the connection.
const PATIENCE: Duration = Duration::from_secs(20);

/// The outcome of reading a body; `None` when it did not end in time.
pub(crate) async fn within_patience<T>(reading: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(PATIENCE, reading).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body that says it is long and never comes must not hold a connection for ever.
    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_refused_in_time() {
        let silence = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        let request = Request::new(axum::body::Body::from_stream(silence));
        let refusal = Whole::from_request(request, &()).await.err().unwrap();
        assert_eq!(refusal.status(), StatusCode::REQUEST_TIMEOUT);
    }
}
