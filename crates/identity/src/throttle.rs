//! How often somebody may guess: per account, per address and over all (NIST SP 800-63B-4 section 3.2.2).
//!
//! The account's counter is raised *before* the guess is looked at, in one atomic step, so that a thousand guesses at
//! once are still a thousand guesses. Counters of addresses and of the whole house are raised by failures and start
//! anew with each window: they slow down whoever tries one password on many accounts, and they cannot be reset by
//! signing in to an account of one's own in between.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use vestibule_model::{Timestamp, UserId};
use vestibule_store::{Store, StoreError};

/// Guesses before the first wait.
pub const FREE_GUESSES: u32 = 5;
/// The longest wait between two guesses.
pub const LONGEST_WAIT: Duration = Duration::from_secs(900);
/// Consecutive failures after which an account or factor stays closed until an administrator opens it.
pub const HARD_STOP: u32 = 100;

const ADDRESS_FREE: u32 = 20;
const ADDRESS_WINDOW_SECONDS: i64 = 3600;
const GLOBAL_FREE: u32 = 1000;
const GLOBAL_WINDOW_SECONDS: i64 = 600;
const FOREVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// What is guessed. Each has its own counter: failed codes never close the password door, nor the other way round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Guess {
    /// A password.
    Password,
    /// A password, from a browser that has signed in to this account before.
    PasswordFromKnownDevice,
    /// A one-time or backup code.
    Code,
}

impl Guess {
    const fn counter(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::PasswordFromKnownDevice => "password-device",
            Self::Code => "code",
        }
    }
}

/// Whether a guess may be looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Allowed {
    /// It may, and is counted.
    Yes,
    /// It may not, until then.
    After(Timestamp),
    /// It may not any more: too many in a row.
    Never,
}

/// The limits, kept in the store.
#[derive(Clone)]
pub struct Throttle {
    store: Store,
}

impl Throttle {
    /// Counts in this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Counts a guess at `subject` (a canonical account, or account and device) and says whether it may be looked at.
    pub async fn reserve(&self, guess: Guess, subject: &str, now: Timestamp) -> Result<Allowed, StoreError> {
        Ok(match self.store.reserve_guess(guess.counter(), subject, account_wait).await? {
            Ok(_) => Allowed::Yes,
            Err(until) if until.since(now) > LONGEST_WAIT * 2 => Allowed::Never,
            Err(until) => Allowed::After(until),
        })
    }

    /// The guess was right: the count starts anew.
    pub async fn clear(&self, guess: Guess, subject: &str) -> Result<(), StoreError> {
        self.store.clear_guesses(guess.counter(), subject).await
    }

    /// An administrator opens a closed account again: passwords by its canonical address, codes by the user's id.
    pub async fn unlock(&self, account: &str, user: &UserId) -> Result<(), StoreError> {
        self.clear(Guess::Password, account).await?;
        self.clear(Guess::Code, user.as_str()).await
    }

    /// Whether this address, and everybody together, may guess now.
    pub async fn may_guess(&self, address: Option<IpAddr>, now: Timestamp) -> Result<Allowed, StoreError> {
        for (counter, subject) in [("address", address_window(address, now)), ("global", global_window(now))] {
            let until = self.store.find_lockout(counter, &subject).await?.and_then(|lockout| lockout.until);
            if let Some(until) = until.filter(|until| *until > now) {
                return Ok(Allowed::After(until));
            }
        }
        Ok(Allowed::Yes)
    }

    /// Counts a failure for its address and for everybody together.
    pub async fn note_failure(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), StoreError> {
        // A reservation that is refused counts nothing, and need not: that door is closed anyway.
        let _ = self.store.reserve_guess("address", &address_window(address, now), address_wait).await?;
        let _ = self.store.reserve_guess("global", &global_window(now), global_wait).await?;
        Ok(())
    }

    /// Counts a try with a pending login and says how many are left after it; `None` when there were none left. Exact
    /// however many come at once.
    pub async fn reserve_try(&self, reference: &str) -> Result<Option<u32>, StoreError> {
        let reserved = self.store.reserve_guess("pending-login", reference, pending_wait).await?;
        Ok(reserved.ok().map(|lockout| PENDING_TRIES.saturating_sub(lockout.fails)))
    }
}

/// Tries with one pending login.
pub const PENDING_TRIES: u32 = 3;

/// Longer than any pending login lives.
fn pending_wait(fails: u32) -> Duration {
    if fails >= PENDING_TRIES { Duration::from_secs(3600) } else { Duration::ZERO }
}

fn account_wait(fails: u32) -> Duration {
    if fails >= HARD_STOP { FOREVER } else { doubling(fails, FREE_GUESSES) }
}

