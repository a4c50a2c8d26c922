//! The suite that every recognizer passes: its corpus.
//!
//! `corpus/<name>.txt`: a line begins with `+` when its values, in `⟦ ⟧`, must be found, and with `-` when nothing of
//! the kind may be. `⏎` is a new line; `#` begins a remark.

use std::{fs, ops::Range, path::Path};

use super::ALL;
use crate::{config::Config, kind::Kind, scanner::Scanner};

/// A line without its marks, and where the marked values are.
fn read(line: &str) -> (String, Vec<Range<usize>>) {
    let (mut text, mut ranges, mut open) = (String::new(), Vec::new(), 0);
    for letter in line.chars() {
        match letter {
            '⟦' => open = text.len(),
            '⟧' => ranges.push(open..text.len()),
            '⏎' => text.push('\n'),
            _ => text.push(letter),
        }
    }
    (text, ranges)
}

fn found(scanner: &Scanner, kind: Kind, text: &str) -> Vec<Range<usize>> {
    scanner.scan(text).into_iter().filter(|finding| finding.kind == kind).map(|finding| finding.range).collect()
}

#[test]
fn every_recognizer_passes_its_corpus() {
    let scanner = Scanner::new(Config::default());
    let mut wrong = Vec::new();
    for recognizer in ALL {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("corpus/{}.txt", recognizer.name));
        let corpus = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (mut positive, mut negative) = (0, 0);
        for line in corpus.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (mark, case) = line.split_once(' ').unwrap_or_else(|| panic!("{}: {line}", recognizer.name));
            let (text, mut expected) = read(case);
            match mark {
                "+" => {
                    positive += 1;
                    assert!(!expected.is_empty(), "{}: no value is marked: {line}", recognizer.name);
                }
                "-" => {
                    negative += 1;
                    expected.clear();
                }
                _ => panic!("{}: {line}", recognizer.name),
            }
            let actual = found(&scanner, recognizer.kind, &text);
            if actual != expected {
                let actual: Vec<_> = actual.into_iter().map(|range| &text[range]).collect();
                wrong.push(format!("{}: {line}\n    found {actual:?}", recognizer.name));
            }
        }
        assert!(positive >= 4 && negative >= 4, "{}: {positive} positive, {negative} negative", recognizer.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
