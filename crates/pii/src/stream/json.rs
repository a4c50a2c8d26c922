//! A body of JSON, value by value.

use std::ops::Deref;

use super::{
    encoded::EncodedStream,
    sse::StreamError,
    text::{TextStream, WINDOW},
};
use crate::{
    chars::at,
    context::Surroundings,
    finding::Finding,
    json::{LOOKAHEAD, Leaf, Lexer, Machine, NotJson, Origin, Took, Treatment, encoded},
    look::Look,
    mask::{Counts, Masker, Naming},
    prefilter::Anchors,
};

/// The longest string that is looked at as a whole. A longer one is masked as text, window by window.
const MAX_STRING: usize = WINDOW;

/// Masks a body of `application/json` as it passes.
pub struct JsonStream<M> {
    masker: M,
    machine: Machine,
    buffer: Vec<u8>,
    /// What went out already, at the start of the buffer.
    sent: usize,
    /// The next token begins here or behind.
    place: usize,
    mode: Mode<M>,
    counts: Counts,
    /// Room for what is found in one value.
    look: Look,
}

/// How the next byte is read.
enum Mode<M> {
    /// Token by token.
    Tokens,
    /// Inside a string that is too long.
    LongString(Long<M>),
    /// It was no JSON: as text to the end.
    Text(TextStream<M>),
}

/// How a long string is treated.
enum Long<M> {
    Text(TextStream<M>),
    Encoded(EncodedStream<M>),
    Spared,
}

impl<M: Deref<Target = Masker> + Clone> Long<M> {
    fn feed(&mut self, chunk: &[u8], naming: &mut Naming<'_>) -> Result<Vec<u8>, StreamError> {
        match self {
            Self::Text(text) => text.feed(chunk, naming),
            Self::Encoded(encoded) => encoded.feed(chunk, naming),
            Self::Spared => Ok(chunk.to_vec()),
        }
    }

    fn finish(self, naming: &mut Naming<'_>) -> Result<(Vec<u8>, Counts), StreamError> {
        match self {
            Self::Text(text) => text.finish(naming),
            Self::Encoded(encoded) => encoded.finish(naming),
            Self::Spared => Ok((Vec::new(), Counts::default())),
        }
    }
}

/// What became of one step.
enum Step {
    Went,
    NeedsMore,
}

/// Whether more may come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    Open,
    Ended,
}

impl<M: Deref<Target = Masker> + Clone> JsonStream<M> {
    /// A stream at its start.
    pub fn new(masker: M) -> Self {
        let machine = Machine::new(Surroundings::default(), masker.scanner().paths().clone());
        Self {
            masker,
            machine,
            buffer: Vec::new(),
            sent: 0,
            place: 0,
            mode: Mode::Tokens,
            counts: Counts::default(),
            look: Look::default(),
        }
    }

    /// Takes the next bytes and gives what may go out.
    ///
    /// # Errors
    /// [`StreamError::Blocked`] when something was found that must not pass. Nothing more may be sent.
    pub fn feed(&mut self, chunk: &[u8], naming: &mut Naming<'_>) -> Result<Vec<u8>, StreamError> {
        self.buffer.extend_from_slice(chunk);
        let mut out = Vec::new();
        while let Step::Went = self.step(Input::Open, &mut out, naming)? {}
        self.compact();
        Ok(out)
    }

