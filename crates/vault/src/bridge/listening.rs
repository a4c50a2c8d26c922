//! `subscriptions/listen` of clients without a session at a server with one: the stream of the session that the vault holds,
//! shared by all who listen in it, and a subscription for each resource that somebody wants to hear of.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Method, StatusCode};
use tokio::{
    sync::broadcast::{self, Receiver, Sender, WeakSender, error::RecvError},
    time::sleep,
};
use vestibule_mcp::{
    Era, Message,
    bridge::{self, Changes, ServerRequest, Shown},
    error::{self, code},
};

use super::{
    ALIVE, KEEP_ALIVE, broken, refusal, running, said,
    sessions::{Opened, Session},
    translated::{self, Came, Messages, Whole},
    way::Passage,
};
use crate::{McpCall, answer::Answer, dispatch::DispatchError, screen::wish::Wishes};

/// Changes on their way to somebody who listens. Who is slower misses some: each says only that one should look again.
const QUEUE: usize = 256;
/// The most resources of one subscription.
const MOST: usize = 256;

/// What a session tells, and to whom.
#[derive(Default)]
pub(super) struct Feed {
    changes: Mutex<Option<WeakSender<Bytes>>>,
    /// How many listen to each resource.
    resources: Mutex<HashMap<String, usize>>,
}

impl Feed {
    /// Tells all who listen of a change that came by another way.
    pub(super) fn publish(&self, change: &Bytes) {
        if let Some(sender) = self.sender() {
            // Nobody may listen any more.
            let _ = sender.send(change.clone());
        }
    }

    fn sender(&self) -> Option<Sender<Bytes>> {
        lock(&self.changes).as_ref().and_then(WeakSender::upgrade)
    }

    /// The stream that others listen to already, or a new one. Who comes second with a new one takes the first.
    fn join(&self) -> Result<Receiver<Bytes>, (Sender<Bytes>, Receiver<Bytes>)> {
        let mut changes = lock(&self.changes);
        if let Some(sender) = changes.as_ref().and_then(WeakSender::upgrade) {
            return Ok(sender.subscribe());
        }
        let (sender, receiver) = broadcast::channel(QUEUE);
        *changes = Some(sender.downgrade());
        Err((sender, receiver))
    }

    /// Whether this is the first who wants to hear of the resource.
    fn want(&self, uri: &str) -> bool {
        let mut resources = lock(&self.resources);
        let count = resources.entry(uri.to_owned()).or_default();
        *count += 1;
        *count == 1
    }

    /// Whether this was the last.
    fn leave(&self, uri: &str) -> bool {
        let mut resources = lock(&self.resources);
        let Some(count) = resources.get_mut(uri) else { return false };
        *count = count.saturating_sub(1);
        let last = *count == 0;
        if last {
            resources.remove(uri);
        }
        last
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listens in this session until the client leaves.
pub(super) async fn listen(
    way: &Passage,
    session: &Arc<Session>,
    opened: &Opened,
    message: &Message,
) -> Result<Answer, DispatchError> {
    let id = message.id().unwrap_or_default().to_owned();
    let changes = Changes::of_listen(message).of_server(&opened.server);
    if changes.resources.len() > MOST {
        return Ok(refusal(StatusCode::OK, &id, code::INVALID_PARAMS, "Too many resources in one subscription."));
    }
    let receiver = if changes.is_empty() { None } else { Some(receiver(way, session, opened).await?) };
    let mut listener = Listener { way: way.clone(), session: Arc::clone(session), id, changes, receiver };
    listener.subscribe(opened).await?;
    Ok(translated::streaming(stream::unfold((listener, Now::Begins), |(mut listener, now)| async move {
        let (bytes, now) = listener.next(now).await?;
        Some((Ok::<_, io::Error>(bytes), (listener, now)))
    })))
}

/// What the session tells from now on.
async fn receiver(way: &Passage, session: &Arc<Session>, opened: &Opened) -> Result<Receiver<Bytes>, DispatchError> {
    match session.feed.join() {
        Ok(receiver) => Ok(receiver),
        Err((sender, receiver)) => {
            let messages = open(way, opened).await?;
            tokio::spawn(pump(way.clone(), Arc::clone(session), messages, sender));
            Ok(receiver)
        }
    }
}

/// The stream of the session; `None` when the server has none. Changes may then come with answers only.
async fn open(way: &Passage, opened: &Opened) -> Result<Option<Messages>, DispatchError> {
    let version = http::HeaderValue::from_static(opened.server.version().as_str());
    let headers = HeaderMap::from_iter([
        (http::HeaderName::from_static("mcp-protocol-version"), version),
        (http::header::ACCEPT, http::HeaderValue::from_static("text/event-stream")),
    ]);
    let (upstream_session, wishes) = (opened.id.clone(), Wishes::default());
    let call = McpCall {
        method: Method::GET,
        era: Era::Stateful,
        message: None,
        upstream_session,
        mark: None,
        wishes,
        headers,
    };
    match translated::came(way.send(call).await?).await? {
        Came::Messages(messages) => Ok(Some(messages)),
        Came::Whole(_) => Ok(None),
    }
}

/// Passes on what the session tells, until it ends or nobody listens.
async fn pump(way: Passage, session: Arc<Session>, mut messages: Option<Messages>, sender: Sender<Bytes>) {
    loop {
        let event = tokio::select! {
            event = next(&mut messages) => event,
            () = sender.closed() => return,
        };
        let Ok(Some(event)) = event else { return };
        if let Some(request) = ServerRequest::read(&event.data) {
            // Who is asked is the client of a call, on the stream of that call.
            let answer = match request.ask.method() {
                "ping" => format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{}}}}"#, request.id).into_bytes(),
                _ => {
                    let text = "Nobody can be asked outside a call.";
                    error::error_body(Some(&request.id), code::METHOD_NOT_FOUND, text, None)
                }
            };
            running::tell_later(&way, &session, answer);
        } else if bridge::is_change(&event.data) {
            // Nobody may listen any more; that is seen in the next round.
            let _ = sender.send(event.data);
        }
    }
}

