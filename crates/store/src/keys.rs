//! Signing keys; the private half is sealed, row = kid.

use sqlx::Row as _;
use vestibule_model::{KeyId, Secret, Timestamp};

use crate::{
    Result, Store, StoreError,
    changes::Change,
    engine::{Row, row},
    seal::Sealer,
};

/// A signing key and the times between which it is published, signs and verifies.
pub struct SigningKeyRow {
    /// The `kid`.
    pub id: KeyId,
    /// The JWS `alg`.
    pub algorithm: String,
    /// The public half as a JWK (RFC 7517), JSON text.
    pub public_jwk: String,
    /// The private half; `None` once it is destroyed.
    pub private_pkcs8: Option<Secret<Vec<u8>>>,
    /// From here on it stands in the key set.
    pub publish_at: Timestamp,
    /// From here on it signs.
    pub sign_from: Timestamp,
    /// Until here it signs.
    pub sign_until: Timestamp,
    /// Until here its signatures are accepted.
    pub verify_until: Timestamp,
    /// From here on nothing of it is accepted.
    pub revoked_at: Option<Timestamp>,
}

/// What is written: the row, its private half already sealed.
struct Sealed {
    id: KeyId,
    algorithm: String,
    public_jwk: String,
    private: Option<Vec<u8>>,
    times: [i64; 4],
    revoked_at: Option<i64>,
}

impl Store {
    /// All of them, in the order in which they sign.
    pub async fn list_signing_keys(&self) -> Result<Vec<SigningKeyRow>> {
        let rows = self
            .read((), |connection, ()| {
                Box::pin(async move {
                    Ok(sqlx::query("SELECT * FROM signing_keys ORDER BY sign_from, id").fetch_all(connection).await?)
                })
            })
            .await?;
        rows.iter().map(|row| read(row, self.sealer())).collect()
    }

    /// Inserts or replaces.
    pub async fn put_signing_key(&self, key: &SigningKeyRow) -> Result<()> {
        let private = key.private_pkcs8.as_ref();
        let sealed = Sealed {
            id: key.id.clone(),
            algorithm: key.algorithm.clone(),
            public_jwk: key.public_jwk.clone(),
            private: private.map(|secret| self.seal("signing_keys", "private", key.id.as_str(), secret.expose())),
            times: [key.publish_at, key.sign_from, key.sign_until, key.verify_until].map(Timestamp::as_millis),
            revoked_at: key.revoked_at.map(Timestamp::as_millis),
        };
        self.write(sealed, |tx, key| {
            Box::pin(async move {
                let [publish_at, sign_from, sign_until, verify_until] = key.times;
                sqlx::query(
                    "INSERT INTO signing_keys (id, algorithm, public_jwk, private, publish_at, sign_from, sign_until, \
                     verify_until, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
                     ON CONFLICT (id) DO UPDATE SET private = excluded.private, publish_at = excluded.publish_at, \
                     sign_from = excluded.sign_from, sign_until = excluded.sign_until, \
                     verify_until = excluded.verify_until, revoked_at = excluded.revoked_at",
                )
                .bind(key.id.as_str())
                .bind(&key.algorithm)
                .bind(&key.public_jwk)
                .bind(key.private.as_deref())
                .bind(publish_at)
                .bind(sign_from)
                .bind(sign_until)
                .bind(verify_until)
                .bind(key.revoked_at)
                .execute(&mut tx.connection)
                .await?;
                tx.change(&Change::SigningKeys).await
            })
        })
        .await
    }

    /// Destroys the private half; what it has signed stays valid until `verify_until`.
    pub async fn retire_signing_key(&self, id: &KeyId) -> Result<()> {
        self.write(id.clone(), |tx, id| {
            Box::pin(async move {
                sqlx::query("UPDATE signing_keys SET private = NULL WHERE id = $1")
                    .bind(id.as_str())
                    .execute(&mut tx.connection)
                    .await?;
                tx.change(&Change::SigningKeys).await
            })
        })
        .await
    }

    /// Removes a key that verifies nothing any more.
    pub async fn delete_signing_key(&self, id: &KeyId) -> Result<()> {
        self.write(id.clone(), |tx, id| {
            Box::pin(async move {
                sqlx::query("DELETE FROM signing_keys WHERE id = $1")
                    .bind(id.as_str())
                    .execute(&mut tx.connection)
                    .await?;
                tx.change(&Change::SigningKeys).await
            })
        })
        .await
    }
}

fn read(row: &Row, sealer: &Sealer) -> Result<SigningKeyRow> {
    let id: KeyId = row::id(row, "id")?;
    let sealed: Option<&[u8]> = row.try_get("private")?;
    let private = sealed.map(|sealed| sealer.open("signing_keys", "private", id.as_str(), sealed));
    Ok(SigningKeyRow {
        algorithm: row::id(row, "algorithm")?,
        public_jwk: row::id(row, "public_jwk")?,
        private_pkcs8: private.transpose().map_err(|_| StoreError::Damaged("signing key"))?,
        publish_at: row::time(row, "publish_at")?,
        sign_from: row::time(row, "sign_from")?,
        sign_until: row::time(row, "sign_until")?,
        verify_until: row::time(row, "verify_until")?,
        revoked_at: row::maybe_time(row, "revoked_at")?,
        id,
    })
}
