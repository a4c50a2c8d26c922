//! The journal against torn writes, full disks, and people who change files.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

use aws_lc_rs::signature::Ed25519KeyPair;
use vestibule_model::{EventKind, Timestamp, clock::ManualClock};

use super::{disk::Segment, record::Link, *};

/// A directory of its own, gone at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("vestibule-journal-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// What a disk would hold if the process were killed now.
    fn snapshot(&self) -> Self {
        let copy = Self::new();
        for entry in std::fs::read_dir(&self.0).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), copy.0.join(entry.file_name())).unwrap();
        }
        copy
    }

    fn segment(&self) -> PathBuf {
        self.0.join("audit-main.000000000001.jsonl")
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.segment()).unwrap()
    }

    fn put(&self, bytes: &[u8]) {
        std::fs::write(self.segment(), bytes).unwrap();
    }

    fn open(&self) -> Result<Journal> {
        Journal::open(&self.0, &key(7), clock())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn key(seed: u8) -> Vec<u8> {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap().to_pkcs8().unwrap().as_ref().to_vec()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_seconds(1_700_000_000)))
}

fn event(number: usize) -> AuditEvent {
    let mut event =
        AuditEvent::new(Timestamp::from_millis(1), EventKind::Call, RequestId::from(format!("req_{number}")));
    event.target = Some("query_\"leaves\n".into());
    event
}

async fn record(journal: &Journal, numbers: std::ops::Range<usize>) {
    for number in numbers {
        journal.append(&event(number)).unwrap().durable().await.unwrap();
    }
}

/// 20 events (and a checkpoint at each end), closed.
async fn twenty() -> Scratch {
    let scratch = Scratch::new();
    let journal = scratch.open().unwrap();
    record(&journal, 0..20).await;
    journal.close().await;
    scratch
}

fn error_text(result: Result<Journal>) -> String {
    match result {
        Err(StoreError::Journal(error)) => error.to_string(),
        Err(other) => other.to_string(),
        Ok(_) => panic!("it opened"),
    }
}

#[tokio::test]
async fn a_journal_continues_and_verifies() {
    let scratch = twenty().await;
    let journal = scratch.open().unwrap();
    record(&journal, 20..25).await;
    let key = public_key(&key(7)).unwrap();
    journal.close().await;
    let verified = verify(&scratch.0, Some(&key)).unwrap();
    assert_eq!((verified.records, verified.unsealed, verified.unfinished), (25, 0, 0));
    assert_eq!(verified.checkpoints, 5, "two at each start of a new file, one at each other start and close");
    let lines = scratch.open().unwrap().last(2).unwrap();
    assert!(lines[1].contains("req_24") && lines[0].contains("req_23"), "{lines:?}");
    assert_eq!(verify(&scratch.segment(), None).unwrap().records, 25);
}

#[tokio::test]
async fn a_torn_last_line_is_cut_off_wherever_it_was_torn() {
    let scratch = Scratch::new();
    let journal = scratch.open().unwrap();
    record(&journal, 0..5).await;
    let before = scratch.snapshot();
    let length = before.bytes().len();
    record(&journal, 5..6).await;
    let whole = scratch.bytes();
    for end in length..=whole.len() {
        let killed = before.snapshot();
        killed.put(&whole[..end]);
        let found = verify(&killed.0, None).unwrap();
        let kept = if end == whole.len() { 6 } else { 5 };
        assert_eq!(found.records, kept, "torn at {end}");
        assert_eq!(found.unfinished, if end == whole.len() { 0 } else { (end - length) as u64 });
        let journal = killed.open().unwrap();
        record(&journal, 6..7).await;
        journal.close().await;
        let verified = verify(&killed.0, None).unwrap();
        let text = String::from_utf8(killed.bytes()).unwrap();
        let mended = text.contains("journal_mended");
        assert_eq!(verified.records, kept + 1 + u64::from(mended), "torn at {end}");
        assert!(mended || end == length || end == whole.len(), "the repair is recorded, torn at {end}");
        assert!(text.contains("req_4") && text.contains("req_6"));
    }
}

#[tokio::test]
async fn every_flipped_byte_is_found_at_its_record() {
    let scratch = twenty().await;
    let good = scratch.bytes();
    let mut line = 1;
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        scratch.put(&bad);
        match verify(&scratch.0, None) {
            Err(Broken::Record { line: found, .. }) => assert_eq!(found, line, "byte {at}"),
            Err(Broken::End(_)) => assert_eq!(at, good.len() - 1, "only the last newline leaves a torn end"),
            other => panic!("byte {at}: {other:?}"),
        }
        line += u64::from(good[at] == b'\n');
    }
    scratch.put(&good);
    verify(&scratch.0, None).unwrap();
}

