//! Browser sessions and remembered consent.

use std::time::Duration;

use vestibule_model::{ResourceUri, ScopeSet, SessionId, UserId};

use super::{World, authentication, digest, everywhere, session, user};
use crate::{StoreError, changes::Change, consents::ConsentRecord};

async fn signed_in(world: &World) {
    world.store.create_user(&user("u1"), None).await.unwrap();
    world.store.create_user(&user("u2"), None).await.unwrap();
    world.store.create_session(&session(world, "ses_1", "u1")).await.unwrap();
}

async fn found(world: &World, cookie: &str) -> bool {
    world.store.find_session(digest(cookie)).await.unwrap().is_some()
}

#[tokio::test]
async fn a_session_has_two_limits() {
    everywhere(async |world| {
        signed_in(world).await;
        let id = SessionId::from("ses_1");
        let stored = world.store.find_session(digest("ses_1")).await.unwrap().unwrap();
        assert_eq!(stored.address, session(world, "ses_1", "u1").address);
        assert_eq!(stored.authentication, authentication());
        world.pass(1799);
        world.store.touch_session(&id, world.now(), world.now() + Duration::from_secs(86_400)).await.unwrap();
        world.pass(1800);
        assert!(found(world, "ses_1").await, "the touch moved the idle limit");
        world.pass(8 * 3600);
        assert!(!found(world, "ses_1").await, "but not the last one");
        assert!(world.store.list_sessions(&"u1".into()).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_idle_session_is_not_woken() {
    everywhere(async |world| {
        signed_in(world).await;
        world.pass(1800);
        assert!(!found(world, "ses_1").await);
        let (id, later) = (SessionId::from("ses_1"), world.now() + Duration::from_secs(1800));
        world.store.touch_session(&id, world.now(), later).await.unwrap();
        assert!(!found(world, "ses_1").await);
        assert!(!world.store.rotate_session(&id, digest("ses_1"), digest("new"), &authentication()).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_new_cookie_kills_the_old_one() {
    everywhere(async |world| {
        signed_in(world).await;
        let (id, before) = (SessionId::from("ses_1"), world.store.epoch());
        let mut stronger = authentication();
        stronger.amr.push("otp".to_owned());
        assert!(world.store.rotate_session(&id, digest("ses_1"), digest("new"), &stronger).await.unwrap());
        assert!(!found(world, "ses_1").await && world.store.epoch() > before);
        assert_eq!(world.store.find_session(digest("new")).await.unwrap().unwrap().authentication, stronger);
        assert!(!world.store.rotate_session(&id, digest("ses_1"), digest("x"), &stronger).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn sessions_are_ended_by_their_owner() {
    everywhere(async |world| {
        signed_in(world).await;
        let (mine, theirs, id) = (UserId::from("u1"), UserId::from("u2"), SessionId::from("ses_1"));
        world.store.create_session(&session(world, "ses_2", "u1")).await.unwrap();
        world.store.create_session(&session(world, "ses_3", "u1")).await.unwrap();
        world.store.create_session(&session(world, "ses_4", "u2")).await.unwrap();
        let mut changes = world.store.subscribe();
        assert!(!world.store.end_session(&theirs, &id).await.unwrap(), "not theirs");
        assert!(world.store.end_session(&mine, &id).await.unwrap());
        assert!(!world.store.end_session(&mine, &id).await.unwrap(), "already ended");
        assert_eq!(changes.try_recv().unwrap().change, Change::Session("ses_1".to_owned()));
        assert_eq!(world.store.list_sessions(&mine).await.unwrap().len(), 2);
        assert_eq!(world.store.end_all_sessions(&mine).await.unwrap(), 2);
        assert!(found(world, "ses_4").await && !found(world, "ses_1").await && !found(world, "ses_3").await);
        let taken = world.store.create_session(&session(world, "ses_1", "u1")).await;
        assert!(matches!(taken, Err(StoreError::Conflict("session"))), "{taken:?}");
    })
    .await;
}

fn consent(world: &World) -> ConsentRecord {
    ConsentRecord {
        user: UserId::from("u1"),
        client: "https://app.example.com/client".into(),
        redirect_host: "localhost".to_owned(),
        resource: ResourceUri::new("https://mcp.example.com/mcp/hr"),
        requested: ScopeSet::parse("a b").unwrap(),
        granted: ScopeSet::parse("a").unwrap(),
        metadata: digest("metadata"),
        lifetime_seconds: 86_400,
        given_at: world.now(),
        expires_at: world.now() + Duration::from_secs(60),
    }
}

#[tokio::test]
async fn consent_is_remembered_for_exactly_this() {
    everywhere(async |world| {
        let given = consent(world);
        world.store.put_consent(&given).await.unwrap();
        let find = async |host: &str, resource: &str| {
            let resource = ResourceUri::new(resource);
            world.store.find_consent(&given.user, &given.client, host, &resource).await.unwrap()
        };
        let hr = "https://mcp.example.com/mcp/hr";
        assert_eq!(find("localhost", hr).await.unwrap().granted, given.granted);
        assert!(find("evil.example", hr).await.is_none());
        assert!(find("localhost", "https://mcp.example.com/mcp/pay").await.is_none());
        let wider = ConsentRecord { granted: given.requested.clone(), ..given.clone() };
        world.store.put_consent(&wider).await.unwrap();
        assert_eq!(find("localhost", hr).await.unwrap().granted, given.requested);
        world.store.forget_consent(&given.user, &given.client).await.unwrap();
        assert!(find("localhost", hr).await.is_none());
        world.store.put_consent(&given).await.unwrap();
        world.pass(60);
        assert!(find("localhost", hr).await.is_none(), "forgotten in time");
    })
    .await;
}
