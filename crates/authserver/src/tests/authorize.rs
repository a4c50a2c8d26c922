//! The authorization endpoint: what is shown, what is redirected, and to whom.

use http::{Method, StatusCode, header};

use crate::{
    browser::Browser,
    flow::{self, Flow, FlowError},
    testing::*,
};

#[tokio::test]
async fn a_stranger_signs_in_and_somebody_signed_in_is_asked() {
    let house = House::new().await;
    let answer = house.get(&House::authorize_url("cli_app", &[])).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.location().starts_with("/login?flow=vfl_"), "{answer:?}");
    let cookie = answer.headers.get(header::SET_COOKIE).unwrap().to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-vestibule-browser=") && cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax")
    );
    house.sign_in().await;
    let answer = house.get(&House::authorize_url("cli_app", &[])).await;
    assert!(answer.location().starts_with("/consent?flow=vfl_"), "{answer:?}");
    let again = house.get(&House::authorize_url("cli_app", &[("prompt", Some("login"))])).await;
    assert!(again.location().starts_with("/login?flow=vfl_"), "{again:?}");
}

/// CVE-2025-4143: a redirect URI that is checked only at the token endpoint.
#[tokio::test]
async fn nothing_is_redirected_before_client_and_uri_are_proven() {
    let house = House::new().await;
    house.sign_in().await;
    house.add_client("cli_off", |client| client["disabled"] = true.into()).await;
    for changes in [
        vec![("redirect_uri", Some("https://evil.example/cb"))],
        vec![("redirect_uri", Some("https://app.example.com/cb/"))],
        vec![("redirect_uri", Some("https://app.example.com@evil.example/cb"))],
        vec![("redirect_uri", Some("javascript:alert(1)"))],
        vec![("redirect_uri", Some(""))],
        vec![("redirect_uri", None)],
        vec![("client_id", Some("cli_unknown"))],
        vec![("client_id", Some("cli_off"))],
        vec![("client_id", Some("https://evil.example/"))],
        vec![("client_id", Some("http://app.example.com/client.json"))],
        vec![("client_id", None)],
        vec![("redirect_uri", Some("https://evil.example/cb")), ("response_type", Some("token"))],
    ] {
        let answer = house.get(&House::authorize_url("cli_app", &changes)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{changes:?}");
        assert_eq!(answer.location(), "", "{changes:?}");
        assert!(answer.headers.get(header::CONTENT_TYPE).unwrap().to_str().unwrap().starts_with("text/html"));
    }
}

/// CVE-2026-9689: parameter pollution.
#[tokio::test]
async fn repeated_parameters_are_shown_not_redirected() {
    let house = House::new().await;
    let good = House::authorize_url("cli_app", &[]);
    for extra in [
        "state=x",
        "redirect_uri=https://evil.example/cb",
        "client_id=cli_app",
        "scope=a&scope=b",
        "State=x",
        "state%5B%5D=x",
    ] {
        let answer = house.get(&format!("{good}&{extra}")).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{extra}");
    }
}

/// RFC 9207: `iss` on every authorization response, errors too.
#[tokio::test]
async fn every_redirected_error_names_the_issuer_and_gives_the_state_back() {
    let house = House::new().await;
    for (changes, error) in [
        (vec![("response_type", Some("token"))], "unsupported_response_type"),
        (vec![("response_type", None)], "invalid_request"),
        (vec![("code_challenge", None)], "invalid_request"),
        (vec![("code_challenge_method", Some("plain"))], "invalid_request"),
        (vec![("code_challenge_method", None)], "invalid_request"),
        (vec![("code_challenge", Some("short"))], "invalid_request"),
        (vec![("response_mode", Some("fragment"))], "invalid_request"),
        (vec![("scope", Some("nothing known"))], "invalid_scope"),
        (vec![("scope", Some("a\"b"))], "invalid_scope"),
        (vec![("resource", Some("https://elsewhere.example/mcp"))], "invalid_target"),
        (vec![("resource", Some("https://gate.example.com/mcp/h"))], "invalid_target"),
        (vec![("request", Some("eyJ"))], "request_not_supported"),
        (vec![("prompt", Some("none"))], "login_required"),
    ] {
        let answer = house.get(&House::authorize_url("cli_app", &changes)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{changes:?} {answer:?}");
        assert!(answer.location().starts_with(&format!("{CALLBACK}?")), "{answer:?}");
        assert_eq!(answer.param("error").as_deref(), Some(error), "{changes:?}");
        assert_eq!(answer.param("iss").as_deref(), Some(ISSUER));
        assert_eq!(answer.param("state").as_deref(), Some("s-1"));
        assert_eq!(answer.param("code"), None);
    }
}

#[tokio::test]
async fn older_clients_send_neither_scope_nor_resource() {
    let house = House::new().await;
    house.sign_in().await;
    let answer = house.get(&House::authorize_url("cli_app", &[("state", None)])).await;
    let flow = house.flow(&answer).await;
    assert_eq!(flow.request.resource.as_str(), HR);
    assert_eq!(flow.request.scopes, scopes("tools:* resources:* prompts:*"));
}

#[tokio::test]
async fn a_post_works_like_a_get() {
    let house = House::new().await;
    let url = House::authorize_url("cli_app", &[]);
    let query = url.split_once('?').unwrap().1.to_owned();
    let post = |uri: &str, kind: &str, body: String| {
        let request = house.request(Method::POST, uri).header(header::CONTENT_TYPE, kind);
        house.send(request.body(axum::body::Body::from(body)).unwrap())
    };
    let form = "application/x-www-form-urlencoded";
    assert!(post("/authorize", form, query.clone()).await.location().starts_with("/login?flow="));
    assert_eq!(post("/authorize", "text/plain", query.clone()).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(post("/authorize?state=x", form, query).await.status, StatusCode::BAD_REQUEST, "query and body mixed");
}

/// CVE-2026-27124: consent that is not bound to the browser.
#[tokio::test]
async fn a_flow_is_worthless_in_another_browser() {
    let house = House::new().await;
    let answer = house.get(&House::authorize_url("cli_app", &[])).await;
    let token = answer.param("flow").unwrap();
    let victim = Browser::of(&http::HeaderMap::new(), &house.server);
    assert!(matches!(Flow::load(&house.server, &token, &victim).await, Err(FlowError::Gone)));
    let own = Browser::of(&house.browser_headers(), &house.server);
    assert!(Flow::load(&house.server, &token, &own).await.is_ok());
    for bad in ["", "vfl_", "vfl_x", &token[1..], &format!("{token}A")] {
        assert!(matches!(Flow::load(&house.server, bad, &own).await, Err(FlowError::Gone)), "{bad}");
    }
    house.clock.advance(house.server.settings.flow_life);
    assert!(matches!(Flow::load(&house.server, &token, &own).await, Err(FlowError::Gone)));
}

#[tokio::test]
async fn a_flow_is_answered_once() {
    let house = House::new().await;
    let who = house.sign_in().await;
    let answer = house.get(&House::authorize_url("cli_app", &[])).await;
    let flow = house.flow(&answer).await;
    let many = (0..20).map(|_| {
        let (flow, granted) = (flow.clone(), flow.request.scopes.clone());
        let (visit, house, session) = (house.visit(), &house, &who.session);
        async move { flow::allow(&house.server, &visit, flow, session, granted, DAY).await }
    });
    let results = futures_util::future::join_all(many).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(house.server.store.list_grants(&house.user.id).await.unwrap().len(), 1);
    let denied = flow::deny(&house.server, &house.visit(), flow, Some(&who.session)).await;
    assert!(matches!(denied, Err(FlowError::Gone)));
}

#[tokio::test]
async fn no_more_than_was_asked_can_be_granted() {
    let house = House::new().await;
    let who = house.sign_in().await;
    for granted in ["", "tools:* prompts:*", "admin"] {
        let answer = house.get(&House::authorize_url("cli_app", &[("scope", Some("tools:*"))])).await;
        let flow = house.flow(&answer).await;
        let result = flow::allow(&house.server, &house.visit(), flow, &who.session, scopes(granted), DAY).await;
        assert!(matches!(result, Err(FlowError::Scopes)), "{granted}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_with_the_issuer() {
    let house = House::new().await;
    let who = house.sign_in().await;
    let flow = house.flow(&house.get(&House::authorize_url("cli_app", &[])).await).await;
    let url = flow::deny(&house.server, &house.visit(), flow, Some(&who.session)).await.unwrap();
    assert!(url.starts_with(&format!("{CALLBACK}?error=access_denied&")), "{url}");
    assert!(url.ends_with("&state=s-1&iss=https%3A%2F%2Fgate.example.com"), "{url}");
    assert_eq!(house.journal("\"consent\"").len(), 1);
}

/// What changed while the user was asked counts.
#[tokio::test]
async fn a_client_disabled_meanwhile_gets_no_code() {
    let house = House::new().await;
    let who = house.sign_in().await;
    let flow = house.flow(&house.get(&House::authorize_url("cli_app", &[])).await).await;
    house.server.store.set_client_disabled(&"cli_app".into(), true).await.unwrap();
    let granted = flow.request.scopes.clone();
    let result = flow::allow(&house.server, &house.visit(), flow, &who.session, granted, DAY).await;
    assert!(matches!(result, Err(FlowError::Unavailable)));
}

#[tokio::test]
async fn a_stale_sign_in_is_not_enough() {
    let house = House::new().await;
    let who = house.sign_in().await;
    house.clock.advance(std::time::Duration::from_secs(120));
    for change in [("max_age", Some("60")), ("prompt", Some("login"))] {
        let answer = house.get(&House::authorize_url("cli_app", &[change])).await;
        let mut flow = house.flow(&answer).await;
        assert!(!flow.accepts(&house.server, &who.session));
        let granted = flow.request.scopes.clone();
        let early = flow::allow(&house.server, &house.visit(), flow.clone(), &who.session, granted.clone(), DAY).await;
        assert!(matches!(early, Err(FlowError::Gone)), "{change:?}");
        flow.signed_in(&house.server).await.unwrap();
        assert!(house.flow(&answer).await.accepts(&house.server, &who.session));
    }
}

#[tokio::test]
async fn a_database_that_is_down_is_a_503() {
    let house = House::new().await;
    house.server.store.faults().fail();
    let answer = house.get(&House::authorize_url("cli_app", &[])).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SERVICE_UNAVAILABLE, ""));
}

/// Every answer goes to a browser, with or without a page.
#[tokio::test]
async fn every_answer_carries_the_headers_of_a_page() {
    let house = House::new().await;
    let good = house.get(&House::authorize_url("cli_app", &[])).await;
    let refused = house.get(&House::authorize_url("cli_app", &[("scope", Some("nonsense"))])).await;
    let shown = house.get(&House::authorize_url("nobody", &[])).await;
    for answer in [good, refused, shown] {
        let header = |name| answer.headers.get(name).map_or("", |value| value.to_str().unwrap());
        assert_eq!((header("cache-control"), header("referrer-policy")), ("no-store", "no-referrer"), "{answer:?}");
        assert!(header("strict-transport-security").starts_with("max-age=31536000"), "{answer:?}");
        assert_eq!((header("x-frame-options"), header("x-content-type-options")), ("DENY", "nosniff"), "{answer:?}");
    }
}

/// Each waiting request is kept on the disk; a stranger must not fill it.
#[tokio::test]
async fn an_address_can_begin_only_so_many_sign_ins() {
    let house = House::with(|settings| settings.flows_per_hour = 3).await;
    let begin = || async { house.get(&House::authorize_url("cli_app", &[])).await };
    for _ in 0..3 {
        assert_eq!(begin().await.status, StatusCode::SEE_OTHER);
    }
    let answer = begin().await;
    assert_eq!((answer.status, answer.location()), (StatusCode::TOO_MANY_REQUESTS, ""));
    house.clock.advance(std::time::Duration::from_secs(3600));
    assert_eq!(begin().await.status, StatusCode::SEE_OTHER);
}
