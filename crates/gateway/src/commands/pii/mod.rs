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
    let done = match command {
        cli::Pii::Scan(args) if args.jsonl => predictions(&args.file),
        cli::Pii::Scan(args) => scan(&args),
        cli::Pii::Explain(args) => explain::run(&args),
    };
    match done {
        // `vestibule pii scan FILE | head`: nobody reads any further, and that is no fault. These commands write nowhere else.
        Err(error) if error.chain().any(is_broken_pipe) => Ok(ExitCode::SUCCESS),
        done => done,
    }
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
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
    let input: Box<dyn BufRead> = if is_standard_input(file) {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::io::BufReader::new(std::fs::File::open(file).with_context(|| file.display().to_string())?))
    };
    predict_lines(input, std::io::BufWriter::new(std::io::stdout().lock()))?;
    Ok(ExitCode::SUCCESS)
}

fn predict_lines(mut input: impl BufRead, mut out: impl Write) -> Result<()> {
    let scanner = Scanner::new(Config::default());
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
    Ok(out.flush()?)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn predicted(input: &[u8]) -> Result<String, String> {
        let mut out = Vec::new();
        predict_lines(input, &mut out).map_err(|error| format!("{error:#}"))?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn each_document_has_its_line_with_the_id_as_it_stands() {
        let input = "\u{FEFF}{\"id\": 12345678901234567890123, \"text\": \"é ada@example.com\"}\r\n\n{\"text\":\"\",\"id\":\"b\"}";
        let email = r#"{"id":12345678901234567890123,"spans":[{"start":2,"end":17,"type":"EMAIL_ADDRESS"}]}"#;
        assert_eq!(predicted(input.as_bytes()).unwrap(), format!("{email}\n{{\"id\":\"b\",\"spans\":[]}}\n"));
    }

    #[test]
    fn what_is_no_document_is_told_with_its_line() {
        for (line, why) in [
            (&br#"{"text":"a"}"#[..], "missing field `id`"),
            (br#"{"id":1,"text":5}"#, "invalid type: integer"),
            (br#"{"id":[1],"text":"a"}"#, "an id is a string or a number, not [1]"),
            (br#"{"id":null,"text":"a"}"#, "not null"),
            (b"\xFF", "in JSON and UTF-8"),
        ] {
            let error = predicted(&[br#"{"id":1,"text":""}"#, line].join(&b'\n')).unwrap_err();
            assert!(error.starts_with("line 2") && error.contains(why), "{error}");
        }
    }

    #[test]
    fn bytes_pass_and_zeros_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("text");
        std::fs::write(&file, b"Jos\xE9").unwrap();
        assert_eq!(read(&file).unwrap(), b"Jos\xE9");
        std::fs::write(&file, b"a\0b").unwrap();
        assert!(read(&file).unwrap_err().to_string().contains("iconv"));
    }
}
