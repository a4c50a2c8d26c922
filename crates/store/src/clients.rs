//! OAuth clients.

use sqlx::Row as _;
use vestibule_model::{Client, ClientId, ClientKind, Digest, Timestamp};

use crate::{
    Result, Store, StoreError,
    changes::Change,
    engine::{Row, row, writer::Tx},
    grants,
    remembered::Remembered,
};

/// Clients and their secrets as they were read last; the token endpoint asks for them every time.
#[derive(Default)]
pub(crate) struct Known {
    records: Remembered<ClientId, Client>,
    secrets: Remembered<ClientId, Vec<Digest>>,
}

impl Store {
    /// Inserts; `Conflict("client")` when the id was ever used.
    pub async fn create_client(&self, client: &Client, secret: Option<Digest>) -> Result<()> {
        let fresh =
            self.write((client.clone(), secret), |tx, (client, secret)| Box::pin(create(tx, client, *secret))).await?;
        fresh.then_some(()).ok_or(StoreError::Conflict("client"))
    }

    /// Inserts or replaces, secrets included (metadata documents, pre-registered clients of the configuration). What
    /// an administrator has disabled stays disabled: a client cannot free itself by publishing its document again.
    pub async fn put_client(&self, client: &Client, secret: Option<Digest>) -> Result<()> {
        self.write((client.clone(), secret), |tx, (client, secret)| Box::pin(put(tx, client, *secret))).await
    }

    /// Found also when disabled (check `disabled`), not when expired or deleted. A disabled one is found past its end
    /// too: that a document has to be fetched again must not make its client a stranger who may try.
    pub async fn find_client(&self, id: &ClientId) -> Result<Option<Client>> {
        let known = self.inner.clients.records.get(self, id, self.read_client(id)).await?;
        // What was remembered may have ended since.
        let now = self.now();
        Ok(known.filter(|client| client.disabled || client.expires_at.is_none_or(|end| end > now)))
    }

    async fn read_client(&self, id: &ClientId) -> Result<Option<Client>> {
        self.read((id.clone(), self.now()), |connection, (id, now)| {
            Box::pin(async move {
                let row = sqlx::query(
                    "SELECT record, disabled, expires_at FROM clients WHERE id = $1 AND deleted_at IS NULL \
                     AND (expires_at IS NULL OR expires_at > $2 OR disabled = TRUE)",
                )
                .bind(id.as_str())
                .bind(now.as_millis())
                .fetch_optional(connection)
                .await?;
                row.map(|row| read(&row)).transpose()
            })
        })
        .await
    }

    /// Digests of the client's secrets (several while one is being replaced).
    pub async fn client_secrets(&self, id: &ClientId) -> Result<Vec<Digest>> {
        let read = async { self.read_secrets(id).await.map(Some) };
        Ok(self.inner.clients.secrets.get(self, id, read).await?.unwrap_or_default())
    }

    async fn read_secrets(&self, id: &ClientId) -> Result<Vec<Digest>> {
        self.read(id.clone(), |connection, id| {
            Box::pin(async move {
                let rows = sqlx::query("SELECT digest FROM client_secrets WHERE client_id = $1")
                    .bind(id.as_str())
                    .fetch_all(connection)
                    .await?;
                rows.iter().map(|row| row::digest(row, "digest")).collect()
            })
        })
        .await
    }

    /// Gives a client a further secret. `Missing("client")` when there is no such client.
    pub async fn add_client_secret(&self, id: &ClientId, secret: Digest) -> Result<()> {
        let found = self
            .write((id.clone(), secret), |tx, (id, secret)| {
                Box::pin(async move {
                    let row = sqlx::query("SELECT 1 FROM clients WHERE id = $1 AND deleted_at IS NULL")
                        .bind(id.as_str())
                        .fetch_optional(&mut tx.connection)
                        .await?;
                    if row.is_some() {
                        insert_secret(tx, id, *secret).await?;
                        tx.change(&Change::Client(id.to_string())).await?;
                    }
                    Ok(row.is_some())
                })
            })
            .await?;
        found.then_some(()).ok_or(StoreError::Missing("client"))
    }

    /// All that are neither deleted nor expired, oldest first.
    pub async fn list_clients(&self) -> Result<Vec<Client>> {
        self.read(self.now(), |connection, now| {
            Box::pin(async move {
                let rows = sqlx::query(
                    "SELECT record, disabled, expires_at FROM clients \
                     WHERE deleted_at IS NULL AND (expires_at IS NULL OR expires_at > $1) ORDER BY created_at, id",
                )
                .bind(now.as_millis())
                .fetch_all(connection)
                .await?;
                rows.iter().map(read).collect()
            })
        })
        .await
    }

    /// How many of a kind are neither deleted nor expired.
    pub async fn count_clients(&self, kind: ClientKind) -> Result<u64> {
        self.read((kind, self.now()), |connection, (kind, now)| {
            Box::pin(async move {
                let row = sqlx::query(
                    "SELECT COUNT(*) AS total FROM clients \
                     WHERE kind = $1 AND deleted_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
                )
                .bind(kind.as_str())
                .bind(now.as_millis())
                .fetch_one(connection)
                .await?;
                row::count(&row, "total")
            })
        })
        .await
    }

