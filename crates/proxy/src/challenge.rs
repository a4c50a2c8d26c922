//! 401 and 403 with `WWW-Authenticate` (RFC 6750 section 3, RFC 9728 section 5.1, MCP authorization).

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use vestibule_identity::AuthenticateError;
use vestibule_model::{ScopeSet, Server};

use crate::{Proxy, answer};

/// The answer to a request without a good credential.
pub(crate) fn unauthenticated(proxy: &Proxy, server: &Server, error: &AuthenticateError) -> Response {
    match error {
        // No error code when no credential was sent (RFC 6750 section 3.1).
        AuthenticateError::Missing => {
            let mut challenge = start(proxy, server);
            push(&mut challenge, "scope", &server.scopes_supported().to_string());
            with(StatusCode::UNAUTHORIZED, &challenge, "sign in first: this server needs an access token")
        }
        // Invalid or expired tokens MUST receive a 401 (MCP authorization, Token Handling).
        AuthenticateError::Invalid(why) => {
            let mut challenge = start(proxy, server);
            push(&mut challenge, "error", "invalid_token");
            push(&mut challenge, "error_description", why);
            push(&mut challenge, "scope", &server.scopes_supported().to_string());
            with(StatusCode::UNAUTHORIZED, &challenge, why)
        }
        // A malformed authorization request is a 400 (MCP authorization, Error Handling).
        AuthenticateError::Malformed(why) => {
            let mut challenge = start(proxy, server);
            push(&mut challenge, "error", "invalid_request");
            push(&mut challenge, "error_description", why);
            with(StatusCode::BAD_REQUEST, &challenge, why)
        }
        AuthenticateError::Unavailable(part) => answer::unavailable(part),
    }
}

/// The token is good but does not cover this: one challenge with the complete set of scopes, so that clients that do
/// not build unions themselves keep what they had.
pub(crate) fn insufficient_scope(proxy: &Proxy, server: &Server, complete: &ScopeSet, body: Vec<u8>) -> Response {
    let mut challenge = start(proxy, server);
    push(&mut challenge, "error", "insufficient_scope");
    push(&mut challenge, "scope", &complete.to_string());
    push(&mut challenge, "error_description", "the token does not cover this");
    let mut response = answer::json(StatusCode::FORBIDDEN, body);
    attach(&mut response, &challenge);
    response
}

/// The token is good but the sign-in behind it was too weak (RFC 9470 section 3).
pub(crate) fn step_up(proxy: &Proxy, server: &Server, acr: &str, body: Vec<u8>) -> Response {
    let mut challenge = start(proxy, server);
    push(&mut challenge, "error", "insufficient_user_authentication");
    push(&mut challenge, "acr_values", acr);
    push(&mut challenge, "error_description", "a second factor is needed for this");
    let mut response = answer::json(StatusCode::UNAUTHORIZED, body);
    attach(&mut response, &challenge);
    response
}

fn start(proxy: &Proxy, server: &Server) -> String {
    let origin = &proxy.settings.public_url;
    let path = proxy.settings.path_of(server);
    format!("Bearer resource_metadata=\"{origin}/.well-known/oauth-protected-resource{path}\"")
}

/// Values are ours or scope tokens; what a quoted-string cannot hold is left out.
fn push(challenge: &mut String, name: &str, value: &str) {
    challenge.push_str(", ");
    challenge.push_str(name);
    challenge.push_str("=\"");
    challenge.extend(value.chars().filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')));
    challenge.push('"');
}

fn with(status: StatusCode, challenge: &str, text: &str) -> Response {
    let mut response = answer::plain(status, text);
    attach(&mut response, challenge);
    response
}

fn attach(response: &mut Response, challenge: &str) {
    if let Ok(value) = HeaderValue::from_str(challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
}
