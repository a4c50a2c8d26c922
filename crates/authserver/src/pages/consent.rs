//! `/consent`: what an application may do in somebody's name, and for how long.
//!
//! The answer is remembered per (user, client, redirect host, resource), with the scopes and a digest of the client's
//! metadata. A remembered answer spares the page only where the answer can reach nobody but the client: for programs
//! on the user's own device (loopback and private-use redirects) any other program there could have asked, so they are
//! always shown, with the last answer filled in (RFC 8252 section 8.6).

use std::time::Duration;

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use vestibule_identity::browser::SignedIn;
use vestibule_model::{Client, ClientKind, ScopeSet, Server};
use vestibule_oauth::{client_metadata::is_hidden, redirect_uri::RedirectKind};
use vestibule_store::consents::ConsentRecord;

use super::{guest::Guest, login::leads, onward::Onward, posted::Posted, shell::Shell, words};
use crate::{
    flow::{self, Flow, FlowError, FlowRequest},
    scopes::OPENID,
};

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    shell: Shell,
    onward: &'a Onward,
    client: ClientLine,
    server_title: &'a str,
    redirect_host: &'a str,
    /// Whether the answer goes to a program on the user's own device.
    local: bool,
    user_name: &'a str,
    user_email: &'a str,
    scopes: Vec<ScopeLine>,
    lifetimes: Vec<LifetimeLine>,
    error: Option<&'static str>,
}

/// The client, as far as anybody knows.
struct ClientLine {
    name: String,
    proof: Proof,
    /// What the person saw; if the client changes before they answer, they are asked again.
    digest: String,
}

/// Who says that the client is who it says it is.
enum Proof {
    /// Its id is an `https` URL of this host, and the document there names the redirect URI.
    Domain(String),
    /// An administrator entered it.
    Administrator,
    /// It registered itself.
    Nobody,
}

struct ScopeLine {
    name: String,
    words: String,
    ticked: bool,
}

struct LifetimeLine {
    seconds: u64,
    words: String,
    chosen: bool,
}

/// A flow with everything that the page is about.
struct Asked {
    flow: Flow,
    who: SignedIn,
    client: Client,
    server: std::sync::Arc<Server>,
    remembered: Option<ConsentRecord>,
}

