//! Whether tools are still what they were: each definition is compared with the one first seen or approved.
//!
//! A server that has been trusted for what its tools say can say something else tomorrow, to the model and not to the
//! person. So every list is compared on its way out, and what differs, or looks like another tool, is recorded, reported
//! and, in the mode `hold`, left out of lists and refused to callers until an administrator decides. The engine asks
//! ([`Holds`]) at every decision; both questions are answered from memory. A tool that was never listed is called at the
//! caller's own risk: policy names what may be called, and nothing is known of it that could have changed.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use vestibule_mcp::{Definition, definition, lookalike::Skeleton};
use vestibule_model::{AuditEvent, Clock, EventKind, PinMode, RequestId, ServerName, Verdict};
use vestibule_policy::hold::Holds;
use vestibule_store::{
    Store,
    journal::{Journal, Receipt},
    pins::{News, PinState, Sight},
};

use crate::list::Withheld;

/// The largest definition that is recorded, in bytes. A larger one counts as never seen.
const MAX_DEFINITION: usize = 256 * 1024;

/// What is known of the tools of all servers, and how each server is guarded.
pub struct PinnedTools {
    store: Store,
    modes: HashMap<ServerName, PinMode>,
}

impl PinnedTools {
    /// With the mode of each server; others have the default.
    pub fn new(store: Store, modes: impl IntoIterator<Item = (ServerName, PinMode)>) -> Self {
        Self { store, modes: modes.into_iter().collect() }
    }

    fn mode(&self, server: &ServerName) -> PinMode {
        self.modes.get(server).copied().unwrap_or_default()
    }
}

impl Holds for PinnedTools {
    fn find(&self, server: &ServerName, tool: &str) -> Option<String> {
        if self.mode(server) != PinMode::Hold {
            return None;
        }
        let state = self.store.pins().find(server, tool)?.state;
        (state != PinState::Pinned).then(|| {
            format!(
                "The definition of {tool} has changed since it was approved, or looks like that of another tool. \
                 It can be used again when an administrator has approved it."
            )
        })
    }
}

/// Compares what servers list with what is pinned.
pub struct Pins {
    tools: Arc<PinnedTools>,
    journal: Journal,
    clock: Arc<dyn Clock>,
}

impl Pins {
    /// Writes to this journal what is new.
    pub fn new(tools: Arc<PinnedTools>, journal: Journal, clock: Arc<dyn Clock>) -> Self {
        Self { tools, journal, clock }
    }

    /// Takes down what is new in a list of tools, and gives the names that must not be shown. A name that stands there
    /// twice is shown only when both definitions may be. On an error nothing of the list may pass.
    pub(crate) async fn compare(
        &self,
        server: &ServerName,
        request: &RequestId,
        body: &[u8],
    ) -> Result<HashSet<String>, Withheld> {
        let mode = self.tools.mode(server);
        if mode == PinMode::Off {
            return Ok(HashSet::new());
        }
        let definitions = definition::tools_in(body).map_err(|_| Withheld::Unreadable)?;
        self.note(server, mode, request, &definitions).await?;
        if mode == PinMode::Warn {
            return Ok(HashSet::new());
        }
        let pins = self.tools.store.pins();
        let in_force = |one: &Definition| pins.is_in_force(server, one.name(), one.digest());
        let held = definitions.iter().filter(|one| !in_force(one));
        Ok(held.map(|one| one.name().to_owned()).collect())
    }

    async fn note(
        &self,
        server: &ServerName,
        mode: PinMode,
        request: &RequestId,
        definitions: &[Definition],
    ) -> Result<(), Withheld> {
        let (pins, now) = (self.tools.store.pins(), self.clock.now());
        let is_news = |one: &&Definition| pins.is_news(server, one.name(), one.digest(), now);
        let (small, large): (Vec<_>, Vec<_>) =
            definitions.iter().filter(is_news).partition(|one| one.canonical().len() <= MAX_DEFINITION);
        for one in large {
            tracing::warn!(%server, tool = one.name(), "the definition of the tool is too large to be pinned");
        }
        if small.is_empty() {
            return Ok(());
        }
        let sights = small.into_iter().map(sight).collect();
        match self.tools.store.note_sights(server, sights).await {
            Ok(news) => self.report(server, mode, request, news).await,
            Err(error) => {
                // What is not recorded is not in force; the mode says what that means.
                tracing::error!(%server, %error, "tool definitions cannot be compared");
                Ok(())
            }
        }
    }

    /// Evidence and a line in the log for everything that is new.
    async fn report(
        &self,
        server: &ServerName,
        mode: PinMode,
        request: &RequestId,
        news: Vec<(Sight, News)>,
    ) -> Result<(), Withheld> {
        let mut last: Option<Receipt> = None;
        for (sight, news) in news {
            let (action, waits) = match &news {
                News::FirstSeen => ("first_seen", false),
                News::Restored => ("restored", false),
                News::Changed => ("changed", true),
                News::LooksLike(..) => ("look_alike", true),
            };
            if waits {
                let remedy = "compare with `vestibule pin show`, then approve or reject it";
                tracing::warn!(%server, tool = ?sight.tool, what = action, remedy, "a tool is not what it was");
            }
            let mut event = AuditEvent::new(self.clock.now(), EventKind::Pin, request.clone());
            event.server = Some(server.clone());
            event.action = Some(action.into());
            event.target = Some(sight.tool.get(..sight.tool.floor_char_boundary(1024)).unwrap_or_default().into());
            event.verdict = Some(if waits && mode == PinMode::Hold { Verdict::Deny } else { Verdict::Allow });
            event.detail = Some(format!("sha256 {}", sight.digest.to_hex()).into());
            last = Some(self.journal.append(&event).map_err(|_| Withheld::Journal)?);
        }
        match last {
            Some(receipt) => receipt.durable().await.map(drop).map_err(|_| Withheld::Journal),
            None => Ok(()),
        }
    }
}

fn sight(one: &Definition) -> Sight {
    let Skeleton { style, look } = Skeleton::of(one.name());
    Sight { tool: one.name().to_owned(), digest: one.digest(), definition: one.canonical().to_owned(), style, look }
}
