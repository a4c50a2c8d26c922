//! `/register` (RFC 7591): any client may register, so a registration is worth nothing until somebody signs in with it.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use vestibule_model::{Client, ClientAuthMethod, ClientId, ClientKind, EventKind, OpaqueToken, TokenKind, Verdict};
use vestibule_oauth::{
    error::{ErrorCode, OAuthError},
    registration,
};
use vestibule_store::StoreError;

use super::{body::Whole, reply};
use crate::{AuthServer, visit::Visit};

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
enum RegisterError {
    /// 403: switched off.
    #[error("registration is closed")]
    Closed,
    /// 429.
    #[error("too many registrations from this address")]
    TooMany,
    /// 503: the most clients we keep.
    #[error("too many clients are registered")]
    Full,
    /// 400.
    #[error("{0}")]
    Metadata(#[from] OAuthError),
    /// 503.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RegisterError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Closed => "registration_closed",
            Self::TooMany => "registration_limit",
            Self::Full => "registrations_full",
            Self::Metadata(error) => error.code.as_str(),
            Self::Store(_) => "database",
        }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let say = |code, sentence| OAuthError::new(code, sentence);
        let busy = |sentence| say(ErrorCode::TemporarilyUnavailable, sentence);
        match self {
            Self::Closed => {
                let error =
                    say(ErrorCode::InvalidRequest, "dynamic registration is switched off; ask an administrator");
                with_status(reply::error(&error, headers), StatusCode::FORBIDDEN)
            }
            Self::TooMany => {
                let error = busy("too many registrations from this address; try again later");
                let mut response = with_status(reply::error(&error, headers), StatusCode::TOO_MANY_REQUESTS);
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("3600"));
                response
            }
            Self::Full => reply::error(&busy("too many clients are registered; try again later"), headers),
            Self::Metadata(error) => reply::error(error, headers),
            Self::Store(_) => reply::error(&OAuthError::unavailable("database"), headers),
        }
    }
}

fn with_status(mut response: Response, status: StatusCode) -> Response {
    *response.status_mut() = status;
    response
}

/// Registers a client. It ends after a while unless somebody signs in with it.
pub(crate) async fn handle(
    State(server): State<Arc<AuthServer>>,
    visit: Visit,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Response {
    let result = register(&server, &visit, &headers, &body).await;
    let mut event = visit.event(&server, EventKind::Client);
    event.action = Some("register".into());
    let response = match result {
        Ok((client, secret)) => {
            event.verdict = Some(Verdict::Allow);
            event.client = Some(client.id.clone());
            let body = registration::response(&client, secret.as_ref().map(OpaqueToken::expose));
            reply::json(StatusCode::CREATED, body)
        }
        Err(error) => {
            event.verdict = Some(Verdict::Deny);
            event.reason = Some(error.reason().into());
            error.answer(&headers)
        }
    };
    match server.record_answer(&event).await {
        Ok(()) => response,
        Err(error) => reply::unrecorded(&error, &headers),
    }
}

async fn register(
    server: &AuthServer,
    visit: &Visit,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Client, Option<OpaqueToken>), RegisterError> {
    let (limits, now) = (&server.settings.registration, server.clock.now());
    if !limits.enabled {
        return Err(RegisterError::Closed);
    }
    if !server.limits.registrations.admit(visit.address, limits.per_address_per_hour, now) {
        return Err(RegisterError::TooMany);
    }
    if !reply::is_json(headers) {
        return Err(OAuthError::new(ErrorCode::InvalidClientMetadata, "the body must be application/json").into());
    }
    let metadata = registration::parse(body, server.settings.private_use_schemes)?;
    if server.store.count_clients(ClientKind::Registered).await? >= limits.max_clients {
        return Err(RegisterError::Full);
    }
    let id = ClientId::generate(&*server.clock, &*server.random);
    let client = metadata.into_client(id, ClientKind::Registered, now, Some(now + limits.unused_ttl));
    let by_secret =
        matches!(client.auth_method, ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::ClientSecretPost);
    let secret = by_secret.then(|| OpaqueToken::generate(TokenKind::ClientSecret, &*server.random));
    server.store.create_client(&client, secret.as_ref().map(OpaqueToken::digest)).await?;
    Ok((client, secret))
}
