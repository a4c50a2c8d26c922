//! `/console/clients`: the applications that ask for access.

use std::{collections::BTreeSet, sync::Arc};

use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;
use vestibule_model::{Client, ClientId, ClientKind, Verdict};

use crate::{
    Desk,
    administrator::Administrator,
    evidence::moment,
    form::AdminForm,
    query::Query,
    shell::{self, Shell, Tab},
};

/// More are found by searching.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "clients.html")]
struct Clients {
    shell: Shell,
    asked: String,
    note: Option<&'static str>,
    rows: Vec<ClientRow>,
    total: usize,
}

struct ClientRow {
    id: String,
    name: String,
    kind: &'static str,
    hosts: String,
    grants: usize,
    since: String,
    disabled: bool,
}

/// The list.
pub(crate) async fn list(
    administrator: Administrator,
    State(desk): State<Arc<Desk>>,
    query: Query,
) -> Result<Response, Response> {
    let store = &desk.console.store;
    let mut clients = store.list_clients().await.map_err(|error| shell::unavailable(&error))?;
    let asked = query.text("q").unwrap_or("").to_owned();
    clients.retain(|client| matches(client, &asked.to_lowercase()));
    let total = clients.len();
    let mut rows = Vec::new();
    for client in clients.into_iter().take(SHOWN) {
        let grants = store.list_client_grants(&client.id).await.map_err(|error| shell::unavailable(&error))?;
        let live =
            grants.iter().filter(|grant| grant.revoked_at.is_none() && grant.org == *administrator.org()).count();
        rows.push(row(client, live));
    }
    let template = Clients {
        shell: Shell::new(&desk, &administrator, Tab::Clients),
        asked,
        note: query.text("done").and_then(note),
        rows,
        total,
    };
    Ok(shell::page(&template, None))
}

fn matches(client: &Client, asked: &str) -> bool {
    let texts = [client.name.as_str(), client.id.as_str()]
        .into_iter()
        .chain(client.redirect_uris.iter().map(|uri| uri.0.as_str()));
    asked.is_empty() || texts.into_iter().any(|text| text.to_lowercase().contains(asked))
}

fn row(client: Client, grants: usize) -> ClientRow {
    let hosts: BTreeSet<&str> = client.redirect_uris.iter().map(|uri| host(&uri.0)).collect();
    ClientRow {
        hosts: hosts.into_iter().collect::<Vec<_>>().join(", "),
        grants,
        since: moment(client.created_at).chars().take(10).collect(),
        disabled: client.disabled,
        kind: match client.kind {
            ClientKind::Registered => "registered itself",
            ClientKind::MetadataDocument => "by its document",
            ClientKind::Preregistered => "added by you",
        },
        id: client.id.to_string(),
        name: client.name,
    }
}

/// The part of a redirect URI that people recognise; the scheme of a private-use one.
fn host(uri: &str) -> &str {
    match uri.split_once("://") {
        Some(("http" | "https", rest)) => rest.split(['/', '?', '#']).next().unwrap_or(rest),
        Some((scheme, _)) => scheme,
        None => uri.split(':').next().unwrap_or(uri),
    }
}

fn note(done: &str) -> Option<&'static str> {
    match done {
        "revoked" => Some("The application is blocked, and everybody's access through it is revoked."),
        "enabled" => Some("The application may ask for access again."),
        _ => None,
    }
}

/// Blocks a client and revokes everything that was given to it. Blocked first: nothing is granted in between.
pub(crate) async fn revoke(State(desk): State<Arc<Desk>>, form: AdminForm) -> Result<Response, Response> {
    let id = record(&desk, &form, "client_revoke").await?;
    let store = &desk.console.store;
    set_disabled(&desk, &id, Door::Shut).await?;
    let grants = store.list_client_grants(&id).await.map_err(|error| shell::unavailable(&error))?;
    for grant in grants {
        store.revoke_grant(&grant.id, "administrator").await.map_err(|error| shell::unavailable(&error))?;
    }
    Ok(shell::see_other("/console/clients?done=revoked"))
}

/// Lets a client ask again; what was revoked stays revoked.
pub(crate) async fn enable(State(desk): State<Arc<Desk>>, form: AdminForm) -> Result<Response, Response> {
    let id = record(&desk, &form, "client_enable").await?;
    set_disabled(&desk, &id, Door::Open).await?;
    Ok(shell::see_other("/console/clients?done=enabled"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Door {
    Open,
    Shut,
}

async fn set_disabled(desk: &Desk, id: &ClientId, door: Door) -> Result<(), Response> {
    let known = desk.console.store.set_client_disabled(id, door == Door::Shut).await;
    if known.map_err(|error| shell::unavailable(&error))? { Ok(()) } else { Err(unknown(desk)) }
}

/// Records what is about to happen to the client that a form means.
async fn record(desk: &Desk, form: &AdminForm, action: &'static str) -> Result<ClientId, Response> {
    let id = ClientId::from(form.field("client").unwrap_or(""));
    let client = desk.console.store.find_client(&id).await.map_err(|error| shell::unavailable(&error))?;
    client.ok_or_else(|| unknown(desk))?;
    let event = form.administrator.event(desk, Verdict::Allow, action, id.as_str());
    form.administrator.record(desk, &event).await?;
    Ok(id)
}

fn unknown(desk: &Desk) -> Response {
    shell::problem(desk, StatusCode::NOT_FOUND, "Not found", "There is no such application.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_what_people_recognise() {
        for (uri, shown) in [
            ("https://app.example.com:8443/cb?x", "app.example.com:8443"),
            ("http://127.0.0.1/callback", "127.0.0.1"),
            ("cursor://anysphere.cursor-mcp/oauth", "cursor"),
            ("com.example.app:/cb", "com.example.app"),
            ("odd", "odd"),
        ] {
            assert_eq!(host(uri), shown);
        }
    }
}