    /// Closes or opens every door for a client; false when unknown.
    pub async fn set_client_disabled(&self, id: &ClientId, disabled: bool) -> Result<bool> {
        self.write((id.clone(), disabled), |tx, (id, disabled)| {
            Box::pin(async move {
                let set = sqlx::query("UPDATE clients SET disabled = $2 WHERE id = $1 AND deleted_at IS NULL")
                    .bind(id.as_str())
                    .bind(disabled)
                    .execute(&mut tx.connection)
                    .await?;
                changed(tx, id, set.rows_affected()).await
            })
        })
        .await
    }

    /// Forgets the client and revokes its grants. The id stays behind; a registration never gets it again.
    pub async fn delete_client(&self, id: &ClientId) -> Result<bool> {
        self.write(id.clone(), |tx, id| Box::pin(delete(tx, id))).await
    }

    /// An unused registration ends at `expires_at`; the first use removes the end (`None`) or moves it.
    pub async fn set_client_expiry(&self, id: &ClientId, expires_at: Option<Timestamp>) -> Result<()> {
        self.write((id.clone(), expires_at), |tx, (id, expires_at)| {
            Box::pin(async move {
                let set = sqlx::query("UPDATE clients SET expires_at = $2 WHERE id = $1 AND deleted_at IS NULL")
                    .bind(id.as_str())
                    .bind(expires_at.map(Timestamp::as_millis))
                    .execute(&mut tx.connection)
                    .await?;
                changed(tx, id, set.rows_affected()).await.map(drop)
            })
        })
        .await
    }
}

async fn changed(tx: &mut Tx, id: &ClientId, rows: u64) -> Result<bool> {
    if rows > 0 {
        tx.change(&Change::Client(id.to_string())).await?;
    }
    Ok(rows > 0)
}

async fn create(tx: &mut Tx, client: &Client, secret: Option<Digest>) -> Result<bool> {
    let inserted = sqlx::query(
        "INSERT INTO clients (id, kind, record, disabled, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(client.id.as_str())
    .bind(client.kind.as_str())
    .bind(row::to_json(client)?)
    .bind(client.disabled)
    .bind(client.expires_at.map(Timestamp::as_millis))
    .bind(client.created_at.as_millis())
    .execute(&mut tx.connection)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(secret) = secret {
        insert_secret(tx, &client.id, secret).await?;
    }
    changed(tx, &client.id, 1).await
}

async fn put(tx: &mut Tx, client: &Client, secret: Option<Digest>) -> Result<()> {
    sqlx::query(
        "INSERT INTO clients (id, kind, record, disabled, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, record = excluded.record, \
         disabled = (clients.disabled OR excluded.disabled), expires_at = excluded.expires_at, deleted_at = NULL",
    )
    .bind(client.id.as_str())
    .bind(client.kind.as_str())
    .bind(row::to_json(client)?)
    .bind(client.disabled)
    .bind(client.expires_at.map(Timestamp::as_millis))
    .bind(client.created_at.as_millis())
    .execute(&mut tx.connection)
    .await?;
    delete_secrets(tx, &client.id).await?;
    if let Some(secret) = secret {
        insert_secret(tx, &client.id, secret).await?;
    }
    changed(tx, &client.id, 1).await.map(drop)
}

async fn delete(tx: &mut Tx, id: &ClientId) -> Result<bool> {
    let gone = sqlx::query("UPDATE clients SET deleted_at = $2, record = '{}' WHERE id = $1 AND deleted_at IS NULL")
        .bind(id.as_str())
        .bind(tx.now.as_millis())
        .execute(&mut tx.connection)
        .await?;
    if gone.rows_affected() == 0 {
        return Ok(false);
    }
    delete_secrets(tx, id).await?;
    grants::revoke_all_of_client(tx, id, "client_deleted").await?;
    sqlx::query("DELETE FROM consents WHERE client_id = $1").bind(id.as_str()).execute(&mut tx.connection).await?;
    changed(tx, id, 1).await
}

async fn insert_secret(tx: &mut Tx, id: &ClientId, secret: Digest) -> Result<()> {
    sqlx::query(
        "INSERT INTO client_secrets (client_id, digest, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    )
    .bind(id.as_str())
    .bind(secret.as_bytes().as_slice())
    .bind(tx.now.as_millis())
    .execute(&mut tx.connection)
    .await?;
    Ok(())
}

async fn delete_secrets(tx: &mut Tx, id: &ClientId) -> Result<()> {
    sqlx::query("DELETE FROM client_secrets WHERE client_id = $1")
        .bind(id.as_str())
        .execute(&mut tx.connection)
        .await?;
    Ok(())
}

fn read(row: &Row) -> Result<Client> {
    let client: Client = row::json(row, "record")?;
    Ok(Client { disabled: row.try_get("disabled")?, expires_at: row::maybe_time(row, "expires_at")?, ..client })
}
