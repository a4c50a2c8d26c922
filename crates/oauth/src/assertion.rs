//! Client assertions: `private_key_jwt` (RFC 7523 section 3, with the audience of RFC 7523bis).

use std::time::Duration;

use serde::Deserialize;
use vestibule_model::{Client, Digest, Timestamp};

use crate::{jwk::KeySet, jws::Parts, verify::LEEWAY};

/// The longest life of an assertion.
pub const MAX_LIFE: Duration = Duration::from_secs(5 * 60);
/// The longest `jti`, in bytes.
const MAX_JTI: usize = 256;

/// An assertion whose signature, parties and times were checked. It counts once: the caller consumes
/// [`VerifiedAssertion::id`] before it believes anything.
#[derive(Debug)]
pub struct VerifiedAssertion {
    id: Digest,
    expires_at: Timestamp,
}

impl VerifiedAssertion {
    /// The digest of client and `jti`.
    pub fn id(&self) -> Digest {
        self.id
    }

    /// Until when the id must be remembered.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at + LEEWAY
    }
}

/// Why an assertion is refused; for our log, the client hears `invalid_client`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AssertionError {
    /// Form, header or claims.
    #[error("the assertion is malformed")]
    Malformed,
    /// The client has no keys, or none of them made the signature.
    #[error("the assertion's signature is not valid")]
    Signature,
    /// `iss` and `sub` are not both the client.
    #[error("the assertion is not the client's own")]
    Party,
    /// `aud` is not exactly what we are called.
    #[error("the assertion is for another audience")]
    Audience,
    /// Expired, not valid yet, or living too long.
    #[error("the assertion's times are not acceptable")]
    Times,
}

/// The claims. `aud` is one string: an array lets one assertion serve two servers (audience injection).
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: u32,
    iat: Option<u32>,
    nbf: Option<u32>,
    jti: String,
}

#[derive(Deserialize)]
struct Claimed {
    sub: String,
}

/// Which client an assertion claims to be from, to find its keys. Nothing is proven by it.
pub fn claimed_client(jwt: &str) -> Option<String> {
    let payload = Parts::parse(jwt).ok()?.payload().ok()?;
    serde_json::from_slice::<Claimed>(&payload).ok().map(|claims| claims.sub)
}

/// Verifies an assertion with the client's keys. `audiences` are the exact strings accepted.
pub fn verify(
    jwt: &str,
    client: &Client,
    audiences: &[&str],
    now: Timestamp,
) -> Result<VerifiedAssertion, AssertionError> {
    let parts = Parts::parse(jwt).map_err(|_| AssertionError::Malformed)?;
    // RFC 8725 section 3.11: an access token or ID token of the same key is no assertion.
    if !matches!(parts.header.typ.as_deref(), None | Some("JWT" | "client-authentication+jwt")) {
        return Err(AssertionError::Malformed);
    }
    let jwks = client.jwks.as_deref().ok_or(AssertionError::Signature)?;
    let keys = KeySet::parse(jwks).map_err(|_| AssertionError::Signature)?;
    if !keys.verify(parts.header.kid.as_deref(), &parts.header.alg, parts.signed, &parts.signature) {
        return Err(AssertionError::Signature);
    }
    let payload = parts.payload().map_err(|_| AssertionError::Malformed)?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| AssertionError::Malformed)?;
    claims.check(client, audiences, now)?;
    let id = Digest::of_parts([client.id.as_str().as_bytes(), claims.jti.as_bytes()]);
    Ok(VerifiedAssertion { id, expires_at: time(claims.exp) })
}

impl Claims {
    fn check(&self, client: &Client, audiences: &[&str], now: Timestamp) -> Result<(), AssertionError> {
        // RFC 7523 section 3: for client authentication, iss and sub MUST be the client_id.
        if self.iss != client.id.as_str() || self.sub != client.id.as_str() {
            return Err(AssertionError::Party);
        }
        if !audiences.contains(&self.aud.as_str()) {
            return Err(AssertionError::Audience);
        }
        let early = |at: Option<u32>| at.is_some_and(|at| now + LEEWAY < time(at));
        let expired = time(self.exp) + LEEWAY <= now;
        let too_long = now + MAX_LIFE + LEEWAY < time(self.exp)
            || self.iat.is_some_and(|iat| time(iat) + MAX_LIFE + LEEWAY < time(self.exp));
        if expired || too_long || early(self.iat) || early(self.nbf) {
            return Err(AssertionError::Times);
        }
        if self.jti.is_empty() || self.jti.len() > MAX_JTI { Err(AssertionError::Malformed) } else { Ok(()) }
    }
}

