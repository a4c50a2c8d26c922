//! Single-use things, lockouts, signing keys.

use std::time::Duration;

use vestibule_model::{KeyId, Secret};

use super::{World, digest, everywhere, grant, refresh, user};
use crate::{
    StoreError,
    changes::Change,
    codes::{Redeemed, Redemption},
    keys::SigningKeyRow,
    once::{Consumed, OnceKind},
};

async fn issue(world: &World, name: &str) {
    let end = world.now() + Duration::from_secs(60);
    world.store.issue_once(OnceKind::Flow, digest(name), "u", end, b"one").await.unwrap();
}

#[tokio::test]
async fn a_thing_is_seen_often_and_used_once() {
    everywhere(async |world| {
        issue(world, "a").await;
        let (flow, a) = (OnceKind::Flow, digest("a"));
        assert_eq!(world.store.peek_once(flow, a).await.unwrap().as_deref(), Some(b"one".as_slice()));
        assert!(world.store.update_once(flow, a, b"two").await.unwrap());
        assert_eq!(world.store.peek_once(flow, a).await.unwrap().as_deref(), Some(b"two".as_slice()));
        assert!(matches!(world.store.consume(OnceKind::AuthorizationCode, a).await.unwrap(), Consumed::Unknown));
        assert!(matches!(world.store.consume(flow, a).await.unwrap(), Consumed::Won(data) if data == b"two"));
        let used = world.now();
        world.pass(60);
        let again = world.store.consume(flow, a).await.unwrap();
        assert!(matches!(again, Consumed::Lost { at, data } if at == used && data == b"two"), "a reuse past its end");
        assert!(world.store.peek_once(flow, a).await.unwrap().is_none());
        assert!(!world.store.update_once(flow, a, b"three").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_thing_past_its_end_is_unknown() {
    everywhere(async |world| {
        issue(world, "a").await;
        world.pass(60);
        assert!(matches!(world.store.consume(OnceKind::Flow, digest("a")).await.unwrap(), Consumed::Unknown));
        assert!(world.store.peek_once(OnceKind::Flow, digest("a")).await.unwrap().is_none());
        assert!(!world.store.update_once(OnceKind::Flow, digest("a"), b"x").await.unwrap());
        assert!(matches!(world.store.consume(OnceKind::Flow, digest("b")).await.unwrap(), Consumed::Unknown));
    })
    .await;
}

#[tokio::test]
async fn a_thing_is_issued_once() {
    everywhere(async |world| {
        issue(world, "a").await;
        world.store.consume(OnceKind::Flow, digest("a")).await.unwrap();
        let end = world.now() + Duration::from_secs(60);
        let again = world.store.issue_once(OnceKind::Flow, digest("a"), "u", end, b"x").await;
        assert!(matches!(again, Err(StoreError::Conflict("flow"))), "{again:?}");
        assert!(matches!(world.store.consume(OnceKind::Flow, digest("a")).await.unwrap(), Consumed::Lost { .. }));
    })
    .await;
}

#[tokio::test]
async fn a_foreign_name_is_free_again_when_nobody_may_use_it_any_more() {
    everywhere(async |world| {
        let end = world.now() + Duration::from_secs(60);
        let consume = async || world.store.consume_foreign(OnceKind::AssertionJti, digest("j"), end).await.unwrap();
        assert!(consume().await);
        world.pass(59);
        assert!(!consume().await);
        world.store.sweep(world.now()).await.unwrap();
        assert!(!consume().await, "a sweep forgets nothing too early");
        world.pass(60 + 120);
        assert!(consume().await, "past its end and the skew of clocks");
        assert!(!consume().await, "and then once");
    })
    .await;
}

#[tokio::test]
async fn a_sweep_takes_only_what_has_ended() {
    everywhere(async |world| {
        issue(world, "a").await;
        world.pass(61);
        issue(world, "b").await;
        world.pass(119);
        world.store.sweep(world.now()).await.unwrap();
        let end = world.now() + Duration::from_secs(60);
        world.store.issue_once(OnceKind::Flow, digest("a"), "u", end, b"").await.unwrap();
        let kept = world.store.issue_once(OnceKind::Flow, digest("b"), "u", end, b"").await;
        assert!(matches!(kept, Err(StoreError::Conflict(_))), "{kept:?}");
    })
    .await;
}

#[tokio::test]
async fn guesses_are_blocked_and_forgiven() {
    everywhere(async |world| {
        let delay = |fails: u32| if fails < 3 { Duration::ZERO } else { Duration::from_secs(30) };
        let guess = async || world.store.reserve_guess("account", "ada", delay).await.unwrap();
        assert_eq!(guess().await.unwrap().fails, 1);
        assert_eq!(guess().await.unwrap().until, None);
        let blocked = guess().await.unwrap().until.unwrap();
        assert_eq!(blocked, world.now() + Duration::from_secs(30));
        assert_eq!(guess().await, Err(blocked), "a blocked guess does not count");
        assert!(world.store.reserve_guess("address", "ada", delay).await.unwrap().is_ok(), "another kind");
        world.pass(30);
        assert_eq!(guess().await.unwrap().fails, 4);
        assert_eq!(world.store.find_lockout("account", "ada").await.unwrap().unwrap().fails, 4);
        world.store.clear_guesses("account", "ada").await.unwrap();
        assert_eq!(world.store.find_lockout("account", "ada").await.unwrap(), None);
        assert_eq!(guess().await.unwrap().fails, 1);
        world.pass(25 * 3600);
        world.store.sweep(world.now()).await.unwrap();
        assert_eq!(world.store.find_lockout("account", "ada").await.unwrap(), None, "forgotten after a day");
    })
    .await;
}

fn key(world: &World, id: &str) -> SigningKeyRow {
    SigningKeyRow {
        id: KeyId::from(id),
        algorithm: "EdDSA".to_owned(),
        public_jwk: "{}".to_owned(),
        private_pkcs8: Some(Secret::new(b"private".to_vec())),
        publish_at: world.now(),
        sign_from: world.now() + Duration::from_secs(1),
        sign_until: world.now() + Duration::from_secs(2),
        verify_until: world.now() + Duration::from_secs(3),
        revoked_at: None,
    }
}

#[tokio::test]
async fn signing_keys_lose_their_private_half_first() {
    everywhere(async |world| {
        let mut changes = world.store.subscribe();
        world.store.put_signing_key(&key(world, "k1")).await.unwrap();
        assert_eq!(changes.try_recv().unwrap().change, Change::SigningKeys);
        let [row] = &world.store.list_signing_keys().await.unwrap()[..] else { panic!("one key") };
        assert_eq!(row.private_pkcs8.as_ref().unwrap().expose(), b"private");
        assert_eq!(row.verify_until, key(world, "k1").verify_until);
        world.store.retire_signing_key(&"k1".into()).await.unwrap();
        assert!(world.store.list_signing_keys().await.unwrap()[0].private_pkcs8.is_none());
        world.store.delete_signing_key(&"k1".into()).await.unwrap();
        assert!(world.store.list_signing_keys().await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_code_is_spent_whatever_becomes_of_its_grant() {
    everywhere(async |world| {
        world.store.create_user(&user("u1"), None).await.unwrap();
        world.store.create_grant(&grant(world, "grt_1", "u1")).await.unwrap();
        let (kind, end) = (OnceKind::AuthorizationCode, world.now() + Duration::from_secs(60));
        let redemption = Redemption { grant: "grt_1".into(), until: end, refresh: Some(refresh(world, "r", None)) };
        let redeem = async || world.store.redeem_code(digest("code"), redemption.clone()).await.unwrap();
        assert!(matches!(redeem().await, Redeemed::Unknown));
        world.store.issue_once(kind, digest("code"), "grt_1", end, b"data").await.unwrap();
        world.store.revoke_grant(&"grt_1".into(), "by hand").await.unwrap();
        assert!(matches!(redeem().await, Redeemed::GrantOver));
        assert!(world.store.find_refresh(digest("r")).await.unwrap().is_none(), "nothing came to life");
        assert!(matches!(redeem().await, Redeemed::Lost { data } if data == b"data"));
    })
    .await;
}
