//! Grants: consent given to a client; every token hangs off one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::Row as _;
use vestibule_model::{Authentication, ClientId, GrantId, OrgId, ResourceUri, ScopeSet, SessionId, Timestamp, UserId};

use crate::{
    Result, Store, StoreError,
    changes::Change,
    engine::{Row, row, writer::Tx},
};

/// The last use of a grant is written at most this often.
const NOTE_EVERY: Duration = Duration::from_secs(60);

/// Consent, or a client's right to act for itself.
#[derive(Clone, Debug)]
pub struct GrantRecord {
    /// Never reused.
    pub id: GrantId,
    /// The tenant.
    pub org: OrgId,
    /// Who gave it; `None`: the client acts for itself.
    pub user: Option<UserId>,
    /// To whom.
    pub client: ClientId,
    /// For which server.
    pub resource: ResourceUri,
    /// For what.
    pub scopes: ScopeSet,
    /// How the user had signed in.
    pub authentication: Authentication,
    /// In which browser session.
    pub session: Option<SessionId>,
    /// Where the answer went, as the user was shown it.
    pub redirect_host: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// The lifetime the person chose; no token outlives it.
    pub expires_at: Timestamp,
    /// Within a minute or so.
    pub last_used_at: Option<Timestamp>,
    /// From here on it is dead.
    pub revoked_at: Option<Timestamp>,
    /// Why, as a stable code.
    pub revoked_because: Option<String>,
}

impl Store {
    /// Inserts; `Conflict("grant")` when the id was ever used.
    pub async fn create_grant(&self, grant: &GrantRecord) -> Result<()> {
        let fresh = self.write(grant.clone(), |tx, grant| Box::pin(create(tx, grant))).await?;
        fresh.then_some(()).ok_or(StoreError::Conflict("grant"))
    }

    /// Found also when revoked or expired; check.
    pub async fn find_grant(&self, id: &GrantId) -> Result<Option<GrantRecord>> {
        self.read(id.clone(), |connection, id| {
            Box::pin(async move {
                let row = sqlx::query("SELECT * FROM grants WHERE id = $1")
                    .bind(id.as_str())
                    .fetch_optional(connection)
                    .await?;
                row.map(|row| read(&row)).transpose()
            })
        })
        .await
    }

