//! What happens to files: made private, refused untouched, kept.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use sqlx::{ConnectOptions, Connection, Executor, sqlite::SqliteConnectOptions};
use vestibule_model::{
    Secret, Timestamp,
    clock::{ManualClock, SeededRandom},
};

use super::{Scratch, digest, open, sealer, user};
use crate::{Store, StoreError, seal::Sealer};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_seconds(1_800_000_000)))
}

/// Every file of a directory with its bytes and its mode.
fn picture(directory: &Path) -> BTreeMap<String, (Vec<u8>, u32)> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let mode = entry.metadata().unwrap().permissions().mode();
            (entry.file_name().into_string().unwrap(), (fs::read(entry.path()).unwrap(), mode))
        })
        .collect()
}

async fn refused_untouched(scratch: &Scratch, what: &str) {
    let before = picture(&scratch.0);
    let result = Store::open(&scratch.file(), sealer(), clock(), Arc::new(SeededRandom::new(1))).await;
    match result {
        Err(StoreError::WrongDatabase(why)) => assert!(why.contains("vestibule.db"), "{why}"),
        Err(other) => panic!("{what}: {other:?}"),
        Ok(_) => panic!("{what} was opened"),
    }
    assert_eq!(picture(&scratch.0), before, "{what} was touched");
}

async fn foreign(scratch: &Scratch, sql: &'static str) {
    fs::create_dir_all(&scratch.0).unwrap();
    let options = SqliteConnectOptions::new().filename(scratch.file()).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_left_alone() {
    for (what, bytes) in [
        ("a letter", b"Dear Ada,\n".to_vec()),
        ("zeros", vec![0; 8192]),
        ("a cut header", b"SQLite format 3\0abc".to_vec()),
    ] {
        let scratch = Scratch::new();
        fs::create_dir_all(&scratch.0).unwrap();
        fs::write(scratch.file(), bytes).unwrap();
        fs::set_permissions(scratch.file(), fs::Permissions::from_mode(0o644)).unwrap();
        refused_untouched(&scratch, what).await;
    }
}

#[tokio::test]
async fn the_database_of_another_application_is_left_alone() {
    let scratch = Scratch::new();
    foreign(&scratch, "CREATE TABLE t (a); INSERT INTO t VALUES (1)").await;
    refused_untouched(&scratch, "a database without a mark").await;
    let scratch = Scratch::new();
    foreign(&scratch, "PRAGMA application_id = 7; PRAGMA journal_mode = WAL; CREATE TABLE t (a)").await;
    refused_untouched(&scratch, "a database with another mark").await;
}

#[tokio::test]
async fn a_log_that_waits_for_recovery_is_left_alone() {
    let (source, scratch) = (Scratch::new(), Scratch::new());
    foreign(&source, "PRAGMA journal_mode = WAL").await;
    let mut connection = SqliteConnectOptions::new().filename(source.file()).connect().await.unwrap();
    connection.execute("CREATE TABLE t (a)").await.unwrap();
    fs::create_dir_all(&scratch.0).unwrap();
    for name in ["vestibule.db", "vestibule.db-wal"] {
        fs::copy(source.0.join(name), scratch.0.join(name)).unwrap();
    }
    refused_untouched(&scratch, "the log of another application").await;
}

#[tokio::test]
async fn a_newer_database_is_left_alone() {
    let scratch = Scratch::new();
    open(&scratch.file(), &clock()).await.close().await;
    foreign(&scratch, "PRAGMA user_version = 1000").await;
    refused_untouched(&scratch, "a newer database").await;
}

#[tokio::test]
async fn an_older_database_gets_what_it_lacks_and_keeps_what_it_has() {
    let scratch = Scratch::new();
    let store = open(&scratch.file(), &clock()).await;
    store.create_user(&user("ada"), None).await.unwrap();
    store.close().await;
    foreign(&scratch, "DROP TABLE pins; PRAGMA user_version = 1").await;
    let store = open(&scratch.file(), &clock()).await;
    assert!(store.list_pins().await.unwrap().is_empty());
    assert_eq!(store.find_user(&"ada".into()).await.unwrap(), Some(user("ada")));
}

#[tokio::test]
async fn files_are_private() {
    let scratch = Scratch::new();
    let store = open(&scratch.file(), &clock()).await;
    store.create_user(&user("ada"), None).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&scratch.0), 0o700);
    let files = picture(&scratch.0);
    assert!(files.contains_key("vestibule.db-wal"), "{:?}", files.keys());
    assert!(files.values().all(|(_, mode)| mode & 0o777 == 0o600));
    store.close().await;
    fs::set_permissions(scratch.file(), fs::Permissions::from_mode(0o644)).unwrap();
    let store = open(&scratch.file(), &clock()).await;
    assert_eq!(mode(&scratch.file()), 0o600, "a loose mode is closed");
    drop(store);
}

#[tokio::test]
async fn what_was_answered_survives_the_process() {
    let (scratch, after_crash) = (Scratch::new(), Scratch::new());
    let store = open(&scratch.file(), &clock()).await;
    store.create_user(&user("ada"), None).await.unwrap();
    // What a killed process leaves behind: the file and its log, without the shared memory.
    fs::create_dir_all(&after_crash.0).unwrap();
    for name in ["vestibule.db", "vestibule.db-wal"] {
        fs::copy(scratch.0.join(name), after_crash.0.join(name)).unwrap();
    }
    let again = open(&after_crash.file(), &clock()).await;
    assert_eq!(again.find_user(&"ada".into()).await.unwrap(), Some(user("ada")));
    assert!(again.directory().find(&"ada".into()).is_some());
}

#[tokio::test]
async fn the_last_clone_closes_the_file() {
    let scratch = Scratch::new();
    let store = open(&scratch.file(), &clock()).await;
    store.create_user(&user("ada"), None).await.unwrap();
    let feed = Arc::downgrade(&store.inner.feed);
    drop(store);
    for _ in 0..400 {
        if feed.strong_count() == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("the writer task lives on");
}

#[tokio::test]
async fn a_moved_or_foreign_ciphertext_is_damage() {
    let scratch = Scratch::new();
    let store = open(&scratch.file(), &clock()).await;
    let end = Timestamp::from_seconds(1_900_000_000);
    let flow = crate::once::OnceKind::Flow;
    for name in ["a", "b"] {
        store.issue_once(flow, digest(name), "", end, name.as_bytes()).await.unwrap();
    }
    store.close().await;
    let swap = "CREATE TEMP TABLE cells AS SELECT digest, data FROM once; \
                UPDATE once SET data = (SELECT data FROM cells WHERE cells.digest <> once.digest)";
    foreign(&scratch, swap).await;
    let store = open(&scratch.file(), &clock()).await;
    assert!(matches!(store.peek_once(flow, digest("a")).await, Err(StoreError::Damaged("flow"))));
    assert!(matches!(store.consume(flow, digest("b")).await, Err(StoreError::Damaged("flow"))));
    store.issue_once(flow, digest("c"), "", end, b"c").await.unwrap();
    store.close().await;
    let other = Sealer::new(vec![Secret::new([1; 32])]);
    let store = Store::open(&scratch.file(), other, clock(), Arc::new(SeededRandom::new(1))).await.unwrap();
    assert!(matches!(store.peek_once(flow, digest("c")).await, Err(StoreError::Damaged("flow"))));
}
