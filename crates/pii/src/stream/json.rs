//! A body of JSON, value by value. Each is held until it is complete, and looked at as if it had come alone.

use std::ops::Deref;

use super::sse::StreamError;
use crate::{
    chars::{at, part, run},
    context::Surroundings,
    disguise::may_hold,
    finding::Finding,
    json::{
        LOOKAHEAD, Leaf, Lexer, MARK, Machine, NotJson, Origin, Took, Treatment,
        encoded::{self, Course},
    },
    look::Look,
    mask::{Counts, Masker, Naming},
    simd::Sort,
};

/// The longest number, in bytes. What has a longer one is read as text.
const LONGEST_NUMBER: usize = 64 << 10;
/// So much room is kept for the next pieces.
const ROOM: usize = 64 << 10;

/// Masks a body of `application/json` as it passes.
pub struct JsonStream<M> {
    masker: M,
    machine: Machine,
    /// The longest string that is held.
    longest: usize,
    buffer: Vec<u8>,
    /// What went out already, at the start of the buffer.
    sent: usize,
    /// The next token begins here or behind.
    place: usize,
    /// Up to here it is known that the string at `place` does not end.
    searched: usize,
    mode: Mode,
    counts: Counts,
    /// Room for what is found in one value.
    look: Look,
}

/// How the next byte is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// There may be a mark before the first token.
    Start,
    Tokens,
    /// The string at `place` is held until it ends.
    Held,
    /// Inside a string that passes with all that is in it.
    Passing(Passing),
    /// It was no JSON: the rest is held as one text.
    Text,
}

/// Why a string passes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Passing {
    /// The table of places says so.
    Spared,
    /// It is base64, and no text, as long as it goes on so.
    Encoded(Course),
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

/// Where a string ends.
enum End {
    /// At this quote.
    At(usize),
    Later,
    /// There is something in it that is in no string.
    Never,
}

impl<M: Deref<Target = Masker> + Clone> JsonStream<M> {
    /// A stream at its start; `longest` is the longest string in bytes that can be looked at.
    pub fn new(masker: M, longest: usize) -> Self {
        let machine = Machine::new(Surroundings::default(), masker.scanner().paths().clone());
        Self {
            masker,
            machine,
            longest,
            buffer: Vec::new(),
            sent: 0,
            place: 0,
            searched: 0,
            mode: Mode::Start,
            counts: Counts::default(),
            look: Look::default(),
        }
    }

    /// Takes the next bytes and gives what may go out.
    ///
    /// # Errors
    /// [`StreamError`]; nothing more may be sent then.
    pub fn feed(&mut self, chunk: &[u8], naming: &mut Naming<'_>) -> Result<Vec<u8>, StreamError> {
        self.buffer.extend_from_slice(chunk);
        let mut out = Vec::new();
        while let Step::Went = self.step(Input::Open, &mut out, naming)? {}
        self.compact();
        Ok(out)
    }

