//! The authorization request (RFC 6749 section 4.1.1), read in stages: nothing is redirected before both the client and
//! its redirect URI are proven (OAuth 2.1 section 7.12.2).

use serde::{Deserialize, Serialize};
use vestibule_model::{Acr, Client, ClientId, ScopeSet};

use crate::{
    error::{ErrorCode, OAuthError},
    params::Params,
    pkce::Challenge,
    redirect_uri::{PrivateUseSchemes, ProvenRedirect},
};

/// The longest `client_id`, `state` and `nonce`, in bytes.
const MAX_CLIENT_ID: usize = 2048;
const MAX_STATE: usize = 4096;
const MAX_NONCE: usize = 512;

/// `prompt` (OpenID Connect Core section 3.1.2.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Prompt {
    /// Answer without asking anybody, or fail.
    pub none: bool,
    /// Sign in again, session or not.
    pub login: bool,
    /// Ask for consent again, remembered or not.
    pub consent: bool,
}

/// A request whose client and redirect URI are proven and whose parameters are well-formed. Whether the scopes and
/// the resource exist is for the caller to say.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// What was asked for; `None` when the client left it to us.
    pub scope: Option<ScopeSet>,
    /// RFC 8707; `None` from clients that do not know it.
    pub resource: Option<String>,
    /// Given back as it came.
    pub state: Option<String>,
    /// PKCE.
    pub code_challenge: Challenge,
    /// For the ID token.
    pub nonce: Option<String>,
    /// Whom to ask again.
    pub prompt: Prompt,
    /// The user must have signed in within this many seconds.
    pub max_age: Option<u64>,
    /// The user must have signed in at least this strongly (RFC 9470 section 4).
    pub acr: Option<Acr>,
}

/// Stage one: who asks. The error must be shown, not redirected.
pub fn client_id(params: &Params) -> Result<ClientId, OAuthError> {
    let id = params.require("client_id")?;
    if id.len() > MAX_CLIENT_ID {
        return Err(OAuthError::request("the client_id is too long"));
    }
    Ok(ClientId::new(id))
}

/// Stage two: where the answer may go. The error must be shown, not redirected.
pub fn redirect(
    params: &Params,
    client: &Client,
    private_use: PrivateUseSchemes,
) -> Result<ProvenRedirect, OAuthError> {
    let requested = params.require("redirect_uri")?;
    ProvenRedirect::prove(client, requested, private_use).map_err(|error| OAuthError::request(error.to_string()))
}

/// The `state` to give back with errors too; an oversized one is not carried around.
pub fn state(params: &Params) -> Option<&str> {
    params.get("state").filter(|state| state.len() <= MAX_STATE)
}

/// Stage three: what is asked. From here on errors are redirected.
pub fn request(params: &Params, client: &Client) -> Result<AuthorizationRequest, OAuthError> {
    refuse_unsupported(params, client)?;
    let nonce = params.get("nonce");
    if params.get("state").is_some() != state(params).is_some() || nonce.is_some_and(|nonce| nonce.len() > MAX_NONCE) {
        return Err(OAuthError::request("state or nonce is too long"));
    }
    Ok(AuthorizationRequest {
        scope: scope(params)?,
        resource: resource(params)?,
        state: state(params).map(str::to_owned),
        code_challenge: Challenge::parse(params)?,
        nonce: nonce.map(str::to_owned),
        prompt: prompt(params)?,
        max_age: max_age(params)?,
        acr: acr(params),
    })
}

fn refuse_unsupported(params: &Params, client: &Client) -> Result<(), OAuthError> {
    if params.get("request").is_some() {
        return Err(OAuthError::new(ErrorCode::RequestNotSupported, "request objects are not supported"));
    }
    if params.get("request_uri").is_some() {
        return Err(OAuthError::new(ErrorCode::RequestUriNotSupported, "request_uri is not supported"));
    }
    if params.require("response_type")? != "code" {
        return Err(OAuthError::new(ErrorCode::UnsupportedResponseType, "response_type must be code"));
    }
    if params.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(OAuthError::request("response_mode must be query"));
    }
    if !client.allows_grant("authorization_code") {
        return Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "the client did not register for authorization_code",
        ));
    }
    Ok(())
}

/// The `scope` parameter; an illegal token refuses the request.
pub fn scope(params: &Params) -> Result<Option<ScopeSet>, OAuthError> {
    let Some(text) = params.get("scope") else { return Ok(None) };
    let set = ScopeSet::parse(text);
    let set =
        set.ok_or_else(|| OAuthError::new(ErrorCode::InvalidScope, "scope contains characters that are not allowed"))?;
    Ok((!set.is_empty()).then_some(set))
}

/// The `resource` parameter. RFC 8707 section 2: an absolute URI without fragment.
pub fn resource(params: &Params) -> Result<Option<String>, OAuthError> {
    let Some(resource) = params.get("resource") else { return Ok(None) };
    if resource.len() > 2048 || resource.contains('#') || !resource.contains(':') {
        return Err(OAuthError::new(ErrorCode::InvalidTarget, "resource must be an absolute URI without fragment"));
    }
    Ok(Some(resource.to_owned()))
}

