//! Refresh tokens: compare-and-set rotation, the same successor on a retry, family revocation on any other reuse.

use sqlx::Row as _;
use vestibule_model::{ClientId, Digest, FamilyId, GrantId, Timestamp};

pub use crate::seal::{open_as_holder, seal_for_holder};
use crate::{
    Result, Store, StoreError,
    engine::{Row, row, writer::Tx},
    grants::{self, GrantRecord},
};

/// A refresh token.
#[derive(Clone, Debug)]
pub struct RefreshRecord {
    /// SHA-256 of the token.
    pub digest: Digest,
    /// The chain it belongs to.
    pub family: FamilyId,
    /// The token it replaced.
    pub parent: Option<Digest>,
    /// The consent it stands on.
    pub grant: GrantId,
    /// Whose it is.
    pub client: ClientId,
    /// When.
    pub issued_at: Timestamp,
    /// It ends here unless it is used.
    pub idle_expires_at: Timestamp,
    /// It ends here whatever happens; a successor inherits it.
    pub expires_at: Timestamp,
}

/// What happened to a presented refresh token.
#[derive(Debug)]
pub enum Rotation {
    /// This caller consumed it; the successor is stored.
    Rotated,
    /// A retry inside the window.
    Retry {
        /// The byte-identical body stored with the first rotation.
        answer: Vec<u8>,
    },
    /// A reuse: the whole family's grant has just been revoked.
    Reused {
        /// That grant.
        grant: GrantId,
    },
    /// Never issued, expired, its grant is revoked, or of another client (the owner's is unaffected).
    Unknown,
}

/// What a rotation needs.
struct Rotate {
    presented: Digest,
    client: ClientId,
    successor: RefreshRecord,
    sealed_answer: Vec<u8>,
    retry_until: Timestamp,
}

impl Store {
    /// Inserts the first token of a family, which otherwise comes to life with its code ([`Store::redeem_code`]). `Missing("grant")` when there is no such grant, `Conflict("refresh token")`
    /// when the digest is taken or the parent has a successor.
    #[cfg(test)]
    pub(crate) async fn create_refresh(&self, refresh: &RefreshRecord) -> Result<()> {
        self.write(refresh.clone(), |tx, refresh| Box::pin(insert(tx, refresh))).await?
    }

    /// Looks without consuming; the grant comes with it, and when it was rotated away.
    pub async fn find_refresh(
        &self,
        digest: Digest,
    ) -> Result<Option<(RefreshRecord, GrantRecord, Option<Timestamp>)>> {
        self.read(digest, |connection, digest| {
            Box::pin(async move {
                let row = sqlx::query(
                    "SELECT g.*, r.digest, r.family, r.parent, r.grant_id, r.client_id AS refresh_client_id, \
                     r.issued_at, r.idle_expires_at, r.expires_at AS refresh_expires_at, s.issued_at AS consumed_at \
                     FROM refresh_tokens r JOIN grants g ON g.id = r.grant_id \
                     LEFT JOIN refresh_tokens s ON s.parent = r.digest WHERE r.digest = $1",
                )
                .bind(digest.as_bytes().as_slice())
                .fetch_optional(connection)
                .await?;
                row.map(|row| Ok((read(&row)?, grants::read(&row)?, row::maybe_time(&row, "consumed_at")?))).transpose()
            })
        })
        .await
    }

    /// One statement consumes `presented` and stores `successor` and `sealed_answer` (encrypted by the caller under a
    /// key that only the holder of the presented token can derive). The answer is given again until `retry_until` or
    /// until the successor is used, whichever is first. On any other reuse the grant is revoked in the same
    /// transaction. Family, grant, client, parent and last end of the successor come from `presented`.
    pub async fn rotate_refresh(
        &self,
        presented: Digest,
        client: &ClientId,
        successor: &RefreshRecord,
        sealed_answer: &[u8],
        retry_until: Timestamp,
    ) -> Result<Rotation> {
        let rotate = Rotate {
            presented,
            client: client.clone(),
            successor: successor.clone(),
            sealed_answer: sealed_answer.to_vec(),
            retry_until,
        };
        self.write(rotate, |tx, rotate| Box::pin(rotate_or_judge(tx, rotate))).await
    }

    /// For clients whose refresh tokens are not rotated (confidential ones): moves the idle limit of a live token.
    pub async fn touch_refresh(&self, digest: Digest, idle_expires_at: Timestamp) -> Result<()> {
        self.write((digest, idle_expires_at), |tx, (digest, idle)| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE refresh_tokens SET idle_expires_at = $2 \
                     WHERE digest = $1 AND idle_expires_at > $3 \
                     AND NOT EXISTS (SELECT 1 FROM refresh_tokens s WHERE s.parent = refresh_tokens.digest)",
                )
                .bind(digest.as_bytes().as_slice())
                .bind(idle.as_millis())
                .bind(tx.now.as_millis())
                .execute(&mut tx.connection)
                .await?;
                Ok(())
            })
        })
        .await
    }
}

