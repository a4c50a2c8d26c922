//! Documents that nobody tuned for: written from lists and templates in `data/`, with what is personal in them marked.
//!
//! The floors are those that masking promises for data that it has never met. `VESTIBULE_PII_DUMP=FILE` also writes the
//! documents with their spans, one JSON object a line, for a scorer of one's own.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests may panic")]

mod document;
mod lists;
mod mutate;
mod numbers;
mod properties;
mod random;
mod score;

use std::{fmt::Write, fs};

use document::{Document, Writer};
use score::Score;
use vestibule_pii::{Config, Scanner};

/// So many documents from this seed.
fn documents(seed: u64, count: usize) -> Vec<Document> {
    let writer = Writer::new();
    (0..count as u64).map(|index| writer.document(seed + index)).collect()
}

#[test]
fn unseen_documents_reach_the_floors() {
    let scanner = Scanner::new(Config::default());
    let documents = documents(1_000_000, 6_000);
    if let Some(path) = std::env::var_os("VESTIBULE_PII_DUMP") {
        let mut lines = String::new();
        for (index, document) in documents.iter().enumerate() {
            writeln!(lines, "{}", document.line(index)).unwrap();
        }
        fs::write(path, lines).unwrap();
    }
    let mut score = Score::default();
    for document in &documents {
        score.add(document, &scanner.scan(&document.text));
    }
    println!("{score}");
    assert!(score.macro_f1() >= 0.97, "{score}");
    assert!(score.clean_hit() <= 0.05, "{score}");
    assert!(score.leaked() <= 0.04, "{score}");
    for (kind, floor) in score::FLOORS {
        assert!(score.f1(*kind) >= *floor, "{kind}: {score}");
    }
}