fn prompt(params: &Params) -> Result<Prompt, OAuthError> {
    let mut prompt = Prompt::default();
    for word in params.get("prompt").unwrap_or("").split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompt.none = true,
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => return Err(OAuthError::request("prompt must be none, login, consent or select_account")),
        }
    }
    if prompt.none && (prompt.login || prompt.consent) {
        return Err(OAuthError::request("prompt=none stands alone"));
    }
    Ok(prompt)
}

/// The weakest of the values that we know: any of them would do. The others are wishes that we cannot weigh.
fn acr(params: &Params) -> Option<Acr> {
    let wanted = params.get("acr_values")?;
    [Acr::Single, Acr::Multi].into_iter().find(|known| wanted.split(' ').any(|word| word == known.as_str()))
}

fn max_age(params: &Params) -> Result<Option<u64>, OAuthError> {
    let wrong = |_| OAuthError::request("max_age must be a number of seconds");
    params.get("max_age").map(|text| text.parse().map_err(wrong)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "response_type=code&client_id=cli_1&redirect_uri=https%3A%2F%2Fa.example%2Fcb&state=s\
        &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

    fn client() -> Client {
        serde_json::from_value(serde_json::json!({
            "id": "cli_1", "kind": "registered", "name": "x", "uri": null, "auth_method": "none",
            "grant_types": ["authorization_code"], "redirect_uris": ["https://a.example/cb"], "application_type": "web",
            "scope": null, "jwks": null, "roles": [], "disabled": false, "created_at": 0, "expires_at": null
        }))
        .unwrap()
    }

    fn read(query: &str) -> Result<AuthorizationRequest, OAuthError> {
        request(&Params::parse(query.as_bytes()).unwrap(), &client())
    }

    #[test]
    fn the_smallest_request_of_older_clients_is_enough() {
        let request = read(GOOD).unwrap();
        assert_eq!((request.scope, request.resource, request.prompt), (None, None, Prompt::default()));
    }

    #[test]
    fn the_weakest_known_strength_will_do() {
        let asked = |values: &str| read(&format!("{GOOD}&acr_values={values}")).unwrap().acr;
        assert_eq!(read(GOOD).unwrap().acr, None);
        assert_eq!(
            (asked("aal2"), asked("aal2+aal1"), asked("urn:phr+aal2")),
            (Some(Acr::Multi), Some(Acr::Single), Some(Acr::Multi))
        );
        assert_eq!((asked("urn:phr"), asked("AAL2"), asked("")), (None, None, None));
    }

    #[test]
    fn who_and_where_come_first() {
        let params = |query: &str| Params::parse(query.as_bytes()).unwrap();
        assert!(client_id(&params("response_type=code")).is_err());
        assert!(client_id(&params(&format!("client_id={}", "a".repeat(2049)))).is_err());
        for bad in [
            "",
            "redirect_uri=https://evil.example/cb",
            "redirect_uri=https://a.example/cb%23x",
            "redirect_uri=javascript:alert(1)",
        ] {
            assert!(redirect(&params(bad), &client(), PrivateUseSchemes::Allowed).is_err(), "{bad}");
        }
    }

    #[test]
    fn unsupported_and_malformed_parameters_have_their_own_names() {
        use ErrorCode::*;
        let long = "x".repeat(4097);
        for (change, code) in [
            ("&request=eyJ", RequestNotSupported),
            ("&request_uri=urn:x", RequestUriNotSupported),
            ("&response_mode=fragment", InvalidRequest),
            ("&response_mode=form_post", InvalidRequest),
            ("&prompt=none+login", InvalidRequest),
            ("&prompt=create", InvalidRequest),
            ("&max_age=-1", InvalidRequest),
            ("&max_age=x", InvalidRequest),
            ("&scope=a%22b", InvalidScope),
            ("&resource=relative", InvalidTarget),
            ("&resource=https://a.example/%23f", InvalidTarget),
            (&format!("&nonce={long}"), InvalidRequest),
        ] {
            assert_eq!(read(&format!("{GOOD}{change}")).unwrap_err().code, code, "{change}");
        }
        assert_eq!(read(&GOOD.replace("=code&", "=token&")).unwrap_err().code, UnsupportedResponseType);
        assert_eq!(read(&GOOD.replace("=code&", "=code+token&")).unwrap_err().code, UnsupportedResponseType);
        assert_eq!(read(&GOOD.replace("state=s", &format!("state={long}"))).unwrap_err().code, InvalidRequest);
    }

    #[test]
    fn a_client_without_the_grant_is_refused() {
        let params = Params::parse(GOOD.as_bytes()).unwrap();
        let other = Client { grant_types: vec!["client_credentials".into()], ..client() };
        assert_eq!(request(&params, &other).unwrap_err().code, ErrorCode::UnauthorizedClient);
    }
}
