//! A client on a two-way channel (WebSocket, HTTP+SSE): each of its messages becomes a request of the streamable HTTP
//! endpoint and takes the ordinary way from there, credential and origin included. What comes back is sent as messages.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{body::Body, extract::State, response::Response};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, BodyStream, Limited};
use tokio::{
    sync::{Semaphore, mpsc},
    task::AbortHandle,
};
use vestibule_identity::browser::PeerAddress;
use vestibule_mcp::{
    Message, MessageKind, describe,
    error::{self, code},
    sse,
};
use vestibule_vault::{Media, screen::wish};

use crate::{
    Proxy,
    arrival::{Door, of_its_own},
    call,
    session::{self, Connection},
};

/// Messages that wait for a slow client; when there are more, the channel ends.
const QUEUE: usize = 256;
/// Requests of one client that are under way at once.
const IN_FLIGHT: usize = 64;
/// Messages of one client that wait to be looked at.
const INTAKE: usize = 64;

/// What goes to the client.
pub(crate) enum Outgoing {
    /// One JSON-RPC message.
    Message(Bytes),
    /// The channel ends, and why.
    End(&'static str),
}

/// One client's channel to one server, or to those that are joined.
pub(crate) struct Channel {
    proxy: Arc<Proxy>,
    door: Door,
    /// Host, origin and address of whoever opened it.
    base: HeaderMap,
    peer: Option<PeerAddress>,
    /// Labels that stand for values belong to this connection, where there is no narrower session.
    connection: Connection,
    out: mpsc::Sender<Outgoing>,
    in_flight: Semaphore,
    intake: mpsc::Sender<Incoming>,
    state: Mutex<Session>,
}

/// One message of the client, and the credential that came with it.
type Incoming = (Bytes, Option<HeaderValue>);

/// The client sends more than we take.
pub(crate) struct TooMany;

#[derive(Default)]
struct Session {
    /// Our id, as a client of streamable HTTP would send it.
    id: Option<HeaderValue>,
    version: Option<HeaderValue>,
    /// Requests of the stateless era that can be cancelled.
    running: HashMap<String, AbortHandle>,
    /// The stream of what the server says by itself, and all else that ends with the channel.
    tasks: Vec<AbortHandle>,
    credential: Option<HeaderValue>,
}

/// Headers that belong to the connection and are the same for each message.
const KEPT: [HeaderName; 4] =
    [header::HOST, header::ORIGIN, header::ACCEPT_LANGUAGE, HeaderName::from_static("x-forwarded-for")];
/// The client's wishes, kept with every value: two that differ are refused, not chosen from.
const WISHES: [HeaderName; 2] = [HeaderName::from_static(wish::BEFORE_LLM), HeaderName::from_static(wish::IN_LOGS)];

impl Channel {
    /// Opens a channel for a request that was authenticated.
    pub(crate) fn open(proxy: &Arc<Proxy>, door: &Door, parts: &Parts) -> (Arc<Self>, mpsc::Receiver<Outgoing>) {
        let (out, queue) = mpsc::channel(QUEUE);
        let (intake, incoming) = mpsc::channel(INTAKE);
        let mut base = HeaderMap::new();
        for name in KEPT {
            if let Some(value) = parts.headers.get(&name) {
                base.insert(name, of_its_own(value));
            }
        }
        for name in WISHES {
            for value in parts.headers.get_all(&name) {
                base.append(name.clone(), of_its_own(value));
            }
        }
        let credential = parts.headers.get(header::AUTHORIZATION).map(of_its_own);
        let state = Session { credential, ..Session::default() };
        let channel = Self {
            proxy: Arc::clone(proxy),
            door: door.clone(),
            base,
            peer: parts.extensions.get::<PeerAddress>().copied(),
            connection: Connection(session::mark(&*proxy.random).into()),
            out,
            in_flight: Semaphore::new(IN_FLIGHT),
            intake,
            state: Mutex::new(state),
        };
        let channel = Arc::new(channel);
        let work = tokio::spawn(Arc::clone(&channel).work(incoming));
        channel.state().tasks.push(work.abort_handle());
        (channel, queue)
    }

