//! HTTP+SSE, the transport of 2024-11-05: a GET opens a stream of events, whose first names the URL to POST to; answers
//! arrive on the stream.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{body::Body, extract::State, response::Response};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt, Limited, StreamBody};
use serde::Deserialize;
use tokio::sync::mpsc;
use vestibule_mcp::sse;
use vestibule_model::Digest;
use vestibule_vault::screen::wish::Wishes;

use crate::{
    Proxy, answer,
    arrival::{self, Arrival, Door},
    channel::{Channel, Incoming, Outgoing},
    origin,
    sealed::{self, Kind, Owner},
    unknown::{self, What},
    watch::Watch,
};

/// Comments that keep middleboxes from closing an idle stream.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// The streams that are open on this node, by a random id that the client sees only sealed.
#[derive(Default)]
pub struct Channels(Mutex<HashMap<String, Arc<Channel>>>);

impl Channels {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Channel>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `GET …/sse`: opens the stream.
pub async fn open(State(proxy): State<Arc<Proxy>>, door: Door, request: Request<Body>) -> Response {
    let (parts, _) = request.into_parts();
    let origin = parts.headers.get(header::ORIGIN).cloned();
    let response = match arrival::arrive(&proxy, &door, &parts).await {
        Ok(arrival) => {
            let (channel, queue) = Channel::open(&proxy, &door, &parts);
            stream(&proxy, &arrival, channel, queue)
        }
        Err(response) => response,
    };
    origin::expose(&proxy, origin, response)
}

/// `POST …/messages?session=…`: takes one message; its answer arrives on the stream.
pub async fn post(State(proxy): State<Arc<Proxy>>, door: Door, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let origin = parts.headers.get(header::ORIGIN).cloned();
    let response = match arrival::arrive(&proxy, &door, &parts).await {
        Ok(arrival) => take(&proxy, &arrival, &parts, body).await,
        Err(response) => response,
    };
    origin::expose(&proxy, origin, response)
}

async fn take(proxy: &Arc<Proxy>, arrival: &Arrival, parts: &http::request::Parts, body: Body) -> Response {
    #[derive(Deserialize)]
    struct Query {
        session: String,
    }
    let unknown = || {
        let response = answer::plain(StatusCode::NOT_FOUND, "no such session; open the stream again");
        let said = Wishes::of(&parts.headers);
        unknown::recorded(proxy, arrival, said, unknown::refusal(What::Session, None, response))
    };
    let query: Option<Query> =
        axum::extract::Query::try_from_uri(&parts.uri).ok().map(|axum::extract::Query(query)| query);
    // Opened for its owner only: a stranger's session is unknown.
    let id = query.and_then(|query| sealed::open(proxy, &Owner::of(arrival), Kind::Channel, &query.session));
    let channel = id.and_then(|id| proxy.channels.lock().get(&id).cloned());
    let Some(channel) = channel else { return unknown().await };
    if let Err(response) = answer::require_json(parts) {
        return response;
    }
    match Limited::new(body, proxy.settings.max_body).collect().await {
        Ok(whole) => {
            if channel.receive(Incoming::with_headers(whole.to_bytes(), &parts.headers)).is_err() {
                return answer::busy();
            }
        }
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            return answer::too_large(proxy.settings.max_body);
        }
        Err(_) => return answer::plain(StatusCode::BAD_REQUEST, "the request body broke off"),
    }
    let mut response = Response::new(Body::from("Accepted"));
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

/// The stream: where to POST, and then whatever the channel sends.
fn stream(proxy: &Arc<Proxy>, arrival: &Arrival, channel: Arc<Channel>, queue: mpsc::Receiver<Outgoing>) -> Response {
    let mut random = [0; 32];
    proxy.random.fill(&mut random);
    let id = Digest::from_bytes(random).to_hex();
    let session = sealed::seal(proxy, &Owner::of(arrival), Kind::Channel, &id);
    proxy.channels.lock().insert(id.clone(), Arc::clone(&channel));
    // Relative to the origin, which a client has to compare anyway (2024-11-05, transports).
    let endpoint = format!("{}/messages?session={session}", proxy.settings.path_of(&arrival.server));
    let first = sse::encode(Some("endpoint"), None, endpoint.as_bytes());
    let open = Open {
        first: Some(first),
        queue,
        watch: Watch::new(proxy, arrival),
        _end: End { proxy: Arc::clone(proxy), id, channel },
    };
    let frames = futures_util::stream::unfold(open, |mut open| async move {
        let bytes = open.next().await?;
        Some((Ok::<_, Infallible>(Frame::data(bytes)), open))
    });
    let mut response = Response::new(Body::new(StreamBody::new(Box::pin(frames))));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

struct Open {
    first: Option<Bytes>,
    queue: mpsc::Receiver<Outgoing>,
    watch: Watch,
    _end: End,
}

impl Open {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        tokio::select! {
            outgoing = self.queue.recv() => match outgoing? {
                Outgoing::Message(message) => Some(sse::encode(Some("message"), None, &message)),
                Outgoing::End(_) => None,
            },
            () = self.watch.lost() => None,
            () = tokio::time::sleep(KEEP_ALIVE) => Some(Bytes::from_static(b": still here\n\n")),
        }
    }
}

/// When the stream is dropped, its session ends.
struct End {
    proxy: Arc<Proxy>,
    id: String,
    channel: Arc<Channel>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.proxy.channels.lock().remove(&self.id);
        let channel = Arc::clone(&self.channel);
        // Outside of a runtime the process is ending, and the upstream's session ends by itself.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { channel.close().await });
        }
    }
}
