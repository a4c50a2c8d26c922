//! Codes and tokens work only for whom they were made, whole, and in time.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use vestibule_testkit::{
    agent::{Agent, REDIRECT, Tokens, VERIFIER},
    browser::Form,
    http::Answer,
    mcp::Caller,
};

use crate::scene::Scene;

/// A fresh code for the scene's client.
async fn fresh_code(scene: &Scene) -> String {
    let consent = scene.browser.visit(&scene.agent.authorize_url(&[])).await;
    scene.agent.allow(&scene.browser, &Form::on(&consent, "/consent")).await
}

#[track_caller]
fn assert_error(what: &str, answer: &Answer, errors: &[&str]) {
    let error = answer.json()["error"].as_str().unwrap_or_default().to_owned();
    assert!(
        matches!(answer.status.as_u16(), 400 | 401) && errors.contains(&error.as_str()),
        "{what}: {} {}",
        answer.status,
        answer.text()
    );
}

#[tokio::test]
async fn a_code_with_anything_wrong_is_refused() {
    let scene = Scene::new().await;
    let other = Agent::discover(&scene.house.http, "up").await;
    let right = [
        ("client_id", scene.agent.client_id.as_str()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("resource", scene.agent.resource.as_str()),
    ];
    let wrong = [
        other.client_id.as_str(),
        "http://127.0.0.1:7777/other",
        "0123456789012345678901234567890123456789012345",
        "http://127.0.0.1:1/mcp/other",
    ];
    // Every combination in which at least one of the four is wrong.
    for which in 1..16usize {
        let code = fresh_code(&scene).await;
        let mut form = vec![("grant_type", "authorization_code"), ("code", code.as_str())];
        form.extend(
            right
                .iter()
                .enumerate()
                .map(|(at, (name, value))| (*name, if which >> at & 1 == 1 { wrong[at] } else { *value })),
        );
        let answer = scene.house.http.post_form("/token", &form).await;
        assert_error(
            &format!("combination {which:04b}"),
            &answer,
            &["invalid_grant", "invalid_target", "invalid_client"],
        );
    }
}

#[tokio::test]
async fn a_code_or_verifier_left_out_or_worn_out_is_refused() {
    let scene = Scene::new().await;
    let code = fresh_code(&scene).await;
    let without_verifier = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
        ("client_id", scene.agent.client_id.as_str()),
    ];
    let answer = scene.house.http.post_form("/token", &without_verifier).await;
    assert_error("no verifier", &answer, &["invalid_request", "invalid_grant"]);
    let late = fresh_code(&scene).await;
    scene.house.wait(Duration::from_secs(601));
    assert_error("a late code", &scene.agent.try_redeem(&late).await, &["invalid_grant"]);
}

#[tokio::test]
async fn another_client_gets_nothing_for_them_and_harms_nobody() {
    let scene = Scene::new().await;
    let thief = Agent::discover(&scene.house.http, "up").await;
    assert_error("a foreign code", &thief.try_redeem(&fresh_code(&scene).await).await, &["invalid_grant"]);
    assert_error("a foreign refresh token", &thief.try_refresh(&scene.tokens.refresh).await, &["invalid_grant"]);
    let form = [("token", scene.tokens.refresh.as_str()), ("client_id", thief.client_id.as_str())];
    scene.house.http.post_form("/revoke", &form).await;
    assert_eq!(scene.call().await.status, 200, "another client has revoked it");
    scene.agent.refresh(&scene.tokens.refresh).await;
}

#[tokio::test]
async fn a_token_that_is_not_whole_is_none() {
    let scene = Scene::new().await;
    for (kind, whole) in [("access", scene.tokens.access.clone()), ("refresh", scene.tokens.refresh.clone())] {
        let last = whole.len() - 1;
        let flipped = |at: usize| {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).unwrap()
        };
        let mut spoilt: Vec<String> = (1..12).map(|cut| whole[..whole.len() * cut / 12].to_owned()).collect();
        spoilt.extend([
            whole[..last].to_owned(),
            format!("{whole}A"),
            format!("{whole}="),
            format!("{whole}%20"),
            whole.to_uppercase(),
        ]);
        spoilt.extend((0..8).map(|part| flipped(last * part / 8 + 1)));
        spoilt.push(flipped(last));
        for token in spoilt {
            if kind == "access" {
                let answer = Caller::stateless(&scene.house.http, "/mcp/up", &token).call("read", json!({})).await;
                assert_eq!(answer.status, 401, "{token}: {}", answer.text());
            } else {
                assert_error(&token, &scene.agent.try_refresh(&token).await, &["invalid_grant"]);
            }
        }
    }
    assert_eq!(scene.call().await.status, 200);
}

/// The claims of the scene's token under another header and signature.
fn forged(scene: &Scene, header: Value, change: impl Fn(&mut Value), signature: &str) -> String {
    let claims = scene.tokens.access.split('.').nth(1).unwrap();
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    change(&mut claims);
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(&header), part(&claims))
}

#[tokio::test]
async fn a_forged_token_is_none() {
    let scene = Scene::new().await;
    let header = scene.tokens.access.split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    let signature = scene.tokens.access.rsplit('.').next().unwrap();
    let with = |name: &str, value: Value| {
        let mut changed = header.clone();
        changed[name] = value;
        changed
    };
    let unchanged = |_: &mut Value| {};
    for token in [
        forged(&scene, with("alg", json!("none")), unchanged, ""),
        forged(&scene, with("alg", json!("nOnE")), unchanged, signature),
        forged(&scene, with("alg", json!("HS256")), unchanged, signature),
        forged(&scene, with("alg", json!("ES256")), unchanged, signature),
        forged(&scene, with("typ", json!("JWT")), unchanged, signature),
        forged(&scene, with("kid", json!("key_unknown")), unchanged, signature),
        forged(&scene, with("crit", json!(["exp"])), unchanged, signature),
        forged(&scene, with("jku", json!("https://evil.example/jwks")), unchanged, signature),
        forged(&scene, header.clone(), |claims| claims["scope"] = json!("up:read up:write other:read"), signature),
        forged(&scene, header.clone(), |claims| claims["exp"] = json!(9_999_999_999i64), signature),
        forged(&scene, header.clone(), unchanged, ""),
        forged(&scene, header.clone(), unchanged, &"A".repeat(86)),
        ".".repeat(10_000),
        format!("{0}.{0}.{0}", "A".repeat(20_000)),
    ] {
        let answer = Caller::stateless(&scene.house.http, "/mcp/up", &token).call("read", json!({})).await;
        let shown: String = token.chars().take(120).collect();
        assert_eq!(answer.status, 401, "{shown}: {}", answer.text());
    }
}

#[tokio::test]
async fn other_tokens_of_ours_are_no_access_tokens() {
    let scene = Scene::new().await;
    let consent = scene.browser.visit(&scene.agent.authorize_url(&[("scope", "openid up:read")])).await;
    let code = scene.agent.allow(&scene.browser, &Form::on(&consent, "/consent")).await;
    let answer = scene.agent.try_redeem(&fresh_code(&scene).await).await;
    let access = Tokens::of(&answer);
    let with_id = scene.agent.try_redeem(&code).await.json();
    let mut others = vec![access.refresh, scene.browser.cookie("__Host-vestibule").unwrap(), code];
    others.extend(with_id["id_token"].as_str().map(str::to_owned));
    assert!(others.len() >= 3);
    for token in others {
        let answer = Caller::stateless(&scene.house.http, "/mcp/up", &token).call("read", json!({})).await;
        assert_eq!(answer.status, 401, "{token} opened the door");
    }
}
