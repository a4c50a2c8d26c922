//! The key set and its rotation: published before it signs.
use std::time::Duration;
use vestibule_model::{Clock, KeyId, Random, Secret, Timestamp};
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Algorithm { EdDsa, Es256 }
/// One key with its times: publish_at <= sign_from < sign_until <= verify_until.
pub struct SigningKey { pub id: KeyId, pub algorithm: Algorithm, pub public_jwk: String, pub private_pkcs8: Option<Secret<Vec<u8>>>, pub publish_at: Timestamp, pub sign_from: Timestamp, pub sign_until: Timestamp, pub verify_until: Timestamp, pub revoked_at: Option<Timestamp> }
/// An immutable snapshot of all keys, with parsed signers and verifiers.
pub struct KeyRing;
#[derive(Debug, thiserror::Error)]
pub enum KeyError { #[error("key {0} is damaged")] Damaged(KeyId), #[error("no key may sign now")] NoSigner }
impl KeyRing {
    pub fn new(keys: Vec<SigningKey>) -> Result<Self, KeyError> { todo!() }
    /// RFC 7517 JWK Set of all keys published at `now` and not revoked, as JSON text.
    pub fn jwks(&self, now: Timestamp) -> String { todo!() }
}
/// Rotation times.
#[derive(Clone, Copy, Debug)]
pub struct RotationPlan { pub sign_for: Duration, pub publish_before: Duration, pub verify_after: Duration }
pub enum KeyChange { Add(SigningKey), /// destroy the private half
    Retire(KeyId), Delete(KeyId) }
/// What must change now: pure. The very first key signs at once; every later one is published `publish_before` ahead.
pub fn plan_rotation(keys: &[SigningKey], plan: &RotationPlan, algorithm: Algorithm, clock: &dyn Clock, random: &dyn Random) -> Vec<KeyChange> { todo!() }
