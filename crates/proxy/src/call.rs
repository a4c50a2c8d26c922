//! The life of one call. Each step is one call into one file and back:
//!
//! ```text
//! origin     is this browser allowed to be here            403
//! caller   = authenticate(request)        who              401
//! message  = parse(body)                  one strict parse 400
//! decision = decide(caller, call)         what
//! receipt  = append(decision.event())     evidence, denials too
//! permit   = decision.into_permit()       or a refusal in the client's era
//! reply    = dispatch(permit, receipt)    with which key
//! ```

use std::{net::IpAddr, sync::Arc};

use axum::{
    body::Body,
    extract::{Path, State},
    response::Response,
};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use vestibule_identity::{AuthenticateError, Authenticated, browser::PeerAddress};
use vestibule_mcp::{Era, Message, Mirrored, Opening, OpeningError, OpeningHeaders, Version};
use vestibule_model::{AuditEvent, EventKind, Principal, RequestId, ScopeSet, Server, Upstream, Verdict};
use vestibule_policy::permit::Denied;
use vestibule_vault::{DispatchError, McpCall, Reply};

use crate::{
    Proxy,
    answer::{self, Asked},
    challenge, denial, origin, session,
};

/// `POST /mcp/{server}`: one JSON-RPC message.
pub async fn post(State(proxy): State<Arc<Proxy>>, Path(name): Path<String>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let origin = parts.headers.get(header::ORIGIN).cloned();
    let response = match arrive(&proxy, &name, &parts).await {
        Ok(arrival) => match read(&proxy, &parts, body).await {
            Ok(message) => decide(&proxy, &arrival, parts, Some(message)).await,
            Err(response) => response,
        },
        Err(response) => response,
    };
    origin::expose(&proxy, origin, response)
}

/// `GET /mcp/{server}`: the stream of server-initiated messages, stateful era only.
pub async fn get(State(proxy): State<Arc<Proxy>>, Path(name): Path<String>, request: Request<Body>) -> Response {
    without_body(&proxy, &name, request.into_parts().0).await
}

/// `DELETE /mcp/{server}`: ends a session, stateful era only.
pub async fn delete(State(proxy): State<Arc<Proxy>>, Path(name): Path<String>, request: Request<Body>) -> Response {
    without_body(&proxy, &name, request.into_parts().0).await
}

async fn without_body(proxy: &Arc<Proxy>, name: &str, parts: Parts) -> Response {
    let origin = parts.headers.get(header::ORIGIN).cloned();
    let response = match arrive(proxy, name, &parts).await {
        Ok(arrival) => decide(proxy, &arrival, parts, None).await,
        Err(response) => response,
    };
    origin::expose(proxy, origin, response)
}

/// A caller at the door of a server: the origin and the credential are checked.
pub(crate) struct Arrival {
    pub(crate) server: Arc<Server>,
    caller: Caller,
    pub(crate) request: RequestId,
    address: Option<IpAddr>,
}

enum Caller {
    /// Who came to this server's own door.
    Here(Authenticated),
    /// Who came to the door of a federation and was sent on.
    SentOn(SentOn),
}

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

    /// The same caller, sent on from the door of a federation to one of its parts with the scopes that count there.
    pub(crate) fn at_part(&self, proxy: &Proxy, part: &Arc<Server>, scopes: ScopeSet) -> Self {
        let principal = Arc::new(Principal { scopes, ..Principal::clone(self.principal()) });
        let (door, request, granted) = (Arc::clone(&self.server), self.request.clone(), self.granted().clone());
        Self {
            server: Arc::clone(part),
            caller: Caller::SentOn(SentOn { principal, door, request, granted }),
            request: RequestId::generate(&*proxy.clock, &*proxy.random),
            address: self.address,
        }
    }

    /// What the journal says besides the decision.
    fn detail(&self) -> Option<String> {
        match &self.caller {
            Caller::Here(_) => None,
            Caller::SentOn(caller) => Some(format!("through the federation, {}", caller.request)),
        }
    }
}

/// Origin first, then the credential: nothing of the body is read for a stranger.
async fn arrive(proxy: &Proxy, name: &str, parts: &Parts) -> Result<Arrival, Response> {
    arrive_at(proxy, parts, proxy.servers.load().find(name).cloned()).await
}

/// The same at a door that was found, or not.
pub(crate) async fn arrive_at(proxy: &Proxy, parts: &Parts, door: Option<Arc<Server>>) -> Result<Arrival, Response> {
    origin::check(proxy, parts)?;
    let request = RequestId::generate(&*proxy.clock, &*proxy.random);
    let address = parts.extensions.get::<PeerAddress>().map(|peer| peer.0);
    let Some(server) = door else {
        return Err(answer::plain(StatusCode::NOT_FOUND, "no such server"));
    };
    match proxy.authenticator.authenticate(parts, &server).await {
        Ok(caller) => Ok(Arrival { server, caller: Caller::Here(caller), request, address }),
        Err(error) => {
            let response = challenge::unauthenticated(proxy, &server, &error);
            Err(stranger(proxy, &server, request, address, &error, response).await)
        }
    }
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

/// Reads at most `max_body` bytes and parses them once, strictly.
pub(crate) async fn read(proxy: &Proxy, parts: &Parts, body: Body) -> Result<Message, Response> {
    answer::require_json(parts)?;
    let bytes: Bytes = match Limited::new(body, proxy.settings.max_body).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            let limit = proxy.settings.max_body;
            return Err(answer::too_large(limit));
        }
        Err(_) => return Err(answer::plain(StatusCode::BAD_REQUEST, "the request body broke off")),
    };
    Message::parse(bytes).map_err(|error| answer::unparsable(&error))
}

