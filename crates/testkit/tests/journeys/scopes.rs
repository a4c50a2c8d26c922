//! What a person keeps back on the consent page is not given, and can be given later.

use serde_json::json;
use vestibule_testkit::{
    agent::{Agent, parameter},
    browser::{Browser, Form},
    house::PASSWORD,
    upstream::Upstream,
};

use crate::scene::house_before;

#[tokio::test]
async fn a_scope_kept_back_is_challenged_for_and_works_once_given() {
    let upstream = Upstream::start().await;
    let house = house_before(&upstream).await;
    house.add_user("ana@example.com", &["staff"]).await;
    let (agent, browser) = (Agent::discover(&house.http, "up").await, Browser::new(&house.http));
    let page = browser.visit(&agent.authorize_url(&[])).await;
    let consent = browser.sign_in(&page, "ana@example.com", PASSWORD).await;
    let narrowed = Form::on(&consent, "/consent").tick(&["up:read"]);
    let tokens = agent.redeem(&agent.allow(&browser, &narrowed).await).await;
    assert_eq!(tokens.scope, "up:read");

    let caller = agent.caller(&tokens);
    assert_eq!(caller.call("read", json!({})).await.status, 200);
    let before = upstream.seen().len();
    let refused = caller.call("write", json!({})).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert_eq!(upstream.seen().len(), before);
    let challenge = refused.header("www-authenticate").unwrap();
    assert_eq!(parameter(challenge, "error").as_deref(), Some("insufficient_scope"));
    assert!(parameter(challenge, "resource_metadata").is_some());
    let complete = parameter(challenge, "scope").unwrap();
    assert_eq!(complete.split(' ').collect::<std::collections::BTreeSet<_>>(), ["up:read", "up:write"].into());

    // The client asks again with what the challenge named; the page comes although there is an answer already.
    let consent = browser.visit(&agent.authorize_url(&[("scope", &complete)])).await;
    let wider = agent
        .redeem(&agent.allow(&browser, &Form::on(&consent, "/consent").tick(&["up:read", "up:write"])).await)
        .await;
    assert_eq!(agent.caller(&wider).call("write", json!({})).await.status, 200);
}

#[tokio::test]
async fn a_form_cannot_grant_what_was_not_asked() {
    let upstream = Upstream::start().await;
    let house = house_before(&upstream).await;
    house.add_user("ana@example.com", &["staff"]).await;
    let (agent, browser) = (Agent::discover(&house.http, "up").await, Browser::new(&house.http));
    let page = browser.visit(&agent.authorize_url(&[("scope", "up:read")])).await;
    let consent = browser.sign_in(&page, "ana@example.com", PASSWORD).await;
    let tampered = Form::on(&consent, "/consent").tick(&["up:read", "up:write", "other:write"]);
    let tokens = agent.redeem(&agent.allow(&browser, &tampered).await).await;
    assert_eq!(tokens.scope, "up:read");
    let wider = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens.refresh.as_str()),
        ("client_id", agent.client_id.as_str()),
        ("scope", "up:read up:write"),
    ];
    let refused = house.http.post_form(agent.endpoint("token_endpoint"), &wider).await;
    assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (400, Some("invalid_scope")));
}

#[tokio::test]
async fn saying_no_is_told_to_the_client_and_gives_nothing() {
    let upstream = Upstream::start().await;
    let house = house_before(&upstream).await;
    house.add_user("ana@example.com", &["staff"]).await;
    let (agent, browser) = (Agent::discover(&house.http, "up").await, Browser::new(&house.http));
    let page = browser.visit(&agent.authorize_url(&[])).await;
    let consent = browser.sign_in(&page, "ana@example.com", PASSWORD).await;
    let form = Form::on(&consent, "/consent");
    let answer = browser.submit(&form.clone().fill("decision", "deny")).await;
    assert!(answer.location().contains("error=access_denied"), "{}", answer.location());
    assert!(answer.location().contains("iss="));
    assert!(!answer.location().contains("code="));
    let again = browser.submit(&form.fill("decision", "allow")).await;
    assert!(again.status.is_client_error(), "an answered request is answered once");
}
