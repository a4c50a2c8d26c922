//! An authorization request that waits for its user.
//!
//! It rests in the store, sealed, under the digest of a token that only the URL of the waiting page carries, and it is
//! bound to the browser it started in. Its user allows or denies it; one of both happens, exactly once.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vestibule_model::{
    Acr, AuditEvent, Client, ClientId, ClientKind, Digest, EventKind, GrantId, OpaqueToken, ResourceUri, ScopeSet,
    ServerName, TokenKind, Verdict,
};
pub use vestibule_oauth::authorize::Prompt;
use vestibule_oauth::{
    error::{ErrorCode, OAuthError},
    pkce::Challenge,
    redirect_uri::ProvenRedirect,
    response::{Answer, redirect_url},
};
use vestibule_store::{
    StoreError,
    grants::GrantRecord,
    once::{Consumed, OnceKind},
    sessions::SessionRecord,
};

use crate::{
    AuthServer,
    browser::Browser,
    clients::{self, ClientError},
    code::Code,
    visit::Visit,
};

/// An authorization request whose client, redirect URI and parameters were checked.
#[derive(Clone, Debug)]
pub struct Flow {
    digest: Digest,
    /// What was asked.
    pub request: FlowRequest,
}

/// What a client asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FlowRequest {
    /// The client.
    pub client: ClientId,
    /// Where the answer goes.
    pub redirect_uri: ProvenRedirect,
    /// Its host, as people must see it (`localhost`, `app.example.com`, or the scheme of a private-use URI).
    pub redirect_host: String,
    /// The scopes asked for; when the client named none, all that the server offers.
    pub scopes: ScopeSet,
    /// The server it is for.
    pub server: ServerName,
    /// That server's resource (RFC 8707).
    pub resource: ResourceUri,
    /// Given back as it came (RFC 6749 section 4.1.1).
    pub state: Option<String>,
    /// PKCE.
    pub code_challenge: Challenge,
    /// For the ID token (OpenID Connect Core section 3.1.2.1).
    pub nonce: Option<String>,
    /// What the client wants to be asked again.
    pub prompt: Prompt,
    /// The user must have signed in within this many seconds.
    pub max_age: Option<u64>,
    /// The user must have signed in at least this strongly (RFC 9470 section 4).
    #[serde(default)]
    pub acr: Option<Acr>,
    /// Digest of the browser cookie.
    #[serde(with = "hex_digest")]
    pub browser: Digest,
}

/// Why a flow cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// Unknown, ended, already answered, or of another browser: start again from the client.
    #[error("this sign-in request is not valid any more; start again from your application")]
    Gone,
    /// The client, the server or the user was disabled or removed meanwhile.
    #[error("the application or server of this request is not available any more")]
    Unavailable,
    /// More was granted than asked, or nothing.
    #[error("the granted scopes are not a part of those asked for")]
    Scopes,
    /// The database or the journal failed: 503.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Flow {
    /// Stores a request; the token goes into the URL of the next page (`?flow=`).
    pub async fn save(server: &AuthServer, request: &FlowRequest) -> Result<OpaqueToken, FlowError> {
        let token = OpaqueToken::generate(TokenKind::Flow, &*server.random);
        let expires_at = server.clock.now() + server.settings.flow_life;
        let subject = request.client.as_str();
        server.store.issue_once(OnceKind::Flow, token.digest(), subject, expires_at, &encode(request)?).await?;
        Ok(token)
    }

    /// The flow of a token, in the browser where it started. Somebody else's browser finds nothing: a link to the
    /// consent page that an attacker sends does not work.
    pub async fn load(server: &AuthServer, token: &str, browser: &Browser) -> Result<Self, FlowError> {
        let digest = OpaqueToken::parse(TokenKind::Flow, token).ok_or(FlowError::Gone)?;
        let data = server.store.peek_once(OnceKind::Flow, digest).await?.ok_or(FlowError::Gone)?;
        let request: FlowRequest = serde_json::from_slice(&data).map_err(|_| StoreError::Damaged("flow"))?;
        if request.browser != browser.digest() {
            return Err(FlowError::Gone);
        }
        Ok(Self { digest, request })
    }

    /// The sign-in that `prompt=login` or `max_age` demanded has happened.
    pub async fn signed_in(&mut self, server: &AuthServer) -> Result<(), FlowError> {
        self.request.prompt.login = false;
        self.request.max_age = None;
        let updated = server.store.update_once(OnceKind::Flow, self.digest, &encode(&self.request)?).await?;
        if updated { Ok(()) } else { Err(FlowError::Gone) }
    }

    /// Whether a session is fresh and strong enough for it (`prompt=login`, `max_age`, `acr_values`); if not, sign in
    /// again.
    pub fn accepts(&self, server: &AuthServer, session: &SessionRecord) -> bool {
        let age = server.clock.now().since(session.authentication.auth_time).as_secs();
        !self.request.prompt.login
            && self.request.max_age.is_none_or(|most| age <= most)
            && !self.wants_more_than(session)
    }

    /// Whether it asks for a stronger sign-in than that of a session.
    pub fn wants_more_than(&self, session: &SessionRecord) -> bool {
        self.request.acr.is_some_and(|least| session.authentication.acr < least)
    }

    /// Ends it; only one caller ever succeeds.
    async fn consume(&self, server: &AuthServer) -> Result<(), FlowError> {
        match server.store.consume(OnceKind::Flow, self.digest).await? {
            Consumed::Won(_) => Ok(()),
            Consumed::Lost { .. } | Consumed::Unknown => Err(FlowError::Gone),
        }
    }

    /// Its client, as it is now. A metadata document that has aged while its user was asked is fetched again.
    pub async fn client(&self, server: &AuthServer, visit: &Visit) -> Result<Client, FlowError> {
        clients::resolve(server, &self.request.client, visit.address).await.map_err(|error| match error {
            ClientError::Store(error) => FlowError::Store(error),
            ClientError::Unknown | ClientError::Document(_) | ClientError::TooMany => FlowError::Unavailable,
        })
    }

    /// The client and the redirect URI, checked again: both may have changed while the user was asked.
    async fn recheck(&self, server: &AuthServer, visit: &Visit) -> Result<(Client, ProvenRedirect), FlowError> {
        let client = self.client(server, visit).await?;
        let requested = self.request.redirect_uri.as_str();
        let redirect = ProvenRedirect::prove(&client, requested, server.settings.private_use_schemes);
        let known =
            server.servers.load().find_exactly(&self.request.resource).is_some_and(|it| it.name == self.request.server);
        match redirect {
            Ok(redirect) if known => Ok((client, redirect)),
            _ => Err(FlowError::Unavailable),
        }
    }

    fn event(
        &self,
        server: &AuthServer,
        visit: &Visit,
        verdict: Verdict,
        session: Option<&SessionRecord>,
    ) -> AuditEvent {
        let mut event = visit.event(server, EventKind::Consent);
        event.client = Some(self.request.client.clone());
        event.server = Some(self.request.server.clone());
        event.target = Some(self.request.redirect_host.as_str().into());
        event.verdict = Some(verdict);
        event.user = session.map(|session| session.user.clone());
        event.org = session.map(|session| session.org.clone());
        event.session = session.map(|session| session.id.clone());
        event
    }

    /// The consent. Until the code is redeemed it lives no longer than the code.
    fn grant(&self, server: &AuthServer, session: &SessionRecord, granted: ScopeSet) -> GrantRecord {
        let now = server.clock.now();
        GrantRecord {
            id: GrantId::generate(&*server.clock, &*server.random),
            org: session.org.clone(),
            user: Some(session.user.clone()),
            client: self.request.client.clone(),
            resource: self.request.resource.clone(),
            scopes: granted,
            authentication: session.authentication.clone(),
            session: Some(session.id.clone()),
            redirect_host: Some(self.request.redirect_host.clone()),
            created_at: now,
            expires_at: now + server.settings.code_life,
            last_used_at: None,
            revoked_at: None,
            revoked_because: None,
        }
    }
}

