//! The authentication schemes: one file each, and one line each in [`authenticate`].

pub(crate) mod bearer;

use std::sync::Arc;

use http::request::Parts;
use vestibule_model::{Principal, Server};

use crate::{AuthenticateError, Authenticator};

/// The table, in order. The first scheme that finds its credential decides: a failed credential stops the search, so
/// that a bad token can never be outvoted by something weaker beside it.
pub(crate) async fn authenticate(
    on: &Authenticator,
    request: &Parts,
    server: &Server,
) -> Result<Arc<Principal>, AuthenticateError> {
    refuse_token_in_query(request)?;
    if let Some(token) = bearer::find(request)? {
        return bearer::verify(on, token, server).await;
    }
    Err(AuthenticateError::Missing)
}

/// MCP authorization, "Access Token Usage": access tokens MUST NOT be included in the URI query string.
fn refuse_token_in_query(request: &Parts) -> Result<(), AuthenticateError> {
    let query = request.uri.query().unwrap_or("");
    let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
    if names.any(|name| name.eq_ignore_ascii_case("access_token")) {
        return Err(AuthenticateError::Malformed(
            "an access token belongs in the Authorization header, not in the URL",
        ));
    }
    Ok(())
}
