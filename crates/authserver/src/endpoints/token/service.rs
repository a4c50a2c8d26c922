//! `client_credentials`: a client that an administrator entered acts for itself.

use std::sync::Arc;

use vestibule_model::{Acr, Authentication, Client, ClientKind, GrantId, ScopeSet, Server};
use vestibule_oauth::{
    error::{ErrorCode, OAuthError},
    grants::client_credentials::{NAME, Request},
};
use vestibule_store::{StoreError, grants::GrantRecord};

use super::{Issued, TokenError, issue::Issue};
use crate::{AuthServer, endpoints::authorize, scopes, visit::Visit};

/// RFC 6749 section 4.4: MUST only be used by confidential clients. There is no refresh token: the client can ask again.
pub(super) async fn redeem(
    server: &AuthServer,
    visit: &Visit,
    client: &Client,
    request: Request,
) -> Result<Issued, TokenError> {
    if client.is_public() || client.kind != ClientKind::Preregistered {
        let error =
            OAuthError::new(ErrorCode::UnauthorizedClient, "only clients entered by an administrator may do this");
        return Err(TokenError::new(error, "not_a_service_client"));
    }
    let target = authorize::target(server, request.resource.as_deref());
    let target = target.map_err(|error| TokenError::new(error, "other_resource"))?;
    let scopes = scopes::requested(&target, client, request.scope.as_ref());
    if scopes.is_empty() {
        let error = OAuthError::new(ErrorCode::InvalidScope, "none of the requested scopes can be given here");
        return Err(TokenError::new(error, "no_scope"));
    }
    let grant = standing_grant(server, client, &target, &scopes).await?;
    Issue { server, visit, client, grant: &grant, target, scopes, nonce: None, action: NAME }.finish(None)
}

/// The grant that says so. One stands for all tokens of a client at a server, so that an administrator sees and revokes
/// one thing, and asking often does not fill the database.
async fn standing_grant(
    server: &AuthServer,
    client: &Client,
    target: &Arc<Server>,
    scopes: &ScopeSet,
) -> Result<GrantRecord, StoreError> {
    let enough = server.clock.now() + server.settings.access_token_life;
    let suits = |grant: &GrantRecord| {
        grant.user.is_none()
            && grant.resource == target.resource
            && grant.scopes == *scopes
            && grant.expires_at >= enough
    };
    let standing = server.store.list_service_grants(&client.id).await?;
    if let Some(grant) = standing.into_iter().find(suits) {
        return Ok(grant);
    }
    let now = server.clock.now();
    let grant = GrantRecord {
        id: GrantId::generate(&*server.clock, &*server.random),
        org: server.settings.service_org.clone(),
        user: None,
        client: client.id.clone(),
        resource: target.resource.clone(),
        scopes: scopes.clone(),
        authentication: Authentication { acr: Acr::Single, amr: Vec::new(), auth_time: now },
        session: None,
        redirect_host: None,
        created_at: now,
        expires_at: now + server.settings.refresh_absolute,
        last_used_at: None,
        revoked_at: None,
        revoked_because: None,
    };
    server.store.create_grant(&grant).await?;
    Ok(grant)
}
