//! `vestibule pii`: what personal data is in a text, and how it would be masked.

mod explain;
mod report;

use std::{
    io::{BufRead, IsTerminal, Read, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::value::RawValue;
use vestibule_model::{Random, ServerName, SystemRandom};
use vestibule_pii::{Config, HashKey, Masker, Naming, Pseudonyms, Scanner, predict};

use crate::{cli, terminal::Colours};

/// How often the progress of a long scan is told.
const TELL_EVERY: usize = 100_000;
/// What some editors write before the first line.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

pub(super) fn run(command: cli::Pii) -> Result<ExitCode> {
    match command {
        cli::Pii::Scan(args) if args.jsonl => predictions(&args.file),
        cli::Pii::Scan(args) => scan(&args),
        cli::Pii::Explain(args) => explain::run(&args),
    }
}

/// The report on standard error, the masked text on standard output: so that the one can be read and the other piped.
fn scan(args: &cli::PiiScan) -> Result<ExitCode> {
    let raw = read(&args.file)?;
    let mut key = [0; 32];
    SystemRandom::default().fill(&mut key);
    let masker = Masker::new(Config::default(), HashKey::new(key));
    let found = masker.look(&raw);
    let (mut pseudonyms, here) = (Pseudonyms::default(), ServerName::from("file"));
    let masked = masker.mask_found(&found, &mut Naming::Numbered(&mut pseudonyms, &here))?.into_inner();
    let masked = masked.as_deref().unwrap_or(&raw);
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", report::json(&raw, found.findings(), &String::from_utf8_lossy(masked)))?;
    } else {
        let mut errors = std::io::stderr().lock();
        // Who has closed it does not want the report.
        let _ = errors.write_all(report::lines(&raw, found.findings(), Colours::of(&errors)).as_bytes());
        out.write_all(masked)?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A line of documents.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    text: String,
}

/// Reads `{"id", "text"}` lines and writes one line of spans for each, offsets in code points.
fn predictions(file: &Path) -> Result<ExitCode> {
    let scanner = Scanner::new(Config::default());
    let mut input: Box<dyn BufRead> = if is_standard_input(file) {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::io::BufReader::new(std::fs::File::open(file).with_context(|| file.display().to_string())?))
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if input.read_until(b'\n', &mut line).with_context(|| format!("line {number}"))? == 0 {
            break;
        }
        let line = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| number == 1).unwrap_or(&line);
        if line.trim_ascii().is_empty() {
            continue;
        }
        let Document { id, text } = serde_json::from_slice(line)
            .with_context(|| format!("line {number} is not {{\"id\": …, \"text\": …}} in JSON and UTF-8"))?;
        ensure!(
            matches!(id.get().as_bytes().first(), Some(b'"' | b'-' | b'0'..=b'9')),
            "line {number}: an id is a string or a number, not {}",
            id.get()
        );
        writeln!(out, "{}", predict::line(id.get(), &text, &scanner.scan(&text)))?;
        if number % TELL_EVERY == 0 && std::io::stderr().is_terminal() {
            eprintln!("{number} lines");
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn is_standard_input(file: &Path) -> bool {
    file == Path::new("-")
}

fn name(file: &Path) -> String {
    if is_standard_input(file) { "standard input".to_owned() } else { file.display().to_string() }
}

/// The bytes of a text. Single ones that are no UTF-8 pass as they are.
fn read(file: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if is_standard_input(file) {
        std::io::stdin().lock().read_to_end(&mut bytes).context("standard input")?;
    } else {
        bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    }
    ensure!(
        !bytes.contains(&0),
        "{} is no text in UTF-8: it has NUL bytes. Convert it first, for example with iconv -f UTF-16 -t UTF-8",
        name(file)
    );
    Ok(bytes)
}
