//! Searching the copy of the journal.

use std::time::Duration;

use super::{World, everywhere};
use crate::audit::{AuditFilter, AuditRow};

fn row(world: &World, seq: i64, user: &str) -> AuditRow {
    AuditRow {
        node: "main".to_owned(),
        seq,
        at: world.now() + Duration::from_secs(u64::try_from(seq).unwrap()),
        kind: "call".to_owned(),
        org: Some("org_1".to_owned()),
        user: Some(user.to_owned()),
        client: None,
        server: Some("hr".to_owned()),
        action: Some("tools/call".to_owned()),
        target: Some("query_leaves' OR 1=1 --".to_owned()),
        verdict: Some(if seq % 2 == 0 { "allow" } else { "deny" }.to_owned()),
        reason: None,
        line: format!("{{\"seq\":{seq}}}"),
    }
}

async fn found(world: &World, filter: AuditFilter) -> Vec<i64> {
    let rows = world.store.search_audit(&filter, None, 1000).await.unwrap();
    rows.into_iter().map(|(_, row)| row.seq).collect()
}

#[tokio::test]
async fn records_are_found_by_what_they_say() {
    everywhere(async |world| {
        let rows: Vec<_> = (1..=5).map(|seq| row(world, seq, if seq < 4 { "ada" } else { "bob" })).collect();
        world.store.import_audit(&rows).await.unwrap();
        assert_eq!(found(world, AuditFilter::default()).await, [5, 4, 3, 2, 1]);
        let filter =
            AuditFilter { user: Some("ada".to_owned()), verdict: Some("deny".to_owned()), ..Default::default() };
        assert_eq!(found(world, filter).await, [3, 1]);
        let filter = AuditFilter { target: Some("query_leaves' OR 1=1 --".to_owned()), ..Default::default() };
        assert_eq!(found(world, filter).await.len(), 5, "a value is a value, whatever it looks like");
        let filter = AuditFilter { server: Some("' OR 1=1 --".to_owned()), ..Default::default() };
        assert!(found(world, filter).await.is_empty());
        let second = |n| Some(world.now() + Duration::from_secs(n));
        let filter = AuditFilter { since: second(2), until: second(4), ..Default::default() };
        assert_eq!(found(world, filter).await, [3, 2]);
    })
    .await;
}

#[tokio::test]
async fn an_import_goes_on_where_it_stopped() {
    everywhere(async |world| {
        assert_eq!(world.store.last_audit_seq("main").await.unwrap(), None);
        let rows: Vec<_> = (1..=450).map(|seq| row(world, seq, "ada")).collect();
        world.store.import_audit(&rows[..300]).await.unwrap();
        assert_eq!(world.store.last_audit_seq("main").await.unwrap(), Some(300));
        let before = world.store.epoch();
        world.store.import_audit(&rows[200..]).await.unwrap();
        assert_eq!(found(world, AuditFilter::default()).await, (1..=450).rev().collect::<Vec<_>>());
        assert_eq!(world.store.epoch(), before, "evidence empties no cache");
        assert_eq!(world.store.last_audit_seq("other").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn pages_neither_repeat_nor_leave_out() {
    everywhere(async |world| {
        let rows: Vec<_> = (1..=25).map(|seq| row(world, seq, "ada")).collect();
        world.store.import_audit(&rows).await.unwrap();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = world.store.search_audit(&AuditFilter::default(), cursor, 10).await.unwrap();
            let Some((last, _)) = page.last() else { break };
            cursor = Some(*last);
            seen.extend(page);
        }
        let expected: Vec<_> = rows.into_iter().rev().collect();
        assert_eq!(seen.into_iter().map(|(_, row)| row).collect::<Vec<_>>(), expected);
    })
    .await;
}
