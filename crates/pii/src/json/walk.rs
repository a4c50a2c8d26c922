//! Walks over a document of JSON: every string and number is scanned with the keys above it and what stands beside it.
//!
//! Strings that hold JSON are walked in turn. Keys are context and never findings.

use std::ops::Range;

use super::{
    decode::Decoded,
    lexer::{Bracket, Lexer, NotJson, Token},
};
use crate::{
    chars::{at, is_digit, part, span},
    context::{Surroundings, Topics, key_topics},
    finding::{Finding, Site},
    prefilter::Anchors,
    scanner::Scanner,
};

/// How deep a document may be; deeper ones are read as text.
const MAX_DEPTH: usize = 128;
/// How many strings of JSON may be inside each other.
const MAX_NESTED: u8 = 3;
/// How far behind a value its siblings are looked at.
pub(crate) const LOOKAHEAD: usize = 256;
/// The shortest number that can be something.
const MIN_NUMBER: usize = 7;
/// The longest value that can name what stands beside it.
const MAX_NAMING: usize = 40;

/// Where the bytes of a string came from.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) base: usize,
    pub(crate) decoded: Option<&'a Decoded>,
    pub(crate) parent: Option<&'a Origin<'a>>,
    pub(crate) nested: u8,
}

impl Origin<'_> {
    /// The document itself.
    pub(crate) const ROOT: Origin<'static> = Origin { base: 0, decoded: None, parent: None, nested: 0 };

    /// The offset in the raw text.
    pub(crate) fn raw(&self, offset: usize) -> usize {
        let here = self.base + self.decoded.map_or(offset, |decoded| decoded.raw(offset));
        self.parent.map_or(here, |parent| parent.raw(here))
    }
}

/// An object or array that is open.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) bracket: Bracket,
    /// The key whose value comes next; for arrays, the key of the array.
    pub(crate) key: Range<usize>,
    /// What the keys above say.
    pub(crate) above: Topics,
    /// What a sibling said.
    pub(crate) beside: Topics,
    /// Which element of an array comes next.
    pub(crate) index: usize,
    /// The heads of the columns, when the array holds rows.
    heads: Vec<Topics>,
}

/// What the walker expects.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    Value,
    ValueOrClose,
    KeyOrClose,
    Key,
    Colon,
    CommaOrClose,
    Nothing,
}

/// Walks over one document.
pub(crate) struct Walker<'a, 'o> {
    scanner: &'a Scanner,
    lexer: Lexer<'a>,
    anchors: Anchors<'a>,
    next_anchor: Option<usize>,
    origin: &'o Origin<'o>,
    frames: Vec<Frame>,
    outer: Surroundings,
    found: Vec<Finding>,
}

impl<'a, 'o> Walker<'a, 'o> {
    /// All findings of the document, or that it is none.
    pub(crate) fn walk(scanner: &'a Scanner, bytes: &'a [u8], origin: &'o Origin<'o>, outer: Surroundings) -> Result<Vec<Finding>, NotJson> {
        let mut anchors = Anchors::new(bytes);
        let next_anchor = anchors.next(0);
        let lexer = Lexer::new(bytes);
        let mut walker = Self { scanner, lexer, anchors, next_anchor, origin, frames: Vec::new(), outer, found: Vec::new() };
        let mut want = Want::Value;
        while let Some(next) = walker.step(want)? {
            want = next;
        }
        Ok(walker.found)
    }

    /// Takes one token. Nothing at the end.
    fn step(&mut self, want: Want) -> Result<Option<Want>, NotJson> {
        let token = self.lexer.next()?;
        let next = match (token, want) {
            (Token::String { inside, .. }, Want::Key | Want::KeyOrClose) => {
                self.frames.last_mut().ok_or(NotJson)?.key = inside;
                Want::Colon
            }
            (Token::Colon, Want::Colon) => Want::Value,
            (Token::String { inside, escaped }, Want::Value | Want::ValueOrClose) => {
                self.string(inside, escaped);
                self.after_value()
            }
            (Token::Number(range), Want::Value | Want::ValueOrClose) => {
                self.number(range);
                self.after_value()
            }
            (Token::Word, Want::Value | Want::ValueOrClose) => self.after_value(),
            (Token::Open(bracket), Want::Value | Want::ValueOrClose) => {
                self.open(bracket)?;
                if bracket == Bracket::Object { Want::KeyOrClose } else { Want::ValueOrClose }
            }
            (Token::Close(bracket), Want::CommaOrClose | Want::KeyOrClose | Want::ValueOrClose) => {
                self.close(bracket)?;
                self.after_value()
            }
            (Token::Comma, Want::CommaOrClose) => match self.frames.last() {
                Some(frame) if frame.bracket == Bracket::Object => Want::Key,
                _ => Want::Value,
            },
            (Token::End, Want::Nothing) => return Ok(None),
            _ => return Err(NotJson),
        };
        Ok(Some(next))
    }

