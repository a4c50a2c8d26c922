//! URL → file, nothing else.

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::{
    AuthServer,
    pages::{account, assets, consent, login, logout, mfa},
};

/// All routes of the authorization server.
pub fn router(server: Arc<AuthServer>) -> Router {
    Router::new().merge(pages()).with_state(server)
}

/// What people see.
fn pages() -> Router<Arc<AuthServer>> {
    Router::new()
        .route("/login", get(login::show).post(login::submit))
        .route("/mfa", get(mfa::show).post(mfa::submit))
        .route("/consent", get(consent::show).post(consent::submit))
        .route("/logout", post(logout::submit))
        .route("/account", get(account::show))
        .route("/account/apps/revoke", post(account::apps::revoke))
        .route("/account/apps/revoke-all", post(account::apps::revoke_all))
        .route("/account/sessions/revoke", post(account::sessions::revoke))
        .route("/account/sessions/revoke-all", post(account::sessions::revoke_all))
        .route("/account/password", get(account::password::show).post(account::password::submit))
        .route("/account/two-factor", get(account::two_factor::show))
        .route("/account/two-factor/begin", post(account::two_factor::begin))
        .route("/account/two-factor/confirm", post(account::two_factor::confirm))
        .route("/account/two-factor/codes", post(account::two_factor::codes))
        .route("/account/two-factor/remove", post(account::two_factor::remove))
        .route("/assets/vestibule.css", get(assets::css))
        .route("/assets/vestibule.svg", get(assets::mark))
}
