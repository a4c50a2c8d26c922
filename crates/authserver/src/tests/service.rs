//! Clients that act for themselves, by secret and by signed assertion.

use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};
use vestibule_model::{Clock, ResourceUri, clock::SeededRandom};
use vestibule_oauth::{
    client_auth::JWT_BEARER,
    issue::sign_claims,
    keys::{Algorithm, KeyRing, SigningKey},
    verify,
};

use crate::{settings::AssertionAudience, testing::*};

fn service(client: &mut Value) {
    client["auth_method"] = "client_secret_basic".into();
    client["grant_types"] = json!(["client_credentials"]);
    client["scope"] = "tools:*".into();
}

/// A client with a key of its own, and a way to sign with it.
async fn keyed(house: &House) -> KeyRing {
    let now = house.clock.now();
    let mut key = SigningKey::generate("k1".into(), Algorithm::Es256, now, &SeededRandom::new(5)).unwrap();
    key.sign_until = now + DAY;
    key.verify_until = now + DAY;
    let jwks = format!("{{\"keys\":[{}]}}", key.public_jwk);
    house
        .add_client("cli_keyed", |client| {
            service(client);
            client["auth_method"] = "private_key_jwt".into();
            client["jwks"] = jwks.into();
        })
        .await;
    KeyRing::new(vec![key]).unwrap()
}

fn assertion(house: &House, ring: &KeyRing, jti: &str, aud: Value) -> String {
    let now = house.clock.now();
    let claims = json!({"iss": "cli_keyed", "sub": "cli_keyed", "aud": aud, "exp": now.as_seconds() + 60, "jti": jti});
    sign_claims(ring, "JWT", &claims, now).unwrap()
}

async fn present(house: &House, jwt: &str) -> Answer {
    let form = [("grant_type", "client_credentials"), ("client_assertion_type", JWT_BEARER), ("client_assertion", jwt)];
    house.form("/token", &form).await
}

#[tokio::test]
async fn a_service_gets_a_token_of_its_own() {
    let house = House::new().await;
    house.add_client("cli_cron", service).await;
    let form = [("grant_type", "client_credentials"), ("resource", GITHUB)];
    let answer = house.form_as("/token", &form, Some(("cli_cron", SECRET))).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.text("scope"), "tools:*");
    assert!(answer.json().get("refresh_token").is_none());
    let keys = house.server.keys.load();
    let token =
        verify::verify(&answer.text("access_token"), &keys, ISSUER, &ResourceUri::new(GITHUB), house.clock.now());
    assert_eq!(token.unwrap().claims().subject, "cli_cron");
    house.form_as("/token", &form, Some(("cli_cron", SECRET))).await;
    let grants = house.server.store.list_client_grants(&"cli_cron".into()).await.unwrap();
    assert_eq!(grants.len(), 1, "one standing grant");
}

#[tokio::test]
async fn a_service_cannot_have_more_than_its_registration() {
    let house = House::new().await;
    house.add_client("cli_cron", service).await;
    let ask = |name: &'static str, value: &'static str| {
        let house = &house;
        async move {
            house
                .form_as("/token", &[("grant_type", "client_credentials"), (name, value)], Some(("cli_cron", SECRET)))
                .await
        }
    };
    assert_eq!(ask("scope", "prompts:*").await.error(), "invalid_scope");
    assert_eq!(ask("scope", "tools:* prompts:*").await.text("scope"), "tools:*");
    assert_eq!(ask("resource", "https://elsewhere.example").await.error(), "invalid_target");
    house.add_client("cli_public", |client| client["grant_types"] = json!(["client_credentials"])).await;
    let public = house.form("/token", &[("grant_type", "client_credentials"), ("client_id", "cli_public")]).await;
    assert_eq!(public.error(), "unauthorized_client");
    house
        .add_client("cli_dyn", |client| {
            service(client);
            client["kind"] = "registered".into();
        })
        .await;
    let registered = house.form_as("/token", &[("grant_type", "client_credentials")], Some(("cli_dyn", SECRET))).await;
    assert_eq!(registered.error(), "unauthorized_client");
}

