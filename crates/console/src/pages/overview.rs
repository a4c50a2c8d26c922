//! `/console`: the last day at a glance.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use vestibule_model::{CredentialSpec, Server, Upstream};
use vestibule_policy::PolicySet;

use super::{
    blocking,
    row::{Names, Row},
};
use crate::{
    Desk,
    administrator::Administrator,
    evidence::{self, Filter},
    shell::{self, Shell, Tab},
    tally::Day,
};

/// How many refusals are shown.
const REFUSALS: usize = 6;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    shell: Shell,
    day: Day,
    bars: Bars,
    servers: Vec<ServerRow>,
    refusals: Vec<Row>,
    healthy: bool,
    users: usize,
    clients: usize,
}

struct ServerRow {
    name: String,
    title: String,
    resource: String,
    behind: &'static str,
    credential: &'static str,
    has_policy: bool,
}

/// The picture of calls per hour, in units of its view box.
struct Bars {
    list: Vec<Bar>,
    /// The most calls of any hour.
    most: u64,
}

struct Bar {
    x: usize,
    allowed_top: u64,
    allowed: u64,
    denied_top: u64,
    denied: u64,
    words: String,
    /// Under every sixth bar.
    label: Option<String>,
}

/// Height of the tallest bar.
const HEIGHT: u64 = 100;
/// Width of a bar with its gap.
const STEP: usize = 20;

impl Bars {
    fn of(day: &Day) -> Self {
        let most = day.hours.iter().map(|(_, counts)| counts.allowed + counts.denied).max().unwrap_or(0);
        // Whatever is there is seen: one unit at least.
        let scale = |count: u64| if count == 0 { 0 } else { (count * HEIGHT / most.max(1)).max(1) };
        let bar = |(at, (hour, counts)): (usize, &(_, crate::tally::Counts))| {
            let hour: String = evidence::moment(*hour).chars().skip(11).take(5).collect();
            let (allowed, denied) = (scale(counts.allowed), scale(counts.denied));
            Bar {
                x: at * STEP,
                allowed_top: HEIGHT.saturating_sub(allowed),
                allowed,
                denied_top: HEIGHT.saturating_sub(allowed + denied),
                denied,
                words: format!("{hour}: {} allowed, {} denied", counts.allowed, counts.denied),
                label: (at % 6 == 0).then_some(hour),
            }
        };
        Self { list: day.hours.iter().enumerate().map(bar).collect(), most }
    }
}

/// The page.
pub(crate) async fn show(administrator: Administrator, State(desk): State<Arc<Desk>>) -> Result<Response, Response> {
    let (day, refusals) = look(&administrator, &desk).await?;
    let console = &desk.console;
    let users = console.store.directory().users().filter(|user| user.org == *administrator.org()).count();
    let clients = console.store.list_clients().await.map_err(|error| shell::unavailable(&error))?.len();
    let policies = console.engine.current();
    let names = Names::load(&console.store, &refusals).await.map_err(|error| shell::unavailable(&error))?;
    let template = Overview {
        shell: Shell::new(&desk, &administrator, Tab::Overview),
        bars: Bars::of(&day),
        day,
        servers: console.servers.load().iter().map(|server| describe(server, &policies)).collect(),
        refusals: refusals.into_iter().map(|(record, line)| Row::new(record, &line, &names)).collect(),
        healthy: console.journal.healthy(),
        users,
        clients,
    };
    Ok(shell::page(&template, None))
}

type Refusals = Vec<(evidence::Record, Arc<str>)>;

async fn look(administrator: &Administrator, desk: &Desk) -> Result<(Day, Refusals), Response> {
    let (journal, tally) = (desk.console.journal.clone(), Arc::clone(&desk.tally));
    let (org, now) = (administrator.org().clone(), desk.console.clock.now());
    blocking(move || {
        let day = tally.day(&journal, &org, now)?;
        let denied = Filter { verdict: Some("deny".to_owned()), ..Filter::default() };
        Ok((day, evidence::search(&journal, &org, &denied, None, REFUSALS)?.records))
    })
    .await
}

fn describe(server: &Server, policies: &PolicySet) -> ServerRow {
    ServerRow {
        name: server.name.to_string(),
        title: server.title.clone(),
        resource: server.resource.to_string(),
        behind: match server.upstream {
            Upstream::Http { .. } => "HTTP",
            Upstream::Sse { .. } => "HTTP+SSE",
            Upstream::Command { .. } => "local command",
            Upstream::Federation => "several servers",
        },
        credential: match server.credential {
            CredentialSpec::None => "no credential",
            CredentialSpec::Static { .. } => "fixed secret",
            CredentialSpec::SignedJwt { .. } => "signed JWT per user",
        },
        has_policy: policies.find(&server.name).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use vestibule_model::Timestamp;

    use super::*;
    use crate::tally::Counts;

    #[test]
    fn bars_fill_the_picture_and_small_counts_stay_visible() {
        let counts = |allowed, denied| Counts { allowed, denied, ..Counts::default() };
        let hours = vec![(Timestamp::from_seconds(0), counts(900, 100)), (Timestamp::from_seconds(3600), counts(0, 1))];
        let bars = Bars::of(&Day { hours, total: Counts::default(), at_least: false, last: 0 });
        let (first, second) = (&bars.list[0], &bars.list[1]);
        assert_eq!((first.allowed, first.denied, first.denied_top), (90, 10, 0));
        assert_eq!((second.allowed, second.denied, second.denied_top), (0, 1, 99));
        assert_eq!(first.words, "00:00: 900 allowed, 100 denied");
        assert_eq!((first.label.as_deref(), second.label.as_deref()), (Some("00:00"), None));
    }
}
