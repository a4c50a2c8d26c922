//! Taking out what nobody may ask about any more.

use std::time::Duration;

use vestibule_model::Timestamp;

use crate::{Result, Store, engine::writer::Tx};

/// Rows per transaction, so that a sweep does not hold up sign-ins.
const CHUNK: i64 = 500;
/// Changes stay this long for processes that were asleep; a longer sleeper starts anew.
const KEEP_CHANGES: Duration = Duration::from_secs(3600);
/// Failed guesses are forgotten after this long without another.
const KEEP_LOCKOUTS: Duration = Duration::from_secs(24 * 3600);
/// Ended sessions stay this long.
const KEEP_SESSIONS: Duration = Duration::from_secs(7 * 24 * 3600);

/// One kind of rubbish: a statement that removes up to `$2` rows that ended before `$1`.
type Broom = (&'static str, Duration);

const BROOMS: [Broom; 8] = [
    (
        "DELETE FROM once WHERE (kind, digest) IN (SELECT kind, digest FROM once WHERE keep_until <= $1 LIMIT $2)",
        Duration::ZERO,
    ),
    (
        "DELETE FROM refresh_tokens WHERE digest IN (SELECT digest FROM refresh_tokens WHERE expires_at <= $1 LIMIT $2)",
        Duration::ZERO,
    ),
    (
        "UPDATE refresh_tokens SET answer = NULL WHERE digest IN \
         (SELECT digest FROM refresh_tokens WHERE answer IS NOT NULL AND retry_until <= $1 LIMIT $2)",
        Duration::ZERO,
    ),
    (
        "DELETE FROM revoked_tokens WHERE jti IN (SELECT jti FROM revoked_tokens WHERE expires_at <= $1 LIMIT $2)",
        Duration::ZERO,
    ),
    (
        "DELETE FROM sessions WHERE id IN \
         (SELECT id FROM sessions WHERE expires_at <= $1 OR ended_at <= $1 LIMIT $2)",
        KEEP_SESSIONS,
    ),
    (
        // A block that is still on stays, however long ago the last guess was: the hard stop has no other memory.
        "DELETE FROM lockouts WHERE (kind, subject) IN (SELECT kind, subject FROM lockouts WHERE last_at <= $1 \
         AND (blocked_until IS NULL OR blocked_until <= $1) LIMIT $2)",
        KEEP_LOCKOUTS,
    ),
    // A registration that was never used, or an old copy of a metadata document. A disabled client stays: forgetting
    // it would let it in again.
    (
        "DELETE FROM clients WHERE id IN \
         (SELECT id FROM clients WHERE expires_at <= $1 AND disabled = FALSE AND deleted_at IS NULL LIMIT $2)",
        Duration::ZERO,
    ),
    // The newest row stays: it tells a sleeper that there was something to miss.
    (
        "DELETE FROM changes WHERE seq IN \
         (SELECT seq FROM changes WHERE at <= $1 AND seq < (SELECT MAX(seq) FROM changes) ORDER BY seq LIMIT $2)",
        KEEP_CHANGES,
    ),
];

impl Store {
    /// Removes what ended before `now` (and its keep time). To be called every minute or so; many processes may.
    pub async fn sweep(&self, now: Timestamp) -> Result<()> {
        for (statement, keep) in BROOMS {
            while self.write((statement, now - keep), |tx, (sql, end)| Box::pin(remove(tx, sql, *end))).await? == CHUNK
            {
            }
        }
        self.inner.usage.forget_old(now);
        Ok(())
    }
}

async fn remove(tx: &mut Tx, statement: &'static str, end: Timestamp) -> Result<i64> {
    let removed = sqlx::query(statement).bind(end.as_millis()).bind(CHUNK).execute(&mut tx.connection).await?;
    Ok(i64::try_from(removed.rows_affected()).unwrap_or(CHUNK))
}
