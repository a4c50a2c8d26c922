//! Factors of users. Secrets are sealed with the row's id as associated data.

use sqlx::Row as _;
use vestibule_model::{Digest, Secret, Timestamp, UserId};

use crate::{
    Result, Store, StoreError,
    changes::Change,
    engine::{Row, row, writer::Tx},
};

/// Something a user proves themselves with, beside the password.
#[derive(Clone, Debug)]
pub struct FactorRecord {
    /// Never reused.
    pub id: String,
    /// Whose.
    pub user: UserId,
    /// Which entry of the table of factors.
    pub kind: String,
    /// What its owner calls it.
    pub label: String,
    /// When enrolment began.
    pub created_at: Timestamp,
    /// When its owner first proved it; until then it is worth nothing.
    pub confirmed_at: Option<Timestamp>,
    /// When it last helped.
    pub last_used_at: Option<Timestamp>,
}

impl Store {
    /// Inserts; `Missing("user")` when the user is unknown or deleted, `Conflict("factor")` when the id is taken.
    pub async fn create_factor(&self, factor: &FactorRecord, secret: &[u8]) -> Result<()> {
        let sealed = self.seal("factors", "secret", &factor.id, secret);
        self.write((factor.clone(), sealed), |tx, (factor, sealed)| Box::pin(insert(tx, factor, sealed))).await?
    }

    /// Confirmed ones, oldest first.
    pub async fn list_factors(&self, user: &UserId) -> Result<Vec<FactorRecord>> {
        self.read(user.clone(), |connection, user| {
            Box::pin(async move {
                let rows = sqlx::query(
                    "SELECT * FROM factors WHERE user_id = $1 AND confirmed_at IS NOT NULL ORDER BY created_at, id",
                )
                .bind(user.as_str())
                .fetch_all(connection)
                .await?;
                rows.iter().map(read).collect()
            })
        })
        .await
    }

    /// One of this user's, confirmed or not.
    pub async fn find_factor(&self, user: &UserId, id: &str) -> Result<Option<FactorRecord>> {
        let row = self.factor_row(user, id).await?;
        row.map(|row| read(&row)).transpose()
    }

    /// The secret of one of this user's, confirmed or not.
    pub async fn factor_secret(&self, user: &UserId, id: &str) -> Result<Option<Secret<Vec<u8>>>> {
        let Some(row) = self.factor_row(user, id).await? else { return Ok(None) };
        let sealed: &[u8] = row.try_get("secret")?;
        let secret = self.sealer().open("factors", "secret", id, sealed);
        secret.map(Some).map_err(|_| StoreError::Damaged("factor"))
    }

    async fn factor_row(&self, user: &UserId, id: &str) -> Result<Option<Row>> {
        self.read((user.clone(), id.to_owned()), |connection, (user, id)| {
            Box::pin(async move {
                let query = sqlx::query("SELECT * FROM factors WHERE user_id = $1 AND id = $2");
                Ok(query.bind(user.as_str()).bind(id).fetch_optional(connection).await?)
            })
        })
        .await
    }

    /// Makes it count; false when it is not theirs, unknown or confirmed before.
    pub async fn confirm_factor(&self, user: &UserId, id: &str, at: Timestamp) -> Result<bool> {
        self.write((user.clone(), id.to_owned(), at), |tx, (user, id, at)| {
            Box::pin(async move {
                let confirmed = sqlx::query(
                    "UPDATE factors SET confirmed_at = $3 WHERE user_id = $1 AND id = $2 AND confirmed_at IS NULL",
                )
                .bind(user.as_str())
                .bind(id)
                .bind(at.as_millis())
                .execute(&mut tx.connection)
                .await?;
                changed(tx, user, confirmed.rows_affected()).await
            })
        })
        .await
    }

    /// Removes it with its secret; false when it is not theirs or unknown.
    pub async fn delete_factor(&self, user: &UserId, id: &str) -> Result<bool> {
        self.write((user.clone(), id.to_owned()), |tx, (user, id)| {
            Box::pin(async move {
                let deleted = sqlx::query("DELETE FROM factors WHERE user_id = $1 AND id = $2")
                    .bind(user.as_str())
                    .bind(id)
                    .execute(&mut tx.connection)
                    .await?;
                changed(tx, user, deleted.rows_affected()).await
            })
        })
        .await
    }

