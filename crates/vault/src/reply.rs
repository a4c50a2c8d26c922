//! What came back. Sealed: built only from an answer whose call is recorded on disk.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body::{Body, Frame, SizeHint};
use vestibule_store::journal::Recorded;

use crate::{
    answer::{Answer, Source},
    outcome::Outcome,
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
    pub(crate) fn new(answer: Answer, _: Recorded, mut outcome: Outcome) -> Self {
        outcome.answered(answer.status.as_u16());
        let Answer { status, headers, session, body } = answer;
        Self { status, headers, session, body: ReplyBody { source: body, outcome } }
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
}

impl ReplyBody {
    /// Ends the exchange because what came must not reach the client; the outcome says why.
    pub fn withhold(mut self, reason: &'static str) {
        self.outcome.withheld(reason);
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = ready!(Pin::new(&mut self.source).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => self.outcome.passed(frame.data_ref().map_or(&[], |data| data)),
            Some(Err(_)) => self.outcome.failed("upstream_broke_off"),
            None => self.outcome.ended(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.source.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.source.size_hint()
    }
}

impl Drop for ReplyBody {
    /// A body of known length is not polled again after its last byte.
    fn drop(&mut self) {
        if self.source.is_end_stream() {
            self.outcome.ended();
        }
    }
}
