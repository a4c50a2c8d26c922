//! Passwords: argon2id in a bounded pool. Policy is in [`crate::password_policy`].
//!
//! Hashing is made slow on purpose, so it is also the cheapest way to hurt us: no more hashes run at once than there
//! are cores, and no more wait than the queue holds. Beyond that the answer is "busy" at once.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, CustomizedPasswordHasher, Params, PasswordHash, PasswordVerifier, Version};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use vestibule_model::{Random, Secret};

/// The longest password that is looked at, in code points; hashing unlimited input would be a gift to an attacker.
pub const MAX_CODE_POINTS: usize = 256;

/// The cost of one hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HashSettings {
    memory_kib: u32,
    passes: u32,
}

impl HashSettings {
    /// m = 64 MiB, t = 3, p = 1 (RFC 9106 section 4, second choice, in one lane).
    pub const STANDARD: Self = Self { memory_kib: 64 * 1024, passes: 3 };
    /// m = 19 MiB, t = 2, p = 1: the least that OWASP ASVS 5 appendix C accepts.
    pub const FLOOR: Self = Self { memory_kib: 19 * 1024, passes: 2 };
    /// Next to no cost: for automatic tests only. Anybody who obtains such hashes can guess the passwords.
    pub const FOR_TESTS: Self = Self { memory_kib: 64, passes: 1 };

    /// A cost of `memory_kib` KiB and `passes` passes; `None` below [`Self::FLOOR`] or above 1 GiB and 16 passes.
    pub fn new(memory_kib: u32, passes: u32) -> Option<Self> {
        let memory = Self::FLOOR.memory_kib..=1024 * 1024;
        let legal = memory.contains(&memory_kib) && (Self::FLOOR.passes..=16).contains(&passes);
        legal.then_some(Self { memory_kib, passes })
    }

    fn params(self) -> Result<Params, PasswordError> {
        Params::new(self.memory_kib, self.passes, 1, None).map_err(|_| PasswordError::Broken)
    }
}

/// Why a password could not be hashed or checked; it says nothing about the password.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many hashes are waiting: 503, try again.
    #[error("too many sign-ins at once")]
    Busy,
    /// A stored hash is damaged or memory ran out: 503.
    #[error("passwords cannot be checked")]
    Broken,
}

/// What a check found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checked {
    /// It is the password.
    Right,
    /// It is the password; its stored hash is cheaper than today's settings, so hash it again.
    RightButWeak,
    /// It is not, or there is no such user.
    Wrong,
}

impl Checked {
    /// Whether it is the password.
    pub fn is_right(self) -> bool {
        self != Self::Wrong
    }
}

/// Hashes and checks passwords, a few at a time.
pub struct PasswordPool {
    settings: HashSettings,
    /// A hash nobody knows the password of; unknown users are checked against it, so that they take as long.
    dummy: String,
    /// One permit per hash that runs or waits.
    places: Arc<Semaphore>,
    /// One permit per hash that runs.
    workers: Arc<Semaphore>,
    random: Arc<dyn Random>,
}

