//! The stream of a client with a session at a server without: one subscription to all lists and to what the client
//! subscribed to, made again whenever that changes.

use std::io;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, StatusCode, header};
use tokio::{
    sync::watch::Receiver,
    time::{Instant, sleep_until},
};
use vestibule_mcp::{
    Era,
    bridge::{self, Changes, Client},
};

use super::{
    ALIVE, KEEP_ALIVE, broken, empty, eras,
    questions::Place,
    said,
    translated::{self, Came, Messages},
    way::{self, Passage},
};
use crate::{answer::Answer, dispatch::DispatchError};

/// Opens the stream. A newer one of the same session takes its place: no message goes to two (MCP 2025-11-25, streamable
/// HTTP: MUST NOT broadcast).
pub(super) async fn stream(way: &Passage, place: &Place, client: Client) -> Result<Answer, DispatchError> {
    let wanted = way.reach.memory.watch(place);
    let mut watch = Watch { way: way.clone(), client, wanted };
    match watch.listen().await? {
        Some(messages) => {
            let events = stream::unfold((watch, messages), |(mut watch, mut messages)| async move {
                let bytes = watch.next(&mut messages).await?;
                Some((bytes, (watch, messages)))
            });
            Ok(translated::streaming(events))
        }
        None => Ok(no_stream()),
    }
}

/// Streamable HTTP, Listening for Messages: either a stream or 405.
fn no_stream() -> Answer {
    let mut answer = empty(StatusCode::METHOD_NOT_ALLOWED);
    answer.headers.insert(header::ALLOW, HeaderValue::from_static("POST, DELETE"));
    answer
}

struct Watch {
    way: Passage,
    client: Client,
    /// The resources. Closed when another stream takes the place of this one, or the session ends.
    wanted: Receiver<Vec<String>>,
}

impl Watch {
    /// Subscribes to what is wanted now; `None` when the server has no subscriptions.
    async fn listen(&mut self) -> Result<Option<Messages>, DispatchError> {
        let resources = self.wanted.borrow_and_update().clone();
        let id = format!("\"{}\"", self.way.unguessable());
        let message = Changes::of_session(resources).listen(&id, &self.client);
        let message = message.map_err(|error| broken(error.to_string()))?;
        let answer = self.way.send(way::stateless(message)).await?;
        let (answer, _) = eras::check(&self.way, answer, Era::Stateless).await?;
        match translated::came(answer).await? {
            Came::Messages(messages) => Ok(Some(messages)),
            Came::Whole(_) => Ok(None),
        }
    }

    /// The next bytes for the client.
    async fn next(&mut self, messages: &mut Messages) -> Option<io::Result<Bytes>> {
        let alive = Instant::now() + KEEP_ALIVE;
        loop {
            let event = tokio::select! {
                event = messages.next() => event,
                changed = self.wanted.changed() => {
                    changed.ok()?;
                    // The old subscription ends when the new one has begun, so nothing is missed.
                    if let Ok(Some(newer)) = self.listen().await {
                        *messages = newer;
                    }
                    continue;
                }
                () = sleep_until(alive) => return Some(Ok(ALIVE)),
            };
            match event.transpose()? {
                Ok(event) => {
                    if let Some(message) = bridge::untagged(&event.data) {
                        return Some(Ok(said(&message)));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
