//! Disconnecting applications.

use axum::response::Response;
use vestibule_identity::browser::SignedIn;
use vestibule_model::{EventKind, GrantId};
use vestibule_store::{StoreError, grants::GrantRecord};

use super::poster;
use crate::pages::{guest::Guest, posted::Posted};

/// `POST /account/apps/revoke`: one grant, only if it is one's own. Its tokens are refused from the next request on.
pub(crate) async fn revoke(posted: Posted) -> Result<Response, Response> {
    let (guest, who) = (&posted.guest, poster(&posted)?);
    let wanted = posted.field("grant").unwrap_or("");
    let grants = guest.server.store.list_grants(&who.user.id).await.map_err(|error| guest.down(&error))?;
    if let Some(grant) = grants.iter().find(|grant| grant.id.as_str() == wanted) {
        end(guest, who, grant).await?;
    }
    Ok(guest.see_other("/account?done=app"))
}

/// `POST /account/apps/revoke-all`
pub(crate) async fn revoke_all(posted: Posted) -> Result<Response, Response> {
    let (guest, who) = (&posted.guest, poster(&posted)?);
    disconnect_all(guest, who).await?;
    Ok(guest.see_other("/account?done=apps"))
}

/// Ends every grant of a user.
pub(super) async fn disconnect_all(guest: &Guest, who: &SignedIn) -> Result<(), Response> {
    for grant in guest.server.store.list_grants(&who.user.id).await.map_err(|error| guest.down(&error))? {
        end(guest, who, &grant).await?;
    }
    Ok(())
}

/// Ends a grant, and forgets the consent: the application must ask again.
async fn end(guest: &Guest, who: &SignedIn, grant: &GrantRecord) -> Result<(), Response> {
    let work = || async {
        let store = &guest.server.store;
        store.forget_consent(&who.user.id, &grant.client).await?;
        store.revoke_grant_of(&who.user.id, &GrantId::new(grant.id.as_str()), "disconnected by the user").await
    };
    let revoked: Result<bool, StoreError> = work().await;
    if revoked.map_err(|error| guest.down(&error))? {
        let mut event = guest.event(EventKind::Revoke);
        event.client = Some(grant.client.clone());
        event.grant = Some(grant.id.clone());
        event.reason = Some("user".into());
        guest.record(&event).await?;
    }
    Ok(())
}
