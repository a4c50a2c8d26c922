//! Discovery: what every client reads first.

use http::{Method, StatusCode, header};

use crate::testing::*;

#[tokio::test]
async fn both_discovery_documents_say_the_same() {
    let house = House::new().await;
    let oauth = house.get("/.well-known/oauth-authorization-server").await;
    let openid = house.get("/.well-known/openid-configuration").await;
    assert_eq!(oauth.body, openid.body);
    assert_eq!(oauth.json()["issuer"], ISSUER);
    assert_eq!(oauth.headers.get(header::CONTENT_TYPE).unwrap(), "application/json");
}

#[tokio::test]
async fn each_server_has_a_document_with_its_exact_resource() {
    let house = House::new().await;
    for (path, resource) in [("/mcp/hr", HR), ("/mcp/github", GITHUB), ("", HR)] {
        let answer = house.get(&format!("/.well-known/oauth-protected-resource{path}")).await;
        assert_eq!(answer.json()["resource"], resource);
        assert_eq!(answer.json()["authorization_servers"], serde_json::json!([ISSUER]));
        assert!(!answer.body.contains("offline_access"));
    }
    assert_eq!(house.get("/.well-known/oauth-protected-resource/mcp/nobody").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_key_set_shows_public_halves_only() {
    let house = House::new().await;
    let answer = house.get("/.well-known/jwks.json").await;
    let key = &answer.json()["keys"][0];
    assert_eq!((&key["kid"], &key["alg"]), (&"key_1".into(), &"EdDSA".into()));
    assert!(key.get("d").is_none());
    assert_eq!(answer.headers.get(header::CACHE_CONTROL).unwrap(), "public, max-age=300");
}

/// CVE-2025-67494 and its kin: no header of a request chooses what we say about ourselves.
#[tokio::test]
async fn no_header_moves_the_issuer() {
    let house = House::new().await;
    for name in ["host", "x-forwarded-host", "x-forwarded-proto", "forwarded", "x-original-host"] {
        let request =
            house.request(Method::GET, "/.well-known/oauth-authorization-server").header(name, "evil.example");
        let answer = house.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert!(!answer.body.contains("evil"), "{name}");
    }
}

#[tokio::test]
async fn browser_based_clients_may_read_and_preflight() {
    let house = House::new().await;
    for path in [
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
        "/.well-known/oauth-protected-resource/mcp/hr",
        "/token",
        "/register",
        "/revoke",
    ] {
        let request = house.request(Method::OPTIONS, path).header(header::ORIGIN, "https://inspector.example");
        let answer = house.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(answer.headers.get("access-control-allow-origin").unwrap(), "*");
        let allowed = answer.headers.get("access-control-allow-headers").unwrap().to_str().unwrap().to_lowercase();
        assert!(allowed.contains("authorization") && allowed.contains("mcp-protocol-version"));
    }
    let error = house.form("/token", &[]).await;
    assert_eq!(error.headers.get("access-control-allow-origin").unwrap(), "*", "errors can be read too");
    for path in ["/authorize", "/introspect", "/login"] {
        let request = house.request(Method::OPTIONS, path).body(axum::body::Body::empty()).unwrap();
        assert!(!house.send(request).await.headers.contains_key("access-control-allow-origin"), "{path}");
    }
}
