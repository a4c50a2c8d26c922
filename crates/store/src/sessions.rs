//! Browser sessions: the digest of the cookie, never the cookie.

use std::net::IpAddr;

use sqlx::Row as _;
use vestibule_model::{Authentication, Digest, OrgId, SessionId, Timestamp, UserId};

use crate::{
    Result, Store, StoreError,
    changes::Change,
    engine::{Row, row, writer::Tx},
};

/// A session of a signed-in browser.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    /// Its public name, for lists and audit.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// Their tenant.
    pub org: OrgId,
    /// SHA-256 of the cookie.
    pub digest: Digest,
    /// How they signed in.
    pub authentication: Authentication,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_seen_at: Timestamp,
    /// It ends here unless it is used.
    pub idle_expires_at: Timestamp,
    /// It ends here whatever happens.
    pub expires_at: Timestamp,
    /// Where the sign-in came from.
    pub address: Option<IpAddr>,
    /// What the browser called itself.
    pub user_agent: Option<String>,
}

impl Store {
    /// Inserts; `Missing("user")` when the user is unknown or deleted, `Conflict("session")` when id or digest is taken.
    pub async fn create_session(&self, session: &SessionRecord) -> Result<()> {
        self.write(session.clone(), |tx, session| Box::pin(insert(tx, session))).await?
    }

    /// `None` when unknown, ended or past either limit.
    pub async fn find_session(&self, digest: Digest) -> Result<Option<SessionRecord>> {
        self.read((digest, self.now()), |connection, (digest, now)| {
            Box::pin(async move {
                let row = sqlx::query(
                    "SELECT * FROM sessions \
                     WHERE digest = $1 AND ended_at IS NULL AND idle_expires_at > $2 AND expires_at > $2",
                )
                .bind(digest.as_bytes().as_slice())
                .bind(now.as_millis())
                .fetch_optional(connection)
                .await?;
                row.map(|row| read(&row)).transpose()
            })
        })
        .await
    }

