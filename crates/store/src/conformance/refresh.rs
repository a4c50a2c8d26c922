//! Grants and refresh tokens.

use std::time::Duration;

use vestibule_model::{ClientId, GrantId, Timestamp, UserId};

use super::{World, client, digest, everywhere, grant, refresh, user};
use crate::{StoreError, refresh::Rotation};

async fn family(world: &World) {
    world.store.create_user(&user("u1"), None).await.unwrap();
    world.store.create_grant(&grant(world, "grt_1", "u1")).await.unwrap();
    world.store.create_refresh(&refresh(world, "a", None)).await.unwrap();
}

async fn rotate(world: &World, from: &str, to: &str) -> Rotation {
    rotate_as(world, "cli_1", from, to).await
}

async fn rotate_as(world: &World, by: &str, from: &str, to: &str) -> Rotation {
    let until = world.now() + Duration::from_secs(10);
    let successor = refresh(world, to, Some(from));
    let answer = format!("answer {to}").into_bytes();
    world.store.rotate_refresh(digest(from), &ClientId::from(by), &successor, &answer, until).await.unwrap()
}

async fn revoked(world: &World) -> Option<Timestamp> {
    world.store.find_grant(&GrantId::from("grt_1")).await.unwrap().unwrap().revoked_at
}

#[tokio::test]
async fn a_retry_gets_the_same_answer_inside_the_window_only() {
    everywhere(async |world| {
        family(world).await;
        assert!(matches!(rotate(world, "a", "b").await, Rotation::Rotated));
        for _ in 0..3 {
            let Rotation::Retry { answer } = rotate(world, "a", "x").await else { panic!("no retry") };
            assert_eq!(answer, b"answer b");
        }
        assert!(world.store.find_refresh(digest("x")).await.unwrap().is_none(), "a retry makes no second successor");
        world.pass(10);
        assert!(matches!(rotate(world, "a", "x").await, Rotation::Reused { .. }), "the window is over");
        assert!(revoked(world).await.is_some());
        assert!(matches!(rotate(world, "b", "c").await, Rotation::Unknown), "the successor died with the family");
        assert!(matches!(rotate(world, "a", "x").await, Rotation::Unknown));
    })
    .await;
}

#[tokio::test]
async fn a_retry_after_the_successor_was_used_is_a_reuse() {
    everywhere(async |world| {
        family(world).await;
        assert!(matches!(rotate(world, "a", "b").await, Rotation::Rotated));
        assert!(matches!(rotate(world, "b", "c").await, Rotation::Rotated));
        let mut changes = world.store.subscribe();
        assert!(matches!(rotate(world, "a", "x").await, Rotation::Reused { grant } if grant.as_str() == "grt_1"));
        assert_eq!(changes.try_recv().unwrap().change, crate::changes::Change::Grant("grt_1".to_owned()));
        assert!(matches!(rotate(world, "c", "d").await, Rotation::Unknown));
    })
    .await;
}

#[tokio::test]
async fn a_stranger_neither_rotates_nor_revokes() {
    everywhere(async |world| {
        family(world).await;
        assert!(matches!(rotate_as(world, "cli_2", "a", "x").await, Rotation::Unknown));
        assert!(matches!(rotate(world, "a", "b").await, Rotation::Rotated));
        assert!(matches!(rotate_as(world, "cli_2", "a", "x").await, Rotation::Unknown), "not even by a reuse");
        assert_eq!(revoked(world).await, None);
        assert!(matches!(rotate(world, "b", "c").await, Rotation::Rotated));
        assert!(matches!(rotate(world, "never", "x").await, Rotation::Unknown));
    })
    .await;
}

#[tokio::test]
async fn the_lineage_is_that_of_the_presented_token() {
    everywhere(async |world| {
        family(world).await;
        world.store.create_grant(&grant(world, "grt_2", "u2")).await.unwrap();
        let mut successor = refresh(world, "b", None);
        (successor.grant, successor.client, successor.family) = ("grt_2".into(), "cli_2".into(), "fam_2".into());
        successor.expires_at = world.now() + Duration::from_secs(400 * 86_400);
        let until = world.now() + Duration::from_secs(10);
        world.store.rotate_refresh(digest("a"), &"cli_1".into(), &successor, b"", until).await.unwrap();
        let (stored, owner, consumed) = world.store.find_refresh(digest("b")).await.unwrap().unwrap();
        assert_eq!(
            (stored.grant.as_str(), stored.client.as_str(), stored.family.as_str()),
            ("grt_1", "cli_1", "fam_1")
        );
        assert_eq!((stored.parent, consumed), (Some(digest("a")), None));
        assert_eq!(stored.expires_at, refresh(world, "", None).expires_at, "never longer than the family");
        assert_eq!(owner.id.as_str(), "grt_1");
    })
    .await;
}

#[tokio::test]
async fn nothing_outlives_its_limits() {
    everywhere(async |world| {
        family(world).await;
        world.store.touch_refresh(digest("a"), world.now() + Duration::from_secs(20 * 86_400)).await.unwrap();
        world.pass(19 * 86_400);
        assert!(matches!(rotate(world, "a", "b").await, Rotation::Rotated), "the touch moved the idle limit");
        world.pass(14 * 86_400);
        assert!(matches!(rotate(world, "b", "c").await, Rotation::Unknown), "idle too long");
        world.store.touch_refresh(digest("b"), world.now() + Duration::from_secs(86_400)).await.unwrap();
        assert!(matches!(rotate(world, "b", "c").await, Rotation::Unknown), "a touch does not wake the dead");
        assert_eq!(revoked(world).await, None);
        assert!(matches!(rotate(world, "a", "x").await, Rotation::Reused { .. }), "a reuse is one however late");
    })
    .await;
}

