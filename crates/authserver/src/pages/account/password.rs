//! Changing one's password.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use vestibule_identity::browser::{SignedIn, session_cookie};
use vestibule_model::{EventKind, Secret, Verdict};

use super::{apps::disconnect_all, poster, signed_in};
use crate::pages::{
    guest::{Guest, with_cookie},
    login::say,
    onward::Onward,
    posted::Posted,
    shell::{Leads, Shell},
};

#[derive(Template)]
#[template(path = "account/password.html")]
struct PasswordPage<'a> {
    shell: Shell,
    onward: &'a Onward,
    user_email: &'a str,
    least: usize,
    error: Option<String>,
}

/// `GET /account/password`
pub(crate) async fn show(guest: Guest) -> Result<Response, Response> {
    let who = signed_in(&guest)?;
    Ok(form(&guest, who, StatusCode::OK, None))
}

/// `POST /account/password`: the old password proves it is them; then other sessions end and this one gets a new id.
pub(crate) async fn submit(posted: Posted) -> Result<Response, Response> {
    let (guest, who) = (&posted.guest, poster(&posted)?);
    if let Err(why) = prove(&posted, who).await? {
        return Ok(form(guest, who, why.status, Some(why.sentence)));
    }
    let chosen = posted.secret("new_password");
    if let Some(sentence) = objection(&posted, who, &chosen) {
        return Ok(form(guest, who, StatusCode::UNPROCESSABLE_ENTITY, Some(sentence)));
    }
    let token = change(guest, who, &chosen).await?;
    if posted.field("disconnect") == Some("yes") {
        disconnect_all(guest, who).await?;
    }
    let mut event = guest.event(EventKind::Factor);
    event.action = Some("password_changed".into());
    event.verdict = Some(Verdict::Allow);
    guest.record(&event).await?;
    Ok(with_cookie(guest.see_other("/account?done=password"), &token))
}

/// What speaks against the new password.
fn objection(posted: &Posted, who: &SignedIn, chosen: &Secret<String>) -> Option<String> {
    if !chosen.matches(posted.secret("repeat").expose().as_bytes()) {
        return Some("The two new passwords are not the same.".to_owned());
    }
    let server = &posted.guest.server;
    let context = [who.user.email.as_str(), who.user.name.as_str(), server.settings.product.as_str()];
    server.people.policy.check(chosen.expose(), &context).err().map(|error| error.to_string())
}

/// Stores the new password; gives the cookie of the renewed session.
async fn change(guest: &Guest, who: &SignedIn, chosen: &Secret<String>) -> Result<String, Response> {
    let people = &guest.server.people;
    let phc = people.passwords.hash(chosen).await.map_err(|error| guest.sign_in_down(&error.into()))?;
    let store = async {
        guest.server.store.set_password(&who.user.id, &phc).await?;
        people.sessions.end_others(&who.user.id, &who.session.id).await?;
        people.sessions.renew(&who.session, &who.session.authentication).await
    };
    match store.await.map_err(|error| guest.down(&error))? {
        Some(token) => Ok(session_cookie(&token)),
        None => Err(guest.see_other("/login")),
    }
}

/// How a refused proof is answered.
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) sentence: String,
}

/// A fresh proof of the password, in the field `password` of a form. A failure is evidence too.
pub(super) async fn prove(posted: &Posted, who: &SignedIn) -> Result<Result<(), Refused>, Response> {
    let guest = &posted.guest;
    let proof = guest.server.people.sign_in.confirm_password(who, &posted.secret("password")).await;
    let Err(why) = proof.map_err(|error| guest.sign_in_down(&error))? else { return Ok(Ok(())) };
    let mut event = guest.event(EventKind::Factor);
    event.action = Some("password_confirmation".into());
    event.verdict = Some(Verdict::Deny);
    event.reason = Some(why.code().into());
    guest.record(&event).await?;
    let (status, sentence) = say(guest, why, "The password is not right.");
    Ok(Err(Refused { status, sentence }))
}

fn form(guest: &Guest, who: &SignedIn, status: StatusCode, error: Option<String>) -> Response {
    let page = PasswordPage {
        shell: guest.shell(),
        onward: &Onward::default(),
        user_email: &who.user.email,
        least: guest.server.people.policy.min_length.max(8),
        error,
    };
    guest.page(status, &page, &Leads::Home)
}
