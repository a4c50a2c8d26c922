//! Bearer tokens (RFC 6750 section 2.1): our own access tokens, and nothing else.

use std::sync::Arc;

use http::{header::AUTHORIZATION, request::Parts};
use vestibule_model::{Digest, Principal, Server, Timestamp};
use vestibule_oauth::{
    issue::AccessToken,
    keys::KeyRing,
    verify::{self, TokenError},
};

use crate::{
    AuthenticateError, Authenticator,
    cache::{Entry, Found},
    principals,
};

/// No token of ours is longer; hashing more than this for a stranger would be a gift.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The token of the one `Authorization` header; `None` when there is no such header.
pub(crate) fn find(request: &Parts) -> Result<Option<&str>, AuthenticateError> {
    let mut headers = request.headers.get_all(AUTHORIZATION).iter();
    let Some(header) = headers.next() else { return Ok(None) };
    if headers.next().is_some() {
        return Err(AuthenticateError::Malformed("more than one Authorization header"));
    }
    let text = header.to_str().map_err(|_| AuthenticateError::Invalid("the Authorization header is not readable"))?;
    // RFC 9110 section 11.1: the scheme is case-insensitive, one or more spaces follow it.
    let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthenticateError::Invalid("only the Bearer scheme is accepted"));
    }
    let token = rest.trim_start_matches(' ');
    if token.is_empty() || token.len() > MAX_TOKEN_BYTES || !is_b64token(token) {
        return Err(AuthenticateError::Invalid("the token is malformed"));
    }
    Ok(Some(token))
}

/// The characters of `b64token` (RFC 6750 section 2.1); `=` is allowed anywhere, the token is compared whole anyway.
/// Every byte is looked at, without a branch: most tokens are good, and the check is on every call.
fn is_b64token(token: &str) -> bool {
    token.bytes().fold(true, |all, byte| {
        all & matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'-'..=b'9' | b'_' | b'~' | b'+' | b'=')
    })
}

/// Proves a token for a server. A token seen before costs one hash and one shared lock; everything that can change
/// behind it (grant, user, client) is looked at again whenever the store's epoch has moved.
pub(crate) async fn verify(
    on: &Authenticator,
    token: &str,
    server: &Server,
) -> Result<Arc<Principal>, AuthenticateError> {
    let key = Digest::of(token.as_bytes());
    let now = on.clock.now();
    // Read before anything is checked: a change that commits meanwhile makes the entry stale, never too fresh.
    let epoch = on.store.epoch();
    if !on.store.is_current() {
        return Err(AuthenticateError::Unavailable("the database"));
    }
    let found = on.cache.find(&key, &server.resource, &on.keys.load(), now, epoch);
    match found {
        Found::Fresh { principal, note_use } if !on.store.is_token_id_revoked(principal.token.as_str()) => {
            if note_use {
                on.store.note_grant_used(&principal.grant);
            }
            Ok(principal)
        }
        Found::Stale(entry) => check(on, key, (Arc::clone(&entry.claims), Arc::clone(&entry.keys)), epoch, now).await,
        Found::Fresh { .. } | Found::Missing => {
            let keys = on.keys.load_full();
            let verified = verify::verify(token, &keys, &on.issuer, &server.resource, now).map_err(refusal)?;
            check(on, key, (Arc::new(verified.into_claims()), keys), epoch, now).await
        }
    }
}

/// Looks at everything behind good claims, and remembers the result for this epoch.
async fn check(
    on: &Authenticator,
    key: Digest,
    (claims, keys): (Arc<AccessToken>, Arc<KeyRing>),
    epoch: u64,
    now: Timestamp,
) -> Result<Arc<Principal>, AuthenticateError> {
    let principal = match principals::resolve(&on.store, &claims, now).await {
        Ok(principal) => Arc::new(principal),
        Err(error) => {
            on.cache.forget(&key);
            return Err(error);
        }
    };
    on.store.note_grant_used(&principal.grant);
    on.cache.insert(key, Entry::new(claims, keys, epoch, Arc::clone(&principal), now), now);
    Ok(principal)
}

/// One sentence per reason; it goes into `error_description`.
fn refusal(error: TokenError) -> AuthenticateError {
    AuthenticateError::Invalid(match error {
        TokenError::Malformed => "the token is malformed",
        TokenError::Signature => "the token's signature is not valid",
        TokenError::Expired => "the token has expired",
        TokenError::NotYet => "the token is not valid yet",
        TokenError::Audience => "the token is for another server",
        TokenError::Issuer => "the token is from another issuer",
    })
}
