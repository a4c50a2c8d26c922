//! Secrets stay where they belong: the upstream gets its own credential and none of the client's; no log line, page,
//! error, audit record or file holds one.

use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Request;
use serde_json::json;
use vestibule_testkit::{
    agent::{Agent, Tokens},
    browser::{Browser, Form},
    http::Answer,
    logs,
    mcp::stateless,
    upstream::{Canned, Upstream},
};

use crate::scene::{Scene, UPSTREAM_KEY, house_before};

#[tokio::test]
async fn the_upstream_sees_its_own_credential_and_nothing_of_the_client() {
    let scene = Scene::new().await;
    let (body, usual) = stateless("tools/call", json!({ "name": "read", "arguments": {} }));
    let mut headers: Vec<(&str, &str)> = usual.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let cookies = scene.browser.cookies();
    headers.extend([
        ("cookie", cookies.as_str()),
        ("x-api-key", "canary-of-the-client"),
        ("x-forwarded-for", "canary-198.51.100.7"),
        ("x-forwarded-user", "canary-admin"),
        ("x_forwarded_user", "canary-admin"),
        ("x-forwarded-host", "canary.example"),
        ("forwarded", "for=canary"),
        ("x-real-ip", "canary"),
        ("x-original-url", "/canary"),
        ("x-http-method-override", "canary"),
        ("proxy-authorization", "Basic canary"),
        ("dpop", "canary"),
        ("origin", "http://localhost:6274"),
        ("referer", "http://localhost:6274/canary"),
        ("mcp-session-id", "canary"),
        ("connection", "keep-alive, x-canary"),
        ("x-canary", "canary"),
        ("x-mcp-user", "canary"),
    ]);
    let answer = scene.caller().post(&body, &headers).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let seen = scene.upstream.seen().pop().unwrap();
    assert_eq!(seen.headers.get_all("x-api-key").iter().collect::<Vec<_>>(), [UPSTREAM_KEY]);
    assert!(!seen.headers.contains_key("authorization"));
    assert_eq!(seen.headers["host"], scene.upstream.url().replace("http://", "").replace("/mcp", ""));
    for seen in scene.upstream.seen() {
        let text = seen.text();
        for secret in [
            scene.tokens.access.as_str(),
            scene.tokens.refresh.as_str(),
            "__Host-",
            "vss_",
            "canary-of",
            "canary-198",
            "canary-admin",
            "canary\"",
            "canary.example",
        ] {
            assert!(!text.contains(secret), "the upstream was sent {secret}:\n{text}");
        }
    }
}

#[tokio::test]
async fn what_an_upstream_says_of_credentials_does_not_reach_the_client() {
    let scene = Scene::new().await;
    for status in [401, 403] {
        let hostile = http::Response::builder()
            .status(status)
            .header("www-authenticate", "Bearer resource_metadata=\"https://evil.example/.well-known\"")
            .header("set-cookie", "__Host-vestibule=planted; Path=/; Secure")
            .header("location", "https://evil.example/")
            .header("access-control-allow-origin", "*")
            .header("content-type", "application/json");
        scene.upstream.answer_next(Canned::Exactly(hostile.body("{}".into()).unwrap()));
        let answer = scene.call().await;
        let head = format!("{:?}", answer.headers);
        assert!(
            !head.contains("evil.example") && !head.contains("planted") && !answer.text().contains(UPSTREAM_KEY),
            "{head}"
        );
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{head}");
        // A 401 of ours means: get a new token. That would not help here, and clients would ask forever.
        assert_ne!(answer.status, 401);
    }
}

#[tokio::test]
async fn a_redirect_of_an_upstream_is_not_followed() {
    let scene = Scene::new().await;
    let thief = Upstream::start().await;
    let moved = http::Response::builder().status(307).header("location", thief.url());
    scene.upstream.answer_next(Canned::Exactly(moved.body("".into()).unwrap()));
    let answer = scene.call().await;
    assert!(thief.seen().is_empty(), "the credential went to another origin");
    assert!(!answer.status.is_redirection(), "{}", answer.status);
}