    fn after_value(&mut self) -> Want {
        match self.frames.last_mut() {
            Some(frame) => {
                frame.index += 1;
                Want::CommaOrClose
            }
            None => Want::Nothing,
        }
    }

    fn open(&mut self, bracket: Bracket) -> Result<(), NotJson> {
        if self.frames.len() >= MAX_DEPTH {
            return Err(NotJson);
        }
        let (key, above) = match self.frames.last() {
            Some(frame) => (frame.key.clone(), self.above(frame)),
            None => (0..0, Topics::NONE),
        };
        let heads = self.frames.last().map(|frame| frame.heads.clone()).unwrap_or_default();
        let heads = if bracket == Bracket::Array && !heads.is_empty() { heads } else { Vec::new() };
        self.frames.push(Frame { bracket, key, above, beside: Topics::NONE, index: 0, heads });
        Ok(())
    }

    fn close(&mut self, bracket: Bracket) -> Result<(), NotJson> {
        match self.frames.pop() {
            Some(frame) if frame.bracket == bracket => {
                self.learn_heads(&frame);
                Ok(())
            }
            _ => Err(NotJson),
        }
    }

    /// An array of short names is the head of the arrays that follow beside it: rows of a table.
    fn learn_heads(&mut self, row: &Frame) {
        let Some(parent) = self.frames.last_mut() else { return };
        if row.bracket != Bracket::Array || !parent.heads.is_empty() {
            return;
        }
        let names = row.beside.names_a_kind() && row.index > 1;
        if names {
            parent.heads.clone_from(&row.heads);
        }
    }

    /// What the key of a frame and the keys above it say, for values inside.
    fn above(&self, frame: &Frame) -> Topics {
        let own = key_topics(part(self.lexer.bytes, frame.key.start, frame.key.end));
        if own.is_label() { own } else { frame.above }
    }

    /// Whether anything could begin in the range.
    fn is_anchored(&mut self, range: &Range<usize>) -> bool {
        while let Some(anchor) = self.next_anchor {
            if anchor >= range.start {
                return anchor < range.end;
            }
            self.next_anchor = self.anchors.next(range.start);
        }
        false
    }

    fn string(&mut self, inside: Range<usize>, escaped: bool) {
        self.note_name(&inside);
        if !self.is_anchored(&inside) {
            return;
        }
        let surroundings = self.surroundings(inside.end);
        let raw = part(self.lexer.bytes, inside.start, inside.end);
        let decoded = if escaped { Decoded::of(raw) } else { None };
        let origin = Origin { base: inside.start, decoded: decoded.as_ref(), parent: Some(self.origin), nested: self.origin.nested };
        let bytes = decoded.as_ref().map_or(raw, |decoded| decoded.bytes.as_slice());
        let found = leaf(self.scanner, bytes, &origin, surroundings);
        self.found.extend(found);
    }

    fn number(&mut self, range: Range<usize>) {
        let digits = part(self.lexer.bytes, range.start, range.end);
        if digits.len() < MIN_NUMBER || !digits.iter().all(|&byte| is_digit(byte)) {
            return;
        }
        let surroundings = self.surroundings(range.end);
        let origin = Origin { base: range.start, decoded: None, parent: Some(self.origin), nested: self.origin.nested };
        let whole = self.scanner.plain(digits, &origin, surroundings).into_iter();
        let site = Site::Number { depth: self.origin.nested };
        let whole = whole.filter(|finding| finding.range.len() >= digits.len()).map(|finding| Finding { site, ..finding });
        self.found.extend(whole);
    }