/// CVE-2020-15222 and CVE-2020-5300: a client assertion that works twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_assertion_counts_once() {
    let house = House::new().await;
    let ring = keyed(&house).await;
    let jwt = assertion(&house, &ring, "a", json!(ISSUER));
    assert_eq!(present(&house, &jwt).await.status, StatusCode::OK);
    assert_eq!(present(&house, &jwt).await.error(), "invalid_client");
    house.server.store.faults().delay(Duration::from_millis(5));
    let jwt = assertion(&house, &ring, "b", json!(ISSUER));
    let answers = join_all((0..100).map(|_| present(&house, &jwt))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 1);
    assert!(!house.journal("client_assertion_replayed").is_empty());
}

/// RFC 9700 update: audience injection.
#[tokio::test]
async fn an_assertion_is_for_the_issuer_alone() {
    let house = House::new().await;
    let ring = keyed(&house).await;
    for (jti, aud) in
        [json!(format!("{ISSUER}/token")), json!([ISSUER]), json!("https://evil.example"), json!(format!("{ISSUER}/"))]
            .into_iter()
            .enumerate()
    {
        let jwt = assertion(&house, &ring, &jti.to_string(), aud.clone());
        assert_eq!(present(&house, &jwt).await.error(), "invalid_client", "{aud}");
    }
    let lenient = House::with(|settings| settings.assertion_audience = AssertionAudience::IssuerOrTokenEndpoint).await;
    let ring = keyed(&lenient).await;
    let jwt = assertion(&lenient, &ring, "x", json!(format!("{ISSUER}/token")));
    assert_eq!(present(&lenient, &jwt).await.status, StatusCode::OK, "by the named option");
}

#[tokio::test]
async fn a_keyed_client_cannot_fall_back_to_less() {
    let house = House::new().await;
    keyed(&house).await;
    let none = house.form("/token", &[("grant_type", "client_credentials"), ("client_id", "cli_keyed")]).await;
    assert_eq!(none.error(), "invalid_client");
    let secret = house.form_as("/token", &[("grant_type", "client_credentials")], Some(("cli_keyed", SECRET))).await;
    assert_eq!(secret.error(), "invalid_client");
}

/// `openssl rand -base64 32` makes `+`, `/` and `=`; the clients of the official SDKs send them unencoded.
#[tokio::test]
async fn a_base64_secret_works_encoded_and_not() {
    let house = House::new().await;
    let secret = "q+7/0123456789012345678901234567890123456w=";
    let mut client = house.add_client("cli_svc", service).await;
    client.name = "service".into();
    let digest = vestibule_model::Digest::of(secret.as_bytes());
    house.server.store.put_client(&client, Some(digest)).await.unwrap();
    let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let grant = [("grant_type", "client_credentials")];
    for sent in [secret, encoded.as_str()] {
        assert_eq!(house.form_as("/token", &grant, Some(("cli_svc", sent))).await.status, StatusCode::OK, "{sent}");
    }
    let cut = &secret[..secret.len() - 1];
    assert_eq!(house.form_as("/token", &grant, Some(("cli_svc", cut))).await.error(), "invalid_client");
}

/// The most that a client may have is a bound, not a list to pick from word by word.
#[tokio::test]
async fn one_tool_is_within_all_tools() {
    let house = House::new().await;
    house.add_client("cli_svc", service).await;
    let ask = async |scope| {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        house.form_as("/token", &form, Some(("cli_svc", SECRET))).await
    };
    assert_eq!(ask("tools:query_leaves").await.text("scope"), "tools:query_leaves");
    assert_eq!(ask("tools:query_leaves prompts:*").await.text("scope"), "tools:query_leaves");
    assert_eq!(ask("prompts:*").await.error(), "invalid_scope");
}
