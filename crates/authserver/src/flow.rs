//! An authorization request that waits for its user.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vestibule_model::{ClientId, Digest, OpaqueToken, RedirectUri, ResourceUri, ScopeSet, ServerName, TokenKind};
use vestibule_store::{StoreError, once::OnceKind, sessions::SessionRecord};

use crate::{AuthServer, browser::Browser, visit::Visit};

/// An authorization request whose client, redirect URI and parameters were checked. It rests in the store,
/// sealed, until its user allows or denies it; both happen exactly once.
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
    /// Where the answer goes; proven to be the client's.
    pub redirect_uri: RedirectUri,
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
    /// S256 (RFC 7636).
    pub code_challenge: String,
    /// For the ID token (OpenID Connect Core section 3.1.2.1).
    pub nonce: Option<String>,
    /// What the client wants to be asked again.
    pub prompt: Prompt,
    /// The user must have signed in within this many seconds.
    pub max_age: Option<u64>,
    /// Digest of the browser cookie.
    #[serde(with = "hex_digest")]
    pub browser: Digest,
}

/// `prompt` (OpenID Connect Core section 3.1.2.1), as far as pages need it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Prompt {
    /// Sign in again, session or not. The sign-in page clears it through [`Flow::signed_in`].
    pub login: bool,
    /// Ask for consent again, remembered or not.
    pub consent: bool,
}

/// Why a flow cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// Unknown, ended, already answered, or of another browser: start again from the client.
    #[error("this sign-in request is not valid any more; start again from your application")]
    Gone,
    /// The client was disabled or removed meanwhile, or the server is not there any more.
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
    pub async fn save(server: &AuthServer, request: FlowRequest) -> Result<OpaqueToken, FlowError> {
        todo!()
    }

    /// The flow of a token, in the browser where it started.
    pub async fn load(server: &AuthServer, token: &str, browser: &Browser) -> Result<Self, FlowError> {
        todo!()
    }

    /// The sign-in that `prompt=login` or `max_age` demanded has happened.
    pub async fn signed_in(&mut self, server: &AuthServer) -> Result<(), FlowError> {
        todo!()
    }

    /// Whether a session is fresh enough for it (`prompt=login`, `max_age`); if not, sign in again.
    pub fn accepts(&self, server: &AuthServer, session: &SessionRecord) -> bool {
        todo!()
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
    todo!()
}

/// The user refuses: consumes the flow and gives the URL to redirect to (`error=access_denied`).
pub async fn deny(
    server: &AuthServer,
    visit: &Visit,
    flow: Flow,
    session: Option<&SessionRecord>,
) -> Result<String, FlowError> {
    todo!()
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
