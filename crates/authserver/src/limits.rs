//! How often one address may make us do something costly. Counted in memory: a restart forgives.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use vestibule_model::Timestamp;

const HOUR: Duration = Duration::from_secs(3600);
/// The most addresses remembered; beyond it nobody new is served until a window ends.
const MAX_ADDRESSES: usize = 50_000;

/// Counts per address and hour.
#[derive(Default)]
pub struct PerHour(Mutex<HashMap<Option<IpAddr>, (Timestamp, u32)>>);

impl PerHour {
    /// Counts one more; false when `most` were there within the hour already.
    pub(crate) fn admit(&self, address: Option<IpAddr>, most: u32, now: Timestamp) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MAX_ADDRESSES {
            seen.retain(|_, (start, _)| now.since(*start) < HOUR);
        }
        let full = seen.len() >= MAX_ADDRESSES;
        let key = address.map(network);
        if full && !seen.contains_key(&key) {
            return false;
        }
        let (start, count) = seen.entry(key).or_insert((now, 0));
        if now.since(*start) >= HOUR {
            (*start, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= most
    }
}

/// Who counts as one: an IPv4 address, or the /64 that a host is free to pick addresses from.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

/// One worker per name: the others wait and then find its work done.
#[derive(Default)]
pub struct OneAtATime(Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>);

impl OneAtATime {
    /// The lock of a name.
    pub(crate) fn of(&self, name: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, lock| lock.strong_count() > 0);
        if let Some(lock) = locks.get(name).and_then(Weak::upgrade) {
            return lock;
        }
        let lock = Arc::new(tokio::sync::Mutex::new(()));
        locks.insert(name.to_owned(), Arc::downgrade(&lock));
        lock
    }
}

/// The limits of one server; a part of [`crate::AuthServer`].
#[derive(Default)]
pub struct Limits {
    /// Registrations.
    pub(crate) registrations: PerHour,
    /// Authorization requests that wait for their user.
    pub(crate) flows: PerHour,
    /// Refused requests that are put on record.
    pub(crate) refusals: PerHour,
    /// Fetches of metadata documents.
    pub(crate) documents: PerHour,
    /// Fetches of one document that run now.
    pub(crate) fetches: OneAtATime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_refused_after_its_share_and_forgiven_after_an_hour() {
        let (limit, now) = (PerHour::default(), Timestamp::from_seconds(1_800_000_000));
        let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        assert!(limit.admit(address("192.0.2.1"), 2, now));
        assert!(limit.admit(address("::ffff:192.0.2.1"), 2, now), "the same, mapped");
        assert!(!limit.admit(address("192.0.2.1"), 2, now));
        assert!(limit.admit(address("192.0.2.2"), 2, now));
        assert!(limit.admit(address("192.0.2.1"), 2, now + HOUR));
    }

    #[test]
    fn a_whole_ipv6_network_counts_as_one() {
        let (limit, now) = (PerHour::default(), Timestamp::from_seconds(1_800_000_000));
        assert!(limit.admit(Some("2001:db8::1".parse().unwrap()), 1, now));
        assert!(!limit.admit(Some("2001:db8::ffff:2".parse().unwrap()), 1, now));
        assert!(limit.admit(Some("2001:db8:0:1::1".parse().unwrap()), 1, now));
    }
}
