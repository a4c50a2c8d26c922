//! `/.well-known/…`: what clients read before anything else. All of it is public and the same for everybody.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use vestibule_model::ScopeSet;
use vestibule_oauth::metadata::{self, Registration};

use crate::{AuthServer, scopes::OPENID};

/// Five minutes: a new signing key is published far longer ahead.
const CACHED: &str = "public, max-age=300";

fn document(body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, CACHED),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, body).into_response()
}

/// RFC 8414 and OpenID Connect Discovery.
pub(crate) async fn authorization_server(State(server): State<Arc<AuthServer>>) -> Response {
    let servers = server.servers.load();
    let offered = servers.iter().fold(ScopeSet::default(), |all, server| all.union(&server.scopes_supported()));
    let scopes = std::iter::once(OPENID).chain(offered.iter().map(|scope| scope.as_str()));
    let registration = if server.settings.registration.enabled { Registration::Open } else { Registration::Closed };
    let documents = server.settings.metadata_documents;
    document(metadata::authorization_server(&server.settings.public_url, registration, documents, scopes))
}

/// RFC 7517.
pub(crate) async fn jwks(State(server): State<Arc<AuthServer>>) -> Response {
    document(server.keys.load().jwks(server.clock.now()))
}

/// RFC 9728 without a path: the first server, for clients that look only there.
pub(crate) async fn default_resource(State(server): State<Arc<AuthServer>>) -> Response {
    let servers = server.servers.load();
    let first = servers.iter().next();
    first.map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |first| document(metadata::protected_resource(&server.settings.public_url, first)),
    )
}

/// RFC 9728 section 3.1, for the endpoint that joins several servers.
pub(crate) async fn federation(State(server): State<Arc<AuthServer>>) -> Response {
    let servers = server.servers.load();
    servers.federation().map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |federation| document(metadata::protected_resource(&server.settings.public_url, &federation.door)),
    )
}

/// RFC 9728 section 3.1, for one server.
pub(crate) async fn resource(State(server): State<Arc<AuthServer>>, Path(name): Path<String>) -> Response {
    let servers = server.servers.load();
    servers.find(&name).map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |found| document(metadata::protected_resource(&server.settings.public_url, found)),
    )
}
