//! What is known at one place of a document: the open objects and arrays, and what their keys say.

use std::{cell::RefCell, ops::Range};

use super::{
    lexer::{Bracket, Lexeme, Lexer, NotJson, Token},
    paths::{Paths, Place, Treatment},
};
use crate::{
    chars::{at, is_digit, joined, part, span},
    context::{Surroundings, Topics, key_topics},
    kind::Kind,
    recognizers::secret::password,
};

/// How deep everything is remembered that keys say. Below, the last that is remembered stands for all.
const MAX_DEPTH: usize = 128;
/// How deep a document may be, beyond that; deeper ones are read as text. It takes a byte each.
const MAX_DEEPER: usize = 32 << 20;
/// How far behind a value its siblings are looked at.
pub(crate) const LOOKAHEAD: usize = 256;
/// The longest value that can name what stands beside it.
const MAX_NAMING: usize = 48;
/// The most columns of a table in JSON.
const MAX_COLUMNS: usize = 64;

/// How many keys are remembered.
const KEYS: usize = 32;

/// Words of MCP that say nothing of what is beside or below them. Nearly every answer has them.
const SILENT: [&[u8]; 7] = [b"result", b"content", b"text", b"complete", b"resource", b"structuredContent", b"_meta"];

/// An object or array that is open.
#[derive(Debug)]
struct Frame {
    bracket: Bracket,
    /// The key whose value comes next.
    key: Range<usize>,
    /// What the keys above say.
    above: Topics,
    /// What a sibling said.
    beside: Topics,
    /// Which element of an array comes next.
    index: usize,
    /// The heads of the columns, when the array holds rows.
    heads: Vec<Topics>,
    /// Where it is in the table of places.
    place: Place,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Want {
    Value,
    ValueOrClose,
    KeyOrClose,
    Key,
    Colon,
    CommaOrClose,
    Nothing,
}

/// Whether a token was a value that may be something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Took {
    /// The value must be dealt with, and [`Machine::after_value`] called.
    Leaf,
    Other,
}

/// A value that may be something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Leaf {
    String { inside: Range<usize>, escaped: bool },
    Number(Range<usize>),
}

impl Leaf {
    /// The leaf that a token is.
    pub(crate) fn of(token: Token, lexeme: Lexeme) -> Self {
        let range = lexeme.start..lexeme.end;
        if token == Token::Number {
            Self::Number(range)
        } else {
            Self::String { inside: range, escaped: lexeme.escaped }
        }
    }
}

/// Follows a document token by token. Offsets are those of the bytes it is given; the key of a value must be in them.
#[derive(Debug)]
pub(crate) struct Machine {
    frames: Vec<Frame>,
    /// What else is open, where the last frame stands for all of it: the bracket that it had before each of them.
    deeper: Vec<Bracket>,
    want: Want,
    outer: Surroundings,
    paths: Paths,
    keys: Keys,
}

/// What the keys say that were met: most come again. Empty until one is met.
#[derive(Debug, Default)]
struct Keys(RefCell<Vec<Known>>);

/// A key of at most 32 bytes, by its first and last sixteen and its length, with what it says.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    first: u128,
    last: u128,
    length: usize,
    topics: Topics,
}

