//! Which of the scopes asked for a server can give.

use vestibule_model::{Client, ScopeSet, Server};

/// Asks for an ID token (OpenID Connect Core section 3.1.2.1).
pub const OPENID: &str = "openid";

/// What is put before the user: everything asked for that the server knows and the client may have. A client that
/// names no scope means all that the server offers (RFC 6749 section 3.3). What we do not know is left out; the
/// answer names what was granted.
pub fn requested(server: &Server, client: &Client, asked: Option<&ScopeSet>) -> ScopeSet {
    let known = match asked {
        None => server.scopes_supported(),
        Some(asked) => asked.iter().filter(|scope| is_known(server, scope.as_str())).cloned().collect(),
    };
    client.scope.as_ref().map_or_else(|| known.clone(), |most| known.intersection(most))
}

fn is_known(server: &Server, scope: &str) -> bool {
    scope == OPENID || server.describe_scope(scope).is_some()
}
