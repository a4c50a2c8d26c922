//! `POST /logout`: ends the session, here and in the store.

use axum::response::Response;
use vestibule_identity::browser::{SESSION_COOKIE, expired_cookie};
use vestibule_model::EventKind;

use super::{guest::with_cookie, posted::Posted};

/// Ends the session and goes to the sign-in page; with a waiting request, back into that one as somebody else.
pub(crate) async fn submit(posted: Posted) -> Result<Response, Response> {
    let guest = &posted.guest;
    if let Some(who) = &guest.signed_in {
        let ended = guest.server.store.end_session(&who.user.id, &who.session.id).await;
        ended.map_err(|error| guest.down(&error))?;
        guest.record(&guest.event(EventKind::SignOut)).await?;
    }
    Ok(with_cookie(guest.see_other(&guest.onward.on("/login")), &expired_cookie(SESSION_COOKIE)))
}
