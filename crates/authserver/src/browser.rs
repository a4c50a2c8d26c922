//! The browser an authorization request started in. A cookie of its own binds the two, so that a link to
//! `/login` or `/consent` is worthless in anybody else's browser. It says nothing about who is signed in.

use std::{convert::Infallible, sync::Arc};

use axum::extract::FromRequestParts;
use http::{HeaderMap, request::Parts};
use vestibule_identity::browser::find_cookie;
use vestibule_model::{Digest, OpaqueToken, TokenKind};

use crate::AuthServer;

/// `__Host-`: no other host, path or plain-text connection can have set it (RFC 6265bis section 4.1.3.2).
pub const BROWSER_COOKIE: &str = "__Host-vestibule-browser";

/// A browser, known by the digest of its cookie. Without a cookie a fresh one is drawn; whoever answers
/// adds [`Browser::set_cookie`] then.
pub struct Browser {
    digest: Digest,
    fresh: Option<OpaqueToken>,
}

impl Browser {
    /// Finds the cookie; draws a new one when there is none, two, or a malformed one.
    pub fn of(headers: &HeaderMap, server: &AuthServer) -> Self {
        let known = find_cookie(headers, BROWSER_COOKIE).and_then(|value| OpaqueToken::parse(TokenKind::Flow, value));
        if let Some(digest) = known {
            return Self { digest, fresh: None };
        }
        let token = OpaqueToken::generate(TokenKind::Flow, &*server.random);
        Self { digest: token.digest(), fresh: Some(token) }
    }

    /// What flows are bound to.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The `Set-Cookie` value to answer with, when the browser has none yet.
    pub fn set_cookie(&self) -> Option<String> {
        let token = self.fresh.as_ref()?;
        Some(format!("{BROWSER_COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax", token.expose()))
    }
}

impl FromRequestParts<Arc<AuthServer>> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<AuthServer>) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers, server))
    }
}