#[tokio::test]
async fn dropped_swapped_and_repeated_lines_are_found() {
    let scratch = twenty().await;
    let good = scratch.bytes();
    let lines: Vec<&[u8]> = good.split_inclusive(|byte| *byte == b'\n').collect();
    let must_fail = |lines: Vec<&[u8]>, what: String| {
        scratch.put(&lines.concat());
        assert!(verify(&scratch.0, None).is_err(), "{what}");
        scratch.put(&good);
    };
    for at in 0..lines.len() {
        let mut dropped = lines.clone();
        dropped.remove(at);
        must_fail(dropped, format!("dropped {at}"));
        must_fail(lines[..at].to_vec(), format!("everything from {at} on dropped"));
        let mut repeated = lines.clone();
        repeated.insert(at, lines[at]);
        must_fail(repeated, format!("repeated {at}"));
        let mut garbage = lines.clone();
        garbage.insert(at, b"{}\n");
        must_fail(garbage, format!("garbage before {at}"));
        if at > 0 {
            let mut swapped = lines.clone();
            swapped.swap(at - 1, at);
            must_fail(swapped, format!("swapped {at}"));
        }
    }
    must_fail([lines.clone(), vec![b"\n"]].concat(), "an empty line at the end".to_owned());
    verify(&scratch.0, None).unwrap();
}

#[tokio::test]
async fn a_dropped_tail_is_also_found_at_the_next_start() {
    let scratch = twenty().await;
    let good = scratch.bytes();
    scratch.put(&good[..good.len() - 10]);
    assert!(error_text(scratch.open()).contains("records are missing"));
    scratch.put(&good);
    std::fs::remove_file(scratch.0.join("audit-main.head")).unwrap();
    assert!(matches!(verify(&scratch.0, None), Err(Broken::End(_))));
    assert!(error_text(scratch.open()).contains("no head file"));
}

/// Whoever can write the files but lacks the key cannot rewrite history from the first record on.
#[tokio::test]
async fn a_chain_made_anew_without_the_key_is_found() {
    let scratch = twenty().await;
    let public = public_key(&key(7)).unwrap();
    let forger = Signer::new(&key(8)).unwrap();
    let mut forged = Vec::new();
    let mut end = Link::GENESIS.write_checkpoint(&mut forged, Timestamp::from_seconds(1), &forger);
    for number in 0..25 {
        end = end.write_event(&mut forged, &serde_json::to_vec(&event(number)).unwrap());
    }
    scratch.put(&forged);
    assert!(matches!(verify(&scratch.0, Some(&public)), Err(Broken::Record { line: 1, .. })));
    assert!(matches!(verify(&scratch.0, None), Err(Broken::End(_))));
}

