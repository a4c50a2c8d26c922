//! How findings are shown to people and programs. The values are shown only where the text itself was given.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::json;
use vestibule_pii::{Finding, Kind};

const BOLD: &str = "\u{1b}[1m";
const RED: &str = "\u{1b}[31m";
const PLAIN: &str = "\u{1b}[0m";
/// The longest value that is shown whole, in characters.
const SHOWN: usize = 60;

/// One line per finding with its place, and the counts.
pub(super) fn lines(text: &str, findings: &[Finding], colour: bool) -> String {
    let (bold, red, plain) = if colour { (BOLD, RED, PLAIN) } else { ("", "", "") };
    let mut out = String::new();
    for finding in findings {
        let (line, column) = place(text, finding.range.start);
        let value = shown(&finding.value(text));
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
pub(super) fn json(text: &str, findings: &[Finding], masked: &str) -> serde_json::Value {
    let found: Vec<serde_json::Value> = findings
        .iter()
        .map(|finding| {
            let (line, column) = place(text, finding.range.start);
            json!({
                "type": finding.kind.name(), "score": finding.score, "line": line, "column": column,
                "start": finding.range.start, "end": finding.range.end, "value": finding.value(text),
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

/// Line and column of a byte, both from one; columns in characters.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
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
        let report = lines(TEXT, &findings, false);
        assert!(report.starts_with("2:1\tEMAIL_ADDRESS\t"), "{report}");
        assert!(
            report.contains("2:20\tPHONE_NUMBER\t") && report.ends_with("2 found: 1 EMAIL_ADDRESS, 1 PHONE_NUMBER\n"),
            "{report}"
        );
        let all = json(TEXT, &findings, "masked");
        assert_eq!(
            (&all["counts"]["EMAIL_ADDRESS"], &all["findings"][0]["value"]),
            (&json!(1), &json!("ada@example.com"))
        );
        assert_eq!(lines("nothing here", &[], true), "nothing personal was found\n");
    }
}
