//! URL → file.

use std::sync::Arc;

use axum::{
    Router,
    routing::{delete, get, options, post},
};

use crate::{Proxy, call, federation, origin};

/// The MCP endpoints of all servers.
pub fn router(proxy: Arc<Proxy>) -> Router {
    Router::new()
        .route("/mcp", post(federation::post))
        .route("/mcp", get(federation::get))
        .route("/mcp", delete(federation::delete))
        .route("/mcp", options(origin::preflight))
        .route("/mcp/{server}", post(call::post))
        .route("/mcp/{server}", get(call::get))
        .route("/mcp/{server}", delete(call::delete))
        .route("/mcp/{server}", options(origin::preflight))
        .with_state(proxy)
}
