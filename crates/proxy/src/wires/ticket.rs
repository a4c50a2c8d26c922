//! Tickets: how a WebSocket is opened by a client that cannot set headers. A ticket is good once, for thirty seconds, for
//! one server; a token in a URL would be good for ten minutes in every log that it passes.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, extract::State, response::Response};
use http::{HeaderValue, Request, StatusCode, header, request::Parts};
use serde_json::json;
use vestibule_model::{OpaqueToken, TokenKind};
use vestibule_store::once::{Consumed, OnceKind};

use crate::{
    Proxy, answer,
    arrival::{self, Arrival, Door},
    origin,
};

/// How long a ticket is good.
const LIFE: Duration = Duration::from_secs(30);

/// `POST …/ticket`: a ticket for the caller.
pub async fn issue(State(proxy): State<Arc<Proxy>>, door: Door, request: Request<Body>) -> Response {
    let (parts, _) = request.into_parts();
    let origin = parts.headers.get(header::ORIGIN).cloned();
    let response = match arrival::arrive(&proxy, &door, &parts).await {
        Ok(arrival) => make(&proxy, &arrival).await,
        Err(response) => response,
    };
    origin::expose(&proxy, origin, response)
}

async fn make(proxy: &Proxy, arrival: &Arrival) -> Response {
    let Some(credential) = &arrival.credential else {
        return answer::plain(StatusCode::FORBIDDEN, "a ticket stands for a bearer token");
    };
    let token = OpaqueToken::generate(TokenKind::Ticket, &*proxy.random);
    let ends = proxy.clock.now() + LIFE;
    // The subject of the row is the server: a ticket opens no other.
    let data = [arrival.server.name.as_str().as_bytes(), b"\n", credential.as_bytes()].concat();
    let subject = arrival.principal().subject_id().to_owned();
    match proxy.store.issue_once(OnceKind::Ticket, token.digest(), &subject, ends, &data).await {
        Ok(()) => {
            let body = json!({ "ticket": token.expose(), "expires_in": LIFE.as_secs() });
            answer::json(StatusCode::OK, serde_json::to_vec(&body).unwrap_or_default())
        }
        Err(error) => {
            tracing::error!(%error, "a ticket could not be stored");
            answer::unavailable("database")
        }
    }
}

/// Spends the ticket in the query of a request, and puts in its place the credential that it stands for. Without a
/// ticket nothing happens.
pub(super) async fn redeem(proxy: &Proxy, server: &str, parts: &mut Parts) -> Result<(), Response> {
    let Some(presented) = presented(parts) else { return Ok(()) };
    let refused = || answer::plain(StatusCode::UNAUTHORIZED, "the ticket is not good: ask for a new one");
    if parts.headers.contains_key(header::AUTHORIZATION) {
        return Err(answer::plain(StatusCode::BAD_REQUEST, "a ticket or an Authorization header, not both"));
    }
    let digest = OpaqueToken::parse(TokenKind::Ticket, &presented).ok_or_else(refused)?;
    let consumed = proxy.store.consume(OnceKind::Ticket, digest).await.map_err(|error| {
        tracing::error!(%error, "a ticket could not be looked up");
        answer::unavailable("database")
    })?;
    let Consumed::Won(data) = consumed else { return Err(refused()) };
    let credential = data.strip_prefix(server.as_bytes()).and_then(|rest| rest.strip_prefix(b"\n"));
    let mut credential = credential.and_then(|value| HeaderValue::from_bytes(value).ok()).ok_or_else(refused)?;
    credential.set_sensitive(true);
    parts.headers.insert(header::AUTHORIZATION, credential);
    Ok(())
}

fn presented(parts: &Parts) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Query {
        ticket: String,
    }
    axum::extract::Query::<Query>::try_from_uri(&parts.uri).ok().map(|query| query.0.ticket)
}
