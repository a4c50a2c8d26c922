//! URL → file, nothing else.

use std::sync::Arc;

use axum::{
    Router,
    middleware::map_response_with_state,
    routing::{get, post},
};

use crate::{Console, Desk, api, pages, shell};

/// All routes of the console.
pub fn router(console: Arc<Console>) -> Router {
    let desk = Arc::new(Desk::new(console));
    Router::new()
        .route("/console", get(pages::overview::show))
        .route("/console/activity", get(pages::activity::show))
        .route("/console/policy", get(pages::policy::list))
        .route("/console/policy/{server}", get(pages::policy::show))
        .route("/console/tools", get(pages::tools::list))
        .route("/console/tools/approve", post(pages::tools::approve))
        .route("/console/tools/reject", post(pages::tools::reject))
        .route("/console/users", get(pages::users::list))
        .route("/console/users/disable", post(pages::users::disable))
        .route("/console/users/enable", post(pages::users::enable))
        .route("/console/clients", get(pages::clients::list))
        .route("/console/clients/revoke", post(pages::clients::revoke))
        .route("/console/clients/enable", post(pages::clients::enable))
        .route("/api/v1/users", get(api::users))
        .route("/api/v1/clients", get(api::clients))
        .route("/api/v1/audit", get(api::audit))
        .route("/assets/console.css", get(shell::stylesheet))
        .layer(map_response_with_state(Arc::clone(&desk), shell::guard))
        .with_state(desk)
}
