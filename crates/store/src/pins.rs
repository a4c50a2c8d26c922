//! Tool definitions as they were first seen, and what has become of them since.
//!
//! ```text
//! never seen ──────────────→ pinned ──another definition──→ held ──approved──→ pinned, with the new one
//!      └─name like another's─→ held                           └──rejected──→ rejected ──the pinned one again──→ pinned
//! ```
//!
//! What is held stays so until an administrator decides: a server that goes back and forth between two definitions
//! never frees itself, and causes no further writes.

use std::{collections::HashMap, sync::Arc, time::Duration};

use sqlx::Row as _;
use vestibule_model::{Digest, ServerName, Timestamp};

use crate::{
    Result, Store, StoreError,
    changes::Change,
    engine::{Connection, Row, row, writer::Tx},
};

/// The most tools recorded of one server; what is beyond counts as never seen.
const MOST_TOOLS: i64 = 2000;
/// A waiting definition is replaced by a still newer one at most this often.
const REPLACE_EVERY: Duration = Duration::from_secs(60);

/// A tool as a server lists it now.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Its name.
    pub tool: String,
    /// The digest of its definition.
    pub digest: Digest,
    /// The definition, in canonical form.
    pub definition: String,
    /// Its name without case and separators.
    pub style: String,
    /// What its name looks like.
    pub look: String,
}

/// What a sight has changed. Of several calls that see the same at once, one is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum News {
    /// It is pinned from now on.
    FirstSeen,
    /// It differs from what was pinned, and waits.
    Changed,
    /// It was never seen, its name looks like that of this tool, and it waits.
    LooksLike(ServerName, String),
    /// After a rejection the server lists the pinned definition again.
    Restored,
}

/// Where a tool stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PinState {
    /// The pinned definition is in force.
    Pinned,
    /// A definition waits for an administrator.
    Held,
    /// An administrator has refused a definition, and the server has not gone back yet.
    Rejected,
}

impl PinState {
    /// The stored spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pinned => "pinned",
            Self::Held => "held",
            Self::Rejected => "rejected",
        }
    }

    fn read(row: &Row) -> Result<Self> {
        let all = [Self::Pinned, Self::Held, Self::Rejected];
        let text: &str = row.try_get("state")?;
        all.into_iter().find(|state| state.as_str() == text).ok_or(StoreError::Damaged("pin"))
    }
}

/// A definition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Definition {
    /// Its digest.
    pub digest: Digest,
    /// Its canonical text.
    pub text: String,
}

/// All that is known of a tool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PinRecord {
    /// Of which server.
    pub server: ServerName,
    /// Its name.
    pub tool: String,
    /// Where it stands.
    pub state: PinState,
    /// The definition that was first seen or approved; `None` when it was held at first sight.
    pub pinned: Option<Definition>,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
    /// When and by whom a later definition was approved.
    pub approved: Option<(Timestamp, String)>,
    /// The definition that waits or was refused, and since when it is known.
    pub candidate: Option<(Definition, Timestamp)>,
    /// Of which server and tool its name reminds, when that is why it was held.
    pub looks_like: Option<(ServerName, String)>,
}

/// What every list and call is compared with; kept in memory whole.
#[derive(Debug, Default)]
pub struct Pins(HashMap<ServerName, HashMap<Box<str>, Pin>>);

/// A tool, without the text.
#[derive(Clone, Debug)]
pub struct Pin {
    /// Where it stands.
    pub state: PinState,
    pinned: Option<Digest>,
    candidate: Option<(Digest, Timestamp)>,
}

impl Pins {
    /// What is known of a tool.
    pub fn find(&self, server: &ServerName, tool: &str) -> Option<&Pin> {
        self.0.get(server)?.get(tool)
    }

    /// Whether this definition is in force.
    pub fn is_in_force(&self, server: &ServerName, tool: &str, digest: Digest) -> bool {
        self.find(server, tool).is_some_and(|pin| pin.state == PinState::Pinned && pin.pinned == Some(digest))
    }

    /// Whether [`Store::note_sights`] would have anything to write.
    pub fn is_news(&self, server: &ServerName, tool: &str, digest: Digest, now: Timestamp) -> bool {
        self.find(server, tool).is_none_or(|pin| pin.becomes(digest, now).is_some())
    }
}

/// What is to be written about a tool that is known.
enum Step {
    Hold,
    Restore,
}

impl Pin {
    fn becomes(&self, digest: Digest, now: Timestamp) -> Option<Step> {
        let waits = self.candidate.is_some_and(|(known, _)| known == digest);
        let fresh = self.candidate.is_some_and(|(_, since)| now.since(since) < REPLACE_EVERY);
        match self.state {
            PinState::Pinned => (self.pinned != Some(digest)).then_some(Step::Hold),
            PinState::Held if waits || fresh || self.pinned == Some(digest) => None,
            PinState::Held => Some(Step::Hold),
            PinState::Rejected if self.pinned == Some(digest) => Some(Step::Restore),
            // A name that was refused stays refused, whatever comes under it.
            PinState::Rejected => (!waits && self.pinned.is_some()).then_some(Step::Hold),
        }
    }
}

