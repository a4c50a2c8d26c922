//! Signing keys between the store and the key ring: loading, planning the rotation, carrying it out.

use anyhow::{Context, Result};
use vestibule_model::{Clock, Random};
use vestibule_oauth::keys::{Algorithm, KeyChange, KeyRing, RotationPlan, SigningKey, plan_rotation};
use vestibule_store::{Store, keys::SigningKeyRow};

/// Carries out what the rotation plan wants now, and gives the ring to use from here on.
///
/// # Errors
/// When the store fails or a stored key is damaged.
pub(crate) async fn rotate(
    store: &Store,
    plan: &RotationPlan,
    algorithm: Algorithm,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<KeyRing> {
    for change in plan_rotation(&load(store).await?, plan, algorithm, clock, random)? {
        match change {
            KeyChange::Add(key) => {
                tracing::info!(kid = %key.id, "a signing key was made");
                store.put_signing_key(&to_row(key)).await?;
            }
            KeyChange::Retire(id) => store.retire_signing_key(&id).await?,
            KeyChange::Delete(id) => store.delete_signing_key(&id).await?,
        }
    }
    KeyRing::new(load(store).await?).context("a signing key in the database is damaged")
}

async fn load(store: &Store) -> Result<Vec<SigningKey>> {
    store.list_signing_keys().await?.into_iter().map(from_row).collect()
}

fn from_row(row: SigningKeyRow) -> Result<SigningKey> {
    let algorithm =
        Algorithm::parse(&row.algorithm).with_context(|| format!("key {} has an unknown algorithm", row.id))?;
    Ok(SigningKey {
        id: row.id,
        algorithm,
        public_jwk: row.public_jwk,
        private_pkcs8: row.private_pkcs8,
        publish_at: row.publish_at,
        sign_from: row.sign_from,
        sign_until: row.sign_until,
        verify_until: row.verify_until,
        revoked_at: row.revoked_at,
    })
}

fn to_row(key: SigningKey) -> SigningKeyRow {
    SigningKeyRow {
        id: key.id,
        algorithm: key.algorithm.as_str().to_owned(),
        public_jwk: key.public_jwk,
        private_pkcs8: key.private_pkcs8,
        publish_at: key.publish_at,
        sign_from: key.sign_from,
        sign_until: key.sign_until,
        verify_until: key.verify_until,
        revoked_at: key.revoked_at,
    }
}
