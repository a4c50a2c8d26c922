//! Our signing keys: one immutable [`KeyRing`] of parsed signers and verifiers, swapped whole at rotation.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    ParsedPublicKey,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use vestibule_model::{KeyId, Random, Secret, Timestamp};

pub use crate::rotation::{KeyChange, RotationPlan, plan_rotation};

/// With which algorithm a key signs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Algorithm {
    /// Ed25519 (RFC 8037).
    EdDsa,
    /// ECDSA on P-256 with SHA-256 (RFC 7518 section 3.4).
    Es256,
}

impl Algorithm {
    /// The `alg` value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
        }
    }

    /// From the `alg` value, compared exactly.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::EdDsa, Self::Es256].into_iter().find(|algorithm| algorithm.as_str() == text)
    }
}

/// One key with its times: `publish_at <= sign_from < sign_until <= verify_until`.
#[derive(Clone)]
pub struct SigningKey {
    /// The `kid`.
    pub id: KeyId,
    /// The algorithm; a token's header never chooses another.
    pub algorithm: Algorithm,
    /// The public half, a JWK with `kid`, `alg` and `use`.
    pub public_jwk: String,
    /// The private half; destroyed when the key signs no more.
    pub private_pkcs8: Option<Secret<Vec<u8>>>,
    /// From when the key set names it.
    pub publish_at: Timestamp,
    /// From when it signs.
    pub sign_from: Timestamp,
    /// Until when it signs.
    pub sign_until: Timestamp,
    /// Until when its signatures count.
    pub verify_until: Timestamp,
    /// A revoked key neither signs nor verifies.
    pub revoked_at: Option<Timestamp>,
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The stored key does not parse, or its halves do not belong together.
    #[error("key {0} is damaged")]
    Damaged(KeyId),
    /// A key could not be made, or a signature could not be.
    #[error("the cryptographic library failed")]
    Library,
    /// There is no key whose time to sign is now.
    #[error("no key may sign now")]
    NoSigner,
}

impl SigningKey {
    /// Makes a key pair; all times are `now` until rotation sets them.
    pub fn generate(id: KeyId, algorithm: Algorithm, now: Timestamp, random: &dyn Random) -> Result<Self, KeyError> {
        let pkcs8 = match algorithm {
            Algorithm::EdDsa => generate_ed25519(random)?,
            Algorithm::Es256 => generate_p256()?,
        };
        let signer = Signer::parse(algorithm, pkcs8.expose()).ok_or(KeyError::Library)?;
        let public_jwk = public_jwk(&id, algorithm, signer.public()).ok_or(KeyError::Library)?;
        Ok(Self {
            id,
            algorithm,
            public_jwk,
            private_pkcs8: Some(pkcs8),
            publish_at: now,
            sign_from: now,
            sign_until: now,
            verify_until: now,
            revoked_at: None,
        })
    }

    /// Whether it may sign now.
    pub fn signs_at(&self, now: Timestamp) -> bool {
        let alive = self.revoked_at.is_none() && self.private_pkcs8.is_some();
        alive && self.sign_from <= now && now < self.sign_until
    }

    /// Whether its signatures count now, and the key set names it.
    pub fn verifies_at(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.publish_at <= now && now < self.verify_until
    }
}

/// A fresh Ed25519 private key (PKCS#8 v1), for signing keys and for the journal's checkpoints.
pub fn generate_ed25519(random: &dyn Random) -> Result<Secret<Vec<u8>>, KeyError> {
    let mut seed = [0u8; 32];
    random.fill(&mut seed);
    let seed = Secret::new(seed);
    let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose()).map_err(|_| KeyError::Library)?;
    let document = pair.to_pkcs8v1().map_err(|_| KeyError::Library)?;
    Ok(Secret::new(document.as_ref().to_vec()))
}

fn generate_p256() -> Result<Secret<Vec<u8>>, KeyError> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| KeyError::Library)?;
    let document = pair.to_pkcs8v1().map_err(|_| KeyError::Library)?;
    Ok(Secret::new(document.as_ref().to_vec()))
}

/// A JWK (RFC 7517, RFC 8037) of a public key: 32 bytes, or the uncompressed point.
fn public_jwk(id: &KeyId, algorithm: Algorithm, public: &[u8]) -> Option<String> {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (kid, alg) = (id.as_str(), algorithm.as_str());
    let jwk = match algorithm {
        Algorithm::EdDsa => {
            json!({"kty": "OKP", "crv": "Ed25519", "x": encode(public), "kid": kid, "alg": alg, "use": "sig"})
        }
        Algorithm::Es256 => {
            let (x, y) = public.strip_prefix(&[4])?.split_at_checked(32)?;
            json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y), "kid": kid, "alg": alg, "use": "sig"})
        }
    };
    Some(jwk.to_string())
}

