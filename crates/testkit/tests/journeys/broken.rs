//! Closed when broken: without its database the gateway lets nobody in, says which part is down, and recovers.

use std::time::Duration;

use serde_json::json;
use vestibule_testkit::{
    browser::{Browser, Form},
    house::PASSWORD,
    http::Answer,
};

use crate::scene::Scene;

#[track_caller]
fn assert_down(what: &str, answer: &Answer) {
    assert_eq!(answer.status, 503, "{what}: {}", answer.text());
    assert!(answer.text().len() > 20, "{what} says nothing");
}

/// What was let in before is let in again, as soon as the gateway has looked for revocations it may have missed.
async fn assert_recovers(scene: &Scene) {
    for _ in 0..200 {
        match scene.call().await.status.as_u16() {
            200 => return,
            503 => tokio::time::sleep(Duration::from_millis(50)).await,
            other => panic!("{other} after the database came back"),
        }
    }
    panic!("it does not recover");
}

#[tokio::test]
async fn without_its_database_nobody_gets_in_and_nothing_is_revoked_in_words_only() {
    let scene = Scene::new().await;
    let faults = scene.house.running.store.faults();
    let stranger = Browser::new(&scene.house.http);
    let login = stranger.get("/login").await;
    let account = scene.browser.get("/account").await;
    faults.fail();
    let sign_in = Form::on(&login, "/login").fill("email", "ana@example.com").fill("password", PASSWORD);
    assert_down("sign-in", &stranger.submit(&sign_in).await);
    assert_down("the account page", &scene.browser.get("/account").await);
    assert_down("disconnecting", &scene.browser.submit(&Form::on(&account, "/account/apps/revoke")).await);
    assert_down("authorization", &scene.browser.get(&scene.agent.authorize_url(&[])).await);
    assert_down("a refresh", &scene.agent.try_refresh(&scene.tokens.refresh).await);
    // RFC 7009 section 2.2.1: a revocation that failed says so.
    let form = [("token", scene.tokens.refresh.as_str()), ("client_id", scene.agent.client_id.as_str())];
    assert_down("a revocation", &scene.house.http.post_form("/revoke", &form).await);
    assert_down("the console", &scene.browser.get("/console").await);
    faults.heal();
    assert_recovers(&scene).await;
    scene.agent.refresh(&scene.tokens.refresh).await;
}

#[tokio::test]
async fn a_token_that_was_never_seen_is_not_believed_while_the_database_is_down() {
    let scene = Scene::new().await;
    let before = scene.upstream.seen().len();
    scene.house.running.store.faults().fail();
    assert_down("the first call of a token", &scene.call().await);
    assert_eq!(scene.upstream.seen().len(), before);
    scene.house.running.store.faults().heal();
    assert_recovers(&scene).await;
}

#[tokio::test]
async fn an_upstream_that_is_down_or_lies_is_a_bad_gateway_and_no_secret() {
    let scene = Scene::new().await;
    for (what, response) in [
        ("an error", http::Response::builder().status(500).body("stack trace at /srv/secret".into())),
        ("a page", http::Response::builder().header("content-type", "text/html").body("<html>".into())),
        ("no JSON", http::Response::builder().header("content-type", "application/json").body("{".into())),
    ] {
        scene.upstream.answer_next(vestibule_testkit::upstream::Canned::Exactly(response.unwrap()));
        let answer = scene.caller().ask("tools/list", json!({})).await;
        assert!(
            answer.status.is_server_error() || answer.json()["error"].is_object(),
            "{what}: {} {}",
            answer.status,
            answer.text()
        );
    }
    assert_eq!(scene.call().await.status, 200);
}