/// The user allows it: consumes the flow, creates grant and code, and gives the URL to redirect (303) to.
/// `granted` must be a part of what was asked and not empty. Only one of many parallel calls succeeds.
pub async fn allow(
    server: &AuthServer,
    visit: &Visit,
    flow: Flow,
    session: &SessionRecord,
    granted: ScopeSet,
    lifetime: Duration,
) -> Result<String, FlowError> {
    if granted.is_empty() || !granted.is_subset(&flow.request.scopes) {
        return Err(FlowError::Scopes);
    }
    if !flow.accepts(server, session) {
        return Err(FlowError::Gone);
    }
    let (client, redirect) = flow.recheck(server, visit).await?;
    flow.consume(server).await?;
    let grant = flow.grant(server, session, granted);
    let longest = server.settings.consent_lifetimes.iter().max().copied().unwrap_or(lifetime);
    let mut event = flow.event(server, visit, Verdict::Allow, Some(session));
    event.grant = Some(grant.id.clone());
    event.scopes = Some(grant.scopes.clone());
    // Evidence first: a grant without a record must not exist, a record without a grant is harmless.
    server.record(&event).await?;
    server.store.create_grant(&grant).await?;
    let until = grant.created_at + lifetime.min(longest);
    let code = Code::issue(server, &flow.request, &grant.id, until).await?;
    keep(server, &client).await?;
    let (issuer, state) = (server.settings.public_url.as_str(), flow.request.state.as_deref());
    Ok(redirect_url(&redirect, issuer, state, Answer::Code(code.expose())))
}

/// The user refuses: consumes the flow and gives the URL to redirect to (`error=access_denied`).
pub async fn deny(
    server: &AuthServer,
    visit: &Visit,
    flow: Flow,
    session: Option<&SessionRecord>,
) -> Result<String, FlowError> {
    let (_, redirect) = flow.recheck(server, visit).await?;
    flow.consume(server).await?;
    server.record(&flow.event(server, visit, Verdict::Deny, session)).await?;
    let error = OAuthError::new(ErrorCode::AccessDenied, "the user did not allow it");
    let (issuer, state) = (server.settings.public_url.as_str(), flow.request.state.as_deref());
    Ok(redirect_url(&redirect, issuer, state, Answer::Error(&error)))
}

/// A registration that somebody used stays.
async fn keep(server: &AuthServer, client: &Client) -> Result<(), StoreError> {
    if client.kind == ClientKind::Registered && client.expires_at.is_some() {
        server.store.set_client_expiry(&client.id, None).await?;
    }
    Ok(())
}

fn encode(request: &FlowRequest) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(request).map_err(|_| StoreError::Damaged("flow"))
}

/// Digests as hexadecimal text.
mod hex_digest {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use vestibule_model::Digest;

    pub(super) fn serialize<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&digest.to_hex())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        let text = String::deserialize(deserializer)?;
        Digest::from_hex(&text).ok_or_else(|| D::Error::custom("not a digest"))
    }
}
