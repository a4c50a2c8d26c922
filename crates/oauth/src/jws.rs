//! Compact JWS (RFC 7515): taking apart and putting together, nothing about keys or claims.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// The longest token looked at, in bytes.
pub const MAX_BYTES: usize = 8 * 1024;

/// A JOSE header with the only members understood. Any other member is refused, which covers `crit`, `zip`,
/// `jku`, `x5u`, `jwk` and `b64` (RFC 7515 section 4.1.11: an extension that is not understood MUST be refused).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The signature algorithm, compared with that of the key; it never chooses one.
    pub alg: String,
    /// Which key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// What the token is (RFC 8725 section 3.11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typ: Option<String>,
}

/// The form is not that of a compact JWS.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a compact JWS")]
pub struct Malformed;

/// A JWS taken apart; nothing about it is proven yet.
pub struct Parts<'a> {
    /// The header.
    pub header: Header,
    /// What was signed: `header.payload`, as it came.
    pub signed: &'a [u8],
    /// The signature.
    pub signature: Vec<u8>,
    payload: &'a str,
}

impl<'a> Parts<'a> {
    /// Takes a token apart. Exactly two dots, base64url without padding and in canonical form, at most
    /// [`MAX_BYTES`].
    pub fn parse(raw: &'a str) -> Result<Self, Malformed> {
        if raw.len() > MAX_BYTES {
            return Err(Malformed);
        }
        let (signed, signature) = raw.rsplit_once('.').ok_or(Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Malformed)?;
        if payload.contains('.') {
            return Err(Malformed);
        }
        let header = serde_json::from_slice(&decode(header)?).map_err(|_| Malformed)?;
        Ok(Self { header, signed: signed.as_bytes(), signature: decode(signature)?, payload })
    }

    /// The payload. Look at it only after the signature was verified.
    pub fn payload(&self) -> Result<Vec<u8>, Malformed> {
        decode(self.payload)
    }
}

/// `base64url(header).base64url(claims)`, ready to be signed.
pub fn signing_input(header: &[u8], claims: &[u8]) -> String {
    let mut out = String::with_capacity((header.len() + claims.len()) * 4 / 3 + 96);
    URL_SAFE_NO_PAD.encode_string(header, &mut out);
    out.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut out);
    out
}

/// Appends the signature.
pub fn finish(mut signing_input: String, signature: &[u8]) -> String {
    signing_input.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut signing_input);
    signing_input
}

fn decode(part: &str) -> Result<Vec<u8>, Malformed> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str) -> String {
        finish(signing_input(header.as_bytes(), b"{}"), b"sig")
    }

    #[test]
    fn only_known_header_members_pass() {
        assert!(Parts::parse(&token(r#"{"alg":"EdDSA","kid":"k","typ":"JWT"}"#)).is_ok());
        for bad in [
            r#"{"alg":"EdDSA","crit":["exp"]}"#,
            r#"{"alg":"EdDSA","zip":"DEF"}"#,
            r#"{"alg":"EdDSA","jku":"https://evil.example"}"#,
            r#"{"alg":"EdDSA","x5u":"https://evil.example"}"#,
            r#"{"alg":"EdDSA","jwk":{}}"#,
            r#"{"alg":"EdDSA","b64":false}"#,
            r#"{"alg":"PBES2-HS256+A128KW","p2c":2147483647}"#,
            r#"{"alg":"EdDSA","alg":"none"}"#,
            r#"{"alg":null}"#,
            r#"{"alg":1}"#,
            r#"{"kid":"k"}"#,
            "null",
            "[]",
            "",
            "{",
        ] {
            assert!(Parts::parse(&token(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn odd_shapes_are_refused_without_a_panic() {
        let good = token(r#"{"alg":"EdDSA"}"#);
        for bad in ["", ".", "..", "...", "a.b", "....", &format!("{good}."), &format!(".{good}"), &format!("{good}=")]
        {
            assert!(Parts::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Parts::parse(&".".repeat(1_000_000)).is_err());
        assert!(Parts::parse(&format!("{good}{}", "A".repeat(MAX_BYTES))).is_err());
        for end in 0..good.len() {
            let _ = Parts::parse(&good[..end]);
        }
    }

    #[test]
    fn a_non_canonical_encoding_is_refused() {
        // `e30` is `{}`; `e31` decodes to the same bytes with stray bits behind them.
        let token = |payload: &str| format!("{}.{payload}.c2ln", URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA"}"#));
        assert!(Parts::parse(&token("e30")).unwrap().payload().is_ok());
        assert!(Parts::parse(&token("e31")).unwrap().payload().is_err());
        assert!(Parts::parse(&token("e30=")).unwrap().payload().is_err());
    }
}