fn address_wait(fails: u32) -> Duration {
    doubling(fails, ADDRESS_FREE)
}

/// Never long: a flood of failures must slow itself, not close the house to everybody.
fn global_wait(fails: u32) -> Duration {
    if fails <= GLOBAL_FREE { Duration::ZERO } else { Duration::from_secs(1) }
}

/// Nothing for the first `free`, then 1, 2, 4, … seconds up to the longest wait.
fn doubling(fails: u32, free: u32) -> Duration {
    let Some(exponent) = fails.checked_sub(free) else { return Duration::ZERO };
    Duration::from_secs(1u64.checked_shl(exponent).unwrap_or(u64::MAX)).min(LONGEST_WAIT)
}

/// One IPv4 address, or one IPv6 /64: that is what one subscriber gets.
fn prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

fn address_window(address: Option<IpAddr>, now: Timestamp) -> String {
    let window = now.as_seconds().div_euclid(ADDRESS_WINDOW_SECONDS);
    match address {
        Some(address) => format!("{}@{window}", prefix(address)),
        None => format!("unknown@{window}"),
    }
}

fn global_window(now: Timestamp) -> String {
    format!("all@{}", now.as_seconds().div_euclid(GLOBAL_WINDOW_SECONDS))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vestibule_model::Clock as _;

    use super::*;
    use crate::fixture::House;

    #[test]
    fn waits_double_from_the_fifth_failure_and_stop_growing() {
        let seconds = |fails| account_wait(fails).as_secs();
        assert_eq!([1, 4, 5, 6, 7, 14, 15, 99].map(seconds), [0, 0, 1, 2, 4, 512, 900, 900]);
        assert_eq!(account_wait(HARD_STOP), FOREVER);
    }

    #[test]
    fn addresses_are_counted_by_what_one_subscriber_gets() {
        let same = |a: &str, b: &str| prefix(a.parse().unwrap()) == prefix(b.parse().unwrap());
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
        assert!(same("::ffff:192.0.2.1", "192.0.2.1"), "one IPv4 address, however it is spelt");
        assert!(!same("192.0.2.1", "192.0.2.2"));
    }

    #[tokio::test]
    async fn five_hundred_guesses_at_once_are_five() {
        let house = House::new().await;
        let throttle = Arc::new(Throttle::new(house.store.clone()));
        let now = house.clock.now();
        let guesses = (0..500).map(|_| {
            let throttle = Arc::clone(&throttle);
            tokio::spawn(async move { throttle.reserve(Guess::Code, "usr_1", now).await.unwrap() })
        });
        let mut evaluated = 0;
        for guess in guesses.collect::<Vec<_>>() {
            evaluated += u32::from(guess.await.unwrap() == Allowed::Yes);
        }
        assert_eq!(evaluated, FREE_GUESSES);
    }

    #[tokio::test]
    async fn the_hundredth_failure_closes_the_door_and_only_that_door() {
        let house = House::new().await;
        let throttle = Throttle::new(house.store.clone());
        for _ in 0..HARD_STOP {
            assert_eq!(throttle.reserve(Guess::Code, "usr_1", house.clock.now()).await.unwrap(), Allowed::Yes);
            house.clock.advance(LONGEST_WAIT);
        }
        house.clock.advance(Duration::from_secs(30 * 86_400));
        assert_eq!(throttle.reserve(Guess::Code, "usr_1", house.clock.now()).await.unwrap(), Allowed::Never);
        assert_eq!(throttle.reserve(Guess::Password, "usr_1", house.clock.now()).await.unwrap(), Allowed::Yes);
        throttle.unlock("someone@example.com", &UserId::new("usr_1")).await.unwrap();
        assert_eq!(throttle.reserve(Guess::Code, "usr_1", house.clock.now()).await.unwrap(), Allowed::Yes);
    }

    #[tokio::test]
    async fn one_address_trying_many_accounts_is_slowed_down() {
        let house = House::new().await;
        let throttle = Throttle::new(house.store.clone());
        let (sprayer, other) = (Some("192.0.2.7".parse().unwrap()), Some("192.0.2.8".parse().unwrap()));
        for _ in 0..ADDRESS_FREE {
            assert_eq!(throttle.may_guess(sprayer, house.clock.now()).await.unwrap(), Allowed::Yes);
            throttle.note_failure(sprayer, house.clock.now()).await.unwrap();
        }
        assert!(matches!(throttle.may_guess(sprayer, house.clock.now()).await.unwrap(), Allowed::After(_)));
        assert_eq!(throttle.may_guess(other, house.clock.now()).await.unwrap(), Allowed::Yes);
    }
}