    /// Live ones of a user, newest first.
    pub async fn list_grants(&self, user: &UserId) -> Result<Vec<GrantRecord>> {
        self.read((user.clone(), self.now()), |connection, (user, now)| {
            Box::pin(async move {
                let rows = sqlx::query(
                    "SELECT * FROM grants WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 \
                     ORDER BY created_at DESC, id",
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

    /// Live ones of a client, newest first.
    pub async fn list_client_grants(&self, client: &ClientId) -> Result<Vec<GrantRecord>> {
        self.read((client.clone(), self.now()), |connection, (client, now)| {
            Box::pin(async move {
                let rows = sqlx::query(
                    "SELECT * FROM grants WHERE client_id = $1 AND revoked_at IS NULL AND expires_at > $2 \
                     ORDER BY created_at DESC, id",
                )
                .bind(client.as_str())
                .bind(now.as_millis())
                .fetch_all(connection)
                .await?;
                rows.iter().map(read).collect()
            })
        })
        .await
    }

    /// Live ones under which a client acts for itself, newest first. Remembered until something changes.
    pub async fn list_service_grants(&self, client: &ClientId) -> Result<Vec<GrantRecord>> {
        let read = async {
            let all = self.list_client_grants(client).await?;
            Ok(Some(all.into_iter().filter(|grant| grant.user.is_none()).collect()))
        };
        let known: Option<Arc<[GrantRecord]>> = self.inner.service_grants.get(self, client, read).await?;
        let now = self.now();
        Ok(known.iter().flat_map(|grants| grants.iter()).filter(|grant| grant.expires_at > now).cloned().collect())
    }

    /// Also kills its refresh tokens, in the same transaction. False when unknown or already revoked.
    pub async fn revoke_grant(&self, id: &GrantId, because: &str) -> Result<bool> {
        self.write((id.clone(), because.to_owned()), |tx, (id, because)| Box::pin(revoke(tx, id, None, because))).await
    }

    /// As [`Store::revoke_grant`], only when it belongs to this user.
    pub async fn revoke_grant_of(&self, user: &UserId, id: &GrantId, because: &str) -> Result<bool> {
        let input = (user.clone(), id.clone(), because.to_owned());
        self.write(input, |tx, (user, id, because)| Box::pin(revoke(tx, id, Some(user), because))).await
    }

    /// Never waits for the database: kept in memory and written within a second, at most once a minute per grant.
    pub fn note_grant_used(&self, id: &GrantId) {
        self.inner.usage.note(id, self.now());
    }

    /// Revokes one access token until it would have ended anyway (`jti`).
    pub async fn revoke_token_id(&self, jti: &str, expires_at: Timestamp) -> Result<()> {
        self.write((jti.to_owned(), expires_at), |tx, (jti, expires_at)| {
            Box::pin(async move {
                let revoked = sqlx::query(
                    "INSERT INTO revoked_tokens (jti, expires_at) VALUES ($1, $2) ON CONFLICT (jti) DO NOTHING",
                )
                .bind(jti)
                .bind(expires_at.as_millis())
                .execute(&mut tx.connection)
                .await?;
                if revoked.rows_affected() > 0 {
                    tx.change(&Change::Token(jti.clone())).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Lock-free check against the revoked `jti` kept in memory.
    pub fn is_token_id_revoked(&self, jti: &str) -> bool {
        self.inner.feed.is_revoked(jti)
    }
}

/// A grant that a client acts under for itself is news for whoever remembers those.
async fn create(tx: &mut Tx, grant: &GrantRecord) -> Result<bool> {
    let fresh = insert(tx, grant).await?;
    if fresh && grant.user.is_none() {
        tx.change(&Change::Grant(grant.id.to_string())).await?;
    }
    Ok(fresh)
}

async fn insert(tx: &mut Tx, grant: &GrantRecord) -> Result<bool> {
    let inserted = sqlx::query(
        "INSERT INTO grants (id, org_id, user_id, client_id, resource, scopes, authentication, session_id, \
         redirect_host, created_at, expires_at, last_used_at, revoked_at, revoked_because) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (id) DO NOTHING",
    )
    .bind(grant.id.as_str())
    .bind(grant.org.as_str())
    .bind(grant.user.as_ref().map(UserId::as_str))
    .bind(grant.client.as_str())
    .bind(grant.resource.as_str())
    .bind(grant.scopes.to_string())
    .bind(row::to_json(&grant.authentication)?)
    .bind(grant.session.as_ref().map(SessionId::as_str))
    .bind(&grant.redirect_host)
    .bind(grant.created_at.as_millis())
    .bind(grant.expires_at.as_millis())
    .bind(grant.last_used_at.map(Timestamp::as_millis))
    .bind(grant.revoked_at.map(Timestamp::as_millis))
    .bind(&grant.revoked_because)
    .execute(&mut tx.connection)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

/// Moves the end of a live grant inside a larger transaction: one is born with the life of its code and gets the rest
/// when the code is redeemed, so that nothing stays of a sign-in that its client never finished. False when it is
/// revoked, over or unknown.
pub(crate) async fn extend(tx: &mut Tx, id: &GrantId, expires_at: Timestamp) -> Result<bool> {
    let extended =
        sqlx::query("UPDATE grants SET expires_at = $2 WHERE id = $1 AND revoked_at IS NULL AND expires_at > $3")
            .bind(id.as_str())
            .bind(expires_at.as_millis())
            .bind(tx.now.as_millis())
            .execute(&mut tx.connection)
            .await?;
    Ok(extended.rows_affected() == 1)
}

/// Revokes a grant inside a larger transaction. Its refresh tokens and the answers kept for retries are dead with it:
/// each use asks for a live grant.
pub(crate) async fn revoke(tx: &mut Tx, id: &GrantId, owner: Option<&UserId>, because: &str) -> Result<bool> {
    let revoked = sqlx::query(
        "UPDATE grants SET revoked_at = $2, revoked_because = $3 \
         WHERE id = $1 AND revoked_at IS NULL AND ($4 IS NULL OR user_id = $4)",
    )
    .bind(id.as_str())
    .bind(tx.now.as_millis())
    .bind(because)
    .bind(owner.map(UserId::as_str))
    .execute(&mut tx.connection)
    .await?;
    if revoked.rows_affected() == 0 {
        return Ok(false);
    }
    tx.change(&Change::Grant(id.to_string())).await?;
    Ok(true)
}

/// Every live grant of a user.
pub(crate) async fn revoke_all_of(tx: &mut Tx, user: &UserId, because: &str) -> Result<()> {
    let rows = sqlx::query("SELECT id FROM grants WHERE user_id = $1 AND revoked_at IS NULL")
        .bind(user.as_str())
        .fetch_all(&mut tx.connection)
        .await?;
    revoke_each(tx, &rows, because).await
}

/// Every live grant of a client.
pub(crate) async fn revoke_all_of_client(tx: &mut Tx, client: &ClientId, because: &str) -> Result<()> {
    let rows = sqlx::query("SELECT id FROM grants WHERE client_id = $1 AND revoked_at IS NULL")
        .bind(client.as_str())
        .fetch_all(&mut tx.connection)
        .await?;
    revoke_each(tx, &rows, because).await
}

async fn revoke_each(tx: &mut Tx, rows: &[Row], because: &str) -> Result<()> {
    for row in rows {
        revoke(tx, &row::id(row, "id")?, None, because).await?;
    }
    Ok(())
}

pub(crate) fn read(row: &Row) -> Result<GrantRecord> {
    Ok(GrantRecord {
        id: row::id(row, "id")?,
        org: row::id(row, "org_id")?,
        user: row::maybe_id(row, "user_id")?,
        client: row::id(row, "client_id")?,
        resource: ResourceUri::new(row.try_get::<String, _>("resource")?),
        scopes: row::scopes(row, "scopes")?,
        authentication: row::json(row, "authentication")?,
        session: row::maybe_id(row, "session_id")?,
        redirect_host: row::maybe_id(row, "redirect_host")?,
        created_at: row::time(row, "created_at")?,
        expires_at: row::time(row, "expires_at")?,
        last_used_at: row::maybe_time(row, "last_used_at")?,
        revoked_at: row::maybe_time(row, "revoked_at")?,
        revoked_because: row::maybe_id(row, "revoked_because")?,
    })
}

/// Which grants were used lately, and which of that is not written yet.
#[derive(Default)]
pub(crate) struct Usage {
    state: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    last: HashMap<GrantId, Timestamp>,
    unwritten: Vec<(GrantId, Timestamp)>,
}

impl Usage {
    fn note(&self, id: &GrantId, now: Timestamp) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.last.get(id).is_some_and(|last| now.since(*last) < NOTE_EVERY) {
            return;
        }
        state.last.insert(id.clone(), now);
        state.unwritten.push((id.clone(), now));
    }

    /// What is to be written now.
    pub(crate) fn take(&self) -> Vec<(GrantId, Timestamp)> {
        std::mem::take(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner).unwritten)
    }

    /// Forgets grants that may be noted again anyway.
    pub(crate) fn forget_old(&self, now: Timestamp) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.last.retain(|_, last| now.since(*last) < NOTE_EVERY);
    }
}

/// Writes last uses, inside a transaction of the caller's.
pub(crate) async fn write_usage(tx: &mut Tx, used: &[(GrantId, Timestamp)]) -> Result<()> {
    for (id, at) in used {
        sqlx::query("UPDATE grants SET last_used_at = $2 WHERE id = $1")
            .bind(id.as_str())
            .bind(at.as_millis())
            .execute(&mut tx.connection)
            .await?;
    }
    Ok(())
}
