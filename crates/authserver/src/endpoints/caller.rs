//! Which client calls one of the machine-facing endpoints, proven.

use http::{HeaderMap, header};
use vestibule_model::{Client, ClientId};
use vestibule_oauth::{
    assertion,
    client_auth::{self, Proof},
    error::{ErrorCode, OAuthError},
    metadata::paths,
    params::Params,
};
use vestibule_store::{StoreError, once::OnceKind};

use crate::{
    AuthServer,
    clients::{self, ClientError},
    settings::AssertionAudience,
    visit::Visit,
};

/// Why the caller is not believed: what it hears, and what our journal says.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallerError {
    /// 400 or 401.
    #[error("{error} ({reason})")]
    Refused {
        /// For the client.
        error: OAuthError,
        /// For us.
        reason: &'static str,
        /// Who it claimed to be.
        claimed: Option<ClientId>,
    },
    /// 503.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A client that proved itself as it registered to; for a public one its id is all there is.
pub(super) async fn authenticate(
    server: &AuthServer,
    visit: &Visit,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Client, CallerError> {
    let authorization = headers.get_all(header::AUTHORIZATION).iter().map(|value| value.as_bytes());
    let presented = client_auth::presented(authorization, params).map_err(|error| CallerError::Refused {
        error,
        reason: "client_authentication_malformed",
        claimed: None,
    })?;
    let client = find(server, visit, &presented.client).await?;
    let refused = |reason| Err(refuse(&presented.client, reason));
    if !client_auth::suits(&client, &presented.proof) {
        return refused("client_authentication_method");
    }
    match &presented.proof {
        Proof::None => Ok(client),
        Proof::Secret(readings) => {
            let stored = server.store.client_secrets(&client.id).await?;
            if client_auth::secret_matches(readings, &stored) { Ok(client) } else { refused("client_secret_wrong") }
        }
        Proof::Assertion(jwt) => match spend_assertion(server, &client, jwt).await? {
            Ok(()) => Ok(client),
            Err(reason) => refused(reason),
        },
    }
}

async fn find(server: &AuthServer, visit: &Visit, id: &ClientId) -> Result<Client, CallerError> {
    clients::resolve(server, id, visit.address).await.map_err(|error| match error {
        ClientError::Unknown => refuse(id, "client_unknown"),
        ClientError::Document(_) => refuse(id, "client_document"),
        ClientError::TooMany => CallerError::Refused {
            error: OAuthError::new(ErrorCode::TemporarilyUnavailable, "too many requests; try again later"),
            reason: "client_document_limit",
            claimed: Some(id.clone()),
        },
        ClientError::Store(error) => CallerError::Store(error),
    })
}

fn refuse(claimed: &ClientId, reason: &'static str) -> CallerError {
    CallerError::Refused { error: OAuthError::client(), reason, claimed: Some(claimed.clone()) }
}

/// RFC 7523 section 3: an assertion counts once.
async fn spend_assertion(
    server: &AuthServer,
    client: &Client,
    jwt: &str,
) -> Result<Result<(), &'static str>, StoreError> {
    let token_endpoint = server.settings.url(paths::TOKEN);
    let issuer = server.settings.public_url.as_str();
    let both = [issuer, token_endpoint.as_str()];
    let audiences = match server.settings.assertion_audience {
        AssertionAudience::IssuerOnly => both.get(..1).unwrap_or_default(),
        AssertionAudience::IssuerOrTokenEndpoint => &both,
    };
    let Ok(assertion) = assertion::verify(jwt, client, audiences, server.clock.now()) else {
        return Ok(Err("client_assertion_invalid"));
    };
    let fresh = server.store.consume_foreign(OnceKind::AssertionJti, assertion.id(), assertion.expires_at()).await?;
    Ok(if fresh { Ok(()) } else { Err("client_assertion_replayed") })
}
