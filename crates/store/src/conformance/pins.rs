//! Pinned tool definitions.

use vestibule_model::ServerName;

use super::{World, digest, everywhere};
use crate::{
    changes::Change,
    pins::{News, PinState, Sight},
};

fn hr() -> ServerName {
    ServerName::from("hr")
}

/// A tool whose definition is `text`; its name is folded by hand.
fn sight(tool: &str, text: &str) -> Sight {
    let style = tool.to_lowercase().replace('_', "");
    let look = style.replace(['i', '1'], "l").replace('0', "o");
    Sight { tool: tool.to_owned(), digest: digest(text), definition: text.to_owned(), style, look }
}

async fn see(world: &World, server: &str, sights: &[(&str, &str)]) -> Vec<(String, News)> {
    let sights = sights.iter().map(|(tool, text)| sight(tool, text)).collect();
    let news = world.store.note_sights(&ServerName::from(server), sights).await.unwrap();
    news.into_iter().map(|(sight, news)| (sight.tool, news)).collect()
}

async fn state(world: &World, tool: &str) -> PinState {
    let stored = world.store.find_pin(&hr(), tool).await.unwrap().unwrap().state;
    assert_eq!(world.store.pins().find(&hr(), tool).unwrap().state, stored, "memory says what the database says");
    stored
}

#[tokio::test]
async fn the_first_sight_is_pinned_and_another_definition_waits() {
    everywhere(async |world| {
        let mut changes = world.store.subscribe();
        assert_eq!(see(world, "hr", &[("read", "a")]).await, [("read".to_owned(), News::FirstSeen)]);
        assert_eq!(changes.try_recv().unwrap().change, Change::Pins("hr".to_owned()));
        assert_eq!(see(world, "hr", &[("read", "a")]).await, []);
        assert!(world.store.pins().is_in_force(&hr(), "read", digest("a")));
        assert_eq!(see(world, "hr", &[("read", "b")]).await, [("read".to_owned(), News::Changed)]);
        assert_eq!(see(world, "hr", &[("read", "b"), ("read", "a")]).await, [], "it is told once");
        assert_eq!(state(world, "read").await, PinState::Held);
        assert!(!world.store.pins().is_in_force(&hr(), "read", digest("a")), "nothing is in force while it waits");
        let record = world.store.find_pin(&hr(), "read").await.unwrap().unwrap();
        assert_eq!((record.pinned.unwrap().text, record.candidate.unwrap().0.text), ("a".into(), "b".into()));
    })
    .await;
}

#[tokio::test]
async fn what_is_approved_is_what_was_looked_at() {
    everywhere(async |world| {
        see(world, "hr", &[("read", "a")]).await;
        see(world, "hr", &[("read", "b")]).await;
        for (server, tool, text) in [("hr", "read", "a"), ("hr", "read", "c"), ("hr", "x", "b"), ("other", "read", "b")]
        {
            let done = world.store.approve_pin(&server.into(), tool, digest(text), "ana").await.unwrap();
            assert!(!done, "{server} {tool} {text}");
        }
        let mut changes = world.store.subscribe();
        assert!(world.store.approve_pin(&hr(), "read", digest("b"), "ana").await.unwrap());
        assert_eq!(changes.try_recv().unwrap().change, Change::Pins("hr".to_owned()));
        assert!(world.store.pins().is_in_force(&hr(), "read", digest("b")));
        assert!(!world.store.approve_pin(&hr(), "read", digest("b"), "ana").await.unwrap(), "once");
        let record = world.store.find_pin(&hr(), "read").await.unwrap().unwrap();
        assert_eq!((record.approved.unwrap().1.as_str(), record.candidate), ("ana", None));
        assert_eq!(see(world, "hr", &[("read", "a")]).await, [("read".to_owned(), News::Changed)], "back is a change");
    })
    .await;
}

