//! A small company's HR system behind MCP: leave, expenses, working time, shifts, projects and reports.
//!
//! Who is calling comes only from the JWT in `Authorization: Bearer`. Whose data a caller may ask for is not decided
//! here: that is the policy's business, in front of this server. What depends on business rules (nobody approves their
//! own leave) or narrows by identity (`list_projects`) is.

mod calendar;
mod caller;
mod jwks;
mod library;
mod people;
mod personal;
mod records;
mod seed;
mod server;
mod tool;
mod tools;

use std::{future::Future, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use tokio::net::TcpListener;

pub use caller::Caller;
pub use people::{Employee, employees};

use crate::hr::{jwks::Verifier, server::HrServer};

/// The path of the MCP endpoint.
pub const PATH: &str = "/mcp";

/// Serves streamable HTTP on `listener` under [`PATH`], both protocol eras, until the future is dropped.
///
/// A caller is believed when a JWT says so that is signed by a key of `jwks_url` (plain HTTP; the set is fetched when
/// first needed), issued by `issuer` for `audience`, and in time by `now` (seconds since the Unix epoch).
///
/// # Errors
/// When the listener fails.
pub fn serve(
    listener: TcpListener,
    issuer: String,
    jwks_url: String,
    audience: String,
    now: impl Fn() -> i64 + Send + Sync + 'static,
) -> impl Future<Output = std::io::Result<()>> {
    let now: tool::Now = Arc::new(now);
    let verifier = Arc::new(Verifier::new(issuer, jwks_url, audience, Arc::clone(&now)));
    let hr = HrServer::new(now);
    let service = StreamableHttpService::new(
        move || Ok(hr.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let router =
        Router::new().route_service(PATH, service).layer(middleware::from_fn_with_state(verifier, authenticate));
    async move { axum::serve(listener, router).await }
}

/// Lets a request through with its [`Caller`], or answers 401 (503 when the keys cannot be had).
async fn authenticate(State(verifier): State<Arc<Verifier>>, mut request: Request, next: Next) -> Response {
    match verifier.verify(request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}
