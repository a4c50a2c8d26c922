//! The one guard of the console. No handler runs without its [`Administrator`].

use std::{net::IpAddr, sync::Arc};

use axum::{extract::FromRequestParts, response::Response};
use http::{Method, request::Parts};
use vestibule_identity::browser::{PeerAddress, SignedIn, csrf_token};
use vestibule_model::{AuditEvent, Digest, EventKind, OrgId, RequestId, User, Verdict};

use crate::{Desk, shell};

/// The role that opens the console, compared exactly.
pub const ADMINISTRATOR_ROLE: &str = "vestibule:admin";

/// Somebody who may use the console. Sealed: it comes only from a request with the session cookie of a signed-in
/// user who has [`ADMINISTRATOR_ROLE`] now.
pub struct Administrator {
    signed_in: SignedIn,
    request: RequestId,
    address: Option<IpAddr>,
}

impl Administrator {
    /// The user.
    pub fn user(&self) -> &User {
        &self.signed_in.user
    }

    /// The organization whose people and evidence they see.
    pub fn org(&self) -> &OrgId {
        &self.signed_in.user.org
    }

    /// The token that their forms carry. It is bound to the session: the console has no pages for strangers.
    pub(crate) fn csrf(&self) -> String {
        csrf_token(form_owner(), Some(&self.signed_in.session))
    }

    /// Whether a posted token is theirs.
    pub(crate) fn csrf_matches(&self, presented: &str) -> bool {
        vestibule_identity::browser::csrf_matches(presented, form_owner(), Some(&self.signed_in.session))
    }

    /// An audit event of theirs.
    pub(crate) fn event(&self, desk: &Desk, verdict: Verdict, action: &'static str, target: &str) -> AuditEvent {
        let mut event = AuditEvent::new(desk.console.clock.now(), EventKind::Admin, self.request.clone());
        event.user = Some(self.user().id.clone());
        event.org = Some(self.org().clone());
        event.session = Some(self.signed_in.session.id.clone());
        event.address = self.address;
        event.action = Some(action.into());
        event.target = Some(target.into());
        event.verdict = Some(verdict);
        event
    }

    /// Writes evidence and waits until it is on the disk. What cannot be recorded is not done.
    pub(crate) async fn record(&self, desk: &Desk, event: &AuditEvent) -> Result<(), Response> {
        let receipt = desk.console.journal.append(event).map_err(|error| shell::unavailable(&error))?;
        receipt.durable().await.map(|_| ()).map_err(|error| shell::unavailable(&error))
    }
}

/// Forms of the console are of no use on other pages.
fn form_owner() -> Digest {
    Digest::of(b"vestibule console")
}

impl FromRequestParts<Arc<Desk>> for Administrator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Arc<Desk>) -> Result<Self, Response> {
        let is_api = parts.uri.path().starts_with("/api/");
        let found = desk.sessions.find(&parts.headers).await.map_err(|error| shell::unavailable(&error))?;
        let Some(signed_in) = found else {
            return Err(if is_api { shell::unauthenticated() } else { shell::to_login(&way_back(parts)) });
        };
        let given = parts.extensions.get::<RequestId>().cloned();
        let request = given.unwrap_or_else(|| RequestId::generate(&*desk.console.clock, &*desk.console.random));
        let address = parts.extensions.get::<PeerAddress>().map(|peer| peer.0);
        let visitor = Self { signed_in, request, address };
        if visitor.user().has_role(ADMINISTRATOR_ROLE) {
            return Ok(visitor);
        }
        let mut event = visitor.event(desk, Verdict::Deny, "console", parts.uri.path());
        event.reason = Some("not_administrator".into());
        visitor.record(desk, &event).await?;
        Err(if is_api { shell::forbidden_api() } else { shell::forbidden(desk) })
    }
}

/// Where to come back to after signing in: a page, never the target of a form.
fn way_back(parts: &Parts) -> String {
    let page = parts.uri.path_and_query().filter(|_| parts.method == Method::GET);
    page.map_or("/console", |page| page.as_str()).to_owned()
}
