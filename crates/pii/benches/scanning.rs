//! `scanning [FILE…]`: how many megabytes a second one core scans for personal data: the files that are named (lines of
//! `{"text"}` when they end in `.jsonl`), or hostile input when none is.

use std::{
    fs,
    io::{self, Write},
    sync::LazyLock,
    time::Instant,
};

use vestibule_pii::{Config, Scanner};

/// How long one measurement takes, in nanoseconds. The clock of a thread moves in steps of milliseconds.
const LONG_ENOUGH: u64 = 500_000_000;

/// How long this thread has been on a processor: what else the machine does costs it nothing. In nanoseconds.
fn busy() -> u64 {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let busy = told.and_then(|told| told.split(' ').next()?.parse().ok());
    busy.unwrap_or_else(|| BEGIN.elapsed().as_nanos() as u64)
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Scans the texts for a while and prints the rate.
fn measure(name: &str, texts: &[String], scanner: &Scanner) -> io::Result<f64> {
    let bytes: usize = texts.iter().map(String::len).sum();
    let begin = busy();
    let (mut found, mut rounds) = (0, 0u32);
    while rounds == 0 || busy() - begin < LONG_ENOUGH {
        found = texts.iter().map(|text| scanner.scan(text).len()).sum();
        rounds += 1;
    }
    let nanos = (busy() - begin) as f64 / f64::from(rounds) / bytes.max(1) as f64;
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
