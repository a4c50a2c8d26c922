//! Text in windows: a finding at the edge of a window is decided with the next one.

use std::ops::Deref;

use super::sse::StreamError;
use crate::{
    chars::span,
    context::Surroundings,
    json::Origin,
    mask::{Counts, Masker, Naming},
};

/// How much text is looked at together.
pub(crate) const WINDOW: usize = 64 * 1024;
/// What of a window is left to the next one: more than the longest finding.
const OVERLAP: usize = 1024;
/// What of the text before a window is kept for labels.
const CONTEXT: usize = 128;

/// Masks plain text as it passes.
pub struct TextStream<M> {
    masker: M,
    buffer: Vec<u8>,
    /// So many bytes at the start of the buffer went out already and are context only.
    context: usize,
    counts: Counts,
}

impl<M: Deref<Target = Masker>> TextStream<M> {
    /// A stream at its start.
    pub fn new(masker: M) -> Self {
        Self { masker, buffer: Vec::new(), context: 0, counts: Counts::default() }
    }

    /// Takes the next bytes and gives what may go out.
    ///
    /// # Errors
    /// [`StreamError::Blocked`] when something was found that must not pass. Nothing more may be sent.
    pub fn feed(&mut self, chunk: &[u8], naming: &mut Naming<'_>) -> Result<Vec<u8>, StreamError> {
        let mut out = Vec::new();
        let mut rest = chunk;
        while !rest.is_empty() {
            let room = (self.context + WINDOW).saturating_sub(self.buffer.len());
            let (now, later) = rest.split_at_checked(room).unwrap_or((rest, b""));
            self.buffer.extend_from_slice(now);
            rest = later;
            if self.buffer.len() >= self.context + WINDOW {
                self.window(&mut out, naming)?;
            }
        }
        Ok(out)
    }

    /// The text has ended.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub fn finish(mut self, naming: &mut Naming<'_>) -> Result<(Vec<u8>, Counts), StreamError> {
        let mut out = Vec::new();
        let end = self.buffer.len();
        self.emit(end, &mut out, naming)?;
        Ok((out, self.counts))
    }

    /// Masks a full window and keeps its edge.
    fn window(&mut self, out: &mut Vec<u8>, naming: &mut Naming<'_>) -> Result<(), StreamError> {
        let mut end = self.buffer.len() - OVERLAP;
        while end > self.context && matches!(self.buffer.get(end), Some(0x80..=0xBF)) {
            end -= 1;
        }
        self.emit(end, out, naming)
    }

    /// Sends everything up to `end`, or up to the finding that reaches over it.
    fn emit(&mut self, end: usize, out: &mut Vec<u8>, naming: &mut Naming<'_>) -> Result<(), StreamError> {
        let mut findings = self.masker.scanner().plain(&self.buffer, &Origin::ROOT, Surroundings::default());
        let across = findings.iter().find(|finding| finding.range.start < end && finding.range.end > end);
        let end = across.map_or(end, |finding| finding.range.start);
        findings.retain(|finding| finding.range.start >= self.context && finding.range.end <= end);
        out.extend(self.masker.splice(&self.buffer, self.context, end, &findings, naming, &mut self.counts)?);
        let keep = end.saturating_sub(CONTEXT);
        let keep = keep + span(&self.buffer, keep, CONTEXT, |byte| matches!(byte, 0x80..=0xBF));
        let keep = keep.min(end);
        self.buffer.drain(..keep);
        self.context = end - keep;
        Ok(())
    }
}
