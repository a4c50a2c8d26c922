//! Answers of the MCP endpoints: replies of upstreams, and our own errors in the client's era.
//!
//! A 400 or 404 of ours always carries a JSON-RPC error that a client of the stateless era recognises; otherwise it
//! would take us for an older server and fall back. Refused credentials are 401 and 403, never 400.

use std::sync::Arc;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use serde_json::json;
use vestibule_mcp::{
    Era, Message, OpeningError, ParseError, Target, Version,
    error::{self, code},
};
use vestibule_vault::{DispatchError, Media, Reply, screen::wish::Wishes};

use crate::{
    Proxy,
    arrival::Arrival,
    list, round_trip,
    session::{self, Session},
    stream,
    unasked::Watched,
    unknown::{self, What},
};

/// What the client asked, as far as its answer depends on it.
pub(crate) struct Asked {
    pub(crate) version: Version,
    pub(crate) session: Option<String>,
    /// What it is called here.
    pub(crate) mark: Option<String>,
    /// Of the request, or else of its session.
    pub(crate) wishes: Wishes,
    pub(crate) id: Option<String>,
    pub(crate) list: Option<ListKind>,
    pub(crate) initialize: bool,
    pub(crate) tool_call: bool,
}

impl Asked {
    /// What a message, or a request without one, asks in its session.
    pub(crate) fn of(message: Option<&Message>, version: Version, session: Session) -> Self {
        let Session { upstream, mark, wishes } = session;
        Self {
            version,
            session: upstream,
            mark,
            wishes,
            id: message.and_then(Message::request_id).map(str::to_owned),
            list: message.map_or(Some(ListKind::Resumed), ListKind::of),
            initialize: message.is_some_and(|message| message.method() == "initialize"),
            tool_call: message.is_some_and(|message| message.method() == "tools/call"),
        }
    }

    /// Whether the asking client speaks the stateless era.
    pub(crate) fn era(&self) -> Era {
        self.version.era()
    }
}

/// Which list an answer holds, when it is to be filtered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ListKind {
    Tools,
    Prompts,
    Resources,
    ResourceTemplates,
    /// None that is known: the stream of a session may bring back any answer when a client resumes there.
    Resumed,
}

impl ListKind {
    pub(crate) fn of(message: &Message) -> Option<Self> {
        match message.target() {
            Target::ToolList => Some(Self::Tools),
            Target::PromptList => Some(Self::Prompts),
            Target::ResourceList => Some(Self::Resources),
            Target::ResourceTemplateList => Some(Self::ResourceTemplates),
            _ => None,
        }
    }
}

/// The reply of an upstream, streamed through. On its way lists are filtered, and what belongs to this caller alone is
/// sealed for them.
pub(crate) async fn respond(proxy: &Arc<Proxy>, arrival: &Arrival, asked: &Asked, reply: Reply) -> Response {
    let new_session = (asked.initialize && reply.status().is_success() && !reply.is_withheld())
        .then(|| Session::begun(reply.upstream_session(), asked.mark.as_deref(), asked.wishes))
        .flatten()
        .and_then(|session| HeaderValue::from_str(&session.seal(proxy, arrival)).ok());
    let (status, mut headers, body) = reply.into_parts();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(value) = new_session {
        headers.insert(session::HEADER, value);
    }
    let media = Media::of(&headers);
    let body = match asked.list {
        Some(_) => Watched::with_list(arrival, body),
        None => Watched::without_list(arrival, media, body),
    };
    let passed = match (media, asked.list) {
        (Media::Events, _) => {
            headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
            Ok(stream::pass(proxy, arrival, asked, body))
        }
        (Media::Json, Some(kind)) => list::json(proxy, arrival, asked, kind, body).await,
        (Media::Json, None) => round_trip::json(proxy, arrival, asked, body).await,
        (Media::None, _) => Ok(Body::new(body)),
    };
    let body = match passed {
        Ok(body) => body,
        Err(response) => return response,
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// A JSON body.
pub(crate) fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, body).into_response()
}

/// An error without a JSON-RPC id, for what happens before a message is understood.
pub(crate) fn plain(status: StatusCode, text: &str) -> Response {
    json(status, serde_json::to_vec(&json!({ "error": reason(status), "error_description": text })).unwrap_or_default())
}

fn reason(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "unauthorized",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        _ => "invalid_request",
    }
}

/// 503 that names the part which is down.
pub(crate) fn unavailable(part: &str) -> Response {
    let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, &format!("the {part} is unavailable; nothing was done"));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    response
}

