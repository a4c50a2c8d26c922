//! Two-step sign-in: setting up an authenticator app, backup codes, turning it off.

use askama::Template;
use axum::response::Response;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use vestibule_identity::{
    browser::{SignedIn, session_cookie},
    factors::{self, FactorError, backup_code, totp},
};
use vestibule_model::{Acr, Authentication, EventKind, Verdict};
use vestibule_store::StoreError;

use super::{
    password::{Refused, prove},
    poster, signed_in,
};
use crate::pages::{
    guest::{Guest, with_cookie},
    onward::Onward,
    posted::Posted,
    qr::{self, Qr},
    shell::{Leads, Shell},
};

#[derive(Template)]
#[template(path = "account/two_factor.html")]
struct TwoFactorPage<'a> {
    shell: Shell,
    onward: &'a Onward,
    user_email: &'a str,
    enrolled: bool,
    codes_left: u64,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "account/enrol.html")]
struct EnrolPage<'a> {
    shell: Shell,
    onward: &'a Onward,
    qr: Qr,
    secret: String,
    sealed: String,
    error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "account/backup_codes.html")]
struct BackupCodesPage {
    shell: Shell,
    codes: Vec<String>,
}

/// `GET /account/two-factor`
pub(crate) async fn show(guest: Guest) -> Result<Response, Response> {
    let who = signed_in(&guest)?;
    overview(&guest, who, None).await
}

/// `POST /account/two-factor/begin`: after the password, the QR code. Nothing is stored yet.
pub(crate) async fn begin(posted: Posted) -> Result<Response, Response> {
    let (guest, who) = (&posted.guest, poster(&posted)?);
    if let Err(why) = prove(&posted, who).await? {
        return overview(guest, who, Some(why)).await;
    }
    if is_enrolled(guest, who).await? {
        return Ok(guest.see_other("/account/two-factor"));
    }
    let enrolment = totp::Enrolment::begin(&*guest.server.random, guest.server.clock.now());
    enrol_page(guest, who, &enrolment, StatusCode::OK, None)
}

/// `POST /account/two-factor/confirm`: a code proves that the app has the seed. Then the backup codes, shown once.
pub(crate) async fn confirm(posted: Posted) -> Result<Response, Response> {
    let (guest, who) = (&posted.guest, poster(&posted)?);
    let sealed = URL_SAFE_NO_PAD.decode(posted.field("enrolment").unwrap_or("")).unwrap_or_default();
    let now = guest.server.clock.now();
    let enrolment = totp::Enrolment::open(&guest.server.store, who.session.id.as_str(), &sealed, now);
    let (Some(enrolment), false) = (enrolment, is_enrolled(guest, who).await?) else {
        return Ok(guest.see_other("/account/two-factor"));
    };
    let workshop = guest.server.people.sign_in.workshop();
    let (clock, random) = (&*guest.server.clock, &*guest.server.random);
    let confirmed = enrolment.confirm(&workshop, &who.user, &posted.secret("code"), clock, random).await;
    if !confirmed.map_err(|error| guest.factor_down(error))? {
        let sentence = "That code is not right. Wait for the next one and try again.";
        return enrol_page(guest, who, &enrolment, StatusCode::UNPROCESSABLE_ENTITY, Some(sentence));
    }
    record(guest, "two_factor_enrolled").await?;
    let codes = fresh_codes(guest, who).await?;
    // Whoever else is signed in proved the password alone, which is enough no more.
    guest.server.people.sessions.end_others(&who.user.id, &who.session.id).await.map_err(|error| guest.down(&error))?;
    // Two factors are proven now: the session becomes a stronger one, under a new id.
    let stronger =
        Authentication { acr: Acr::Multi, amr: ["pwd", "otp", "mfa"].map(str::to_owned).to_vec(), auth_time: now };
    let token =
        guest.server.people.sessions.renew(&who.session, &stronger).await.map_err(|error| guest.down(&error))?;
    let response = codes_page(guest, codes);
    Ok(match token {
        Some(token) => with_cookie(response, &session_cookie(&token)),
        None => response,
    })
}

/// `POST /account/two-factor/codes`: new backup codes; the old ones are worthless from here on.
pub(crate) async fn codes(posted: Posted) -> Result<Response, Response> {
    let (guest, who) = (&posted.guest, poster(&posted)?);
    if let Err(why) = prove_both(&posted, who).await? {
        return overview(guest, who, Some(why)).await;
    }
    if !is_enrolled(guest, who).await? {
        return Ok(guest.see_other("/account/two-factor"));
    }
    let codes = fresh_codes(guest, who).await?;
    Ok(codes_page(guest, codes))
}

