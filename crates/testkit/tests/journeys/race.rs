//! A hundred at once: of one code and of one refresh token exactly one lineage comes.

use std::{collections::BTreeSet, time::Duration};

use vestibule_testkit::{agent::Tokens, browser::Form, http::Answer};

use crate::scene::Scene;

/// Runs a hundred of them at once; the successful ones and the refused ones.
async fn hundred<F: Future<Output = Answer>>(one: impl Fn() -> F) -> (Vec<Answer>, Vec<Answer>) {
    let answers = futures_util::future::join_all((0..100).map(|_| one())).await;
    answers.into_iter().partition(|answer| answer.status == 200)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_uses_of_one_code_give_one_lineage() {
    let scene = Scene::new().await;
    let consent = scene.browser.visit(&scene.agent.authorize_url(&[])).await;
    let code = scene.agent.allow(&scene.browser, &Form::on(&consent, "/consent")).await;
    scene.house.running.store.faults().delay(Duration::from_millis(2));
    let (won, lost) = hundred(|| scene.agent.try_redeem(&code)).await;
    scene.house.running.store.faults().delay(Duration::ZERO);
    assert_eq!(won.len(), 1, "tokens for one code");
    assert!(lost.iter().all(|answer| answer.status == 400 && answer.json()["error"] == "invalid_grant"));
    // A code used twice is a stolen code: the winner's tokens die with the second use (RFC 6749 section 4.1.2).
    for answer in &won {
        let tokens = Tokens::of(answer);
        assert_eq!(scene.agent.caller(&tokens).tools_status().await, 401);
        assert_eq!(scene.agent.try_refresh(&tokens.refresh).await.status, 400);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_uses_of_one_refresh_token_give_one_successor() {
    let scene = Scene::new().await;
    scene.house.running.store.faults().delay(Duration::from_millis(2));
    let (won, lost) = hundred(|| scene.agent.try_refresh(&scene.tokens.refresh)).await;
    scene.house.running.store.faults().delay(Duration::ZERO);
    assert!(lost.is_empty(), "a retry within ten seconds gets the same successor: {}", lost[0].text());
    let successors: BTreeSet<String> = won.iter().map(|answer| Tokens::of(answer).refresh).collect();
    assert_eq!(successors.len(), 1, "{} lineages", successors.len());
    let next = scene.agent.refresh(successors.first().unwrap()).await;
    assert_eq!(scene.agent.caller(&next).tools_status().await, 200);
}
