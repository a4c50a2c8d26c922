//! `vestibule pii`: what personal data is in a text, and how it would be masked.

mod explain;
mod report;

use std::{
    io::{BufRead, IsTerminal, Read, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, Result};
use vestibule_model::{Random, ServerName, SystemRandom};
use vestibule_pii::{Config, HashKey, Masker, Naming, Pseudonyms, Scanner, predict};

use crate::cli;

/// How often the progress of a long scan is told.
const TELL_EVERY: usize = 100_000;

pub(super) fn run(command: cli::Pii) -> Result<ExitCode> {
    match command {
        cli::Pii::Scan(args) if args.jsonl => predictions(&args.file),
        cli::Pii::Scan(args) => scan(&args),
        cli::Pii::Explain(args) => explain::run(&args),
    }
}

/// The report on standard error, the masked text on standard output: so that the one can be read and the other piped.
fn scan(args: &cli::PiiScan) -> Result<ExitCode> {
    let text = read(&args.file)?;
    let mut key = [0; 32];
    SystemRandom::default().fill(&mut key);
    let masker = Masker::new(Config::default(), HashKey::new(key));
    let findings = masker.scanner().scan(&text);
    let (mut pseudonyms, here) = (Pseudonyms::default(), ServerName::from("file"));
    let masked = masker.mask(&text, &mut Naming::Numbered(&mut pseudonyms, &here))?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", report::json(&text, &findings, masked.get()))?;
    } else {
        let colour = std::io::stderr().is_terminal();
        eprint!("{}", report::lines(&text, &findings, colour));
        out.write_all(masked.get().as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads `{"id", "text"}` lines and writes one line of spans for each, offsets in code points.
fn predictions(file: &Path) -> Result<ExitCode> {
    let scanner = Scanner::new(Config::default());
    let input: Box<dyn BufRead> = if is_standard_input(file) {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::io::BufReader::new(std::fs::File::open(file).with_context(|| file.display().to_string())?))
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (at, line) in input.lines().enumerate() {
        let line = line.with_context(|| format!("line {}", at + 1))?;
        if line.trim().is_empty() {
            continue;
        }
        let document: serde_json::Value =
            serde_json::from_str(&line).with_context(|| format!("line {} is not JSON", at + 1))?;
        let text = document.get("text").and_then(serde_json::Value::as_str);
        let text =
            text.with_context(|| format!("line {} has no \"text\": each line is {{\"id\", \"text\"}}", at + 1))?;
        let id = document.get("id").map_or_else(|| "null".to_owned(), ToString::to_string);
        writeln!(out, "{}", predict::line(&id, text, &scanner.scan(text)))?;
        if (at + 1).is_multiple_of(TELL_EVERY) && std::io::stderr().is_terminal() {
            eprintln!("{} lines", at + 1);
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn is_standard_input(file: &Path) -> bool {
    file == Path::new("-")
}

fn read(file: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    if is_standard_input(file) {
        std::io::stdin().lock().read_to_end(&mut bytes).context("standard input")?;
    } else {
        bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    }
    String::from_utf8(bytes).with_context(|| format!("{} is not text in UTF-8", file.display()))
}
