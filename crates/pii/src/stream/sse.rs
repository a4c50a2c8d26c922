//! Server-sent events: each event is masked when it is complete. Its `data` lines are one text.

use std::ops::Deref;

use crate::{
    chars::part,
    context::Surroundings,
    json::{Decoded, Origin},
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

/// Masks a body of `text/event-stream` as it passes.
pub struct SseStream<M> {
    masker: M,
    max_event: usize,
    buffer: Vec<u8>,
    /// Up to where the buffer was searched for the end of the event.
    searched: usize,
    /// What was masked before something stopped the stream.
    passed: Vec<u8>,
    counts: Counts,
}

impl<M: Deref<Target = Masker>> SseStream<M> {
    /// A stream at its start; `max_event` is the largest event in bytes.
    pub fn new(masker: M, max_event: usize) -> Self {
        Self { masker, max_event, buffer: Vec::new(), searched: 0, passed: Vec::new(), counts: Counts::default() }
    }

    /// Takes the next bytes and gives the events they complete.
    ///
    /// # Errors
    /// [`StreamError`]; nothing more may be sent then.
    pub fn feed(&mut self, chunk: &[u8], naming: &mut Naming<'_>) -> Result<Vec<u8>, StreamError> {
        self.buffer.extend_from_slice(chunk);
        let mut out = Vec::new();
        let mut start = 0;
        while let Some(end) = self.event_end() {
            if let Err(error) = self.event(start, end, &mut out, naming) {
                self.passed = out;
                return Err(error);
            }
            start = end;
        }
        self.buffer.drain(..start);
        self.searched -= start;
        if self.buffer.len() > self.max_event {
            self.passed = out;
            return Err(StreamError::TooLarge(self.max_event));
        }
        Ok(out)
    }

    /// After an error: the events before the one that must not pass.
    pub fn into_passed(self) -> Vec<u8> {
        self.passed
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

    /// Where the next event ends: behind a blank line. A line ends with LF, CR LF or CR.
    fn event_end(&mut self) -> Option<usize> {
        let mut place = self.searched;
        loop {
            let rest = self.buffer.get(place..)?;
            let found = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let Some(found) = found else {
                self.searched = self.buffer.len();
                return None;
            };
            let line_end = place + found;
            let tail = self.buffer.get(line_end..).unwrap_or_default();
            let blank = match tail {
                [b'\n', b'\n', ..] | [b'\r', b'\r', ..] => Some(2),
                [b'\n', b'\r', b'\n', ..] => Some(3),
                [b'\r', b'\n', b'\r', b'\n', ..] => Some(4),
                [b'\r', b'\n', b'\n', ..] => Some(3),
                // The bytes that would decide are not here yet.
                [_] | [b'\n', b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r'] => {
                    self.searched = line_end;
                    return None;
                }
                _ => None,
            };
            if let Some(length) = blank {
                self.searched = line_end + length;
                return Some(self.searched);
            }
            place = line_end + 1;
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
        let raw = part(&self.buffer, start, end);
        let data = data_of(raw);
        let origin = Origin { decoded: Some(&data), ..Origin::ROOT };
        let findings = self.masker.scanner().document(&data.bytes, &origin, Surroundings::default());
        out.extend(self.masker.splice(raw, 0, raw.len(), &findings, naming, &mut self.counts)?);
        Ok(())
    }
}

/// The `data` lines of an event joined by LF, with the way back. Comments come along: they may hold anything.
fn data_of(raw: &[u8]) -> Decoded {
    let mut data = Decoded::default();
    let mut place = 0;
    while place < raw.len() {
        let rest = part(raw, place, raw.len());
        let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let line = part(raw, place, place + length);
        if let Some(value) = line.strip_prefix(b"data:").or_else(|| line.strip_prefix(b":")) {
            let value = value.strip_prefix(b" ").unwrap_or(value);
            if !data.bytes.is_empty() {
                data.bytes.push(b'\n');
            }
            data.mark(place + length - value.len());
            data.bytes.extend_from_slice(value);
            data.mark(place + length);
        }
        place += length + 1;
    }
    data
}
