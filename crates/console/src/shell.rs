//! What every answer has in common: the frame pages are drawn in, the headers, and the refusals.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use vestibule_model::Digest;

use crate::{Desk, administrator::Administrator};

/// Where an administrator is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tab {
    Overview,
    Activity,
    Policy,
    Tools,
    Users,
    Clients,
}

impl Tab {
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Overview, "/console", "Overview"),
        (Self::Activity, "/console/activity", "Activity"),
        (Self::Policy, "/console/policy", "Policy"),
        (Self::Tools, "/console/tools", "Tools"),
        (Self::Users, "/console/users", "Users"),
        (Self::Clients, "/console/clients", "Clients"),
    ];
}

/// What the base template needs.
pub(crate) struct Shell {
    pub(crate) product: String,
    /// The administrator, for the corner of the page.
    pub(crate) name: String,
    pub(crate) csrf: String,
    tab: Tab,
    /// Whitelists the one script of a page that has one.
    pub(crate) nonce: Option<String>,
}

impl Shell {
    pub(crate) fn new(desk: &Desk, administrator: &Administrator, tab: Tab) -> Self {
        Self {
            product: desk.console.settings.product.clone(),
            name: administrator.user().name.clone(),
            csrf: administrator.csrf(),
            tab,
            nonce: None,
        }
    }

    /// With a nonce for a script.
    pub(crate) fn with_script(mut self, desk: &Desk) -> Self {
        let mut bytes = [0; 16];
        desk.console.random.fill(&mut bytes);
        self.nonce = Some(Digest::of(&bytes).to_base64url());
        self
    }

    /// Path, title, and whether it is the page shown.
    pub(crate) fn tabs(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let here = self.tab;
        Tab::ALL.into_iter().map(move |(tab, path, title)| (path, title, tab == here))
    }
}

/// A page; `nonce` allows its script.
pub(crate) fn page(template: &impl Template, nonce: Option<&str>) -> Response {
    let html = match template.render() {
        Ok(html) => html,
        Err(error) => return unavailable(&error),
    };
    let mut response = Html(html).into_response();
    let scripts = nonce.map(|nonce| format!("script-src 'nonce-{nonce}'; connect-src 'self'; ")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; {scripts}style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The headers that every answer carries (OWASP ASVS 5 section 3.4).
pub(crate) async fn guard(State(desk): State<Arc<Desk>>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let no_store = HeaderValue::from_static("no-store");
    headers.entry(header::CACHE_CONTROL).or_insert(no_store);
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
    if desk.console.settings.public_url.starts_with("https://") {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    response
}

/// The console's own style, beside the one all pages share.
pub(crate) async fn stylesheet() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, include_str!("../assets/console.css")).into_response()
}

#[derive(Template)]
#[template(path = "console_problem.html")]
struct ProblemPage<'a> {
    product: &'a str,
    title: &'a str,
    sentence: &'a str,
}

/// A refusal, in words.
pub(crate) fn problem(desk: &Desk, status: StatusCode, title: &str, sentence: &str) -> Response {
    let template = ProblemPage { product: &desk.console.settings.product, title, sentence };
    let mut response = page(&template, None);
    *response.status_mut() = status;
    response
}

/// For somebody who is signed in and no administrator.
pub(crate) fn forbidden(desk: &Desk) -> Response {
    problem(desk, StatusCode::FORBIDDEN, "For administrators", "Your account may not use the console.")
}

/// As [`forbidden`], for programs.
pub(crate) fn forbidden_api() -> Response {
    json_error(StatusCode::FORBIDDEN, "forbidden", "Your account may not use the console.")
}

/// For programs that sent no session. A 401 names its scheme (RFC 9110 section 15.5.2); ours is the session cookie.
pub(crate) fn unauthenticated() -> Response {
    let mut response = json_error(StatusCode::UNAUTHORIZED, "unauthenticated", "Sign in first.");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Session realm=\"console\""));
    response
}

/// An error for programs.
pub(crate) fn json_error(status: StatusCode, code: &str, sentence: &str) -> Response {
    let body = serde_json::json!({ "error": code, "error_description": sentence });
    (status, axum::Json(body)).into_response()
}

/// To the sign-in page and back.
pub(crate) fn to_login(back: &str) -> Response {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("return_to", back).finish();
    see_other(&format!("/login?{query}"))
}

/// Sends the browser on with GET. `location` is a path of ours.
pub(crate) fn see_other(location: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// A part of us is down: refused, and the cause is for our log only.
pub(crate) fn unavailable(cause: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error = cause, "the console cannot answer");
    (StatusCode::SERVICE_UNAVAILABLE, "This page is not available right now. Please try again.\n").into_response()
}