impl Store {
    /// The pins as of the newest change that this process knows.
    pub fn pins(&self) -> Arc<Pins> {
        self.inner.feed.pins()
    }

    /// Takes down what a server lists, in this order, and tells what is new about it. Either all of it is written or
    /// nothing. A tool beyond the most that are recorded is left out.
    pub async fn note_sights(&self, server: &ServerName, sights: Vec<Sight>) -> Result<Vec<(Sight, News)>> {
        self.write((server.clone(), sights), |tx, (server, sights)| Box::pin(note(tx, server, sights))).await
    }

    /// One tool.
    pub async fn find_pin(&self, server: &ServerName, tool: &str) -> Result<Option<PinRecord>> {
        self.read((server.clone(), tool.to_owned()), |connection, (server, tool)| {
            Box::pin(async move {
                let row = sqlx::query("SELECT * FROM pins WHERE server = $1 AND tool = $2")
                    .bind(server.as_str())
                    .bind(tool)
                    .fetch_optional(connection)
                    .await?;
                row.map(|row| read(&row)).transpose()
            })
        })
        .await
    }

    /// All tools, by server and name.
    pub async fn list_pins(&self) -> Result<Vec<PinRecord>> {
        self.read((), |connection, ()| {
            Box::pin(async move {
                let rows = sqlx::query("SELECT * FROM pins ORDER BY server, tool").fetch_all(connection).await?;
                rows.iter().map(read).collect()
            })
        })
        .await
    }

    /// Puts the definition with this digest in force. False when no such definition waits or was refused: what was
    /// looked at is what is approved, or nothing is.
    pub async fn approve_pin(&self, server: &ServerName, tool: &str, digest: Digest, by: &str) -> Result<bool> {
        let input = (server.clone(), tool.to_owned(), digest, by.to_owned());
        self.write(input, |tx, (server, tool, digest, by)| {
            Box::pin(async move {
                let approved = sqlx::query(
                    "UPDATE pins SET state = 'pinned', digest = new_digest, definition = new_definition, \
                     approved_at = $4, approved_by = $5, new_digest = NULL, new_definition = NULL, new_since = NULL, \
                     like_server = NULL, like_tool = NULL WHERE server = $1 AND tool = $2 AND new_digest = $3",
                )
                .bind(server.as_str())
                .bind(tool)
                .bind(digest.as_bytes().as_slice())
                .bind(tx.now.as_millis())
                .bind(by)
                .execute(&mut tx.connection)
                .await?;
                announce(tx, server, approved.rows_affected() == 1).await
            })
        })
        .await
    }

    /// Refuses the definition with this digest. False when it does not wait.
    pub async fn reject_pin(&self, server: &ServerName, tool: &str, digest: Digest) -> Result<bool> {
        self.write((server.clone(), tool.to_owned(), digest), |tx, (server, tool, digest)| {
            Box::pin(async move {
                let rejected = sqlx::query(
                    "UPDATE pins SET state = 'rejected' WHERE server = $1 AND tool = $2 AND new_digest = $3 \
                     AND state = 'held'",
                )
                .bind(server.as_str())
                .bind(tool)
                .bind(digest.as_bytes().as_slice())
                .execute(&mut tx.connection)
                .await?;
                announce(tx, server, rejected.rows_affected() == 1).await
            })
        })
        .await
    }
}

async fn announce(tx: &mut Tx, server: &ServerName, changed: bool) -> Result<bool> {
    if changed {
        tx.change(&Change::Pins(server.to_string())).await?;
    }
    Ok(changed)
}

async fn note(tx: &mut Tx, server: &ServerName, sights: &[Sight]) -> Result<Vec<(Sight, News)>> {
    let mut all = Vec::new();
    for sight in sights {
        let known = sqlx::query("SELECT * FROM pins WHERE server = $1 AND tool = $2")
            .bind(server.as_str())
            .bind(&sight.tool)
            .fetch_optional(&mut tx.connection)
            .await?;
        let news = match known {
            Some(row) => see_again(tx, server, sight, &without_text(&row)?).await?,
            None => see_first(tx, server, sight).await?,
        };
        all.extend(news.map(|news| (sight.clone(), news)));
    }
    announce(tx, server, !all.is_empty()).await?;
    Ok(all)
}

