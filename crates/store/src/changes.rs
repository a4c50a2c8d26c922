//! The change feed: an outbox table written in the same transaction as the change.

use crate::Store;

/// What has changed, and for whom: caches that know this thing must ask again.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Change {
    /// A user's facts, password or factors; the id.
    User(String),
    /// A session ended or got a new cookie; its id.
    Session(String),
    /// A client's metadata, state or secrets; its id.
    Client(String),
    /// A grant was revoked; its id.
    Grant(String),
    /// One access token was revoked; its `jti`.
    Token(String),
    /// A signing key was made, retired or deleted.
    SigningKeys,
    /// The tool definitions of a server; its name.
    Pins(String),
    /// More than can be told: every cache starts anew.
    Everything,
}

impl Change {
    /// The stored spelling.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Session(_) => "session",
            Self::Client(_) => "client",
            Self::Grant(_) => "grant",
            Self::Token(_) => "token",
            Self::SigningKeys => "signing_keys",
            Self::Pins(_) => "pins",
            Self::Everything => "everything",
        }
    }

    pub(crate) fn key(&self) -> &str {
        match self {
            Self::User(id)
            | Self::Session(id)
            | Self::Client(id)
            | Self::Grant(id)
            | Self::Token(id)
            | Self::Pins(id) => id,
            Self::SigningKeys | Self::Everything => "",
        }
    }

    /// A kind that this program does not know (a newer one wrote it) may mean anything.
    pub(crate) fn read(kind: &str, key: String) -> Self {
        match kind {
            "user" => Self::User(key),
            "session" => Self::Session(key),
            "client" => Self::Client(key),
            "grant" => Self::Grant(key),
            "token" => Self::Token(key),
            "signing_keys" => Self::SigningKeys,
            "pins" => Self::Pins(key),
            _ => Self::Everything,
        }
    }

    pub(crate) fn token(&self) -> Option<&str> {
        if let Self::Token(jti) = self { Some(jti) } else { None }
    }
}

/// One numbered change.
#[derive(Clone, Debug)]
pub struct Numbered {
    /// Rising, without gaps; 0 for [`Change::Everything`] that no row stands for.
    pub seq: i64,
    /// What changed.
    pub change: Change,
}

impl Store {
    /// Every change from now on, those of other processes on the same file too (seen within 100 ms by polling);
    /// those of this process at commit, before the writing call returns. A lagging receiver gets `Lagged` and must
    /// reload everything.
    pub fn subscribe(&self) -> tokio::sync::broadcast::Receiver<Numbered> {
        self.inner.feed.subscribe()
    }

    /// Whether the news of other processes could be read at the last look. While it is false, [`Store::epoch`] may
    /// stand still although something was revoked: whoever relies on it must refuse.
    pub fn is_current(&self) -> bool {
        self.inner.feed.is_current()
    }

    /// Moves at every commit that wrote a change (in this process: before the writing call returns). Caches compare
    /// it.
    pub fn epoch(&self) -> u64 {
        self.inner.feed.epoch()
    }
}
