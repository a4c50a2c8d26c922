//! From the claims of a verified token to a principal. Everything that can change after a token was signed (grant,
//! client, user, roles) is looked up; the token is believed only for what it was signed for.

use vestibule_model::{ClientId, Principal, Subject, Timestamp};
use vestibule_oauth::issue::AccessToken;
use vestibule_store::{Store, grants::GrantRecord};

use crate::AuthenticateError;

const REVOKED: AuthenticateError = AuthenticateError::Invalid("access was revoked");

/// The principal behind claims whose signature, audience and times were checked.
pub(crate) async fn resolve(
    store: &Store,
    claims: &AccessToken,
    now: Timestamp,
) -> Result<Principal, AuthenticateError> {
    if store.is_token_id_revoked(claims.id.as_str()) {
        return Err(REVOKED);
    }
    let grant = live_grant(store, claims, now).await?;
    let subject = subject(store, claims, &grant).await?;
    Ok(Principal {
        subject,
        org: grant.org,
        client: grant.client,
        grant: grant.id,
        // A grant may have been narrowed since; a token never carries more than its grant.
        scopes: claims.scopes.intersection(&grant.scopes),
        authentication: claims.authentication.clone(),
        token: claims.id.clone(),
        expires_at: claims.expires_at.min(grant.expires_at),
    })
}

/// The grant of the token, when it is live and agrees with the token about everything it is bound to.
async fn live_grant(store: &Store, claims: &AccessToken, now: Timestamp) -> Result<GrantRecord, AuthenticateError> {
    let grant = store.find_grant(&claims.grant).await?.ok_or(REVOKED)?;
    let live = grant.revoked_at.is_none() && now < grant.expires_at;
    let subject = grant.user.as_ref().map_or(grant.client.as_str(), |user| user.as_str());
    let bound = grant.client == claims.client
        && grant.org == claims.org
        && grant.resource == claims.audience
        && subject == claims.subject;
    if live && bound { Ok(grant) } else { Err(REVOKED) }
}

/// Whether the subject is a person or the client itself is the grant's word, not a guess from `sub`: a client whose
/// id looks like a user's must not become that user (RFC 9068 section 5).
async fn subject(store: &Store, claims: &AccessToken, grant: &GrantRecord) -> Result<Subject, AuthenticateError> {
    let roles = client_roles(store, &grant.client).await?;
    let Some(id) = &grant.user else {
        let roles = roles.ok_or(REVOKED)?;
        return Ok(Subject::Service { client: grant.client.clone(), roles });
    };
    let directory = store.directory();
    match directory.find(id) {
        Some(user) if !user.disabled && user.org == claims.org => Ok(Subject::User(user.clone())),
        _ => Err(AuthenticateError::Invalid("the account is not active")),
    }
}

/// The roles of a client that may act; `None` for a metadata-document client whose cached document has ended: its
/// live grant vouches for it until the document is fetched again. Any other unknown client, or a disabled one, is refused.
async fn client_roles(store: &Store, id: &ClientId) -> Result<Option<Vec<String>>, AuthenticateError> {
    match store.find_client(id).await? {
        Some(client) if client.disabled => Err(AuthenticateError::Invalid("the application is not allowed any more")),
        Some(client) => Ok(Some(client.roles)),
        None if id.as_str().starts_with("https://") => Ok(None),
        None => Err(AuthenticateError::Invalid("the application is not known any more")),
    }
}