    /// What was replaced so far.
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
        let end = self.buffer.len();
        self.send(end, &[], &mut out, naming)?;
        Ok((out, self.counts))
    }

    fn step(&mut self, input: Input, out: &mut Vec<u8>, naming: &mut Naming<'_>) -> Result<Step, StreamError> {
        match self.mode {
            Mode::Start => self.start(input, out, naming),
            Mode::Tokens | Mode::Held => self.token(input, out, naming),
            Mode::Passing(why) => self.pass(why, out, naming),
            Mode::Text => self.text(input, out, naming),
        }
    }

    fn start(&mut self, input: Input, out: &mut Vec<u8>, naming: &mut Naming<'_>) -> Result<Step, StreamError> {
        if input == Input::Open && self.buffer.len() < MARK.len() && MARK.starts_with(&self.buffer) {
            return Ok(Step::NeedsMore);
        }
        if self.buffer.starts_with(MARK) {
            self.place = MARK.len();
            self.send(self.place, &[], out, naming)?;
        }
        self.mode = Mode::Tokens;
        Ok(Step::Went)
    }

    fn token(&mut self, input: Input, out: &mut Vec<u8>, naming: &mut Naming<'_>) -> Result<Step, StreamError> {
        if self.mode == Mode::Tokens {
            self.place += run(&self.buffer, self.place, usize::MAX, Sort::Blank);
            self.send(self.place, &[], out, naming)?;
        }
        if self.place >= self.buffer.len() {
            return Ok(Step::NeedsMore);
        }
        if at(&self.buffer, self.place) == b'"' {
            let end = self.string_end(self.place + 1);
            if let Some((why, known)) = self.may_pass() {
                self.mode = Mode::Passing(why);
                self.place += 1 + known;
                self.searched = self.place;
                self.send(self.place, &[], out, naming)?;
                return Ok(Step::Went);
            }
            if self.searched - self.place - 1 > self.longest {
                return Err(StreamError::TooLarge(self.longest));
            }
            match end {
                End::At(quote) if input == Input::Open && quote + LOOKAHEAD + 2 > self.buffer.len() => {
                    return Ok(Step::NeedsMore);
                }
                End::At(_) => (),
                End::Later if input == Input::Open => return Ok(Step::NeedsMore),
                End::Later | End::Never => return Ok(self.enter_text()),
            }
        }
        let mut lexer = Lexer::new(&self.buffer, self.place);
        let read = lexer.next();
        let (end, last) = (lexer.place, lexer.last);
        if at(&self.buffer, self.place) != b'"' && end - self.place > LONGEST_NUMBER {
            return Ok(self.enter_text());
        }
        if input == Input::Open && end + LOOKAHEAD + 1 > self.buffer.len() {
            return Ok(Step::NeedsMore);
        }
        let Ok(token) = read else { return Ok(self.enter_text()) };
        match self.machine.take(&self.buffer, token, last) {
            Err(NotJson) => return Ok(self.enter_text()),
            Ok(Took::Other) => self.send(end, &[], out, naming)?,
            Ok(Took::Leaf) => {
                let found = self.look_at(&Leaf::of(token, last));
                self.send(end, &found, out, naming)?;
                self.machine.after_value();
            }
        }
        (self.place, self.mode) = (end, Mode::Tokens);
        Ok(Step::Went)
    }

    /// What is in a value.
    fn look_at(&mut self, leaf: &Leaf) -> Vec<Finding> {
        let inside = self.buffer.get(leaf.range()).unwrap_or_default();
        let (scanner, look) = (self.masker.scanner(), &mut self.look);
        match self.machine.treatment(&self.buffer) {
            Treatment::Encoded => encoded::scan(scanner, leaf, &self.machine, &self.buffer, &Origin::ROOT, look),
            Treatment::Look if may_hold(inside) || self.machine.names_password(&self.buffer) => {
                leaf.scan(scanner, &self.machine, &self.buffer, &Origin::ROOT, look);
            }
            Treatment::Look | Treatment::Spare => (),
        }
        std::mem::take(&mut look.found)
    }

    /// Where a string ends, whose inside was searched before up to `searched`.
    fn string_end(&mut self, inside: usize) -> End {
        let mut place = self.searched.max(inside);
        loop {
            place += run(&self.buffer, place, usize::MAX, Sort::Quoted);
            self.searched = place;
            match self.buffer.get(place) {
                Some(b'"') => return End::At(place),
                Some(b'\\') if place + 1 < self.buffer.len() => place += 2,
                Some(b'\\') | None => return End::Later,
                Some(_) => return End::Never,
            }
        }
    }

    /// Whether the string at `place` need not be held; and so much of its inside is known then.
    fn may_pass(&mut self) -> Option<(Passing, usize)> {
        let inside = part(&self.buffer, self.place + 1, self.searched);
        if self.mode != Mode::Tokens || inside.len() < encoded::START {
            return None;
        }
        self.mode = Mode::Held;
        match self.machine.treatment(&self.buffer) {
            Treatment::Spare if self.machine.wants_value() => Some((Passing::Spared, 0)),
            Treatment::Encoded if self.machine.wants_value() => {
                encoded::begins_as_no_text(inside).map(|(known, course)| (Passing::Encoded(course), known))
            }
            Treatment::Look | Treatment::Spare | Treatment::Encoded => None,
        }
    }

    /// The string goes on at `place`, and passes.
    fn pass(&mut self, why: Passing, out: &mut Vec<u8>, naming: &mut Naming<'_>) -> Result<Step, StreamError> {
        let (why, end) = match why {
            Passing::Spared => (why, self.string_end(self.place)),
            Passing::Encoded(mut course) => {
                let end = self.encoded_end(&mut course)?;
                (Passing::Encoded(course), end)
            }
        };
        (self.place, self.mode) = match end {
            End::At(quote) => (quote + 1, Mode::Tokens),
            End::Later => (self.searched, Mode::Passing(why)),
            End::Never => (self.searched, Mode::Text),
        };
        self.send(self.place, &[], out, naming)?;
        if self.mode == Mode::Tokens && self.machine.pass().is_err() {
            self.mode = Mode::Text;
        }
        Ok(if self.mode == Mode::Passing(why) { Step::NeedsMore } else { Step::Went })
    }

    /// Where base64 ends that goes on at `place`.
    fn encoded_end(&mut self, course: &mut Course) -> Result<End, StreamError> {
        let rest = part(&self.buffer, self.place, self.buffer.len());
        let length = course.go_on(rest);
        self.searched = self.place + length;
        match part(rest, length, rest.len()) {
            [b'"', ..] => Ok(End::At(self.searched)),
            behind if encoded::is_cut(behind) => Ok(End::Later),
            _ => Err(StreamError::Broken),
        }
    }

    /// What was not sent is no JSON.
    fn enter_text(&mut self) -> Step {
        self.mode = Mode::Text;
        Step::Went
    }

    fn text(&mut self, input: Input, out: &mut Vec<u8>, naming: &mut Naming<'_>) -> Result<Step, StreamError> {
        let end = self.buffer.len();
        if end - self.sent > self.longest {
            return Err(StreamError::TooLarge(self.longest));
        }
        if input == Input::Ended {
            let origin = Origin { base: self.sent, ..Origin::ROOT };
            let rest = part(&self.buffer, self.sent, end);
            let found = self.masker.scanner().document(rest, &origin, Surroundings::default());
            self.send(end, &found, out, naming)?;
        }
        Ok(Step::NeedsMore)
    }

    /// Sends the buffer up to `end` with these findings replaced.
    fn send(
        &mut self,
        end: usize,
        found: &[Finding],
        out: &mut Vec<u8>,
        naming: &mut Naming<'_>,
    ) -> Result<(), StreamError> {
        if found.is_empty() {
            out.extend_from_slice(self.buffer.get(self.sent..end).unwrap_or_default());
        } else {
            out.extend(self.masker.splice(&self.buffer, self.sent, end, found, naming, &mut self.counts)?);
        }
        self.sent = end.max(self.sent);
        Ok(())
    }

    /// Drops what went out, except the key of the value that comes next; and the room that a long value took.
    fn compact(&mut self) {
        let key = match self.mode {
            Mode::Tokens | Mode::Held => self.machine.key_start(),
            Mode::Start | Mode::Passing(_) | Mode::Text => None,
        };
        let gone = self.sent.min(key.unwrap_or(self.sent));
        self.buffer.drain(..gone);
        self.machine.forget(gone);
        self.sent -= gone;
        self.place = self.place.saturating_sub(gone);
        self.searched = self.searched.saturating_sub(gone);
        if self.buffer.capacity() / 4 > self.buffer.len().max(ROOM) {
            self.buffer.shrink_to(self.buffer.len().max(ROOM));
        }
    }
}