#[tokio::test]
async fn a_grant_takes_its_tokens_with_it() {
    everywhere(async |world| {
        family(world).await;
        assert!(matches!(rotate(world, "a", "b").await, Rotation::Rotated));
        let (id, owner) = (GrantId::from("grt_1"), UserId::from("u1"));
        assert!(!world.store.revoke_grant_of(&"u2".into(), &id, "no").await.unwrap(), "not theirs");
        assert!(world.store.revoke_grant_of(&owner, &id, "by_user").await.unwrap());
        assert!(!world.store.revoke_grant(&id, "again").await.unwrap());
        assert!(matches!(rotate(world, "a", "x").await, Rotation::Unknown), "no answer is given again");
        assert!(matches!(rotate(world, "b", "x").await, Rotation::Unknown));
        assert!(world.store.list_grants(&owner).await.unwrap().is_empty());
        let found = world.store.find_grant(&id).await.unwrap().unwrap();
        assert_eq!((found.revoked_at, found.revoked_because.as_deref()), (Some(world.now()), Some("by_user")));
    })
    .await;
}

#[tokio::test]
async fn a_grant_ends_with_its_lifetime() {
    everywhere(async |world| {
        world.store.create_user(&user("u1"), None).await.unwrap();
        let mut short = grant(world, "grt_1", "u1");
        short.expires_at = world.now() + Duration::from_secs(3600);
        world.store.create_grant(&short).await.unwrap();
        world.store.create_refresh(&refresh(world, "a", None)).await.unwrap();
        world.pass(3600);
        assert!(matches!(rotate(world, "a", "b").await, Rotation::Unknown));
        assert!(world.store.list_client_grants(&"cli_1".into()).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_needs_a_grant_and_a_free_place() {
    everywhere(async |world| {
        let orphan = world.store.create_refresh(&refresh(world, "a", None)).await;
        assert!(matches!(orphan, Err(StoreError::Missing("grant"))), "{orphan:?}");
        family(world).await;
        let twice = world.store.create_refresh(&refresh(world, "a", None)).await;
        assert!(matches!(twice, Err(StoreError::Conflict(_))), "{twice:?}");
        world.store.create_refresh(&refresh(world, "b", Some("a"))).await.unwrap();
        let second_child = world.store.create_refresh(&refresh(world, "c", Some("a"))).await;
        assert!(matches!(second_child, Err(StoreError::Conflict(_))), "{second_child:?}");
        let again = world.store.create_grant(&grant(world, "grt_1", "u2")).await;
        assert!(matches!(again, Err(StoreError::Conflict("grant"))), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn deleting_a_client_or_a_user_revokes() {
    everywhere(async |world| {
        world.store.create_client(&client("cli_1"), None).await.unwrap();
        family(world).await;
        assert!(world.store.delete_client(&"cli_1".into()).await.unwrap());
        assert!(revoked(world).await.is_some());
        world.store.create_grant(&grant(world, "grt_2", "u1")).await.unwrap();
        assert!(world.store.delete_user(&"u1".into()).await.unwrap());
        let second = world.store.find_grant(&"grt_2".into()).await.unwrap().unwrap();
        assert_eq!(second.revoked_because.as_deref(), Some("user_deleted"));
    })
    .await;
}

#[tokio::test]
async fn the_last_use_is_written_later_and_seldom() {
    everywhere(async |world| {
        family(world).await;
        let (id, first) = (GrantId::from("grt_1"), world.now());
        for _ in 0..1000 {
            world.store.note_grant_used(&id);
        }
        assert_eq!(last_use(world).await, Some(first));
        world.pass(59);
        world.store.note_grant_used(&id);
        world.pass(1);
        world.store.note_grant_used(&id);
        let second = world.now();
        for _ in 0..100 {
            if last_use(world).await == Some(second) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the second minute was not written");
    })
    .await;
}

/// Waits for the first one.
async fn last_use(world: &World) -> Option<Timestamp> {
    for _ in 0..100 {
        let grant = world.store.find_grant(&"grt_1".into()).await.unwrap().unwrap();
        if grant.last_used_at.is_some() {
            return grant.last_used_at;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    None
}

#[tokio::test]
async fn a_token_is_revoked_by_its_name() {
    everywhere(async |world| {
        let end = world.now() + Duration::from_secs(600);
        assert!(!world.store.is_token_id_revoked("jti_1"));
        let before = world.store.epoch();
        world.store.revoke_token_id("jti_1", end).await.unwrap();
        assert!(world.store.is_token_id_revoked("jti_1") && !world.store.is_token_id_revoked("jti_2"));
        assert!(world.store.epoch() > before);
        world.store.revoke_token_id("jti_1", end).await.unwrap();
        world.store.revoke_token_id("jti_2", end).await.unwrap();
        assert!(world.store.is_token_id_revoked("jti_1") && world.store.is_token_id_revoked("jti_2"));
    })
    .await;
}
