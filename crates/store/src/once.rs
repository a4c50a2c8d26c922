//! Every single-use thing goes through [`Store::consume`]: one compare-and-set statement.

use std::time::Duration;

use sqlx::Row as _;
use vestibule_model::{Digest, Timestamp};

use crate::{
    Result, Store, StoreError,
    engine::{row, writer::Tx},
};

/// What may be used once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OnceKind {
    /// An authorization code (RFC 6749 section 4.1.2).
    AuthorizationCode,
    /// The `jti` of a client assertion (RFC 7523 section 3).
    AssertionJti,
    /// A time step of a TOTP (RFC 6238 section 5.2).
    TotpStep,
    /// A backup code.
    BackupCode,
    /// A sign-in that waits for its second factor.
    PendingLogin,
    /// An authorization request that waits for its user.
    Flow,
    /// A ticket for a WebSocket.
    Ticket,
}

impl OnceKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::AuthorizationCode,
        Self::AssertionJti,
        Self::TotpStep,
        Self::BackupCode,
        Self::PendingLogin,
        Self::Flow,
        Self::Ticket,
    ];

    /// The stored spelling.
    const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::AssertionJti => "assertion_jti",
            Self::TotpStep => "totp_step",
            Self::BackupCode => "backup_code",
            Self::PendingLogin => "pending_login",
            Self::Flow => "flow",
            Self::Ticket => "ticket",
        }
    }

    /// How long it is remembered after its end. A code that is used a second time a day later still tells of a theft
    /// (RFC 6749 section 4.1.2: its tokens should be revoked); for the rest the skew of clocks is enough.
    const fn keep(self) -> Duration {
        match self {
            Self::AuthorizationCode => Duration::from_secs(24 * 3600),
            _ => Duration::from_secs(120),
        }
    }
}

/// What a `consume` found.
#[derive(Debug)]
pub enum Consumed<T = Vec<u8>> {
    /// This caller, and nobody else ever, gets the data.
    Won(T),
    /// Somebody was first; the data is given too, to revoke what hangs off it.
    Lost {
        /// When it was used.
        at: Timestamp,
        /// What it stood for.
        data: T,
    },
    /// Never issued, or past its end.
    Unknown,
}

pub(crate) type Key = (OnceKind, Digest);

impl Store {
    /// Records a single-use thing. `data` is sealed (AEAD, row = kind and digest). Kept (also once consumed) until
    /// `expires_at` + the keep time of its kind, so that a later reuse is still seen as a reuse. `Conflict` when the
    /// digest is known already.
    pub async fn issue_once(
        &self,
        kind: OnceKind,
        digest: Digest,
        subject: &str,
        expires_at: Timestamp,
        data: &[u8],
    ) -> Result<()> {
        let key = (kind, digest);
        let input = (key, subject.to_owned(), expires_at, self.seal_once(key, data));
        let fresh = self
            .write(input, |tx, (key, subject, expires_at, data)| {
                Box::pin(async move {
                    let inserted = sqlx::query(
                        "INSERT INTO once (kind, digest, subject, expires_at, keep_until, data) \
                         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kind, digest) DO NOTHING",
                    )
                    .bind(key.0.as_str())
                    .bind(key.1.as_bytes().as_slice())
                    .bind(subject)
                    .bind(expires_at.as_millis())
                    .bind((*expires_at + key.0.keep()).as_millis())
                    .bind(data)
                    .execute(&mut tx.connection)
                    .await?;
                    Ok(inserted.rows_affected() > 0)
                })
            })
            .await?;
        fresh.then_some(()).ok_or(StoreError::Conflict(kind.as_str()))
    }

    /// Exactly one caller ever wins.
    pub async fn consume(&self, kind: OnceKind, digest: Digest) -> Result<Consumed> {
        let key = (kind, digest);
        match self.write(key, |tx, key| Box::pin(consume(tx, key))).await? {
            Consumed::Won(data) => Ok(Consumed::Won(self.open_once(key, &data)?)),
            Consumed::Lost { at, data } => Ok(Consumed::Lost { at, data: self.open_once(key, &data)? }),
            Consumed::Unknown => Ok(Consumed::Unknown),
        }
    }

    /// For ids that others choose (`jti`): true for the first caller, false for every later one until `expires_at` and
    /// a little longer. The same primitive: an insert, and the database's uniqueness decides who was first.
    pub async fn consume_foreign(&self, kind: OnceKind, digest: Digest, expires_at: Timestamp) -> Result<bool> {
        self.write(((kind, digest), expires_at), |tx, (key, expires_at)| {
            Box::pin(consume_foreign(tx, key, *expires_at))
        })
        .await
    }

