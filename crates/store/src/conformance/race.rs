//! A hundred at once, half of them through another store on the same file, with a slow database: one wins.

use std::{sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, join_all};
use tokio::sync::Barrier;
use vestibule_model::{ClientId, GrantId, ServerName, SessionId, UserId};

use super::{World, authentication, digest, everywhere, grant, refresh, session, user};
use crate::{
    Store,
    codes::{Redeemed, Redemption},
    factors::FactorRecord,
    once::{Consumed, OnceKind},
    pins::{News, Sight},
    refresh::Rotation,
};

const RACERS: usize = 100;

/// Starts a hundred at the same moment and gives what each got.
async fn race<T: Send + 'static>(
    world: &World,
    run: impl Fn(Store, usize) -> BoxFuture<'static, T> + Send + Sync + 'static,
) -> Vec<T> {
    for store in [&world.store, &world.twin] {
        store.faults().delay(Duration::from_millis(1));
    }
    let (run, start) = (Arc::new(run), Arc::new(Barrier::new(RACERS)));
    let racers = (0..RACERS).map(|number| {
        let store = if number % 2 == 0 { world.store.clone() } else { world.twin.clone() };
        let (run, start) = (run.clone(), start.clone());
        tokio::spawn(async move {
            start.wait().await;
            run(store, number).await
        })
    });
    let results = join_all(racers).await.into_iter().map(Result::unwrap).collect();
    for store in [&world.store, &world.twin] {
        store.faults().delay(Duration::ZERO);
    }
    results
}

