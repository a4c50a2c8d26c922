//! Whoever asks for a page: the browser, who is signed in in it, and how answers go out to it.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use vestibule_identity::{
    browser::{SignedIn, csrf_token},
    factors::FactorError,
    sign_in::{Caller, SignInError},
};
use vestibule_model::{AuditEvent, EventKind};
use vestibule_store::StoreError;

use super::{
    onward::Onward,
    shell::{self, Leads, Shell},
};
use crate::{
    AuthServer,
    browser::Browser,
    error_page::error_page,
    evidence::Unrecorded,
    flow::{Flow, FlowError},
    visit::Visit,
};

/// Whoever asks.
pub(crate) struct Guest {
    pub(crate) server: Arc<AuthServer>,
    pub(crate) visit: Visit,
    pub(crate) browser: Browser,
    pub(crate) headers: HeaderMap,
    pub(crate) signed_in: Option<SignedIn>,
    pub(crate) onward: Onward,
    query: String,
}

impl Guest {
    /// From the head of a request.
    pub(crate) async fn of(parts: &Parts, server: &Arc<AuthServer>) -> Result<Self, Response> {
        let mut parts = parts.clone();
        let Ok(visit) = Visit::from_request_parts(&mut parts, server).await;
        let signed_in = server.people.sessions.find(&parts.headers).await.map_err(|error| unavailable(&error))?;
        Ok(Self {
            server: Arc::clone(server),
            visit,
            browser: Browser::of(&parts.headers, server),
            onward: Onward::from_query(parts.uri.query()),
            query: parts.uri.query().unwrap_or("").to_owned(),
            headers: parts.headers,
            signed_in,
        })
    }

    /// A value of the query; the first of several.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// What the base template needs.
    pub(crate) fn shell(&self) -> Shell {
        let session = self.signed_in.as_ref().map(|who| &who.session);
        Shell { product: self.server.settings.product.clone(), csrf: csrf_token(self.browser.digest(), session) }
    }

    /// Where an attempt to sign in comes from.
    pub(crate) fn caller(&self) -> Caller<'_> {
        Caller { headers: &self.headers, address: self.visit.address, browser: self.browser.digest() }
    }

    /// A page.
    pub(crate) fn page(&self, status: StatusCode, template: &impl Template, leads: &Leads) -> Response {
        match template.render() {
            Ok(html) => self.with_browser(shell::page(&self.server.settings, status, html, leads)),
            Err(error) => unavailable(&error),
        }
    }

    /// Sends the browser on with GET (303, never 307: a password must not travel along; RFC 9700 section 4.12).
    /// `location` is a path of ours or a redirect URI that was proven to be a client's.
    pub(crate) fn see_other(&self, location: &str) -> Response {
        let Ok(location) = HeaderValue::try_from(location) else {
            let sentence = "The address to go on to is malformed.";
            return self.error(StatusCode::BAD_REQUEST, "That did not work", sentence, "bad_location");
        };
        let mut response = StatusCode::SEE_OTHER.into_response();
        response.headers_mut().insert(header::LOCATION, location);
        shell::guard(&self.server.settings, &mut response);
        self.with_browser(response)
    }

    /// An error page.
    pub(crate) fn error(&self, status: StatusCode, title: &str, sentence: &str, code: &str) -> Response {
        let mut response = error_page(status, title, sentence, code);
        shell::guard(&self.server.settings, &mut response);
        self.with_browser(response)
    }

    fn with_browser(&self, response: Response) -> Response {
        match self.browser.set_cookie() {
            Some(cookie) => with_cookie(response, &cookie),
            None => response,
        }
    }

    /// The authorization request that waits, if the way on leads to one.
    pub(crate) async fn flow(&self) -> Result<Option<Flow>, Response> {
        let Some(token) = self.onward.flow.as_deref() else { return Ok(None) };
        Flow::load(&self.server, token, &self.browser).await.map(Some).map_err(|error| self.flow_error(&error))
    }

    /// The page for a flow that cannot go on.
    pub(crate) fn flow_error(&self, error: &FlowError) -> Response {
        match error {
            FlowError::Store(error) => unavailable(error),
            FlowError::Gone => self.error(
                StatusCode::BAD_REQUEST,
                "This request has ended",
                "Go back to your application and connect again.",
                "flow_gone",
            ),
            FlowError::Unavailable => self.error(
                StatusCode::BAD_REQUEST,
                "Not available any more",
                "The application or the server of this request is not available any more.",
                "flow_unavailable",
            ),
            FlowError::Scopes => self.error(
                StatusCode::BAD_REQUEST,
                "That was not asked for",
                "More was granted than the application had asked for. Go back to it and connect again.",
                "flow_scopes",
            ),
        }
    }

    /// An audit event about this request and whoever is signed in.
    pub(crate) fn event(&self, kind: EventKind) -> AuditEvent {
        let mut event = self.visit.event(&self.server, kind);
        if let Some(who) = &self.signed_in {
            event.user = Some(who.user.id.clone());
            event.org = Some(who.user.org.clone());
            event.session = Some(who.session.id.clone());
        }
        event
    }

    /// Writes evidence and waits until it is on the disk. Without evidence there is no answer but "unavailable".
    pub(crate) async fn record(&self, event: &AuditEvent) -> Result<(), Response> {
        match self.server.record_answer(event).await {
            Ok(()) => Ok(()),
            Err(Unrecorded::Store(error)) => Err(unavailable(&error)),
            Err(Unrecorded::Flood) => {
                let sentence = "Too many refused tries came from your network. Try again later.";
                Err(self.error(StatusCode::TOO_MANY_REQUESTS, "Please wait", sentence, "flood"))
            }
        }
    }

    /// A failure of the database.
    pub(crate) fn down(&self, error: &StoreError) -> Response {
        unavailable(error)
    }

    /// A failure of a factor.
    pub(crate) fn factor_down(&self, error: FactorError) -> Response {
        self.sign_in_down(&error.into())
    }

    /// A failure on the way in. A full pool is told apart: trying again helps.
    pub(crate) fn sign_in_down(&self, error: &SignInError) -> Response {
        let mut response = unavailable(error);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        response
    }
}

impl FromRequestParts<Arc<AuthServer>> for Guest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<AuthServer>) -> Result<Self, Response> {
        Self::of(parts, server).await
    }
}

/// Adds a `Set-Cookie` header.
pub(crate) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// A part of us is down: 503, the cause only in our log.
pub(crate) fn unavailable(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "a page could not be answered");
    let sentence = "Something of ours is not available right now. Please try again in a moment.";
    error_page(StatusCode::SERVICE_UNAVAILABLE, "Please try again", sentence, "unavailable")
}