    fn surroundings(&self, end: usize) -> Surroundings {
        let Some(frame) = self.frames.last() else { return self.outer };
        let key = match frame.bracket {
            Bracket::Object => key_topics(part(self.lexer.bytes, frame.key.start, frame.key.end)),
            Bracket::Array => frame.heads.get(frame.index).copied().unwrap_or_else(|| self.above(frame)),
        };
        let above = if frame.above.is_label() { frame.above } else { self.outer.key | self.outer.above };
        let mut beside = frame.beside;
        if frame.bracket == Bracket::Object && !key.is_label() && !beside.is_label() {
            beside = self.beside_ahead(end);
        }
        let beside = if frame.bracket == Bracket::Object { beside } else { Topics::NONE };
        Surroundings { key, above, beside }
    }

    /// Remembers a value that may name its siblings (`"type": "passport"`), or that may be the head of a column.
    fn note_name(&mut self, inside: &Range<usize>) {
        let bytes = self.lexer.bytes;
        let Some(frame) = self.frames.last_mut() else { return };
        if inside.len() > MAX_NAMING || inside.is_empty() {
            return;
        }
        match frame.bracket {
            Bracket::Object => {
                if is_naming(part(bytes, frame.key.start, frame.key.end)) {
                    let topics = value_topics(part(bytes, inside.start, inside.end));
                    if topics.is_label() {
                        frame.beside = topics;
                    }
                }
            }
            Bracket::Array if frame.heads.len() == frame.index && frame.index < 64 => {
                let value = part(bytes, inside.start, inside.end);
                let topics = if value.iter().any(|&byte| is_digit(byte) || byte == b'@') { Topics::NONE } else { key_topics(value) };
                frame.heads.push(topics);
                frame.beside = frame.beside | topics;
            }
            Bracket::Array => (),
        }
    }

    /// The same for a sibling that comes after the value, close by.
    fn beside_ahead(&self, end: usize) -> Topics {
        let mut lexer = Lexer { bytes: part(self.lexer.bytes, 0, (end + LOOKAHEAD).min(self.lexer.bytes.len())), place: end };
        if at(lexer.bytes, end) == b'"' {
            lexer.place += 1;
        }
        loop {
            let Ok(Token::Comma) = lexer.next() else { return Topics::NONE };
            let Ok(Token::String { inside: key, .. }) = lexer.next() else { return Topics::NONE };
            let Ok(Token::Colon) = lexer.next() else { return Topics::NONE };
            match lexer.next() {
                Ok(Token::String { inside, .. }) => {
                    let topics = value_topics(part(lexer.bytes, inside.start, inside.end));
                    if inside.len() <= MAX_NAMING && is_naming(part(lexer.bytes, key.start, key.end)) && topics.is_label() {
                        return topics;
                    }
                }
                Ok(Token::Number(_) | Token::Word) => (),
                _ => return Topics::NONE,
            }
        }
    }
}

/// Scans a string that was decoded: as JSON when it holds some, as text otherwise.
pub(crate) fn leaf(scanner: &Scanner, bytes: &[u8], origin: &Origin<'_>, surroundings: Surroundings) -> Vec<Finding> {
    if origin.nested < MAX_NESTED && looks_like_json(bytes) {
        let inner = Origin { nested: origin.nested + 1, ..*origin };
        if let Ok(found) = Walker::walk(scanner, bytes, &inner, surroundings) {
            return found;
        }
    }
    scanner.lines(bytes, origin, surroundings)
}

/// Whether the text begins and ends as a document of JSON does.
pub(crate) fn looks_like_json(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii();
    matches!((text.first(), text.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']'))) && text.len() > 2
}

/// Keys whose value says what stands beside them.
fn is_naming(key: &[u8]) -> bool {
    static ENDS: [&[u8]; 12] =
        [b"type", b"kind", b"name", b"label", b"field", b"key", b"system", b"title", b"category", b"scheme", b"doc", b"document"];
    ENDS.iter().any(|end| key.len() >= end.len() && part(key, key.len() - end.len(), key.len()).eq_ignore_ascii_case(end))
}

/// What such a value says. Only short values of letters do.
fn value_topics(value: &[u8]) -> Topics {
    let letters = span(value, 0, MAX_NAMING, |byte| !is_digit(byte) && byte != b'@');
    if letters == value.len() { key_topics(value) } else { Topics::NONE }
}
