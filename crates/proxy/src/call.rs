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

use std::sync::Arc;

use axum::{body::Body, extract::State, response::Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use vestibule_mcp::{Era, Message, Mirrored, Opening, OpeningError, OpeningHeaders, Version, batch::Body as Incoming};
use vestibule_policy::permit::Denied;
use vestibule_vault::{
    DispatchError, McpCall, Reply,
    screen::wish::{BadWish, Wishes},
};

use crate::{
    Proxy,
    answer::{self, Asked},
    arrival::{self, Arrival, Door},
    batch, denial, federation,
    meters::Happened,
    origin, round_trip, screening,
    session::{self, Connection, Session},
    unknown::{self, What},
};

/// The largest event that is taken apart, in bytes.
pub(crate) const LARGEST_EVENT: usize = 32 << 20;

/// `POST`: one JSON-RPC message, or a batch of them.
pub async fn post(State(proxy): State<Arc<Proxy>>, door: Door, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let wished = Wishes::read(&parts.headers);
    match screening::log_span(&proxy, wished) {
        None => with_body(&proxy, &door, wished, parts, body).await,
        Some(span) => screening::logged(span, Box::pin(with_body(&proxy, &door, wished, parts, body))).await,
    }
}

async fn with_body(
    proxy: &Arc<Proxy>,
    door: &Door,
    wished: Result<Wishes, BadWish>,
    parts: Parts,
    body: Body,
) -> Response {
    let origin = parts.headers.get(header::ORIGIN).cloned();
    let response = match arrival::arrive(proxy, door, &parts).await {
        Ok(arrival) => match read(proxy, &parts, body).await {
            Ok(Incoming::One(message)) => answer(proxy, &arrival, wished, parts, Some(message)).await,
            Ok(Incoming::Batch(messages)) => batch::answer(proxy, arrival, wished, &parts, messages).await,
            Err(response) => response,
        },
        Err(response) => response,
    };
    origin::expose(proxy, origin, response)
}

/// `GET`: the stream of server-initiated messages, stateful era only.
pub async fn get(State(proxy): State<Arc<Proxy>>, door: Door, request: Request<Body>) -> Response {
    let (parts, _) = request.into_parts();
    without_body(&proxy, &door, parts).await
}

/// `DELETE`: ends a session, stateful era only.
pub async fn delete(State(proxy): State<Arc<Proxy>>, door: Door, request: Request<Body>) -> Response {
    let (parts, _) = request.into_parts();
    without_body(&proxy, &door, parts).await
}

async fn without_body(proxy: &Arc<Proxy>, door: &Door, parts: Parts) -> Response {
    let wished = Wishes::read(&parts.headers);
    let answer = async {
        let origin = parts.headers.get(header::ORIGIN).cloned();
        let response = match arrival::arrive(proxy, door, &parts).await {
            Ok(arrival) => answer(proxy, &arrival, wished, parts, None).await,
            Err(response) => response,
        };
        origin::expose(proxy, origin, response)
    };
    match screening::log_span(proxy, wished) {
        None => answer.await,
        Some(span) => screening::logged(span, Box::pin(answer)).await,
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

/// Answers one message, or a request without one.
pub(crate) async fn answer(
    proxy: &Arc<Proxy>,
    arrival: &Arrival,
    wished: Result<Wishes, BadWish>,
    parts: Parts,
    message: Option<Message>,
) -> Response {
    let said = match screening::check(wished, message.as_ref()) {
        Ok(said) => said,
        Err(response) => return response,
    };
    let response = match &arrival.joined {
        // Boxed: it holds the life of a call at each part, and stacks are small.
        Some(joined) => Box::pin(federation::answer(proxy, joined, arrival, said, parts, message)).await,
        None => of_one(proxy, arrival, said, parts, message).await,
    };
    unknown::recorded(proxy, arrival, said, response).await
}

/// One exchange with one server. `said` is what the request itself wishes.
async fn of_one(
    proxy: &Arc<Proxy>,
    arrival: &Arrival,
    said: Wishes,
    mut parts: Parts,
    message: Option<Message>,
) -> Response {
    let connection = Connection::of(&parts.extensions);
    match open(proxy, arrival, said, connection, &mut parts.headers, message.as_ref()) {
        Ok(asked) => match screening::session_span(proxy, said, asked.wishes) {
            None => opened(proxy, arrival, parts, asked, message).await,
            Some(span) => screening::logged(span, Box::pin(opened(proxy, arrival, parts, asked, message))).await,
        },
        Err(response) => response,
    }
}

/// One exchange with one server, in its session.
async fn opened(
    proxy: &Arc<Proxy>,
    arrival: &Arrival,
    mut parts: Parts,
    asked: Asked,
    message: Option<Message>,
) -> Response {
    let message = match unseal(proxy, arrival, &asked, &mut parts.headers, message) {
        Ok(message) => message,
        Err(response) => return response,
    };
    let call = McpCall {
        method: parts.method,
        era: asked.version.era(),
        message,
        upstream_session: asked.session.clone(),
        mark: asked.mark.clone(),
        wishes: asked.wishes,
        headers: parts.headers,
    };
    match deliver(proxy, arrival, call).await {
        Ok(reply) => answer::respond(proxy, arrival, &asked, reply).await,
        Err(why) => why.respond(proxy, arrival, &asked),
    }
}

/// Why an exchange has no answer of the server. A refusal is recorded, where it can be.
pub(crate) enum Unanswered {
    /// Not allowed.
    Denied(Box<Denied<McpCall>>),
    /// Allowed, but not delivered.
    Undelivered(DispatchError),
}

impl Unanswered {
    /// What the caller is told instead.
    pub(crate) fn respond(&self, proxy: &Proxy, arrival: &Arrival, asked: &Asked) -> Response {
        match self {
            Self::Denied(denied) => denial::respond(proxy, arrival, asked, denied),
            Self::Undelivered(error) => answer::undelivered(asked, error),
        }
    }
}

/// Decide, record, unwrap, dispatch.
pub(crate) async fn deliver(proxy: &Proxy, arrival: &Arrival, call: McpCall) -> Result<Reply, Unanswered> {
    let journal_down = || Unanswered::Undelivered(DispatchError::Journal);
    let masking = proxy.vault.log_wish(call.wishes);
    let directory = proxy.store.directory();
    let decision = proxy.engine.decide(arrival.principal(), &arrival.server, &directory, arrival.request.clone(), call);

    let mut event = decision.event(proxy.clock.now());
    event.address = arrival.address;
    event.detail = arrival.detail().map(Into::into);
    event.masking = masking;
    let receipt = proxy.journal.append(&event).map_err(|_| journal_down())?;
    let permit = match decision.into_permit() {
        Ok(permit) => permit,
        Err(denied) => {
            proxy.meters.count(Happened::Denied);
            // The refusal is an answer too: its record is on the disk first.
            return match receipt.durable().await {
                Ok(_) => Err(Unanswered::Denied(Box::new(denied))),
                Err(_) => Err(journal_down()),
            };
        }
    };
    proxy.meters.count(Happened::Allowed);
    proxy.vault.dispatch(permit, receipt).await.map_err(|error| {
        proxy.meters.count(Happened::Undelivered);
        Unanswered::Undelivered(error)
    })
}

/// Finds the era, the version and the session of a request, and where in it a stream goes on. What the session remembers
/// of the client's wishes counts as if the request had said it.
fn open(
    proxy: &Proxy,
    arrival: &Arrival,
    said: Wishes,
    connection: Option<String>,
    headers: &mut HeaderMap,
    message: Option<&Message>,
) -> Result<Asked, Response> {
    let opening =
        opening(headers, message).map_err(|error| answer::misopened(message.and_then(Message::request_id), &error))?;
    // Sessions are unknown to the stateless era; their header is ignored there.
    let presented = if opening.era == Era::Stateful { session::presented(headers)? } else { None };
    let session = presented
        .map(|sealed| Session::open(proxy, arrival, sealed).ok_or_else(|| answer::session_gone(What::Session, message)))
        .transpose()?;
    let Session { upstream, mark, wishes: remembered } = session.unwrap_or_default();
    if message.is_none() && upstream.is_none() {
        return Err(answer::no_session());
    }
    let of_stream = session::resume(proxy, arrival, upstream.as_deref(), headers)
        .ok_or_else(|| answer::session_gone(What::Event, message))?;
    let wishes = said.going_on_from(of_stream).or(remembered);
    let mark = match opening.era {
        // Whoever initializes begins anew, whatever session they name.
        Era::Stateful if message.is_some_and(|message| message.method() == "initialize") => {
            let needed = !wishes.is_empty() || may_give_pseudonyms(proxy, arrival);
            needed.then(|| session::mark(&*proxy.random))
        }
        _ => mark.or(connection),
    };
    Ok(Asked::of(message, opening.version, Session { upstream, mark, wishes }))
}

fn may_give_pseudonyms(proxy: &Proxy, arrival: &Arrival) -> bool {
    proxy.vault.may_give_pseudonyms(&arrival.server, &proxy.engine.demands(&arrival.server))
}

/// Puts the upstream's own texts in the place of those that we sealed, and asks for no more than may be given.
fn unseal(
    proxy: &Proxy,
    arrival: &Arrival,
    asked: &Asked,
    headers: &mut HeaderMap,
    message: Option<Message>,
) -> Result<Option<Message>, Response> {
    let message = screening::arguments(proxy, arrival, asked, headers, message)?;
    message.map(|message| round_trip::open(proxy, arrival, asked, headers, message)).transpose()
}

/// How a request opens: its era and its version.
pub(crate) fn opening(headers: &HeaderMap, message: Option<&Message>) -> Result<Opening, OpeningError> {
    const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
    const METHOD: HeaderName = HeaderName::from_static("mcp-method");
    const NAME: HeaderName = HeaderName::from_static("mcp-name");
    let mirrored = |name| Mirrored::collect(headers.get_all(name).iter().map(http::HeaderValue::as_bytes));
    let headers = OpeningHeaders { version: mirrored(VERSION), method: mirrored(METHOD), name: mirrored(NAME) };
    match message {
        Some(message) => Opening::of_message(message, &headers, SPOKEN),
        None => Opening::of_stream(&headers, SPOKEN),
    }
}

/// What is spoken at every server's door, whatever the server itself speaks. Many servers still answer `initialize` with
/// 2024-11-05 over every transport, and their clients then name it in the header.
const SPOKEN: &[Version] = &Version::ALL;
