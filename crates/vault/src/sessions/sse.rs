//! HTTP+SSE, the transport of 2024-11-05: one GET whose stream brings everything the server says; its first event names
//! the URL to which messages are POSTed.
//!
//! That URL is the server's word. It is followed only within the configured origin: anywhere else would get the
//! credential and the messages. It holds the id of the session, so it appears in no log.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Limited};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Duration, timeout},
};
use vestibule_egress::client::{Body, Client};
use vestibule_mcp::sse::{Event, EventSplitter};
use vestibule_model::{Principal, ServerName};

use super::channel::{Channel, Outlet, Peer, QUEUE, Reading};
use crate::{
    dispatch::DispatchError,
    kinds::Kind,
    origin::Origin,
    upstream::{JSON, USER_AGENT, no_credential, refusal, undelivered},
};

/// How long the server has to name its URL.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest message, as for children.
const MAX_EVENT: usize = 16 * 1024 * 1024;
/// The longest URL for messages.
const MAX_ENDPOINT: usize = 4096;
/// What is read of the answer to a POST, so that its connection can be used again.
const MAX_REST: usize = 64 * 1024;

const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

/// Opens the stream and waits for the URL.
pub(super) async fn connect(
    client: &Client,
    uri: &Uri,
    kind: &dyn Kind,
    caller: &Principal,
    server: &ServerName,
) -> Result<Channel, DispatchError> {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = HeaderMap::from_iter([(header::ACCEPT, EVENTS), (header::USER_AGENT, USER_AGENT)]);
    kind.open(caller).await.and_then(|credential| credential.spend(&mut request)).map_err(no_credential)?;
    let (parts, body) = client.open(request).await.map_err(undelivered)?.into_parts();
    if let Some(error) = refusal(parts.status) {
        return Err(error);
    }
    if parts.status != StatusCode::OK || !is_event_stream(&parts.headers) {
        let what = format!("it answered {} without an event stream", parts.status.as_u16());
        return Err(DispatchError::Upstream(what));
    }
    let (named, endpoint) = oneshot::channel();
    let (sender, lines) = mpsc::channel(QUEUE);
    let reading = Reading(tokio::spawn(read(body, named, sender, server.clone())));
    let named = timeout(PATIENCE, endpoint).await.map_err(|_| DispatchError::Timeout)?;
    let named =
        named.map_err(|_| DispatchError::Upstream("its stream ended before it named its endpoint".to_owned()))?;
    let endpoint = resolve(uri, &named)?;
    Ok(Channel { outlet: Outlet::Endpoint(endpoint), lines, peer: Peer::Stream(reading) })
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = text.split(';').next().unwrap_or("").trim();
    essence.eq_ignore_ascii_case("text/event-stream") && !headers.contains_key(header::CONTENT_ENCODING)
}

/// The URL as it is meant (RFC 3986 section 5), when it is of the same origin.
fn resolve(base: &Uri, named: &str) -> Result<Uri, DispatchError> {
    let refused = |what: &str| DispatchError::Upstream(format!("its endpoint event names {what}"));
    if named.len() > MAX_ENDPOINT {
        return Err(refused("a URL that is too long"));
    }
    let joined = url::Url::parse(&base.to_string()).and_then(|base| base.join(named));
    let mut joined = joined.map_err(|_| refused("no URL"))?;
    joined.set_fragment(None);
    let endpoint: Uri = joined.as_str().parse().map_err(|_| refused("no URL"))?;
    match Origin::of(base) {
        Some(origin) if origin.is_of(&endpoint) => Ok(endpoint),
        _ => Err(refused("another origin, where nothing is sent")),
    }
}

