//! `/console/users`: the people of the administrator's organization.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;
use vestibule_model::{User, UserId, Verdict};

use crate::{
    Desk,
    administrator::Administrator,
    form::AdminForm,
    query::Query,
    shell::{self, Shell, Tab},
};

/// More are found by searching.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "users.html")]
struct Users {
    shell: Shell,
    asked: String,
    note: Option<&'static str>,
    rows: Vec<UserRow>,
    total: usize,
}

struct UserRow {
    id: String,
    name: String,
    email: String,
    roles: Vec<String>,
    department: String,
    disabled: bool,
    /// Nobody locks themselves out.
    is_me: bool,
}

/// The list.
pub(crate) async fn list(
    administrator: Administrator,
    State(desk): State<Arc<Desk>>,
    query: Query,
) -> Result<Response, Response> {
    let users = desk.console.store.list_users(Some(administrator.org())).await;
    let mut users = users.map_err(|error| shell::unavailable(&error))?;
    let asked = query.text("q").unwrap_or("").to_owned();
    users.retain(|user| matches(user, &asked.to_lowercase()));
    let total = users.len();
    let me = &administrator.user().id;
    let template = Users {
        shell: Shell::new(&desk, &administrator, Tab::Users),
        asked,
        note: query.text("done").and_then(note),
        rows: users.into_iter().take(SHOWN).map(|user| row(user, me)).collect(),
        total,
    };
    Ok(shell::page(&template, None))
}

fn matches(user: &User, asked: &str) -> bool {
    let department = user.department.as_deref().unwrap_or("");
    let texts =
        [user.name.as_str(), user.email.as_str(), department].into_iter().chain(user.roles.iter().map(String::as_str));
    asked.is_empty() || texts.into_iter().any(|text| text.to_lowercase().contains(asked))
}

fn row(user: User, me: &UserId) -> UserRow {
    UserRow {
        is_me: user.id == *me,
        id: user.id.to_string(),
        name: user.name,
        email: user.email,
        roles: user.roles,
        department: user.department.unwrap_or_default(),
        disabled: user.disabled,
    }
}

fn note(done: &str) -> Option<&'static str> {
    match done {
        "disabled" => Some("The account is disabled: it is signed out everywhere, and its applications are refused."),
        "enabled" => Some("The account is enabled again."),
        _ => None,
    }
}

/// Closes every door for a user, at once.
pub(crate) async fn disable(State(desk): State<Arc<Desk>>, form: AdminForm) -> Result<Response, Response> {
    let user = find(&desk, &form).await?;
    if user.id == form.administrator.user().id {
        let sentence = "You cannot disable your own account: another administrator can.";
        return Err(shell::problem(&desk, StatusCode::CONFLICT, "Not yourself", sentence));
    }
    let id = user.id.clone();
    set_disabled(&desk, &form.administrator, user, Switch::Off).await?;
    desk.console.store.end_all_sessions(&id).await.map_err(|error| shell::unavailable(&error))?;
    Ok(shell::see_other("/console/users?done=disabled"))
}

/// Opens them again.
pub(crate) async fn enable(State(desk): State<Arc<Desk>>, form: AdminForm) -> Result<Response, Response> {
    let user = find(&desk, &form).await?;
    set_disabled(&desk, &form.administrator, user, Switch::On).await?;
    Ok(shell::see_other("/console/users?done=enabled"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Switch {
    On,
    Off,
}

async fn set_disabled(
    desk: &Desk,
    administrator: &Administrator,
    mut user: User,
    switch: Switch,
) -> Result<(), Response> {
    let action = if switch == Switch::Off { "user_disable" } else { "user_enable" };
    let event = administrator.event(desk, Verdict::Allow, action, user.id.as_str());
    administrator.record(desk, &event).await?;
    user.disabled = switch == Switch::Off;
    let updated = desk.console.store.update_user(&user).await.map_err(|error| shell::unavailable(&error))?;
    if updated { Ok(()) } else { Err(unknown(desk)) }
}

/// The user a form means. Somebody of another organization is as unknown as nobody.
async fn find(desk: &Desk, form: &AdminForm) -> Result<User, Response> {
    let id = UserId::from(form.field("user").unwrap_or(""));
    let user = desk.console.store.find_user(&id).await.map_err(|error| shell::unavailable(&error))?;
    user.filter(|user| user.org == *form.administrator.org()).ok_or_else(|| unknown(desk))
}

fn unknown(desk: &Desk) -> Response {
    shell::problem(desk, StatusCode::NOT_FOUND, "Not found", "There is no such user.")
}
