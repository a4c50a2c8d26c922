//! `/revoke` (RFC 7009).

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use vestibule_model::{Client, ClientId, EventKind, GrantId, OpaqueToken, TokenKind, Verdict};
use vestibule_oauth::{error::OAuthError, params::Params, token, verify};
use vestibule_store::StoreError;

use super::{
    body::Whole,
    caller::{self, CallerError},
    reply,
};
use crate::{AuthServer, visit::Visit};

/// Why nothing was revoked.
#[derive(Debug, thiserror::Error)]
enum RevokeError {
    /// 400 or 401.
    #[error("{error} ({reason})")]
    Refused { error: OAuthError, reason: &'static str, client: Option<ClientId> },
    /// 503, never 200: the client must know that its token still works (RFC 7009 section 2.2.1).
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CallerError> for RevokeError {
    fn from(error: CallerError) -> Self {
        match error {
            CallerError::Refused { error, reason, claimed } => Self::Refused { error, reason, client: claimed },
            CallerError::Store(error) => Self::Store(error),
        }
    }
}

impl RevokeError {
    fn public(&self) -> OAuthError {
        match self {
            Self::Refused { error, .. } => error.clone(),
            Self::Store(_) => OAuthError::unavailable("database"),
        }
    }
}

/// What was revoked.
struct Revoked {
    client: ClientId,
    /// `None`: the token was not one of this client's living ones, which is just as well.
    what: Option<(GrantId, &'static str)>,
}

/// Revokes a token of the calling client. RFC 7009 section 2.2: 200 also for a token we do not know.
pub(crate) async fn handle(
    State(server): State<Arc<AuthServer>>,
    visit: Visit,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    Whole(body): Whole,
) -> Response {
    let result = revoke(&server, &visit, &headers, query.as_deref(), &body).await;
    let mut event = visit.event(&server, EventKind::Revoke);
    let response = match result {
        Ok(revoked) => {
            event.verdict = Some(Verdict::Allow);
            event.client = Some(revoked.client);
            event.action = Some(revoked.what.as_ref().map_or("unknown_token", |(_, what)| what).into());
            event.grant = revoked.what.map(|(grant, _)| grant);
            reply::json(StatusCode::OK, "{}")
        }
        Err(error) => {
            event.verdict = Some(Verdict::Deny);
            if let RevokeError::Refused { reason, client, .. } = &error {
                event.reason = Some((*reason).into());
                event.client = client.clone();
            }
            reply::error(&error.public(), &headers)
        }
    };
    match server.record_answer(&event).await {
        Ok(()) => response,
        Err(error) => reply::unrecorded(&error, &headers),
    }
}

async fn revoke(
    server: &AuthServer,
    visit: &Visit,
    headers: &HeaderMap,
    query: Option<&str>,
    body: &[u8],
) -> Result<Revoked, RevokeError> {
    let malformed = |error| RevokeError::Refused { error, reason: "request_malformed", client: None };
    if !reply::is_form(headers) {
        return Err(malformed(OAuthError::request("the body must be application/x-www-form-urlencoded")));
    }
    let params = Params::parse_form(query, body).map_err(|error| malformed(error.into()))?;
    let client = caller::authenticate(server, visit, headers, &params).await?;
    let token = token::named_token(&params).map_err(malformed)?;
    let what = match OpaqueToken::parse(TokenKind::RefreshToken, token) {
        Some(_) => revoke_refresh(server, &client, token).await?,
        None => revoke_access(server, &client, token).await?,
    };
    Ok(Revoked { client: client.id, what })
}

/// A refresh token takes its grant with it, and so every token of that grant (RFC 7009 section 2.1).
async fn revoke_refresh(
    server: &AuthServer,
    client: &Client,
    token: &str,
) -> Result<Option<(GrantId, &'static str)>, StoreError> {
    let Some(digest) = OpaqueToken::parse(TokenKind::RefreshToken, token) else { return Ok(None) };
    let found = server.store.find_refresh(digest).await?;
    // RFC 7009 section 2.1: whether the token was issued to the client making the request is verified first.
    let Some((_, grant, _)) = found.filter(|(refresh, _, _)| refresh.client == client.id) else { return Ok(None) };
    server.store.revoke_grant(&grant.id, "revoked_by_client").await?;
    Ok(Some((grant.id, "refresh_token")))
}

async fn revoke_access(
    server: &AuthServer,
    client: &Client,
    token: &str,
) -> Result<Option<(GrantId, &'static str)>, StoreError> {
    let (keys, now) = (server.keys.load(), server.clock.now());
    let verified = verify::verify_any_audience(token, &keys, &server.settings.public_url, now).ok();
    let claims = verified.map(verify::VerifiedToken::into_claims).filter(|claims| claims.client == client.id);
    let Some(claims) = claims else { return Ok(None) };
    server.store.revoke_token_id(claims.id.as_str(), claims.expires_at + verify::LEEWAY).await?;
    Ok(Some((claims.grant, "access_token")))
}
