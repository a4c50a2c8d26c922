//! `/token` (RFC 6749 section 3.2).

mod code;
mod issue;
mod refresh;
mod service;

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use vestibule_model::{AuditEvent, Client, ClientId, EventKind, GrantId, Verdict};
use vestibule_oauth::{
    error::{ErrorCode, OAuthError},
    grants::{self, TokenRequest},
    keys::KeyError,
    params::Params,
};
use vestibule_store::{StoreError, grants::GrantRecord};

use super::{
    body::Whole,
    caller::{self, CallerError},
    reply,
};
use crate::{AuthServer, visit::Visit};

/// Why there is no token: what the client hears, and what our journal says.
#[derive(Debug, thiserror::Error)]
enum TokenError {
    /// 400 or 401.
    #[error("{error} ({reason})")]
    Refused { error: OAuthError, reason: &'static str, client: Option<ClientId>, grant: Option<GrantId> },
    /// 503.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// 503.
    #[error(transparent)]
    Keys(#[from] KeyError),
}

impl TokenError {
    fn new(error: OAuthError, reason: &'static str) -> Self {
        Self::Refused { error, reason, client: None, grant: None }
    }

    /// `invalid_grant`, with the real reason for the journal only.
    fn grant(reason: &'static str) -> Self {
        Self::new(OAuthError::grant(), reason)
    }

    /// Names whose request it was.
    fn about(self, id: &ClientId, of: Option<&GrantRecord>) -> Self {
        match self {
            Self::Refused { error, reason, client, grant } => Self::Refused {
                error,
                reason,
                client: client.or_else(|| Some(id.clone())),
                grant: grant.or_else(|| of.map(|grant| grant.id.clone())),
            },
            other => other,
        }
    }

    /// What the client hears.
    fn public(&self) -> OAuthError {
        match self {
            Self::Refused { error, .. } => error.clone(),
            Self::Store(_) => OAuthError::unavailable("database"),
            Self::Keys(_) => OAuthError::unavailable("signing key"),
        }
    }

    fn event(&self, server: &AuthServer, visit: &Visit) -> Option<AuditEvent> {
        let Self::Refused { reason, client, grant, .. } = self else { return None };
        let mut event = visit.event(server, EventKind::Token);
        event.verdict = Some(Verdict::Deny);
        event.reason = Some((*reason).into());
        event.client = client.clone();
        event.grant = grant.clone();
        Some(event)
    }
}

impl From<CallerError> for TokenError {
    fn from(error: CallerError) -> Self {
        match error {
            CallerError::Refused { error, reason, claimed } => {
                Self::Refused { error, reason, client: claimed, grant: None }
            }
            CallerError::Store(error) => Self::Store(error),
        }
    }
}

/// What a grant gives: the body to answer with, and the event that says so.
struct Issued {
    body: Vec<u8>,
    event: AuditEvent,
}

/// Answers a token request. Issued or refused, it is on record before the answer leaves.
pub(crate) async fn handle(
    State(server): State<Arc<AuthServer>>,
    visit: Visit,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    Whole(body): Whole,
) -> Response {
    let result = answer(&server, &visit, &headers, query.as_deref(), &body).await;
    let (event, response) = match result {
        Ok(issued) => (Some(issued.event), reply::json(StatusCode::OK, issued.body)),
        Err(error) => {
            tracing::debug!(%error, "no token");
            (error.event(&server, &visit), reply::error(&error.public(), &headers))
        }
    };
    let Some(event) = event else { return response };
    match server.record_answer(&event).await {
        Ok(()) => response,
        Err(error) => reply::unrecorded(&error, &headers),
    }
}

async fn answer(
    server: &AuthServer,
    visit: &Visit,
    headers: &HeaderMap,
    query: Option<&str>,
    body: &[u8],
) -> Result<Issued, TokenError> {
    let malformed = |error: OAuthError| TokenError::new(error, "request_malformed");
    if !reply::is_form(headers) {
        return Err(malformed(OAuthError::request("the body must be application/x-www-form-urlencoded")));
    }
    let params = Params::parse_form(query, body).map_err(|error| malformed(error.into()))?;
    let client = caller::authenticate(server, visit, headers, &params).await?;
    let (name, request) = grants::parse(&params).map_err(|error| malformed(error).about(&client.id, None))?;
    if !client.allows_grant(name) {
        let error = OAuthError::new(ErrorCode::UnauthorizedClient, "the client did not register for this grant_type");
        return Err(TokenError::new(error, "grant_type_not_registered").about(&client.id, None));
    }
    run(server, visit, &client, request).await.map_err(|error| error.about(&client.id, None))
}

async fn run(server: &AuthServer, visit: &Visit, client: &Client, request: TokenRequest) -> Result<Issued, TokenError> {
    match request {
        TokenRequest::AuthorizationCode(request) => code::redeem(server, visit, client, request).await,
        TokenRequest::RefreshToken(request) => refresh::redeem(server, visit, client, request).await,
        TokenRequest::ClientCredentials(request) => service::redeem(server, visit, client, request).await,
    }
}
