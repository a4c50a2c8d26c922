//! `mutations [COUNT]`: scans so many spoilt short inputs, ten million when nothing is said. It ends well or with a panic.

#![expect(clippy::indexing_slicing, reason = "a measurement")]

mod clock;
#[path = "../tests/unseen/mutate.rs"]
mod mutate;
#[path = "../tests/unseen/random.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod random;

use std::io::{self, Write};

use clock::busy;
use vestibule_pii::{Config, Scanner};

/// How many inputs are made before they are scanned, so that only the scanning is timed.
const BATCH: usize = 50_000;

fn main() -> io::Result<()> {
    let count: usize = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(10_000_000);
    let scanner = Scanner::new(Config::default());
    let mut mutator = mutate::Mutator::new(count as u64);
    let (mut bytes, mut found, mut nanos) = (0, 0, 0);
    for _ in 0..count.div_ceil(BATCH) {
        let texts: Vec<String> = (0..BATCH.min(count)).map(|_| mutator.next()).collect();
        let begin = busy()?;
        found += texts.iter().map(|text| scanner.scan(text).len()).sum::<usize>();
        nanos += busy()? - begin;
        bytes += texts.iter().map(String::len).sum::<usize>();
    }
    let each = nanos as f64 / bytes.max(1) as f64;
    writeln!(io::stdout(), "{count} spoilt inputs, {bytes} bytes, {found} findings, no panic: {each:.1} ns/byte")
}
