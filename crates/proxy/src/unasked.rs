//! Answers that hold no list are streamed through, and watched for one all the same: a client takes an answer by its id,
//! so a list that its server puts on the stream of a call would reach it unfiltered and uncompared.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use vestibule_mcp::watch::{Framing, Watch};
use vestibule_model::{RequestId, ServerName};
use vestibule_vault::{Media, reply::ReplyBody};

use crate::arrival::Arrival;

/// The body of a reply, as everything that passes it on gets it. Where no list was asked for, it breaks off before one is
/// complete.
pub(crate) struct Watched {
    /// Dropped when a list was found; that ends the exchange with the upstream.
    body: Option<ReplyBody>,
    watch: Option<Watch>,
    server: ServerName,
    request: RequestId,
}

impl Watched {
    /// An answer in which no list has a place.
    pub(crate) fn without_list(arrival: &Arrival, media: Media, body: ReplyBody) -> Self {
        let framing = match media {
            Media::Json => Some(Framing::Json),
            Media::Events => Some(Framing::Events),
            Media::None => None,
        };
        Self { watch: framing.map(Watch::new), ..Self::with_list(arrival, body) }
    }

    /// An answer whose lists are filtered.
    pub(crate) fn with_list(arrival: &Arrival, body: ReplyBody) -> Self {
        let (server, request) = (arrival.server.name.clone(), arrival.request.clone());
        Self { body: Some(body), watch: None, server, request }
    }
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(bytes) = frame.data_ref()
            && let Some(watch) = &mut self.watch
            && !watch.feed(bytes)
        {
            tracing::warn!(server = %self.server, request = %self.request, "a list came where none was asked for; the answer is cut off");
            self.body.take().into_iter().for_each(|body| body.withhold("unasked_list"));
            return Poll::Ready(Some(Err(io::Error::other("a list came where none was asked for"))));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(http_body::Body::size_hint).unwrap_or_default()
    }
}