/// Answers one exchange with one server.
async fn decide(proxy: &Arc<Proxy>, arrival: &Arrival, parts: Parts, message: Option<Message>) -> Response {
    let asked = match open(proxy, arrival, &parts, message.as_ref()) {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    let call = McpCall {
        method: parts.method,
        era: asked.version.era(),
        message,
        upstream_session: asked.session.clone(),
        headers: parts.headers,
    };
    match deliver(proxy, arrival, call).await {
        Ok(reply) => answer::respond(proxy, arrival, &asked, reply).await,
        Err(why) => unanswered(proxy, arrival, &asked, &why),
    }
}

/// Why an exchange has no answer of the server. The refusal is recorded, where it can be.
pub(crate) enum Unanswered {
    /// Not allowed.
    Denied(Box<Denied<McpCall>>),
    /// Allowed, but not delivered.
    Undelivered(DispatchError),
}

/// What the caller is told instead.
pub(crate) fn unanswered(proxy: &Proxy, arrival: &Arrival, asked: &Asked, why: &Unanswered) -> Response {
    match why {
        Unanswered::Denied(denied) => denial::respond(proxy, arrival, asked, denied),
        Unanswered::Undelivered(error) => answer::undelivered(asked, error),
    }
}

/// Decide, record, unwrap, dispatch.
pub(crate) async fn deliver(proxy: &Proxy, arrival: &Arrival, call: McpCall) -> Result<Reply, Unanswered> {
    let journal_down = || Unanswered::Undelivered(DispatchError::Journal);
    let directory = proxy.store.directory();
    let decision = proxy.engine.decide(arrival.principal(), &arrival.server, &directory, arrival.request.clone(), call);

    let mut event = decision.event(proxy.clock.now());
    event.address = arrival.address;
    event.detail = arrival.detail().map(Into::into);
    let receipt = proxy.journal.append(&event).map_err(|_| journal_down())?;
    let permit = match decision.into_permit() {
        Ok(permit) => permit,
        Err(denied) => {
            // The refusal is an answer too: its record is on the disk first.
            return match receipt.durable().await {
                Ok(_) => Err(Unanswered::Denied(Box::new(denied))),
                Err(_) => Err(journal_down()),
            };
        }
    };
    proxy.vault.dispatch(permit, receipt).await.map_err(Unanswered::Undelivered)
}

/// Finds the era, the version and the session of a request.
fn open(proxy: &Proxy, arrival: &Arrival, parts: &Parts, message: Option<&Message>) -> Result<Asked, Response> {
    let opening = opening(&arrival.server, &parts.headers, message)
        .map_err(|error| answer::misopened(message.and_then(Message::id), &error))?;
    // Sessions are unknown to the stateless era; their header is ignored there.
    let presented = if opening.era == Era::Stateful { session::presented(&parts.headers)? } else { None };
    let session = match presented {
        Some(sealed) => Some(session::open(proxy, arrival, sealed).ok_or_else(|| answer::session_gone(message))?),
        None if message.is_none() => return Err(answer::no_session()),
        None => None,
    };
    Ok(Asked {
        version: opening.version,
        session,
        id: message.and_then(Message::id).map(str::to_owned),
        list: message.map_or(Some(answer::ListKind::Resumed), answer::ListKind::of),
        initialize: message.is_some_and(|message| message.method() == "initialize"),
        tool_call: message.is_some_and(|message| message.method() == "tools/call"),
    })
}

pub(crate) fn opening(
    server: &Server,
    headers: &HeaderMap,
    message: Option<&Message>,
) -> Result<Opening, OpeningError> {
    let mirrored = |name: &str| Mirrored::collect(headers.get_all(name).iter().map(http::HeaderValue::as_bytes));
    let headers = OpeningHeaders {
        version: mirrored("mcp-protocol-version"),
        method: mirrored("mcp-method"),
        name: mirrored("mcp-name"),
    };
    match message {
        Some(message) => Opening::of_message(message, &headers, versions(server)),
        None => Opening::of_stream(&headers, versions(server)),
    }
}

/// What is spoken at a server's door. A server on standard input and output has sessions only. Many servers still
/// answer `initialize` with 2024-11-05 over every transport, and their clients then name it in the header.
fn versions(server: &Server) -> &'static [Version] {
    match server.upstream {
        Upstream::Command { .. } => Version::STATEFUL,
        Upstream::Http { .. } | Upstream::Federation => &Version::ALL,
    }
}

impl Asked {
    /// Whether the asking client speaks the stateless era.
    pub(crate) fn era(&self) -> Era {
        self.version.era()
    }
}
