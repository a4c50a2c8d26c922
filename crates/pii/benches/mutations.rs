//! `mutations [COUNT]`: scans so many spoilt short inputs, ten million when nothing is said, and streams as many that are no
//! text. It ends well or with a panic. With `CARGO_PROFILE_BENCH_OVERFLOW_CHECKS=true` it also finds sums that wrap.

#![expect(clippy::indexing_slicing, reason = "a measurement")]

mod clock;
#[path = "../tests/unseen/mutate.rs"]
mod mutate;
#[path = "../tests/unseen/random.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod random;

use std::io::{self, Write};

use clock::busy;
use vestibule_model::Secret;
use vestibule_pii::{Config, JsonStream, Masker, Naming, Scanner, StreamError};

/// How many inputs are made before they are scanned, so that only the scanning is timed.
const BATCH: usize = 50_000;

fn main() -> io::Result<()> {
    let count: usize = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(10_000_000);
    let scanner = Scanner::new(Config::default());
    let masker = Masker::new(Config::default(), Secret::new([7; 32]));
    let mut mutator = mutate::Mutator::new(count as u64);
    let (mut bytes, mut found, mut nanos) = (0, 0, 0);
    for _ in 0..count.div_ceil(BATCH) {
        let texts: Vec<String> = (0..BATCH.min(count)).map(|_| mutator.next()).collect();
        let begin = busy()?;
        found += texts.iter().map(|text| scanner.scan(text).len()).sum::<usize>();
        nanos += busy()? - begin;
        bytes += texts.iter().map(String::len).sum::<usize>();
        for _ in 0..texts.len() {
            stream(&masker, &mutator.bytes()).map_err(io::Error::other)?;
        }
    }
    let each = nanos as f64 / bytes.max(1) as f64;
    writeln!(io::stdout(), "{count} spoilt inputs, {bytes} bytes, {found} findings, no panic: {each:.1} ns/byte")
}

fn stream(masker: &Masker, bytes: &[u8]) -> Result<(), StreamError> {
    let (head, tail) = bytes.split_at(bytes.len() / 2);
    let mut json = JsonStream::new(masker, 1 << 20);
    for piece in [head, tail] {
        json.feed(piece, &mut Naming::Plain)?;
    }
    json.finish(&mut Naming::Plain).map(drop)
}
