//! When keys come and go. Pure: it only says what must change, somebody else stores it.
//!
//! A key is published before it signs, so that no verifier meets a `kid` that its cached key set lacks;
//! its private half is destroyed once it signs no more; its public half stays until its last token ended.

use std::time::Duration;

use vestibule_model::{Clock, KeyId, Random, Timestamp};

use crate::keys::{Algorithm, KeyError, SigningKey};

/// Rotation times.
#[derive(Clone, Copy, Debug)]
pub struct RotationPlan {
    /// How long one key signs.
    pub sign_for: Duration,
    /// How long before it signs a key is published; at least twice the key set's `max-age`.
    pub publish_before: Duration,
    /// How long its signatures count after it signed last; at least the longest life of a token.
    pub verify_after: Duration,
}

impl Default for RotationPlan {
    /// 30 days of signing, published a day ahead, verified for two days after.
    fn default() -> Self {
        let days = |n: u64| Duration::from_secs(n * 24 * 60 * 60);
        Self { sign_for: days(30), publish_before: days(1), verify_after: days(2) }
    }
}

/// One change to the stored keys.
pub enum KeyChange {
    /// Store a new key.
    Add(SigningKey),
    /// Destroy the private half.
    Retire(KeyId),
    /// Remove the key; nothing it signed is valid any more.
    Delete(KeyId),
}

