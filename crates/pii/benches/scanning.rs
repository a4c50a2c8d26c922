//! `scanning [FILE…]`: how many megabytes a second one core scans for personal data.
//!
//! Files of one's own (lines of `{"text"}` when they end in `.jsonl`); without any: documents full of personal data, the
//! source of the other crates, JSON without anything personal, a short tool result, and hostile input.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement may panic, and so do the tests whose documents it measures"
)]

mod clock;
#[path = "../tests/unseen/document.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod document;
#[path = "../tests/unseen/lists.rs"]
mod lists;
#[path = "../tests/unseen/numbers.rs"]
mod numbers;
#[path = "../tests/unseen/random.rs"]
mod random;
#[path = "../tests/unseen/score.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod score;

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use clock::busy;
use vestibule_model::ServerName;
use vestibule_pii::{Config, HashKey, Masker, Naming, Pseudonyms, Scanner};

/// How long one measurement takes, in nanoseconds. The clock of a thread moves in steps of milliseconds.
const LONG_ENOUGH: u64 = 500_000_000;

/// Scans the texts for a while and prints the rate.
fn measure(name: &str, texts: &[String], scanner: &Scanner) -> io::Result<f64> {
    let bytes: usize = texts.iter().map(String::len).sum();
    let begin = busy()?;
    let (mut found, mut rounds) = (0, 0u32);
    while rounds == 0 || busy()? - begin < LONG_ENOUGH {
        found = texts.iter().map(|text| scanner.scan(text).len()).sum();
        rounds += 1;
    }
    let nanos = (busy()? - begin) as f64 / f64::from(rounds) / bytes.max(1) as f64;
    let rate = 1e3 / nanos;
    writeln!(io::stdout(), "{name:<28} {bytes:>10} bytes {rate:>9.1} MB/s {nanos:>7.2} ns/byte {found:>7} findings")?;
    Ok(rate)
}

fn adversarial() -> Vec<(&'static str, String)> {
    let repeat = |piece: &str| piece.repeat(1_000_000 / piece.len());
    vec![
        ("1.1.1.1...", repeat("1.")),
        ("digits", repeat("7")),
        ("123-45-", repeat("123-45-")),
        ("@", repeat("@")),
        ("a@a.a.", repeat("a@a.a.")),
        ("a@b.com", repeat("a@b.com ")),
        ("(((", repeat("(")),
        ("+1", repeat("+1")),
        ("+1 415 ", repeat("+1 415 ")),
        ("1:1:1:", repeat("1:1:")),
        ("ab::", repeat("ab::")),
        ("12 Main ", repeat("12 Main ")),
        ("1 A B C D E F G ", repeat("1 A B C D E F G ")),
        ("12 Main St, ", repeat("12 Main St, ")),
        ("calle a 1 ", repeat("calle de A 1 ")),
        ("Rua A 1, ", repeat("Rua A 1, ")),
        ("Main St 10 ", repeat("Main St 10 ")),
        ("Hauptstr. 1, ", repeat("Hauptstr. 1, ")),
        ("10 St ", repeat("10 St ")),
        ("C/ Av, 12 lines", repeat("B\nC/ Av, 12 ")),
        ("C/ É, 4/12345/", repeat("C/ É, 4/12345/")),
        ("C/ South-É, 4/12345 ", repeat("C/ South-É, 4/12345 ")),
        ("Łódź 1/2  12345, ", repeat("Łódź 1/2  12345, ")),
        ("Łódź 12 lines", repeat("Łódź 12\nC/ ")),
        ("Av É 1,12 Broadway,", repeat("la\nŁódź, Av É 1,12 Broadway,")),
        ("1/2 12345 Ring lines", repeat("via-la\n1/2 12345 1/2 Ring Av 100 ")),
        ("Apt 1,7B, lines", repeat("Apt 1,7B, Springfield 12 Broadway\nAv ")),
        ("Av De 1 ", repeat("Av De 1 ")),
        ("Av 7B 1 ", repeat("Av 7B 1 ")),
        ("Cité É 9 ", repeat("Cité É 9 ")),
        ("Katu 1 İ", repeat("Katu 1 İ")),
        (" Str 97-3 İ", repeat(" Str 97-3 İ")),
        ("Weg 555-1234 İ", repeat("Weg 555-1234 İ")),
        ("1,7B Min St lines", repeat("for 1,7B Min St\nÉ-ß")),
        ("1,7B D'AAllé lines", repeat("1\n7B D'AAllé 1,7B AAllé ")),
        ("1,77B Moorgate lines", repeat("\nΚΚ 1,77B 1/2 Moorgate 1/2 ")),
        ("N6W230''1e’İAllee", repeat("İN6W230''1e’İAllee N6W230'1S")),
        ("Bei N6W301 ", repeat("Bei N6W301 Bei N6W230 N6W230 ")),
        ("Λω 0  10.0.0.1", repeat("'Λ-φ Λω 0  10.0.0.1")),
        ("ΟΔΣ 978-3 1::", repeat("1978-3  0 1:: ΟΔΣ ")),
        ("पासपोर 555-1234", repeat("पाससपपपपपोरVVej 555-1234É-0")),
        ("電話 4111 1.11", repeat("4111 1.11 電話4111 1111 ")),
        ("::a ::a  ", repeat("::a ::a  ")),
        ("1 1 1 ", repeat("1 ")),
        ("4111 1111 ", repeat("4111 1111 ")),
        ("phone 12345 ", repeat("phone 12345 ")),
        ("phone 1234567 ", repeat("phone 1234567 ")),
        ("passport A1234567 ", repeat("passport A1234567 ")),
        ("words 1234567 ", repeat("one two three four five 1234567 ")),
        ("a1", repeat("a1")),
        ("a1 ", repeat("a1 ")),
        ("7B-", repeat("7B-")),
        ("7B=", repeat(&format!("{} ", "7B=".repeat(165)))),
        ("-----BEGIN ", repeat("-----BEGIN PRIVATE KEY-----")),
        ("DE89", repeat("DE893704004405320130 ")),
        ("a row of SQL", repeat(&format!("INSERT INTO t (a, phone) VALUES {}", "SHof 024-05-01  '".repeat(460)))),
        ("a row of a table", repeat(&format!("name,phone,address\nx,y,{}\n", "ØGADE 77  10.0.0.1 ".repeat(190)))),
        ("a,1;2|3", repeat("phone,ip;ssn|x\n1,2;3|4\n")),
        ("e-mail head", repeat("phone,b\n")),
        ("deep json", "[".repeat(500_000) + &"]".repeat(500_000)),
        ("tiny leaves", format!("[{}\"1\"]", repeat("\"1\","))),
        ("escaped json", format!("{{\"a\":\"{}\"}}", repeat("\\\"1\\\","))),
        ("json lines", repeat("{\"a\":1}\n")),
        ("{ lines", repeat("{1}\n")),
        ("cjk", repeat("电话1")),
    ]
}

