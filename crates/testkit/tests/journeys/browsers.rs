//! Cookies and pages: what a browser carries is worth exactly one session, and what strangers write stays text.

use bytes::Bytes;
use http::{Method, header};
use serde_json::json;
use vestibule_testkit::{
    agent::REDIRECT,
    browser::{Browser, Form},
    house::PASSWORD,
    http::request,
};

use crate::scene::Scene;

const SESSION: &str = "__Host-vestibule";

#[tokio::test]
async fn a_session_planted_before_the_sign_in_is_worth_nothing_after_it() {
    let scene = Scene::new().await;
    let planted = scene.browser.cookies();
    let before = scene.browser.cookie(SESSION).unwrap();
    let page = scene.browser.visit(&scene.agent.authorize_url(&[("prompt", "login")])).await;
    scene.browser.sign_in(&page, &scene.user.email, PASSWORD).await;
    let after = scene.browser.cookie(SESSION).unwrap();
    assert_ne!(before, after, "signing in keeps the id");
    let old = request(Method::GET, "/account").header(header::COOKIE, planted);
    let answer = scene.house.http.send(old.body(Bytes::new()).unwrap()).await;
    assert!(answer.location().starts_with("/login"), "the session from before still opens the account");
}

#[tokio::test]
async fn a_malformed_cookie_is_nobody() {
    let scene = Scene::new().await;
    let session = scene.browser.cookie(SESSION).unwrap();
    let last = session.len() - 1;
    for cookie in [
        format!("{SESSION}="),
        format!("{SESSION}={}", &session[..last]),
        format!("{SESSION}={session}A"),
        format!("{SESSION}=\"{session}\""),
        format!("{SESSION}={session}; {SESSION}={session}"),
        format!("{SESSION}={}", "A".repeat(4096)),
        format!("{SESSION}=vss_%00"),
        format!("{SESSION}={}", session.to_uppercase()),
        format!("{}={session}", SESSION.to_lowercase()),
        format!("{}={session}", &SESSION[7..]),
        format!("{SESSION}={}", session.replacen("vss", "vfl", 1)),
        "=;;==".to_owned(),
    ] {
        for target in ["/account", "/console"] {
            let asked = request(Method::GET, target).header(header::COOKIE, &cookie);
            let answer = scene.house.http.send(asked.body(Bytes::new()).unwrap()).await;
            assert_eq!(answer.status, 303, "{target} {cookie}: {}", answer.text());
            assert!(answer.location().starts_with("/login"));
        }
    }
}

#[tokio::test]
async fn every_cookie_is_bound_to_this_host_and_hidden_from_scripts() {
    let scene = Scene::new().await;
    let transcript = scene.house.http.transcript();
    let cookies: Vec<&str> =
        transcript.split("\"set-cookie\": \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(cookies.len() >= 2, "no cookie was set");
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite="] {
            assert!(cookie.contains(attribute), "{cookie} lacks {attribute}");
        }
        assert!(!cookie.contains("Domain="), "{cookie}");
    }
}

#[tokio::test]
async fn what_a_client_says_of_itself_is_shown_as_text() {
    let scene = Scene::new().await;
    let evil = "<img src=x onerror=alert(1)>\"'</title><script>alert(1)</script>";
    let registration =
        json!({ "client_name": evil, "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none" });
    let registered = scene.house.http.post_json("/register", &registration).await.json();
    let id = registered["client_id"].as_str().unwrap();
    let consent = scene.browser.visit(&scene.agent.authorize_url(&[("client_id", id)])).await;
    assert_eq!(consent.status, 200, "{}", consent.text());
    for (name, value) in
        [("client_name", "Bank\u{202e}elgooG"), ("client_uri", "javascript:alert(1)"), ("logo_uri", "data:text/html,x")]
    {
        let mut spoilt = registration.clone();
        spoilt[name] = json!(value);
        let answer = scene.house.http.post_json("/register", &spoilt).await;
        assert!(answer.status == 400 || answer.json()[name].is_null(), "{name}: {}", answer.text());
    }
    for page in
        [consent, scene.browser.get("/account").await, scene.browser.get("/login?return_to=%22%3E%3Cscript%3E").await]
    {
        let text = page.text();
        assert!(!text.contains("<img src=x") && !text.contains("<script>alert"), "{text}");
        let policy = page.header("content-security-policy");
        assert!(page.status == 303 || policy.is_some_and(|policy| policy.contains("default-src 'none'")), "{policy:?}");
    }
}

#[tokio::test]
async fn forwarding_headers_of_strangers_change_nothing() {
    let scene = Scene::new().await;
    let asked = request(Method::GET, "/.well-known/oauth-authorization-server")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "https")
        .header("forwarded", "host=evil.example;proto=https")
        .header("x-original-url", "/console")
        .header("x-rewrite-url", "/console");
    let answer = scene.house.http.send(asked.body(Bytes::new()).unwrap()).await;
    assert_eq!(answer.json()["issuer"], scene.house.origin().as_str());
    let asked = request(Method::GET, "/account")
        .header("x-forwarded-user", "ana@example.com")
        .header("x-forwarded-for", "127.0.0.1")
        .header("user-agent", "GoogleHC/1.0");
    assert!(scene.house.http.send(asked.body(Bytes::new()).unwrap()).await.location().starts_with("/login"));
}

#[tokio::test]
async fn unknown_and_wrong_look_the_same() {
    let scene = Scene::new().await;
    let mut disabled = scene.house.add_user("off@example.com", &[]).await;
    disabled.disabled = true;
    scene.house.running.store.update_user(&disabled).await.unwrap();
    let mut seen = Vec::new();
    for (email, password) in [
        ("nobody@example.com", "x"),
        ("ana@example.com", "wrong"),
        ("off@example.com", PASSWORD),
        ("off@example.com", "wrong"),
    ] {
        let browser = Browser::new(&scene.house.http);
        let page = browser.get("/login").await;
        let answer = browser.submit(&Form::on(&page, "/login").fill("email", email).fill("password", password)).await;
        let csrf = Form::on(&answer, "/login").value("csrf").unwrap().to_owned();
        let names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        seen.push((answer.status, names, answer.text().replace(email, "EMAIL").replace(&csrf, "CSRF")));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
}