/// `GET /consent`: the page, or straight on when a remembered answer covers the request.
pub(crate) async fn show(guest: Guest) -> Result<Response, Response> {
    let asked = match ask(&guest).await? {
        Ok(asked) => asked,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if let Some((granted, lifetime)) = asked.spares_the_page(&guest) {
        let Asked { flow, who, .. } = asked;
        let answer = flow::allow(&guest.server, &guest.visit, flow, &who.session, granted, lifetime).await;
        return answer.map(|url| guest.see_other(&url)).map_err(|error| guest.flow_error(&error));
    }
    Ok(asked.page(&guest, StatusCode::OK, None))
}

/// `POST /consent`: the answer.
pub(crate) async fn submit(posted: Posted) -> Result<Response, Response> {
    let guest = &posted.guest;
    let asked = match ask(guest).await? {
        Ok(asked) => asked,
        Err(elsewhere) => return Ok(elsewhere),
    };
    match posted.field("decision") {
        Some("allow") => allow(&posted, asked).await,
        Some("deny") => {
            let answer = flow::deny(&guest.server, &guest.visit, asked.flow, Some(&asked.who.session)).await;
            answer.map(|url| guest.see_other(&url)).map_err(|error| guest.flow_error(&error))
        }
        _ => Ok(asked.page(guest, StatusCode::UNPROCESSABLE_ENTITY, Some("Choose Allow or Deny."))),
    }
}

async fn allow(posted: &Posted, asked: Asked) -> Result<Response, Response> {
    let guest = &posted.guest;
    let again = |asked: &Asked, sentence| Ok(asked.page(guest, StatusCode::UNPROCESSABLE_ENTITY, Some(sentence)));
    let digest = asked.client.metadata_digest();
    if posted.field("client_digest") != Some(digest.to_hex().as_str()) {
        return again(&asked, "The application has changed meanwhile. Please look again.");
    }
    // Only what was asked and shown can be granted, whatever the form says.
    let offered = asked.offered();
    let granted: ScopeSet =
        offered.iter().filter(|scope| posted.all("scope").any(|name| name == scope.as_str())).cloned().collect();
    if granted.is_empty() {
        return again(&asked, "Tick at least one line, or choose Deny.");
    }
    let Some(lifetime) = posted.field("lifetime").and_then(|text| guest.lifetime(text)) else {
        return again(&asked, "Choose for how long.");
    };
    let consent = asked.consent(guest, offered, granted.clone(), lifetime);
    let Asked { flow, who, .. } = asked;
    let url = flow::allow(&guest.server, &guest.visit, flow, &who.session, granted, lifetime).await;
    let url = url.map_err(|error| guest.flow_error(&error))?;
    guest.server.store.put_consent(&consent).await.map_err(|error| guest.down(&error))?;
    Ok(guest.see_other(&url))
}

/// Loads everything the page is about. `Ok(Err(…))`: the browser must go elsewhere first.
async fn ask(guest: &Guest) -> Result<Result<Asked, Response>, Response> {
    let Some(flow) = guest.flow().await? else { return Err(guest.flow_error(&FlowError::Gone)) };
    let fresh = guest.signed_in.clone().filter(|who| flow.accepts(&guest.server, &who.session));
    let Some(who) = fresh else { return Ok(Err(guest.see_other(&guest.onward.on("/login")))) };
    let store = &guest.server.store;
    let request = &flow.request;
    let client = flow.client(&guest.server, &guest.visit).await.map_err(|error| guest.flow_error(&error))?;
    let Some(server) = guest.server.servers.load().find_exactly(&request.resource).cloned() else {
        return Err(guest.flow_error(&FlowError::Unavailable));
    };
    let remembered = store.find_consent(&who.user.id, &client.id, &request.redirect_host, &request.resource).await;
    let remembered = remembered.map_err(|error| guest.down(&error))?;
    let remembered = remembered.filter(|consent| consent.metadata == client.metadata_digest());
    Ok(Ok(Asked { flow, who, client, server, remembered }))
}

impl Asked {
    /// What was asked for and means something here; the rest is dropped.
    fn offered(&self) -> ScopeSet {
        let known = |scope: &&vestibule_model::Scope| describe(&self.server, scope.as_str()).is_some();
        self.flow.request.scopes.iter().filter(known).cloned().collect()
    }

    /// The scopes and the rest of the lifetime, when nothing needs to be asked.
    fn spares_the_page(&self, guest: &Guest) -> Option<(ScopeSet, Duration)> {
        let request = &self.flow.request;
        let consent = self.remembered.as_ref()?;
        let offered = self.offered();
        if request.prompt.consent || is_local(request) || !offered.is_subset(&consent.requested) {
            return None;
        }
        // The lifetime that was chosen runs from that choice; asking again does not make it longer.
        let rest = consent.expires_at.since(guest.server.clock.now());
        let granted = offered.intersection(&consent.granted);
        (!rest.is_zero() && !granted.is_empty()).then_some((granted, rest))
    }

    fn consent(&self, guest: &Guest, requested: ScopeSet, granted: ScopeSet, lifetime: Duration) -> ConsentRecord {
        let now = guest.server.clock.now();
        ConsentRecord {
            user: self.who.user.id.clone(),
            client: self.client.id.clone(),
            redirect_host: self.flow.request.redirect_host.clone(),
            resource: self.flow.request.resource.clone(),
            requested,
            granted,
            metadata: self.client.metadata_digest(),
            lifetime_seconds: i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX),
            given_at: now,
            expires_at: now + lifetime,
        }
    }

    fn page(&self, guest: &Guest, status: StatusCode, error: Option<&'static str>) -> Response {
        let request = &self.flow.request;
        let page = ConsentPage {
            shell: guest.shell(),
            onward: &guest.onward,
            client: client_line(&self.client),
            server_title: &self.server.title,
            redirect_host: &request.redirect_host,
            local: is_local(request),
            user_name: &self.who.user.name,
            user_email: &self.who.user.email,
            scopes: self.scope_lines(),
            lifetimes: guest.lifetimes(self.remembered.as_ref()),
            error,
        };
        guest.page(status, &page, &leads(Some(&self.flow)))
    }

    /// Everything ticked, except what the person left out the last time they were asked the same.
    fn scope_lines(&self) -> Vec<ScopeLine> {
        let left_out = |name: &str| {
            self.remembered.as_ref().is_some_and(|last| last.requested.contains(name) && !last.granted.contains(name))
        };
        let offered = self.offered();
        let lines = offered.iter().filter_map(|scope| {
            let words = describe(&self.server, scope.as_str())?;
            Some(ScopeLine { name: scope.as_str().to_owned(), words, ticked: !left_out(scope.as_str()) })
        });
        let mut lines: Vec<_> = lines.collect();
        lines.sort_by_key(|line| rank(&self.server, &line.name));
        lines
    }
}

