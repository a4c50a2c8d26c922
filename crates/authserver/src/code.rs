//! Authorization codes (RFC 6749 section 4.1.2): single use, one minute, bound to everything the request was about.

use serde::{Deserialize, Serialize};
use vestibule_model::{ClientId, GrantId, OpaqueToken, Timestamp, TokenKind};
use vestibule_oauth::{pkce::Challenge, redirect_uri::ProvenRedirect};
use vestibule_store::{StoreError, once::OnceKind};

use crate::{AuthServer, flow::FlowRequest};

/// What a code stands for; resource, scopes and user are the grant's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Code {
    /// The consent behind it.
    pub(crate) grant: GrantId,
    /// The only client that may redeem it.
    pub(crate) client: ClientId,
    /// Where it was sent.
    pub(crate) redirect_uri: ProvenRedirect,
    /// PKCE.
    pub(crate) challenge: Challenge,
    /// For the ID token.
    pub(crate) nonce: Option<String>,
    /// The end of the grant once the code is redeemed: what the person chose.
    pub(crate) until: Timestamp,
}

impl Code {
    /// Makes a code for a grant.
    pub(crate) async fn issue(
        server: &AuthServer,
        request: &FlowRequest,
        grant: &GrantId,
        until: Timestamp,
    ) -> Result<OpaqueToken, StoreError> {
        let code = Self {
            grant: grant.clone(),
            client: request.client.clone(),
            redirect_uri: request.redirect_uri.clone(),
            challenge: request.code_challenge.clone(),
            nonce: request.nonce.clone(),
            until,
        };
        let data = serde_json::to_vec(&code).map_err(|_| StoreError::Damaged("authorization code"))?;
        let token = OpaqueToken::generate(TokenKind::AuthorizationCode, &*server.random);
        let expires_at = server.clock.now() + server.settings.code_life;
        let kind = OnceKind::AuthorizationCode;
        server.store.issue_once(kind, token.digest(), grant.as_str(), expires_at, &data).await?;
        Ok(token)
    }

    /// What the store gave back.
    pub(crate) fn parse(data: &[u8]) -> Result<Self, StoreError> {
        serde_json::from_slice(data).map_err(|_| StoreError::Damaged("authorization code"))
    }
}
