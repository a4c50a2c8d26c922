//! URL → file.

use std::sync::Arc;

use axum::{
    Router,
    routing::{delete, get, options, post},
};

use crate::{
    Proxy, call, origin,
    wires::{sse, ticket, ws},
};

/// The MCP endpoints of all servers, and the one that joins several. Its paths are the same without a name, so no server may
/// be called like one of them.
pub fn router(proxy: Arc<Proxy>) -> Router {
    Router::new()
        .route("/mcp", post(call::post))
        .route("/mcp", get(call::get))
        .route("/mcp", delete(call::delete))
        .route("/mcp", options(origin::preflight))
        .route("/mcp/sse", get(sse::open))
        .route("/mcp/messages", post(sse::post))
        .route("/mcp/ws", get(ws::open))
        .route("/mcp/ticket", post(ticket::issue))
        .route("/mcp/ticket", options(origin::preflight))
        .route("/mcp/{server}", post(call::post))
        .route("/mcp/{server}", get(call::get))
        .route("/mcp/{server}", delete(call::delete))
        .route("/mcp/{server}", options(origin::preflight))
        .route("/mcp/{server}/sse", get(sse::open))
        .route("/mcp/{server}/messages", post(sse::post))
        .route("/mcp/{server}/ws", get(ws::open))
        .route("/mcp/{server}/ticket", post(ticket::issue))
        .route("/mcp/{server}/ticket", options(origin::preflight))
        .with_state(proxy)
}
