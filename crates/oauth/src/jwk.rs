//! Public keys of others (RFC 7517): parsed once, each pinned to the algorithms of its type.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::IgnoredAny};

use crate::keys::Algorithm;

/// The largest key set read, in bytes.
pub const MAX_SET_BYTES: usize = 16 * 1024;
/// The most keys a set may hold.
pub const MAX_KEYS: usize = 10;

/// The `alg` values accepted in JWTs of others, for metadata.
pub const ACCEPTED_ALGORITHMS: [&str; 5] = ["EdDSA", "ES256", "ES384", "PS256", "RS256"];

/// Why a key set is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JwkError {
    /// Not a JWK Set, or a member of a wrong type.
    #[error("not a JWK Set")]
    Malformed,
    /// More than [`MAX_SET_BYTES`] or [`MAX_KEYS`].
    #[error("the key set is too large")]
    TooLarge,
    /// A private or symmetric key was sent; it must count as known to others now.
    #[error("the key set contains a private or symmetric key")]
    Private,
    /// No key of it can verify a signature.
    #[error("the key set has no usable signature key")]
    Empty,
}

#[derive(Deserialize)]
struct RawSet {
    keys: Vec<RawKey>,
}

/// The members that matter; a duplicate of one of them is refused by the parser.
#[derive(Deserialize)]
struct RawKey {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
    q: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
}

enum Material {
    Ed25519(Vec<u8>),
    P256(Vec<u8>),
    P384(Vec<u8>),
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

struct PublicKey {
    kid: Option<String>,
    alg: Option<String>,
    material: Material,
}

/// A parsed JWK Set.
pub struct KeySet(Vec<PublicKey>);

impl KeySet {
    /// Parses and checks a set. Keys of unknown types are passed over; private ones refuse the whole set.
    pub fn parse(text: &str) -> Result<Self, JwkError> {
        if text.len() > MAX_SET_BYTES {
            return Err(JwkError::TooLarge);
        }
        let set: RawSet = serde_json::from_str(text).map_err(|_| JwkError::Malformed)?;
        if set.keys.len() > MAX_KEYS {
            return Err(JwkError::TooLarge);
        }
        if set.keys.iter().any(RawKey::is_private) {
            return Err(JwkError::Private);
        }
        let keys: Vec<_> = set.keys.into_iter().filter_map(RawKey::parse).collect();
        if keys.is_empty() { Err(JwkError::Empty) } else { Ok(Self(keys)) }
    }

    /// Whether a key of the set made this signature. A `kid` chooses among them; without one every key
    /// is tried. The key decides which algorithms are possible, `alg` only which of these.
    pub fn verify(&self, kid: Option<&str>, alg: &str, signed: &[u8], signature: &[u8]) -> bool {
        let named = self.0.iter().filter(|key| kid.is_none() || key.kid.as_deref() == kid);
        let mut allowed = named.filter(|key| key.alg.as_deref().is_none_or(|own| own == alg));
        allowed.any(|key| key.material.verify(alg, signed, signature))
    }
}

impl RawKey {
    fn is_private(&self) -> bool {
        self.kty == "oct" || self.d.is_some() || self.p.is_some() || self.q.is_some() || self.k.is_some()
    }

    fn parse(self) -> Option<PublicKey> {
        if self.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return None;
        }
        let material = self.material()?;
        Some(PublicKey { kid: self.kid, alg: self.alg, material })
    }

    fn material(&self) -> Option<Material> {
        let coordinate = |value: &Option<String>, length: usize| {
            let bytes = URL_SAFE_NO_PAD.decode(value.as_deref()?).ok()?;
            (bytes.len() == length).then_some(bytes)
        };
        let point =
            |length: usize| Some([&[4][..], &coordinate(&self.x, length)?, &coordinate(&self.y, length)?].concat());
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("OKP", Some("Ed25519")) => coordinate(&self.x, 32).map(Material::Ed25519),
            ("EC", Some("P-256")) => point(32).map(Material::P256),
            ("EC", Some("P-384")) => point(48).map(Material::P384),
            ("RSA", None) => {
                let n = URL_SAFE_NO_PAD.decode(self.n.as_deref()?).ok()?;
                let e = URL_SAFE_NO_PAD.decode(self.e.as_deref()?).ok()?;
                Some(Material::Rsa { n, e })
            }
            _ => None,
        }
    }
}

impl Material {
    fn verify(&self, alg: &str, signed: &[u8], signature: &[u8]) -> bool {
        let result = match (self, alg) {
            (Self::Ed25519(x), "EdDSA" | "Ed25519") => UnparsedPublicKey::new(&ED25519, x).verify(signed, signature),
            (Self::P256(point), "ES256") => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature)
            }
            (Self::P384(point), "ES384") => {
                UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).verify(signed, signature)
            }
            (Self::Rsa { n, e }, "RS256") => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature)
            }
            (Self::Rsa { n, e }, "PS256") => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PSS_2048_8192_SHA256, signed, signature)
            }
            _ => return false,
        };
        result.is_ok()
    }
}

/// The bytes of one of our own public keys, when the JWK is of the algorithm's type.
pub(crate) fn our_public_key(jwk: &str, algorithm: Algorithm) -> Option<Vec<u8>> {
    let raw: RawKey = serde_json::from_str(jwk).ok()?;
    match (raw.material()?, algorithm) {
        (Material::Ed25519(x), Algorithm::EdDsa) => Some(x),
        (Material::P256(point), Algorithm::Es256) => Some(point),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    fn set(keys: &str) -> Result<KeySet, JwkError> {
        KeySet::parse(&format!(r#"{{"keys":[{keys}]}}"#))
    }

    #[test]
    fn private_and_symmetric_keys_refuse_the_set() {
        assert!(set(ED).is_ok());
        let private = ED.replace("}", r#","d":"AAAA"}"#);
        for bad in [private.as_str(), r#"{"kty":"oct","k":"AAAA"}"#, r#"{"kty":"RSA","n":"AQAB","e":"AQAB","p":"AA"}"#]
        {
            assert_eq!(set(&format!("{ED},{bad}")).err(), Some(JwkError::Private), "{bad}");
        }
    }

    #[test]
    fn limits_hold() {
        let many = [ED; MAX_KEYS + 1].join(",");
        assert_eq!(set(&many).err(), Some(JwkError::TooLarge));
        assert_eq!(set(&" ".repeat(MAX_SET_BYTES)).err(), Some(JwkError::TooLarge));
        let flood = vec![r#"{"kty":"x"}"#; 100_000].join(",");
        assert_eq!(set(&flood).err(), Some(JwkError::TooLarge));
    }

    #[test]
    fn unusable_keys_are_passed_over() {
        let unusable = [
            r#"{"kty":"OKP","crv":"X25519","x":"AAAA"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#,
            r#"{"kty":"OKP","crv":"Ed25519"}"#,
            r#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#,
            &ED.replace("}", r#","use":"enc"}"#),
        ];
        for bad in unusable {
            assert_eq!(set(bad).err(), Some(JwkError::Empty), "{bad}");
            assert!(set(&format!("{bad},{ED}")).is_ok());
        }
        for bad in ["null", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[null]}"#, r#"{"keys":[{"kty":1}]}"#] {
            assert_eq!(KeySet::parse(bad).err(), Some(JwkError::Malformed), "{bad}");
        }
    }
}