#[tokio::test]
async fn what_was_rejected_stays_out_until_the_server_goes_back() {
    everywhere(async |world| {
        see(world, "hr", &[("read", "a")]).await;
        assert!(!world.store.reject_pin(&hr(), "read", digest("a")).await.unwrap(), "it does not wait");
        see(world, "hr", &[("read", "b")]).await;
        assert!(world.store.reject_pin(&hr(), "read", digest("b")).await.unwrap());
        assert_eq!(see(world, "hr", &[("read", "b")]).await, []);
        assert_eq!(state(world, "read").await, PinState::Rejected);
        assert_eq!(see(world, "hr", &[("read", "a")]).await, [("read".to_owned(), News::Restored)]);
        assert_eq!(state(world, "read").await, PinState::Pinned);
        see(world, "hr", &[("read", "b")]).await;
        assert!(world.store.reject_pin(&hr(), "read", digest("b")).await.unwrap());
        assert_eq!(see(world, "hr", &[("read", "c")]).await, [("read".to_owned(), News::Changed)]);
        assert!(world.store.approve_pin(&hr(), "read", digest("c"), "ana").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_newer_candidate_replaces_the_older_now_and_then() {
    everywhere(async |world| {
        see(world, "hr", &[("read", "a")]).await;
        see(world, "hr", &[("read", "b")]).await;
        assert_eq!(see(world, "hr", &[("read", "c")]).await, []);
        world.pass(60);
        assert!(world.store.pins().is_news(&hr(), "read", digest("c"), world.now()));
        assert_eq!(see(world, "hr", &[("read", "c")]).await, [("read".to_owned(), News::Changed)]);
        assert!(!world.store.approve_pin(&hr(), "read", digest("b"), "ana").await.unwrap(), "it is gone");
        assert!(world.store.approve_pin(&hr(), "read", digest("c"), "ana").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn names_that_look_like_others_wait() {
    everywhere(async |world| {
        see(world, "hr", &[("query_leaves", "a"), ("read", "r")]).await;
        let like = |server: &str| News::LooksLike(server.into(), "query_leaves".into());
        assert_eq!(see(world, "hr", &[("query_1eaves", "a")]).await, [("query_1eaves".to_owned(), like("hr"))]);
        assert_eq!(see(world, "hr", &[("queryLeaves", "a")]).await, [("queryLeaves".to_owned(), like("hr"))]);
        assert_eq!(see(world, "evil", &[("query_1eaves", "a")]).await, [("query_1eaves".to_owned(), like("hr"))]);
        let harmless = see(world, "other", &[("queryLeaves", "x"), ("read", "y")]).await;
        assert!(harmless.iter().all(|(_, news)| *news == News::FirstSeen), "{harmless:?}");
        assert!(!world.store.pins().is_in_force(&hr(), "query_1eaves", digest("a")));

        assert!(world.store.reject_pin(&hr(), "query_1eaves", digest("a")).await.unwrap());
        assert_eq!(see(world, "hr", &[("query_1eaves", "b")]).await, [], "a refused name stays refused");
        assert!(world.store.approve_pin(&hr(), "queryLeaves", digest("a"), "ana").await.unwrap());
        assert!(world.store.pins().is_in_force(&hr(), "queryLeaves", digest("a")));
    })
    .await;
}

#[tokio::test]
async fn a_server_cannot_fill_the_table() {
    everywhere(async |world| {
        let many: Vec<Sight> = (0..2100).map(|number| sight(&format!("t{number}x"), "a")).collect();
        let news = world.store.note_sights(&hr(), many).await.unwrap();
        assert_eq!(news.len(), 2000);
        assert!(world.store.pins().find(&hr(), "t2050x").is_none());
        assert_eq!(see(world, "other", &[("read", "a")]).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn another_process_knows_of_an_approval_soon() {
    let world = super::on_file().await;
    see(&world, "hr", &[("read", "a")]).await;
    see(&world, "hr", &[("read", "b")]).await;
    assert!(world.twin.approve_pin(&hr(), "read", digest("b"), "ana").await.unwrap());
    assert!(world.twin.pins().is_in_force(&hr(), "read", digest("b")));
    for _ in 0..400 {
        if world.store.pins().is_in_force(&hr(), "read", digest("b")) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("the other process never knew");
}
