//! Replies that are streams of events, on their way to the client: judged, sealed, and cut off when the credential that
//! they were opened with no longer holds.

use std::{io, sync::Arc};

use axum::body::Body;
use bytes::Bytes;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use vestibule_mcp::{Era, event_ids::EventIds};
use vestibule_vault::screen::wish::Wishes;

use crate::{
    Proxy,
    answer::Asked,
    arrival::Arrival,
    list::ListEvents,
    round_trip::StateEvents,
    sealed::{self, Kind, Owner},
    server_requests::{RequestEvents, ServerRequests},
    unasked::Watched,
    watch::Watch,
};

/// Passes a stream of events, piece by piece.
pub(crate) fn pass(proxy: &Arc<Proxy>, arrival: &Arrival, asked: &Asked, body: Watched) -> Body {
    let passage = Passage {
        requests: requests(proxy, arrival, asked),
        list: asked.list.map(|kind| Box::new(ListEvents::new(proxy, arrival, asked, kind))),
        results: Box::new(StateEvents::new(proxy, arrival, asked)),
        ids: Ids::of(arrival, asked),
        watch: Watch::new(proxy, arrival),
        proxy: Arc::clone(proxy),
        body: Some(body),
    };
    let frames = futures_util::stream::unfold(passage, |mut passage| async move {
        let next = passage.next().await?;
        Some((next.map(Frame::data), passage))
    });
    Body::new(StreamBody::new(Box::pin(frames)))
}

/// Requests of the server, where a policy forbids some. Only the stateful era has them on streams.
fn requests(proxy: &Arc<Proxy>, arrival: &Arrival, asked: &Asked) -> Option<RequestEvents> {
    let stateful = asked.era() == Era::Stateful;
    stateful.then(|| ServerRequests::of(proxy, arrival, asked)).flatten().map(RequestEvents::new)
}

/// Seals event ids: only sessions have streams that can be resumed.
struct Ids {
    owner: Owner,
    /// A stream that goes on elsewhere hides there what it hides here.
    wishes: Wishes,
    ids: EventIds,
}

impl Ids {
    fn of(arrival: &Arrival, asked: &Asked) -> Option<Self> {
        // The joined endpoint seals them itself, together with the name of the part.
        if arrival.is_through_federation() {
            return None;
        }
        let owner = Owner::of(arrival).within(asked.session.as_deref()?);
        Some(Self { owner, wishes: asked.wishes.tightening(), ids: EventIds::default() })
    }
}

struct Passage {
    proxy: Arc<Proxy>,
    /// None once no more is to come.
    body: Option<Watched>,
    requests: Option<RequestEvents>,
    /// Lists, on streams that may bring one.
    list: Option<Box<ListEvents>>,
    /// What is sealed in results and named in messages.
    results: Box<StateEvents>,
    ids: Option<Ids>,
    watch: Watch,
}

impl Passage {
    /// The next bytes for the client. A stream whose credential has ended ends quietly: its client asks again and is
    /// told why.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            let body = self.body.as_mut()?;
            let frame = tokio::select! {
                frame = body.frame() => Some(frame),
                () = self.watch.lost() => None,
            };
            if frame.is_some() && !self.watch.holds().await {
                return self.cut();
            }
            let bytes = match frame {
                None => return self.cut(),
                Some(None) => self.finish(),
                Some(Some(Err(error))) => {
                    self.body = None;
                    return Some(Err(error));
                }
                Some(Some(Ok(frame))) => self.judge(frame.into_data().unwrap_or_default()).await,
            };
            let bytes = self.seal(bytes);
            if !bytes.is_empty() {
                return Some(Ok(bytes));
            }
        }
    }

    fn cut(&mut self) -> Option<io::Result<Bytes>> {
        self.body = None;
        None
    }

    async fn judge(&mut self, mut chunk: Bytes) -> Bytes {
        if let Some(requests) = &mut self.requests {
            chunk = goes_on(&mut self.body, requests.feed(&chunk));
        }
        if let Some(list) = &mut self.list {
            let judged = list.feed(&chunk).await;
            chunk = goes_on(&mut self.body, judged);
        }
        goes_on(&mut self.body, self.results.feed(chunk))
    }

    /// What was held back; nothing may be held of a list that was never whole.
    fn finish(&mut self) -> Bytes {
        self.body = None;
        self.results.finish()
    }

    fn seal(&mut self, bytes: Bytes) -> Bytes {
        let Some(Ids { owner, wishes, ids }) = &mut self.ids else { return bytes };
        let proxy = &self.proxy;
        let mut pieces = ids.feed(bytes, |id| sealed::seal_with(proxy, owner, Kind::Event, id, *wishes));
        match pieces.len() {
            0 | 1 => pieces.pop().unwrap_or_default(),
            _ => pieces.concat().into(),
        }
    }
}

/// Ends the exchange behind a stream that does not go on.
fn goes_on(body: &mut Option<Watched>, (bytes, goes_on): (Bytes, bool)) -> Bytes {
    if !goes_on {
        *body = None;
    }
    bytes
}