/// Passes messages on until the stream ends, cannot be read, or nobody listens any more.
async fn read(mut body: Body, named: oneshot::Sender<String>, lines: mpsc::Sender<Bytes>, server: ServerName) {
    let mut splitter = EventSplitter::new(MAX_EVENT);
    let mut named = Some(named);
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(data) = frame.into_data() else { continue };
        let Ok(events) = splitter.feed(&data) else {
            tracing::error!(%server, limit = MAX_EVENT, "the server sent an event above the limit");
            return;
        };
        for event in events {
            match (means(&event), named.take()) {
                (Meaning::Endpoint, Some(first)) => {
                    let _ = first.send(String::from_utf8_lossy(&event.data).into_owned());
                }
                // A session never moves to another URL.
                (Meaning::Endpoint, None) => tracing::warn!(%server, "the server named a second endpoint; ignored"),
                (Meaning::Message, None) => {
                    if lines.send(event.data).await.is_err() {
                        return;
                    }
                }
                (_, waiting) => named = waiting,
            }
        }
    }
}

enum Meaning {
    Endpoint,
    Message,
    Nothing,
}

/// An event without a name is a message (HTML, server-sent events).
fn means(event: &Event) -> Meaning {
    match event.event.as_deref() {
        _ if event.data.is_empty() => Meaning::Nothing,
        Some("endpoint") => Meaning::Endpoint,
        None | Some("message" | "") => Meaning::Message,
        Some(_) => Meaning::Nothing,
    }
}

/// POSTs one message; what it leads to comes on the stream.
pub(super) async fn post(
    client: &Client,
    endpoint: &Uri,
    kind: &dyn Kind,
    caller: &Principal,
    message: Bytes,
) -> Result<(), DispatchError> {
    let mut request = Request::new(message);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = endpoint.clone();
    *request.headers_mut() = HeaderMap::from_iter([
        (header::CONTENT_TYPE, JSON),
        (header::ACCEPT, ANYTHING),
        (header::USER_AGENT, USER_AGENT),
    ]);
    kind.open(caller).await.and_then(|credential| credential.spend(&mut request)).map_err(no_credential)?;
    let (parts, body) = client.send(request).await.map_err(undelivered)?.into_parts();
    match parts.status {
        StatusCode::NOT_FOUND | StatusCode::GONE => return Err(DispatchError::SessionGone),
        status => refusal(status).map_or(Ok(()), Err)?,
    }
    if !parts.status.is_success() {
        return Err(DispatchError::Upstream(format!("it answered {} to a message", parts.status.as_u16())));
    }
    // Nobody waits for what it says besides, and when that is too much or takes too long, the connection is given up.
    tokio::spawn(timeout(PATIENCE, Limited::new(body, MAX_REST).collect()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_followed_only_within_its_origin() {
        let base: Uri = "https://hr.internal:8443/api/sse?x=1".parse().unwrap();
        for (named, meant) in [
            ("/messages?session=a%2Fb", "https://hr.internal:8443/messages?session=a%2Fb"),
            ("messages", "https://hr.internal:8443/api/messages"),
            ("../m#f", "https://hr.internal:8443/m"),
            ("?sessionId=7", "https://hr.internal:8443/api/sse?sessionId=7"),
            ("https://HR.internal:8443/m", "https://hr.internal:8443/m"),
        ] {
            assert_eq!(resolve(&base, named).unwrap().to_string(), meant, "{named}");
        }
        for named in [
            "https://evil.example/m",
            "//evil.example/m",
            "\\\\evil.example\\m",
            "/\\evil.example/m",
            "https://hr.internal/m",
            "http://hr.internal:8443/m",
            "https://hr.internal:8443@evil.example/m",
            "https://user:pw@hr.internal:8443/m",
            "https:evil.example",
            "ftp://hr.internal:8443/m",
            "javascript:alert(1)",
            "https://",
            &format!("/{}", "a".repeat(5000)),
        ] {
            // RFC 3986 would take `https:evil.example` for another scheme's path; here it stays within the origin.
            if named == "https:evil.example" {
                assert!(resolve(&base, named).is_ok_and(|uri| uri.host() == Some("hr.internal")));
                continue;
            }
            assert!(matches!(resolve(&base, named), Err(DispatchError::Upstream(_))), "{named}");
        }
    }
}
