//! Making the tokens that hang off a grant, and checking that it may have any.

use std::sync::Arc;

use serde::Serialize;
use vestibule_model::{
    AuditEvent, Client, EventKind, FamilyId, OpaqueToken, ScopeSet, Server, Timestamp, TokenId, TokenKind, Verdict,
};
use vestibule_oauth::{
    error::{ErrorCode, OAuthError},
    issue::{AccessToken, sign_claims},
    keys::KeyError,
    token::TokenResponse,
};
use vestibule_store::{StoreError, grants::GrantRecord, refresh::RefreshRecord};

use super::{Issued, TokenError};
use crate::{AuthServer, scopes::OPENID, visit::Visit};

/// What is issued under a grant.
pub(super) struct Issue<'a> {
    pub(super) server: &'a AuthServer,
    pub(super) visit: &'a Visit,
    pub(super) client: &'a Client,
    pub(super) grant: &'a GrantRecord,
    /// The server it is for.
    pub(super) target: Arc<Server>,
    /// The grant's scopes or fewer.
    pub(super) scopes: ScopeSet,
    /// For the ID token.
    pub(super) nonce: Option<&'a str>,
    /// The grant type, for the journal.
    pub(super) action: &'static str,
}

/// ID token claims (OpenID Connect Core section 2).
#[derive(Serialize)]
struct IdClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
    iat: i64,
    auth_time: i64,
    acr: &'a str,
    amr: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

impl Issue<'_> {
    /// Signs an access token (and an ID token when `openid` was granted to a person's client) and writes the body.
    pub(super) fn finish(self, refresh_token: Option<&str>) -> Result<Issued, TokenError> {
        let now = self.server.clock.now();
        let access = self.access_token(now);
        let keys = self.server.keys.load();
        let access_token = access.sign(&keys)?;
        let wants_id = self.grant.user.is_some() && self.scopes.contains(OPENID);
        let id_token = if wants_id { Some(self.id_token(&access)?) } else { None };
        let response = TokenResponse {
            access_token: &access_token,
            token_type: "Bearer",
            expires_in: access.expires_at.since(now).as_secs(),
            refresh_token,
            scope: &self.scopes,
            id_token: id_token.as_deref(),
        };
        let body = serde_json::to_vec(&response).map_err(|_| KeyError::Library)?;
        Ok(Issued { body, event: self.event(&access) })
    }

    /// No token outlives its grant.
    fn access_token(&self, now: Timestamp) -> AccessToken {
        let subject = self.grant.user.as_ref().map_or(self.client.id.as_str(), |user| user.as_str());
        AccessToken {
            issuer: self.server.settings.public_url.clone(),
            audience: self.grant.resource.clone(),
            subject: subject.to_owned(),
            client: self.client.id.clone(),
            org: self.grant.org.clone(),
            grant: self.grant.id.clone(),
            scopes: self.scopes.clone(),
            authentication: self.grant.authentication.clone(),
            id: TokenId::generate(&*self.server.clock, &*self.server.random),
            issued_at: now,
            expires_at: (now + self.server.settings.access_token_life).min(self.grant.expires_at),
        }
    }

    fn id_token(&self, access: &AccessToken) -> Result<String, KeyError> {
        let claims = IdClaims {
            iss: &access.issuer,
            sub: &access.subject,
            aud: self.client.id.as_str(),
            exp: access.expires_at.as_seconds(),
            iat: access.issued_at.as_seconds(),
            auth_time: access.authentication.auth_time.as_seconds(),
            acr: access.authentication.acr.as_str(),
            amr: &access.authentication.amr,
            nonce: self.nonce,
        };
        sign_claims(&self.server.keys.load(), "JWT", &claims, access.issued_at)
    }

    fn event(&self, access: &AccessToken) -> AuditEvent {
        let mut event = self.visit.event(self.server, EventKind::Token);
        event.verdict = Some(Verdict::Allow);
        event.action = Some(self.action.into());
        event.org = Some(self.grant.org.clone());
        event.user = self.grant.user.clone();
        event.client = Some(self.client.id.clone());
        event.grant = Some(self.grant.id.clone());
        event.session = self.grant.session.clone();
        event.scopes = Some(self.scopes.clone());
        event.server = Some(self.target.name.clone());
        event.target = Some(access.id.as_str().into());
        event
    }
}

/// A refresh token for a grant, not yet stored. `family` is new unless it continues one.
pub(super) fn refresh_token(
    server: &AuthServer,
    grant: &GrantRecord,
    family: Option<FamilyId>,
) -> (OpaqueToken, RefreshRecord) {
    let now = server.clock.now();
    let token = OpaqueToken::generate(TokenKind::RefreshToken, &*server.random);
    let record = RefreshRecord {
        digest: token.digest(),
        family: family.unwrap_or_else(|| FamilyId::generate(&*server.clock, &*server.random)),
        parent: None,
        grant: grant.id.clone(),
        client: grant.client.clone(),
        issued_at: now,
        idle_expires_at: now + server.settings.refresh_idle,
        expires_at: (now + server.settings.refresh_absolute).min(grant.expires_at),
    };
    (token, record)
}

/// Whether a grant may have tokens now: it is live, its user may act, and its server is still there.
pub(super) fn check_grant(server: &AuthServer, grant: &GrantRecord) -> Result<Arc<Server>, TokenError> {
    let refused = |reason| TokenError::grant(reason).about(&grant.client, Some(grant));
    if grant.revoked_at.is_some() {
        return Err(refused("grant_revoked"));
    }
    if grant.expires_at <= server.clock.now() {
        return Err(refused("grant_expired"));
    }
    if let Some(id) = &grant.user {
        let directory = server.store.directory();
        let active = directory.find(id).is_some_and(|user| !user.disabled && user.org == grant.org);
        if !active {
            return Err(refused("user_not_active"));
        }
    }
    let servers = server.servers.load();
    let target = servers.find_exactly(&grant.resource).cloned();
    target.ok_or_else(|| refused("server_removed"))
}

/// RFC 8707 section 2.2: `resource` can only name what the grant is for.
pub(super) fn check_resource(resource: Option<&str>, grant: &GrantRecord) -> Result<(), TokenError> {
    if resource.is_none_or(|resource| grant.resource.is_meant_by(resource)) {
        return Ok(());
    }
    let error = OAuthError::new(ErrorCode::InvalidTarget, "the resource is not the one that was authorized");
    Err(TokenError::new(error, "other_resource").about(&grant.client, Some(grant)))
}

/// Revokes a grant and says so in the journal.
pub(super) async fn revoke(
    server: &AuthServer,
    visit: &Visit,
    grant: &GrantRecord,
    because: &'static str,
) -> Result<(), StoreError> {
    server.store.revoke_grant(&grant.id, because).await?;
    note_revoked(server, visit, grant, because).await
}

/// The journal's line about a grant that was revoked.
pub(super) async fn note_revoked(
    server: &AuthServer,
    visit: &Visit,
    grant: &GrantRecord,
    because: &'static str,
) -> Result<(), StoreError> {
    let mut event = visit.event(server, EventKind::Revoke);
    event.reason = Some(because.into());
    event.org = Some(grant.org.clone());
    event.user = grant.user.clone();
    event.client = Some(grant.client.clone());
    event.grant = Some(grant.id.clone());
    server.record(&event).await
}
