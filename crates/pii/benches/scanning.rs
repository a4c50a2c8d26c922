//! `scanning [FILE…]`: how many megabytes a second one core scans for personal data: the files that are named (lines of
//! `{"text"}` when they end in `.jsonl`), or hostile input when none is.

use std::{
    fs,
    io::{self, Write},
    time::Duration,
};

use vestibule_pii::{Config, Scanner};

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// Scans the texts for a while and prints the rate.
fn measure(name: &str, texts: &[String], scanner: &Scanner) -> io::Result<()> {
    let bytes: usize = texts.iter().map(String::len).sum();
    let mut best = Duration::MAX;
    let begin = now();
    let mut found = 0;
    while begin.elapsed() < Duration::from_millis(600) {
        let start = now();
        found = texts.iter().map(|text| scanner.scan(text).len()).sum();
        best = best.min(start.elapsed());
    }
    let rate = bytes as f64 / best.as_secs_f64() / 1e6;
    let nanos = best.as_secs_f64() * 1e9 / bytes.max(1) as f64;
    writeln!(io::stdout(), "{name:<28} {bytes:>10} bytes {rate:>9.1} MB/s {nanos:>7.2} ns/byte {found:>7} findings")
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
        ("4111 1111 ", repeat("4111 1111 ")),
        ("phone 12345 ", repeat("phone 12345 ")),
        ("phone 1234567 ", repeat("phone 1234567 ")),
        ("passport A1234567 ", repeat("passport A1234567 ")),
        ("words 1234567 ", repeat("one two three four five 1234567 ")),
        ("a1", repeat("a1")),
        ("a1 ", repeat("a1 ")),
        ("-----BEGIN ", repeat("-----BEGIN PRIVATE KEY-----")),
        ("DE89", repeat("DE893704004405320130 ")),
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

fn main() -> io::Result<()> {
    let scanner = Scanner::new(Config::default());
    for path in std::env::args().skip(1) {
        let text = fs::read_to_string(&path)?;
        let texts: Vec<String> = if path.ends_with(".jsonl") {
            text.lines()
                .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
                .filter_map(|line| line.get("text").and_then(|text| text.as_str()).map(str::to_owned))
                .collect()
        } else {
            vec![text]
        };
        let name = path.rsplit('/').next().unwrap_or_default();
        measure(name, &texts, &scanner)?;
    }
    let hostile = if std::env::args().len() > 1 { Vec::new() } else { adversarial() };
    for (name, text) in hostile {
        measure(name, &[text], &scanner)?;
    }
    Ok(())
}
