//! A long string of base64, piece by piece.

use std::ops::Deref;

use super::{sse::StreamError, text::TextStream};
use crate::{
    json::encoded::{decode, encode, is_text, without_escapes},
    mask::{Counts, Masker, Naming},
};

/// So much of it tells whether there is text inside, in characters.
const SAMPLE: usize = 4096;

/// Masks the text that base64 holds.
pub(super) struct EncodedStream<M> {
    masker: M,
    /// Characters that are not decoded yet.
    held: Vec<u8>,
    inside: Inside<M>,
}

enum Inside<M> {
    Unknown,
    /// The text, and bytes that wait for a group of three.
    Text(TextStream<M>, Vec<u8>),
    /// It passes.
    Binary,
    /// No base64: looked at as it is.
    Plain(TextStream<M>),
}

impl<M: Deref<Target = Masker> + Clone> EncodedStream<M> {
    pub(super) fn new(masker: M) -> Self {
        Self { masker, held: Vec::new(), inside: Inside::Unknown }
    }

    pub(super) fn feed(&mut self, chunk: &[u8], naming: &mut Naming<'_>) -> Result<Vec<u8>, StreamError> {
        self.held.extend_from_slice(chunk);
        if matches!(self.inside, Inside::Unknown) {
            if self.held.len() < SAMPLE {
                return Ok(Vec::new());
            }
            self.decide();
        }
        // The last group may be padded, and the last backslash may lack what it escapes.
        let keep = self.held.len().saturating_sub(8);
        self.pass(keep, naming)
    }

    pub(super) fn finish(mut self, naming: &mut Naming<'_>) -> Result<(Vec<u8>, Counts), StreamError> {
        if matches!(self.inside, Inside::Unknown) {
            self.decide();
        }
        let mut out = self.pass(self.held.len(), naming)?;
        match self.inside {
            Inside::Text(text, mut carry) => {
                if !self.held.is_empty() {
                    return Err(StreamError::Broken);
                }
                let (rest, counts) = text.finish(naming)?;
                carry.extend_from_slice(&rest);
                out.extend_from_slice(&encode(&carry));
                Ok((out, counts))
            }
            Inside::Plain(text) => {
                let (rest, counts) = text.finish(naming)?;
                out.extend_from_slice(&rest);
                Ok((out, counts))
            }
            Inside::Binary | Inside::Unknown => Ok((out, Counts::default())),
        }
    }

    fn decide(&mut self) {
        let sample = without_escapes(self.held.get(..SAMPLE.min(self.held.len())).unwrap_or_default());
        let whole = sample.len() / 4 * 4;
        let text = || TextStream::new(self.masker.clone());
        self.inside = match sample.get(..whole).and_then(decode) {
            None => Inside::Plain(text()),
            Some(bytes) if is_text(&bytes) => Inside::Text(text(), Vec::new()),
            Some(_) => Inside::Binary,
        };
    }

    /// Passes the first `count` characters that are held, or the groups of four in them.
    fn pass(&mut self, count: usize, naming: &mut Naming<'_>) -> Result<Vec<u8>, StreamError> {
        match &mut self.inside {
            Inside::Unknown => Ok(Vec::new()),
            Inside::Binary => Ok(self.held.drain(..count).collect()),
            Inside::Plain(text) => {
                let bytes: Vec<u8> = self.held.drain(..count).collect();
                text.feed(&bytes, naming)
            }
            Inside::Text(text, carry) => {
                let ended = count == self.held.len();
                let ready = without_escapes(self.held.get(..count).unwrap_or_default());
                let whole = if ended { ready.len() } else { ready.len() / 4 * 4 };
                let rest = ready.get(whole..).unwrap_or_default().to_vec();
                self.held.splice(..count, rest);
                let decoded = ready.get(..whole).and_then(decode).ok_or(StreamError::Broken)?;
                carry.extend_from_slice(&text.feed(&decoded, naming)?);
                let groups = carry.len() / 3 * 3;
                let out = encode(carry.get(..groups).unwrap_or_default());
                carry.drain(..groups);
                Ok(out)
            }
        }
    }
}