/// What must change now. The very first key signs at once, as does one that is made when no other can sign;
/// every other is published `publish_before` ahead. The signing key is never retired before its successor signs.
pub fn plan_rotation(
    keys: &[SigningKey],
    plan: &RotationPlan,
    algorithm: Algorithm,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<Vec<KeyChange>, KeyError> {
    let now = clock.now();
    let mut changes = Vec::new();
    if let Some(sign_from) = next_start(keys, plan, algorithm, now) {
        let mut key = SigningKey::generate(KeyId::generate(clock, random), algorithm, now, random)?;
        key.sign_from = sign_from;
        key.sign_until = sign_from + plan.sign_for;
        key.verify_until = key.sign_until + plan.verify_after;
        changes.push(KeyChange::Add(key));
    }
    for key in keys {
        if key.verify_until <= now {
            changes.push(KeyChange::Delete(key.id.clone()));
        } else if key.private_pkcs8.is_some() && (key.sign_until <= now || key.revoked_at.is_some()) {
            changes.push(KeyChange::Retire(key.id.clone()));
        }
    }
    Ok(changes)
}

/// From when a new key must sign; `None` when none is needed now.
fn next_start(keys: &[SigningKey], plan: &RotationPlan, algorithm: Algorithm, now: Timestamp) -> Option<Timestamp> {
    let Some(current) = keys.iter().filter(|key| key.signs_at(now)).max_by_key(|key| key.sign_from) else {
        return Some(now);
    };
    let usable = |key: &&SigningKey| key.revoked_at.is_none() && key.private_pkcs8.is_some();
    if keys.iter().filter(usable).any(|key| key.sign_from > now && key.algorithm == algorithm) {
        return None;
    }
    let ahead = now + plan.publish_before;
    if current.algorithm != algorithm {
        return Some(ahead.min(current.sign_until));
    }
    // A late rotation must leave no gap: it publishes less far ahead rather than stop signing.
    (current.sign_until <= ahead).then_some(current.sign_until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{issue::sign_claims, keys::KeyRing};
    use vestibule_model::clock::{ManualClock, SeededRandom};

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const PLAN: RotationPlan =
        RotationPlan { sign_for: DAY.saturating_mul(30), publish_before: DAY, verify_after: DAY.saturating_mul(2) };

    fn rotate(keys: &mut Vec<SigningKey>, algorithm: Algorithm, clock: &ManualClock) {
        let random = SeededRandom::new(clock.now().as_seconds().unsigned_abs() + keys.len() as u64);
        for change in plan_rotation(keys, &PLAN, algorithm, clock, &random).unwrap() {
            match change {
                KeyChange::Add(key) => keys.push(key),
                KeyChange::Retire(id) => {
                    keys.iter_mut().filter(|key| key.id == id).for_each(|key| key.private_pkcs8 = None)
                }
                KeyChange::Delete(id) => keys.retain(|key| key.id != id),
            }
        }
    }

    fn kid_of(token: &str) -> String {
        crate::jws::Parts::parse(token).unwrap().header.kid.unwrap()
    }

    #[test]
    fn a_key_is_published_a_day_before_it_signs_and_kept_until_its_tokens_ended() {
        let clock = ManualClock::new(Timestamp::from_seconds(1_800_000_000));
        let mut keys = Vec::new();
        let mut first_published: std::collections::HashMap<String, Timestamp> = std::collections::HashMap::new();
        let start = clock.now();
        // Four months in steps of an hour.
        for _ in 0..24 * 120 {
            rotate(&mut keys, Algorithm::EdDsa, &clock);
            let now = clock.now();
            let ring = KeyRing::new(keys.clone()).unwrap();
            let jwks = ring.jwks(now);
            for key in &keys {
                first_published.entry(key.id.to_string()).or_insert(now);
            }
            let kid = kid_of(&sign_claims(&ring, "JWT", &serde_json::json!({}), now).unwrap());
            assert!(jwks.contains(&kid), "the signing key is published");
            let published = first_published[&kid];
            assert!(published == start || now.since(published) >= PLAN.publish_before, "published before used");
            for key in keys.iter().filter(|key| key.sign_until <= now) {
                assert!(key.private_pkcs8.is_none(), "a past key has no private half");
                assert!(jwks.contains(key.id.as_str()), "a past key still verifies");
            }
            clock.advance(Duration::from_secs(3600));
        }
        assert_eq!(first_published.len(), 5);
        assert!(keys.len() <= 3);
    }

    #[test]
    fn a_stalled_rotation_recovers_without_a_gap() {
        let clock = ManualClock::new(Timestamp::from_seconds(1_800_000_000));
        let mut keys = Vec::new();
        rotate(&mut keys, Algorithm::EdDsa, &clock);
        clock.advance(PLAN.sign_for - Duration::from_secs(60));
        rotate(&mut keys, Algorithm::EdDsa, &clock);
        assert!(keys[0].private_pkcs8.is_some(), "the current key is not retired");
        assert_eq!(keys[1].sign_from, keys[0].sign_until);
        // Down for a year: a new key signs at once.
        clock.advance(Duration::from_secs(365 * 86_400));
        rotate(&mut keys, Algorithm::EdDsa, &clock);
        assert!(sign_claims(&KeyRing::new(keys).unwrap(), "JWT", &serde_json::json!({}), clock.now()).is_ok());
    }

    #[test]
    fn another_algorithm_takes_over_after_its_publication() {
        let clock = ManualClock::new(Timestamp::from_seconds(1_800_000_000));
        let mut keys = Vec::new();
        rotate(&mut keys, Algorithm::EdDsa, &clock);
        rotate(&mut keys, Algorithm::Es256, &clock);
        rotate(&mut keys, Algorithm::Es256, &clock);
        assert_eq!(keys.len(), 2, "only one successor");
        clock.advance(PLAN.publish_before);
        let token =
            sign_claims(&KeyRing::new(keys.clone()).unwrap(), "JWT", &serde_json::json!({}), clock.now()).unwrap();
        assert_eq!(kid_of(&token), keys[1].id.as_str());
    }

    #[test]
    fn a_revoked_key_leaves_the_key_set_at_once() {
        let clock = ManualClock::new(Timestamp::from_seconds(1_800_000_000));
        let mut keys = Vec::new();
        rotate(&mut keys, Algorithm::EdDsa, &clock);
        keys[0].revoked_at = Some(clock.now());
        assert_eq!(KeyRing::new(keys.clone()).unwrap().jwks(clock.now()), r#"{"keys":[]}"#);
        rotate(&mut keys, Algorithm::EdDsa, &clock);
        assert!(keys[0].private_pkcs8.is_none());
        assert!(keys[1].signs_at(clock.now()));
    }
}