async fn next(messages: &mut Option<Messages>) -> io::Result<Option<vestibule_mcp::sse::Event>> {
    match messages {
        Some(messages) => messages.next().await,
        None => std::future::pending().await,
    }
}

/// Somebody who listens.
struct Listener {
    way: Passage,
    session: Arc<Session>,
    /// Of the request, as raw JSON text.
    id: String,
    changes: Changes,
    /// None when the server tells nothing of what the client wants to hear.
    receiver: Option<Receiver<Bytes>>,
}

/// Where the stream of a listener is.
enum Now {
    Begins,
    Listens,
    Over,
}

impl Listener {
    /// Subscribes to each resource that nobody in this session listens to yet. Those that the server refuses are not
    /// honoured.
    async fn subscribe(&mut self, opened: &Opened) -> Result<(), DispatchError> {
        // Each counts from here on, so that all are left again whatever happens.
        let wanted = std::mem::take(&mut self.changes.resources);
        for uri in wanted {
            let first = self.session.feed.want(&uri);
            self.changes.resources.push(uri);
            let Some(uri) = self.changes.resources.last().filter(|_| first) else { continue };
            let number = self.session.next_id();
            let message = bridge::about_resource("resources/subscribe", uri, number);
            let message = message.map_err(|error| broken(error.to_string()))?;
            let Whole { body, .. } = translated::whole(self.way.send(opened.carry(message)).await?).await?;
            if bridge::observe(&body) != Shown::Result
                && let Some(uri) = self.changes.resources.pop()
            {
                self.session.feed.leave(&uri);
            }
        }
        Ok(())
    }

    /// The next bytes for the client.
    async fn next(&mut self, now: Now) -> Option<(Bytes, Now)> {
        match now {
            Now::Begins => Some((said(&self.changes.acknowledged(&self.id)), Now::Listens)),
            Now::Listens => loop {
                let change = tokio::select! {
                    change = heard(&mut self.receiver) => change,
                    () = sleep(KEEP_ALIVE) => return Some((ALIVE, Now::Listens)),
                };
                match change {
                    Ok(change) if self.changes.has(&change) => {
                        return Some((said(&bridge::tagged(&change, &self.id)), Now::Listens));
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    // The stream of the session has ended; the client listens again.
                    Err(RecvError::Closed) => return Some((said(&bridge::ended(&self.id)), Now::Over)),
                }
            },
            Now::Over => None,
        }
    }
}

async fn heard(receiver: &mut Option<Receiver<Bytes>>) -> Result<Bytes, RecvError> {
    match receiver {
        Some(receiver) => receiver.recv().await,
        None => std::future::pending().await,
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for uri in self.changes.resources.iter().filter(|uri| self.session.feed.leave(uri)) {
            let message = bridge::about_resource("resources/unsubscribe", uri, self.session.next_id());
            if let Ok(message) = message {
                running::tell_later(&self.way, &self.session, message.bytes().to_vec());
            }
        }
    }
}
