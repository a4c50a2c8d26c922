//! Checking the JWT of a request against the issuer's published keys.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet},
};
use serde::Deserialize;

use super::{caller::Caller, tool::Now};

/// The largest key set read, in bytes.
const MAX_SET: usize = 64 * 1024;
/// The shortest time between two fetches that an unknown key id can cause, in seconds.
const PATIENCE: i64 = 30;
/// The age at which a key set is no longer believed, in seconds.
const MAX_AGE: i64 = 600;
/// How much two clocks may differ, in seconds.
const LEEWAY: i64 = 10;

/// Why a request is not let through.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Unauthenticated {
    /// There is no token, or more than one.
    #[error("a bearer token is needed")]
    Missing,
    /// There is one, but it proves nothing.
    #[error("the token is not valid here")]
    Invalid,
    /// Whether it is valid cannot be said now.
    #[error("the issuer's keys cannot be fetched")]
    NoKeys,
}

impl Unauthenticated {
    /// 401 with the challenge of RFC 6750 section 3, or 503.
    pub(crate) fn into_response(self) -> Response {
        let (status, challenge) = match self {
            Self::Missing => (StatusCode::UNAUTHORIZED, "Bearer"),
            Self::Invalid => (StatusCode::UNAUTHORIZED, "Bearer error=\"invalid_token\""),
            Self::NoKeys => {
                let body = Json(
                    serde_json::json!({ "error": "temporarily_unavailable", "error_description": self.to_string() }),
                );
                return (StatusCode::SERVICE_UNAVAILABLE, body).into_response();
            }
        };
        let body = Json(serde_json::json!({ "error": "invalid_token", "error_description": self.to_string() }));
        (status, [(header::WWW_AUTHENTICATE, challenge)], body).into_response()
    }
}

/// Verifies tokens of one issuer for one audience.
pub(crate) struct Verifier {
    issuer: String,
    jwks_url: String,
    audience: String,
    now: Now,
    client: Client<HttpConnector, Empty<bytes::Bytes>>,
    keys: Mutex<Keys>,
    /// Held while fetching, so that many requests cause one fetch.
    fetching: tokio::sync::Mutex<()>,
}

/// The issuer's keys by id, as of the last fetch.
#[derive(Clone, Default)]
struct Keys {
    by_id: Arc<HashMap<String, (Algorithm, DecodingKey)>>,
    fetched_at: Option<i64>,
}

impl Keys {
    fn age(&self, now: i64) -> Option<i64> {
        self.fetched_at.map(|at| now - at)
    }

    fn find(&self, kid: &str, now: i64) -> Option<(Algorithm, DecodingKey)> {
        self.age(now).filter(|age| (0..MAX_AGE).contains(age))?;
        self.by_id.get(kid).cloned()
    }
}

/// The claims that are checked here.
#[derive(Deserialize)]
struct Claims {
    exp: i64,
    nbf: Option<i64>,
    #[serde(flatten)]
    caller: Caller,
}

impl Verifier {
    pub(crate) fn new(issuer: String, jwks_url: String, audience: String, now: Now) -> Self {
        let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        Self {
            issuer,
            jwks_url,
            audience,
            now,
            client,
            keys: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }
    }

    /// Who the request comes from.
    pub(crate) async fn verify(&self, headers: &HeaderMap) -> Result<Caller, Unauthenticated> {
        let token = bearer(headers).ok_or(Unauthenticated::Missing)?;
        let head = jsonwebtoken::decode_header(token).map_err(|_| Unauthenticated::Invalid)?;
        // RFC 8725 section 3.11: a token of another kind, signed by the same key, is no proof here.
        if head.typ.as_deref() != Some("JWT") {
            return Err(Unauthenticated::Invalid);
        }
        let kid = head.kid.ok_or(Unauthenticated::Invalid)?;
        let (algorithm, key) = self.key(&kid).await?;
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
        // Time is checked below, by the clock we were given.
        validation.validate_exp = false;
        let token = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|_| Unauthenticated::Invalid)?;
        let now = (self.now)();
        let in_time = now < token.claims.exp.saturating_add(LEEWAY)
            && token.claims.nbf.is_none_or(|nbf| nbf.saturating_sub(LEEWAY) <= now);
        if in_time { Ok(token.claims.caller) } else { Err(Unauthenticated::Invalid) }
    }

    async fn key(&self, kid: &str) -> Result<(Algorithm, DecodingKey), Unauthenticated> {
        if let Some(key) = self.known().find(kid, (self.now)()) {
            return Ok(key);
        }
        let _one_at_a_time = self.fetching.lock().await;
        let (known, now) = (self.known(), (self.now)());
        if let Some(key) = known.find(kid, now) {
            return Ok(key);
        }
        // Anybody can send unknown key ids; they must not make us ask the issuer each time.
        if known.age(now).is_some_and(|age| (0..PATIENCE).contains(&age)) {
            return Err(Unauthenticated::Invalid);
        }
        let by_id = Arc::new(self.fetch().await.ok_or(Unauthenticated::NoKeys)?);
        let fresh = Keys { by_id, fetched_at: Some(now) };
        let key = fresh.find(kid, now);
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        key.ok_or(Unauthenticated::Invalid)
    }

    fn known(&self) -> Keys {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn fetch(&self) -> Option<HashMap<String, (Algorithm, DecodingKey)>> {
        let uri: Uri = self.jwks_url.parse().ok()?;
        let answer = async {
            let response = self.client.get(uri).await.ok().filter(|response| response.status() == StatusCode::OK)?;
            Some(Limited::new(response.into_body(), MAX_SET).collect().await.ok()?.to_bytes())
        };
        let bytes = tokio::time::timeout(Duration::from_secs(5), answer).await.ok()??;
        let set: JwkSet = serde_json::from_slice(&bytes).ok()?;
        Some(set.keys.iter().filter_map(usable).collect())
    }
}

/// A key we can use, pinned to the one algorithm of its type, so that a token cannot choose.
fn usable(jwk: &Jwk) -> Option<(String, (Algorithm, DecodingKey))> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => Algorithm::ES256,
        _ => return None,
    };
    Some((jwk.common.key_id.clone()?, (algorithm, DecodingKey::from_jwk(jwk).ok()?)))
}

/// The one bearer token of the request (RFC 6750 section 2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
