//! The operators' listener: `/livez`, `/readyz`, `/metrics`. A listener of its own, so that health is a path there and never
//! a header here, and nothing of it is reachable from outside.

use std::{fmt::Write, sync::Arc};

use axum::{Router, routing::get};
use http::{StatusCode, header};
use vestibule_proxy::meters::{Happened, Meters};
use vestibule_store::{Store, journal::Journal};
use vestibule_vault::screen::{Tally, settings::Direction};

/// What can be asked about.
#[derive(Clone)]
pub struct Operators {
    /// The database.
    pub store: Store,
    /// The evidence.
    pub journal: Journal,
    /// Of the MCP endpoints.
    pub meters: Arc<Meters>,
    /// Of masking.
    pub tally: Arc<Tally>,
}

/// The type of the text format of Prometheus, version 0.0.4.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

impl Operators {
    /// The routes.
    pub fn router(self) -> Router {
        let (ready, metrics) = (self.clone(), self);
        Router::new()
            .route("/livez", get(|| async { "alive\n" }))
            .route("/readyz", get(move || async move { ready.ready().await }))
            .route("/metrics", get(move || async move { ([(header::CONTENT_TYPE, TEXT)], metrics.metrics()) }))
    }

    async fn ready(&self) -> (StatusCode, &'static str) {
        match (self.store.ping().await.is_ok(), self.journal.healthy()) {
            (true, true) => (StatusCode::OK, "ready\n"),
            (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "the database is unavailable\n"),
            (true, false) => (StatusCode::SERVICE_UNAVAILABLE, "the audit journal cannot be written\n"),
        }
    }

    fn metrics(&self) -> String {
        let mut page = Page::default();
        page.gauge("vestibule_up", "Whether calls can be recorded.", u64::from(self.journal.healthy()));
        page.counters("vestibule_messages_total", "MCP messages, by what happened.");
        for (what, name) in Happened::ALL {
            page.line("vestibule_messages_total", &[("happened", name)], self.meters.read(what));
        }
        page.counters("vestibule_pii_masked_total", "Values of personal data that were replaced.");
        for (direction, name) in [(Direction::Results, "results"), (Direction::Arguments, "arguments")] {
            for (kind, count) in self.tally.masked(direction) {
                page.line("vestibule_pii_masked_total", &[("type", kind.name()), ("direction", name)], count);
            }
        }
        page.counters("vestibule_pii_restored_messages_total", "Messages in which labels were turned back.");
        page.line("vestibule_pii_restored_messages_total", &[], self.tally.messages_restored());
        page.counters("vestibule_pii_withheld_messages_total", "Messages that did not pass because of what they held.");
        page.line("vestibule_pii_withheld_messages_total", &[], self.tally.messages_refused());
        page.counters("vestibule_pii_proved_parts_total", "Parts of answers that were looked at once more.");
        page.line("vestibule_pii_proved_parts_total", &[], self.tally.parts_proved());
        page.counters("vestibule_pii_left_total", "Values that were still found there, at the most suspicious look.");
        for (kind, count) in self.tally.left() {
            page.line("vestibule_pii_left_total", &[("type", kind.name())], count);
        }
        page.0
    }
}

/// A page of metrics. Writing to a String cannot fail.
#[derive(Default)]
struct Page(String);

impl Page {
    fn counters(&mut self, name: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} counter");
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
    }

    /// Labels are words of ours; none needs an escape.
    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}=\"{value}\"")).collect();
        let _ = match labels.is_empty() {
            true => writeln!(self.0, "{name} {value}"),
            false => writeln!(self.0, "{name}{{{}}} {value}", labels.join(",")),
        };
    }
}