/// More messages at once than are taken.
pub(crate) fn busy() -> Response {
    let mut response = plain(StatusCode::TOO_MANY_REQUESTS, "too many messages at once");
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// The evidence cannot be written, so nothing may happen.
pub(crate) fn journal_down(id: Option<&str>) -> Response {
    let text = "The audit journal cannot be written, so every call is refused.";
    let mut response = json(StatusCode::SERVICE_UNAVAILABLE, error::error_body(id, code::UNAVAILABLE, text, None));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    response
}

/// Only JSON is read.
pub(crate) fn require_json(parts: &Parts) -> Result<(), Response> {
    let given = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media = given.split(';').next().unwrap_or("").trim();
    if media.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the Content-Type must be application/json"))
}

/// The body is larger than we read.
pub(crate) fn too_large(limit: usize) -> Response {
    plain(StatusCode::PAYLOAD_TOO_LARGE, &format!("the message is larger than {limit} bytes"))
}

/// The body is no message.
pub(crate) fn unparsable(error: &ParseError) -> Response {
    json(StatusCode::BAD_REQUEST, error::error_body(error.id(), error.code(), &error.to_string(), None))
}

/// Headers and body contradict each other, or the version is not spoken here.
pub(crate) fn misopened(id: Option<&str>, error: &OpeningError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = error::error_body(id, error.code(), &error.to_string(), error.data().as_ref());
    let mut response = json(status, body);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        // RFC 9110 section 15.5.6: a 405 MUST name the methods that are allowed.
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

/// The session is unknown: the client starts a new one (streamable HTTP, Session Management: MUST be 404).
pub(crate) fn session_gone(what: What, message: Option<&Message>) -> Response {
    let id = message.and_then(Message::request_id);
    let body = error::error_body(id, code::INVALID_REQUEST, "Session not found; initialize again.", None);
    unknown::refusal(what, message, json(StatusCode::NOT_FOUND, body))
}

/// GET and DELETE belong to a session. A client whose server opened none asks for the stream all the same; 405 tells it
/// that there is none (streamable HTTP, Listening for Messages: either a stream or 405).
pub(crate) fn no_session() -> Response {
    let text = "without a session there is only POST";
    let body = error::error_body(None, code::INVALID_REQUEST, text, None);
    let mut response = json(StatusCode::METHOD_NOT_ALLOWED, body);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

/// The call was allowed and recorded, but no answer came.
pub(crate) fn undelivered(asked: &Asked, error: &DispatchError) -> Response {
    let id = asked.id.as_deref();
    let rpc = |status, code, text: &str, data| json(status, error::error_body(id, code, text, data));
    tracing::warn!(error = %error, "the call was allowed but not delivered");
    match error {
        DispatchError::Journal => journal_down(id),
        DispatchError::SessionGone => {
            rpc(StatusCode::NOT_FOUND, code::INVALID_REQUEST, "Session not found; initialize again.", None)
        }
        DispatchError::UnsupportedEra => unsupported(id, asked.version),
        DispatchError::Timeout => rpc(
            StatusCode::GATEWAY_TIMEOUT,
            code::UNAVAILABLE,
            "The server behind the gateway did not answer in time.",
            None,
        ),
        DispatchError::Credential(_) | DispatchError::Refused(_) => {
            let text = "The gateway has no usable credential for this server.";
            rpc(StatusCode::BAD_GATEWAY, code::UNAVAILABLE, text, None)
        }
        DispatchError::Upstream(_) => rpc(
            StatusCode::BAD_GATEWAY,
            code::UNAVAILABLE,
            "The server behind the gateway cannot be reached, or answers nothing that is MCP.",
            None,
        ),
        DispatchError::TooLarge(what) => {
            rpc(StatusCode::PAYLOAD_TOO_LARGE, code::INVALID_REQUEST, &format!("The {what} are too large."), None)
        }
        DispatchError::Busy => {
            let mut response =
                rpc(StatusCode::SERVICE_UNAVAILABLE, code::UNAVAILABLE, "Too many sessions are open.", None);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            response
        }
        DispatchError::DuplicateId => {
            rpc(StatusCode::BAD_REQUEST, code::INVALID_REQUEST, "A request with this id is still running.", None)
        }
    }
}

fn unsupported(id: Option<&str>, requested: Version) -> Response {
    let supported: Vec<&str> = Version::STATEFUL.iter().map(|version| version.as_str()).collect();
    let data = json!({ "supported": supported, "requested": requested.as_str() });
    let body = error::error_body(id, code::UNSUPPORTED_VERSION, "Unsupported protocol version", Some(&data));
    json(StatusCode::BAD_REQUEST, body)
}