    /// What was replaced so far, as far as it is certain: what is in a long text counts at its end.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The body has ended.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub fn finish(mut self, naming: &mut Naming<'_>) -> Result<(Vec<u8>, Counts), StreamError> {
        let mut out = Vec::new();
        while let Step::Went = self.step(Input::Ended, &mut out, naming)? {}
        match self.mode {
            Mode::Tokens => out.extend_from_slice(self.buffer.get(self.sent..).unwrap_or_default()),
            Mode::LongString(long) => {
                let (rest, counts) = long.finish(naming)?;
                out.extend_from_slice(&rest);
                self.counts.merge(&counts);
            }
            Mode::Text(text) => {
                let (rest, counts) = text.finish(naming)?;
                out.extend_from_slice(&rest);
                self.counts.merge(&counts);
            }
        }
        Ok((out, self.counts))
    }

    fn step(&mut self, input: Input, out: &mut Vec<u8>, naming: &mut Naming<'_>) -> Result<Step, StreamError> {
        match &mut self.mode {
            Mode::Tokens => self.token(input, out, naming),
            Mode::Text(text) => {
                let rest = self.buffer.get(self.sent..).unwrap_or_default();
                out.extend_from_slice(&text.feed(rest, naming)?);
                self.sent = self.buffer.len();
                self.place = self.sent;
                Ok(Step::NeedsMore)
            }
            Mode::LongString(_) => self.long_string(out, naming),
        }
    }

    fn token(&mut self, input: Input, out: &mut Vec<u8>, naming: &mut Naming<'_>) -> Result<Step, StreamError> {
        let blanks = crate::chars::span(&self.buffer, self.place, usize::MAX, |byte| {
            matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
        });
        self.place += blanks;
        if self.place >= self.buffer.len() {
            return Ok(Step::NeedsMore);
        }
        let mut lexer = Lexer::new(&self.buffer, self.place);
        let read = lexer.next();
        let (end, last) = (lexer.place, lexer.last);
        let string = at(&self.buffer, self.place) == b'"';
        let open = string
            && (read.is_err() || end > self.place + MAX_STRING + 2)
            && is_unclosed(&self.buffer, self.place, MAX_STRING);
        if open {
            if self.buffer.len() > self.place + 1 + MAX_STRING {
                return Ok(self.enter_long_string(out));
            }
            if input == Input::Open {
                return Ok(Step::NeedsMore);
            }
        }
        if input == Input::Open && end.saturating_add(LOOKAHEAD + 1) > self.buffer.len() {
            return Ok(Step::NeedsMore);
        }
        let Ok(token) = read else { return Ok(self.enter_text()) };
        match self.machine.take(&self.buffer, token, last) {
            Err(NotJson) => return Ok(self.enter_text()),
            Ok(Took::Other) => (),
            Ok(Took::Leaf) => {
                let leaf = Leaf::of(token, last);
                let inside = self.buffer.get(leaf.range()).unwrap_or_default();
                let look = &mut self.look;
                let scanner = self.masker.scanner();
                match self.machine.treatment(&self.buffer) {
                    Treatment::Encoded => {
                        encoded::scan(scanner, &leaf, &self.machine, &self.buffer, &Origin::ROOT, look);
                    }
                    Treatment::Look
                        if Anchors::new(inside).next(0).is_some() || self.machine.names_password(&self.buffer) =>
                    {
                        leaf.scan(scanner, &self.machine, &self.buffer, &Origin::ROOT, look);
                    }
                    Treatment::Look | Treatment::Spare => (),
                }
                let found = std::mem::take(&mut look.found);
                self.send(end, &found, out, naming)?;
                self.machine.after_value();
            }
        }
        self.place = end;
        self.send(end, &[], out, naming)?;
        Ok(Step::Went)
    }

    /// Sends the buffer up to `end` with these findings replaced.
    fn send(
        &mut self,
        end: usize,
        found: &[Finding],
        out: &mut Vec<u8>,
        naming: &mut Naming<'_>,
    ) -> Result<(), StreamError> {
        let raw = self.buffer.get(self.sent..end).unwrap_or_default();
        if found.is_empty() {
            out.extend_from_slice(raw);
        } else {
            out.extend(self.masker.splice(&self.buffer, self.sent, end, found, naming, &mut self.counts)?);
        }
        self.sent = end.max(self.sent);
        Ok(())
    }

    /// The string at `place` is too long: what follows its quote is text until the quote that closes it.
    fn enter_long_string(&mut self, out: &mut Vec<u8>) -> Step {
        out.extend_from_slice(self.buffer.get(self.sent..=self.place).unwrap_or_default());
        self.place += 1;
        self.sent = self.place;
        let treatment = if self.machine.wants_value() { self.machine.treatment(&self.buffer) } else { Treatment::Look };
        self.mode = Mode::LongString(match treatment {
            Treatment::Look => Long::Text(TextStream::new(self.masker.clone())),
            Treatment::Encoded => Long::Encoded(EncodedStream::new(self.masker.clone())),
            Treatment::Spare => Long::Spared,
        });
        Step::Went
    }

    fn long_string(&mut self, out: &mut Vec<u8>, naming: &mut Naming<'_>) -> Result<Step, StreamError> {
        let Mode::LongString(text) = &mut self.mode else { return Ok(Step::NeedsMore) };
        let mut end = self.sent;
        let closed = loop {
            match self.buffer.get(end) {
                Some(b'"') => break true,
                Some(b'\\') if end + 1 < self.buffer.len() => end += 2,
                Some(b'\\') | None => break false,
                Some(_) => end += 1,
            }
        };
        out.extend_from_slice(&text.feed(self.buffer.get(self.sent..end).unwrap_or_default(), naming)?);
        self.sent = end;
        self.place = end;
        if !closed {
            return Ok(Step::NeedsMore);
        }
        let Mode::LongString(text) = std::mem::replace(&mut self.mode, Mode::Tokens) else {
            return Ok(Step::NeedsMore);
        };
        let (rest, counts) = text.finish(naming)?;
        out.extend_from_slice(&rest);
        self.counts.merge(&counts);
        self.place = end + 1;
        self.send(end + 1, &[], out, naming)?;
        match self.machine.pass() {
            Ok(()) => Ok(Step::Went),
            Err(NotJson) => Ok(self.enter_text()),
        }
    }

    /// What was not sent is no JSON: it is masked as text, to the end.
    fn enter_text(&mut self) -> Step {
        self.mode = Mode::Text(TextStream::new(self.masker.clone()));
        Step::Went
    }

    /// Drops what went out, except the key of the value that comes next.
    fn compact(&mut self) {
        let key = self.machine.key_start().unwrap_or(self.sent);
        let gone = self.sent.min(key);
        self.buffer.drain(..gone);
        self.machine.forget(gone);
        self.sent -= gone;
        self.place -= gone;
    }
}

/// Whether a string has no closing quote within so many bytes.
fn is_unclosed(bytes: &[u8], quote: usize, limit: usize) -> bool {
    let mut place = quote + 1;
    while place <= quote + 1 + limit {
        match bytes.get(place) {
            Some(b'"') => return false,
            Some(b'\\') => place += 2,
            Some(_) => place += 1,
            None => return true,
        }
    }
    true
}
