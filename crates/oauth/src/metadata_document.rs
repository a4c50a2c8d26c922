//! Clients whose id is the URL of a document about them (draft-ietf-oauth-client-id-metadata-document, "CIMD").
//! The URL is the one thing proven about such a client: that it controls the document there.

use vestibule_model::{ClientAuthMethod, ClientId};

use crate::{
    client_metadata::{ClientMetadata, MetadataError, RawMetadata},
    redirect_uri::PrivateUseSchemes,
};

/// The most bytes of a document read (draft, section 4.2: 5 kB is recommended; with keys it may be more).
pub const MAX_BYTES: usize = 16 * 1024;
/// The longest client id URL, in bytes.
const MAX_URL: usize = 1024;

/// A client id that has the form of a document's URL. Kept and compared as the raw string.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocumentUrl(String);

impl DocumentUrl {
    /// Draft, section 3: `https`, with a path, without `.` or `..` segments, fragment and user information. Queries
    /// are discouraged there and refused here; so is every spelling that a URL parser would change.
    pub fn parse(client_id: &str) -> Option<Self> {
        if client_id.len() > MAX_URL || !client_id.starts_with("https://") {
            return None;
        }
        let url = url::Url::parse(client_id).ok()?;
        let plain =
            url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        // A parser resolves dot segments, drops `:443` and lowers the host: an id where it would is not canonical.
        if !plain || url.as_str() != client_id || url.path() == "/" || url.cannot_be_a_base() {
            return None;
        }
        let lower = url.path().to_ascii_lowercase();
        if lower.contains("//")
            || lower.contains("%2e")
            || lower.contains("%2f")
            || lower.contains("%5c")
            || client_id.contains('@')
        {
            return None;
        }
        Some(Self(client_id.to_owned()))
    }

    /// The URL, exactly as the client sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The client id.
    pub fn client_id(&self) -> ClientId {
        ClientId::new(self.0.as_str())
    }
}

/// Checks a fetched document.
pub fn parse_document(
    url: &DocumentUrl,
    json: &[u8],
    private_use: PrivateUseSchemes,
) -> Result<ClientMetadata, MetadataError> {
    if json.len() > MAX_BYTES {
        return Err(MetadataError::Malformed);
    }
    let mut raw = RawMetadata::parse(json)?;
    // The client_id in the document MUST match the URL, by simple string comparison.
    if raw.client_id.as_deref() != Some(url.as_str()) {
        return Err(MetadataError::OtherId);
    }
    // The document MUST NOT have a client_secret: everybody can read it.
    if raw.client_secret.is_some() {
        return Err(MetadataError::Secret);
    }
    if raw.client_name.as_deref().is_none_or(|name| name.trim().is_empty()) {
        return Err(MetadataError::Name);
    }
    raw.default_to_public();
    let metadata = raw.check(private_use)?;
    match metadata.auth_method {
        ClientAuthMethod::None | ClientAuthMethod::PrivateKeyJwt => Ok(metadata),
        // No method based on a shared secret: there is nobody to share it with.
        ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::ClientSecretPost => Err(MetadataError::AuthMethod),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const URL: &str = "https://claude.ai/oauth/claude-code-client-metadata";

    fn check(change: impl FnOnce(&mut Value)) -> Result<ClientMetadata, MetadataError> {
        let mut document = json!({
            "client_id": URL, "client_name": "Claude Code", "client_uri": "https://claude.ai",
            "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "token_endpoint_auth_method": "none"
        });
        change(&mut document);
        parse_document(&DocumentUrl::parse(URL).unwrap(), document.to_string().as_bytes(), PrivateUseSchemes::Allowed)
    }

    #[test]
    fn a_published_document_is_read() {
        let metadata = check(|_| ()).unwrap();
        assert_eq!((metadata.name.as_str(), metadata.redirect_uris.len()), ("Claude Code", 2));
        let silent =
            check(|document| drop(document.as_object_mut().unwrap().remove("token_endpoint_auth_method"))).unwrap();
        assert_eq!(silent.auth_method, ClientAuthMethod::None);
    }

    #[test]
    fn only_canonical_urls_are_ids() {
        for good in
            [URL, "https://a.example/x", "https://a.example:8443/x/y.json", "https://127.0.0.1:9443/client.json"]
        {
            assert!(DocumentUrl::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "cli_1",
            "http://a.example/x",
            "HTTPS://a.example/x",
            "https://a.example",
            "https://a.example/",
            "https://a.example:443/x",
            "https://A.example/x",
            "https://a.example/x#f",
            "https://a.example/x?q=1",
            "https://a.example/x?",
            "https://u@a.example/x",
            "https://u:p@a.example/x",
            "https://a.example/@b.example/x",
            "https://a.example/./x",
            "https://a.example/../x",
            "https://a.example/x/..",
            "https://a.example/%2e%2e/x",
            "https://a.example/x%2F..%2Fy",
            "https://a.example//x",
            "https://a.example\\x",
            "https:a.example/x",
            "https:///a.example/x",
            "https://a.example/\tx",
            "https://a.example/x ",
            " https://a.example/x",
            "https://b\u{fc}cher.example/x",
            "https://0x7f000001/x",
            "https://2130706433/x",
            "https://127.1/x",
            "file:///etc/passwd",
        ] {
            assert!(DocumentUrl::parse(bad).is_none(), "{bad}");
        }
        assert!(DocumentUrl::parse(&format!("https://a.example/{}", "x".repeat(1024))).is_none());
    }

    #[test]
    fn documents_that_lie_or_leak_are_refused() {
        use MetadataError::*;
        assert_eq!(check(|d| d["client_id"] = json!("https://claude.ai/oauth/other")), Err(OtherId));
        assert_eq!(check(|d| d["client_id"] = json!(format!("{URL}/"))), Err(OtherId));
        assert_eq!(check(|d| d["client_id"] = json!(null)), Err(OtherId));
        assert_eq!(check(|d| d["client_secret"] = json!("s")), Err(Secret));
        assert_eq!(check(|d| d["client_name"] = json!(" ")), Err(Name));
        assert_eq!(check(|d| d["client_name"] = json!(null)), Err(Name));
        for method in ["client_secret_basic", "client_secret_post", "client_secret_jwt"] {
            assert_eq!(check(|d| d["token_endpoint_auth_method"] = json!(method)), Err(AuthMethod));
        }
        assert_eq!(check(|d| d["token_endpoint_auth_method"] = json!("private_key_jwt")), Err(Keys));
        assert_eq!(check(|d| d["redirect_uris"] = json!([])), Err(RedirectCount));
        let url = DocumentUrl::parse(URL).unwrap();
        let large = vec![b' '; MAX_BYTES + 1];
        assert_eq!(parse_document(&url, &large, PrivateUseSchemes::Allowed), Err(Malformed));
        for bad in ["", "null", "[]", "<html>", "{", "{\"client_id\":1}"] {
            assert_eq!(parse_document(&url, bad.as_bytes(), PrivateUseSchemes::Allowed), Err(Malformed), "{bad}");
        }
    }
}
