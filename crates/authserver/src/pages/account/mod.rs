//! `/account`: what is connected, where one is signed in, and how one signs in.

pub(crate) mod apps;
pub(crate) mod password;
pub(crate) mod sessions;
pub(crate) mod two_factor;

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use vestibule_identity::{browser::SignedIn, factors};
use vestibule_model::Acr;
use vestibule_store::{StoreError, grants::GrantRecord, sessions::SessionRecord};

use super::{
    guest::Guest,
    onward::Onward,
    posted::Posted,
    shell::{Leads, Shell},
    words,
};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage<'a> {
    shell: Shell,
    onward: &'a Onward,
    user_name: &'a str,
    user_email: &'a str,
    apps: Vec<AppLine>,
    sessions: Vec<SessionLine>,
    two_step: bool,
    codes_left: u64,
    note: Option<&'static str>,
    error: Option<&'static str>,
}

struct AppLine {
    id: String,
    client: String,
    server: String,
    host: Option<String>,
    scopes: Vec<String>,
    used: String,
    ends: String,
}

struct SessionLine {
    id: String,
    browser: String,
    address: Option<String>,
    strength: &'static str,
    seen: String,
    here: bool,
}

/// `GET /account`
pub(crate) async fn show(guest: Guest) -> Result<Response, Response> {
    let who = signed_in(&guest)?;
    let load = || async {
        let workshop = guest.server.people.sign_in.workshop();
        let two_step =
            factors::needs_second_step(&workshop, &who.user).await.map_err(|error| guest.factor_down(error))?;
        let lists = lists(&guest, who).await.map_err(|error| guest.down(&error))?;
        Ok::<_, Response>((two_step, lists))
    };
    let (two_step, (apps, sessions, codes_left)) = load().await?;
    let page = AccountPage {
        shell: guest.shell(),
        onward: &Onward::default(),
        user_name: &who.user.name,
        user_email: &who.user.email,
        apps,
        sessions,
        two_step,
        codes_left,
        note: note(&guest),
        error: None,
    };
    Ok(guest.page(StatusCode::OK, &page, &Leads::Home))
}

/// Whoever is signed in; anybody else is sent to sign in first.
fn signed_in(guest: &Guest) -> Result<&SignedIn, Response> {
    guest.signed_in.as_ref().ok_or_else(|| {
        let onward = Onward { flow: None, return_to: Some("/account".to_owned()) };
        guest.see_other(&onward.on("/login"))
    })
}

async fn lists(guest: &Guest, who: &SignedIn) -> Result<(Vec<AppLine>, Vec<SessionLine>, u64), StoreError> {
    let store = &guest.server.store;
    let mut apps = Vec::new();
    for grant in store.list_grants(&who.user.id).await? {
        apps.push(app_line(guest, &grant).await?);
    }
    let sessions = store.list_sessions(&who.user.id).await?;
    let sessions = sessions.iter().map(|session| session_line(guest, who, session)).collect();
    Ok((apps, sessions, store.backup_codes_left(&who.user.id).await?))
}

async fn app_line(guest: &Guest, grant: &GrantRecord) -> Result<AppLine, StoreError> {
    let now = guest.server.clock.now();
    let client = guest.server.store.find_client(&grant.client).await?;
    let server = guest.server.servers.load().find_by_resource(grant.resource.as_str()).cloned();
    let words = |scope: &str| super::consent::describe(server.as_deref()?, scope);
    Ok(AppLine {
        id: grant.id.as_str().to_owned(),
        client: super::consent::shown(client.as_ref().map_or(grant.client.as_str(), |client| &client.name)),
        server: server.as_ref().map_or_else(|| grant.resource.as_str().to_owned(), |server| server.title.clone()),
        host: grant.redirect_host.clone(),
        scopes: grant
            .scopes
            .iter()
            .map(|scope| words(scope.as_str()).unwrap_or_else(|| scope.as_str().to_owned()))
            .collect(),
        used: grant
            .last_used_at
            .map_or_else(|| "not used yet".to_owned(), |used| format!("used {}", words::ago(used, now))),
        ends: words::ahead(grant.expires_at, now),
    })
}

fn session_line(guest: &Guest, who: &SignedIn, session: &SessionRecord) -> SessionLine {
    SessionLine {
        id: session.id.as_str().to_owned(),
        browser: words::browser(session.user_agent.as_deref()),
        address: session.address.map(|address| address.to_string()),
        strength: match session.authentication.acr {
            Acr::Single => "password",
            Acr::Multi => "two steps",
        },
        seen: words::ago(session.last_seen_at, guest.server.clock.now()),
        here: session.id == who.session.id,
    }
}

/// What has just happened, from a fixed list: the query names it and cannot put words on the page.
fn note(guest: &Guest) -> Option<&'static str> {
    match guest.query("done")?.as_str() {
        "app" => Some("The application is disconnected. Its access ends with its next request."),
        "apps" => Some("All applications are disconnected."),
        "session" => Some("That browser is signed out."),
        "sessions" => Some("All other browsers are signed out."),
        "password" => Some("Your password is changed. All other browsers are signed out."),
        "two-step-off" => Some("Two-step sign-in is off."),
        _ => None,
    }
}

/// A form of somebody who is signed in.
pub(crate) fn poster(posted: &Posted) -> Result<&SignedIn, Response> {
    signed_in(&posted.guest)
}
