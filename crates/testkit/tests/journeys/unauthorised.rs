//! Every route of the product, called by somebody who may not: the list of what is open may only shrink.

use bytes::Bytes;
use http::Method;
use serde_json::json;
use vestibule_testkit::{
    agent::Agent,
    browser::Browser,
    house::PASSWORD,
    http::{Answer, Http, request},
    mcp::Caller,
};

use crate::scene::Scene;

/// What a stranger gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gets {
    /// 401 with a challenge.
    Challenge,
    /// The way to the sign-in page.
    SignIn,
    /// A refusal: 400, 401 or 403.
    Refusal,
    /// What everybody may see.
    Open,
}

use Gets::{Challenge, Open, Refusal, SignIn};

const ROUTES: &[(&str, &str, Gets)] = &[
    ("POST", "/mcp", Challenge),
    ("GET", "/mcp", Challenge),
    ("DELETE", "/mcp", Challenge),
    ("GET", "/mcp/sse", Challenge),
    ("POST", "/mcp/messages", Challenge),
    ("GET", "/mcp/ws", Challenge),
    ("POST", "/mcp/ticket", Challenge),
    ("POST", "/mcp/{server}", Challenge),
    ("GET", "/mcp/{server}", Challenge),
    ("DELETE", "/mcp/{server}", Challenge),
    ("GET", "/mcp/{server}/sse", Challenge),
    ("POST", "/mcp/{server}/messages", Challenge),
    ("GET", "/mcp/{server}/ws", Challenge),
    ("POST", "/mcp/{server}/ticket", Challenge),
    ("GET", "/authorize", Refusal),
    ("POST", "/authorize", Refusal),
    ("POST", "/token", Refusal),
    ("POST", "/register", Refusal),
    ("POST", "/revoke", Refusal),
    ("POST", "/introspect", Refusal),
    ("GET", "/.well-known/oauth-authorization-server", Open),
    ("GET", "/.well-known/openid-configuration", Open),
    ("GET", "/.well-known/jwks.json", Open),
    ("GET", "/.well-known/oauth-protected-resource", Open),
    ("GET", "/.well-known/oauth-protected-resource/mcp", Open),
    ("GET", "/.well-known/oauth-protected-resource/mcp/{server}", Open),
    ("GET", "/login", Open),
    ("POST", "/login", Refusal),
    ("GET", "/mfa", SignIn),
    ("POST", "/mfa", Refusal),
    ("GET", "/consent", Refusal),
    ("POST", "/consent", Refusal),
    ("POST", "/logout", Refusal),
    ("GET", "/account", SignIn),
    ("POST", "/account/apps/revoke", Refusal),
    ("POST", "/account/apps/revoke-all", Refusal),
    ("POST", "/account/sessions/revoke", Refusal),
    ("POST", "/account/sessions/revoke-all", Refusal),
    ("GET", "/account/password", SignIn),
    ("POST", "/account/password", Refusal),
    ("GET", "/account/two-factor", SignIn),
    ("POST", "/account/two-factor/begin", Refusal),
    ("POST", "/account/two-factor/confirm", Refusal),
    ("POST", "/account/two-factor/codes", Refusal),
    ("POST", "/account/two-factor/remove", Refusal),
    ("GET", "/assets/vestibule.css", Open),
    ("GET", "/assets/vestibule.svg", Open),
    ("GET", "/console", SignIn),
    ("GET", "/console/activity", SignIn),
    ("GET", "/console/policy", SignIn),
    ("GET", "/console/policy/{server}", SignIn),
    ("GET", "/console/tools", SignIn),
    ("POST", "/console/tools/approve", SignIn),
    ("POST", "/console/tools/reject", SignIn),
    ("GET", "/console/users", SignIn),
    ("POST", "/console/users/disable", SignIn),
    ("POST", "/console/users/enable", SignIn),
    ("GET", "/console/clients", SignIn),
    ("POST", "/console/clients/revoke", SignIn),
    ("POST", "/console/clients/enable", SignIn),
    ("GET", "/api/v1/users", Challenge),
    ("GET", "/api/v1/clients", Challenge),
    ("GET", "/api/v1/audit", Challenge),
    ("GET", "/assets/console.css", Open),
];

