//! Reading the audit journal for people: one organization's events, filtered, newest first.

use serde::Deserialize;
use vestibule_model::{OrgId, Timestamp};
use vestibule_store::journal::Journal;

/// How many events one page looks through. A rare filter then says how far it came.
const MOST_SEARCHED: usize = 100_000;

/// A line of the journal, as far as pages show it.
#[derive(Deserialize)]
pub(crate) struct Record {
    pub(crate) seq: u64,
    pub(crate) event: Event,
}

/// The event of a line. Unknown fields are fine: newer nodes may write more.
#[derive(Deserialize)]
pub(crate) struct Event {
    pub(crate) at: Timestamp,
    pub(crate) kind: String,
    pub(crate) org: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) client: Option<String>,
    pub(crate) server: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) verdict: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) detail: Option<String>,
}

impl Event {
    /// Whether an administrator of this organization may see it: theirs, or nobody's (a start, a request without credentials).
    pub(crate) fn concerns(&self, org: &OrgId) -> bool {
        self.org.as_deref().is_none_or(|of| of == org.as_str())
    }
}

/// What to look for; everything given must match exactly.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Filter {
    pub(crate) user: Option<String>,
    pub(crate) server: Option<String>,
    pub(crate) verdict: Option<String>,
    pub(crate) kind: Option<String>,
}

impl Filter {
    fn matches(&self, event: &Event) -> bool {
        let fits =
            |wanted: &Option<String>, have: Option<&str>| wanted.as_deref().is_none_or(|wanted| have == Some(wanted));
        fits(&self.user, event.user.as_deref())
            && fits(&self.server, event.server.as_deref())
            && fits(&self.verdict, event.verdict.as_deref())
            && fits(&self.kind, Some(&event.kind))
    }
}

/// A page of events.
pub(crate) struct Found {
    /// Newest first, with the lines they came from.
    pub(crate) records: Vec<(Record, std::sync::Arc<str>)>,
    /// Where the next page starts; `None` at the journal's beginning.
    pub(crate) older: Option<u64>,
    /// Whether the search stopped early, before it had a full page.
    pub(crate) gave_up: bool,
}

/// Looks for events before a record's number. Reads files: run it where blocking is allowed.
pub(crate) fn search(
    journal: &Journal,
    org: &OrgId,
    filter: &Filter,
    before: Option<u64>,
    limit: usize,
) -> std::io::Result<Found> {
    let lines = journal.newest_first(before).map_err(std::io::Error::other)?;
    let mut found = Found { records: Vec::new(), older: None, gave_up: false };
    for (searched, line) in lines.enumerate() {
        let line = line?;
        let Ok(record) = serde_json::from_str::<Record>(&line) else { continue };
        if found.records.len() == limit || searched == MOST_SEARCHED {
            // This record is the first that is not part of the page.
            found.older = Some(record.seq + 1);
            found.gave_up = found.records.len() < limit;
            break;
        }
        if record.event.concerns(org) && filter.matches(&record.event) {
            found.records.push((record, line));
        }
    }
    Ok(found)
}

/// A time for people: seconds, UTC.
pub(crate) fn moment(at: Timestamp) -> String {
    at.to_string().get(..19).map_or_else(|| at.to_string(), |text| text.replace('T', " "))
}
