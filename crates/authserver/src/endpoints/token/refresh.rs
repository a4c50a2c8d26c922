//! `refresh_token`: rotation for public clients, the same successor on a quick retry, the end of the family on any
//! other reuse (RFC 9700 section 4.14, OAuth 2.1 section 4.3.1).

use vestibule_model::{Client, OpaqueToken, ScopeSet, Server, TokenKind};
use vestibule_oauth::{
    error::{ErrorCode, OAuthError},
    grants::refresh_token::{NAME, Request},
};
use vestibule_store::{
    grants::GrantRecord,
    refresh::{RefreshRecord, Rotation, open_as_holder, seal_for_holder},
};

use super::{
    Issued, TokenError,
    issue::{self, Issue},
};
use crate::{AuthServer, scopes, visit::Visit};

/// RFC 6749 section 6.
pub(super) async fn redeem(
    server: &AuthServer,
    visit: &Visit,
    client: &Client,
    request: Request,
) -> Result<Issued, TokenError> {
    let malformed = || TokenError::grant("refresh_malformed");
    let digest = OpaqueToken::parse(TokenKind::RefreshToken, request.token.expose()).ok_or_else(malformed)?;
    let found = server.store.find_refresh(digest).await?;
    let (record, grant, consumed) = found.ok_or_else(|| TokenError::grant("refresh_unknown"))?;
    // The refresh token MUST have been issued to this very client; another one does not harm its owner.
    if record.client != client.id {
        return Err(TokenError::grant("cross_client").about(&client.id, Some(&grant)));
    }
    let target = issue::check_grant(server, &grant)?;
    issue::check_resource(request.resource.as_deref(), &grant)?;
    let scopes = narrow(request.scope.as_ref(), client, &grant, &target)?;
    let issue = Issue { server, visit, client, grant: &grant, target, scopes, nonce: None, action: NAME };
    if client.is_public() {
        return rotate(issue, request.token.expose(), record).await;
    }
    // A confidential client proved itself just now: a stolen token is worthless without its secret, so it stays.
    let now = server.clock.now();
    if consumed.is_some() || record.idle_expires_at <= now || record.expires_at <= now {
        return Err(TokenError::grant("refresh_expired").about(&client.id, Some(&grant)));
    }
    server.store.touch_refresh(record.digest, now + server.settings.refresh_idle).await?;
    issue.finish(None)
}

/// RFC 6749 section 6: the scope MUST NOT include any that was not granted. What an administrator has since taken from
/// the client is left out.
fn narrow(
    asked: Option<&ScopeSet>,
    client: &Client,
    grant: &GrantRecord,
    target: &Server,
) -> Result<ScopeSet, TokenError> {
    let refused = |sentence, reason| {
        let error = OAuthError::new(ErrorCode::InvalidScope, sentence);
        Err(TokenError::new(error, reason).about(&grant.client, Some(grant)))
    };
    let asked = asked.unwrap_or(&grant.scopes);
    if !asked.is_subset(&grant.scopes) {
        return refused("the scope is more than was granted", "scope_widened");
    }
    let left = scopes::bounded(target, client, asked.clone());
    if left.is_empty() { refused("nothing is left of what was granted", "no_scope") } else { Ok(left) }
}

/// The answer is made first and stored with the rotation, sealed for whoever holds the presented token: a retry after a
/// lost answer gets the very same bytes.
async fn rotate(issue: Issue<'_>, presented: &str, record: RefreshRecord) -> Result<Issued, TokenError> {
    let (server, visit, client, grant) = (issue.server, issue.visit, issue.client, issue.grant);
    let (token, mut successor) = issue::refresh_token(server, grant, Some(record.family));
    successor.parent = Some(record.digest);
    successor.expires_at = successor.expires_at.min(record.expires_at);
    let issued = issue.finish(Some(token.expose()))?;
    let sealed = seal_for_holder(presented, &issued.body);
    let retry_until = server.clock.now() + server.settings.retry_window;
    let rotation = server.store.rotate_refresh(record.digest, &client.id, &successor, &sealed, retry_until).await?;
    let refused = |reason| Err(TokenError::grant(reason).about(&client.id, Some(grant)));
    match rotation {
        Rotation::Rotated => Ok(issued),
        Rotation::Retry { answer } => match open_as_holder(presented, &answer) {
            Some(body) => Ok(retried(issued, body)),
            None => refused("refresh_answer_damaged"),
        },
        Rotation::Reused { .. } => {
            issue::note_revoked(server, visit, grant, "refresh_token_reused").await?;
            refused("refresh_token_reused")
        }
        Rotation::Unknown => refused("refresh_expired"),
    }
}

fn retried(issued: Issued, body: Vec<u8>) -> Issued {
    let mut event = issued.event;
    event.reason = Some("retry".into());
    // The answer names the token of the first time, not the one just signed and thrown away.
    event.target = None;
    Issued { body, event }
}
