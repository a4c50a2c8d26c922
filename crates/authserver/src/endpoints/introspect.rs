//! `/introspect` (RFC 7662): a client that can keep a secret asks about its own tokens.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use vestibule_model::{Client, OpaqueToken, TokenKind};
use vestibule_oauth::{
    error::OAuthError,
    issue::AccessToken,
    params::Params,
    token::{self, ActiveRefresh, INACTIVE},
    verify,
};
use vestibule_store::{StoreError, grants::GrantRecord};

use super::{
    body::Whole,
    caller::{self, CallerError},
    reply,
};
use crate::{AuthServer, visit::Visit};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum IntrospectError {
    /// 400 or 401.
    #[error("{0}")]
    Refused(OAuthError),
    /// 503.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CallerError> for IntrospectError {
    fn from(error: CallerError) -> Self {
        match error {
            CallerError::Refused { error, .. } => Self::Refused(error),
            CallerError::Store(error) => Self::Store(error),
        }
    }
}

impl IntrospectError {
    fn public(&self) -> OAuthError {
        match self {
            Self::Refused(error) => error.clone(),
            Self::Store(_) => OAuthError::unavailable("database"),
        }
    }
}

/// Says whether a token is live. RFC 7662 section 4: only an authenticated caller gets an answer, or the endpoint would
/// be an oracle; about tokens of others it hears what it hears about nonsense.
pub(crate) async fn handle(
    State(server): State<Arc<AuthServer>>,
    visit: Visit,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    Whole(body): Whole,
) -> Response {
    match introspect(&server, &visit, &headers, query.as_deref(), &body).await {
        Ok(answer) => reply::json(StatusCode::OK, answer),
        Err(error) => reply::error(&error.public(), &headers),
    }
}

async fn introspect(
    server: &AuthServer,
    visit: &Visit,
    headers: &HeaderMap,
    query: Option<&str>,
    body: &[u8],
) -> Result<String, IntrospectError> {
    let refused = IntrospectError::Refused;
    if !reply::is_form(headers) {
        return Err(refused(OAuthError::request("the body must be application/x-www-form-urlencoded")));
    }
    let params = Params::parse_form(query, body).map_err(|error| refused(error.into()))?;
    let client = caller::authenticate(server, visit, headers, &params).await?;
    if client.is_public() {
        return Err(refused(OAuthError::client()));
    }
    let token = token::named_token(&params).map_err(refused)?;
    let about = match OpaqueToken::parse(TokenKind::RefreshToken, token) {
        Some(_) => refresh_token(server, &client, token).await?,
        None => access_token(server, &client, token).await?,
    };
    Ok(about.unwrap_or_else(|| INACTIVE.to_owned()))
}

async fn access_token(server: &AuthServer, client: &Client, token: &str) -> Result<Option<String>, StoreError> {
    let (keys, now) = (server.keys.load(), server.clock.now());
    let verified = verify::verify_any_audience(token, &keys, &server.settings.public_url, now).ok();
    let own =
        |claims: &AccessToken| claims.client == client.id && !server.store.is_token_id_revoked(claims.id.as_str());
    let Some(claims) = verified.map(verify::VerifiedToken::into_claims).filter(own) else { return Ok(None) };
    let grant = server.store.find_grant(&claims.grant).await?;
    let live = grant.is_some_and(|grant| is_live(server, &grant) && grant.client == claims.client);
    Ok(live.then(|| token::active_access_token(&claims)))
}

async fn refresh_token(server: &AuthServer, client: &Client, token: &str) -> Result<Option<String>, StoreError> {
    let Some(digest) = OpaqueToken::parse(TokenKind::RefreshToken, token) else { return Ok(None) };
    let Some((refresh, grant, consumed)) = server.store.find_refresh(digest).await? else { return Ok(None) };
    let now = server.clock.now();
    let fresh = consumed.is_none() && now < refresh.idle_expires_at && now < refresh.expires_at;
    if !fresh || refresh.client != client.id || !is_live(server, &grant) {
        return Ok(None);
    }
    let active = ActiveRefresh {
        issuer: &server.settings.public_url,
        client: &refresh.client,
        grant: &grant.id,
        resource: &grant.resource,
        scopes: &grant.scopes,
        expires_at: refresh.expires_at.min(refresh.idle_expires_at),
    };
    Ok(Some(active.to_json()))
}

fn is_live(server: &AuthServer, grant: &GrantRecord) -> bool {
    let directory = server.store.directory();
    let active = |user: &vestibule_model::UserId| {
        directory.find(user).is_some_and(|user| !user.disabled && user.org == grant.org)
    };
    grant.revoked_at.is_none() && server.clock.now() < grant.expires_at && grant.user.as_ref().is_none_or(active)
}
