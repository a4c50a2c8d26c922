//! Proof Key for Code Exchange (RFC 7636), S256 only.

use serde::{Deserialize, Serialize};
use vestibule_model::{Digest, secret::constant_time_eq};

use crate::{error::OAuthError, params::Params};

/// A well-formed S256 challenge: 43 characters of base64url.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Challenge(String);

impl Challenge {
    /// From the authorization request. There is no request without PKCE, and `plain` is refused (RFC 9700 section
    /// 2.1.1). A missing method means `plain` (RFC 7636 section 4.3), so it is refused too.
    pub fn parse(params: &Params) -> Result<Self, OAuthError> {
        let challenge = params.require("code_challenge")?;
        if params.get("code_challenge_method") != Some("S256") {
            return Err(OAuthError::request("code_challenge_method must be S256"));
        }
        if challenge.len() != 43 || !challenge.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
            return Err(OAuthError::request("code_challenge must be the base64url SHA-256 of the verifier"));
        }
        Ok(Self(challenge.to_owned()))
    }

    /// RFC 7636 section 4.6: BASE64URL-ENCODE(SHA256(ASCII(code_verifier))) == code_challenge.
    pub fn is_met_by(&self, verifier: &Verifier) -> bool {
        constant_time_eq(Digest::of(verifier.0.as_bytes()).to_base64url().as_bytes(), self.0.as_bytes())
    }
}

/// A well-formed verifier: 43 to 128 unreserved characters (RFC 7636 section 4.1).
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier(String);

impl Verifier {
    /// Checks length and characters.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        if !(43..=128).contains(&text.len()) || !text.bytes().all(unreserved) {
            return Err(OAuthError::request("code_verifier must be 43 to 128 unreserved characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn challenge(query: &str) -> Result<Challenge, OAuthError> {
        Challenge::parse(&Params::parse(query.as_bytes()).unwrap())
    }

    #[test]
    fn the_example_of_the_standard_holds() {
        let challenge = challenge(&format!("code_challenge={CHALLENGE}&code_challenge_method=S256")).unwrap();
        assert!(challenge.is_met_by(&Verifier::parse(VERIFIER).unwrap()));
        assert!(!challenge.is_met_by(&Verifier::parse(CHALLENGE).unwrap()));
    }

    /// CVE-2024-23647 and CVE-2025-4144: PKCE skipped or downgraded.
    #[test]
    fn downgrades_are_refused() {
        for bad in [
            String::new(),
            "code_challenge=&code_challenge_method=S256".into(),
            "code_challenge_method=S256".into(),
            format!("code_challenge={CHALLENGE}"),
            format!("code_challenge={CHALLENGE}&code_challenge_method="),
            format!("code_challenge={CHALLENGE}&code_challenge_method=plain"),
            format!("code_challenge={CHALLENGE}&code_challenge_method=s256"),
            format!("code_challenge={CHALLENGE}&code_challenge_method=S512"),
            format!("code_challenge={}&code_challenge_method=S256", &CHALLENGE[1..]),
            format!("code_challenge={CHALLENGE}A&code_challenge_method=S256"),
            format!("code_challenge={CHALLENGE}=&code_challenge_method=S256"),
            format!("code_challenge={}%2B&code_challenge_method=S256", &CHALLENGE[1..]),
        ] {
            assert!(challenge(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn verifiers_keep_to_their_alphabet() {
        for bad in [
            "",
            &VERIFIER[1..],
            &"a".repeat(129),
            &format!("{VERIFIER}+"),
            &format!("{VERIFIER} "),
            &format!("{VERIFIER}\u{e9}"),
        ] {
            assert!(Verifier::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Verifier::parse(&"~".repeat(128)).is_ok());
    }
}
