//! The change feed between processes.

use std::time::Duration;

use vestibule_model::UserId;

use super::{World, everywhere, on_file, session, user};
use crate::{StoreError, changes::Change};

/// Waits for news that come by polling.
async fn soon(what: &str, mut check: impl FnMut() -> bool) {
    for _ in 0..400 {
        if check() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}

#[tokio::test]
async fn another_process_hears_of_it() {
    let world = on_file().await;
    let (mut changes, before) = (world.twin.subscribe(), world.twin.epoch());
    world.store.create_user(&user("ada"), None).await.unwrap();
    world.store.revoke_token_id("jti_1", world.now() + Duration::from_secs(60)).await.unwrap();
    soon("the directory", || world.twin.directory().find(&"ada".into()).is_some()).await;
    soon("the token", || world.twin.is_token_id_revoked("jti_1")).await;
    assert!(world.twin.epoch() > before);
    let heard = [changes.recv().await.unwrap(), changes.recv().await.unwrap()];
    assert_eq!(heard.map(|numbered| numbered.change), [Change::User("ada".into()), Change::Token("jti_1".into())]);
}

#[tokio::test]
async fn both_processes_hear_the_same_in_the_same_order() {
    let world = on_file().await;
    let mut ears = [world.store.subscribe(), world.twin.subscribe()];
    for number in 0..20 {
        let store = if number % 3 == 0 { &world.store } else { &world.twin };
        store.create_user(&user(&format!("u{number}")), None).await.unwrap();
    }
    for ear in &mut ears {
        for number in 0..20 {
            let heard = ear.recv().await.unwrap();
            assert_eq!((heard.seq, heard.change), (number + 1, Change::User(format!("u{number}"))));
        }
        assert!(ear.try_recv().is_err(), "each only once");
    }
}

#[tokio::test]
async fn who_slept_too_long_starts_anew() {
    let world = on_file().await;
    world.twin.faults().fail();
    world.store.revoke_token_id("jti_1", world.now() + Duration::from_secs(86_400)).await.unwrap();
    world.store.create_user(&user("ada"), None).await.unwrap();
    world.pass(2 * 3600);
    world.store.create_user(&user("bob"), None).await.unwrap();
    world.store.sweep(world.now()).await.unwrap();
    let mut changes = world.twin.subscribe();
    world.twin.faults().heal();
    soon("the directory", || world.twin.directory().find(&"ada".into()).is_some()).await;
    soon("the token", || world.twin.is_token_id_revoked("jti_1")).await;
    assert_eq!(changes.recv().await.unwrap().change, Change::Everything);
}

#[tokio::test]
async fn who_cannot_hear_says_so() {
    let world = on_file().await;
    world.twin.ping().await.unwrap();
    world.twin.faults().fail();
    assert!(matches!(world.twin.ping().await, Err(StoreError::Unavailable(_))));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!world.twin.inner.feed.is_current());
    world.twin.faults().heal();
    soon("the feed", || world.twin.inner.feed.is_current()).await;
    world.twin.ping().await.unwrap();
}

async fn revocation_fails(world: &World) {
    let result = world.store.end_all_sessions(&UserId::from("ada")).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    let result = world.store.find_user(&"ada".into()).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
}

#[tokio::test]
async fn a_failing_database_is_never_taken_for_a_success() {
    everywhere(async |world| {
        world.store.create_user(&user("ada"), None).await.unwrap();
        world.store.create_session(&session(world, "ses_1", "ada")).await.unwrap();
        world.store.faults().fail();
        revocation_fails(world).await;
        world.store.faults().heal();
        assert_eq!(world.store.list_sessions(&"ada".into()).await.unwrap().len(), 1, "nothing was done");
        assert_eq!(world.store.end_all_sessions(&"ada".into()).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_closed_store_refuses() {
    everywhere(async |world| {
        world.store.create_user(&user("ada"), None).await.unwrap();
        world.store.close().await;
        revocation_fails(world).await;
        world.store.close().await;
    })
    .await;
}
