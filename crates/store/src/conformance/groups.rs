//! Group commit: what shares a transaction does not share a fate.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;

use super::{everywhere, user};
use crate::{Store, StoreError};

/// A write that does half of its work and then fails.
async fn fail_half_way(store: &Store) -> crate::Result<()> {
    store
        .write((), |tx, ()| {
            Box::pin(async move {
                sqlx::query("INSERT INTO orgs (id, created_at) VALUES ('half', 0)").execute(&mut tx.connection).await?;
                tx.change(&crate::changes::Change::Everything).await?;
                Err(StoreError::Damaged("test"))
            })
        })
        .await
}

async fn half_done(store: &Store) -> bool {
    let found = store.read((), |connection, ()| {
        Box::pin(async move {
            let row = sqlx::query("SELECT 1 FROM orgs WHERE id = 'half'").fetch_optional(connection).await?;
            Ok(row.is_some())
        })
    });
    found.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_job_that_fails_takes_only_itself_back() {
    everywhere(async |world| {
        let store = Arc::new(world.store.clone());
        let mut changes = store.subscribe();
        store.faults().delay(Duration::from_millis(2));
        let jobs = (0..60).map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                if number % 10 == 7 {
                    matches!(fail_half_way(&store).await, Err(StoreError::Damaged("test")))
                } else {
                    store.create_user(&user(&format!("u{number}")), None).await.is_ok()
                }
            })
        });
        assert!(join_all(jobs).await.into_iter().all(|result| result.unwrap()));
        store.faults().delay(Duration::ZERO);
        assert!(!half_done(&store).await);
        assert_eq!(store.list_users(None).await.unwrap().len(), 54);
        assert_eq!(store.directory().users().count(), 54);
        for number in 1..=54 {
            assert_eq!(changes.try_recv().unwrap().seq, number, "no number is left out");
        }
        assert!(changes.try_recv().is_err(), "nobody hears of what was taken back");
    })
    .await;
}

#[tokio::test]
async fn a_lonely_job_that_fails_leaves_nothing() {
    everywhere(async |world| {
        let before = world.store.epoch();
        assert!(fail_half_way(&world.store).await.is_err());
        assert!(!half_done(&world.store).await);
        assert_eq!(world.store.epoch(), before);
    })
    .await;
}
