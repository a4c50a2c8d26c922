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
    bounded(server, client, known)
}

/// What of these scopes the client may have. Its bound need not name them word by word: `tools:*` bounds every tool.
pub fn bounded(server: &Server, client: &Client, scopes: ScopeSet) -> ScopeSet {
    let Some(most) = &client.scope else { return scopes };
    scopes.iter().filter(|scope| is_within(server, most, scope.as_str())).cloned().collect()
}

fn is_within(server: &Server, most: &ScopeSet, scope: &str) -> bool {
    let of_group = |tools: &[String]| tools.iter().all(|tool| server.covers_tool(most, tool));
    most.contains(scope)
        || scope.strip_prefix("tools:").is_some_and(|tool| tool != "*" && server.covers_tool(most, tool))
        || server.scope_groups.iter().any(|group| group.scope.as_str() == scope && of_group(&group.tools))
}

fn is_known(server: &Server, scope: &str) -> bool {
    scope == OPENID || server.describe_scope(scope).is_some()
}
