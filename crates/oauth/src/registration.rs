//! Dynamic client registration (RFC 7591). Whoever asks is given a client, so it proves nothing about anybody.

use serde_json::{Value, json};
use vestibule_model::{ApplicationType, Client, ClientAuthMethod, ClientId, ClientKind, Timestamp};

use crate::{
    client_metadata::{ClientMetadata, MAX_BYTES, MetadataError, RawMetadata},
    error::{ErrorCode, OAuthError},
    redirect_uri::PrivateUseSchemes,
};

impl From<MetadataError> for OAuthError {
    /// RFC 7591 section 3.2.2.
    fn from(error: MetadataError) -> Self {
        let code = match error {
            MetadataError::RedirectCount | MetadataError::Redirect(_) => ErrorCode::InvalidRedirectUri,
            _ => ErrorCode::InvalidClientMetadata,
        };
        Self::new(code, error.to_string())
    }
}

/// Reads a registration request. An id or secret that the client proposes is ignored: both are ours to make, so
/// nobody registers an id that looks like another's URL.
pub fn parse(json: &[u8], private_use: PrivateUseSchemes) -> Result<ClientMetadata, OAuthError> {
    if json.len() > MAX_BYTES {
        return Err(OAuthError::new(ErrorCode::InvalidClientMetadata, "the metadata is too large"));
    }
    let metadata = RawMetadata::parse(json)?.check(private_use)?;
    // We fetch nothing for strangers; they can send their keys.
    if metadata.jwks_uri.is_some() && metadata.auth_method == ClientAuthMethod::PrivateKeyJwt {
        return Err(OAuthError::new(ErrorCode::InvalidClientMetadata, "send the keys as jwks, not as jwks_uri"));
    }
    Ok(metadata)
}

impl ClientMetadata {
    /// The client of this metadata.
    pub fn into_client(
        self,
        id: ClientId,
        kind: ClientKind,
        created_at: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Client {
        Client {
            id,
            kind,
            name: self.name,
            uri: self.uri,
            redirect_uris: self.redirect_uris,
            auth_method: self.auth_method,
            grant_types: self.grant_types,
            application_type: self.application_type,
            scope: None,
            jwks: self.jwks,
            roles: Vec::new(),
            disabled: false,
            created_at,
            expires_at,
        }
    }
}

/// The answer of RFC 7591 section 3.2.1: all metadata as registered, and the secret, shown this once.
pub fn response(client: &Client, secret: Option<&str>) -> String {
    let uris: Vec<&str> = client.redirect_uris.iter().map(|uri| uri.0.as_str()).collect();
    let application_type = match client.application_type {
        ApplicationType::Native => "native",
        ApplicationType::Web => "web",
    };
    let mut body = json!({
        "client_id": client.id.as_str(),
        "client_id_issued_at": client.created_at.as_seconds(),
        "client_name": client.name,
        "redirect_uris": uris,
        "token_endpoint_auth_method": client.auth_method.as_str(),
        "grant_types": client.grant_types,
        "response_types": ["code"],
        "application_type": application_type,
    });
    let optional = [
        ("client_uri", client.uri.as_deref().map(Value::from)),
        ("client_secret", secret.map(Value::from)),
        // RFC 7591 section 3.2.1: REQUIRED if a secret is issued; 0 for one that does not end.
        ("client_secret_expires_at", secret.map(|_| Value::from(0))),
        ("jwks", client.jwks.as_deref().and_then(|jwks| serde_json::from_str(jwks).ok())),
    ];
    if let Some(object) = body.as_object_mut() {
        object.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    body.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<ClientMetadata, OAuthError> {
        parse(json.as_bytes(), PrivateUseSchemes::Allowed)
    }

    #[test]
    fn an_id_or_secret_of_the_client_s_choice_is_ignored() {
        let metadata = read(
            r#"{"redirect_uris":["https://a.example/cb"],"client_id":"https://claude.ai/id","client_secret":"s"}"#,
        )
        .unwrap();
        let client = metadata.into_client("cli_1".into(), ClientKind::Registered, Timestamp::from_seconds(5), None);
        let answer: Value = serde_json::from_str(&response(&client, Some("vcs_x"))).unwrap();
        assert_eq!((&answer["client_id"], &answer["client_secret"]), (&json!("cli_1"), &json!("vcs_x")));
        assert_eq!(answer["client_secret_expires_at"], 0);
        let public: Value = serde_json::from_str(&response(&client, None)).unwrap();
        assert!(public.get("client_secret").is_none() && public.get("client_secret_expires_at").is_none());
    }

    #[test]
    fn errors_have_the_registered_names() {
        assert_eq!(
            read(r#"{"redirect_uris":["http://evil.example/"]}"#).unwrap_err().code,
            ErrorCode::InvalidRedirectUri
        );
        assert_eq!(read(r#"{"client_name":"no uris"}"#).unwrap_err().code, ErrorCode::InvalidRedirectUri);
        assert_eq!(read("[]").unwrap_err().code, ErrorCode::InvalidClientMetadata);
        assert_eq!(read(&" ".repeat(MAX_BYTES + 1)).unwrap_err().code, ErrorCode::InvalidClientMetadata);
        let remote = r#"{"redirect_uris":["https://a.example/cb"],"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://169.254.169.254/x"}"#;
        assert_eq!(read(remote).unwrap_err().code, ErrorCode::InvalidClientMetadata);
    }
}
