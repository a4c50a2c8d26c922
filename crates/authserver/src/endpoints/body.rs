//! The body of a request, whole, up to the limit of its route.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    response::Response,
};
use http::HeaderMap;
use vestibule_oauth::error::OAuthError;

use super::reply;

/// All of it. What is too large or breaks off is refused in the form of every other OAuth error.
pub(crate) struct Whole(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for Whole {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        Bytes::from_request(request, state).await.map(Self).map_err(|rejection| {
            let error = OAuthError::request("the request body is too large or broke off");
            let mut response = reply::error(&error, &HeaderMap::new());
            *response.status_mut() = rejection.status();
            response
        })
    }
}
