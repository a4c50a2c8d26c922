//! The directory.

use vestibule_model::{OrgId, UserId};

use super::{everywhere, grant, session, user};
use crate::{StoreError, changes::Change};

#[tokio::test]
async fn a_user_is_found_by_id_and_by_any_spelling_of_the_address() {
    everywhere(async |world| {
        world.store.create_user(&user("ada"), Some("$argon2id$x")).await.unwrap();
        assert_eq!(world.store.find_user(&"ada".into()).await.unwrap(), Some(user("ada")));
        let found = world.store.find_user_by_email("  ADA@Example.com").await.unwrap();
        assert_eq!(found, Some(user("ada")));
        assert_eq!(world.store.find_user_by_email("ad@example.com").await.unwrap(), None);
        assert_eq!(world.store.password_of(&"ada".into()).await.unwrap().as_deref(), Some("$argon2id$x"));
        world.store.set_password(&"ada".into(), "$argon2id$y").await.unwrap();
        assert_eq!(world.store.password_of(&"ada".into()).await.unwrap().as_deref(), Some("$argon2id$y"));
        let nobody = world.store.set_password(&"bob".into(), "x").await;
        assert!(matches!(nobody, Err(StoreError::Missing("user"))), "{nobody:?}");
    })
    .await;
}

#[tokio::test]
async fn two_users_never_share_an_address_or_an_id() {
    everywhere(async |world| {
        world.store.create_user(&user("ada"), None).await.unwrap();
        let mut twin = user("bob");
        twin.email = "ＡＤＡ@example.com".to_owned();
        let taken = world.store.create_user(&twin, None).await;
        assert!(matches!(taken, Err(StoreError::Conflict("email"))), "{taken:?}");
        world.store.create_user(&user("bob"), None).await.unwrap();
        let taken = world.store.update_user(&twin).await;
        assert!(matches!(taken, Err(StoreError::Conflict("email"))), "{taken:?}");
        let again = world.store.create_user(&user("ada"), None).await;
        assert!(matches!(again, Err(StoreError::Conflict("user"))), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn the_directory_knows_before_the_call_returns() {
    everywhere(async |world| {
        let mut changes = world.store.subscribe();
        world.store.create_user(&user("ada"), None).await.unwrap();
        let first = world.store.directory();
        assert_eq!(first.find_by_attribute("org_1", "employee_id", "E-ada").unwrap().name, "ADA");
        let before = world.store.epoch();
        let mut disabled = user("ada");
        disabled.disabled = true;
        assert!(world.store.update_user(&disabled).await.unwrap());
        let second = world.store.directory();
        assert!(second.find(&"ada".into()).unwrap().disabled && second.epoch() > first.epoch());
        assert!(world.store.epoch() > before);
        for _ in 0..2 {
            assert_eq!(changes.try_recv().unwrap().change, Change::User("ada".to_owned()));
        }
        assert!(!world.store.update_user(&user("nobody")).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_user_stays_in_their_organization() {
    everywhere(async |world| {
        world.store.create_user(&user("ada"), None).await.unwrap();
        let mut moved = user("ada");
        moved.org = OrgId::from("org_2");
        let refused = world.store.update_user(&moved).await;
        assert!(matches!(refused, Err(StoreError::Conflict("org"))), "{refused:?}");
        let mut other = user("bob");
        other.org = OrgId::from("org_2");
        world.store.create_user(&other, None).await.unwrap();
        assert_eq!(world.store.list_users(None).await.unwrap().len(), 2);
        assert_eq!(world.store.list_users(Some(&"org_2".into())).await.unwrap(), vec![other]);
    })
    .await;
}

#[tokio::test]
async fn deletion_leaves_only_the_id() {
    everywhere(async |world| {
        let id = UserId::from("ada");
        world.store.create_user(&user("ada"), Some("phc")).await.unwrap();
        world.store.create_session(&session(world, "ses_1", "ada")).await.unwrap();
        world.store.create_grant(&grant(world, "grt_1", "ada")).await.unwrap();
        assert!(world.store.delete_user(&id).await.unwrap());
        assert!(!world.store.delete_user(&id).await.unwrap());
        assert!(world.store.directory().find(&id).is_none());
        assert_eq!(world.store.find_user(&id).await.unwrap(), None);
        assert_eq!(world.store.find_user_by_email("ada@example.com").await.unwrap(), None);
        assert_eq!(world.store.password_of(&id).await.unwrap(), None);
        assert!(world.store.find_session(session(world, "ses_1", "ada").digest).await.unwrap().is_none());
        assert!(world.store.list_grants(&id).await.unwrap().is_empty());
        let late = world.store.create_session(&session(world, "ses_2", "ada")).await;
        assert!(matches!(late, Err(StoreError::Missing("user"))), "{late:?}");
        let again = world.store.create_user(&user("ada"), None).await;
        assert!(matches!(again, Err(StoreError::Conflict("user"))), "the id is never given again: {again:?}");
        let mut successor = user("ada2");
        successor.email = "ada@example.com".to_owned();
        world.store.create_user(&successor, None).await.unwrap();
    })
    .await;
}
