//! URL → file, nothing else.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use vestibule_oauth::metadata::paths;

use crate::{
    AuthServer,
    endpoints::{authorize, cors, introspect, metadata, register, revoke, token},
    pages::{account, assets, consent, login, logout, mfa},
};

/// All routes of the authorization server.
pub fn router(server: Arc<AuthServer>) -> Router {
    Router::new().merge(oauth()).merge(open()).merge(pages()).with_state(server)
}

/// The largest body of an OAuth request: a form of [`vestibule_oauth::params::MAX_BYTES`] or a registration, and a
/// little more, so that the reader says what is wrong.
const MAX_BODY: usize = 64 * 1024;

/// OAuth, where a browser navigates or a server calls.
fn oauth() -> Router<Arc<AuthServer>> {
    Router::new()
        .route(paths::AUTHORIZE, get(authorize::handle).post(authorize::handle))
        .route(paths::INTROSPECT, post(introspect::handle))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// OAuth, where pages of other origins may call too.
fn open() -> Router<Arc<AuthServer>> {
    Router::new()
        .route(paths::TOKEN, post(token::handle))
        .route(paths::REGISTER, post(register::handle))
        .route(paths::REVOKE, post(revoke::handle))
        .route(paths::AUTHORIZATION_SERVER, get(metadata::authorization_server))
        .route(paths::OPENID_CONFIGURATION, get(metadata::authorization_server))
        .route(paths::JWKS, get(metadata::jwks))
        .route(paths::PROTECTED_RESOURCE, get(metadata::default_resource))
        .route("/.well-known/oauth-protected-resource/mcp", get(metadata::federation))
        .route("/.well-known/oauth-protected-resource/mcp/{server}", get(metadata::resource))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(cors::open))
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