async fn knock(http: &Http, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let target = path.replace("{server}", "up");
    let mut builder = request(Method::from_bytes(method.as_bytes()).unwrap(), &target);
    if method == "POST" {
        let json = path.starts_with("/mcp") || path == "/register";
        builder =
            builder.header("content-type", if json { "application/json" } else { "application/x-www-form-urlencoded" });
    }
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    http.send(builder.body(Bytes::new()).unwrap()).await
}

#[track_caller]
fn assert_gets(what: &str, gets: Gets, answer: &Answer) {
    let status = answer.status.as_u16();
    let fits = match gets {
        Challenge => status == 401 && answer.headers.contains_key("www-authenticate"),
        SignIn => status == 303 && answer.location().starts_with("/login"),
        Refusal => matches!(status, 400 | 401 | 403),
        Open => status == 200,
    };
    assert!(fits, "{what} must be {gets:?} and is {status}: {:?} {}", answer.headers, answer.text());
    if gets != Open {
        assert!(!answer.text().contains("ana@example.com"), "{what} tells about somebody");
    }
}

#[tokio::test]
async fn a_stranger_gets_nowhere() {
    let scene = Scene::new().await;
    let before = scene.upstream.seen().len();
    for (method, path, gets) in ROUTES {
        assert_gets(&format!("{method} {path}"), *gets, &knock(&scene.house.http, method, path, &[]).await);
    }
    assert_eq!(scene.upstream.seen().len(), before);
    println!("routes: {} called without any right", ROUTES.len());
}

#[tokio::test]
async fn a_token_for_a_server_opens_no_page_and_a_cookie_opens_no_server() {
    let scene = Scene::new().await;
    let bearer = format!("Bearer {}", scene.tokens.access);
    let cookies = scene.browser.cookies();
    for (method, path, gets) in ROUTES {
        let credential =
            if path.starts_with("/mcp") { ("cookie", cookies.as_str()) } else { ("authorization", bearer.as_str()) };
        if *gets != Open {
            let answer = knock(&scene.house.http, method, path, &[credential]).await;
            assert_gets(&format!("{method} {path} with the wrong kind of credential"), *gets, &answer);
        }
    }
}

#[tokio::test]
async fn a_token_of_one_server_does_not_open_another() {
    let scene = Scene::new().await;
    let elsewhere = Caller::stateless(&scene.house.http, "/mcp/other", &scene.tokens.access);
    let before = scene.upstream.seen().len();
    let answer = elsewhere.call("read", json!({})).await;
    assert_eq!(answer.status, 401, "{}", answer.text());
    assert!(answer.header("www-authenticate").unwrap().contains("/mcp/other\""));
    assert_eq!(scene.upstream.seen().len(), before);
}

#[tokio::test]
async fn the_session_of_a_stranger_does_not_exist() {
    let scene = Scene::new().await;
    let mine = scene.agent.session(&scene.tokens).await;
    assert_eq!(mine.tools_status().await, 200);
    scene.house.add_user("eve@example.com", &["staff"]).await;
    let (_, _, eve) = Agent::connect(&scene.house.http, "up", "eve@example.com", PASSWORD).await;
    let before = scene.upstream.seen().len();
    assert_eq!(mine.with_token(&eve.access).tools_status().await, 404, "another user");
    let (_, _, second) = Agent::connect(&scene.house.http, "up", "ana@example.com", PASSWORD).await;
    assert_eq!(mine.with_token(&second.access).tools_status().await, 404, "the same user by another client");
    assert_eq!(scene.upstream.seen().len(), before);
    assert_eq!(mine.tools_status().await, 200);
    let upstream_sees = scene.upstream.seen().last().unwrap().headers["mcp-session-id"].clone();
    assert_eq!(upstream_sees, "upstream-session");
    assert_ne!(mine.session(), Some("upstream-session"), "our session ids are our own");
}

#[tokio::test]
async fn a_link_to_somebody_elses_sign_in_is_worthless() {
    let scene = Scene::new().await;
    let attacker = Browser::new(&scene.house.http);
    let waiting = attacker.get(&scene.agent.authorize_url(&[])).await;
    let link = waiting.location().to_owned();
    let page = scene.browser.visit(&link).await;
    assert!(page.status.is_client_error(), "{}", page.text());
    let flow = link.split_once('?').unwrap().1;
    let consent = scene.browser.visit(&format!("/consent?{flow}")).await;
    assert!(consent.status.is_client_error(), "{}", consent.text());
}
