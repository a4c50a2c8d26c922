//! `authorization_code`: a code, once, by the client and for the request it was made for.

use vestibule_model::{Client, OpaqueToken, TokenKind};
use vestibule_oauth::grants::authorization_code::{NAME, Request};
use vestibule_store::once::{Consumed, OnceKind};

use super::{
    Issued, TokenError,
    issue::{self, Issue},
};
use crate::{AuthServer, code::Code, visit::Visit};

/// RFC 6749 section 4.1.3. The code is spent by the attempt, whatever else is wrong with it: whoever has it does not
/// get a second guess.
pub(super) async fn redeem(
    server: &AuthServer,
    visit: &Visit,
    client: &Client,
    request: Request,
) -> Result<Issued, TokenError> {
    let malformed = || TokenError::grant("code_malformed");
    let digest = OpaqueToken::parse(TokenKind::AuthorizationCode, &request.code).ok_or_else(malformed)?;
    match server.store.consume(OnceKind::AuthorizationCode, digest).await? {
        Consumed::Won(data) => exchange(server, visit, client, &request, &Code::parse(&data)?).await,
        Consumed::Lost { data, .. } => Err(replayed(server, visit, client, &Code::parse(&data)?).await?),
        Consumed::Unknown => Err(TokenError::grant("code_unknown")),
    }
}

async fn exchange(
    server: &AuthServer,
    visit: &Visit,
    client: &Client,
    request: &Request,
    code: &Code,
) -> Result<Issued, TokenError> {
    let mut grant = server.store.find_grant(&code.grant).await?.ok_or_else(|| TokenError::grant("grant_unknown"))?;
    // RFC 6749 section 4.1.3: the code MUST have been issued to this very client. Its owner is not punished for it.
    if code.client != client.id {
        return Err(TokenError::grant("cross_client").about(&client.id, Some(&grant)));
    }
    if let Err(reason) = check_binding(request, code) {
        issue::revoke(server, visit, &grant, reason).await?;
        return Err(TokenError::grant(reason).about(&client.id, Some(&grant)));
    }
    issue::check_resource(request.resource.as_deref(), &grant)?;
    let target = issue::check_grant(server, &grant)?;
    if !server.store.extend_grant(&grant.id, code.until).await? {
        return Err(TokenError::grant("grant_revoked").about(&client.id, Some(&grant)));
    }
    grant.expires_at = code.until;
    let refresh = client.allows_grant("refresh_token").then(|| issue::refresh_token(server, &grant, None));
    let (scopes, nonce) = (grant.scopes.clone(), code.nonce.as_deref());
    let issue = Issue { server, visit, client, grant: &grant, target, scopes, nonce, action: NAME };
    let issued = issue.finish(refresh.as_ref().map(|(token, _)| token.expose()))?;
    // Stored last: when anything above fails, no token is left behind.
    if let Some((_, record)) = &refresh {
        server.store.create_refresh(record).await?;
    }
    Ok(issued)
}

fn check_binding(request: &Request, code: &Code) -> Result<(), &'static str> {
    // RFC 6749 section 4.1.3: the redirect URIs MUST be identical.
    if request.redirect_uri.as_deref().is_some_and(|uri| uri != code.redirect_uri.as_str()) {
        return Err("code_redirect_uri");
    }
    // RFC 7636 section 4.6.
    if code.challenge.is_met_by(&request.verifier) { Ok(()) } else { Err("code_verifier") }
}

/// RFC 6749 section 4.1.2: a code used twice MUST be denied, and all tokens issued on it SHOULD be revoked. Another
/// client cannot revoke them by replaying a code that it got hold of.
async fn replayed(server: &AuthServer, visit: &Visit, client: &Client, code: &Code) -> Result<TokenError, TokenError> {
    let grant = server.store.find_grant(&code.grant).await?;
    if code.client != client.id {
        return Ok(TokenError::grant("cross_client").about(&client.id, grant.as_ref()));
    }
    if let Some(grant) = &grant
        && grant.revoked_at.is_none()
    {
        issue::revoke(server, visit, grant, "code_replayed").await?;
    }
    Ok(TokenError::grant("code_replayed").about(&client.id, grant.as_ref()))
}