/// `POST /account/two-factor/remove`: back to the password alone. Other browsers are signed out.
pub(crate) async fn remove(posted: Posted) -> Result<Response, Response> {
    let (guest, who) = (&posted.guest, poster(&posted)?);
    if let Err(why) = prove_both(&posted, who).await? {
        return overview(guest, who, Some(why)).await;
    }
    let work = async {
        let (store, people) = (&guest.server.store, &guest.server.people);
        for factor in store.list_factors(&who.user.id).await? {
            store.delete_factor(&who.user.id, &factor.id).await?;
        }
        store.set_backup_codes(&who.user.id, &[]).await?;
        people.sessions.end_others(&who.user.id, &who.session.id).await?;
        people.sessions.renew(&who.session, &who.session.authentication).await
    };
    let token: Result<_, StoreError> = work.await;
    let token = token.map_err(|error| guest.down(&error))?;
    record(guest, "two_factor_removed").await?;
    let response = guest.see_other("/account?done=two-step-off");
    Ok(match token {
        Some(token) => with_cookie(response, &session_cookie(&token)),
        None => response,
    })
}

/// The password again, in a session that began with both steps: a session of before the second step, or one whose
/// password alone is known, cannot take that step away.
async fn prove_both(posted: &Posted, who: &SignedIn) -> Result<Result<(), Refused>, Response> {
    if who.session.authentication.acr < Acr::Multi && is_enrolled(&posted.guest, who).await? {
        let sentence = "Sign out, sign in again with both steps, and then try again.".to_owned();
        return Ok(Err(Refused { status: StatusCode::FORBIDDEN, sentence }));
    }
    prove(posted, who).await
}

async fn overview(guest: &Guest, who: &SignedIn, refused: Option<Refused>) -> Result<Response, Response> {
    let codes_left = guest.server.store.backup_codes_left(&who.user.id).await.map_err(|error| guest.down(&error))?;
    let status = refused.as_ref().map_or(StatusCode::OK, |why| why.status);
    let page = TwoFactorPage {
        shell: guest.shell(),
        onward: &Onward::default(),
        user_email: &who.user.email,
        enrolled: is_enrolled(guest, who).await?,
        codes_left,
        error: refused.map(|why| why.sentence),
    };
    Ok(guest.page(status, &page, &Leads::Home))
}

fn enrol_page(
    guest: &Guest,
    who: &SignedIn,
    enrolment: &totp::Enrolment,
    status: StatusCode,
    error: Option<&'static str>,
) -> Result<Response, Response> {
    let uri =
        enrolment.uri(&guest.server.settings.product, &who.user.email).map_err(|error| guest.factor_down(error))?;
    let qr = qr::draw(&uri).ok_or_else(|| guest.factor_down(FactorError::Damaged))?;
    let sealed = enrolment.seal(&guest.server.store, who.session.id.as_str(), &*guest.server.random);
    let page = EnrolPage {
        shell: guest.shell(),
        onward: &Onward::default(),
        qr,
        secret: enrolment.text(),
        sealed: URL_SAFE_NO_PAD.encode(sealed),
        error,
    };
    Ok(guest.page(status, &page, &Leads::Home))
}

fn codes_page(guest: &Guest, codes: Vec<String>) -> Response {
    guest.page(StatusCode::OK, &BackupCodesPage { shell: guest.shell(), codes }, &Leads::Home)
}

async fn fresh_codes(guest: &Guest, who: &SignedIn) -> Result<Vec<String>, Response> {
    let server = &guest.server;
    let codes = backup_code::renew(&server.store, &server.people.passwords, &who.user.id, &*server.random).await;
    let codes = codes.map_err(|error| guest.factor_down(error))?;
    record(guest, "backup_codes_renewed").await?;
    Ok(codes)
}

/// Whether their sign-in has a second step.
pub(crate) async fn is_enrolled(guest: &Guest, who: &SignedIn) -> Result<bool, Response> {
    let workshop = guest.server.people.sign_in.workshop();
    factors::needs_second_step(&workshop, &who.user).await.map_err(|error| guest.factor_down(error))
}

async fn record(guest: &Guest, action: &'static str) -> Result<(), Response> {
    let mut event = guest.event(EventKind::Factor);
    event.action = Some(action.into());
    event.verdict = Some(Verdict::Allow);
    guest.record(&event).await
}
