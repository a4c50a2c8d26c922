//! Remembered consent: per (user, client, redirect host, resource), with the scopes and the client's metadata digest.

use sqlx::Row as _;
use vestibule_model::{ClientId, Digest, ResourceUri, ScopeSet, Timestamp, UserId};

use crate::{
    Result, Store,
    engine::{Row, row},
};

/// What a person allowed, and need not be asked again.
#[derive(Clone, Debug)]
pub struct ConsentRecord {
    /// Who.
    pub user: UserId,
    /// Whom.
    pub client: ClientId,
    /// Where answers go.
    pub redirect_host: String,
    /// For which server.
    pub resource: ResourceUri,
    /// What was asked.
    pub requested: ScopeSet,
    /// What the person left ticked.
    pub granted: ScopeSet,
    /// The client's metadata at that time: when it changes, consent is asked again.
    pub metadata: Digest,
    /// The lifetime chosen for grants, in seconds.
    pub lifetime_seconds: i64,
    /// When.
    pub given_at: Timestamp,
    /// Until when it is remembered.
    pub expires_at: Timestamp,
}

impl Store {
    /// Remembers, in place of what was remembered before.
    pub async fn put_consent(&self, consent: &ConsentRecord) -> Result<()> {
        self.write(consent.clone(), |tx, consent| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO consents (user_id, client_id, redirect_host, resource, requested, granted, metadata, \
                     lifetime_seconds, given_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                     ON CONFLICT (user_id, client_id, redirect_host, resource) DO UPDATE SET \
                     requested = excluded.requested, granted = excluded.granted, metadata = excluded.metadata, \
                     lifetime_seconds = excluded.lifetime_seconds, given_at = excluded.given_at, \
                     expires_at = excluded.expires_at",
                )
                .bind(consent.user.as_str())
                .bind(consent.client.as_str())
                .bind(&consent.redirect_host)
                .bind(consent.resource.as_str())
                .bind(consent.requested.to_string())
                .bind(consent.granted.to_string())
                .bind(consent.metadata.as_bytes().as_slice())
                .bind(consent.lifetime_seconds)
                .bind(consent.given_at.as_millis())
                .bind(consent.expires_at.as_millis())
                .execute(&mut tx.connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// `None` when nothing is remembered, or not any more.
    pub async fn find_consent(
        &self,
        user: &UserId,
        client: &ClientId,
        redirect_host: &str,
        resource: &ResourceUri,
    ) -> Result<Option<ConsentRecord>> {
        let input = (user.clone(), client.clone(), redirect_host.to_owned(), resource.clone(), self.now());
        self.read(input, |connection, (user, client, redirect_host, resource, now)| {
            Box::pin(async move {
                let row = sqlx::query(
                    "SELECT * FROM consents WHERE user_id = $1 AND client_id = $2 AND redirect_host = $3 \
                     AND resource = $4 AND expires_at > $5",
                )
                .bind(user.as_str())
                .bind(client.as_str())
                .bind(redirect_host)
                .bind(resource.as_str())
                .bind(now.as_millis())
                .fetch_optional(connection)
                .await?;
                row.map(|row| read(&row)).transpose()
            })
        })
        .await
    }

    /// Forgets what a user remembered for a client (revoking a grant forgets its consent too).
    pub async fn forget_consent(&self, user: &UserId, client: &ClientId) -> Result<()> {
        self.write((user.clone(), client.clone()), |tx, (user, client)| {
            Box::pin(async move {
                sqlx::query("DELETE FROM consents WHERE user_id = $1 AND client_id = $2")
                    .bind(user.as_str())
                    .bind(client.as_str())
                    .execute(&mut tx.connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}

fn read(row: &Row) -> Result<ConsentRecord> {
    Ok(ConsentRecord {
        user: row::id(row, "user_id")?,
        client: row::id(row, "client_id")?,
        redirect_host: row::id(row, "redirect_host")?,
        resource: ResourceUri::new(row.try_get::<String, _>("resource")?),
        requested: row::scopes(row, "requested")?,
        granted: row::scopes(row, "granted")?,
        metadata: row::digest(row, "metadata")?,
        lifetime_seconds: row.try_get("lifetime_seconds")?,
        given_at: row::time(row, "given_at")?,
        expires_at: row::time(row, "expires_at")?,
    })
}
