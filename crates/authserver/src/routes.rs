//! URL → file, nothing else.

use std::sync::Arc;

use axum::Router;

use crate::AuthServer;

/// All routes of the authorization server.
pub fn router(server: Arc<AuthServer>) -> Router {
    Router::new().with_state(server)
}
