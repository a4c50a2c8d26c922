//! Request bodies that nobody read to their end, and those that never end.
//!
//! A refusal is often sent before the body was read. hyper would then close the connection, although the client has a
//! complete answer and may already be sending its next request on it. So what is left is read and thrown away.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Sleep;

/// A body of which more is left costs its sender the connection.
const MOST: u64 = 64 << 10;
/// As does one that takes longer to arrive.
const PATIENCE: Duration = Duration::from_secs(5);

/// A request body has to be complete this long after it was first waited for: whoever sends slower holds a connection
/// and a place in the queue for nothing.
const DEADLINE: Duration = Duration::from_secs(60);

/// A request body that is read to its end, by the handler or after it.
pub(crate) struct ReadToEnd {
    body: Option<Incoming>,
    /// Set when there is something to wait for; most bodies are there with their head.
    deadline: Option<Pin<Box<Sleep>>>,
}

/// Why a body broke off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// The connection did.
    #[error(transparent)]
    Connection(#[from] hyper::Error),
    /// It took too long.
    #[error("the request body did not arrive in time")]
    TooSlow,
}

impl ReadToEnd {
    pub(crate) const fn new(body: Incoming) -> Self {
        Self { body: Some(body), deadline: None }
    }
}

impl Body for ReadToEnd {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        if let Poll::Ready(polled) = Pin::new(body).poll_frame(context) {
            if matches!(polled, None | Some(Err(_))) {
                self.body = None;
            }
            return Poll::Ready(polled.map(|frame| frame.map_err(BodyError::from)));
        }
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(DEADLINE)));
        ready!(deadline.as_mut().poll(context));
        self.body = None;
        Poll::Ready(Some(Err(BodyError::TooSlow)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for ReadToEnd {
    fn drop(&mut self) {
        let left = self.body.take().filter(|body| !body.is_end_stream() && body.size_hint().lower() <= MOST);
        let (Some(body), Ok(runtime)) = (left, tokio::runtime::Handle::try_current()) else { return };
        drop(runtime.spawn(tokio::time::timeout(PATIENCE, throw_away(body))));
    }
}

/// Dropping an unfinished body is what closes the connection.
async fn throw_away(mut body: Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, |data| data.len() as u64);
        if read > MOST {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::{Router, http::StatusCode};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
        sync::watch,
    };

    /// A house that refuses everybody without reading what they sent.
    async fn refusing() -> (TcpStream, watch::Sender<bool>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let router = Router::new().fallback(|| async { StatusCode::UNAUTHORIZED });
        tokio::spawn(crate::listen::serve(listener, router, Arc::from([]), stopped));
        (TcpStream::connect(address).await.unwrap(), stop)
    }

    async fn answer(stream: &mut TcpStream) -> String {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).await.unwrap();
        String::from_utf8_lossy(&buffer[..read]).into_owned()
    }

    #[tokio::test]
    async fn a_client_whose_body_comes_late_keeps_its_connection() {
        let (mut stream, _stop) = refusing().await;
        for _ in 0..3 {
            stream.write_all(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n").await.unwrap();
            assert!(answer(&mut stream).await.starts_with("HTTP/1.1 401"));
            stream.write_all(b"body").await.unwrap();
        }
    }

    #[tokio::test]
    async fn an_endless_body_costs_the_connection() {
        let (mut stream, _stop) = refusing().await;
        stream.write_all(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000000\r\n\r\n").await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 401"));
        assert_eq!(answer(&mut stream).await, "");
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_not_waited_for() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_stop, stopped) = watch::channel(false);
        let router = Router::new().fallback(|_: axum::body::Bytes| async { StatusCode::OK });
        tokio::spawn(crate::listen::serve(listener, router, Arc::from([]), stopped));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nslow").await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        // From here on whoever waits for a timer has it at once.
        tokio::time::pause();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 400"));
    }
}
