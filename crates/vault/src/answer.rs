//! What an upstream answered, before it may leave.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::{HeaderMap, StatusCode};
use http_body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;
use vestibule_egress::client;
use vestibule_mcp::sse;

/// An answer that nobody outside has seen yet.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) session: Option<String>,
    pub(crate) body: Source,
}

/// Where the bytes of an answer come from.
pub(crate) enum Source {
    /// Nowhere, or all here already.
    Whole(Option<Bytes>),
    /// An HTTP upstream.
    Http(client::Body),
    /// A child, as server-sent events.
    Events(Events),
    /// Events that are put together for a client of the other era.
    Bridged(BoxStream<'static, io::Result<Bytes>>),
    /// It broke off.
    Broken,
}

/// One message of a child.
pub(crate) struct Piece {
    pub(crate) line: Bytes,
    /// Whether it is the response, after which nothing comes.
    pub(crate) last: bool,
}

/// Messages of a child, each an event.
pub(crate) struct Events {
    pub(crate) first: Option<Bytes>,
    pub(crate) rest: mpsc::Receiver<Piece>,
}

impl Events {
    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let line = match self.first.take() {
            Some(line) => Some(line),
            None => ready!(self.rest.poll_recv(context)).map(|piece| piece.line),
        };
        Poll::Ready(line.map(|line| sse::encode(None, None, &line)))
    }
}

impl Body for Source {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Http(body) => Pin::new(body).poll_frame(context),
            Self::Events(events) => events.poll_event(context).map(|event| event.map(|event| Ok(Frame::data(event)))),
            Self::Bridged(events) => events.as_mut().poll_next(context).map(|event| Some(event?.map(Frame::data))),
            Self::Broken => Poll::Ready(Some(Err(io::Error::other("the answer broke off")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Http(body) => body.is_end_stream(),
            Self::Events(_) | Self::Bridged(_) | Self::Broken => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Http(body) => body.size_hint(),
            Self::Events(_) | Self::Bridged(_) | Self::Broken => SizeHint::default(),
        }
    }
}
