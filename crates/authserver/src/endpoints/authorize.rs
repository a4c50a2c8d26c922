//! `/authorize` (RFC 6749 section 3.1): checks the request and hands it to the pages that ask its user.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use vestibule_identity::browser::SignedIn;
use vestibule_model::{Client, Server};
use vestibule_oauth::{
    authorize::{self, AuthorizationRequest},
    error::{ErrorCode, OAuthError},
    params::{Params, ParamsError},
    redirect_uri::ProvenRedirect,
    response::{Answer, redirect_url},
};
use vestibule_store::StoreError;

use super::{body::Whole, reply};
use crate::{
    AuthServer,
    browser::Browser,
    clients::{self, ClientError},
    error_page::error_page,
    flow::{Flow, FlowError, FlowRequest},
    pages::shell,
    scopes,
    visit::Visit,
};

/// Why a request gets no further.
#[derive(Debug, thiserror::Error)]
enum AuthorizeError {
    /// Client or redirect URI is in doubt: shown to the person, never redirected (OAuth 2.1 section 7.12.2).
    #[error("{0}")]
    Page(#[from] OAuthError),
    /// The parameters cannot be read.
    #[error("{0}")]
    Params(#[from] ParamsError),
    /// There is no such client.
    #[error("{0}")]
    Client(#[from] ClientError),
    /// For the client, at the redirect URI that was proven to be its own.
    #[error("{error}")]
    Redirect { to: ProvenRedirect, state: Option<String>, error: OAuthError },
    /// 429: this address has begun enough.
    #[error("too many sign-ins were begun")]
    TooMany,
    /// 503.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AuthorizeError {
    fn answer(&self, server: &AuthServer) -> Response {
        let bad =
            |sentence: &str, code| error_page(StatusCode::BAD_REQUEST, "This sign-in cannot start", sentence, code);
        match self {
            Self::Page(error) => bad(&error.description, error.code.as_str()),
            Self::Params(error) => bad(&error.to_string(), "invalid_request"),
            Self::Client(ClientError::Store(error)) | Self::Store(error) => {
                tracing::error!(%error, "an authorization request could not be answered");
                let sentence = "A part of this server is not available. Please try again in a moment.";
                error_page(StatusCode::SERVICE_UNAVAILABLE, "Please try again", sentence, "temporarily_unavailable")
            }
            Self::TooMany | Self::Client(ClientError::TooMany) => {
                let sentence = "Too many sign-ins were begun from your network. Try again later.";
                error_page(StatusCode::TOO_MANY_REQUESTS, "Please wait", sentence, "too_many_requests")
            }
            Self::Client(error) => bad(&error.to_string(), "invalid_client"),
            Self::Redirect { to, state, error } => {
                see_other(&redirect_url(to, &server.settings.public_url, state.as_deref(), Answer::Error(error)))
            }
        }
    }
}

impl From<FlowError> for AuthorizeError {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::Store(error) => Self::Store(error),
            other => Self::Page(OAuthError::request(other.to_string())),
        }
    }
}

/// Checks in the order of trust: parameters, client, redirect URI, then everything else. A good request waits as a
/// [`Flow`], and the browser goes on to `/consent` when somebody is signed in, else to `/login`.
pub(crate) async fn handle(
    State(server): State<Arc<AuthServer>>,
    visit: Visit,
    browser: Browser,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    Whole(body): Whole,
) -> Response {
    let signed_in = server.people.sessions.find(&headers).await.map_err(AuthorizeError::from);
    let result = async {
        let params = read(&method, &headers, query.as_deref(), &body)?;
        start(&server, &visit, &browser, signed_in?.as_ref(), &params).await
    };
    let mut response = result.await.unwrap_or_else(|error: AuthorizeError| error.answer(&server));
    shell::guard(&server.settings, &mut response);
    if let Some(Ok(cookie)) = browser.set_cookie().map(HeaderValue::try_from) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// OpenID Connect Core section 3.1.2.1: GET and POST MUST both work.
fn read(method: &Method, headers: &HeaderMap, query: Option<&str>, body: &[u8]) -> Result<Params, AuthorizeError> {
    if *method != Method::POST {
        return Ok(Params::parse(query.unwrap_or("").as_bytes())?);
    }
    if !reply::is_form(headers) {
        return Err(OAuthError::request("the body must be application/x-www-form-urlencoded").into());
    }
    Ok(Params::parse_form(query, body)?)
}

async fn start(
    server: &AuthServer,
    visit: &Visit,
    browser: &Browser,
    signed_in: Option<&SignedIn>,
    params: &Params,
) -> Result<Response, AuthorizeError> {
    let client = clients::resolve(server, &authorize::client_id(params)?, visit.address).await?;
    let to = authorize::redirect(params, &client, server.settings.private_use_schemes)?;
    let checked = check(server, &client, params, signed_in);
    let (request, target, scopes) = checked.map_err(|error| AuthorizeError::Redirect {
        to: to.clone(),
        state: authorize::state(params).map(str::to_owned),
        error,
    })?;
    let flow = FlowRequest {
        client: client.id,
        redirect_host: to.host().to_owned(),
        redirect_uri: to,
        scopes,
        server: target.name.clone(),
        resource: target.resource.clone(),
        state: request.state,
        code_challenge: request.code_challenge,
        nonce: request.nonce,
        prompt: request.prompt,
        max_age: request.max_age,
        acr: request.acr,
        browser: browser.digest(),
    };
    if !server.limits.flows.admit(visit.address, server.settings.flows_per_hour, server.clock.now()) {
        return Err(AuthorizeError::TooMany);
    }
    let token = Flow::save(server, &flow).await?;
    let page = if signed_in.is_some() && !flow.prompt.login { "/consent" } else { "/login" };
    Ok(see_other(&format!("{page}?flow={}", token.expose())))
}

type Checked = (AuthorizationRequest, Arc<Server>, vestibule_model::ScopeSet);

/// Everything whose error goes back to the client.
fn check(
    server: &AuthServer,
    client: &Client,
    params: &Params,
    signed_in: Option<&SignedIn>,
) -> Result<Checked, OAuthError> {
    let request = authorize::request(params, client)?;
    let target = target(server, request.resource.as_deref())?;
    let scopes = scopes::requested(&target, client, request.scope.as_ref());
    if scopes.is_empty() {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "none of the requested scopes can be given here"));
    }
    if request.prompt.none {
        // Every client is shown to its user; nothing is ever allowed without a page.
        let code = if signed_in.is_some() { ErrorCode::ConsentRequired } else { ErrorCode::LoginRequired };
        return Err(OAuthError::new(code, "the user has to be asked"));
    }
    Ok((request, target, scopes))
}

/// The server that `resource` means; without one, the first: clients of older protocol versions do not send it.
pub(super) fn target(server: &AuthServer, resource: Option<&str>) -> Result<Arc<Server>, OAuthError> {
    let servers = server.servers.load();
    let found = match resource {
        Some(resource) => servers.find_by_resource(resource),
        None => servers.iter().next(),
    };
    found.cloned().ok_or_else(|| OAuthError::new(ErrorCode::InvalidTarget, "there is no such resource here"))
}

/// 303: the browser goes on with GET (RFC 9700 section 4.12).
fn see_other(location: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
