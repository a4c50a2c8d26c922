//! What came back. Sealed: built only from an answer whose call is recorded on disk.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use http_body::{Body, Frame, SizeHint};
use vestibule_store::journal::Recorded;

use crate::{
    Media,
    answer::{Answer, Source},
    media,
    outcome::Outcome,
    screen::{Masking, Screen, Withheld},
};

/// The answer to one permitted and recorded call. It can be read,
/// ```
/// fn status(reply: &vestibule_vault::Reply) -> http::StatusCode { reply.status() }
/// ```
/// but only the vault makes one, and nobody changes one:
/// ```compile_fail,E0624
/// fn forge() { let _ = vestibule_vault::Reply::new; }
/// ```
/// ```compile_fail,E0616
/// fn alter(reply: &mut vestibule_vault::Reply) { reply.status = http::StatusCode::OK; }
/// ```
pub struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    session: Option<String>,
    body: ReplyBody,
}

impl Reply {
    /// [`Recorded`] is the proof that the call's record is on the disk; the store alone makes one.
    pub(crate) async fn new(answer: Answer, _: Recorded, mut outcome: Outcome, screen: Option<Screen>) -> Self {
        outcome.answered(answer.status.as_u16());
        let Answer { status, mut headers, session, body } = answer;
        let masking = screen.and_then(|screen| screen.masking(Media::of(&headers), session.as_deref()));
        let mut body = ReplyBody { source: body, outcome, masking: masking.map(Box::new), ready: None, sent: 0 };
        body.look_at_start(&mut headers).await;
        Self { status, headers, session, body }
    }

    /// The status of the upstream.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers that pass; never a challenge, a cookie, a session id or a redirect.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The session that the upstream opened. It belongs to this hop: seal it before a client sees it.
    pub fn upstream_session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Status, headers and the streaming body.
    pub fn into_parts(self) -> (StatusCode, HeaderMap, ReplyBody) {
        (self.status, self.headers, self.body)
    }
}

/// The body of a [`Reply`], as it streams in. When it has ended or is dropped, its outcome is recorded; when it is
/// dropped early, the exchange with the upstream is aborted.
pub struct ReplyBody {
    source: Source,
    outcome: Outcome,
    masking: Option<Box<Masking>>,
    /// Goes out before anything else.
    ready: Option<Bytes>,
    /// So many bytes went out masked.
    sent: usize,
}

impl ReplyBody {
    /// Ends the exchange because what came must not reach the client; the outcome says why.
    pub fn withhold(mut self, reason: &'static str) {
        self.outcome.withheld(reason);
    }

    /// Reads a JSON answer that is to be masked, up to a limit. What breaks off breaks off for the client too.
    async fn look_at_start(&mut self, headers: &mut HeaderMap) {
        let Some(masking) = &mut self.masking else { return };
        if masking.replaces() && !media::can_be_read(headers) {
            let withheld = masking.unreadable();
            media::say_utf8(headers);
            self.ready = Some(self.passed(Err(withheld))).filter(|bytes| !bytes.is_empty());
            return;
        }
        if !masking.is_json() {
            return;
        }
        let most = masking.most_held();
        let mut start = Start::default();
        let ended = loop {
            if start.len() > most {
                break Ended::No;
            }
            match poll_fn(|context| self.poll_source(context)).await {
                Some(Ok(frame)) => start.add(frame.into_data().unwrap_or_default()),
                Some(Err(_)) => break Ended::Broken,
                None => break Ended::Yes,
            }
        };
        let Some(masking) = &mut self.masking else { return };
        let passed = match ended {
            Ended::Yes => masking.whole(start.all(), headers),
            Ended::No => masking.begin(&start.all()),
            Ended::Broken => {
                self.source = Source::Broken;
                return;
            }
        };
        self.ready = Some(self.passed(passed)).filter(|bytes| !bytes.is_empty());
    }

    /// The next piece as the upstream sent it.
    fn poll_source(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = ready!(Pin::new(&mut self.source).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => self.outcome.passed(frame.data_ref().map_or(&[], |data| data)),
            Some(Err(_)) => self.outcome.failed("upstream_broke_off"),
            None => self.outcome.ended(),
        }
        Poll::Ready(frame)
    }

    /// What goes to the client; when something is withheld, the exchange ends.
    fn passed(&mut self, result: Result<Bytes, Withheld>) -> Bytes {
        result.unwrap_or_else(|withheld| {
            self.outcome.withheld(withheld.reason);
            self.source = Source::Whole(None);
            withheld.instead
        })
    }

    fn poll_masked(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            let Some(masking) = &mut self.masking else { return Poll::Ready(None) };
            if masking.is_over() {
                return Poll::Ready(None);
            }
            let begun_json = masking.is_json() && self.sent > 0;
            let piece = match ready!(self.poll_source(context)) {
                Some(Ok(frame)) => Some(frame.into_data().unwrap_or_default()),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => None,
            };
            let Some(masking) = &mut self.masking else { return Poll::Ready(None) };
            let result = match &piece {
                Some(piece) => masking.feed(piece),
                None => masking.finish(),
            };
            let withheld = result.is_err();
            let bytes = self.passed(result);
            if withheld && begun_json {
                // Half an answer cannot become another one.
                return Poll::Ready(Some(Err(io::Error::other("the rest of the answer is withheld"))));
            }
            if !bytes.is_empty() {
                self.sent += bytes.len();
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
        }
    }
}

/// How reading the start of an answer ended.
enum Ended {
    Yes,
    No,
    Broken,
}

/// What came of a body so far. Nearly always there is one piece, and nothing is copied.
#[derive(Default)]
struct Start {
    first: Bytes,
    /// With more than one piece: all of them.
    joined: BytesMut,
}

impl Start {
    fn len(&self) -> usize {
        self.first.len().max(self.joined.len())
    }

    fn add(&mut self, piece: Bytes) {
        if self.len() == 0 {
            self.first = piece;
            return;
        }
        if self.joined.is_empty() {
            self.joined.extend_from_slice(&self.first);
        }
        self.joined.extend_from_slice(&piece);
    }

    fn all(self) -> Bytes {
        if self.joined.is_empty() { self.first } else { self.joined.freeze() }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(ready) = self.ready.take() {
            self.sent += ready.len();
            return Poll::Ready(Some(Ok(Frame::data(ready))));
        }
        match self.masking {
            None => self.poll_source(context),
            Some(_) => self.poll_masked(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        let over = match &self.masking {
            None => self.source.is_end_stream(),
            Some(masking) => masking.is_over(),
        };
        over && self.ready.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.masking, &self.ready) {
            (None, _) => self.source.size_hint(),
            (Some(masking), Some(ready)) if masking.is_over() => SizeHint::with_exact(ready.len() as u64),
            (Some(_), _) => SizeHint::default(),
        }
    }
}

impl Drop for ReplyBody {
    /// A body of known length is not polled again after its last byte.
    fn drop(&mut self) {
        if self.source.is_end_stream() && self.is_end_stream() {
            self.outcome.ended();
        }
    }
}