async fn exactly_one(
    world: &World,
    what: &str,
    run: impl Fn(Store, usize) -> BoxFuture<'static, bool> + Send + Sync + 'static,
) {
    let won = race(world, run).await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 1, "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_single_use_kind_has_one_winner() {
    everywhere(async |world| {
        for kind in OnceKind::ALL {
            let end = world.now() + Duration::from_secs(60);
            world.store.issue_once(kind, digest("issued"), "u", end, b"data").await.unwrap();
            exactly_one(world, &format!("{kind:?}"), move |store, _| {
                Box::pin(async move {
                    match store.consume(kind, digest("issued")).await.unwrap() {
                        Consumed::Won(data) => data == b"data",
                        Consumed::Lost { data, .. } => data != b"data",
                        Consumed::Unknown => panic!("it was issued"),
                    }
                })
            })
            .await;
            exactly_one(world, &format!("foreign {kind:?}"), move |store, _| {
                Box::pin(async move { store.consume_foreign(kind, digest("foreign"), end).await.unwrap() })
            })
            .await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_factor_and_cookie_has_one_winner() {
    everywhere(async |world| {
        let owner = UserId::from("u1");
        world.store.create_user(&user("u1"), None).await.unwrap();
        let factor = FactorRecord {
            id: "f1".to_owned(),
            user: owner.clone(),
            kind: "totp".to_owned(),
            label: String::new(),
            created_at: world.now(),
            confirmed_at: Some(world.now()),
            last_used_at: None,
        };
        world.store.create_factor(&factor, b"secret").await.unwrap();
        world.store.set_backup_codes(&owner, &[digest("code")]).await.unwrap();
        world.store.create_session(&session(world, "ses_1", "u1")).await.unwrap();
        exactly_one(world, "TOTP step", |store, _| {
            Box::pin(async move { store.accept_totp_step(&"u1".into(), "f1", 58_000_000).await.unwrap() })
        })
        .await;
        exactly_one(world, "backup code", |store, _| {
            Box::pin(async move { store.use_backup_code(&"u1".into(), digest("code")).await.unwrap() })
        })
        .await;
        exactly_one(world, "session cookie", |store, number| {
            Box::pin(async move {
                let new = digest(&format!("new {number}"));
                store.rotate_session(&SessionId::from("ses_1"), digest("ses_1"), new, &authentication()).await.unwrap()
            })
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_gives_one_lineage_and_the_others_find_it() {
    everywhere(async |world| {
        world.store.create_user(&user("u1"), None).await.unwrap();
        world.store.create_grant(&grant(world, "grt_1", "u1")).await.unwrap();
        let (kind, end) = (OnceKind::AuthorizationCode, world.now() + Duration::from_secs(60));
        world.store.issue_once(kind, digest("code"), "grt_1", end, b"data").await.unwrap();
        let redemptions: Arc<Vec<_>> = Arc::new(
            (0..RACERS)
                .map(|number| Redemption {
                    grant: "grt_1".into(),
                    until: end,
                    refresh: Some(refresh(world, &number.to_string(), None)),
                })
                .collect(),
        );
        // Each loser revokes at once, as an authorization server does: the winner has won all the same.
        let outcomes = race(world, move |store, number| {
            let redemption = redemptions[number].clone();
            Box::pin(async move {
                let outcome = store.redeem_code(digest("code"), redemption).await.unwrap();
                if matches!(outcome, Redeemed::Lost { .. }) {
                    store.revoke_grant(&"grt_1".into(), "code_replayed").await.unwrap();
                }
                outcome
            })
        })
        .await;
        assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Redeemed::Won)).count(), 1);
        let lost = |outcome: &&Redeemed| matches!(outcome, Redeemed::Lost { data } if data == b"data");
        assert_eq!(outcomes.iter().filter(lost).count(), RACERS - 1);
        assert_eq!(successors(world).await.len(), 1, "one refresh token");
    })
    .await;
}

/// A hundred rotations of one token; the answer of each is its own number.
async fn rotate_all(world: &World, window: Duration) -> Vec<(usize, Rotation)> {
    world.store.create_user(&user("u1"), None).await.unwrap();
    world.store.create_grant(&grant(world, "grt_1", "u1")).await.unwrap();
    world.store.create_refresh(&refresh(world, "first", None)).await.unwrap();
    let until = world.now() + window;
    let successors: Arc<Vec<_>> =
        Arc::new((0..RACERS).map(|number| refresh(world, &number.to_string(), Some("first"))).collect());
    let outcomes = race(world, move |store, number| {
        let successors = successors.clone();
        Box::pin(async move {
            let (answer, client) = (number.to_string(), ClientId::from("cli_1"));
            store.rotate_refresh(digest("first"), &client, &successors[number], answer.as_bytes(), until).await.unwrap()
        })
    });
    outcomes.await.into_iter().enumerate().collect()
}

async fn successors(world: &World) -> Vec<usize> {
    let mut alive = Vec::new();
    for number in 0..RACERS {
        if world.store.find_refresh(digest(&number.to_string())).await.unwrap().is_some() {
            alive.push(number);
        }
    }
    alive
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refresh_token_has_one_successor_and_everybody_gets_it() {
    everywhere(async |world| {
        let outcomes = rotate_all(world, Duration::from_secs(10)).await;
        let alive = successors(world).await;
        assert_eq!(alive.len(), 1, "one lineage");
        for (number, outcome) in outcomes {
            match outcome {
                Rotation::Rotated => assert_eq!(vec![number], alive),
                Rotation::Retry { answer } => assert_eq!(answer, alive[0].to_string().into_bytes()),
                other => panic!("{other:?} inside the window"),
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_a_window_a_reuse_kills_the_one_lineage() {
    everywhere(async |world| {
        let outcomes = rotate_all(world, Duration::ZERO).await;
        assert_eq!(successors(world).await.len(), 1, "one lineage");
        let count = |wanted: fn(&Rotation) -> bool| outcomes.iter().filter(|(_, outcome)| wanted(outcome)).count();
        assert_eq!(count(|outcome| matches!(outcome, Rotation::Rotated)), 1);
        assert_eq!(count(|outcome| matches!(outcome, Rotation::Reused { .. })), 1, "the first reuse revokes");
        assert_eq!(count(|outcome| matches!(outcome, Rotation::Unknown)), RACERS - 2);
        let grant = world.store.find_grant(&GrantId::from("grt_1")).await.unwrap().unwrap();
        assert_eq!(grant.revoked_because.as_deref(), Some("refresh_token_reused"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_guesses_each_count() {
    everywhere(async |world| {
        let free = |fails: u32| if fails < 5 { Duration::ZERO } else { Duration::from_secs(60) };
        let passed = race(world, move |store, _| {
            Box::pin(async move { store.reserve_guess("account", "ada", free).await.unwrap().is_ok() })
        });
        assert_eq!(passed.await.into_iter().filter(|passed| *passed).count(), 5, "five guesses, not a hundred");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_first_sights_one_is_pinned() {
    everywhere(async |world| {
        let server = ServerName::from("hr");
        let seen = race(world, |store, number| {
            Box::pin(async move {
                let text = format!("definition {}", number % 10);
                let (tool, style, look) = ("read".to_owned(), "read".to_owned(), "read".to_owned());
                let sight = Sight { tool, digest: digest(&text), definition: text, style, look };
                let news = store.note_sights(&"hr".into(), vec![sight]).await.unwrap();
                news.into_iter().map(|(_, news)| news).collect::<Vec<_>>()
            })
        });
        let seen: Vec<News> = seen.await.into_iter().flatten().collect();
        assert!(seen.len() == 2 && seen.contains(&News::FirstSeen) && seen.contains(&News::Changed), "{seen:?}");
        assert!(world.store.find_pin(&server, "read").await.unwrap().is_some());
    })
    .await;
}
