//! OAuth clients.

use std::time::Duration;

use vestibule_model::{ClientId, ClientKind};

use super::{client, digest, everywhere};
use crate::{StoreError, changes::Change};

#[tokio::test]
async fn a_client_is_created_once() {
    everywhere(async |world| {
        let (id, mut changes) = (ClientId::from("cli_1"), world.store.subscribe());
        world.store.create_client(&client("cli_1"), Some(digest("s1"))).await.unwrap();
        assert_eq!(changes.try_recv().unwrap().change, Change::Client("cli_1".to_owned()));
        let again = world.store.create_client(&client("cli_1"), Some(digest("thief"))).await;
        assert!(matches!(again, Err(StoreError::Conflict("client"))), "{again:?}");
        assert_eq!(world.store.find_client(&id).await.unwrap(), Some(client("cli_1")));
        assert_eq!(world.store.client_secrets(&id).await.unwrap(), vec![digest("s1")]);
        world.store.add_client_secret(&id, digest("s2")).await.unwrap();
        assert_eq!(world.store.client_secrets(&id).await.unwrap().len(), 2);
        world.store.put_client(&client("cli_1"), Some(digest("s3"))).await.unwrap();
        assert_eq!(world.store.client_secrets(&id).await.unwrap(), vec![digest("s3")], "replaced with all else");
        let nobody = world.store.add_client_secret(&"cli_9".into(), digest("x")).await;
        assert!(matches!(nobody, Err(StoreError::Missing("client"))), "{nobody:?}");
    })
    .await;
}

#[tokio::test]
async fn a_disabled_client_cannot_free_itself() {
    everywhere(async |world| {
        let id = ClientId::from("https://app.example.com/client");
        world.store.put_client(&client(id.as_str()), None).await.unwrap();
        assert!(world.store.set_client_disabled(&id, true).await.unwrap());
        world.store.put_client(&client(id.as_str()), None).await.unwrap();
        assert!(world.store.find_client(&id).await.unwrap().unwrap().disabled, "its document was fetched again");
        assert!(world.store.set_client_disabled(&id, false).await.unwrap());
        assert!(!world.store.find_client(&id).await.unwrap().unwrap().disabled);
        assert!(!world.store.set_client_disabled(&"cli_9".into(), true).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn an_unused_registration_ends() {
    everywhere(async |world| {
        let end = Some(world.now() + Duration::from_secs(60));
        for id in ["cli_1", "cli_2", "cli_3"] {
            world.store.create_client(&client(id), None).await.unwrap();
            world.store.set_client_expiry(&id.into(), end).await.unwrap();
        }
        world.store.set_client_expiry(&"cli_1".into(), None).await.unwrap();
        world.store.set_client_disabled(&"cli_3".into(), true).await.unwrap();
        assert_eq!(world.store.find_client(&"cli_2".into()).await.unwrap().unwrap().expires_at, end);
        assert_eq!(world.store.count_clients(ClientKind::Registered).await.unwrap(), 3);
        assert_eq!(world.store.count_clients(ClientKind::Preregistered).await.unwrap(), 0);
        world.pass(60);
        assert_eq!(world.store.count_clients(ClientKind::Registered).await.unwrap(), 1);
        assert!(world.store.find_client(&"cli_2".into()).await.unwrap().is_none());
        world.store.sweep(world.now()).await.unwrap();
        assert_eq!(world.store.list_clients().await.unwrap(), vec![client("cli_1")]);
        let kept = world.store.create_client(&client("cli_3"), None).await;
        assert!(matches!(kept, Err(StoreError::Conflict("client"))), "a disabled one is not forgotten: {kept:?}");
    })
    .await;
}

#[tokio::test]
async fn a_deleted_client_leaves_its_id() {
    everywhere(async |world| {
        let id = ClientId::from("cli_1");
        world.store.create_client(&client("cli_1"), Some(digest("s"))).await.unwrap();
        assert!(world.store.delete_client(&id).await.unwrap());
        assert!(!world.store.delete_client(&id).await.unwrap());
        assert!(world.store.find_client(&id).await.unwrap().is_none());
        assert!(world.store.client_secrets(&id).await.unwrap().is_empty());
        let again = world.store.create_client(&client("cli_1"), None).await;
        assert!(matches!(again, Err(StoreError::Conflict("client"))), "{again:?}");
    })
    .await;
}