impl Guest {
    /// A lifetime that the page offers, by its seconds.
    fn lifetime(&self, seconds: &str) -> Option<Duration> {
        let seconds: u64 = seconds.parse().ok()?;
        self.server.settings.consent_lifetimes.iter().find(|life| life.as_secs() == seconds).copied()
    }

    fn lifetimes(&self, remembered: Option<&ConsentRecord>) -> Vec<LifetimeLine> {
        let settings = &self.server.settings;
        let last = remembered.and_then(|consent| u64::try_from(consent.lifetime_seconds).ok());
        let usual = settings.default_consent_lifetime.as_secs();
        let chosen =
            last.filter(|last| settings.consent_lifetimes.iter().any(|life| life.as_secs() == *last)).unwrap_or(usual);
        let line = |life: &Duration| LifetimeLine {
            seconds: life.as_secs(),
            words: words::span(life.as_secs()),
            chosen: life.as_secs() == chosen,
        };
        settings.consent_lifetimes.iter().map(line).collect()
    }
}

fn client_line(client: &Client) -> ClientLine {
    let proof = match client.kind {
        ClientKind::MetadataDocument => match host_of(client.id.as_str()) {
            Some(host) => Proof::Domain(host),
            None => Proof::Nobody,
        },
        ClientKind::Preregistered => Proof::Administrator,
        ClientKind::Registered => Proof::Nobody,
    };
    let name = Some(shown(&client.name)).filter(|name| !name.trim().is_empty());
    let name = name.unwrap_or_else(|| shown(client.id.as_str()));
    ClientLine { name, proof, digest: client.metadata_digest().to_hex() }
}

/// A name that strangers chose, made harmless: no control or direction characters that could rearrange the sentence
/// around it, and not longer than a line or two.
pub(super) fn shown(name: &str) -> String {
    name.chars().filter(|c| !is_hidden(*c)).take(80).collect()
}

fn host_of(url: &str) -> Option<String> {
    url::Url::parse(url).ok()?.host_str().map(str::to_owned)
}

/// Whether the answer goes to a program on the user's own device: loopback, or a scheme of the program's own.
fn is_local(request: &FlowRequest) -> bool {
    request.redirect_uri.kind() != RedirectKind::Https
}

/// What matters most first: the groups as configured, tools, then the rest.
fn rank(server: &Server, scope: &str) -> usize {
    let groups = &server.scope_groups;
    let group = groups.iter().position(|group| group.scope.as_str() == scope);
    group.unwrap_or_else(|| groups.len() + usize::from(!scope.starts_with("tools:")))
}

/// What a scope allows, in plain words: the server's own scopes, and that of OpenID Connect.
pub(super) fn describe(server: &Server, scope: &str) -> Option<String> {
    match scope {
        OPENID => Some("Know which account is yours".to_owned()),
        other => server.describe_scope(other),
    }
}
