//! Who came to which door: the URL, the origin, the credential. Nothing of a body is read here.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts, Path, rejection::PathRejection},
    response::Response,
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use vestibule_identity::{AuthenticateError, Authenticated, browser::PeerAddress};
use vestibule_model::{AuditEvent, EventKind, Federation, Principal, RequestId, ScopeSet, Server, Verdict, federation};
use vestibule_policy::engine::CallTarget;

use crate::{Proxy, answer, challenge, meters::Happened, origin};

/// What a URL leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Door {
    /// `/mcp/{server}`: one server.
    Server(String),
    /// `/mcp`: several servers behind one endpoint.
    Joined,
}

impl Door {
    /// As it is written where doors are told apart; no server has the name of the joined one.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Server(name) => name,
            Self::Joined => federation::DOOR,
        }
    }

    fn find(&self, proxy: &Proxy) -> Option<(Arc<Server>, Option<Arc<Federation>>)> {
        let servers = proxy.servers.load();
        match self {
            Self::Server(name) => servers.find(name).cloned().map(|server| (server, None)),
            Self::Joined => servers.federation().map(|joined| (Arc::clone(&joined.door), Some(Arc::clone(joined)))),
        }
    }
}

/// The same handlers serve both: what the URL names is the server.
impl<S: Send + Sync> FromRequestParts<S> for Door {
    type Rejection = PathRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let path = <Path<String> as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        Ok(path.map_or(Self::Joined, |Path(name)| Self::Server(name)))
    }
}

/// A caller at a door: the origin and the credential are checked.
#[derive(Clone)]
pub(crate) struct Arrival {
    pub(crate) server: Arc<Server>,
    /// What is behind the door, when it is several servers.
    pub(crate) joined: Option<Arc<Federation>>,
    caller: Caller,
    pub(crate) request: RequestId,
    /// The `Authorization` header, by which an open stream is checked again.
    pub(crate) credential: Option<HeaderValue>,
    pub(crate) address: Option<IpAddr>,
}

#[derive(Clone)]
enum Caller {
    /// Who came to this server's own door.
    Here(Authenticated),
    /// Who came to the door of a federation and was sent on.
    SentOn(SentOn),
}

#[derive(Clone)]
struct SentOn {
    /// The caller as this server sees them.
    principal: Arc<Principal>,
    /// The door, the request there, and what was granted for it.
    door: Arc<Server>,
    request: RequestId,
    granted: ScopeSet,
}

impl Arrival {
    pub(crate) fn principal(&self) -> &Arc<Principal> {
        match &self.caller {
            Caller::Here(caller) => caller.principal(),
            Caller::SentOn(caller) => &caller.principal,
        }
    }

    /// The caller with all scopes that count for one thing at this server: a scope of the joined endpoint may name a tool
    /// by a digest, which is found only when the tool is known.
    pub(crate) fn principal_for(&self, target: &CallTarget<'_>) -> Arc<Principal> {
        let Caller::SentOn(caller) = &self.caller else { return Arc::clone(self.principal()) };
        let CallTarget::Tool(name) = target else { return Arc::clone(&caller.principal) };
        if !federation::is_shortened(&self.server.name, name) {
            return Arc::clone(&caller.principal);
        }
        let scopes = federation::scopes_at(&self.server, &caller.granted, &[name]);
        Arc::new(Principal { scopes, ..Principal::clone(&caller.principal) })
    }

    /// The server whose token the caller holds.
    pub(crate) fn door(&self) -> &Arc<Server> {
        match &self.caller {
            Caller::Here(_) => &self.server,
            Caller::SentOn(caller) => &caller.door,
        }
    }

    /// Whether the caller came in by the door of a federation.
    pub(crate) fn is_through_federation(&self) -> bool {
        matches!(self.caller, Caller::SentOn(_))
    }

    /// The scopes of the token, as they were granted at the door.
    pub(crate) fn granted(&self) -> &ScopeSet {
        match &self.caller {
            Caller::Here(caller) => &caller.principal().scopes,
            Caller::SentOn(caller) => &caller.granted,
        }
    }

    /// The same caller with another message.
    pub(crate) fn another(&self, proxy: &Proxy) -> Self {
        Self { request: RequestId::generate(&*proxy.clock, &*proxy.random), ..self.clone() }
    }

    /// The same caller, sent on from the door of a federation to one of its parts with the scopes that count there.
    pub(crate) fn at_part(&self, proxy: &Proxy, part: &Arc<Server>, scopes: ScopeSet) -> Self {
        let principal = Arc::new(Principal { scopes, ..Principal::clone(self.principal()) });
        let (door, request, granted) = (Arc::clone(&self.server), self.request.clone(), self.granted().clone());
        let caller = Caller::SentOn(SentOn { principal, door, request, granted });
        Self { server: Arc::clone(part), joined: None, caller, ..self.another(proxy) }
    }

    /// What the journal says besides the decision.
    pub(crate) fn detail(&self) -> Option<String> {
        match &self.caller {
            Caller::Here(_) => None,
            Caller::SentOn(caller) => Some(format!("through the federation, {}", caller.request)),
        }
    }
}

/// Origin first, then the credential: nothing of the body is read for a stranger.
pub(crate) async fn arrive(proxy: &Proxy, door: &Door, parts: &Parts) -> Result<Arrival, Response> {
    origin::check(proxy, parts)?;
    let request = RequestId::generate(&*proxy.clock, &*proxy.random);
    let address = parts.extensions.get::<PeerAddress>().map(|peer| peer.0);
    let Some((server, joined)) = door.find(proxy) else {
        return Err(answer::plain(StatusCode::NOT_FOUND, "no such server"));
    };
    match proxy.authenticator.authenticate(parts, &server).await {
        Ok(caller) => {
            let credential = parts.headers.get(header::AUTHORIZATION).map(of_its_own);
            Ok(Arrival { server, joined, caller: Caller::Here(caller), request, credential, address })
        }
        Err(error) => {
            proxy.meters.count(Happened::Unauthenticated);
            let response = challenge::unauthenticated(proxy, &server, &error);
            Err(stranger(proxy, &server, request, address, &error, response).await)
        }
    }
}

/// A copy of a header that may be kept for long. Headers of a request share the buffer that the connection was read into;
/// a stream of days would hold on to all of it.
pub(crate) fn of_its_own(value: &HeaderValue) -> HeaderValue {
    let mut copy = HeaderValue::from_bytes(value.as_bytes()).unwrap_or_else(|_| value.clone());
    copy.set_sensitive(value.is_sensitive());
    copy
}

/// Leaves evidence of a bad credential before the refusal goes out. A request without any credential is how every
/// client starts; it is not worth a line.
async fn stranger(
    proxy: &Proxy,
    server: &Server,
    request: RequestId,
    address: Option<IpAddr>,
    error: &AuthenticateError,
    response: Response,
) -> Response {
    if matches!(error, AuthenticateError::Missing) {
        return response;
    }
    let mut event = AuditEvent::new(proxy.clock.now(), EventKind::Unauthenticated, request);
    event.server = Some(server.name.clone());
    event.verdict = Some(Verdict::Deny);
    event.reason = Some(error.to_string().into());
    event.address = address;
    match proxy.journal.append(&event) {
        Ok(receipt) => match receipt.durable().await {
            Ok(_) => response,
            Err(_) => answer::journal_down(None),
        },
        Err(_) => answer::journal_down(None),
    }
}
