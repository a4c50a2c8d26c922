//! `/mfa`: the second step of a sign-in, a code of the authenticator app or a backup code.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use vestibule_identity::{
    browser::{expired_cookie, find_cookie},
    sign_in::{SecondStep, Why},
};

use super::{
    guest::{Guest, with_cookie},
    login::{leads, record_refusal, say, welcome, with_retry_after},
    onward::Onward,
    posted::Posted,
    shell::Shell,
};
use crate::flow::Flow;

/// Holds the reference to a pending login; no session, and worth nothing in another browser.
pub(crate) const PENDING_COOKIE: &str = "__Host-vestibule-login";

#[derive(Template)]
#[template(path = "mfa.html")]
struct MfaPage<'a> {
    shell: Shell,
    onward: &'a Onward,
    /// Whether a backup code is asked for.
    backup: bool,
    error: Option<String>,
}

/// Which of the two forms is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    App,
    Backup,
}

/// `GET /mfa`: the form, as long as there is a pending login; otherwise the sign-in begins again.
pub(crate) async fn show(guest: Guest) -> Result<Response, Response> {
    let token = find_cookie(&guest.headers, PENDING_COOKIE).unwrap_or("");
    let pending = guest.server.people.sign_in.is_pending(token, guest.browser.digest()).await;
    if !pending.map_err(|error| guest.sign_in_down(&error))? {
        return Ok(guest.see_other(&guest.onward.on("/login")));
    }
    let flow = guest.flow().await?;
    let kind = if guest.query("kind").as_deref() == Some("backup") { Kind::Backup } else { Kind::App };
    Ok(form(&guest, flow.as_ref(), StatusCode::OK, kind, None))
}

/// `POST /mfa`: the code.
pub(crate) async fn submit(posted: Posted) -> Result<Response, Response> {
    let guest = &posted.guest;
    let flow = guest.flow().await?;
    let token = find_cookie(&guest.headers, PENDING_COOKIE).unwrap_or("");
    let code = posted.secret("code");
    match guest.server.people.sign_in.second_step(token, &code, guest.caller()).await {
        Ok(SecondStep::Arrived(arrived)) => {
            let response = welcome(guest, flow, &arrived).await?;
            Ok(with_cookie(response, &expired_cookie(PENDING_COOKIE)))
        }
        Ok(SecondStep::Refused(refusal)) => {
            record_refusal(guest, "code", &refusal).await?;
            if refusal.why == Why::StartAgain {
                let response = guest.see_other(&guest.onward.on("/login"));
                return Ok(with_cookie(response, &expired_cookie(PENDING_COOKIE)));
            }
            let kind = if posted.field("kind") == Some("backup") { Kind::Backup } else { Kind::App };
            let (status, sentence) = say(guest, refusal.why, "That code is not right, or it was used before.");
            let response = form(guest, flow.as_ref(), status, kind, Some(sentence));
            Ok(with_retry_after(guest, response, refusal.why))
        }
        Err(error) => Err(guest.sign_in_down(&error)),
    }
}

fn form(guest: &Guest, flow: Option<&Flow>, status: StatusCode, kind: Kind, error: Option<String>) -> Response {
    let page = MfaPage { shell: guest.shell(), onward: &guest.onward, backup: kind == Kind::Backup, error };
    guest.page(status, &page, &leads(flow))
}