fn time(seconds: u32) -> Timestamp {
    Timestamp::from_seconds(i64::from(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        issue::sign_claims,
        keys::{Algorithm, KeyRing, SigningKey},
    };
    use serde_json::{Value, json};
    use vestibule_model::clock::SeededRandom;

    const ISSUER: &str = "https://gate.example.com";
    const TOKEN_URL: &str = "https://gate.example.com/token";

    struct Party {
        client: Client,
        ring: KeyRing,
        now: Timestamp,
    }

    fn party(algorithm: Algorithm) -> Party {
        let now = Timestamp::from_seconds(1_800_000_000);
        let mut key = SigningKey::generate("k1".into(), algorithm, now, &SeededRandom::new(3)).unwrap();
        key.sign_until = now + Duration::from_secs(999);
        key.verify_until = key.sign_until;
        let jwks = format!("{{\"keys\":[{}]}}", key.public_jwk);
        let client = serde_json::from_value(json!({
            "id": "cli_1", "kind": "preregistered", "name": "x", "uri": null, "auth_method": "private_key_jwt",
            "grant_types": ["client_credentials"], "redirect_uris": [], "application_type": "web", "scope": null,
            "jwks": jwks, "roles": [], "disabled": false, "created_at": 0, "expires_at": null
        }));
        Party { client: client.unwrap(), ring: KeyRing::new(vec![key]).unwrap(), now }
    }

    fn claims(now: Timestamp) -> Value {
        let now = now.as_seconds();
        json!({"iss": "cli_1", "sub": "cli_1", "aud": ISSUER, "exp": now + 60, "iat": now, "jti": "a"})
    }

    fn check(party: &Party, claims: &Value) -> Result<VerifiedAssertion, AssertionError> {
        let jwt = sign_claims(&party.ring, "JWT", claims, party.now).unwrap();
        verify(&jwt, &party.client, &[ISSUER], party.now)
    }

    #[test]
    fn a_good_assertion_passes_with_either_algorithm() {
        for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
            let party = party(algorithm);
            let verified = check(&party, &claims(party.now)).unwrap();
            assert_eq!(verified.expires_at(), party.now + Duration::from_secs(70));
        }
    }

    /// RFC 9700 update: audience injection. Token URL, arrays and look-alikes are refused.
    #[test]
    fn only_the_issuer_as_one_string_is_the_audience() {
        let party = party(Algorithm::EdDsa);
        for aud in [
            json!(TOKEN_URL),
            json!([ISSUER]),
            json!([ISSUER, "https://evil.example"]),
            json!("https://gate.example.com/"),
            json!("https://evil.example"),
            json!(""),
            json!(null),
            json!({"a": 1}),
        ] {
            let mut bad = claims(party.now);
            bad["aud"] = aud.clone();
            assert!(check(&party, &bad).is_err(), "{aud}");
        }
        let mut named = claims(party.now);
        named["aud"] = json!(TOKEN_URL);
        let jwt = sign_claims(&party.ring, "JWT", &named, party.now).unwrap();
        assert!(verify(&jwt, &party.client, &[ISSUER, TOKEN_URL], party.now).is_ok(), "as the named option");
    }

    #[test]
    fn parties_times_and_types_are_checked() {
        let party = party(Algorithm::EdDsa);
        let now = party.now.as_seconds();
        for (name, values) in [
            ("iss", vec![json!("other"), json!(null), json!(1)]),
            ("sub", vec![json!("other"), json!(""), json!(null)]),
            (
                "exp",
                vec![json!(now - 11), json!(now + 3600), json!(-1), json!("1800000060"), json!(null), json!(1.8e9)],
            ),
            ("iat", vec![json!(now + 60), json!(now - 600), json!("x"), json!(1.5)]),
            ("nbf", vec![json!(now + 60), json!("x")]),
            ("jti", vec![json!(""), json!(null), json!(1), json!("x".repeat(257))]),
        ] {
            for value in values {
                let mut bad = claims(party.now);
                bad[name] = value.clone();
                assert!(check(&party, &bad).is_err(), "{name} = {value}");
            }
            if name != "iat" && name != "nbf" {
                let mut bad = claims(party.now);
                bad.as_object_mut().unwrap().remove(name);
                assert!(check(&party, &bad).is_err(), "without {name}");
            }
        }
    }

    #[test]
    fn keys_of_others_and_other_kinds_of_jwt_are_refused() {
        let party = party(Algorithm::EdDsa);
        let other = self::party(Algorithm::Es256);
        let jwt = sign_claims(&other.ring, "JWT", &claims(party.now), party.now).unwrap();
        assert_eq!(verify(&jwt, &party.client, &[ISSUER], party.now).unwrap_err(), AssertionError::Signature);
        for typ in ["at+jwt", "id+jwt", "jwt "] {
            let jwt = sign_claims(&party.ring, typ, &claims(party.now), party.now).unwrap();
            assert_eq!(
                verify(&jwt, &party.client, &[ISSUER], party.now).unwrap_err(),
                AssertionError::Malformed,
                "{typ}"
            );
        }
        let keyless = Client { jwks: None, ..party.client.clone() };
        let jwt = sign_claims(&party.ring, "JWT", &claims(party.now), party.now).unwrap();
        assert_eq!(verify(&jwt, &keyless, &[ISSUER], party.now).unwrap_err(), AssertionError::Signature);
        // HS256 with the public key set as the secret.
        let input = crate::jws::signing_input(
            br#"{"alg":"HS256","kid":"k1","typ":"JWT"}"#,
            claims(party.now).to_string().as_bytes(),
        );
        let key =
            aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, party.client.jwks.as_deref().unwrap().as_bytes());
        let forged = crate::jws::finish(input.clone(), aws_lc_rs::hmac::sign(&key, input.as_bytes()).as_ref());
        assert_eq!(verify(&forged, &party.client, &[ISSUER], party.now).unwrap_err(), AssertionError::Signature);
    }
}
