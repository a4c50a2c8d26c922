//! Time and randomness as parameters. Every other crate receives a [`Clock`] and a [`Random`]; the
//! linter forbids the system's own elsewhere.

use std::{
    fmt,
    ops::{Add, Sub},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From whole seconds since the Unix epoch (NumericDate, RFC 7519 section 2), saturating.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// How long after `earlier` this is; zero when it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// RFC 3339 with milliseconds, UTC.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The computer's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that only moves when it is told to; for tests.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Starts at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.as_millis()))
    }

    /// Moves forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(0), Ordering::SeqCst);
    }

    /// Jumps to a time, also backwards.
    pub fn set(&self, to: Timestamp) {
        self.0.store(to.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Where random bytes come from.
pub trait Random: Send + Sync {
    /// Fills the buffer with unpredictable bytes.
    fn fill(&self, buffer: &mut [u8]);
}

/// The cryptographic generator of aws-lc. Small draws (ids, nonces) are served from a supply drawn beforehand, since a
/// draw costs half a microsecond whatever its size; keys and tokens are drawn directly.
#[derive(Default)]
pub struct SystemRandom(Mutex<Supply>);

/// The largest draw that is served from the supply.
const SMALL: usize = 16;

/// Random bytes that nobody has seen; those taken are overwritten.
#[derive(Default)]
struct Supply {
    bytes: Vec<u8>,
}

impl Supply {
    const SIZE: usize = 1024;

    fn take(&mut self, buffer: &mut [u8]) {
        if self.bytes.len() < buffer.len() {
            self.bytes.resize(Self::SIZE, 0);
            draw(&mut self.bytes);
        }
        let rest = self.bytes.len() - buffer.len();
        for (to, from) in buffer.iter_mut().zip(self.bytes.iter_mut().skip(rest)) {
            *to = std::mem::take(from);
        }
        self.bytes.truncate(rest);
    }
}

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        if buffer.len() > SMALL {
            return draw(buffer);
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take(buffer);
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that draws random numbers")]
fn draw(buffer: &mut [u8]) {
    // The generator seeds itself from the kernel. If that ever fails there is no safe way on:
    // a predictable secret is worse than a stopped process.
    if aws_lc_rs::rand::fill(buffer).is_err() {
        std::process::abort();
    }
}

impl fmt::Debug for SystemRandom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SystemRandom")
    }
}

/// A repeatable generator (SplitMix64); for tests only, never for secrets.
#[derive(Debug)]
pub struct SeededRandom(Mutex<u64>);

impl SeededRandom {
    /// The same seed gives the same bytes.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in buffer.chunks_mut(8) {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            for (to, from) in chunk.iter_mut().zip(z.to_le_bytes()) {
                *to = from;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_print_as_rfc_3339() {
        assert_eq!(Timestamp::from_millis(1_700_000_000_123).to_string(), "2023-11-14T22:13:20.123Z");
    }

    #[test]
    fn since_never_goes_below_zero() {
        let (a, b) = (Timestamp::from_seconds(10), Timestamp::from_seconds(12));
        assert_eq!(b.since(a), Duration::from_secs(2));
        assert_eq!(a.since(b), Duration::ZERO);
    }

    #[test]
    fn no_random_bytes_are_served_twice() {
        let random = SystemRandom::default();
        let mut seen = std::collections::BTreeSet::new();
        for size in [10, 12, 16, 32].into_iter().cycle().take(1000) {
            let mut bytes = vec![0; size];
            random.fill(&mut bytes);
            assert!(bytes.windows(8).all(|window| seen.insert(window.to_vec())), "{bytes:?} was seen before");
        }
    }

    #[test]
    fn seeded_random_repeats_and_moves_on() {
        let (mut a, mut b, mut c) = ([0; 12], [0; 12], [0; 12]);
        SeededRandom::new(7).fill(&mut a);
        let again = SeededRandom::new(7);
        again.fill(&mut b);
        again.fill(&mut c);
        assert_eq!(a, b);
        assert_ne!(b, c);
    }
}
