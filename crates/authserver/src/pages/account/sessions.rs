//! Signing out other browsers.

use axum::response::Response;
use vestibule_model::{EventKind, SessionId};

use super::poster;
use crate::pages::posted::Posted;

/// `POST /account/sessions/revoke`: one session, only if it is one's own.
pub(crate) async fn revoke(posted: Posted) -> Result<Response, Response> {
    let (guest, who) = (&posted.guest, poster(&posted)?);
    let session = SessionId::new(posted.field("session").unwrap_or(""));
    let ended = guest.server.store.end_session(&who.user.id, &session).await.map_err(|error| guest.down(&error))?;
    if ended {
        let mut event = guest.event(EventKind::SignOut);
        event.target = Some(session.as_str().into());
        guest.record(&event).await?;
    }
    Ok(guest.see_other("/account?done=session"))
}

/// `POST /account/sessions/revoke-all`: all but this one.
pub(crate) async fn revoke_all(posted: Posted) -> Result<Response, Response> {
    let (guest, who) = (&posted.guest, poster(&posted)?);
    let ended = guest.server.people.sessions.end_others(&who.user.id, &who.session.id).await;
    ended.map_err(|error| guest.down(&error))?;
    let mut event = guest.event(EventKind::SignOut);
    event.target = Some("all other sessions".into());
    guest.record(&event).await?;
    Ok(guest.see_other("/account?done=sessions"))
}