    /// Compare-and-set on the last accepted TOTP step: true only when `step` is greater than every step accepted before
    /// (RFC 6238 section 5.2: the verifier MUST NOT accept the second attempt of the OTP).
    pub async fn accept_totp_step(&self, user: &UserId, id: &str, step: i64) -> Result<bool> {
        self.write((user.clone(), id.to_owned(), step), |tx, (user, id, step)| {
            Box::pin(async move {
                let accepted = sqlx::query(
                    "UPDATE factors SET last_step = $3, last_used_at = $4 \
                     WHERE user_id = $1 AND id = $2 AND (last_step IS NULL OR last_step < $3)",
                )
                .bind(user.as_str())
                .bind(id)
                .bind(step)
                .bind(tx.now.as_millis())
                .execute(&mut tx.connection)
                .await?;
                Ok(accepted.rows_affected() == 1)
            })
        })
        .await
    }

    /// Replaces all backup codes. `Missing("user")` when the user is unknown or deleted.
    pub async fn set_backup_codes(&self, user: &UserId, codes: &[Digest]) -> Result<()> {
        self.write((user.clone(), codes.to_vec()), |tx, (user, codes)| Box::pin(replace_codes(tx, user, codes))).await?
    }

    /// Uses one up (compare-and-set); true for exactly one caller.
    pub async fn use_backup_code(&self, user: &UserId, code: Digest) -> Result<bool> {
        self.write((user.clone(), code), |tx, (user, code)| {
            Box::pin(async move {
                let used = sqlx::query(
                    "UPDATE backup_codes SET used_at = $3 WHERE user_id = $1 AND digest = $2 AND used_at IS NULL",
                )
                .bind(user.as_str())
                .bind(code.as_bytes().as_slice())
                .bind(tx.now.as_millis())
                .execute(&mut tx.connection)
                .await?;
                Ok(used.rows_affected() == 1)
            })
        })
        .await
    }

    /// How many are unused.
    pub async fn backup_codes_left(&self, user: &UserId) -> Result<u64> {
        self.read(user.clone(), |connection, user| {
            Box::pin(async move {
                let row =
                    sqlx::query("SELECT COUNT(*) AS total FROM backup_codes WHERE user_id = $1 AND used_at IS NULL")
                        .bind(user.as_str())
                        .fetch_one(connection)
                        .await?;
                row::count(&row, "total")
            })
        })
        .await
    }
}

/// Removes all factors and backup codes of a user, inside a larger transaction.
pub(crate) async fn delete_all(tx: &mut Tx, user: &UserId) -> Result<()> {
    sqlx::query("DELETE FROM factors WHERE user_id = $1").bind(user.as_str()).execute(&mut tx.connection).await?;
    sqlx::query("DELETE FROM backup_codes WHERE user_id = $1").bind(user.as_str()).execute(&mut tx.connection).await?;
    Ok(())
}

async fn insert(tx: &mut Tx, factor: &FactorRecord, sealed: &[u8]) -> Result<Result<()>> {
    if !crate::directory::exists(tx, &factor.user).await? {
        return Ok(Err(StoreError::Missing("user")));
    }
    let inserted = sqlx::query(
        "INSERT INTO factors (id, user_id, kind, label, secret, created_at, confirmed_at, last_used_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
    )
    .bind(&factor.id)
    .bind(factor.user.as_str())
    .bind(&factor.kind)
    .bind(&factor.label)
    .bind(sealed)
    .bind(factor.created_at.as_millis())
    .bind(factor.confirmed_at.map(Timestamp::as_millis))
    .bind(factor.last_used_at.map(Timestamp::as_millis))
    .execute(&mut tx.connection)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(Err(StoreError::Conflict("factor")));
    }
    Ok(Ok(()))
}

async fn replace_codes(tx: &mut Tx, user: &UserId, codes: &[Digest]) -> Result<Result<()>> {
    if !crate::directory::exists(tx, user).await? {
        return Ok(Err(StoreError::Missing("user")));
    }
    sqlx::query("DELETE FROM backup_codes WHERE user_id = $1").bind(user.as_str()).execute(&mut tx.connection).await?;
    for code in codes {
        sqlx::query("INSERT INTO backup_codes (user_id, digest) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(user.as_str())
            .bind(code.as_bytes().as_slice())
            .execute(&mut tx.connection)
            .await?;
    }
    Ok(Ok(()))
}

async fn changed(tx: &mut Tx, user: &UserId, rows: u64) -> Result<bool> {
    if rows > 0 {
        tx.change(&Change::User(user.to_string())).await?;
    }
    Ok(rows > 0)
}

fn read(row: &Row) -> Result<FactorRecord> {
    Ok(FactorRecord {
        id: row::id(row, "id")?,
        user: row::id(row, "user_id")?,
        kind: row::id(row, "kind")?,
        label: row::id(row, "label")?,
        created_at: row::time(row, "created_at")?,
        confirmed_at: row::maybe_time(row, "confirmed_at")?,
        last_used_at: row::maybe_time(row, "last_used_at")?,
    })
}
