//! Event streams without an end of their own, taken over from hyper once their head is out.
//!
//! hyper keeps some 20 KiB for as long as an answer is open. Thousands of streams on which nothing happens would fill the
//! memory with them. So hyper reads the request and writes the head; when the stream then has nothing to say, the
//! connection leaves hyper at a moment when nothing is left in hyper's write buffer, and a small task does the rest:
//!
//! ```text
//! Offered    the body that hyper sees: gives itself to the Handover when it has nothing to say
//! Door       the connection that hyper sees: gives itself when hyper has flushed all it had
//! relay      what follows: chunks, until the body ends, the client leaves, or the house stops
//! ```
//!
//! The head says `Connection: close`, so a client sends no further request; bytes that come all the same are dropped.

mod door;
mod relay;
#[cfg(test)]
mod tests;

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use http::{HeaderValue, Method, Request, StatusCode, Version, header};
use hyper::body::Frame;
use tokio::net::TcpStream;

pub(crate) use self::{door::Door, relay::Relay};

/// One connection's place where body and connection are put down by hyper and taken up by us.
#[derive(Default)]
pub(crate) struct Handover(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Hyper,
    Offered(Body),
    Taken(TcpStream, Body),
}

impl Handover {
    fn offer(&self, body: Body) {
        *self.state() = State::Offered(body);
    }

    /// Takes the connection when its body is here already. Called when hyper has nothing left to write.
    fn take(&self, connection: &mut Option<TcpStream>) {
        let mut state = self.state();
        *state = match (std::mem::take(&mut *state), connection.take()) {
            (State::Offered(body), Some(taken)) => State::Taken(taken, body),
            (state, left) => {
                *connection = left;
                state
            }
        };
    }

    fn taken(&self) -> Option<Relay> {
        let mut state = self.state();
        match std::mem::take(&mut *state) {
            State::Taken(connection, body) => Some(Relay::new(connection, body)),
            other => {
                *state = other;
                None
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls hyper's connection until it ends, or a stream is there to go on without it.
    pub(crate) async fn watch<E>(&self, connection: impl Future<Output = Result<(), E>>) -> Result<Option<Relay>, E> {
        let mut connection = std::pin::pin!(connection);
        std::future::poll_fn(|context| match connection.as_mut().poll(context) {
            Poll::Ready(ended) => Poll::Ready(ended.map(|()| None)),
            Poll::Pending => self.taken().map_or(Poll::Pending, |relay| Poll::Ready(Ok(Some(relay)))),
        })
        .await
    }
}

/// Whether an event stream that answers this request may last for days. hyper keeps other streams: most are short, and
/// their connections are used again.
///
/// MCP 2026-07-28 has the method in a header, and the endpoint refuses one that differs from the body. HTTP/2 shares one
/// connection among streams, and HTTP/1.0 knows no chunks.
pub(crate) fn lives_on<B>(request: &Request<B>) -> bool {
    let listens = || request.headers().get("mcp-method").is_some_and(|method| method == "subscriptions/listen");
    request.version() == Version::HTTP_11
        && (request.method() == Method::GET || request.method() == Method::POST && listens())
}

/// The answer as hyper gets it: an event stream with a body that can leave.
pub(crate) fn offer(handover: Arc<Handover>, response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let media = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_stream = media.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("text/event-stream");
    // Whoever sets the length or the framing knows an end.
    let is_framed =
        [header::CONTENT_LENGTH, header::TRANSFER_ENCODING].iter().any(|name| head.headers.contains_key(name));
    if !is_stream || is_framed || head.status != StatusCode::OK {
        return Response::from_parts(head, body);
    }
    head.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    Response::from_parts(head, Body::new(Offered { body: Some(body), handover }))
}

/// Passes what is there at once, and leaves hyper when there is nothing.
struct Offered {
    body: Option<Body>,
    handover: Arc<Handover>,
}

impl hyper::body::Body for Offered {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Pending };
        let polled = Pin::new(body).poll_frame(context);
        if polled.is_pending()
            && let Some(body) = self.body.take()
        {
            self.handover.offer(body);
        }
        polled
    }
}
