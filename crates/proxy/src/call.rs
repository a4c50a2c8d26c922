//! The life of one call. Each step is one call into one file and back:
//!
//! ```text
//! origin     is this browser allowed to be here            403
//! caller   = authenticate(request)        who              401
//! message  = parse(body)                  one strict parse 400
//!            labels turned back           what is decided is what is sent
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
use http::{HeaderMap, HeaderValue, Request, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use vestibule_identity::{AuthenticateError, Authenticated, browser::PeerAddress};
use vestibule_mcp::{Era, Message, Mirrored, Opening, OpeningError, OpeningHeaders, Version, batch::Body as Incoming};
use vestibule_model::{AuditEvent, EventKind, Principal, RequestId, Server, Verdict};
use vestibule_vault::McpCall;

use crate::{
    Proxy,
    answer::{self, Asked},
    batch, challenge, denial,
    meters::Happened,
    origin, round_trip, screening, session,
};

/// The largest event that is taken apart, in bytes.
pub(crate) const LARGEST_EVENT: usize = 32 << 20;

/// `POST /mcp/{server}`: one JSON-RPC message, or a batch of them.
pub async fn post(State(proxy): State<Arc<Proxy>>, Path(name): Path<String>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let span = screening::log_span(&proxy, &parts.headers);
    screening::logged(span, with_body(&proxy, &name, parts, body)).await
}

async fn with_body(proxy: &Arc<Proxy>, name: &str, parts: Parts, body: Body) -> Response {
    let origin = parts.headers.get(header::ORIGIN).cloned();
    let response = match arrive(proxy, name, &parts).await {
        Ok(arrival) => match read(proxy, &parts, body).await {
            Ok(Incoming::One(message)) => decide(proxy, &arrival, parts, Some(message)).await,
            Ok(Incoming::Batch(messages)) => batch::answer(proxy, arrival, &parts, messages).await,
            Err(response) => response,
        },
        Err(response) => response,
    };
    origin::expose(proxy, origin, response)
}

/// `GET /mcp/{server}`: the stream of server-initiated messages, stateful era only.
pub async fn get(State(proxy): State<Arc<Proxy>>, Path(name): Path<String>, request: Request<Body>) -> Response {
    let (parts, _) = request.into_parts();
    let span = screening::log_span(&proxy, &parts.headers);
    screening::logged(span, without_body(&proxy, &name, parts)).await
}

/// `DELETE /mcp/{server}`: ends a session, stateful era only.
pub async fn delete(State(proxy): State<Arc<Proxy>>, Path(name): Path<String>, request: Request<Body>) -> Response {
    let (parts, _) = request.into_parts();
    let span = screening::log_span(&proxy, &parts.headers);
    screening::logged(span, without_body(&proxy, &name, parts)).await
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
    caller: Authenticated,
    pub(crate) request: RequestId,
    /// The `Authorization` header, by which an open stream is checked again.
    pub(crate) credential: Option<HeaderValue>,
    address: Option<IpAddr>,
}

impl Arrival {
    pub(crate) fn principal(&self) -> &Arc<Principal> {
        self.caller.principal()
    }

    /// The same caller with another message.
    pub(crate) fn another(&self, proxy: &Proxy) -> Self {
        Self {
            server: Arc::clone(&self.server),
            caller: self.caller.clone(),
            request: RequestId::generate(&*proxy.clock, &*proxy.random),
            credential: self.credential.clone(),
            address: self.address,
        }
    }
}

/// Origin first, then the credential: nothing of the body is read for a stranger.
pub(crate) async fn arrive(proxy: &Proxy, name: &str, parts: &Parts) -> Result<Arrival, Response> {
    origin::check(proxy, parts)?;
    let request = RequestId::generate(&*proxy.clock, &*proxy.random);
    let address = parts.extensions.get::<PeerAddress>().map(|peer| peer.0);
    let Some(server) = proxy.servers.load().find(name).cloned() else {
        return Err(answer::plain(StatusCode::NOT_FOUND, "no such server"));
    };
    match proxy.authenticator.authenticate(parts, &server).await {
        Ok(caller) => {
            let credential = parts.headers.get(header::AUTHORIZATION).cloned();
            Ok(Arrival { server, caller, request, credential, address })
        }
        Err(error) => {
            proxy.meters.count(Happened::Unauthenticated);
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
async fn read(proxy: &Proxy, parts: &Parts, body: Body) -> Result<Incoming, Response> {
    answer::require_json(parts)?;
    let bytes: Bytes = match Limited::new(body, proxy.settings.max_body).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            let limit = proxy.settings.max_body;
            return Err(answer::too_large(limit));
        }
        Err(_) => return Err(answer::plain(StatusCode::BAD_REQUEST, "the request body broke off")),
    };
    Incoming::parse(bytes).map_err(|error| answer::unparsable(&error))
}

/// Decide, record, unwrap, dispatch.
pub(crate) async fn decide(
    proxy: &Arc<Proxy>,
    arrival: &Arrival,
    mut parts: Parts,
    message: Option<Message>,
) -> Response {
    let opened = open(proxy, arrival, &parts, message.as_ref())
        .and_then(|asked| Ok((unseal(proxy, arrival, &asked, &mut parts, message)?, asked)));
    let (message, asked) = match opened {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let call = McpCall {
        method: parts.method,
        era: asked.version.era(),
        message,
        upstream_session: asked.session.clone(),
        headers: parts.headers,
    };
    let directory = proxy.store.directory();
    let decision = proxy.engine.decide(arrival.principal(), &arrival.server, &directory, arrival.request.clone(), call);

    let mut event = decision.event(proxy.clock.now());
    event.address = arrival.address;
    event.masking = asked.in_logs;
    let Ok(receipt) = proxy.journal.append(&event) else {
        return answer::journal_down(asked.id.as_deref());
    };
    let permit = match decision.into_permit() {
        Ok(permit) => permit,
        Err(denied) => {
            proxy.meters.count(Happened::Denied);
            // The refusal is an answer too: its record is on the disk first.
            return match receipt.durable().await {
                Ok(_) => denial::respond(proxy, arrival, &asked, &denied),
                Err(_) => answer::journal_down(asked.id.as_deref()),
            };
        }
    };
    proxy.meters.count(Happened::Allowed);
    match proxy.vault.dispatch(permit, receipt).await {
        Ok(reply) => answer::respond(proxy, arrival, &asked, reply).await,
        Err(error) => {
            proxy.meters.count(Happened::Undelivered);
            answer::undelivered(&asked, &error)
        }
    }
}

/// Finds the era, the version and the session of a request.
fn open(proxy: &Proxy, arrival: &Arrival, parts: &Parts, message: Option<&Message>) -> Result<Asked, Response> {
    let opening =
        opening(&parts.headers, message).map_err(|error| answer::misopened(message.and_then(Message::id), &error))?;
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
        in_logs: proxy.vault.log_wish(&parts.headers),
        tool_call: message.is_some_and(|message| message.method() == "tools/call"),
    })
}

/// Puts the upstream's own texts in the place of those that we sealed, and asks for no more than may be given.
fn unseal(
    proxy: &Proxy,
    arrival: &Arrival,
    asked: &Asked,
    parts: &mut Parts,
    message: Option<Message>,
) -> Result<Option<Message>, Response> {
    session::resume(proxy, arrival, asked.session.as_deref(), &mut parts.headers)
        .ok_or_else(|| answer::session_gone(message.as_ref()))?;
    let message = screening::arguments(proxy, arrival, asked, &mut parts.headers, message)?;
    match (message, asked.era()) {
        (Some(message), Era::Stateless) => round_trip::open_state(proxy, arrival, message)
            .map(|message| Some(round_trip::narrow(proxy, arrival, message))),
        (message, _) => Ok(message),
    }
}

fn opening(headers: &HeaderMap, message: Option<&Message>) -> Result<Opening, OpeningError> {
    let mirrored = |name: &str| Mirrored::collect(headers.get_all(name).iter().map(http::HeaderValue::as_bytes));
    let headers = OpeningHeaders {
        version: mirrored("mcp-protocol-version"),
        method: mirrored("mcp-method"),
        name: mirrored("mcp-name"),
    };
    match message {
        Some(message) => Opening::of_message(message, &headers, SPOKEN),
        None => Opening::of_stream(&headers, SPOKEN),
    }
}

/// What is spoken at every server's door, whatever the server itself speaks. Many servers still answer `initialize` with
/// 2024-11-05 over every transport, and their clients then name it in the header.
const SPOKEN: &[Version] = &Version::ALL;

impl Asked {
    /// Whether the asking client speaks the stateless era.
    pub(crate) fn era(&self) -> Era {
        self.version.era()
    }
}