impl PasswordPool {
    /// `workers` hashes at once (at most the number of cores), `queue` more may wait.
    pub fn new(
        settings: HashSettings,
        workers: usize,
        queue: usize,
        random: Arc<dyn Random>,
    ) -> Result<Self, PasswordError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let dummy = nobody(settings, &*random);
        let workers = workers.clamp(1, cores);
        let places = Arc::new(Semaphore::new(workers.saturating_add(queue).min(Semaphore::MAX_PERMITS)));
        Ok(Self { settings, dummy, places, workers: Arc::new(Semaphore::new(workers)), random })
    }

    /// Hashes a password for storing, as a PHC string with a fresh salt.
    pub async fn hash(&self, password: &Secret<String>) -> Result<String, PasswordError> {
        let (settings, random) = (self.settings, Arc::clone(&self.random));
        let password = normalize(password.expose()).ok_or(PasswordError::Broken)?;
        self.run(move || hash_now(settings, password.expose().as_bytes(), &*random)).await
    }

    /// Checks a password against the stored hash; without one (no such user, or one without a password) against a
    /// dummy, which costs the same and is always wrong.
    pub async fn check(&self, password: &Secret<String>, stored: Option<&str>) -> Result<Checked, PasswordError> {
        let settings = self.settings;
        let presented = normalize(password.expose());
        let known = stored.is_some() && presented.is_some();
        let presented = presented.unwrap_or_else(|| Secret::new(String::new()));
        let phc = stored.unwrap_or(&self.dummy).to_owned();
        let checked = self.run(move || check_now(settings, presented.expose().as_bytes(), &phc)).await?;
        Ok(if known { checked } else { Checked::Wrong })
    }

    /// Derives 32 bytes from a code too short for a fast hash (backup codes), with a salt of its owner.
    pub(crate) async fn derive(&self, code: Secret<String>, salt: [u8; 16]) -> Result<[u8; 32], PasswordError> {
        let settings = if self.settings == HashSettings::FOR_TESTS { self.settings } else { HashSettings::FLOOR };
        self.run(move || {
            let mut out = [0u8; 32];
            let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, settings.params()?);
            hasher.hash_password_into(code.expose().as_bytes(), &salt, &mut out).map_err(|_| PasswordError::Broken)?;
            Ok(out)
        })
        .await
    }

    /// Runs one hash on a blocking thread, when there is room. Both permits travel with the work: a request that is
    /// cancelled does not make room for another before its hash has ended.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let worker = Arc::clone(&self.workers).acquire_owned().await.map_err(|_| PasswordError::Broken)?;
        let held = move || {
            let result = work();
            drop((worker, place));
            result
        };
        tokio::task::spawn_blocking(held).await.map_err(|_| PasswordError::Broken)?
    }
}

/// NFKC (NIST SP 800-63B-4 section 3.1.1.2), so that one password typed on two keyboards is one; `None` when it is
/// too long to be looked at.
pub(crate) fn normalize(password: &str) -> Option<Secret<String>> {
    // Four bytes are the longest code point: more than that many bytes are too long before any work is done.
    if password.len() > MAX_CODE_POINTS * 4 {
        return None;
    }
    let normal = Secret::new(password.nfkc().collect::<String>());
    (normal.expose().chars().count() <= MAX_CODE_POINTS).then_some(normal)
}

fn hash_now(settings: HashSettings, password: &[u8], random: &dyn Random) -> Result<String, PasswordError> {
    let mut salt = [0u8; 16];
    random.fill(&mut salt);
    Argon2::default()
        .hash_password_with_params(password, &salt, settings.params()?)
        .map(|hash: PasswordHash| hash.to_string())
        .map_err(|_| PasswordError::Broken)
}

/// A hash of these settings that no password has: its output is drawn, not computed, which costs nothing at the start.
fn nobody(settings: HashSettings, random: &dyn Random) -> String {
    let (mut salt, mut output) = ([0u8; 16], [0u8; 32]);
    random.fill(&mut salt);
    random.fill(&mut output);
    let (salt, output) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(output));
    format!("$argon2id$v=19$m={},t={},p=1${salt}${output}", settings.memory_kib, settings.passes)
}

fn check_now(settings: HashSettings, password: &[u8], phc: &str) -> Result<Checked, PasswordError> {
    let hash = PasswordHash::new(phc).map_err(|_| PasswordError::Broken)?;
    let cost = Params::try_from(&hash).map_err(|_| PasswordError::Broken)?;
    if Argon2::default().verify_password(password, &hash).is_err() {
        return Ok(Checked::Wrong);
    }
    let weak = cost.m_cost() < settings.memory_kib || cost.t_cost() < settings.passes;
    Ok(if weak { Checked::RightButWeak } else { Checked::Right })
}

