//! Reads `{"id", "text"}` lines and writes the scorer's prediction lines, offsets in code points.
//!
//!     cargo run --release -p vestibule-pii --example predict < dev.jsonl > predictions.jsonl

use std::io::{self, BufRead, Write};

use vestibule_pii::{Config, Scanner, predict};

fn main() -> io::Result<()> {
    let scanner = Scanner::new(Config::default());
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let document: serde_json::Value = serde_json::from_str(&line?)?;
        let text = document.get("text").and_then(|text| text.as_str()).unwrap_or_default();
        let id = document.get("id").map(ToString::to_string).unwrap_or_default();
        writeln!(out, "{}", predict::line(&id, text, &scanner.scan(text)))?;
    }
    Ok(())
}
