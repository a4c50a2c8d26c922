//! Reads `{"id", "text"}` lines and writes the scorer's prediction lines, offsets in code points.

use std::io::{self, BufRead, Write};

use vestibule_pii::{Config, Scanner};

fn main() -> io::Result<()> {
    let scanner = Scanner::new(Config::default());
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line: serde_json::Value = serde_json::from_str(&line?)?;
        let text = line.get("text").and_then(|text| text.as_str()).unwrap_or_default();
        let spans: Vec<_> = scanner
            .scan(text)
            .into_iter()
            .map(|finding| {
                let start = text.get(..finding.range.start).unwrap_or_default().chars().count();
                let length = text.get(finding.range).unwrap_or_default().chars().count();
                serde_json::json!({"start": start, "end": start + length, "type": finding.kind.name()})
            })
            .collect();
        writeln!(out, "{}", serde_json::json!({"id": line.get("id"), "spans": spans}))?;
    }
    Ok(())
}
