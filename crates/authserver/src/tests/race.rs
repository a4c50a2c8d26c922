//! One hundred at once, over HTTP, on a SQLite file that takes its time: exactly one lineage.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join_all;
use http::StatusCode;

use crate::testing::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_code_used_a_hundred_times_at_once_gives_one_lineage() {
    let directory = tempfile::tempdir().unwrap();
    let house = House::on_disk(directory.path()).await;
    let code = house.code("cli_app", &[]).await;
    house.server.store.faults().delay(Duration::from_millis(5));
    let form = House::redeem("cli_app", &code);
    let answers = join_all((0..100).map(|_| house.form("/token", &form))).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
    assert_eq!(won.len(), 1, "answers that have tokens");
    assert!(
        answers.iter().filter(|answer| answer.status != StatusCode::OK).all(|answer| answer.error() == "invalid_grant")
    );
    // The replays are replays: the one lineage they found is revoked.
    house.server.store.faults().delay(Duration::ZERO);
    for answer in won {
        assert_eq!(house.refresh("cli_app", &answer.text("refresh_token")).await.error(), "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_refresh_token_used_a_hundred_times_at_once_gives_one_lineage() {
    let directory = tempfile::tempdir().unwrap();
    let house = House::on_disk(directory.path()).await;
    let token = house.tokens("cli_app").await.text("refresh_token");
    house.server.store.faults().delay(Duration::from_millis(5));
    let answers = join_all((0..100).map(|_| house.refresh("cli_app", &token))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "a retry inside the window is answered");
    let successors: BTreeSet<_> = answers.iter().map(|answer| answer.text("refresh_token")).collect();
    let bodies: BTreeSet<_> = answers.iter().map(|answer| answer.body.clone()).collect();
    assert_eq!((successors.len(), bodies.len()), (1, 1), "always the same successor");
    house.server.store.faults().delay(Duration::ZERO);
    assert_eq!(house.refresh("cli_app", successors.first().unwrap()).await.status, StatusCode::OK, "and it lives");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_late_flood_of_reuses_leaves_nothing_alive() {
    let directory = tempfile::tempdir().unwrap();
    let house = House::on_disk(directory.path()).await;
    let token = house.tokens("cli_app").await.text("refresh_token");
    let successor = house.refresh("cli_app", &token).await.text("refresh_token");
    house.clock.advance(Duration::from_secs(60));
    house.server.store.faults().delay(Duration::from_millis(5));
    let answers = join_all((0..100).map(|_| house.refresh("cli_app", &token))).await;
    assert!(answers.iter().all(|answer| answer.error() == "invalid_grant"));
    house.server.store.faults().delay(Duration::ZERO);
    assert_eq!(house.refresh("cli_app", &successor).await.error(), "invalid_grant");
}
