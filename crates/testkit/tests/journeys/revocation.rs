//! What is taken back is gone with the next request: no token outlives its grant, its user or its client.

use std::time::Duration;

use vestibule_model::ClientId;
use vestibule_testkit::{
    agent::Agent,
    browser::{Browser, Form},
    house::{House, PASSWORD},
};

use crate::scene::Scene;

#[tokio::test]
async fn a_client_disconnected_on_the_account_page_is_shut_out() {
    let scene = Scene::new().await;
    assert_eq!(scene.call().await.status, 200);
    let account = scene.browser.get("/account").await;
    assert!(account.text().contains("Testkit agent"));
    let done = scene.browser.submit(&Form::on(&account, "/account/apps/revoke")).await;
    assert_eq!(done.status, 303, "{}", done.text());
    scene.assert_shut_out().await;
}

#[tokio::test]
async fn nobody_disconnects_the_clients_of_others() {
    let scene = Scene::new().await;
    let account = scene.browser.get("/account").await;
    let grant = Form::on(&account, "/account/apps/revoke").value("grant").unwrap().to_owned();
    scene.house.add_user("eve@example.com", &["staff"]).await;
    let (_, eve, _) = Agent::connect(&scene.house.http, "up", "eve@example.com", PASSWORD).await;
    let form = Form::on(&eve.get("/account").await, "/account/apps/revoke").fill("grant", &grant);
    let answer = eve.submit(&form).await;
    assert!(answer.status.is_redirection() || answer.status.is_client_error(), "{}", answer.text());
    assert_eq!(scene.call().await.status, 200, "the grant of somebody else was revoked");
}

#[tokio::test]
async fn a_disabled_user_is_shut_out_everywhere() {
    let scene = Scene::new().await;
    let mut user = scene.user.clone();
    user.disabled = true;
    scene.house.running.store.update_user(&user).await.unwrap();
    scene.assert_shut_out().await;
    assert!(scene.browser.get("/account").await.location().starts_with("/login"));
    let page = scene.browser.get("/login").await;
    assert_eq!(scene.browser.sign_in(&page, &user.email, PASSWORD).await.status, 422);
}

#[tokio::test]
async fn a_disabled_client_is_shut_out_everywhere() {
    let scene = Scene::new().await;
    let id = ClientId::new(scene.agent.client_id.as_str());
    scene.house.running.store.set_client_disabled(&id, true).await.unwrap();
    scene.assert_shut_out().await;
    let page = scene.browser.get(&scene.agent.authorize_url(&[])).await;
    assert_eq!(page.status, 400, "an unknown client is never redirected to");
}

#[tokio::test]
async fn a_client_that_revokes_its_refresh_token_loses_its_access_token_too() {
    let scene = Scene::new().await;
    let form = [("token", scene.tokens.refresh.as_str()), ("client_id", scene.agent.client_id.as_str())];
    let answer = scene.house.http.post_form(scene.agent.endpoint("revocation_endpoint"), &form).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    scene.assert_shut_out().await;
}

#[tokio::test]
async fn a_refresh_token_used_again_later_ends_its_whole_family() {
    let scene = Scene::new().await;
    let successor = scene.agent.refresh(&scene.tokens.refresh).await;
    scene.house.wait(Duration::from_secs(11));
    let reused = scene.agent.try_refresh(&scene.tokens.refresh).await;
    assert_eq!((reused.status.as_u16(), reused.json()["error"].as_str()), (400, Some("invalid_grant")));
    assert_eq!(scene.agent.try_refresh(&successor.refresh).await.status, 400);
    assert_eq!(scene.agent.caller(&successor).tools_status().await, 401);
    scene.assert_shut_out().await;
}

#[tokio::test]
async fn a_code_used_twice_ends_what_it_gave() {
    let scene = Scene::new().await;
    let consent = scene.browser.visit(&scene.agent.authorize_url(&[])).await;
    let code = scene.agent.allow(&scene.browser, &Form::on(&consent, "/consent")).await;
    let tokens = scene.agent.redeem(&code).await;
    assert_eq!(scene.agent.caller(&tokens).tools_status().await, 200);
    assert_eq!(scene.agent.try_redeem(&code).await.status, 400);
    assert_eq!(scene.agent.caller(&tokens).tools_status().await, 401);
    assert_eq!(scene.agent.try_refresh(&tokens.refresh).await.status, 400);
    assert_eq!(scene.call().await.status, 200, "the earlier grant has nothing to do with it");
}

#[tokio::test]
async fn an_ended_browser_session_does_not_come_back() {
    let scene = Scene::new().await;
    let old = Browser::new(&scene.house.http);
    let page = old.get("/login?return_to=/account").await;
    let account = old.sign_in(&page, &scene.user.email, PASSWORD).await;
    assert_eq!(account.status, 200);
    let here = scene.browser.get("/account").await;
    let ended = scene.browser.submit(&Form::on(&here, "/account/sessions/revoke")).await;
    assert_eq!(ended.status, 303, "{}", ended.text());
    assert!(old.get("/account").await.location().starts_with("/login"));
    let cookies = scene.browser.cookies();
    scene.browser.submit(&Form::on(&here, "/logout")).await;
    let replayed = http::Request::get("/account").header("cookie", cookies).body(bytes::Bytes::new()).unwrap();
    assert!(scene.house.http.send(replayed).await.location().starts_with("/login"));
    assert_eq!(scene.call().await.status, 200, "signing out of the browser leaves what was allowed");
}

#[tokio::test]
async fn a_changed_password_can_disconnect_everything() {
    let scene = Scene::new().await;
    let page = scene.browser.get("/account/password").await;
    let form = Form::on(&page, "/account/password").fill("password", PASSWORD);
    let form = form.fill("new_password", "a much better pass phrase").fill("repeat", "a much better pass phrase");
    let answer = scene.browser.submit(&form.fill("disconnect", "yes")).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    scene.assert_shut_out().await;
}

#[tokio::test]
async fn a_changed_role_is_felt_by_the_next_request() {
    let house = House::demo().await;
    let person = house.person("E1002");
    let (agent, _, tokens) = Agent::connect(&house.http, "hr", &person.user.email, person.password.expose()).await;
    let caller = agent.caller(&tokens);
    let shows_dashboard = async || caller.tools().await.iter().any(|tool| tool == "get_dashboard_stats");
    assert!(!shows_dashboard().await);
    let mut user = person.user.clone();
    for (role, shown) in [("EXECUTIVE", true), ("EMPLOYEE", false)] {
        user.roles = vec![role.to_owned()];
        house.running.store.update_user(&user).await.unwrap();
        assert_eq!(shows_dashboard().await, shown, "{role}");
    }
}

#[tokio::test]
async fn an_access_token_ends_by_itself_and_is_refreshed() {
    let scene = Scene::new().await;
    let session = scene.agent.session(&scene.tokens).await;
    scene.house.wait(Duration::from_secs(9 * 60));
    assert_eq!(session.tools_status().await, 200);
    scene.house.wait(Duration::from_secs(60 + 11));
    assert_eq!(session.tools_status().await, 401, "a session does not keep a token alive");
    let fresh = scene.agent.refresh(&scene.tokens.refresh).await;
    assert_eq!(session.with_token(&fresh.access).tools_status().await, 200, "the session goes on with the new token");
}
