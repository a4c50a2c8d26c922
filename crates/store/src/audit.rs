//! A copy of the audit journal for searching. The journal file is the evidence; this is its index.

use sqlx::{QueryBuilder, Row as _, Sqlite};
use vestibule_model::Timestamp;

use crate::{
    Result, Store,
    engine::{Row, row, writer::Tx},
};

/// A journal record as it is searched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditRow {
    /// The node whose journal it stands in.
    pub node: String,
    /// Its number there.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// What kind of event.
    pub kind: String,
    /// The tenant.
    pub org: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// The OAuth client.
    pub client: Option<String>,
    /// The MCP server.
    pub server: Option<String>,
    /// The method or verb.
    pub action: Option<String>,
    /// What was acted on.
    pub target: Option<String>,
    /// `allow` or `deny`.
    pub verdict: Option<String>,
    /// Why, as a stable code.
    pub reason: Option<String>,
    /// The journal's own line.
    pub line: String,
}

/// What to search for; everything given must match exactly.
#[derive(Clone, Default, Debug)]
pub struct AuditFilter {
    /// The kind of event.
    pub kind: Option<String>,
    /// The tenant.
    pub org: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// The OAuth client.
    pub client: Option<String>,
    /// The MCP server.
    pub server: Option<String>,
    /// The method or verb.
    pub action: Option<String>,
    /// What was acted on.
    pub target: Option<String>,
    /// `allow` or `deny`.
    pub verdict: Option<String>,
    /// Not before this time.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
}

/// A page of a search ends here; give it back to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuditCursor(pub i64);

/// Rows per transaction, so that an import does not hold up sign-ins.
const CHUNK: usize = 200;

impl Store {
    /// Copies journal records in; those already here are left as they are.
    pub async fn import_audit(&self, rows: &[AuditRow]) -> Result<()> {
        for chunk in rows.chunks(CHUNK) {
            self.write(chunk.to_vec(), |tx, rows| {
                Box::pin(async move {
                    for row in rows {
                        insert(tx, row).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        }
        Ok(())
    }

    /// Newest first, at most `limit`, from behind `before` on.
    pub async fn search_audit(
        &self,
        filter: &AuditFilter,
        before: Option<AuditCursor>,
        limit: u32,
    ) -> Result<Vec<(AuditCursor, AuditRow)>> {
        self.read((filter.clone(), before, limit), |connection, (filter, before, limit)| {
            Box::pin(async move {
                let rows = search(filter, *before, *limit).build().persistent(false).fetch_all(connection).await?;
                rows.iter().map(|row| Ok((AuditCursor(row.try_get("id")?), read(row)?))).collect()
            })
        })
        .await
    }

    /// The number of a node's last record that is here.
    pub async fn last_audit_seq(&self, node: &str) -> Result<Option<i64>> {
        self.read(node.to_owned(), |connection, node| {
            Box::pin(async move {
                let row =
                    sqlx::query("SELECT MAX(seq) FROM audit WHERE node = $1").bind(node).fetch_one(connection).await?;
                Ok(row.try_get(0)?)
            })
        })
        .await
    }
}

/// Names of columns are ours; every value is a parameter.
fn search(filter: &AuditFilter, before: Option<AuditCursor>, limit: u32) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT * FROM audit WHERE 1 = 1");
    let equal = [
        (" AND kind = ", &filter.kind),
        (" AND org_id = ", &filter.org),
        (" AND user_id = ", &filter.user),
        (" AND client_id = ", &filter.client),
        (" AND server = ", &filter.server),
        (" AND action = ", &filter.action),
        (" AND target = ", &filter.target),
        (" AND verdict = ", &filter.verdict),
    ];
    for (condition, value) in equal {
        if let Some(value) = value {
            query.push(condition).push_bind(value.clone());
        }
    }
    if let Some(since) = filter.since {
        query.push(" AND at >= ").push_bind(since.as_millis());
    }
    if let Some(until) = filter.until {
        query.push(" AND at < ").push_bind(until.as_millis());
    }
    if let Some(AuditCursor(id)) = before {
        query.push(" AND id < ").push_bind(id);
    }
    query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(limit));
    query
}

async fn insert(tx: &mut Tx, row: &AuditRow) -> Result<()> {
    sqlx::query(
        "INSERT INTO audit (node, seq, at, kind, org_id, user_id, client_id, server, action, target, verdict, reason, line) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (node, seq) DO NOTHING",
    )
    .bind(&row.node)
    .bind(row.seq)
    .bind(row.at.as_millis())
    .bind(&row.kind)
    .bind(&row.org)
    .bind(&row.user)
    .bind(&row.client)
    .bind(&row.server)
    .bind(&row.action)
    .bind(&row.target)
    .bind(&row.verdict)
    .bind(&row.reason)
    .bind(&row.line)
    .execute(&mut tx.connection)
    .await?;
    Ok(())
}

fn read(row: &Row) -> Result<AuditRow> {
    Ok(AuditRow {
        node: row::id(row, "node")?,
        seq: row.try_get("seq")?,
        at: row::time(row, "at")?,
        kind: row::id(row, "kind")?,
        org: row::maybe_id(row, "org_id")?,
        user: row::maybe_id(row, "user_id")?,
        client: row::maybe_id(row, "client_id")?,
        server: row::maybe_id(row, "server")?,
        action: row::maybe_id(row, "action")?,
        target: row::maybe_id(row, "target")?,
        verdict: row::maybe_id(row, "verdict")?,
        reason: row::maybe_id(row, "reason")?,
        line: row::id(row, "line")?,
    })
}
