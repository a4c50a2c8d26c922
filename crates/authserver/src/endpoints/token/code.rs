//! `authorization_code`: a code, once, by the client and for the request it was made for.

use vestibule_model::{Client, Digest, OpaqueToken, TokenKind};
use vestibule_oauth::grants::authorization_code::{NAME, Request};
use vestibule_store::{
    codes::{Redeemed, Redemption},
    grants::GrantRecord,
    once::{Consumed, OnceKind},
};

use super::{
    Issued, TokenError,
    issue::{self, Issue},
};
use crate::{AuthServer, code::Code, visit::Visit};

/// RFC 6749 section 4.1.3. The code is spent by the attempt, whatever else is wrong with it: whoever has it does not
/// get a second guess. What it gives is made ready first, so that spending it and giving are one transaction.
pub(super) async fn redeem(
    server: &AuthServer,
    visit: &Visit,
    client: &Client,
    request: Request,
) -> Result<Issued, TokenError> {
    let malformed = || TokenError::grant("code_malformed");
    let digest = OpaqueToken::parse(TokenKind::AuthorizationCode, &request.code).ok_or_else(malformed)?;
    let attempt = Attempt { server, visit, client, digest };
    let Some(data) = server.store.peek_once(OnceKind::AuthorizationCode, digest).await? else {
        return Err(attempt.spend().await?.unwrap_or_else(|| TokenError::grant("code_unknown")));
    };
    let code = Code::parse(&data)?;
    let found = server.store.find_grant(&code.grant).await?;
    let mut grant = found.ok_or_else(|| TokenError::grant("grant_unknown"))?;
    match attempt.prepare(&request, &code, &mut grant) {
        Ok(ready) => attempt.give(ready, &grant).await,
        Err(refusal) => Err(attempt.refuse(refusal, &grant).await?),
    }
}

/// One use of one code.
struct Attempt<'a> {
    server: &'a AuthServer,
    visit: &'a Visit,
    client: &'a Client,
    digest: Digest,
}

/// What the code gives when nobody was faster.
struct Ready {
    issued: Issued,
    redemption: Redemption,
}

/// Why it gives nothing.
enum Refusal {
    /// The code is not used as it was asked for; what hangs off it dies.
    Binding(&'static str),
    /// Nothing the grant is punished for.
    Other(TokenError),
}

impl<E: Into<TokenError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

impl Attempt<'_> {
    /// Checks and signs; nothing is changed yet.
    fn prepare(&self, request: &Request, code: &Code, grant: &mut GrantRecord) -> Result<Ready, Refusal> {
        let (server, client) = (self.server, self.client);
        // RFC 6749 section 4.1.3: the code MUST have been issued to this very client. Its owner is not punished for it.
        if code.client != client.id {
            return Err(TokenError::grant("cross_client").about(&client.id, Some(grant)).into());
        }
        check_binding(request, code).map_err(Refusal::Binding)?;
        issue::check_resource(request.resource.as_deref(), grant)?;
        let target = issue::check_grant(server, grant)?;
        grant.expires_at = code.until;
        let refresh = client.allows_grant("refresh_token").then(|| issue::refresh_token(server, grant, None));
        let (scopes, nonce) = (grant.scopes.clone(), code.nonce.as_deref());
        let issue = Issue { server, visit: self.visit, client, grant, target, scopes, nonce, action: NAME };
        let issued = issue.finish(refresh.as_ref().map(|(token, _)| token.expose()))?;
        let refresh = refresh.map(|(_, record)| record);
        Ok(Ready { issued, redemption: Redemption { grant: grant.id.clone(), until: code.until, refresh } })
    }

    /// Spends the code and brings to life what it gives.
    async fn give(&self, ready: Ready, grant: &GrantRecord) -> Result<Issued, TokenError> {
        match self.server.store.redeem_code(self.digest, ready.redemption).await? {
            Redeemed::Won => Ok(ready.issued),
            Redeemed::Lost { data } => Err(self.replayed(&Code::parse(&data)?).await?),
            Redeemed::Unknown => Err(TokenError::grant("code_unknown")),
            Redeemed::GrantOver => Err(TokenError::grant("grant_revoked").about(&self.client.id, Some(grant))),
        }
    }

    /// Spends the code; when somebody was faster, that is the reason.
    async fn refuse(&self, refusal: Refusal, grant: &GrantRecord) -> Result<TokenError, TokenError> {
        if let Some(replayed) = self.spend().await? {
            return Ok(replayed);
        }
        match refusal {
            Refusal::Binding(reason) => {
                issue::revoke(self.server, self.visit, grant, reason).await?;
                Ok(TokenError::grant(reason).about(&self.client.id, Some(grant)))
            }
            Refusal::Other(error) => Ok(error),
        }
    }

    /// Spends the code for nothing. An error is given when it had been spent before.
    async fn spend(&self) -> Result<Option<TokenError>, TokenError> {
        match self.server.store.consume(OnceKind::AuthorizationCode, self.digest).await? {
            Consumed::Lost { data, .. } => Ok(Some(self.replayed(&Code::parse(&data)?).await?)),
            Consumed::Won(_) | Consumed::Unknown => Ok(None),
        }
    }

    /// RFC 6749 section 4.1.2: a code used twice MUST be denied, and all tokens issued on it SHOULD be revoked. Another
    /// client cannot revoke them by replaying a code that it got hold of.
    async fn replayed(&self, code: &Code) -> Result<TokenError, TokenError> {
        let grant = self.server.store.find_grant(&code.grant).await?;
        if code.client != self.client.id {
            return Ok(TokenError::grant("cross_client").about(&self.client.id, grant.as_ref()));
        }
        if let Some(grant) = &grant
            && grant.revoked_at.is_none()
        {
            issue::revoke(self.server, self.visit, grant, "code_replayed").await?;
        }
        Ok(TokenError::grant("code_replayed").about(&self.client.id, grant.as_ref()))
    }
}

fn check_binding(request: &Request, code: &Code) -> Result<(), &'static str> {
    // RFC 6749 section 4.1.3: the redirect URIs MUST be identical.
    if request.redirect_uri.as_deref().is_some_and(|uri| uri != code.redirect_uri.as_str()) {
        return Err("code_redirect_uri");
    }
    // RFC 7636 section 4.6.
    if code.challenge.is_met_by(&request.verifier) { Ok(()) } else { Err("code_verifier") }
}
