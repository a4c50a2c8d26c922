//! Half a sign-in is none.

use std::time::Duration;

use vestibule_testkit::{
    agent::Agent,
    browser::{Browser, Form},
    house::{House, PASSWORD},
    upstream::Upstream,
};

use crate::scene::house_before;

/// A house whose one user has a second factor, and its seed.
async fn house_with_factor() -> (House, String) {
    let house = house_before(&Upstream::start().await).await;
    let user = house.add_user("ana@example.com", &["staff", "vestibule:admin"]).await;
    let seed = house.enrol(&user.id).await;
    (house, seed)
}

#[tokio::test]
async fn password_and_code_lead_to_a_token() {
    let (house, seed) = house_with_factor().await;
    let (agent, browser) = (Agent::discover(&house.http, "up").await, Browser::new(&house.http));
    let page = browser.visit(&agent.authorize_url(&[])).await;
    let second = browser.sign_in(&page, "ana@example.com", PASSWORD).await;
    let form = Form::on(&second, "/mfa").fill("code", &house.code_of(&seed));
    let consent = browser.follow(browser.submit(&form).await).await;
    let tokens = agent.redeem(&agent.allow(&browser, &Form::on(&consent, "/consent")).await).await;
    assert_eq!(agent.caller(&tokens).tools_status().await, 200);
}

#[tokio::test]
async fn a_pending_sign_in_opens_nothing() {
    let (house, _) = house_with_factor().await;
    let (agent, browser) = (Agent::discover(&house.http, "up").await, Browser::new(&house.http));
    let page = browser.visit(&agent.authorize_url(&[])).await;
    let flow = Form::on(&page, "/login").value("flow").unwrap().to_owned();
    let second = browser.sign_in(&page, "ana@example.com", PASSWORD).await;
    Form::on(&second, "/mfa");
    for target in ["/account", "/account/password", "/account/two-factor", "/console", "/console/users", &format!("/consent?flow={flow}")] {
        let answer = browser.get(target).await;
        assert!(answer.location().starts_with("/login"), "{target}: {}", answer.location());
    }
    assert_eq!(browser.get("/api/v1/users").await.status, 401);
    // Straight to the answer, with the very token of the form it has.
    let form = Form { action: "/consent".to_owned(), ..Form::on(&second, "/mfa") }.fill("scope", "up:read").fill("decision", "allow");
    let answer = browser.submit(&form).await;
    assert!(answer.status.is_client_error() || answer.location().starts_with("/login"), "{}", answer.text());
    assert_eq!(browser.visit(&agent.authorize_url(&[("prompt", "none")])).await.location().matches("login_required").count(), 1);
}

#[tokio::test]
async fn a_code_works_once_and_three_wrong_ones_end_the_sign_in() {
    let (house, seed) = house_with_factor().await;
    let sign_in = async || {
        let browser = Browser::new(&house.http);
        let page = browser.get("/login").await;
        let second = browser.sign_in(&page, "ana@example.com", PASSWORD).await;
        let form = Form::on(&second, "/mfa");
        (browser, form)
    };
    let code = house.code_of(&seed);
    let (browser, form) = sign_in().await;
    assert_eq!(browser.submit(&form.fill("code", &code)).await.location(), "/account");
    let (browser, form) = sign_in().await;
    assert_eq!(browser.submit(&form.clone().fill("code", &code)).await.status, 422, "a used code");
    assert_eq!(browser.submit(&form.clone().fill("code", "000000")).await.status, 422);
    let ended = browser.submit(&form.clone().fill("code", "000001")).await;
    assert!(ended.location().starts_with("/login"), "the third wrong one ends it");
    house.wait(Duration::from_secs(60));
    let right = browser.submit(&form.fill("code", &house.code_of(&seed))).await;
    assert!(right.location().starts_with("/login"), "the right one comes too late");
}
