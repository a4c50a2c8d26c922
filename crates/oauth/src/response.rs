//! The one builder of authorization responses: every redirect back to a client is made here, so that none lacks `iss`.

use crate::{error::OAuthError, redirect_uri::ProvenRedirect};

/// What the client is told.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// The code.
    Code(&'a str),
    /// Why there is none.
    Error(&'a OAuthError),
}

/// The URL to redirect the browser to. `state` goes back as it came (RFC 6749 section 4.1.2: REQUIRED if it was present);
/// `iss` is always there (RFC 9207 section 2: it MUST be included in errors too).
pub fn redirect_url(to: &ProvenRedirect, issuer: &str, state: Option<&str>, answer: Answer<'_>) -> String {
    // The registered string stays as it is, byte by byte; parameters are only appended.
    let mut url = to.as_str().to_owned();
    url.push(if url.contains('?') { '&' } else { '?' });
    let start = url.len();
    let mut query = form_urlencoded::Serializer::for_suffix(url, start);
    match answer {
        Answer::Code(code) => query.append_pair("code", code),
        Answer::Error(error) => {
            query.append_pair("error", error.code.as_str()).append_pair("error_description", &error.description)
        }
    };
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    query.append_pair("iss", issuer);
    query.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::ErrorCode, redirect_uri::PrivateUseSchemes};
    use vestibule_model::Client;

    fn proven(uri: &str) -> ProvenRedirect {
        let client: Client = serde_json::from_value(serde_json::json!({
            "id": "cli_1", "kind": "registered", "name": "x", "uri": null, "auth_method": "none", "grant_types": [],
            "redirect_uris": [uri], "application_type": "native", "scope": null, "jwks": null, "roles": [],
            "disabled": false, "created_at": 0, "expires_at": null
        }))
        .unwrap();
        ProvenRedirect::prove(&client, uri, PrivateUseSchemes::Allowed).unwrap()
    }

    #[test]
    fn every_answer_names_the_issuer() {
        let denied = OAuthError::new(ErrorCode::AccessDenied, "no");
        for uri in ["https://a.example/cb", "https://a.example/cb?x=1", "http://localhost:1/cb", "app:/cb"] {
            for answer in [Answer::Code("c"), Answer::Error(&denied)] {
                let url = redirect_url(&proven(uri), "https://gate.example", Some("s&iss=evil"), answer);
                assert!(url.starts_with(uri), "{url}");
                let query = url.split_once('?').unwrap().1;
                let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
                assert_eq!(pairs.iter().filter(|(name, _)| name == "iss").count(), 1, "{url}");
                assert!(pairs.contains(&("iss".into(), "https://gate.example".into())));
                assert!(pairs.contains(&("state".into(), "s&iss=evil".into())));
            }
        }
    }

    #[test]
    fn an_absent_state_stays_absent() {
        let url = redirect_url(&proven("https://a.example/cb?x=1"), "https://i.example", None, Answer::Code("c"));
        assert_eq!(url, "https://a.example/cb?x=1&code=c&iss=https%3A%2F%2Fi.example");
    }
}