async fn see_again(tx: &mut Tx, server: &ServerName, sight: &Sight, pin: &Pin) -> Result<Option<News>> {
    let (statement, news) = match pin.becomes(sight.digest, tx.now) {
        None => return Ok(None),
        Some(Step::Hold) => (
            "UPDATE pins SET state = 'held', new_digest = $3, new_definition = $4, new_since = $5 \
             WHERE server = $1 AND tool = $2",
            News::Changed,
        ),
        Some(Step::Restore) => (
            "UPDATE pins SET state = 'pinned', new_digest = NULL, new_definition = NULL, new_since = NULL \
             WHERE server = $1 AND tool = $2 AND digest = $3 AND $4 IS NOT NULL AND $5 IS NOT NULL",
            News::Restored,
        ),
    };
    sqlx::query(statement)
        .bind(server.as_str())
        .bind(&sight.tool)
        .bind(sight.digest.as_bytes().as_slice())
        .bind(&sight.definition)
        .bind(tx.now.as_millis())
        .execute(&mut tx.connection)
        .await?;
    Ok(Some(news))
}

async fn see_first(tx: &mut Tx, server: &ServerName, sight: &Sight) -> Result<Option<News>> {
    let count = sqlx::query("SELECT COUNT(*) FROM pins WHERE server = $1").bind(server.as_str());
    if count.fetch_one(&mut tx.connection).await?.try_get::<i64, _>(0)? >= MOST_TOOLS {
        return Ok(None);
    }
    let like = find_alike(&mut tx.connection, server, sight).await?;
    let state = if like.is_some() { PinState::Held } else { PinState::Pinned };
    let (server_alike, tool_alike) = like.clone().unzip();
    let (now, digest) = (tx.now.as_millis(), sight.digest.as_bytes().as_slice());
    let (pinned, waiting) = if like.is_some() { (None, Some(digest)) } else { (Some(digest), None) };
    sqlx::query(
        "INSERT INTO pins (server, tool, style, look, state, digest, definition, first_seen_at, new_digest, \
         new_definition, new_since, like_server, like_tool) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(server.as_str())
    .bind(&sight.tool)
    .bind(&sight.style)
    .bind(&sight.look)
    .bind(state.as_str())
    .bind(pinned)
    .bind(pinned.map(|_| &sight.definition))
    .bind(now)
    .bind(waiting)
    .bind(waiting.map(|_| &sight.definition))
    .bind(waiting.map(|_| now))
    .bind(server_alike.as_ref().map(ServerName::as_str))
    .bind(&tool_alike)
    .execute(&mut tx.connection)
    .await?;
    Ok(Some(like.map_or(News::FirstSeen, |(server, tool)| News::LooksLike(server, tool))))
}

/// A pinned tool of another name with the same look: of the same server in any case, of another only when more than
/// case and separators differ, since servers have different habits there.
async fn find_alike(
    connection: &mut Connection,
    server: &ServerName,
    sight: &Sight,
) -> Result<Option<(ServerName, String)>> {
    let row = sqlx::query(
        "SELECT server, tool FROM pins WHERE look = $1 AND tool <> $2 AND digest IS NOT NULL \
         AND (server = $3 OR style <> $4) ORDER BY server = $3 DESC, server, tool LIMIT 1",
    )
    .bind(&sight.look)
    .bind(&sight.tool)
    .bind(server.as_str())
    .bind(&sight.style)
    .fetch_optional(connection)
    .await?;
    row.map(|row| Ok((row::id(&row, "server")?, row::id(&row, "tool")?))).transpose()
}

/// Everything that is kept in memory.
pub(crate) async fn all(connection: &mut Connection) -> Result<Pins> {
    let rows = sqlx::query("SELECT server, tool, state, digest, new_digest, new_since FROM pins")
        .fetch_all(connection)
        .await?;
    let mut pins: HashMap<ServerName, HashMap<Box<str>, Pin>> = HashMap::new();
    for row in &rows {
        let tool: String = row::id(row, "tool")?;
        pins.entry(row::id(row, "server")?).or_default().insert(tool.into(), without_text(row)?);
    }
    Ok(Pins(pins))
}

fn without_text(row: &Row) -> Result<Pin> {
    let candidate = row::maybe_digest(row, "new_digest")?.zip(row::maybe_time(row, "new_since")?);
    Ok(Pin { state: PinState::read(row)?, pinned: row::maybe_digest(row, "digest")?, candidate })
}

fn read(row: &Row) -> Result<PinRecord> {
    let definition = |digest: &str, text: &str| -> Result<Option<Definition>> {
        let text: Option<String> = row::maybe_id(row, text)?;
        Ok(row::maybe_digest(row, digest)?.zip(text).map(|(digest, text)| Definition { digest, text }))
    };
    let approved_by: Option<String> = row::maybe_id(row, "approved_by")?;
    let like_tool: Option<String> = row::maybe_id(row, "like_tool")?;
    Ok(PinRecord {
        server: row::id(row, "server")?,
        tool: row::id(row, "tool")?,
        state: PinState::read(row)?,
        pinned: definition("digest", "definition")?,
        first_seen_at: row::time(row, "first_seen_at")?,
        approved: row::maybe_time(row, "approved_at")?.zip(approved_by),
        candidate: definition("new_digest", "new_definition")?.zip(row::maybe_time(row, "new_since")?),
        looks_like: row::maybe_id(row, "like_server")?.zip(like_tool),
    })
}