    /// Takes one message of the client; the answers come by themselves. From here on `credential` is the one that is
    /// shown for the client, when there is a newer one.
    pub(crate) fn receive(&self, bytes: Bytes, credential: Option<HeaderValue>) -> Result<(), TooMany> {
        self.intake.try_send((bytes, credential)).map_err(|_| TooMany)
    }

    /// Looks at the messages in the order in which they came. What wants no answer is done before the next is looked at,
    /// so that a server hears `initialized` before the first call; requests run side by side.
    async fn work(self: Arc<Self>, mut incoming: mpsc::Receiver<Incoming>) {
        while let Some((bytes, credential)) = incoming.recv().await {
            if credential.is_some() {
                self.state().credential = credential;
            }
            // What is no message is refused on the ordinary way, in the ordinary words.
            let parsed = Message::parse(bytes.clone()).ok();
            if parsed.as_ref().is_some_and(|message| self.is_cancelled_here(message)) {
                continue;
            }
            let request = self.request(Method::POST, Body::from(bytes), parsed.as_ref());
            match parsed.filter(|message| message.kind() == MessageKind::Request) {
                Some(message) => self.start(request, message).await,
                None => self.post(request, None).await,
            }
        }
    }

    /// Starts a request, when there is room for it.
    async fn start(self: &Arc<Self>, request: Request<Body>, message: Message) {
        // The semaphore is never closed.
        let Ok(permit) = self.in_flight.acquire().await else { return };
        permit.forget();
        let running = cancellable(&message);
        let guard = Finished { channel: Arc::clone(self), running: running.clone() };
        let task = tokio::spawn(async move { guard.channel.post(request, Some(&message)).await });
        let mut state = self.state();
        state.tasks.retain(|task| !task.is_finished());
        state.tasks.push(task.abort_handle());
        if let Some(id) = running.filter(|_| !task.is_finished()) {
            state.running.insert(id, task.abort_handle());
        }
    }

    /// The ordinary way of a message, and its answer.
    async fn post(self: &Arc<Self>, request: Request<Body>, message: Option<&Message>) {
        let response = call::post(State(Arc::clone(&self.proxy)), self.door.clone(), request).await;
        let is_initialize = message.is_some_and(|message| message.method() == "initialize");
        self.answer(response, message.and_then(Message::id), is_initialize).await;
    }

    /// Ends what is under way, and the session at the upstream.
    pub(crate) async fn close(&self) {
        let (id, tasks) = {
            let mut state = self.state();
            (state.id.take(), std::mem::take(&mut state.tasks))
        };
        for task in tasks {
            task.abort();
        }
        if let Some(id) = id {
            let mut request = self.request(Method::DELETE, Body::empty(), None);
            request.headers_mut().insert(session::HEADER, id);
            call::delete(State(Arc::clone(&self.proxy)), self.door.clone(), request).await;
        }
    }

    /// The stateless era has no session in which a notification could find its request: the exchange ends here, which
    /// is how the upstream is told (MCP 2026-07-28, cancellation).
    fn is_cancelled_here(&self, message: &Message) -> bool {
        let Some(id) = describe::cancelled_id(message) else { return false };
        let found = self.state().running.remove(&id);
        let known = found.is_some();
        if let Some(task) = found {
            task.abort();
        }
        known
    }

    fn request(&self, method: Method, body: Body, message: Option<&Message>) -> Request<Body> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        let headers = request.headers_mut();
        *headers = self.base.clone();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        let state = self.state();
        if let Some(credential) = &state.credential {
            headers.insert(header::AUTHORIZATION, credential.clone());
        }
        let mirrored = message.map(describe::mirrored_headers).unwrap_or_default();
        if mirrored.is_empty() {
            for (name, value) in [(SESSION, &state.id), (VERSION, &state.version)] {
                if let Some(value) = value {
                    headers.insert(name, value.clone());
                }
            }
        }
        // On a channel there is nobody but us to write the headers that mirror the body.
        for (name, value) in mirrored {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        drop(state);
        request.extensions_mut().insert(self.connection.clone());
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(peer);
        }
        request
    }