    /// Moves the idle limit. A session that has ended stays ended.
    pub async fn touch_session(&self, id: &SessionId, seen: Timestamp, idle_expires_at: Timestamp) -> Result<()> {
        self.write((id.clone(), seen, idle_expires_at), |tx, (id, seen, idle)| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE sessions SET last_seen_at = $2, idle_expires_at = $3 \
                     WHERE id = $1 AND ended_at IS NULL AND idle_expires_at > $4",
                )
                .bind(id.as_str())
                .bind(seen.as_millis())
                .bind(idle.as_millis())
                .bind(tx.now.as_millis())
                .execute(&mut tx.connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// New cookie at a privilege change: the old digest is dead from here on (compare-and-set). False when the session
    /// had ended, or had another digest already.
    pub async fn rotate_session(
        &self,
        id: &SessionId,
        old: Digest,
        new: Digest,
        authentication: &Authentication,
    ) -> Result<bool> {
        let input = (id.clone(), old, new, row::to_json(authentication)?);
        self.write(input, |tx, (id, old, new, authentication)| Box::pin(rotate(tx, id, *old, *new, authentication)))
            .await
    }

    /// Live ones, newest first.
    pub async fn list_sessions(&self, user: &UserId) -> Result<Vec<SessionRecord>> {
        self.read((user.clone(), self.now()), |connection, (user, now)| {
            Box::pin(async move {
                let rows = sqlx::query(
                    "SELECT * FROM sessions WHERE user_id = $1 AND ended_at IS NULL \
                     AND idle_expires_at > $2 AND expires_at > $2 ORDER BY created_at DESC, id",
                )
                .bind(user.as_str())
                .bind(now.as_millis())
                .fetch_all(connection)
                .await?;
                rows.iter().map(read).collect()
            })
        })
        .await
    }

    /// Ends one of this user's sessions; false when it is not theirs, unknown or already ended.
    pub async fn end_session(&self, user: &UserId, id: &SessionId) -> Result<bool> {
        let ended = self
            .write((user.clone(), id.clone()), |tx, (user, id)| {
                Box::pin(async move {
                    let ended = sqlx::query(
                        "UPDATE sessions SET ended_at = $3 WHERE id = $1 AND user_id = $2 AND ended_at IS NULL",
                    )
                    .bind(id.as_str())
                    .bind(user.as_str())
                    .bind(tx.now.as_millis())
                    .execute(&mut tx.connection)
                    .await?;
                    if ended.rows_affected() > 0 {
                        tx.change(&Change::Session(id.to_string())).await?;
                    }
                    Ok(ended.rows_affected())
                })
            })
            .await?;
        Ok(ended > 0)
    }

    /// Ends all of a user's sessions; how many there were.
    pub async fn end_all_sessions(&self, user: &UserId) -> Result<u64> {
        self.write(user.clone(), |tx, user| Box::pin(end_all(tx, user))).await
    }
}

/// Ends all sessions of a user, inside a larger transaction.
pub(crate) async fn end_all(tx: &mut Tx, user: &UserId) -> Result<u64> {
    let rows = sqlx::query("UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL RETURNING id")
        .bind(user.as_str())
        .bind(tx.now.as_millis())
        .fetch_all(&mut tx.connection)
        .await?;
    for row in &rows {
        tx.change(&Change::Session(row::id(row, "id")?)).await?;
    }
    Ok(rows.len() as u64)
}

async fn insert(tx: &mut Tx, session: &SessionRecord) -> Result<Result<()>> {
    if !crate::directory::exists(tx, &session.user).await? {
        return Ok(Err(StoreError::Missing("user")));
    }
    let inserted = sqlx::query(
        "INSERT INTO sessions (id, user_id, org_id, digest, authentication, created_at, last_seen_at, \
         idle_expires_at, expires_at, address, user_agent) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
    )
    .bind(session.id.as_str())
    .bind(session.user.as_str())
    .bind(session.org.as_str())
    .bind(session.digest.as_bytes().as_slice())
    .bind(row::to_json(&session.authentication)?)
    .bind(session.created_at.as_millis())
    .bind(session.last_seen_at.as_millis())
    .bind(session.idle_expires_at.as_millis())
    .bind(session.expires_at.as_millis())
    .bind(session.address.map(|address| address.to_string()))
    .bind(&session.user_agent)
    .execute(&mut tx.connection)
    .await?;
    Ok(if inserted.rows_affected() == 0 { Err(StoreError::Conflict("session")) } else { Ok(()) })
}

async fn rotate(tx: &mut Tx, id: &SessionId, old: Digest, new: Digest, authentication: &str) -> Result<bool> {
    let rotated = sqlx::query(
        "UPDATE sessions SET digest = $3, authentication = $4 WHERE id = $1 AND digest = $2 \
         AND ended_at IS NULL AND idle_expires_at > $5 AND expires_at > $5",
    )
    .bind(id.as_str())
    .bind(old.as_bytes().as_slice())
    .bind(new.as_bytes().as_slice())
    .bind(authentication)
    .bind(tx.now.as_millis())
    .execute(&mut tx.connection)
    .await?;
    if rotated.rows_affected() == 0 {
        return Ok(false);
    }
    tx.change(&Change::Session(id.to_string())).await?;
    Ok(true)
}

fn read(row: &Row) -> Result<SessionRecord> {
    let address: Option<String> = row.try_get("address")?;
    Ok(SessionRecord {
        id: row::id(row, "id")?,
        user: row::id(row, "user_id")?,
        org: row::id(row, "org_id")?,
        digest: row::digest(row, "digest")?,
        authentication: row::json(row, "authentication")?,
        created_at: row::time(row, "created_at")?,
        last_seen_at: row::time(row, "last_seen_at")?,
        idle_expires_at: row::time(row, "idle_expires_at")?,
        expires_at: row::time(row, "expires_at")?,
        address: address.and_then(|text| text.parse().ok()),
        user_agent: row::maybe_id(row, "user_agent")?,
    })
}
