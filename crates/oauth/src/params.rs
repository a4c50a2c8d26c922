//! Parameters of a request, from a query or a form (RFC 6749 appendix B): each at most once.

use crate::error::OAuthError;

/// The parameters that mean something here.
const KNOWN: [&str; 31] = [
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "response_type",
    "response_mode",
    "redirect_uri",
    "scope",
    "state",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "grant_type",
    "refresh_token",
    "resource",
    "audience",
    "nonce",
    "prompt",
    "max_age",
    "login_hint",
    "id_token_hint",
    "acr_values",
    "request",
    "request_uri",
    "claims",
    "display",
    "token",
    "token_type_hint",
    "username",
    "password",
];

/// The most bytes a query or form may have.
pub const MAX_BYTES: usize = 32 * 1024;
/// The most parameters, known or not.
const MAX_COUNT: usize = 64;

/// The parameters of a request. A parameter without a value counts as absent (RFC 6749 section 3.1).
#[derive(Clone, Debug)]
pub struct Params(Vec<(&'static str, String)>);

/// Why the parameters cannot be read. Never redirected: what they would be redirected to is in doubt.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParamsError {
    /// Too many bytes or parameters.
    #[error("the request has too many or too long parameters")]
    TooLarge,
    /// RFC 6749 section 3.1: parameters MUST NOT be included more than once.
    #[error("the parameter '{0}' is there more than once")]
    Repeated(&'static str),
    /// `State`, `state[]`, `state.x`: one reader's parameter and another's noise.
    #[error("a parameter has a name too much like '{0}'")]
    Disguised(&'static str),
    /// Not UTF-8, or a control character.
    #[error("the parameter '{0}' contains characters that are not allowed")]
    Characters(&'static str),
    /// OAuth parameters both in the URL and in the body.
    #[error("parameters are in the URL and in the body")]
    Mixed,
}

impl From<ParamsError> for OAuthError {
    fn from(error: ParamsError) -> Self {
        Self::request(error.to_string())
    }
}

impl Params {
    /// Parses a query or a form. Unknown parameters are ignored (RFC 6749 section 3.1).
    pub fn parse(encoded: &[u8]) -> Result<Self, ParamsError> {
        if encoded.len() > MAX_BYTES {
            return Err(ParamsError::TooLarge);
        }
        let mut found: Vec<(&'static str, String)> = Vec::with_capacity(8);
        for (count, (name, value)) in form_urlencoded::parse(encoded).enumerate() {
            if count >= MAX_COUNT {
                return Err(ParamsError::TooLarge);
            }
            let Some(name) = known(&name)? else { continue };
            if found.iter().any(|(have, _)| *have == name) {
                return Err(ParamsError::Repeated(name));
            }
            // The decoder puts U+FFFD where it met bytes that are not UTF-8.
            if value.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
                return Err(ParamsError::Characters(name));
            }
            found.push((name, value.into_owned()));
        }
        Ok(Self(found))
    }

    /// Parses the form of a request whose URL must carry no parameters of ours (RFC 6749 section 2.3.1: secrets
    /// MUST NOT be in the URI; section 3.2).
    pub fn parse_form(query: Option<&str>, form: &[u8]) -> Result<Self, ParamsError> {
        let in_url = Self::parse(query.unwrap_or("").as_bytes())?;
        if in_url.0.is_empty() { Self::parse(form) } else { Err(ParamsError::Mixed) }
    }

    /// The value of a parameter; `None` when it is absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(have, _)| *have == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The value of a parameter that must be there.
    pub fn require(&self, name: &'static str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| OAuthError::request(format!("the parameter '{name}' is missing")))
    }
}

/// The known parameter of this name; an error when it only looks like one.
fn known(name: &str) -> Result<Option<&'static str>, ParamsError> {
    if let Some(exact) = KNOWN.into_iter().find(|known| *known == name) {
        return Ok(Some(exact));
    }
    let bare = name.split(['[', '.', '\0']).next().unwrap_or("").trim();
    KNOWN
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(bare))
        .map_or(Ok(None), |like| Err(ParamsError::Disguised(like)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_counts_as_absent_and_unknown_is_ignored() {
        let params = Params::parse(b"client_id=a%20b&state=&utm=1&utm=2&scope=x+y").unwrap();
        assert_eq!(
            (params.get("client_id"), params.get("state"), params.get("scope")),
            (Some("a b"), None, Some("x y"))
        );
    }

    /// CVE-2026-9689: parameter pollution.
    #[test]
    fn repeated_and_disguised_parameters_are_refused() {
        for name in KNOWN {
            for twice in [format!("{name}=a&{name}=b"), format!("{name}=&{name}="), format!("{name}=a&x=1&{name}=a")] {
                assert_eq!(Params::parse(twice.as_bytes()).unwrap_err(), ParamsError::Repeated(name));
            }
            for like in [
                name.to_uppercase(),
                format!("{name}[]"),
                format!("{name}[0]"),
                format!("{name}%5B%5D"),
                format!(" {name}").replace(' ', "%20"),
                format!("{name}.x"),
                format!("{name}%00"),
            ] {
                assert_eq!(
                    Params::parse(format!("{like}=a").as_bytes()).unwrap_err(),
                    ParamsError::Disguised(name),
                    "{like}"
                );
            }
            assert_eq!(Params::parse_form(Some(&format!("{name}=a")), b"code=b").unwrap_err(), ParamsError::Mixed);
        }
        assert!(Params::parse_form(Some("utm=1"), b"code=b").is_ok());
    }

    #[test]
    fn odd_bytes_and_floods_are_refused() {
        for bad in ["state=%00", "state=%0d%0a", "state=%ff", "state=%c0%ae", "state=\u{7f}"] {
            assert_eq!(Params::parse(bad.as_bytes()).unwrap_err(), ParamsError::Characters("state"), "{bad}");
        }
        assert_eq!(Params::parse(&b"x=1&".repeat(65)).unwrap_err(), ParamsError::TooLarge);
        assert_eq!(Params::parse(&vec![b'a'; MAX_BYTES + 1]).unwrap_err(), ParamsError::TooLarge);
    }
}
