//! Answers that hold no list are streamed through, and watched for one all the same: a client takes an answer by its id,
//! so a list that its server puts on the stream of a call would reach it unfiltered and uncompared.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use vestibule_mcp::watch::{Framing, Watch};
use vestibule_model::{RequestId, ServerName};
use vestibule_vault::reply::ReplyBody;

use crate::{
    call::Arrival,
    list::{self, Media},
};

/// Streams an answer through; it breaks off before a list in it is complete.
pub(crate) fn watch(arrival: &Arrival, headers: &HeaderMap, body: ReplyBody) -> Body {
    let framing = match list::media(headers) {
        Media::Json => Framing::Json,
        Media::Events => Framing::Events,
        // The vault lets no other message through.
        Media::None | Media::Other => return Body::new(body),
    };
    let (server, request) = (arrival.server.name.clone(), arrival.request.clone());
    Body::new(Watched { body: Some(body), watch: Watch::new(framing), server, request })
}

struct Watched {
    /// Dropped when a list was found; that ends the exchange with the upstream.
    body: Option<ReplyBody>,
    watch: Watch,
    server: ServerName,
    request: RequestId,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(bytes) = frame.data_ref()
            && !self.watch.feed(bytes)
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
