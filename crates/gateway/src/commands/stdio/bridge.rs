//! Between lines and HTTP: which session, which version, which answer.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, BodyStream};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};
use vestibule_egress::client::{Body, Client};
use vestibule_mcp::{
    Message, MessageKind, describe,
    error::{self, code},
    sse,
};

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
/// The largest event that is taken apart, in bytes.
const LARGEST: usize = 32 << 20;
/// How long before a stream that broke off is opened again, unless the server says otherwise.
const AGAIN: Duration = Duration::from_secs(2);
/// What is under way at the end of the input gets this long.
const GRACE: Duration = Duration::from_secs(10);

pub(super) struct Bridge {
    client: Client,
    endpoint: Uri,
    credential: HeaderValue,
    /// What is wished of masking, with every request.
    wishes: HeaderMap,
    out: mpsc::Sender<Bytes>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    session: Option<HeaderValue>,
    version: Option<HeaderValue>,
    requests: JoinSet<()>,
    listener: Option<AbortHandle>,
}

impl Bridge {
    pub(super) fn new(
        client: Client,
        endpoint: Uri,
        credential: HeaderValue,
        wishes: HeaderMap,
        out: mpsc::Sender<Bytes>,
    ) -> Self {
        Self { client, endpoint, credential, wishes, out, state: Mutex::default() }
    }

    /// Takes one message. What wants no answer is sent before the next is taken; requests run side by side.
    pub(super) async fn take(self: &Arc<Self>, line: Bytes) {
        let message = match Message::parse(line) {
            Ok(message) => message,
            Err(error) => {
                let body = error::error_body(error.id(), error.code(), &error.to_string(), None);
                return self.say(body.into()).await;
            }
        };
        if message.kind() == MessageKind::Request && message.method() != "initialize" {
            let bridge = Arc::clone(self);
            let mut state = self.state();
            while state.requests.try_join_next().is_some() {}
            state.requests.spawn(async move { bridge.post(message).await });
            return;
        }
        self.post(message).await;
    }

    /// Lets what is under way finish, and ends the session.
    pub(super) async fn close(&self) {
        let (mut requests, listener) = {
            let mut state = self.state();
            (std::mem::take(&mut state.requests), state.listener.take())
        };
        if let Some(listener) = listener {
            listener.abort();
        }
        let finished = async { while requests.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, finished).await.is_err() {
            tracing::warn!("some requests were cut off");
            requests.shutdown().await;
        }
        if self.state().session.is_some() {
            let request = self.request(Method::DELETE, Bytes::new(), None);
            if let Err(error) = self.client.send(request).await {
                tracing::debug!(%error, "the session was not ended");
            }
        }
    }

    async fn post(self: &Arc<Self>, message: Message) {
        let request = self.request(Method::POST, message.bytes().clone(), Some(&message));
        let wants_answer = message.kind() == MessageKind::Request;
        match self.client.send(request).await {
            Ok(response) => self.answer(response, &message).await,
            Err(error) => {
                tracing::warn!(%error, "the gateway cannot be reached");
                if wants_answer {
                    let text = format!("The gateway at {} cannot be reached: {error}.", self.endpoint);
                    self.say(error::error_body(message.id(), code::UNAVAILABLE, &text, None).into()).await;
                }
            }
        }
    }

    fn request(&self, method: Method, body: Bytes, message: Option<&Message>) -> Request<Bytes> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = self.endpoint.clone();
        let headers = request.headers_mut();
        headers.clone_from(&self.wishes);
        headers.insert(header::AUTHORIZATION, self.credential.clone());
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        let mirrored = message.map(describe::mirrored_headers).unwrap_or_default();
        if !mirrored.is_empty() {
            for (name, value) in mirrored {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
            return request;
        }
        let state = self.state();
        for (name, value) in [(SESSION, &state.session), (VERSION, &state.version)] {
            if let Some(value) = value {
                headers.insert(name, value.clone());
            }
        }
        request
    }

    async fn answer(self: &Arc<Self>, response: Response<Body>, message: &Message) {
        let (head, body) = response.into_parts();
        let session = head.headers.get(SESSION).cloned();
        let mut opening = message.method() == "initialize" && head.status == StatusCode::OK;
        let mut seen = |message: &[u8]| {
            if opening && describe::negotiated_version(message).is_some() {
                self.opened(session.as_ref(), message);
                opening = false;
            }
        };
        if is_stream(&head.headers) {
            return self.pump(body, &mut None, seen).await;
        }
        let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        seen(&bytes);
        if head.status != StatusCode::UNAUTHORIZED && describe::is_message(&bytes) {
            return self.say(bytes).await;
        }
        if message.kind() == MessageKind::Request {
            self.say(error::error_body(message.id(), code::DENIED, &refusal(head.status), None).into()).await;
        } else if !head.status.is_success() {
            tracing::warn!("the gateway answered {} to a message without an answer", head.status.as_u16());
        }
    }

    /// The session is there: from now on it is named, and listened to.
    fn opened(self: &Arc<Self>, session: Option<&HeaderValue>, result: &[u8]) {
        let mut state = self.state();
        state.version = describe::negotiated_version(result).and_then(|version| HeaderValue::from_str(&version).ok());
        state.session = session.cloned();
        if state.session.is_some() {
            let bridge = Arc::clone(self);
            let listener = tokio::spawn(async move { bridge.listen().await }).abort_handle();
            if let Some(before) = state.listener.replace(listener) {
                before.abort();
            }
        }
    }

    /// What the server says by itself; opened again where it broke off.
    async fn listen(&self) {
        let mut last = None;
        loop {
            let mut request = self.request(Method::GET, Bytes::new(), None);
            if let Some(id) = last.as_deref().and_then(|id| HeaderValue::from_str(id).ok()) {
                request.headers_mut().insert(LAST_EVENT, id);
            }
            match self.client.send(request).await {
                Ok(response) if is_stream(response.headers()) => {
                    self.pump(response.into_body(), &mut last, |_| ()).await
                }
                // 405: there is no such stream; anything else: the next request will say what is wrong.
                Ok(_) => return,
                Err(error) => tracing::debug!(%error, "the stream broke off"),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Writes each event as a message; `seen` gets it before the client does.
    async fn pump(&self, body: Body, last: &mut Option<String>, mut seen: impl FnMut(&[u8])) {
        let mut splitter = sse::EventSplitter::new(LARGEST);
        let mut frames = BodyStream::new(body);
        while let Some(Ok(frame)) = frames.next().await {
            let Ok(events) = splitter.feed(&frame.into_data().unwrap_or_default()) else {
                tracing::warn!("an event of the gateway is too large");
                return;
            };
            for event in events {
                if event.id.is_some() {
                    last.clone_from(&event.id);
                }
                if !event.data.is_empty() {
                    seen(&event.data);
                    self.say(event.data).await;
                }
            }
        }
    }

    async fn say(&self, message: Bytes) {
        // Nobody may be left to read it.
        let _ = self.out.send(message).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_stream(headers: &http::HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    media.starts_with("text/event-stream")
}

fn refusal(status: StatusCode) -> String {
    match status {
        StatusCode::UNAUTHORIZED => {
            "The gateway does not accept the access token in MCP_AUTH_TOKEN: it has ended, was revoked, or is for \
             another server. Get a new one and start this command again."
                .to_owned()
        }
        StatusCode::NOT_FOUND => "The gateway has no such server, or the session has ended.".to_owned(),
        other => format!("The gateway answered {}.", other.as_u16()),
    }
}