impl Keys {
    fn topics(&self, key: &[u8]) -> Topics {
        if SILENT.contains(&key) {
            return Topics::NONE;
        }
        let (first, last) = match (key.first_chunk::<16>(), key.last_chunk::<16>()) {
            (Some(first), Some(last)) if key.len() <= 32 => (u128::from_le_bytes(*first), u128::from_le_bytes(*last)),
            _ => match joined(key) {
                Some(joined) => (joined, joined),
                None => return key_topics(key),
            },
        };
        let Ok(mut known) = self.0.try_borrow_mut() else { return key_topics(key) };
        if known.is_empty() {
            known.resize(KEYS, Known::default());
        }
        let all = first ^ last.rotate_left(64) ^ key.len() as u128;
        let mixed = (all as u64 ^ (all >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let Some(slot) = known.get_mut(mixed as usize % KEYS) else { return key_topics(key) };
        if (slot.first, slot.last, slot.length) != (first, last, key.len()) {
            *slot = Known { first, last, length: key.len(), topics: key_topics(key) };
        }
        slot.topics
    }
}

impl Machine {
    pub(crate) fn new(outer: Surroundings, paths: Paths) -> Self {
        Self { frames: Vec::new(), deeper: Vec::new(), want: Want::Value, outer, paths, keys: Keys::default() }
    }

    /// Whether the document is complete.
    pub(crate) fn is_done(&self) -> bool {
        self.want == Want::Nothing
    }

    /// Whether a value may come next.
    pub(crate) fn wants_value(&self) -> bool {
        matches!(self.want, Want::Value | Want::ValueOrClose)
    }

    /// Where the key of the value that comes next begins, when it has one.
    pub(crate) fn key_start(&self) -> Option<usize> {
        let frame = self.frames.last().filter(|frame| frame.bracket == Bracket::Object)?;
        matches!(self.want, Want::Colon | Want::Value).then_some(frame.key.start)
    }

    /// The bytes before `count` are gone.
    pub(crate) fn forget(&mut self, count: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.key = frame.key.start.saturating_sub(count)..frame.key.end.saturating_sub(count);
        }
    }

    /// Takes a token; `lexeme` is the string or number that was read last.
    #[inline]
    pub(crate) fn take(&mut self, bytes: &[u8], token: Token, lexeme: Lexeme) -> Result<Took, NotJson> {
        match (token, self.want) {
            (Token::String, Want::Key | Want::KeyOrClose) => {
                self.frames.last_mut().ok_or(NotJson)?.key = lexeme.start..lexeme.end;
                self.want = Want::Colon;
            }
            (Token::Colon, Want::Colon) => self.want = Want::Value,
            (Token::String, Want::Value | Want::ValueOrClose) => {
                self.note_name(bytes, lexeme);
                return Ok(Took::Leaf);
            }
            (Token::Number, Want::Value | Want::ValueOrClose) => return Ok(Took::Leaf),
            (Token::Word, Want::Value | Want::ValueOrClose) => self.after_value(),
            (Token::Open(bracket), Want::Value | Want::ValueOrClose) => self.open(bytes, bracket)?,
            (Token::Close(bracket), Want::CommaOrClose | Want::KeyOrClose | Want::ValueOrClose) => {
                self.close(bracket)?
            }
            (Token::Comma, Want::CommaOrClose) => {
                let object = self.frames.last().is_some_and(|frame| frame.bracket == Bracket::Object);
                self.want = if object { Want::Key } else { Want::Value };
            }
            _ => return Err(NotJson),
        }
        Ok(Took::Other)
    }

    /// The leaf has been dealt with.
    pub(crate) fn after_value(&mut self) {
        self.want = match self.frames.last_mut() {
            Some(frame) => {
                frame.index += 1;
                Want::CommaOrClose
            }
            None => Want::Nothing,
        };
    }

    /// A string has passed that nobody kept.
    pub(crate) fn pass(&mut self) -> Result<(), NotJson> {
        match self.want {
            Want::Value | Want::ValueOrClose => self.after_value(),
            Want::Key | Want::KeyOrClose => self.want = Want::Colon,
            Want::Colon | Want::CommaOrClose | Want::Nothing => return Err(NotJson),
        }
        Ok(())
    }

    fn open(&mut self, bytes: &[u8], bracket: Bracket) -> Result<(), NotJson> {
        if self.frames.len() >= MAX_DEPTH {
            return self.open_deeper(bytes, bracket);
        }
        let above = self.frames.last().map_or(Topics::NONE, |frame| own_topics(bytes, frame, &self.keys));
        let place = self.place(bytes);
        let row = bracket == Bracket::Array;
        let heads = self.frames.last().filter(|_| row).map(|frame| frame.heads.clone()).unwrap_or_default();
        self.frames.push(Frame { bracket, key: 0..0, above, beside: Topics::NONE, index: 0, heads, place });
        self.want = if row { Want::ValueOrClose } else { Want::KeyOrClose };
        Ok(())
    }

    /// The last frame becomes that of one object or array further in. What keys said stays said, and the table of places
    /// has nothing so deep.
    fn open_deeper(&mut self, bytes: &[u8], bracket: Bracket) -> Result<(), NotJson> {
        let place = match self.place(bytes) {
            Place::Spared => Place::Spared,
            Place::At(_) | Place::Off => Place::Off,
        };
        let frame = self.frames.last_mut().filter(|_| self.deeper.len() < MAX_DEEPER).ok_or(NotJson)?;
        self.deeper.push(frame.bracket);
        let above = own_topics(bytes, frame, &self.keys);
        *frame = Frame { bracket, key: 0..0, above, beside: Topics::NONE, index: 0, heads: Vec::new(), place };
        self.want = if bracket == Bracket::Array { Want::ValueOrClose } else { Want::KeyOrClose };
        Ok(())
    }

    fn close(&mut self, bracket: Bracket) -> Result<(), NotJson> {
        if let Some(outer) = self.deeper.pop() {
            let frame = self.frames.last_mut().filter(|frame| frame.bracket == bracket).ok_or(NotJson)?;
            (frame.bracket, frame.key, frame.beside) = (outer, 0..0, Topics::NONE);
            frame.heads.clear();
            self.after_value();
            return Ok(());
        }
        let frame = self.frames.pop().filter(|frame| frame.bracket == bracket).ok_or(NotJson)?;
        // An array of short names is the head of the rows that follow beside it.
        if let Some(parent) = self.frames.last_mut()
            && bracket == Bracket::Array
            && parent.heads.is_empty()
            && frame.beside.names_a_kind()
            && frame.index > 1
        {
            parent.heads = frame.heads;
        }
        self.after_value();
        Ok(())
    }

    /// Whether base64 may be somewhere in the document.
    pub(crate) fn may_be_encoded(&self, bytes: &[u8]) -> bool {
        self.paths.may_be_encoded(bytes)
    }

    /// What is done with the leaf that was taken last.
    pub(crate) fn treatment(&self, bytes: &[u8]) -> Treatment {
        self.paths.treatment(self.place(bytes))
    }

    /// Whether the key of the leaf that was taken last says that it is a password.
    pub(crate) fn names_password(&self, bytes: &[u8]) -> bool {
        self.frames.last().is_some_and(|frame| {
            frame.bracket == Bracket::Object && password::is_key(part(bytes, frame.key.start, frame.key.end))
        })
    }

    /// Where the next value is in the table of places.
    fn place(&self, bytes: &[u8]) -> Place {
        match self.frames.last() {
            None => self.paths.root(),
            Some(Frame { place: Place::Off, .. }) => Place::Off,
            Some(frame) if frame.bracket == Bracket::Array => self.paths.element(frame.place),
            Some(frame) => self.paths.member(frame.place, part(bytes, frame.key.start, frame.key.end)),
        }
    }

    /// What surrounds the leaf that was taken last, which ends at `end`.
    pub(crate) fn surroundings(&self, bytes: &[u8], end: usize) -> Surroundings {
        let Some(frame) = self.frames.last() else { return self.outer };
        let outer = if self.outer.key.is_label() { self.outer.key } else { self.outer.above };
        let above = if frame.above.is_label() { frame.above } else { outer };
        if frame.bracket == Bracket::Array {
            let key = frame.heads.get(frame.index).copied().unwrap_or_default();
            return Surroundings { key: if key.is_label() { key } else { frame.above }, above, beside: Topics::NONE };
        }
        let key = self.keys.topics(part(bytes, frame.key.start, frame.key.end));
        let search = !key.is_label() && !frame.beside.is_label();
        let beside = if search { beside_ahead(bytes, end) } else { frame.beside };
        Surroundings { key, above, beside }
    }

    /// Remembers a value that may name its siblings (`"type": "passport"`), or be the head of a column.
    fn note_name(&mut self, bytes: &[u8], lexeme: Lexeme) {
        let Some(frame) = self.frames.last_mut() else { return };
        let value = lexeme.of(bytes);
        if value.len() > MAX_NAMING || value.is_empty() {
            return;
        }
        let mut named_by = Topics::NONE;
        match frame.bracket {
            Bracket::Object => {
                if is_naming(part(bytes, frame.key.start, frame.key.end)) {
                    let topics = value_topics(value);
                    if topics.is_label() {
                        frame.beside = topics;
                    }
                } else if matches!(part(bytes, frame.key.start, frame.key.end), b"text" | b"display") {
                    named_by = value_topics(value);
                }
            }
            Bracket::Array if frame.heads.len() == frame.index && frame.index < MAX_COLUMNS => {
                let topics = value_topics(value);
                frame.heads.push(topics);
                frame.beside = frame.beside | topics;
            }
            Bracket::Array => (),
        }
        // `"type": {"text": "Passport number"}, "value": "..."`: what is named stands one object further out.
        if named_by.is_label()
            && let Some(outer) = self.frames.len().checked_sub(2).and_then(|outer| self.frames.get_mut(outer))
            && outer.bracket == Bracket::Object
            && is_naming(part(bytes, outer.key.start, outer.key.end))
        {
            outer.beside = named_by;
        }
    }
}

/// What the key of the value says that comes next, or else the keys above.
fn own_topics(bytes: &[u8], frame: &Frame, keys: &Keys) -> Topics {
    let own = match frame.bracket {
        Bracket::Object => keys.topics(part(bytes, frame.key.start, frame.key.end)),
        Bracket::Array => Topics::NONE,
    };
    if own.is_label() { own } else { frame.above }
}

/// What a sibling says that comes after the value, close by.
fn beside_ahead(bytes: &[u8], end: usize) -> Topics {
    let bytes = part(bytes, 0, (end + LOOKAHEAD).min(bytes.len()));
    let mut lexer = Lexer::new(bytes, end + usize::from(at(bytes, end) == b'"'));
    loop {
        let (Ok(Token::Comma), Ok(Token::String)) = (lexer.next(), lexer.next()) else { return Topics::NONE };
        let key = lexer.last;
        let Ok(Token::Colon) = lexer.next() else { return Topics::NONE };
        match lexer.next() {
            Ok(Token::String) => {
                let value = lexer.last.of(bytes);
                let naming = value.len() <= MAX_NAMING && is_naming(key.of(bytes));
                let topics = if naming { value_topics(value) } else { Topics::NONE };
                if topics.is_label() {
                    return topics;
                }
            }
            Ok(Token::Number | Token::Word) => (),
            _ => return Topics::NONE,
        }
    }
}

/// How keys end whose value says what stands beside them.
static NAMING: [(u64, u64); 12] = [
    ending(b"type"),
    ending(b"kind"),
    ending(b"name"),
    ending(b"label"),
    ending(b"field"),
    ending(b"key"),
    ending(b"system"),
    ending(b"title"),
    ending(b"category"),
    ending(b"scheme"),
    ending(b"doc"),
    ending(b"document"),
];

/// The last bytes of a word in small letters, at most eight, and which bits of eight bytes they are.
const fn ending(word: &[u8]) -> (u64, u64) {
    let (mut packed, mut rest) = (0, word);
    while let [first, tail @ ..] = rest {
        packed = (packed << 8) | *first as u64;
        rest = tail;
    }
    (u64::MAX >> (64 - 8 * word.len()), packed)
}

/// Whether the value of the key says what stands beside it.
fn is_naming(key: &[u8]) -> bool {
    let tail = match key.last_chunk::<8>() {
        Some(tail) => u64::from_be_bytes(*tail),
        None => key.iter().fold(0, |tail, &byte| (tail << 8) | u64::from(byte)),
    };
    let small = tail | (u64::MAX / 255 * 0x20);
    NAMING.iter().any(|(bits, end)| small & bits == *end)
}

/// What such a value says. Only short values of letters do.
fn value_topics(value: &[u8]) -> Topics {
    if SILENT.contains(&value) {
        return Topics::NONE;
    }
    // A system of identifiers goes by its address or number: `http://hl7.org/fhir/sid/us-ssn`.
    if value.ends_with(b"2.16.840.1.113883.4.1") {
        return Topics::of(Kind::Ssn);
    }
    let system = value.windows(3).any(|three| three == b"://");
    let value = if system { value.rsplit(|&byte| byte == b'/').next().unwrap_or(value) } else { value };
    let letters = span(value, 0, MAX_NAMING + 1, |byte| !is_digit(byte) && byte != b'@');
    // "phone_1"
    let counted = letters > 2 && letters + 1 == value.len() && is_digit(at(value, letters));
    if letters == value.len() || counted { key_topics(value) } else { Topics::NONE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silent_words_say_nothing() {
        for word in SILENT {
            assert_eq!(key_topics(word), Topics::NONE, "{}", String::from_utf8_lossy(word));
        }
        assert_ne!(key_topics(b"email"), Topics::NONE);
    }
}