#[tokio::test]
async fn the_key_and_the_one_writer_are_checked() {
    let scratch = twenty().await;
    let clock = clock();
    assert!(error_text(Journal::open(&scratch.0, &key(8), clock.clone())).contains("another key"));
    assert!(error_text(Journal::open(&scratch.0, b"no key", clock)).contains("not Ed25519"));
    let journal = scratch.open().unwrap();
    assert!(error_text(scratch.open()).contains("another process"));
    drop(journal);
    scratch.open().unwrap();
    assert!(verify(&scratch.0, Some(&[0; 32])).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_concurrent_appends_are_all_there() {
    let scratch = Scratch::new();
    let journal = scratch.open().unwrap();
    let mut live = journal.subscribe();
    let tasks: Vec<_> = (0..1000)
        .map(|number| {
            let (journal, path) = (journal.clone(), scratch.segment());
            tokio::spawn(async move {
                let recorded = journal.append(&event(number)).unwrap().durable().await.unwrap();
                let bytes = if number % 100 == 0 { std::fs::read_to_string(path).unwrap() } else { String::new() };
                assert!(
                    number % 100 != 0 || bytes.contains(&format!("\"{}\"", recorded.request())),
                    "{number} is on disk when durable"
                );
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    journal.close().await;
    assert_eq!(verify(&scratch.0, None).unwrap().records, 1000);
    let mut seen = 0;
    while let Ok(line) = live.try_recv() {
        assert!(line.starts_with("{\"seq\":"));
        seen += 1;
    }
    assert_eq!(seen, 1000);
    assert!(journal.append(&event(0)).is_err(), "closed");
}

#[tokio::test]
async fn notes_reach_the_disk_without_anybody_waiting() {
    let scratch = Scratch::new();
    let journal = scratch.open().unwrap();
    record(&journal, 0..1).await;
    journal.note(&event(1));
    while journal.last(2).unwrap().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(journal.last(1).unwrap()[0].contains("req_1"));
}

#[tokio::test]
async fn checkpoints_come_by_count_and_by_time() {
    let scratch = Scratch::new();
    let clock = clock();
    let journal = Journal::open(&scratch.0, &key(7), clock.clone()).unwrap();
    let checkpoints = || verify(&scratch.0, None).unwrap().checkpoints;
    let at_start = checkpoints();
    record(&journal, 0..1).await;
    assert_eq!(checkpoints(), at_start);
    clock.advance(Duration::from_secs(60));
    record(&journal, 1..2).await;
    assert_eq!(checkpoints(), at_start + 1);
    let receipts: Vec<_> = (0..1000).map(|number| journal.append(&event(number)).unwrap()).collect();
    for receipt in receipts {
        receipt.durable().await.unwrap();
    }
    assert_eq!(checkpoints(), at_start + 2);
}

#[tokio::test]
async fn files_follow_each_other_and_none_may_miss() {
    let scratch = Scratch::new();
    let options = JournalOptions { segment_bytes: 2000, ..JournalOptions::default() };
    let open = || Journal::open_with(&scratch.0, &key(7), clock(), &options).unwrap();
    let journal = open();
    record(&journal, 0..30).await;
    drop(journal);
    let journal = open();
    record(&journal, 30..40).await;
    journal.close().await;
    let names: Vec<_> = Files::new(&scratch.0, "main").segments().unwrap();
    assert!(names.len() > 5, "{names:?}");
    assert_eq!(verify(&scratch.0, None).unwrap().records, 40);
    for first in &names {
        let path = Files::new(&scratch.0, "main").segment(*first);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(verify(&scratch.0, None).is_err(), "without {first}");
        std::fs::write(&path, bytes).unwrap();
    }
    verify(&scratch.0, None).unwrap();
    newest_first_agrees(&open());
}

fn newest_first_agrees(journal: &Journal) {
    let all: Vec<_> = journal.newest_first(None).unwrap().map(|line| line.unwrap()).collect();
    assert_eq!(all.len(), 40);
    let seq = |line: &str| record::seq_of(line.as_bytes()).unwrap();
    assert!(all.windows(2).all(|pair| seq(&pair[0]) > seq(&pair[1])));
    for before in 0..=seq(&all[0]) + 1 {
        let expected: Vec<_> = all.iter().filter(|line| seq(line) < before).cloned().collect();
        let found: Vec<_> = journal.newest_first(Some(before)).unwrap().map(|line| line.unwrap()).collect();
        assert_eq!(found, expected, "before {before}");
    }
}

#[tokio::test]
async fn reading_back_jumps_into_large_files() {
    let scratch = Scratch::new();
    let journal = scratch.open().unwrap();
    let receipts: Vec<_> = (0..3000).map(|number| journal.append(&event(number)).unwrap()).collect();
    for receipt in receipts {
        receipt.durable().await.unwrap();
    }
    for before in [1, 2, 3, 500, 1001, 1500, 2999, 3004, 9999] {
        let line = journal.newest_first(Some(before)).unwrap().next().transpose().unwrap();
        let seq = line.map(|line| record::seq_of(line.as_bytes()).unwrap());
        let close = seq.is_some_and(|seq| seq < before && seq + 2 >= before.min(3003));
        assert!(close || before <= 3, "before {before}: {seq:?}");
    }
}

#[tokio::test]
async fn memory_keeps_the_last_ten_thousand_of_one_chain() {
    let journal = Journal::memory(&key(7), clock()).unwrap();
    for number in 0..12_000 {
        let _ = journal.append(&event(number)).unwrap().durable().await.unwrap();
    }
    let Kind::Memory(memory) = &journal.kind else { panic!("not memory") };
    let lines = memory.lines();
    assert_eq!(lines.len(), 10_000);
    let first: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    let end = Link {
        seq: first["seq"].as_u64().unwrap() - 1,
        hash: vestibule_model::Digest::from_hex(first["prev"].as_str().unwrap()).unwrap(),
    };
    let mut checker = verify::Checker::new(end, Some(public_key(&key(7)).unwrap()), 0);
    for line in &lines {
        checker.line(line.as_bytes()).unwrap();
    }
    assert!(journal.last(1).unwrap()[0].contains("req_11999"));
    journal.close().await;
    assert!(journal.append(&event(0)).is_err() && !journal.healthy());
}

#[tokio::test]
async fn an_event_larger_than_the_limit_is_refused() {
    let journal = Journal::memory(&key(7), clock()).unwrap();
    let mut large = event(0);
    large.target = Some("x".repeat(LARGEST_EVENT).into());
    assert!(journal.append(&large).is_err());
    assert!(journal.healthy());
}

/// A disk that takes so many more bytes, and may fail to sync.
#[derive(Clone)]
struct Failing {
    files: Files,
    room: Arc<AtomicI64>,
    sync_fails: Arc<AtomicBool>,
}

struct FailingSegment {
    inner: Box<dyn Segment>,
    disk: Failing,
}

impl Disk for Failing {
    fn open(&mut self, first: u64) -> io::Result<Box<dyn Segment>> {
        Ok(Box::new(FailingSegment { inner: self.files.open(first)?, disk: self.clone() }))
    }
}

impl Segment for FailingSegment {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let room = self.disk.room.load(Ordering::SeqCst);
        let fits = bytes.len().min(usize::try_from(room).unwrap());
        self.inner.append(&bytes[..fits])?;
        self.disk.room.fetch_sub(i64::try_from(fits).unwrap(), Ordering::SeqCst);
        // The rest meets the kernel's own "no space left on device".
        if fits == bytes.len() {
            Ok(())
        } else {
            io::Write::write_all(&mut std::fs::OpenOptions::new().write(true).open("/dev/full")?, bytes)
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.disk.sync_fails.load(Ordering::SeqCst) { Err(io::Error::other("EIO")) } else { self.inner.sync() }
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.inner.truncate(length)
    }
}

fn failing(scratch: &Scratch, room: i64) -> (Journal, Failing) {
    let files = Files::new(&scratch.0, "main");
    let disk = Failing { files: files.clone(), room: Arc::new(AtomicI64::new(room)), sync_fails: Arc::default() };
    (Journal::start(files, Box::new(disk.clone()), &key(7), clock(), SEGMENT_BYTES).unwrap(), disk)
}

async fn until_healthy(journal: &Journal) {
    while !journal.healthy() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_full_disk_refuses_and_recovers_with_the_chain_whole() {
    let scratch = Scratch::new();
    let (journal, disk) = failing(&scratch, 3000);
    let mut durable = 0;
    let failure = loop {
        let ended = match journal.append(&event(durable)) {
            Ok(receipt) => receipt.durable().await.map(|_| ()),
            Err(error) => Err(error),
        };
        match ended {
            Ok(()) => durable += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(failure, StoreError::Journal(error) if error.kind() == io::ErrorKind::StorageFull));
    assert!(durable > 2);
    assert!(!journal.healthy());
    assert!(journal.append(&event(99)).is_err(), "refused at once");
    journal.note(&event(98));
    disk.room.store(100_000, Ordering::SeqCst);
    until_healthy(&journal).await;
    record(&journal, 100..103).await;
    journal.close().await;
    let verified = verify(&scratch.0, None).unwrap();
    assert_eq!(verified.records, durable as u64 + 1 + 3);
    let text = String::from_utf8(scratch.bytes()).unwrap();
    assert!(text.contains("journal_recovered") && text.contains("3 events were refused"), "{text}");
    assert!(!text.contains("req_98") && !text.contains("req_99"));
}

#[tokio::test]
async fn a_failed_sync_fails_everybody_who_waits() {
    let scratch = Scratch::new();
    let (journal, disk) = failing(&scratch, 1_000_000);
    disk.sync_fails.store(true, Ordering::SeqCst);
    let receipts: Vec<_> = (0..50).filter_map(|number| journal.append(&event(number)).ok()).collect();
    assert!(!receipts.is_empty());
    for receipt in receipts {
        assert!(receipt.durable().await.is_err());
    }
    disk.sync_fails.store(false, Ordering::SeqCst);
    until_healthy(&journal).await;
    journal.close().await;
    assert_eq!(verify(&scratch.0, None).unwrap().records, 1, "only the record of the recovery");
}
