//! Half a sign-in is none.

use std::time::Duration;

use serde_json::json;
use vestibule_testkit::{
    agent::{Agent, parameter},
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
    for target in [
        "/account",
        "/account/password",
        "/account/two-factor",
        "/console",
        "/console/users",
        &format!("/consent?flow={flow}"),
    ] {
        let answer = browser.get(target).await;
        assert!(answer.location().starts_with("/login"), "{target}: {}", answer.location());
    }
    assert_eq!(browser.get("/api/v1/users").await.status, 401);
    // Straight to the answer, with the very token of the form it has.
    let form = Form { action: "/consent".to_owned(), ..Form::on(&second, "/mfa") }
        .fill("scope", "up:read")
        .fill("decision", "allow");
    let answer = browser.submit(&form).await;
    assert!(answer.status.is_client_error() || answer.location().starts_with("/login"), "{}", answer.text());
    assert_eq!(
        browser.visit(&agent.authorize_url(&[("prompt", "none")])).await.location().matches("login_required").count(),
        1
    );
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

/// Enrols on the account page as a person would; the seed.
async fn enrol_on_the_page(house: &House, browser: &Browser) -> String {
    let page = browser.get("/account/two-factor").await;
    let begin = Form { action: "/account/two-factor/begin".to_owned(), ..Form::on(&page, "") };
    let page = browser.submit(&begin.fill("password", PASSWORD)).await;
    let seed = page
        .text()
        .split("<code class=\"key\">")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .expect("the seed to type");
    let seed = seed.replace(' ', "");
    let confirm = Form::on(&page, "/account/two-factor/confirm").fill("code", &house.code_of(&seed));
    let codes = browser.submit(&confirm).await;
    assert!(codes.status == 200 && codes.text().contains("backup codes"), "{}", codes.text());
    seed
}

#[tokio::test]
async fn a_policy_that_wants_a_second_step_gets_it() {
    let upstream = Upstream::start().await;
    let server = format!("[[server]]\nname = \"up\"\nurl = \"{}\"\npolicy = \"policy.cedar\"\n", upstream.url());
    let policy = "@step_up(\"mfa\")\npermit (principal, action, resource);\n";
    let house = House::of(&server, &[("policy.cedar", policy)]).await;
    house.add_user("ana@example.com", &["staff"]).await;
    let (agent, browser, weak) = Agent::connect(&house.http, "up", "ana@example.com", PASSWORD).await;
    let refused = agent.caller(&weak).call("read", json!({})).await;
    assert_eq!(refused.status, 401, "{}", refused.text());
    let challenge = refused.header("www-authenticate").unwrap();
    assert_eq!(parameter(challenge, "error").as_deref(), Some("insufficient_user_authentication"));
    let wanted = parameter(challenge, "acr_values").expect("what would do");

    let stronger = agent.authorize_url(&[("acr_values", &wanted)]);
    let told = browser.visit(&stronger).await;
    assert_eq!(told.status, 403, "{}", told.text());
    assert!(told.text().contains("two-step sign-in"));
    enrol_on_the_page(&house, &browser).await;
    let consent = browser.visit(&stronger).await;
    let strong = agent.redeem(&agent.allow(&browser, &Form::on(&consent, "/consent")).await).await;
    assert_eq!(agent.caller(&strong).call("read", json!({})).await.status, 200);
    let refreshed = agent.refresh(&weak.refresh).await;
    assert_eq!(agent.caller(&refreshed).call("read", json!({})).await.status, 401, "refreshing makes nobody stronger");
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn a_weak_session_of_somebody_with_a_factor_signs_in_again() {
    let house = house_before(&Upstream::start().await).await;
    let user = house.add_user("ana@example.com", &["staff"]).await;
    let (agent, browser, _) = Agent::connect(&house.http, "up", "ana@example.com", PASSWORD).await;
    let seed = house.enrol(&user.id).await;
    let page = browser.visit(&agent.authorize_url(&[("acr_values", "aal2")])).await;
    let second = browser.sign_in(&page, "ana@example.com", PASSWORD).await;
    let form = Form::on(&second, "/mfa").fill("code", &house.code_of(&seed));
    let consent = browser.follow(browser.submit(&form).await).await;
    Form::on(&consent, "/consent");
}