/// The secrets of one journey, each with a name.
type Secrets = Vec<(&'static str, String)>;

/// Everything that can go wrong on the way to a token and with it; the secrets that were used.
async fn eventful(house: &vestibule_testkit::house::House, agent: &Agent) -> (Secrets, Tokens) {
    const RIGHT: &str = "canary-right-pass-phrase-9c41";
    const WRONG: &str = "canary-wrong-pass-phrase-77b2";
    let user = house.add_user_with("ana@example.com", &["staff"], RIGHT).await;
    let seed = house.enrol(&user.id).await;
    let browser = Browser::new(&house.http);
    let page = browser.visit(&agent.authorize_url(&[])).await;
    let refused = browser.sign_in(&page, "ana@example.com", WRONG).await;
    assert_eq!(refused.status, 422);
    let second = browser.sign_in(&refused, "ana@example.com", RIGHT).await;
    let refused = browser.submit(&Form::on(&second, "/mfa").fill("code", "000000")).await;
    let pending = browser.cookie("__Host-vestibule-login").expect("a pending sign-in");
    let one_time = house.code_of(&seed);
    let consent = browser.follow(browser.submit(&Form::on(&refused, "/mfa").fill("code", &one_time)).await).await;
    let session = browser.cookie("__Host-vestibule").expect("a session");
    let code = agent.allow(&browser, &Form::on(&consent, "/consent")).await;
    let first = agent.redeem(&code).await;
    let tokens = agent.refresh(&first.refresh).await;
    let secrets = vec![
        ("password", RIGHT.to_owned()),
        ("wrong password", WRONG.to_owned()),
        ("seed", seed),
        ("pending sign-in", pending),
        ("session", session),
        ("code", code),
        ("access token", first.access),
        ("refresh token", first.refresh),
        ("second access token", tokens.access.clone()),
        ("second refresh token", tokens.refresh.clone()),
        ("upstream credential", UPSTREAM_KEY.to_owned()),
    ];
    (secrets, tokens)
}

/// Errors around every secret.
async fn mishaps(
    agent: &Agent,
    tokens: &Tokens,
    house: &vestibule_testkit::house::House,
    upstream: &Upstream,
) -> Vec<Answer> {
    let caller = agent.caller(tokens);
    let spoilt = Tokens { access: format!("{}x", tokens.access), ..tokens.clone() };
    let broken = Canned::Exactly(http::Response::builder().status(500).body("no JSON".into()).unwrap());
    let mut answers = vec![agent.caller(&spoilt).call("read", json!({})).await];
    upstream.answer_next(broken);
    answers.push(caller.call("read", json!({})).await);
    let in_query =
        Request::post(format!("/mcp/up?access_token={}", tokens.access)).header("content-type", "application/json");
    answers.push(house.http.send(in_query.body("{}".into()).unwrap()).await);
    answers.push(agent.try_redeem(&tokens.refresh).await);
    answers.push(agent.try_refresh(&tokens.access).await);
    answers.push(agent.try_redeem(&format!("{}x", tokens.refresh)).await);
    let form = [("token", tokens.access.as_str()), ("client_id", tokens.refresh.as_str())];
    answers.push(house.http.post_form("/introspect", &form).await);
    answers.push(house.http.get(&format!("/consent?flow={}", tokens.refresh)).await);
    answers.push(house.http.get(&format!("/authorize?client_id={}", tokens.refresh)).await);
    answers
}

#[tokio::test]
async fn no_log_page_error_record_or_file_holds_a_secret() {
    let logs = logs::keep();
    let upstream = Upstream::start().await;
    let house = house_before(&upstream).await;
    let agent = Agent::discover(&house.http, "up").await;
    let (secrets, tokens) = eventful(&house, &agent).await;
    assert_eq!(agent.caller(&tokens).call("read", json!({})).await.status, 200);
    for answer in mishaps(&agent, &tokens, &house, &upstream).await {
        let said = format!("{:?} {}", answer.headers, answer.text());
        for (name, secret) in &secrets {
            assert!(!said.contains(secret), "an error says the {name}: {said}");
        }
    }
    let transcript = house.http.transcript();
    let records = serde_json::to_string(&house.records()).unwrap();
    let logged = logs.text();
    assert!(logged.contains("vestibule"), "nothing was logged, so nothing was proven");
    let directory = house.directory().to_owned();
    let files = contents(&directory);
    assert!(files.len() > 3 && files.iter().any(|(name, _)| name.ends_with("vestibule.sqlite")));
    for (name, secret) in &secrets {
        // What is handed to its owner is said once, in the answer that hands it over, or set as a cookie.
        let handed_over = !matches!(*name, "password" | "wrong password" | "seed" | "upstream credential");
        let said = transcript.matches(secret.as_str()).count();
        assert!(said <= usize::from(handed_over), "the {name} was answered {said} times");
        assert!(!records.contains(secret), "the {name} is in the audit journal");
        if let Some(line) = logged.lines().find(|line| line.contains(secret)) {
            panic!("the {name} was logged: {line}");
        }
        let encoded = STANDARD.encode(secret);
        for (file, bytes) in &files {
            let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!holds(secret) && !holds(&encoded), "the {name} is in {file}");
        }
    }
}

/// All files of the state directory, without the secret that the test itself put there.
fn contents(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            found.extend(contents(&entry.path()));
        } else if entry.file_name() != "key" {
            found.push((entry.path().display().to_string(), std::fs::read(entry.path()).unwrap()));
        }
    }
    found
}
