//! `/login`: e-mail address and password.

use askama::Template;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use vestibule_identity::{
    browser::session_cookie,
    sign_in::{Arrived, FirstStep, PENDING_LIFE, Refusal, Why},
};
use vestibule_model::{EventKind, OpaqueToken, User, Verdict};

use super::{
    account::two_factor::is_enrolled,
    guest::{Guest, with_cookie},
    mfa::PENDING_COOKIE,
    onward::Onward,
    posted::Posted,
    shell::{Leads, Shell},
    words,
};
use crate::flow::Flow;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    shell: Shell,
    onward: &'a Onward,
    /// The server that the sign-in is for.
    for_whom: Option<String>,
    email: &'a str,
    error: Option<String>,
    note: Option<&'static str>,
}

/// `GET /login`: the form. Whoever is signed in already, freshly enough for the request that waits, is sent on.
pub(crate) async fn show(guest: Guest) -> Result<Response, Response> {
    let flow = guest.flow().await?;
    if let Some(who) = &guest.signed_in
        && flow.as_ref().is_none_or(|flow| flow.accepts(&guest.server, &who.session))
    {
        return Ok(guest.see_other(&guest.onward.destination()));
    }
    if let (Some(who), Some(flow)) = (&guest.signed_in, &flow)
        && flow.wants_more_than(&who.session)
        && !is_enrolled(&guest, who).await?
    {
        return Ok(without_second_step(&guest));
    }
    Ok(form(&guest, flow.as_ref(), StatusCode::OK, "", None))
}

/// Signing in again would not make them stronger.
fn without_second_step(guest: &Guest) -> Response {
    let sentence = "This needs two-step sign-in, and your account has none yet. Set it up on your account page, then \
                    connect again from your application.";
    guest.error(StatusCode::FORBIDDEN, "A second step is needed", sentence, "second_step_needed")
}

/// `POST /login`: the first step. Every refusal looks the same, whether there is such an account or not.
pub(crate) async fn submit(posted: Posted) -> Result<Response, Response> {
    let guest = &posted.guest;
    let flow = guest.flow().await?;
    let email = posted.field("email").unwrap_or("").trim();
    let password = posted.secret("password");
    match guest.server.people.sign_in.first_step(email, &password, guest.caller()).await {
        Ok(FirstStep::Arrived(arrived)) => welcome(guest, flow, &arrived).await,
        Ok(FirstStep::Pending { token, user }) => half_way(guest, &token, &user).await,
        Ok(FirstStep::Refused(refusal)) => {
            record_refusal(guest, "password", &refusal).await?;
            let (status, sentence) = say(guest, refusal.why, "The e-mail address or the password is not right.");
            let response = form(guest, flow.as_ref(), status, email, Some(sentence));
            Ok(with_retry_after(guest, response, refusal.why))
        }
        Err(error) => Err(guest.sign_in_down(&error)),
    }
}

fn form(guest: &Guest, flow: Option<&Flow>, status: StatusCode, email: &str, error: Option<String>) -> Response {
    let page = LoginPage {
        shell: guest.shell(),
        onward: &guest.onward,
        for_whom: flow.and_then(|flow| server_title(guest, flow)),
        email,
        error,
        note: None,
    };
    guest.page(status, &page, &leads(flow))
}

/// The name for people of the server that a flow is for.
pub(crate) fn server_title(guest: &Guest, flow: &Flow) -> Option<String> {
    guest.server.servers.load().find_exactly(&flow.request.resource).map(|server| server.title.clone())
}

/// Where forms on the way of a flow may lead.
pub(crate) fn leads(flow: Option<&Flow>) -> Leads {
    flow.map_or(Leads::Home, |flow| Leads::to(flow.request.redirect_uri.as_str()))
}

/// Signed in: evidence first, then the cookies and the way on.
pub(crate) async fn welcome(guest: &Guest, flow: Option<Flow>, arrived: &Arrived) -> Result<Response, Response> {
    let mut event = guest.visit.event(&guest.server, EventKind::SignIn);
    event.user = Some(arrived.user.id.clone());
    event.org = Some(arrived.user.org.clone());
    event.session = Some(arrived.session.id.clone());
    event.action = Some(arrived.session.authentication.amr.join("+").into());
    event.verdict = Some(Verdict::Allow);
    guest.record(&event).await?;
    if let Some(mut flow) = flow {
        flow.signed_in(&guest.server).await.map_err(|error| guest.flow_error(&error))?;
    }
    let response = guest.see_other(&guest.onward.destination());
    let response = with_cookie(response, &session_cookie(&arrived.token));
    Ok(with_cookie(response, &arrived.device_cookie))
}

/// The password was right, the second factor is still to come. The browser gets a reference that only `/mfa` takes.
async fn half_way(guest: &Guest, token: &OpaqueToken, user: &User) -> Result<Response, Response> {
    let mut event = guest.visit.event(&guest.server, EventKind::SignIn);
    event.user = Some(user.id.clone());
    event.org = Some(user.org.clone());
    event.action = Some("password".into());
    event.reason = Some("second_factor_needed".into());
    guest.record(&event).await?;
    let seconds = PENDING_LIFE.as_secs();
    let value = token.expose();
    let cookie = format!("{PENDING_COOKIE}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    Ok(with_cookie(guest.see_other(&guest.onward.on("/mfa")), &cookie))
}

/// Evidence of a refused step.
pub(crate) async fn record_refusal(guest: &Guest, step: &'static str, refusal: &Refusal) -> Result<(), Response> {
    let mut event = guest.visit.event(&guest.server, EventKind::SignIn);
    event.user = refusal.user.clone();
    event.action = Some(step.into());
    event.verdict = Some(Verdict::Deny);
    event.reason = Some(refusal.why.code().into());
    guest.record(&event).await
}

/// The status and the sentence of a refusal.
pub(crate) fn say(guest: &Guest, why: Why, wrong: &str) -> (StatusCode, String) {
    match why {
        Why::Wrong => (StatusCode::UNPROCESSABLE_ENTITY, wrong.to_owned()),
        Why::Wait(until) => {
            let seconds = until.since(guest.server.clock.now()).as_secs().max(1);
            let sentence = format!("Too many tries. Try again in {}.", words::span(seconds));
            (StatusCode::TOO_MANY_REQUESTS, sentence)
        }
        Why::Closed => {
            let sentence = "Too many tries in a row. Ask your administrator for help.".to_owned();
            (StatusCode::TOO_MANY_REQUESTS, sentence)
        }
        Why::StartAgain => {
            (StatusCode::UNPROCESSABLE_ENTITY, "That took too long or too many tries. Sign in again.".to_owned())
        }
    }
}

/// Tells a refused client when to come back (RFC 9110 section 10.2.3).
pub(crate) fn with_retry_after(guest: &Guest, mut response: Response, why: Why) -> Response {
    if let Why::Wait(until) = why {
        let seconds = until.since(guest.server.clock.now()).as_secs().max(1);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