/// Texts of a file: one, or one a line.
fn read(path: &str) -> io::Result<Vec<String>> {
    let text = fs::read_to_string(path)?;
    if !path.ends_with(".jsonl") {
        return Ok(vec![text]);
    }
    let lines = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    Ok(lines.filter_map(|line| line.get("text").and_then(|text| text.as_str()).map(str::to_owned)).collect())
}

/// Every Rust file of the workspace but those of this crate, whose tests are full of personal data.
fn sources(folder: &Path, texts: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.ends_with("crates/pii") || path.ends_with("../pii") {
            continue;
        } else if path.is_dir() {
            sources(&path, texts)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push(fs::read_to_string(path)?);
        }
    }
    Ok(())
}

/// What tools answer when nobody is in it.
fn impersonal() -> String {
    let row = |index: u32| {
        format!(
            "{{\"id\":{index},\"name\":\"build-{}\",\"status\":\"passed\",\"branch\":\"main\",\"message\":\"Read what the \
             server may ask and answer it, then say so in the log\",\"labels\":[\"backend\",\"release\"],\"ok\":true}}",
            index % 97
        )
    };
    let rows: Vec<String> = (0..5_000).map(row).collect();
    format!("[{}]", rows.join(","))
}

/// The CPU time that masking adds to a short answer, in microseconds.
fn short_result(scanner: &Scanner) -> io::Result<()> {
    const RESULT: &str = "{\"content\":[{\"type\":\"text\",\"text\":\"Found 3 open tickets for the billing team. The oldest is \
                          #4812, waiting for two days; Jane (jane.doe@example.com) has it. Next step: review.\"}]}";
    let (begin, rounds) = (busy()?, 200_000);
    let found: usize = (0..rounds).map(|_| scanner.scan(std::hint::black_box(RESULT)).len()).sum();
    let scanned = (busy()? - begin) as f64 / f64::from(rounds) / 1e3;
    let masker = Masker::new(Config::default(), HashKey::new([7; 32]));
    let (mut pseudonyms, server) = (Pseudonyms::new(), ServerName::new("bench"));
    let begin = busy()?;
    let mut masked = 0;
    for _ in 0..rounds {
        let naming = &mut Naming::Numbered(&mut pseudonyms, &server);
        let screened = masker.mask_bytes(std::hint::black_box(RESULT.as_bytes()), naming).expect("nothing is blocked");
        masked += screened.into_inner().map_or(0, |bytes| usize::from(!bytes.is_empty()));
    }
    let micros = (busy()? - begin) as f64 / f64::from(rounds) / 1e3;
    assert_eq!(masked, 200_000, "each is masked");
    writeln!(
        io::stdout(),
        "a result of {} bytes: {scanned:.2} µs to scan, {micros:.2} µs to mask (at most 3), {} findings",
        RESULT.len(),
        found / 200_000
    )
}

fn main() -> io::Result<()> {
    let scanner = Scanner::new(Config::default());
    let files: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    for path in &files {
        measure(path.rsplit('/').next().unwrap_or_default(), &read(path)?, &scanner)?;
    }
    if !files.is_empty() {
        return Ok(());
    }
    let writer = document::Writer::new();
    let full: Vec<String> = (0..4_000).map(|seed| writer.document(seed).text).collect();
    measure("personal documents", &full, &scanner)?;
    let mut code = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut code)?;
    measure("source files", &code, &scanner)?;
    measure("JSON with nothing personal", &[impersonal()], &scanner)?;
    short_result(&scanner)?;
    writeln!(io::stdout(), "hostile input (at least 50 MB/s, at most 50 ns/byte):")?;
    let mut worst = f64::MAX;
    for (name, text) in adversarial() {
        worst = worst.min(measure(name, &[text], &scanner)?);
    }
    writeln!(io::stdout(), "the worst hostile input: {worst:.1} MB/s")
}