/// A hash cheaper than any settings, as an older installation may have left it.
#[cfg(test)]
pub(crate) fn cheaper_hash_for_tests(password: &str, random: &dyn Random) -> String {
    hash_now(HashSettings { memory_kib: 32, passes: 1 }, password.as_bytes(), random).unwrap()
}

#[cfg(test)]
mod tests {
    use vestibule_model::clock::SeededRandom;

    use super::*;

    fn pool(settings: HashSettings) -> PasswordPool {
        PasswordPool::new(settings, 2, 8, Arc::new(SeededRandom::new(1))).unwrap()
    }

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_same_password_is_right() {
        let pool = pool(HashSettings::FOR_TESTS);
        let phc = pool.hash(&secret("correct horse battery")).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{phc}");
        assert_eq!(pool.check(&secret("correct horse battery"), Some(&phc)).await, Ok(Checked::Right));
        for wrong in ["correct horse batterz", "", "correct horse battery ", "Correct horse battery"] {
            assert_eq!(pool.check(&secret(wrong), Some(&phc)).await, Ok(Checked::Wrong), "{wrong:?}");
        }
    }

    #[tokio::test]
    async fn two_keyboards_one_password() {
        let pool = pool(HashSettings::FOR_TESTS);
        let phc = pool.hash(&secret("caf\u{e9} ﬁne password")).await.unwrap();
        assert_eq!(pool.check(&secret("cafe\u{301} fine password"), Some(&phc)).await, Ok(Checked::Right));
    }

    #[tokio::test]
    async fn an_unknown_user_is_always_wrong() {
        let pool = pool(HashSettings::FOR_TESTS);
        assert_eq!(pool.check(&secret("anything at all"), None).await, Ok(Checked::Wrong));
    }

    #[tokio::test]
    async fn an_endless_password_is_wrong_and_cheap() {
        let pool = pool(HashSettings::FOR_TESTS);
        let phc = pool.hash(&secret("")).await.unwrap();
        assert_eq!(pool.check(&secret(&"x".repeat(1 << 20)), Some(&phc)).await, Ok(Checked::Wrong));
    }

    #[tokio::test]
    async fn a_cheap_hash_is_noticed() {
        let old = pool(HashSettings::FOR_TESTS);
        let phc = old.hash(&secret("correct horse battery")).await.unwrap();
        let new = pool(HashSettings { memory_kib: 128, passes: 1 });
        assert_eq!(new.check(&secret("correct horse battery"), Some(&phc)).await, Ok(Checked::RightButWeak));
    }

    #[tokio::test]
    async fn a_damaged_hash_is_an_error_not_a_yes() {
        let pool = pool(HashSettings::FOR_TESTS);
        for damaged in ["", "plain text", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv"] {
            assert_eq!(pool.check(&secret("x"), Some(damaged)).await, Err(PasswordError::Broken), "{damaged}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_flood_is_busy_and_nothing_more() {
        let pool = Arc::new(PasswordPool::new(HashSettings::FLOOR, 1, 1, Arc::new(SeededRandom::new(1))).unwrap());
        let flood = (0..16).map(|_| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move { pool.check(&secret("x"), None).await })
        });
        let mut busy = 0;
        for task in flood.collect::<Vec<_>>() {
            busy += usize::from(task.await.unwrap() == Err(PasswordError::Busy));
        }
        assert!(busy >= 8, "{busy} of 16 were turned away");
        assert_eq!(pool.check(&secret("x"), None).await, Ok(Checked::Wrong), "the queue is empty again");
    }

    #[test]
    fn settings_below_the_floor_are_refused() {
        assert_eq!(HashSettings::new(19 * 1024, 2), Some(HashSettings::FLOOR));
        assert_eq!(HashSettings::new(19 * 1024 - 1, 2), None);
        assert_eq!(HashSettings::new(64 * 1024, 1), None);
    }
}