enum Signer {
    EdDsa(Ed25519KeyPair),
    Es256(EcdsaKeyPair),
}

impl Signer {
    fn parse(algorithm: Algorithm, pkcs8: &[u8]) -> Option<Self> {
        match algorithm {
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(pkcs8).ok().map(Self::EdDsa),
            Algorithm::Es256 => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok().map(Self::Es256),
        }
    }

    fn public(&self) -> &[u8] {
        match self {
            Self::EdDsa(pair) => pair.public_key().as_ref(),
            Self::Es256(pair) => pair.public_key().as_ref(),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "ECDSA's nonce: aws-lc draws it itself and ignores the argument")]
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::EdDsa(pair) => pair.try_sign(message).map(|signature| signature.as_ref().to_vec()),
            Self::Es256(pair) => {
                let random = aws_lc_rs::rand::SystemRandom::new();
                pair.sign(&random, message).map(|signature| signature.as_ref().to_vec())
            }
        }
        .map_err(|_| KeyError::Library)
    }
}

struct Entry {
    key: SigningKey,
    signer: Option<Signer>,
    verifier: ParsedPublicKey,
}

/// An immutable snapshot of all keys, with parsed signers and verifiers.
pub struct KeyRing(Vec<Entry>);

impl KeyRing {
    /// Parses all keys; one damaged key refuses the whole ring.
    pub fn new(keys: Vec<SigningKey>) -> Result<Self, KeyError> {
        keys.into_iter().map(Entry::parse).collect::<Result<_, _>>().map(Self)
    }

    /// RFC 7517 JWK Set of all keys published at `now` and not revoked, as JSON text.
    pub fn jwks(&self, now: Timestamp) -> String {
        let shown = self.0.iter().filter(|entry| entry.key.verifies_at(now));
        let keys: Vec<&str> = shown.map(|entry| entry.key.public_jwk.as_str()).collect();
        format!("{{\"keys\":[{}]}}", keys.join(","))
    }

    /// The key that signs now: of those whose time it is, the one that began last.
    fn signer(&self, now: Timestamp) -> Option<(&SigningKey, &Signer)> {
        let able = self.0.iter().filter(|entry| entry.key.signs_at(now));
        let entry = able.max_by_key(|entry| entry.key.sign_from)?;
        entry.signer.as_ref().map(|signer| (&entry.key, signer))
    }

    /// Signs with the key whose time is now. `typ` says what the token is.
    pub(crate) fn sign(&self, typ: &str, claims: &[u8], now: Timestamp) -> Result<String, KeyError> {
        let (key, signer) = self.signer(now).ok_or(KeyError::NoSigner)?;
        let header = format!(r#"{{"alg":"{}","kid":"{}","typ":"{typ}"}}"#, key.algorithm.as_str(), key.id);
        let input = crate::jws::signing_input(header.as_bytes(), claims);
        let signature = signer.sign(input.as_bytes())?;
        Ok(crate::jws::finish(input, &signature))
    }

    /// Verifies with the key named `kid`, by the algorithm of our record; `alg` must only agree with it.
    pub(crate) fn verify(&self, kid: &str, alg: &str, now: Timestamp, signed: &[u8], signature: &[u8]) -> bool {
        let known = self.0.iter().find(|entry| entry.key.id.as_str() == kid);
        known.is_some_and(|entry| {
            entry.key.algorithm.as_str() == alg
                && entry.key.verifies_at(now)
                && entry.verifier.verify_sig(signed, signature).is_ok()
        })
    }
}

impl Entry {
    fn parse(key: SigningKey) -> Result<Self, KeyError> {
        let damaged = || KeyError::Damaged(key.id.clone());
        let public = crate::jwk::our_public_key(&key.public_jwk, key.algorithm).ok_or_else(damaged)?;
        let signer = match &key.private_pkcs8 {
            Some(pkcs8) => Some(Signer::parse(key.algorithm, pkcs8.expose()).ok_or_else(damaged)?),
            None => None,
        };
        // A private half beside another's public half would make tokens that nobody can verify.
        if signer.as_ref().is_some_and(|signer| signer.public() != public) {
            return Err(damaged());
        }
        let verifier = match key.algorithm {
            Algorithm::EdDsa => ParsedPublicKey::new(&ED25519, &public),
            Algorithm::Es256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &public),
        };
        let verifier = verifier.map_err(|_| damaged())?;
        Ok(Self { key, signer, verifier })
    }
}
