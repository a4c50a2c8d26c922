//! How findings are shown to people and programs. The values are shown only where the text itself was given.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::json;
use vestibule_pii::{Finding, Kind};

use crate::terminal::Colours;

const BOLD: &str = "\u{1b}[1m";
const RED: &str = "\u{1b}[31m";
const PLAIN: &str = "\u{1b}[0m";
/// The longest value that is shown whole, in characters.
const SHOWN: usize = 60;

/// One line per finding with its place, and the counts.
pub(super) fn lines(text: &[u8], findings: &[Finding], colours: Colours) -> String {
    let (bold, red, plain) = match colours {
        Colours::On => (BOLD, RED, PLAIN),
        Colours::Off => ("", "", ""),
    };
    let (mut out, mut places) = (String::new(), Places::new(text));
    for finding in findings {
        let (line, column) = places.of(finding.range.start);
        let value = shown(&finding.value_in(text));
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{line}:{column}\t{bold}{}{plain}\t{}\t{red}{value}{plain}", finding.kind, finding.score);
    }
    let counts = counts(findings);
    let each: Vec<String> = counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let _ = match findings.len() {
        0 => writeln!(out, "nothing personal was found"),
        all => writeln!(out, "{bold}{all} found{plain}: {}", each.join(", ")),
    };
    out
}

/// All of it as one JSON object.
pub(super) fn json(text: &[u8], findings: &[Finding], masked: &str) -> serde_json::Value {
    let mut places = Places::new(text);
    let found: Vec<serde_json::Value> = findings
        .iter()
        .map(|finding| {
            let (line, column) = places.of(finding.range.start);
            json!({
                "type": finding.kind.name(), "score": finding.score, "line": line, "column": column,
                "start": finding.range.start, "end": finding.range.end, "value": finding.value_in(text),
            })
        })
        .collect();
    let counts: BTreeMap<&str, usize> =
        counts(findings).into_iter().map(|(kind, count)| (kind.name(), count)).collect();
    json!({ "findings": found, "counts": counts, "masked": masked })
}

fn counts(findings: &[Finding]) -> BTreeMap<Kind, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.kind).or_default() += 1;
    }
    counts
}

/// Tells line and column of one byte after another, none in front of the last; both from one, columns in characters. Each byte
/// of the text is looked at once.
pub(super) struct Places<'t> {
    text: &'t [u8],
    at: usize,
    line: usize,
    column: usize,
}

impl<'t> Places<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0, line: 1, column: 1 }
    }

    /// The place of a byte.
    pub(super) fn of(&mut self, at: usize) -> (usize, usize) {
        let passed = self.text.get(self.at..at).unwrap_or_default();
        let characters = |part: &[u8]| part.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        match passed.iter().rposition(|&byte| byte == b'\n') {
            Some(last) => {
                self.line += passed.iter().filter(|&&byte| byte == b'\n').count();
                self.column = 1 + characters(passed.get(last + 1..).unwrap_or_default());
            }
            None => self.column += characters(passed),
        }
        self.at = self.at.max(at);
        (self.line, self.column)
    }
}

/// A value as a terminal can show it.
pub(super) fn shown(value: &str) -> String {
    value.chars().take(SHOWN).map(visible).collect()
}

/// What would move the cursor or hide text is shown as a mark.
fn visible(letter: char) -> char {
    if letter.is_control() { '·' } else { letter }
}

#[cfg(test)]
mod tests {
    use vestibule_pii::{Config, Scanner};

    use super::*;

    const TEXT: &str = "Ask Ada:\nada@example.com or +49 30 901820\n";

    #[test]
    fn findings_have_place_and_count() {
        let findings = Scanner::new(Config::default()).scan(TEXT);
        let report = lines(TEXT.as_bytes(), &findings, Colours::Off);
        assert!(report.starts_with("2:1\tEMAIL_ADDRESS\t"), "{report}");
        assert!(
            report.contains("2:20\tPHONE_NUMBER\t") && report.ends_with("2 found: 1 EMAIL_ADDRESS, 1 PHONE_NUMBER\n"),
            "{report}"
        );
        let all = json(TEXT.as_bytes(), &findings, "masked");
        assert_eq!(
            (&all["counts"]["EMAIL_ADDRESS"], &all["findings"][0]["value"]),
            (&json!(1), &json!("ada@example.com"))
        );
        assert_eq!(lines(b"nothing here", &[], Colours::On), "nothing personal was found\n");
    }

    #[test]
    fn places_are_those_of_characters() {
        let text = "é1\n\nab é2é3".as_bytes();
        let mut places = Places::new(text);
        assert_eq!([2, 4, 8, 11, 11].map(|at| places.of(at)), [(1, 2), (2, 1), (3, 4), (3, 6), (3, 6)]);
    }
}