/// Inserts inside a larger transaction.
pub(crate) async fn insert(tx: &mut Tx, refresh: &RefreshRecord) -> Result<Result<()>> {
    let grant = sqlx::query("SELECT 1 FROM grants WHERE id = $1")
        .bind(refresh.grant.as_str())
        .fetch_optional(&mut tx.connection)
        .await?;
    if grant.is_none() {
        return Ok(Err(StoreError::Missing("grant")));
    }
    let inserted = sqlx::query(
        "INSERT INTO refresh_tokens (digest, family, parent, grant_id, client_id, issued_at, idle_expires_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(refresh.digest.as_bytes().as_slice())
    .bind(refresh.family.as_str())
    .bind(refresh.parent.as_ref().map(|parent| parent.as_bytes().as_slice()))
    .bind(refresh.grant.as_str())
    .bind(refresh.client.as_str())
    .bind(refresh.issued_at.as_millis())
    .bind(refresh.idle_expires_at.as_millis())
    .bind(refresh.expires_at.as_millis())
    .execute(&mut tx.connection)
    .await?;
    Ok(if inserted.rows_affected() == 0 { Err(StoreError::Conflict("refresh token")) } else { Ok(()) })
}

async fn rotate_or_judge(tx: &mut Tx, rotate: &Rotate) -> Result<Rotation> {
    if succeed(tx, rotate).await? { Ok(Rotation::Rotated) } else { judge(tx, rotate).await }
}

/// The compare-and-set: the successor is stored unless there is one, which UNIQUE (parent) decides; true for exactly
/// one caller. The lineage is copied by the database from the presented token, so nobody can graft a token onto
/// another family.
async fn succeed(tx: &mut Tx, rotate: &Rotate) -> Result<bool> {
    let stored = sqlx::query(
        "INSERT INTO refresh_tokens (digest, family, parent, grant_id, client_id, issued_at, idle_expires_at, \
         expires_at, answer, retry_until) \
         SELECT $3, r.family, r.digest, r.grant_id, r.client_id, $4, $5, r.expires_at, $6, $7 \
         FROM refresh_tokens r JOIN grants g ON g.id = r.grant_id \
         WHERE r.digest = $1 AND r.client_id = $2 AND r.idle_expires_at > $8 AND r.expires_at > $8 \
         AND g.revoked_at IS NULL AND g.expires_at > $8 \
         ON CONFLICT (parent) DO NOTHING",
    )
    .bind(rotate.presented.as_bytes().as_slice())
    .bind(rotate.client.as_str())
    .bind(rotate.successor.digest.as_bytes().as_slice())
    .bind(rotate.successor.issued_at.as_millis())
    .bind(rotate.successor.idle_expires_at.as_millis())
    .bind(rotate.sealed_answer.as_slice())
    .bind(rotate.retry_until.as_millis())
    .bind(tx.now.as_millis())
    .execute(&mut tx.connection)
    .await?;
    Ok(stored.rows_affected() == 1)
}

/// Why it could not be consumed: unknown or dead, a retry, or a reuse.
async fn judge(tx: &mut Tx, rotate: &Rotate) -> Result<Rotation> {
    let row = sqlx::query(
        "SELECT r.grant_id, s.answer, s.retry_until, \
         EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.parent = s.digest) AS moved_on \
         FROM refresh_tokens r JOIN refresh_tokens s ON s.parent = r.digest JOIN grants g ON g.id = r.grant_id \
         WHERE r.digest = $1 AND r.client_id = $2 AND r.expires_at > $3 \
         AND g.revoked_at IS NULL AND g.expires_at > $3",
    )
    .bind(rotate.presented.as_bytes().as_slice())
    .bind(rotate.client.as_str())
    .bind(tx.now.as_millis())
    .fetch_optional(&mut tx.connection)
    .await?;
    let Some(row) = row else { return Ok(Rotation::Unknown) };
    let window = row::maybe_time(&row, "retry_until")?.is_some_and(|until| until > tx.now);
    let answer: Option<Vec<u8>> = row.try_get("answer")?;
    if let (Some(answer), true, false) = (answer, window, row.try_get("moved_on")?) {
        return Ok(Rotation::Retry { answer });
    }
    // RFC 9700 section 4.14.2: the authorization server cannot tell the thief from the owner; it revokes both.
    let grant: GrantId = row::id(&row, "grant_id")?;
    grants::revoke(tx, &grant, None, "refresh_token_reused").await?;
    Ok(Rotation::Reused { grant })
}

fn read(row: &Row) -> Result<RefreshRecord> {
    Ok(RefreshRecord {
        digest: row::digest(row, "digest")?,
        family: row::id(row, "family")?,
        parent: row::maybe_digest(row, "parent")?,
        grant: row::id(row, "grant_id")?,
        client: row::id(row, "refresh_client_id")?,
        issued_at: row::time(row, "issued_at")?,
        idle_expires_at: row::time(row, "idle_expires_at")?,
        expires_at: row::time(row, "refresh_expires_at")?,
    })
}