    /// Reads without consuming (a flow that is shown twice). `None` when unknown, expired or consumed.
    pub async fn peek_once(&self, kind: OnceKind, digest: Digest) -> Result<Option<Vec<u8>>> {
        let key = (kind, digest);
        let data = self
            .read((key, self.now()), |connection, (key, now)| {
                Box::pin(async move {
                    let row = sqlx::query(
                        "SELECT data FROM once WHERE kind = $1 AND digest = $2 AND consumed_at IS NULL AND expires_at > $3",
                    )
                    .bind(key.0.as_str())
                    .bind(key.1.as_bytes().as_slice())
                    .bind(now.as_millis())
                    .fetch_optional(connection)
                    .await?;
                    Ok(row.map(|row| row.try_get::<Vec<u8>, _>("data")).transpose()?)
                })
            })
            .await?;
        data.map(|data| self.open_once(key, &data)).transpose()
    }

    /// Replaces the data of a thing not yet consumed; false when there is none.
    pub async fn update_once(&self, kind: OnceKind, digest: Digest, data: &[u8]) -> Result<bool> {
        let key = (kind, digest);
        self.write((key, self.seal_once(key, data)), |tx, (key, data)| {
            Box::pin(async move {
                let updated = sqlx::query(
                    "UPDATE once SET data = $4 \
                     WHERE kind = $1 AND digest = $2 AND consumed_at IS NULL AND expires_at > $3",
                )
                .bind(key.0.as_str())
                .bind(key.1.as_bytes().as_slice())
                .bind(tx.now.as_millis())
                .bind(data)
                .execute(&mut tx.connection)
                .await?;
                Ok(updated.rows_affected() > 0)
            })
        })
        .await
    }

    fn seal_once(&self, key: Key, data: &[u8]) -> Vec<u8> {
        self.seal("once", "data", &cell(key), data)
    }

    pub(crate) fn open_once(&self, key: Key, sealed: &[u8]) -> Result<Vec<u8>> {
        let opened = self.sealer().open("once", "data", &cell(key), sealed);
        opened.map(|data| data.expose().clone()).map_err(|_| StoreError::Damaged(key.0.as_str()))
    }
}

fn cell((kind, digest): Key) -> String {
    format!("{}:{}", kind.as_str(), digest.to_hex())
}

/// The compare-and-set itself, for a larger transaction; the data is still sealed.
pub(crate) async fn consume(tx: &mut Tx, (kind, digest): &Key) -> Result<Consumed> {
    let won = sqlx::query(
        "UPDATE once SET consumed_at = $3 \
         WHERE kind = $1 AND digest = $2 AND consumed_at IS NULL AND expires_at > $3 RETURNING data",
    )
    .bind(kind.as_str())
    .bind(digest.as_bytes().as_slice())
    .bind(tx.now.as_millis())
    .fetch_optional(&mut tx.connection)
    .await?;
    if let Some(row) = won {
        return Ok(Consumed::Won(row.try_get("data")?));
    }
    let lost =
        sqlx::query("SELECT consumed_at, data FROM once WHERE kind = $1 AND digest = $2 AND consumed_at IS NOT NULL")
            .bind(kind.as_str())
            .bind(digest.as_bytes().as_slice())
            .fetch_optional(&mut tx.connection)
            .await?;
    lost.map_or(Ok(Consumed::Unknown), |row| {
        Ok(Consumed::Lost { at: row::time(&row, "consumed_at")?, data: row.try_get("data")? })
    })
}

async fn consume_foreign(tx: &mut Tx, (kind, digest): &Key, expires_at: Timestamp) -> Result<bool> {
    // Somebody else's clock may say that it has ended already; it is remembered from now on all the same.
    let keep_until = expires_at.max(tx.now) + kind.keep();
    let inserted = sqlx::query(
        "INSERT INTO once (kind, digest, subject, expires_at, keep_until, consumed_at, data) \
         VALUES ($1, $2, '', $3, $4, $5, $6) ON CONFLICT (kind, digest) DO UPDATE SET \
         expires_at = excluded.expires_at, keep_until = excluded.keep_until, consumed_at = excluded.consumed_at \
         WHERE once.keep_until <= $5",
    )
    .bind(kind.as_str())
    .bind(digest.as_bytes().as_slice())
    .bind(expires_at.as_millis())
    .bind(keep_until.as_millis())
    .bind(tx.now.as_millis())
    .bind([].as_slice())
    .execute(&mut tx.connection)
    .await?;
    Ok(inserted.rows_affected() > 0)
}
