//! Server-sent events (WHATWG HTML, section 9.2): each event is masked when it is complete.

use std::ops::Deref;

use super::event::{Event, Ids, line_end};
use crate::{
    chars::part,
    json::MARK,
    mask::{Blocked, Counts, Masker, Naming},
};

/// Why a stream must end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StreamError {
    /// Something was found that must not pass.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// One event or value is larger than the limit: it cannot be looked at as a whole.
    #[error("an event or a value is larger than {0} bytes")]
    TooLarge(usize),
    /// A long text in base64 goes on as something else.
    #[error("a text in base64 cannot be read")]
    Broken,
}

/// Masks a body of `text/event-stream` as it passes. Byte order marks at its start are dropped, all of them: behind one that
/// stays, a later reader would see fields where this one saw none.
pub struct SseStream<M> {
    masker: M,
    max_event: usize,
    ids: Ids,
    buffer: Vec<u8>,
    started: bool,
    /// Where the current line begins, and up to where it was searched for its end.
    line: usize,
    searched: usize,
    /// What was masked before something stopped the stream.
    passed: Vec<u8>,
    /// The data of the event that must not pass.
    blocked: Vec<u8>,
    counts: Counts,
}

impl<M: Deref<Target = Masker>> SseStream<M> {
    /// A stream at its start; `max_event` is the largest event in bytes.
    pub fn new(masker: M, max_event: usize) -> Self {
        Self {
            masker,
            max_event,
            ids: Ids::Looked,
            buffer: Vec::new(),
            started: false,
            line: 0,
            searched: 0,
            passed: Vec::new(),
            blocked: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// The same, where event ids must come back as they were: nobody else may get to see them then.
    #[must_use]
    pub fn keeping_ids(self) -> Self {
        Self { ids: Ids::Kept, ..self }
    }

    /// Takes the next bytes and gives the events they complete.
    ///
    /// # Errors
    /// [`StreamError`]. Behind [`StreamError::Blocked`] the event is gone, and the stream may be fed on: what came before the
    /// event is in [`take_passed`](Self::take_passed), and what it held in [`take_blocked`](Self::take_blocked).
    pub fn feed(&mut self, chunk: &[u8], naming: &mut Naming<'_>) -> Result<Vec<u8>, StreamError> {
        self.buffer.extend_from_slice(chunk);
        let mut out = Vec::new();
        if !self.start() {
            return Ok(out);
        }
        let mut start = 0;
        let mut stopped = Ok(());
        while let Some(end) = self.event_end() {
            stopped = self.event(start, end, &mut out, naming);
            start = end;
            if stopped.is_err() {
                break;
            }
        }
        self.buffer.drain(..start);
        self.line -= start;
        self.searched -= start;
        if stopped.is_ok() && self.buffer.len() > self.max_event {
            stopped = Err(StreamError::TooLarge(self.max_event));
        }
        match stopped {
            Ok(()) => Ok(out),
            Err(error) => {
                self.passed = out;
                Err(error)
            }
        }
    }

    /// After an error: the events before the one that must not pass.
    pub fn take_passed(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.passed)
    }

    /// After [`StreamError::Blocked`]: the data of the event, in the clear.
    pub fn take_blocked(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.blocked)
    }

    /// What was replaced so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The stream has ended; an event without its end is masked like any other.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub fn finish(mut self, naming: &mut Naming<'_>) -> Result<(Vec<u8>, Counts), StreamError> {
        let mut out = Vec::new();
        let end = self.buffer.len();
        self.event(0, end, &mut out, naming)?;
        Ok((out, self.counts))
    }

    /// Drops byte order marks; false while the first bytes could still become one.
    fn start(&mut self) -> bool {
        while !self.started && self.buffer.starts_with(MARK) {
            self.buffer.drain(..MARK.len());
        }
        self.started |= !MARK.starts_with(&self.buffer);
        self.started
    }

    /// Where the next event ends: behind a blank line. A line ends with LF, CR LF or CR.
    fn event_end(&mut self) -> Option<usize> {
        loop {
            let text = line_end(&self.buffer, self.searched);
            if text >= self.buffer.len() {
                self.searched = self.buffer.len();
                return None;
            }
            let blank = text == self.line;
            let next = match self.buffer.get(text..).unwrap_or_default() {
                [b'\r', b'\n', ..] => text + 2,
                // An LF that is still to come is a blank line of its own behind a blank line, and harmless. Behind another
                // it would end the event too early.
                [b'\r'] if !blank => {
                    self.searched = text;
                    return None;
                }
                _ => text + 1,
            };
            self.line = next;
            self.searched = next;
            if blank {
                return Some(next);
            }
        }
    }

    /// Masks one event.
    fn event(
        &mut self,
        start: usize,
        end: usize,
        out: &mut Vec<u8>,
        naming: &mut Naming<'_>,
    ) -> Result<(), StreamError> {
        let event = Event::read(part(&self.buffer, start, end), self.ids);
        match event.masked(&self.masker, naming, &mut self.counts) {
            Ok(masked) => {
                out.extend(masked);
                Ok(())
            }
            Err(blocked) => {
                self.blocked = event.data();
                Err(blocked.into())
            }
        }
    }
}
