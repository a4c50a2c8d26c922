//! OAuth clients (RFC 6749 section 2, RFC 7591 section 2).

use serde::{Deserialize, Serialize};

use crate::{clock::Timestamp, digest::Digest, ids::ClientId, scope::ScopeSet};

/// How we came to know a client.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// It registered itself (RFC 7591).
    Registered,
    /// Its id is the URL of its metadata document (draft-ietf-oauth-client-id-metadata-document).
    MetadataDocument,
    /// An administrator entered it.
    Preregistered,
}

impl ClientKind {
    /// The stored spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::MetadataDocument => "metadata_document",
            Self::Preregistered => "preregistered",
        }
    }
}

/// How a client proves itself at the token endpoint (RFC 7591 section 2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthMethod {
    /// A public client.
    None,
    /// HTTP Basic (RFC 6749 section 2.3.1).
    ClientSecretBasic,
    /// In the form (RFC 6749 section 2.3.1).
    ClientSecretPost,
    /// A signed assertion (RFC 7523).
    PrivateKeyJwt,
}

impl ClientAuthMethod {
    /// The registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }
}

/// Where a client runs (OpenID Connect Registration section 2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// On the user's device.
    Native,
    /// On a web server.
    Web,
}

/// A registered redirect URI: the exact string.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(pub String);

/// An OAuth client. Everything here except the id is the client's own, unverified word.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Client {
    /// The `client_id`.
    pub id: ClientId,
    /// How we know it.
    pub kind: ClientKind,
    /// `client_name`, for people.
    pub name: String,
    /// `client_uri`, when it is an `https` URL.
    pub uri: Option<String>,
    /// Registered redirect URIs.
    pub redirect_uris: Vec<RedirectUri>,
    /// How it proves itself.
    pub auth_method: ClientAuthMethod,
    /// `grant_types`.
    pub grant_types: Vec<String>,
    /// `application_type`, as given or inferred from the redirect URIs.
    pub application_type: ApplicationType,
    /// The most it may ask for; `None` for whatever the server offers.
    pub scope: Option<ScopeSet>,
    /// `jwks` as JSON text, for `private_key_jwt`.
    pub jwks: Option<String>,
    /// Roles of the client when it acts for itself (pre-registered clients only).
    pub roles: Vec<String>,
    /// A disabled client is refused at every door, at once.
    pub disabled: bool,
    /// When it became known.
    pub created_at: Timestamp,
    /// When an unused registration or a cached document ends.
    pub expires_at: Option<Timestamp>,
}

impl Client {
    /// Whether it can keep no secret (RFC 6749 section 2.1).
    pub fn is_public(&self) -> bool {
        self.auth_method == ClientAuthMethod::None
    }

    /// Whether it asked for a grant type.
    pub fn allows_grant(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|have| have == grant_type)
    }

    /// A digest over everything that consent depended on: when it changes, consent is asked again.
    pub fn metadata_digest(&self) -> Digest {
        let mut uris: Vec<&[u8]> = self.redirect_uris.iter().map(|uri| uri.0.as_bytes()).collect();
        uris.sort_unstable();
        let head =
            [self.name.as_bytes(), self.uri.as_deref().unwrap_or("").as_bytes(), self.auth_method.as_str().as_bytes()];
        Digest::of_parts(head.into_iter().chain(uris).chain([self.jwks.as_deref().unwrap_or("").as_bytes()]))
    }
}
