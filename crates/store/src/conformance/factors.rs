//! Factors and backup codes.

use vestibule_model::UserId;

use super::{World, digest, everywhere, user};
use crate::{StoreError, factors::FactorRecord};

fn factor(world: &World, id: &str, owner: &str) -> FactorRecord {
    FactorRecord {
        id: id.to_owned(),
        user: UserId::from(owner),
        kind: "totp".to_owned(),
        label: "Phone".to_owned(),
        created_at: world.now(),
        confirmed_at: None,
        last_used_at: None,
    }
}

#[tokio::test]
async fn a_factor_belongs_to_one_user() {
    everywhere(async |world| {
        let (ada, eve) = (UserId::from("ada"), UserId::from("eve"));
        for name in ["ada", "eve"] {
            world.store.create_user(&user(name), None).await.unwrap();
        }
        world.store.create_factor(&factor(world, "f1", "ada"), b"secret").await.unwrap();
        let taken = world.store.create_factor(&factor(world, "f1", "eve"), b"other").await;
        assert!(matches!(taken, Err(StoreError::Conflict("factor"))), "{taken:?}");
        let orphan = world.store.create_factor(&factor(world, "f2", "nobody"), b"x").await;
        assert!(matches!(orphan, Err(StoreError::Missing("user"))), "{orphan:?}");
        assert_eq!(world.store.factor_secret(&ada, "f1").await.unwrap().unwrap().expose(), b"secret");
        assert!(world.store.factor_secret(&eve, "f1").await.unwrap().is_none());
        assert!(world.store.find_factor(&eve, "f1").await.unwrap().is_none());
        assert!(!world.store.confirm_factor(&eve, "f1", world.now()).await.unwrap());
        assert!(!world.store.accept_totp_step(&eve, "f1", 1).await.unwrap());
        assert!(!world.store.delete_factor(&eve, "f1").await.unwrap());
        assert!(world.store.list_factors(&ada).await.unwrap().is_empty(), "not confirmed yet");
        assert!(world.store.confirm_factor(&ada, "f1", world.now()).await.unwrap());
        assert!(!world.store.confirm_factor(&ada, "f1", world.now()).await.unwrap());
        assert_eq!(world.store.list_factors(&ada).await.unwrap().len(), 1);
        assert!(world.store.delete_factor(&ada, "f1").await.unwrap());
        assert!(world.store.find_factor(&ada, "f1").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn totp_steps_only_rise() {
    everywhere(async |world| {
        let ada = UserId::from("ada");
        world.store.create_user(&user("ada"), None).await.unwrap();
        world.store.create_factor(&factor(world, "f1", "ada"), b"secret").await.unwrap();
        let accept = async |step| world.store.accept_totp_step(&ada, "f1", step).await.unwrap();
        assert!(accept(10).await);
        assert!(!accept(10).await && !accept(9).await);
        assert!(accept(11).await);
        assert_eq!(world.store.find_factor(&ada, "f1").await.unwrap().unwrap().last_used_at, Some(world.now()));
    })
    .await;
}

#[tokio::test]
async fn backup_codes_are_used_up() {
    everywhere(async |world| {
        let ada = UserId::from("ada");
        world.store.create_user(&user("ada"), None).await.unwrap();
        world.store.set_backup_codes(&ada, &[digest("a"), digest("b")]).await.unwrap();
        assert!(!world.store.use_backup_code(&"eve".into(), digest("a")).await.unwrap());
        assert!(world.store.use_backup_code(&ada, digest("a")).await.unwrap());
        assert!(!world.store.use_backup_code(&ada, digest("a")).await.unwrap());
        assert_eq!(world.store.backup_codes_left(&ada).await.unwrap(), 1);
        world.store.set_backup_codes(&ada, &[digest("c")]).await.unwrap();
        assert!(!world.store.use_backup_code(&ada, digest("b")).await.unwrap(), "the old ones are gone");
        assert!(world.store.delete_user(&ada).await.unwrap());
        assert!(!world.store.use_backup_code(&ada, digest("c")).await.unwrap());
        let late = world.store.set_backup_codes(&ada, &[digest("d")]).await;
        assert!(matches!(late, Err(StoreError::Missing("user"))), "{late:?}");
    })
    .await;
}
