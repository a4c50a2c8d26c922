//! A record that was changed, dropped, moved or cut off is found.

use std::path::{Path, PathBuf};

use crate::binary::{Binary, assert_sound, call, verify};

#[tokio::test]
async fn what_was_altered_is_found() {
    let mut binary = Binary::demo();
    let (agent, tokens) = binary.connect().await;
    for number in 0..30 {
        assert_eq!(binary.http.send(call(&agent, &tokens, number)).await.status, 200);
    }
    binary.stop();
    assert_sound(&binary.verify());
    let journal = journal(&binary.state);
    let original = std::fs::read_to_string(&journal).unwrap();
    let lines: Vec<&str> = original.split_inclusive('\n').collect();
    let middle = lines.iter().position(|line| line.contains("query_leaves")).unwrap() + 4;

    let changed = lines[middle].replacen("\"allow\"", "\"deny\"", 1).replacen("query_leaves", "query_sleeves", 1);
    assert_ne!(changed, lines[middle]);
    let replaced = |at: usize, with: &[&str]| [&lines[..at], with, &lines[at + 1..]].concat().concat();
    let mut swapped = lines.clone();
    swapped.swap(middle, middle + 1);
    for (what, text) in [
        ("a changed record", replaced(middle, &[&changed])),
        ("a dropped record", replaced(middle, &[])),
        ("a doubled record", replaced(middle, &[lines[middle], lines[middle]])),
        ("two records in another order", swapped.concat()),
        ("a missing first record", lines[1..].concat()),
        ("a missing last record", lines[..lines.len() - 1].concat()),
        ("a journal cut in half", lines[..lines.len() / 2].concat()),
        ("an empty journal", String::new()),
    ] {
        std::fs::write(&journal, text).unwrap();
        let output = verify(&binary.state);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success() && said.contains("BROKEN"), "{what} was not found: {said}");
    }
    std::fs::remove_file(&journal).unwrap();
    assert!(!verify(&binary.state).status.success(), "a missing file was not found");
    std::fs::write(&journal, original).unwrap();
    assert_sound(&binary.verify());
}

/// The one file of a short journal.
fn journal(state: &Path) -> PathBuf {
    let mut files = std::fs::read_dir(state.join("audit")).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|extension| extension == "jsonl")).expect("a journal")
}
