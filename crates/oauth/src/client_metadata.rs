//! What clients say about themselves (RFC 7591 section 2), checked the same way whether they register or publish a
//! document. Everything here is an unverified claim and is shown to people as such.

use serde::Deserialize;
use serde_json::value::RawValue;
use vestibule_model::{ApplicationType, ClientAuthMethod, RedirectUri};

use crate::{
    jwk::{KeySet, MAX_SET_BYTES},
    redirect_uri::{self, PrivateUseSchemes, RedirectError, RedirectKind},
};

/// The most redirect URIs of one client.
pub const MAX_REDIRECT_URIS: usize = 16;
/// The longest name, in characters.
const MAX_NAME: usize = 100;

/// Why metadata is refused. The sentence is for the developer of the client.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MetadataError {
    /// Not a JSON object, or a member of a wrong type.
    #[error("the metadata is not a JSON object with members of the registered types")]
    Malformed,
    /// None, too many, or one that is refused.
    #[error("redirect_uris must have 1 to 16 entries")]
    RedirectCount,
    /// One of the redirect URIs.
    #[error("{0}")]
    Redirect(#[from] RedirectError),
    /// `client_name`.
    #[error("client_name must be at most 100 characters, without control or direction characters")]
    Name,
    /// `token_endpoint_auth_method`.
    #[error("token_endpoint_auth_method must be none, client_secret_basic, client_secret_post or private_key_jwt")]
    AuthMethod,
    /// `jwks` or `jwks_uri`.
    #[error("private_key_jwt needs jwks with public signature keys, and only it does")]
    Keys,
    /// `grant_types`.
    #[error("grant_types must include authorization_code")]
    GrantTypes,
    /// `response_types`.
    #[error("response_types must include code")]
    ResponseTypes,
    /// Of a metadata document: the id inside is not the URL.
    #[error("client_id in the document must be exactly its URL")]
    OtherId,
    /// Of a metadata document: a secret that everybody can read.
    #[error("a metadata document must not have a client_secret")]
    Secret,
}

/// The members that matter; others are ignored (RFC 7591 section 2). A duplicate of one of them is refused.
#[derive(Deserialize)]
pub(crate) struct RawMetadata {
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<serde::de::IgnoredAny>,
    redirect_uris: Option<Vec<String>>,
    token_endpoint_auth_method: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    pub(crate) client_name: Option<String>,
    client_uri: Option<String>,
    application_type: Option<String>,
    jwks: Option<Box<RawValue>>,
    pub(crate) jwks_uri: Option<String>,
}

/// Checked metadata.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientMetadata {
    /// `client_name`; may be empty.
    pub name: String,
    /// `client_uri`, when it is an `https` URL.
    pub uri: Option<String>,
    /// At least one.
    pub redirect_uris: Vec<RedirectUri>,
    /// How it proves itself.
    pub auth_method: ClientAuthMethod,
    /// Those of its grant types that we have.
    pub grant_types: Vec<String>,
    /// As given, or inferred from the redirect URIs.
    pub application_type: ApplicationType,
    /// `jwks` as JSON text.
    pub jwks: Option<String>,
    /// `jwks_uri`, when it is an `https` URL; fetching it is the caller's.
    pub jwks_uri: Option<String>,
}

impl RawMetadata {
    pub(crate) fn parse(json: &[u8]) -> Result<Self, MetadataError> {
        serde_json::from_slice(json).map_err(|_| MetadataError::Malformed)
    }

    /// A published document without a method is that of a public client; it cannot have a secret.
    pub(crate) fn default_to_public(&mut self) {
        if self.token_endpoint_auth_methods_supported.is_none() {
            self.token_endpoint_auth_method.get_or_insert_with(|| "none".to_owned());
        }
    }

    pub(crate) fn check(self, private_use: PrivateUseSchemes) -> Result<ClientMetadata, MetadataError> {
        let redirect_uris = self.redirect_uris.unwrap_or_default();
        let kinds = check_redirects(&redirect_uris, private_use)?;
        if self.response_types.is_some_and(|types| !types.iter().any(|kind| kind == "code")) {
            return Err(MetadataError::ResponseTypes);
        }
        let auth_method = auth_method(self.token_endpoint_auth_method, self.token_endpoint_auth_methods_supported)?;
        let jwks = self.jwks.map(|jwks| jwks.get().to_owned()).filter(|jwks| jwks != "null");
        let jwks_uri = self.jwks_uri.filter(|uri| is_https(uri));
        check_keys(auth_method, jwks.as_deref(), jwks_uri.as_deref())?;
        Ok(ClientMetadata {
            name: name(self.client_name.unwrap_or_default())?,
            uri: self.client_uri.filter(|uri| is_https(uri)),
            redirect_uris: redirect_uris.into_iter().map(RedirectUri).collect(),
            auth_method,
            grant_types: grant_types(self.grant_types)?,
            application_type: application_type(self.application_type.as_deref(), &kinds),
            jwks,
            jwks_uri,
        })
    }
}

