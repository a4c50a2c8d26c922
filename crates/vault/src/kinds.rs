//! Credential kinds: one file each, one line in [`make`], one shared suite.
//!
//! | kind | what a call carries |
//! |---|---|
//! | `none` | nothing |
//! | `static` | a fixed header |
//! | `signed-jwt` | a short-lived JWT of ours that names the user |

mod none;
mod signed_jwt;
mod static_header;
#[cfg(test)]
pub(crate) mod suite;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, Request};
use vestibule_model::{CredentialSpec, Principal, Secret};

pub(crate) use self::signed_jwt::Signer;
use crate::origin::Origin;

/// A way to get the credential of one server.
pub(crate) trait Kind: Send + Sync {
    /// Opens it for one call of this caller. Later kinds ask the network here, hence the future.
    fn open<'a>(&'a self, caller: &'a Principal) -> BoxFuture<'a, Result<OpenCredential, CredentialError>>;
}

/// Why there is no credential. The texts hold no secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CredentialError {
    /// The configuration does not describe a usable one.
    #[error("{0}")]
    Unusable(String),
    /// No key may sign, or signing failed.
    #[error("the token for the upstream cannot be signed")]
    Sign(#[source] vestibule_oauth::keys::KeyError),
    /// It was about to go where it does not belong.
    #[error("the credential is bound to another origin")]
    Origin,
}

/// What the kinds are made from.
pub(crate) struct Ingredients {
    /// The only origin the credential may go to.
    pub(crate) origin: Origin,
    /// The value of a fixed header.
    pub(crate) secret: Option<Secret<String>>,
    /// Signs as us.
    pub(crate) signer: Arc<Signer>,
}

/// The table.
pub(crate) fn make(spec: &CredentialSpec, with: Ingredients) -> Result<Box<dyn Kind>, CredentialError> {
    Ok(match spec {
        CredentialSpec::None => Box::new(none::None),
        CredentialSpec::Static { header } => Box::new(static_header::StaticHeader::new(header, with)?),
        CredentialSpec::SignedJwt { audience, claims } => Box::new(signed_jwt::SignedJwt::new(audience, claims, with)?),
    })
}

/// A credential in the clear, for one request to one origin. Neither `Clone` nor `Debug`: it can only be spent.
pub(crate) struct OpenCredential(Option<Header>);

struct Header {
    origin: Arc<Origin>,
    name: HeaderName,
    value: HeaderValue,
}

impl OpenCredential {
    /// No credential at all.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// One header. The value is marked as sensitive: no log prints it, and HTTP/2 does not index it.
    pub(crate) fn header(origin: Arc<Origin>, name: HeaderName, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        Self(Some(Header { origin, name, value }))
    }

    /// Puts it on the request, if that goes to its origin; otherwise the request must not be sent.
    pub(crate) fn spend(self, request: &mut Request<Bytes>) -> Result<(), CredentialError> {
        let Some(Header { origin, name, value }) = self.0 else { return Ok(()) };
        if !origin.is_of(request.uri()) {
            return Err(CredentialError::Origin);
        }
        request.headers_mut().insert(name, value);
        Ok(())
    }
}
