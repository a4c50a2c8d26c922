//! Who is let in.

use std::sync::atomic::Ordering;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::office::{AUDIENCE, Office, START, key, sign};

async fn status(office: &Office, authorization: &str) -> StatusCode {
    office.request(authorization, "tools/list", json!({})).await.status
}

#[tokio::test]
async fn only_a_valid_token_of_the_issuer_opens() {
    let office = Office::open().await;
    let good = office.claims("E1002");
    let with = |key: &str, value: Value| {
        let mut claims = good.clone();
        claims[key] = value;
        format!("Bearer {}", sign(1, "JWT", &claims))
    };
    assert_eq!(status(&office, &with("x", json!(1))).await, StatusCode::OK);
    assert_eq!(status(&office, &with("aud", json!([AUDIENCE]))).await, StatusCode::OK);
    let without = |key: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(key);
        format!("Bearer {}", sign(1, "JWT", &claims))
    };
    let mut forged = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::EdDSA);
    forged.kid = Some("k1".to_owned());
    let forged = jsonwebtoken::encode(&forged, &good, &key(9)).unwrap();
    let none = "Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIiwia2lkIjoiazEifQ.eyJzdWIiOiJ4In0.";
    for bad in [
        with("iss", json!("https://evil.example")),
        with("aud", json!("http://other.example/mcp")),
        with("exp", json!(START - 11)),
        with("exp", json!("never")),
        with("nbf", json!(START + 60)),
        with("sub", Value::Null),
        without("iss"),
        without("aud"),
        without("exp"),
        without("sub"),
        format!("Bearer {}", sign(1, "at+jwt", &good)),
        format!("Bearer {forged}"),
        none.to_owned(),
        "Bearer x".to_owned(),
        "Bearer ".to_owned(),
        "Basic eDp5".to_owned(),
        String::new(),
    ] {
        assert_eq!(status(&office, &bad).await, StatusCode::UNAUTHORIZED, "{bad}");
    }
}

#[tokio::test]
async fn every_method_needs_a_token_and_gets_a_challenge() {
    let office = Office::open().await;
    for method in [Method::GET, Method::POST, Method::DELETE, Method::PUT] {
        let answer = office.send(method.clone(), &[], String::new()).await;
        assert_eq!(
            (answer.status, &answer.headers["www-authenticate"]),
            (StatusCode::UNAUTHORIZED, &"Bearer".parse().unwrap()),
            "{method}"
        );
    }
    let token = format!("Bearer {}", office.token("E1002"));
    let twice = [("authorization", token.as_str()), ("authorization", token.as_str())];
    assert_eq!(office.send(Method::POST, &twice, String::new()).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(office.fetches.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_token_ends_by_the_clock() {
    let office = Office::open().await;
    let token = format!("Bearer {}", office.token("E1002"));
    office.now.store(START + 309, Ordering::SeqCst);
    assert_eq!(status(&office, &token).await, StatusCode::OK);
    office.now.store(START + 310, Ordering::SeqCst);
    assert_eq!(status(&office, &token).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn new_keys_are_fetched_but_unknown_ones_do_not_hammer_the_issuer() {
    let office = Office::open().await;
    assert_eq!(status(&office, &format!("Bearer {}", office.token("E1002"))).await, StatusCode::OK);
    let second = format!("Bearer {}", sign(2, "JWT", &office.claims("E1002")));
    for _ in 0..5 {
        assert_eq!(status(&office, &second).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(office.fetches.load(Ordering::SeqCst), 1);
    office.published.store(2, Ordering::SeqCst);
    office.now.store(START + 30, Ordering::SeqCst);
    assert_eq!(status(&office, &second).await, StatusCode::OK);
    assert_eq!(office.fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn old_keys_are_not_believed_and_a_silent_issuer_closes_the_door() {
    let office = Office::open().await;
    office.published.store(0, Ordering::SeqCst);
    let token = |office: &Office| format!("Bearer {}", office.token("E1002"));
    assert_eq!(status(&office, &token(&office)).await, StatusCode::SERVICE_UNAVAILABLE);
    office.published.store(1, Ordering::SeqCst);
    assert_eq!(status(&office, &token(&office)).await, StatusCode::OK);
    office.published.store(0, Ordering::SeqCst);
    office.now.store(START + 599, Ordering::SeqCst);
    assert_eq!(status(&office, &token(&office)).await, StatusCode::OK);
    office.now.store(START + 600, Ordering::SeqCst);
    assert_eq!(status(&office, &token(&office)).await, StatusCode::SERVICE_UNAVAILABLE);
}