    /// Sends what an answer holds.
    async fn answer(self: &Arc<Self>, response: Response, id: Option<&str>, is_initialize: bool) {
        let (head, body) = response.into_parts();
        if head.status == StatusCode::UNAUTHORIZED {
            return self.send(Outgoing::End("the credential is not good any more: sign in again")).await;
        }
        let session = head.headers.get(session::HEADER).cloned();
        let mut opening = is_initialize && head.status == StatusCode::OK;
        let mut seen = |message: &[u8]| {
            if opening && describe::negotiated_version(message).is_some() {
                self.opened(session.as_ref(), message);
                opening = false;
            }
        };
        if Media::of(&head.headers) == Media::Events {
            return self.pump(body, seen).await;
        }
        let whole = Limited::new(body, self.proxy.settings.max_list).collect().await;
        let bytes = whole.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        seen(&bytes);
        if describe::is_message(&bytes) {
            return self.send(Outgoing::Message(bytes)).await;
        }
        if let Some(id) = id.filter(|_| !head.status.is_success() || bytes.is_empty()) {
            let text = format!("The gateway answered {}.", head.status.as_u16());
            self.send(Outgoing::Message(error::error_body(Some(id), code::DENIED, &text, None).into())).await;
        }
    }

    /// The session is there: from now on it is named, and listened to.
    fn opened(self: &Arc<Self>, id: Option<&HeaderValue>, result: &[u8]) {
        let version = describe::negotiated_version(result).and_then(|version| HeaderValue::from_str(&version).ok());
        let Some(id) = id else {
            self.state().version = version;
            return;
        };
        {
            let mut state = self.state();
            (state.id, state.version) = (Some(id.clone()), version);
        }
        let request = self.request(Method::GET, Body::empty(), None);
        let channel = Arc::clone(self);
        let task = tokio::spawn(async move {
            let response = call::get(State(Arc::clone(&channel.proxy)), channel.door.clone(), request).await;
            // A server without such a stream says 405.
            if response.status() == StatusCode::OK {
                channel.pump(response.into_body(), |_| ()).await;
            }
        });
        self.state().tasks.push(task.abort_handle());
    }

    /// Sends each event as a message; `seen` gets it before the client does.
    async fn pump(&self, body: Body, mut seen: impl FnMut(&[u8])) {
        let mut splitter = sse::EventSplitter::new(call::LARGEST_EVENT);
        let mut frames = BodyStream::new(body);
        while let Some(Ok(frame)) = frames.next().await {
            let Ok(events) = splitter.feed(&frame.into_data().unwrap_or_default()) else { return };
            for event in events.into_iter().filter(|event| !event.data.is_empty()) {
                seen(&event.data);
                self.send(Outgoing::Message(event.data)).await;
            }
        }
    }

    /// Waits for room; a client that takes nothing for a long time is cut by whoever empties the queue.
    async fn send(&self, outgoing: Outgoing) {
        // Nobody may be left to take it.
        let _ = self.out.send(outgoing).await;
    }

    fn state(&self) -> MutexGuard<'_, Session> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the place back when a message is done, or was cancelled.
struct Finished {
    channel: Arc<Channel>,
    running: Option<String>,
}

impl Drop for Finished {
    fn drop(&mut self) {
        self.channel.in_flight.add_permits(1);
        if let Some(id) = &self.running {
            self.channel.state().running.remove(id);
        }
    }
}

const SESSION: HeaderName = HeaderName::from_static(session::HEADER);
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// Whether a request of the stateless era can be cancelled by its id.
fn cancellable(message: &Message) -> Option<String> {
    let stateless = message.meta_version().is_some() && message.kind() == MessageKind::Request;
    message.id().filter(|_| stateless).map(str::to_owned)
}
