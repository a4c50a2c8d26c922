//! The documents that tell clients where everything is: RFC 8414, OpenID Connect Discovery 1.0, RFC 9728.

use serde_json::{Value, json};
use vestibule_model::Server;

use crate::{grants::GRANTS, jwk::ACCEPTED_ALGORITHMS};

/// Whether `/register` is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Registration {
    /// It is named in the metadata.
    Open,
    /// It is not.
    Closed,
}

/// Whether a `client_id` may be the URL of a metadata document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MetadataDocuments {
    /// It may, and the metadata says so.
    Accepted,
    /// It is the id of nobody; the metadata says so too.
    Refused,
}

/// Paths of the endpoints under the issuer.
pub mod paths {
    /// Authorization endpoint.
    pub const AUTHORIZE: &str = "/authorize";
    /// Token endpoint.
    pub const TOKEN: &str = "/token";
    /// Registration endpoint.
    pub const REGISTER: &str = "/register";
    /// Revocation endpoint.
    pub const REVOKE: &str = "/revoke";
    /// Introspection endpoint.
    pub const INTROSPECT: &str = "/introspect";
    /// Key set.
    pub const JWKS: &str = "/.well-known/jwks.json";
    /// Metadata of the authorization server.
    pub const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
    /// The same for OpenID Connect clients.
    pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
    /// Metadata of a protected resource; the path of the resource follows.
    pub const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";
}

/// One document serves RFC 8414 and OpenID Connect Discovery. `issuer` goes in as the exact configured string: clients
/// MUST compare it with the one they built the URL from (RFC 8414 section 3.3).
pub fn authorization_server<'a>(
    issuer: &str,
    registration: Registration,
    documents: MetadataDocuments,
    scopes: impl IntoIterator<Item = &'a str>,
) -> String {
    let url = |path: &str| format!("{issuer}{path}");
    let grants: Vec<&str> = GRANTS.iter().map(|grant| grant.name).collect();
    let scopes: Vec<&str> = scopes.into_iter().collect();
    let methods = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"];
    let proven = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": url(paths::AUTHORIZE),
        "token_endpoint": url(paths::TOKEN),
        "revocation_endpoint": url(paths::REVOKE),
        "introspection_endpoint": url(paths::INTROSPECT),
        "jwks_uri": url(paths::JWKS),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": grants,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": ACCEPTED_ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": ACCEPTED_ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": proven,
        "introspection_endpoint_auth_signing_alg_values_supported": ACCEPTED_ALGORITHMS,
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": documents == MetadataDocuments::Accepted,
        "prompt_values_supported": ["none", "login", "consent"],
        "acr_values_supported": ["aal1", "aal2"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "ES256"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr"],
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "claims_parameter_supported": false,
    });
    if registration == Registration::Open
        && let Some(object) = document.as_object_mut()
    {
        object.insert("registration_endpoint".to_owned(), Value::from(url(paths::REGISTER)));
    }
    document.to_string()
}

/// RFC 9728 section 2, for one server. `resource` is exactly what clients were told, or they must refuse it.
pub fn protected_resource(issuer: &str, server: &Server) -> String {
    let scopes = server.scopes_supported();
    json!({
        "resource": server.resource.as_str(),
        "authorization_servers": [issuer],
        "scopes_supported": scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>(),
        "bearer_methods_supported": ["header"],
        "resource_name": server.title,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_insist_on_is_there() {
        let text =
            authorization_server("https://gate.example", Registration::Open, MetadataDocuments::Accepted, ["tools:*"]);
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["issuer"], "https://gate.example");
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        assert_eq!(document["client_id_metadata_document_supported"], true);
        assert_eq!(document["registration_endpoint"], "https://gate.example/register");
        assert!(!document["token_endpoint_auth_signing_alg_values_supported"].to_string().contains("none"));
    }

    #[test]
    fn what_is_switched_off_is_not_offered() {
        let text = authorization_server("https://gate.example", Registration::Closed, MetadataDocuments::Refused, []);
        assert!(!text.contains("registration_endpoint"));
        assert!(text.contains(r#""client_id_metadata_document_supported":false"#));
    }
}
