//! `mutations [COUNT]`: scans so many spoilt short inputs, ten million when nothing is said. It ends well or with a panic.

#![expect(clippy::indexing_slicing, reason = "a measurement")]

#[path = "../tests/unseen/mutate.rs"]
mod mutate;
#[path = "../tests/unseen/random.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod random;

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use vestibule_pii::{Config, Scanner};

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn main() -> io::Result<()> {
    let count: u32 = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(10_000_000);
    let scanner = Scanner::new(Config::default());
    let mut mutator = mutate::Mutator::new(u64::from(count));
    let (mut bytes, mut found, mut busy) = (0, 0, Duration::ZERO);
    for _ in 0..count {
        let text = mutator.next();
        let start = Instant::now();
        found += scanner.scan(&text).len();
        busy += start.elapsed();
        bytes += text.len();
    }
    let nanos = busy.as_nanos() as f64 / bytes.max(1) as f64;
    writeln!(io::stdout(), "{count} inputs, {bytes} bytes, {found} findings, no panic: {nanos:.1} ns/byte")
}
