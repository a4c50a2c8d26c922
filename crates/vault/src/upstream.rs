//! One exchange with an HTTP upstream.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use vestibule_egress::client::{Body, Client, SendError};
use vestibule_mcp::{Era, MessageKind};
use vestibule_model::Principal;

use crate::{
    McpCall,
    answer::{Answer, Source},
    dispatch::DispatchError,
    headers,
    kinds::{CredentialError, Kind},
};

pub(crate) const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("vestibule/", env!("CARGO_PKG_VERSION")));
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ANY_ANSWER: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");

/// Opens the credential, builds the request, spends the one on the other, sends, and checks what came.
pub(crate) async fn exchange(
    client: &Client,
    uri: &Uri,
    kind: &dyn Kind,
    caller: &Principal,
    call: McpCall,
) -> Result<Answer, DispatchError> {
    let credential = kind.open(caller).await.map_err(no_credential)?;
    let in_session = call.upstream_session.is_some();
    let wanted = Wanted::of(&call);
    let lives_on = lives_on(&call);
    let mut request = request(uri, call)?;
    credential.spend(&mut request).map_err(no_credential)?;
    // Boxed: it is rare, and every call would hold room for it.
    let response = if lives_on { Box::pin(client.open(request)).await } else { client.send(request).await };
    let response = response.map_err(undelivered)?;
    check(response, in_session, wanted)
}

/// What an exchange is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// A message: the answer to a request, or the stream of a session.
    Message,
    /// A status: what is said besides it has no reader.
    Status,
}

impl Wanted {
    fn of(call: &McpCall) -> Self {
        let request = call.message.as_ref().is_some_and(|message| message.kind() == MessageKind::Request);
        if request || call.method == Method::GET { Self::Message } else { Self::Status }
    }
}

/// Whether the answer is a stream that has no end of its own: the stream of a session, or a subscription.
fn lives_on(call: &McpCall) -> bool {
    let listens = call.message.as_ref().is_some_and(|message| message.method() == "subscriptions/listen");
    listens || call.method == Method::GET
}

/// The original bytes, the headers that may pass, and ours. The credential comes last and so cannot be displaced.
fn request(uri: &Uri, call: McpCall) -> Result<Request<Bytes>, DispatchError> {
    let mut to =
        headers::to_upstream(&call.headers).map_err(|_| DispatchError::TooLarge("the Mcp-Param headers".to_owned()))?;
    to.insert(header::USER_AGENT, USER_AGENT);
    if !to.contains_key(header::ACCEPT) {
        to.insert(header::ACCEPT, ANY_ANSWER);
    }
    if let (Era::Stateful, Some(id)) = (call.era, &call.upstream_session) {
        to.insert(headers::SESSION, HeaderValue::from_str(id).map_err(|_| DispatchError::SessionGone)?);
    }
    let body = match (&call.method, call.message) {
        (&Method::POST, Some(message)) => {
            to.insert(header::CONTENT_TYPE, JSON);
            message.bytes().clone()
        }
        (&Method::GET | &Method::DELETE, None) => Bytes::new(),
        _ => return Err(DispatchError::Upstream("no such exchange".to_owned())),
    };
    let mut request = Request::new(body);
    *request.method_mut() = call.method;
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = to;
    Ok(request)
}

/// What passes: MCP answers, and the bare status of other refusals. What does not: challenges, redirects, error pages.
fn check(response: Response<Body>, in_session: bool, wanted: Wanted) -> Result<Answer, DispatchError> {
    let (parts, body) = response.into_parts();
    let status = parts.status;
    let broken = |what: String| Err(DispatchError::Upstream(what));
    if let Some(error) = refusal(status) {
        return Err(error);
    }
    if status == StatusCode::NOT_FOUND && in_session {
        return Err(DispatchError::SessionGone);
    }
    if parts.headers.contains_key(header::CONTENT_ENCODING) {
        return broken("it compressed its answer without being asked".to_owned());
    }
    let session = headers::session(&parts.headers).transpose();
    let Ok(session) = session else { return broken("its session id is not visible ASCII".to_owned()) };
    let mut headers = headers::to_client(&parts.headers);
    let body = if is_mcp(&headers) {
        Source::Http(body)
    } else if status.is_server_error() {
        return broken(format!("it answered {} without an MCP message", status.as_u16()));
    } else if status == StatusCode::OK && wanted == Wanted::Message {
        return broken("its answer is neither JSON nor an event stream".to_owned());
    } else {
        headers.remove(header::CONTENT_TYPE);
        Source::Whole(None)
    };
    Ok(Answer { status, headers, session, body })
}

/// What passes from no upstream to a client.
pub(crate) fn refusal(status: StatusCode) -> Option<DispatchError> {
    match status {
        // The challenge is for us. A client that saw it would start to sign in at a stranger.
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            Some(DispatchError::Refused(status.as_u16()))
        }
        _ if status.is_redirection() || status.is_informational() => {
            Some(DispatchError::Upstream(format!("it answered {}, which is not followed", status.as_u16())))
        }
        _ => None,
    }
}

fn is_mcp(headers: &HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = text.split(';').next().unwrap_or("").trim();
    essence.eq_ignore_ascii_case("application/json") || essence.eq_ignore_ascii_case("text/event-stream")
}

pub(crate) fn no_credential(error: CredentialError) -> DispatchError {
    DispatchError::Credential(error.to_string())
}

pub(crate) fn undelivered(error: SendError) -> DispatchError {
    match error {
        SendError::Timeout(_) => DispatchError::Timeout,
        other => DispatchError::Upstream(other.to_string()),
    }
}