fn check_redirects(uris: &[String], private_use: PrivateUseSchemes) -> Result<Vec<RedirectKind>, MetadataError> {
    if uris.is_empty() || uris.len() > MAX_REDIRECT_URIS {
        return Err(MetadataError::RedirectCount);
    }
    uris.iter().map(|uri| redirect_uri::check(uri, private_use).map_err(MetadataError::Redirect)).collect()
}

/// People read the name on the consent page: no characters that hide, reorder or break it, and something to see.
fn name(name: String) -> Result<String, MetadataError> {
    let name = name.trim();
    if name.chars().count() > MAX_NAME || name.chars().any(is_hidden) {
        Err(MetadataError::Name)
    } else {
        Ok(name.to_owned())
    }
}

/// Whether people cannot see a character, or it moves others: control and direction characters, marks of no width,
/// fillers that look like a blank, tags.
pub fn is_hidden(c: char) -> bool {
    let blank = c.is_whitespace() && !matches!(c, ' ' | '\u{A0}' | '\u{3000}');
    c.is_control()
        || blank
        || matches!(
            c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'
                ..='\u{180F}'
        )
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}')
        || matches!(c, '\u{FE00}'..='\u{FE0D}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFD}')
        || matches!(c, '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// RFC 7591 section 2: `client_secret_basic` when omitted.
fn auth_method(one: Option<String>, several: Option<Vec<String>>) -> Result<ClientAuthMethod, MetadataError> {
    let known = |name: &str| {
        use ClientAuthMethod::{ClientSecretBasic, ClientSecretPost, None, PrivateKeyJwt};
        [None, ClientSecretBasic, ClientSecretPost, PrivateKeyJwt].into_iter().find(|method| method.as_str() == name)
    };
    match (one, several) {
        (Some(one), _) => known(&one).ok_or(MetadataError::AuthMethod),
        (None, Some(several)) => {
            let ours: Vec<_> = several.iter().filter_map(|name| known(name)).collect();
            // The strongest of those both sides know.
            let best = ours.iter().find(|method| **method == ClientAuthMethod::PrivateKeyJwt).or(ours.first());
            best.copied().ok_or(MetadataError::AuthMethod)
        }
        (None, None) => Ok(ClientAuthMethod::ClientSecretBasic),
    }
}

fn check_keys(method: ClientAuthMethod, jwks: Option<&str>, jwks_uri: Option<&str>) -> Result<(), MetadataError> {
    // RFC 7591 section 2: jwks and jwks_uri MUST NOT both be present.
    if jwks.is_some() && jwks_uri.is_some() {
        return Err(MetadataError::Keys);
    }
    if let Some(jwks) = jwks {
        KeySet::parse(jwks).map_err(|_| MetadataError::Keys)?;
    }
    let keyed = jwks.is_some() || jwks_uri.is_some();
    if method == ClientAuthMethod::PrivateKeyJwt && !keyed { Err(MetadataError::Keys) } else { Ok(()) }
}

/// The grants a client that nobody vouches for may have; the others it asks for are left out, and the answer says so
/// (RFC 7591 section 3.2.1). Acting for itself takes an administrator.
fn grant_types(asked: Option<Vec<String>>) -> Result<Vec<String>, MetadataError> {
    const OPEN: [&str; 2] = ["authorization_code", "refresh_token"];
    let Some(asked) = asked else { return Ok(OPEN.map(str::to_owned).to_vec()) };
    if !asked.iter().any(|grant| grant == "authorization_code") {
        return Err(MetadataError::GrantTypes);
    }
    Ok(OPEN.into_iter().filter(|open| asked.iter().any(|grant| grant == open)).map(str::to_owned).collect())
}

/// Clients of older protocol versions omit it: then the redirect URIs tell.
fn application_type(given: Option<&str>, kinds: &[RedirectKind]) -> ApplicationType {
    match given {
        Some("web") => ApplicationType::Web,
        Some("native") => ApplicationType::Native,
        _ if kinds.iter().all(|kind| *kind == RedirectKind::Https) => ApplicationType::Web,
        _ => ApplicationType::Native,
    }
}

/// An `https` URL that is safe to show and to fetch: short, printable, no user information.
fn is_https(uri: &str) -> bool {
    let parsed = url::Url::parse(uri).ok().filter(|url| url.scheme() == "https" && url.username().is_empty());
    uri.len() <= 2048
        && uri.starts_with("https://")
        && parsed.is_some_and(|url| url.has_host() && url.password().is_none())
}

/// The most bytes of metadata read: room for a key set and its surroundings.
pub const MAX_BYTES: usize = MAX_SET_BYTES + 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(metadata: &Value) -> Result<ClientMetadata, MetadataError> {
        RawMetadata::parse(metadata.to_string().as_bytes())?.check(PrivateUseSchemes::Allowed)
    }

    fn with(name: &str, value: Value) -> Value {
        let mut metadata =
            json!({"redirect_uris": ["http://localhost/callback"], "token_endpoint_auth_method": "none"});
        metadata[name] = value;
        metadata
    }

    #[test]
    fn what_clients_leave_out_is_filled_in() {
        let client =
            check(&json!({"redirect_uris": ["http://localhost/callback"], "client_uri": null, "logo_uri": 7})).unwrap();
        assert_eq!(client.auth_method, ClientAuthMethod::ClientSecretBasic);
        assert_eq!(client.application_type, ApplicationType::Native);
        assert_eq!(client.grant_types, ["authorization_code", "refresh_token"]);
        let web =
            check(&json!({"redirect_uris": ["https://a.example/cb"], "grant_types": ["authorization_code"]})).unwrap();
        assert_eq!((web.application_type, web.grant_types.len()), (ApplicationType::Web, 1));
    }

    #[test]
    fn wrong_types_and_values_are_refused() {
        for (name, value) in [
            ("redirect_uris", json!([])),
            ("redirect_uris", json!("https://a.example/cb")),
            ("redirect_uris", json!([1])),
            ("redirect_uris", json!(["https://a.example/cb#x"])),
            ("redirect_uris", json!(["https://a.example/cb", "javascript:alert(1)"])),
            ("redirect_uris", json!(["http://a.example/cb"])),
            ("redirect_uris", json!(vec!["https://a.example/cb"; 17])),
            ("client_name", json!(1)),
            ("client_name", json!("a".repeat(101))),
            ("client_name", json!("Cla\u{202e}edu")),
            ("client_name", json!("Claude\u{200b}")),
            ("client_name", json!("\u{3164}\u{3164}")),
            ("client_name", json!("\u{2800}")),
            ("client_name", json!("\u{ad}")),
            ("client_name", json!("Cla\u{61c}ude")),
            ("client_name", json!("Claude\u{e0100}")),
            ("client_name", json!("a\u{2003}b")),
            ("client_name", json!("a\nb")),
            ("token_endpoint_auth_method", json!("client_secret_jwt")),
            ("token_endpoint_auth_method", json!("tls_client_auth")),
            ("token_endpoint_auth_method", json!("private_key_jwt")),
            ("grant_types", json!(["client_credentials"])),
            ("grant_types", json!([])),
            ("grant_types", json!("authorization_code")),
            ("response_types", json!(["token"])),
            ("response_types", json!([])),
            ("jwks", json!({"keys": [{"kty": "oct", "k": "AA"}]})),
            ("jwks", json!("x")),
        ] {
            let metadata = with(name, value);
            assert!(check(&metadata).is_err(), "{metadata}");
        }
        for bad in ["", "null", "[]", "1", "{", r#"{"redirect_uris":[],"redirect_uris":["https://a.example/cb"]}"#] {
            assert!(RawMetadata::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn grants_that_need_an_administrator_are_left_out() {
        let client =
            check(&with("grant_types", json!(["authorization_code", "client_credentials", "password", "implicit"])))
                .unwrap();
        assert_eq!(client.grant_types, ["authorization_code"]);
    }

    #[test]
    fn links_that_are_not_https_are_dropped() {
        for bad in ["javascript:alert(1)", "http://a.example", "https://u@a.example", "https://", "", "data:,x"] {
            assert_eq!(check(&with("client_uri", json!(bad))).unwrap().uri, None, "{bad}");
        }
        assert!(check(&with("client_uri", json!("https://a.example"))).unwrap().uri.is_some());
    }
}
