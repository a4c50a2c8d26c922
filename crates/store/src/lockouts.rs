//! Counters of failed guesses, per subject (canonical account) and per address; reserved before the check, so that
//! parallel guesses each count.

use std::time::Duration;

use sqlx::Row as _;
use vestibule_model::{Digest, Timestamp};

use crate::{
    Result, Store, StoreError,
    engine::{Connection, row, writer::Tx},
};

/// How often somebody has guessed wrong, and until when nobody may guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lockout {
    /// Failures since the last success. They are forgotten after a day without one.
    pub fails: u32,
    /// Guesses are refused until then.
    pub until: Option<Timestamp>,
    /// The last guess.
    pub last: Timestamp,
}

/// What a guess needs: whom it is about, and how long each failure keeps the next guess waiting.
type Guess = (&'static str, Digest, fn(u32) -> Duration);

impl Store {
    /// Atomically: when the subject is blocked, `Err` with the end of the block; otherwise counts one failure, blocks
    /// for `delay(fails)` and gives the new state. The caller calls [`Store::clear_guesses`] on success.
    pub async fn reserve_guess(
        &self,
        kind: &'static str,
        subject: &str,
        delay: fn(u32) -> Duration,
    ) -> Result<Result<Lockout, Timestamp>> {
        self.write((kind, hide(subject), delay), |tx, guess| Box::pin(reserve(tx, guess))).await
    }

    /// Forgets the failures, after a success.
    pub async fn clear_guesses(&self, kind: &'static str, subject: &str) -> Result<()> {
        self.write((kind, hide(subject)), |tx, (kind, subject)| {
            Box::pin(async move {
                sqlx::query("DELETE FROM lockouts WHERE kind = $1 AND subject = $2")
                    .bind(*kind)
                    .bind(subject.as_bytes().as_slice())
                    .execute(&mut tx.connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// The state, without counting.
    pub async fn find_lockout(&self, kind: &'static str, subject: &str) -> Result<Option<Lockout>> {
        self.read((kind, hide(subject)), |connection, (kind, subject)| Box::pin(find(connection, kind, *subject))).await
    }
}

/// Only a digest is stored: people type passwords into the wrong field.
fn hide(subject: &str) -> Digest {
    Digest::of(subject.as_bytes())
}

async fn find(connection: &mut Connection, kind: &str, subject: Digest) -> Result<Option<Lockout>> {
    let row = sqlx::query("SELECT fails, blocked_until, last_at FROM lockouts WHERE kind = $1 AND subject = $2")
        .bind(kind)
        .bind(subject.as_bytes().as_slice())
        .fetch_optional(connection)
        .await?;
    row.map(|row| {
        let fails = u32::try_from(row.try_get::<i64, _>("fails")?).map_err(|_| StoreError::Damaged("lockout"))?;
        Ok(Lockout { fails, until: row::maybe_time(&row, "blocked_until")?, last: row::time(&row, "last_at")? })
    })
    .transpose()
}

async fn reserve(tx: &mut Tx, (kind, subject, delay): &Guess) -> Result<Result<Lockout, Timestamp>> {
    let before = find(&mut tx.connection, kind, *subject).await?;
    if let Some(until) = before.and_then(|lockout| lockout.until).filter(|until| *until > tx.now) {
        return Ok(Err(until));
    }
    let fails = before.map_or(0, |lockout| lockout.fails).saturating_add(1);
    let wait = delay(fails);
    let until = (!wait.is_zero()).then(|| tx.now + wait);
    sqlx::query(
        "INSERT INTO lockouts (kind, subject, fails, blocked_until, last_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (kind, subject) DO UPDATE SET fails = excluded.fails, blocked_until = excluded.blocked_until, \
         last_at = excluded.last_at",
    )
    .bind(*kind)
    .bind(subject.as_bytes().as_slice())
    .bind(i64::from(fails))
    .bind(until.map(Timestamp::as_millis))
    .bind(tx.now.as_millis())
    .execute(&mut tx.connection)
    .await?;
    Ok(Ok(Lockout { fails, until, last: tx.now }))
}
