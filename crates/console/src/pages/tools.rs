//! `/console/tools`: what servers have changed about their tools, and the decision about it.
//!
//! What is approved is the very definition that the page has shown: the form carries its digest.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;
use vestibule_mcp::difference::{self, Changed, Fate, visible};
use vestibule_model::{Digest, ServerName, Verdict};
use vestibule_store::pins::{PinRecord, PinState};

use crate::{
    Desk,
    administrator::Administrator,
    evidence::moment,
    form::AdminForm,
    query::Query,
    shell::{self, Shell, Tab},
};

/// More are seen when these are decided.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "tools.html")]
struct Tools {
    shell: Shell,
    note: Option<&'static str>,
    rows: Vec<ToolRow>,
    waiting: usize,
    known: usize,
}

struct ToolRow {
    server: String,
    /// As the form carries it.
    tool: String,
    /// As people see it.
    name: String,
    why: String,
    since: String,
    digest: String,
    rejected: bool,
    changes: Vec<Changed>,
}

impl Tools {
    /// The element that marks a piece.
    fn element(fate: &Fate) -> &'static str {
        match fate {
            Fate::Kept => "span",
            Fate::Removed => "del",
            Fate::Added => "ins",
        }
    }
}

/// Those that wait, then those that were rejected.
pub(crate) async fn list(
    administrator: Administrator,
    State(desk): State<Arc<Desk>>,
    query: Query,
) -> Result<Response, Response> {
    let mut pins = desk.console.store.list_pins().await.map_err(|error| shell::unavailable(&error))?;
    let known = pins.len();
    pins.retain(|pin| pin.state != PinState::Pinned);
    pins.sort_by_key(|pin| pin.state == PinState::Rejected);
    let template = Tools {
        shell: Shell::new(&desk, &administrator, Tab::Tools),
        note: query.text("done").and_then(note),
        waiting: pins.iter().filter(|pin| pin.state == PinState::Held).count(),
        rows: pins.iter().take(SHOWN).filter_map(row).collect(),
        known,
    };
    Ok(shell::page(&template, None))
}

fn row(pin: &PinRecord) -> Option<ToolRow> {
    let (candidate, since) = pin.candidate.as_ref()?;
    let old = pin.pinned.as_ref().map(|pinned| pinned.text.as_str());
    Some(ToolRow {
        server: pin.server.to_string(),
        tool: pin.tool.clone(),
        name: visible(&pin.tool),
        why: match &pin.looks_like {
            Some((server, tool)) => format!("Its name looks like {} of {server}.", visible(tool)),
            None => "Its definition has changed.".to_owned(),
        },
        since: moment(*since),
        digest: candidate.digest.to_hex(),
        rejected: pin.state == PinState::Rejected,
        changes: difference::between(old, &candidate.text).unwrap_or_default(),
    })
}

fn note(done: &str) -> Option<&'static str> {
    match done {
        "approved" => Some("The definition is in force from now on."),
        "rejected" => Some("The definition is refused. The tool comes back when its server goes back to the old one."),
        _ => None,
    }
}

/// Puts a definition in force.
pub(crate) async fn approve(State(desk): State<Arc<Desk>>, form: AdminForm) -> Result<Response, Response> {
    let (server, tool, digest) = record(&desk, &form, "pin_approve").await?;
    let by = &form.administrator.user().email;
    let done = desk.console.store.approve_pin(&server, &tool, digest, by).await;
    finish(&desk, done.map_err(|error| shell::unavailable(&error))?, "/console/tools?done=approved")
}

/// Refuses a definition.
pub(crate) async fn reject(State(desk): State<Arc<Desk>>, form: AdminForm) -> Result<Response, Response> {
    let (server, tool, digest) = record(&desk, &form, "pin_reject").await?;
    let done = desk.console.store.reject_pin(&server, &tool, digest).await;
    finish(&desk, done.map_err(|error| shell::unavailable(&error))?, "/console/tools?done=rejected")
}

fn finish(desk: &Desk, done: bool, next: &str) -> Result<Response, Response> {
    if done { Ok(shell::see_other(next)) } else { Err(changed(desk)) }
}

/// Records what is about to happen to the definition that a form means.
async fn record(desk: &Desk, form: &AdminForm, action: &'static str) -> Result<(ServerName, String, Digest), Response> {
    let server = ServerName::from(form.field("server").unwrap_or(""));
    let tool = form.field("tool").unwrap_or("").to_owned();
    let digest = form.field("digest").and_then(Digest::from_hex).ok_or_else(|| changed(desk))?;
    let pin = desk.console.store.find_pin(&server, &tool).await.map_err(|error| shell::unavailable(&error))?;
    pin.and_then(|pin| pin.candidate).filter(|(shown, _)| shown.digest == digest).ok_or_else(|| changed(desk))?;
    let mut event = form.administrator.event(desk, Verdict::Allow, action, &tool);
    event.detail = Some(format!("sha256 {}", digest.to_hex()).into());
    event.server = Some(server.clone());
    form.administrator.record(desk, &event).await?;
    Ok((server, tool, digest))
}

fn changed(desk: &Desk) -> Response {
    let sentence = "That definition does not wait any more: it was decided, or the server has changed it again.";
    shell::problem(desk, StatusCode::CONFLICT, "Look again", sentence)
}
