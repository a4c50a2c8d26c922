//! Registration: what is given, what is limited, what ends by itself.

use axum::body::Body;
use http::{Method, StatusCode, header};
use serde_json::json;

use crate::testing::*;

impl House {
    async fn register(&self, body: impl Into<Body>) -> Answer {
        let request = self.request(Method::POST, "/register").header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(body.into()).unwrap()).await
    }
}

fn good() -> String {
    json!({"client_name": "Inspector", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"}).to_string()
}

#[tokio::test]
async fn a_registered_client_can_be_used() {
    let house = House::new().await;
    let answer = house.register(good()).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.headers.get(header::CACHE_CONTROL).unwrap(), "no-store");
    assert!(answer.json().get("client_secret").is_none());
    let id = answer.text("client_id");
    assert!(id.starts_with("cli_"));
    house.tokens(&id).await;
    assert_eq!(house.journal("\"register\"").len(), 1);
}

#[tokio::test]
async fn a_secret_is_issued_shown_once_and_works() {
    let house = House::new().await;
    let answer = house.register(json!({"redirect_uris": [CALLBACK]}).to_string()).await;
    let (id, secret) = (answer.text("client_id"), answer.text("client_secret"));
    assert_eq!(answer.text("token_endpoint_auth_method"), "client_secret_basic");
    let code = house.code(&id, &[]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(house.form_as("/token", &form, Some((&id, "wrong"))).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(house.form_as("/token", &form, Some((&id, &secret))).await.status, StatusCode::OK);
    assert!(house.journal(&secret).is_empty());
}

#[tokio::test]
async fn an_unused_registration_ends_and_a_used_one_stays() {
    let house = House::new().await;
    let unused = house.register(good()).await.text("client_id");
    let used = house.register(good()).await.text("client_id");
    house.tokens(&used).await;
    house.clock.advance(2 * DAY);
    assert_eq!(house.get(&House::authorize_url(&unused, &[])).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(house.get(&House::authorize_url(&used, &[])).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn limits_hold() {
    let house = House::with(|settings| settings.registration.per_address_per_hour = 2).await;
    assert_eq!(house.register(good()).await.status, StatusCode::CREATED);
    assert_eq!(house.register(good()).await.status, StatusCode::CREATED);
    let answer = house.register(good()).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
    house.clock.advance(std::time::Duration::from_secs(3600));
    assert_eq!(house.register(good()).await.status, StatusCode::CREATED);

    let full = House::with(|settings| settings.registration.max_clients = 1).await;
    assert_eq!(full.register(good()).await.status, StatusCode::CREATED);
    assert_eq!(full.register(good()).await.status, StatusCode::SERVICE_UNAVAILABLE);

    let closed = House::with(|settings| settings.registration.enabled = false).await;
    assert_eq!(closed.register(good()).await.status, StatusCode::FORBIDDEN);
    assert!(!closed.get("/.well-known/oauth-authorization-server").await.body.contains("registration_endpoint"));
}

#[tokio::test]
async fn bad_metadata_is_a_plain_400() {
    let house = House::new().await;
    for (body, error) in [
        ("{", "invalid_client_metadata"),
        ("", "invalid_client_metadata"),
        ("[]", "invalid_client_metadata"),
        (r#"{"redirect_uris":["http://evil.example/cb"]}"#, "invalid_redirect_uri"),
        (r#"{"redirect_uris":["javascript:alert(1)"]}"#, "invalid_redirect_uri"),
        (r#"{"redirect_uris":"https://a.example/cb"}"#, "invalid_client_metadata"),
    ] {
        let answer = house.register(body).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::BAD_REQUEST, error), "{body}");
    }
    let deep = format!(r#"{{"redirect_uris":["{CALLBACK}"],"x":{}1{}}}"#, "[".repeat(5000), "]".repeat(5000));
    assert_eq!(house.register(deep).await.status, StatusCode::CREATED, "what nobody reads may be as deep as it likes");
    let deep =
        format!(r#"{{"redirect_uris":["{CALLBACK}"],"jwks":{{"keys":{}1{}}}}}"#, "[".repeat(5000), "]".repeat(5000));
    assert_eq!(house.register(deep).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(house.register(vec![b' '; 65 * 1024]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let text = house.request(Method::POST, "/register").header(header::CONTENT_TYPE, "text/plain");
    assert_eq!(house.send(text.body(Body::from(good())).unwrap()).await.status, StatusCode::BAD_REQUEST);
}
