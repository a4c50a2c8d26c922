//! `/console/activity`: the audit journal, filtered, page by page, and live.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;
use vestibule_model::OrgId;
use vestibule_store::Store;

use super::{
    blocking,
    row::{Names, Row},
};
use crate::{
    Desk,
    administrator::Administrator,
    evidence::{self, Filter, Found},
    query::Query,
    shell::{self, Shell, Tab},
};

/// Events per page.
const PAGE: usize = 50;

/// The kinds of event, as the journal spells them.
pub(crate) const KINDS: [&str; 14] = [
    "call",
    "outcome",
    "unauthenticated",
    "sign_in",
    "sign_out",
    "factor",
    "consent",
    "token",
    "revoke",
    "client",
    "admin",
    "key",
    "pin",
    "system",
];
const VERDICTS: [&str; 2] = ["allow", "deny"];

#[derive(Template)]
#[template(path = "activity.html")]
struct Activity {
    shell: Shell,
    user: String,
    servers: Vec<Choice>,
    kinds: Vec<Choice>,
    verdicts: Vec<Choice>,
    rows: Vec<Row>,
    /// Whether this is the newest page, which can be live.
    newest: bool,
    older: Option<String>,
    gave_up: bool,
}

/// One of the words that a filter can be set to.
struct Choice {
    value: String,
    words: String,
    chosen: bool,
}

fn choices<'a>(values: impl IntoIterator<Item = &'a str>, asked: Option<&str>) -> Vec<Choice> {
    let choice =
        |value: &str| Choice { value: value.to_owned(), words: value.replace('_', " "), chosen: asked == Some(value) };
    values.into_iter().map(choice).collect()
}

/// The filters of a query; the name of the field that cannot be understood.
pub(crate) fn filter(query: &Query, store: &Store, org: &OrgId) -> Result<Filter, &'static str> {
    Ok(Filter {
        user: query.text("user").map(|user| user_id(user, store, org)),
        server: query.text("server").map(str::to_owned),
        verdict: query.one_of("verdict", &VERDICTS)?,
        kind: query.one_of("kind", &KINDS)?,
    })
}

/// People are asked for by e-mail address; the journal names them by id.
fn user_id(asked: &str, store: &Store, org: &OrgId) -> String {
    let key = Store::canonical_email(asked);
    let directory = store.directory();
    let mut users = directory.users().filter(|user| user.org == *org);
    users
        .find(|user| Store::canonical_email(&user.email) == key)
        .map_or_else(|| asked.to_owned(), |user| user.id.to_string())
}

/// Looks into the journal for an administrator.
pub(crate) async fn search(
    desk: &Desk,
    administrator: &Administrator,
    filter: Filter,
    before: Option<u64>,
    limit: usize,
) -> Result<Found, Response> {
    let (journal, org) = (desk.console.journal.clone(), administrator.org().clone());
    blocking(move || evidence::search(&journal, &org, &filter, before, limit)).await
}

/// The page.
pub(crate) async fn show(
    administrator: Administrator,
    State(desk): State<Arc<Desk>>,
    query: Query,
) -> Result<Response, Response> {
    let store = &desk.console.store;
    let parsed = filter(&query, store, administrator.org()).and_then(|filter| Ok((filter, query.number("before")?)));
    let (filter, before) = parsed.map_err(|field| {
        let sentence = format!("The filter “{field}” cannot be understood.");
        shell::problem(&desk, StatusCode::BAD_REQUEST, "That did not work", &sentence)
    })?;
    let found = search(&desk, &administrator, filter, before, PAGE).await?;
    let names = Names::load(store, &found.records).await.map_err(|error| shell::unavailable(&error))?;
    let servers = desk.console.servers.load();
    let template = Activity {
        shell: Shell::new(&desk, &administrator, Tab::Activity).with_script(&desk),
        user: query.text("user").unwrap_or("").to_owned(),
        servers: choices(servers.iter().map(|server| server.name.as_str()), query.text("server")),
        kinds: choices(KINDS, query.text("kind")),
        verdicts: choices(VERDICTS, query.text("verdict")),
        rows: found.records.into_iter().map(|(record, line)| Row::new(record, &line, &names)).collect(),
        newest: before.is_none(),
        older: found.older.map(|before| link(&query, before)),
        gave_up: found.gave_up,
    };
    Ok(shell::page(&template, template.shell.nonce.as_deref().filter(|_| template.newest)))
}

/// The same filters, from a record on.
fn link(query: &Query, before: u64) -> String {
    let mut link = form_urlencoded::Serializer::new(String::new());
    for name in ["user", "server", "kind", "verdict"] {
        if let Some(value) = query.text(name) {
            link.append_pair(name, value);
        }
    }
    format!("/console/activity?{}", link.append_pair("before", &before.to_string()).finish())
}
