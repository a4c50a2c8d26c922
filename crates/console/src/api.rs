//! `/api/v1`: what the pages show, for programs. Read only.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;
use vestibule_model::{Client, User};

use crate::{Desk, administrator::Administrator, pages::activity, query::Query, shell};

const DEFAULT_LIMIT: u64 = 100;
const LARGEST_LIMIT: u64 = 1000;

#[derive(Serialize)]
struct Users {
    users: Vec<User>,
}

#[derive(Serialize)]
struct Clients {
    clients: Vec<Client>,
}

#[derive(Serialize)]
struct Audit {
    /// Journal lines as they are, newest first.
    records: Vec<Box<RawValue>>,
    /// Give it back as `before` for the next page; `null` at the beginning of the journal.
    next: Option<u64>,
}

/// The people of the administrator's organization.
pub(crate) async fn users(administrator: Administrator, State(desk): State<Arc<Desk>>) -> Result<Response, Response> {
    let users = desk.console.store.list_users(Some(administrator.org())).await;
    let users = users.map_err(|error| shell::unavailable(&error))?;
    Ok(Json(Users { users }).into_response())
}

/// All clients.
pub(crate) async fn clients(_: Administrator, State(desk): State<Arc<Desk>>) -> Result<Response, Response> {
    let clients = desk.console.store.list_clients().await.map_err(|error| shell::unavailable(&error))?;
    Ok(Json(Clients { clients }).into_response())
}

/// The journal, with the filters of the activity page, `limit` and `before`.
pub(crate) async fn audit(
    administrator: Administrator,
    State(desk): State<Arc<Desk>>,
    query: Query,
) -> Result<Response, Response> {
    let malformed = |field: &str| {
        shell::json_error(StatusCode::BAD_REQUEST, "invalid_request", &format!("`{field}` cannot be understood"))
    };
    let filter = activity::filter(&query, &desk.console.store, administrator.org()).map_err(malformed)?;
    let before = query.number("before").map_err(malformed)?;
    let limit = query.number("limit").map_err(malformed)?.unwrap_or(DEFAULT_LIMIT);
    let limit = usize::try_from(limit)
        .ok()
        .filter(|_| (1..=LARGEST_LIMIT).contains(&limit))
        .ok_or_else(|| malformed("limit"))?;
    let found = activity::search(&desk, &administrator, filter, before, limit).await?;
    let raw = |line: &str| RawValue::from_string(line.to_owned()).ok();
    let records = found.records.iter().filter_map(|(_, line)| raw(line)).collect();
    Ok(Json(Audit { records, next: found.older }).into_response())
}
