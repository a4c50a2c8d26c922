//! A strict scanner for JSON text (RFC 8259), in one pass and without building a tree.
//!
//! It refuses what two parsers could read in two ways: a key twice in one object (after unescaping), a lone
//! surrogate, a number no double can hold, anything after the value, and nesting deeper than [`MAX_DEPTH`].

use std::{borrow::Cow, ops::Range};

use crate::error::ParseError;

/// The deepest nesting of arrays and objects, the outermost one included.
pub const MAX_DEPTH: usize = 64;

/// Objects up to this many members look for duplicate keys pair by pair; larger ones sort.
const FEW_KEYS: usize = 8;

/// What kind of value was scanned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Object,
    Array,
    String { escaped: bool },
    Number,
    True,
    False,
    Null,
}

/// A scanned value: its kind and where it stands (strings: with their quotes).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Value {
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
}

/// A key of an object.
pub(crate) struct Key<'a> {
    /// Unescaped.
    pub(crate) text: Cow<'a, str>,
    /// Where it stands, with its quotes.
    pub(crate) span: Range<usize>,
}

impl AsRef<str> for Key<'_> {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

type Outcome<T> = Result<T, ParseError>;

/// Walks over one JSON text.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// The keys of all open objects; each object owns the tail above where it began.
    keys: Vec<Cow<'a, str>>,
}

impl<'a> Scanner<'a> {
    /// RFC 8259 section 8.1: JSON text MUST be UTF-8, and MUST NOT begin with a byte order mark.
    pub(crate) fn new(bytes: &'a [u8]) -> Outcome<Self> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| ParseError::NotJson(format!("byte {} is not UTF-8", error.valid_up_to())))?;
        Ok(Self { text, at: 0, depth: 0, keys: Vec::with_capacity(16) })
    }

    /// The text under a span.
    pub(crate) fn slice(&self, span: &Range<usize>) -> &'a str {
        self.text.get(span.clone()).unwrap_or("")
    }

    /// All text from a place on.
    pub(crate) fn rest(&self, from: usize) -> &'a str {
        self.text.get(from..).unwrap_or("")
    }

    /// The next byte that is not white space, without taking it.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                other => return other,
            }
        }
    }

    /// Where the next value starts.
    pub(crate) fn position(&mut self) -> usize {
        self.peek();
        self.at
    }

    /// Refuses anything but white space up to the end.
    pub(crate) fn end(&mut self) -> Outcome<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.flaw("more text after the end of the value")),
        }
    }

    /// Scans one value of any kind.
    pub(crate) fn value(&mut self) -> Outcome<Value> {
        let first = self.peek();
        let start = self.at;
        let kind = match first {
            Some(b'{') => {
                self.object(|scanner, _| scanner.value().map(drop))?;
                Kind::Object
            }
            Some(b'[') => {
                self.array(|scanner| scanner.value().map(drop))?;
                Kind::Array
            }
            Some(b'"') => Kind::String { escaped: self.string()?.1 },
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.literal("true", Kind::True)?,
            Some(b'f') => self.literal("false", Kind::False)?,
            Some(b'n') => self.literal("null", Kind::Null)?,
            Some(_) => return Err(self.flaw("a value was expected")),
            None => return Err(self.flaw("the text ends where a value was expected")),
        };
        Ok(Value { kind, span: start..self.at })
    }

    /// Scans an object; `member` gets each unescaped key and must scan its value.
    pub(crate) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, &Key<'a>) -> Outcome<()>,
    ) -> Outcome<Range<usize>> {
        let start = self.enter()?;
        let first_key = self.keys.len();
        if self.peek() == Some(b'}') {
            return Ok(self.leave(start));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.flaw("a key in double quotes was expected"));
            }
            let (span, escaped) = self.string()?;
            let key = Key { text: self.text_of(&span, escaped), span };
            self.expect(b':', "a colon was expected after the key")?;
            member(self, &key)?;
            self.keys.push(key.text);
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.flaw("a comma or a closing brace was expected")),
            }
        }
        self.refuse_duplicates(first_key)?;
        self.keys.truncate(first_key);
        Ok(self.leave(start))
    }

    /// Scans an array; `element` must scan each value.
    pub(crate) fn array(&mut self, mut element: impl FnMut(&mut Self) -> Outcome<()>) -> Outcome<Range<usize>> {
        let start = self.enter()?;
        if self.peek() == Some(b']') {
            return Ok(self.leave(start));
        }
        loop {
            element(self)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => return Ok(self.leave(start)),
                _ => return Err(self.flaw("a comma or a closing bracket was expected")),
            }
        }
    }

    /// The meaning of a scanned string, given its span with the quotes.
    pub(crate) fn text_of(&self, span: &Range<usize>, escaped: bool) -> Cow<'a, str> {
        let inner = self.slice(&(span.start + 1..span.end.saturating_sub(1)));
        if escaped { Cow::Owned(unescape(inner)) } else { Cow::Borrowed(inner) }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn flaw(&self, what: &str) -> ParseError {
        ParseError::NotJson(format!("{what} (byte {})", self.at))
    }

    fn expect(&mut self, byte: u8, what: &str) -> Outcome<()> {
        if self.peek() != Some(byte) {
            return Err(self.flaw(what));
        }
        self.at += 1;
        Ok(())
    }

    /// Takes the opening bracket.
    fn enter(&mut self) -> Outcome<usize> {
        if self.depth == MAX_DEPTH {
            return Err(self.flaw("nested deeper than 64 levels"));
        }
        self.depth += 1;
        self.at += 1;
        Ok(self.at - 1)
    }

    /// Takes the closing bracket.
    fn leave(&mut self, start: usize) -> Range<usize> {
        self.depth -= 1;
        self.at += 1;
        start..self.at
    }

    fn literal(&mut self, word: &str, kind: Kind) -> Outcome<Kind> {
        if !self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return Err(self.flaw("a value was expected"));
        }
        self.at += word.len();
        Ok(kind)
    }

    /// A string: its span with the quotes, and whether it has escapes.
    fn string(&mut self) -> Outcome<(Range<usize>, bool)> {
        let start = self.at;
        self.at += 1;
        let mut escaped = false;
        loop {
            self.at += plain_prefix(self.text.as_bytes().get(self.at..).unwrap_or_default());
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok((start..self.at, escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(self.flaw("a control character must be escaped")),
                None => return Err(self.flaw("the text ends inside a string")),
            }
        }
    }

    fn escape(&mut self) -> Outcome<()> {
        self.at += 1;
        match self.byte() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => match self.code_unit()? {
                0xD800..=0xDBFF => self.low_surrogate()?,
                0xDC00..=0xDFFF => return Err(self.flaw("half of a surrogate pair")),
                _ => {}
            },
            _ => return Err(self.flaw("an unknown escape")),
        }
        Ok(())
    }

    /// The four digits after `u`, which is the next byte.
    fn code_unit(&mut self) -> Outcome<u16> {
        self.at += 1;
        let digits = self.text.as_bytes().get(self.at..self.at + 4).unwrap_or_default();
        let unit = hex(digits).ok_or_else(|| self.flaw("four hexadecimal digits were expected"))?;
        self.at += 4;
        Ok(unit)
    }

    /// RFC 8259 section 8.2 leaves half a pair unpredictable; we refuse it.
    fn low_surrogate(&mut self) -> Outcome<()> {
        let follows = self.text.as_bytes().get(self.at..self.at + 2) == Some(b"\\u");
        if follows {
            self.at += 1;
            if (0xDC00..=0xDFFF).contains(&self.code_unit()?) {
                return Ok(());
            }
        }
        Err(self.flaw("half of a surrogate pair"))
    }

    fn number(&mut self) -> Outcome<Kind> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        match self.byte() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        let exponent = matches!(self.byte(), Some(b'e' | b'E'));
        if exponent {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        // RFC 8259 section 6 allows limits. Beyond a double's range readers disagree: infinity, error, or the number.
        if (exponent || self.at - start > 300)
            && !self.slice(&(start..self.at)).parse::<f64>().is_ok_and(f64::is_finite)
        {
            return Err(self.flaw("a number out of range"));
        }
        Ok(Kind::Number)
    }

    fn digits(&mut self) -> Outcome<()> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.flaw("a digit was expected"));
        }
        self.at += count;
        Ok(())
    }

    /// RFC 8259 section 4: names SHOULD be unique; readers disagree on which one counts, so we refuse.
    fn refuse_duplicates(&mut self, first_key: usize) -> Outcome<()> {
        let keys = self.keys.get_mut(first_key..).unwrap_or_default();
        match duplicate(keys) {
            Some(key) => Err(ParseError::NotRpc(format!("the key {key:?} appears twice in one object"))),
            None => Ok(()),
        }
    }
}

/// One of the keys that appears twice.
fn duplicate<'k>(keys: &'k mut [Cow<'_, str>]) -> Option<&'k str> {
    if keys.len() > FEW_KEYS {
        keys.sort_unstable();
        return keys.iter().zip(keys.iter().skip(1)).find(|(a, b)| a == b).map(|(a, _)| a.as_ref());
    }
    let twice = |(at, key): &(usize, &Cow<'_, str>)| keys.iter().take(*at).any(|earlier| earlier == *key);
    keys.iter().enumerate().find(twice).map(|(_, key)| key.as_ref())
}

/// How many bytes at the start are neither a quote, a backslash nor a control character.
/// Eight bytes at a time: the lowest marked byte of each test is exact, which is the one we take.
pub(crate) fn plain_prefix(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let zero_byte = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
    let (words, tail) = bytes.as_chunks::<8>();
    let mut count = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        let control = word.wrapping_sub(ONES * 0x20) & !word & TOPS;
        let special = control | zero_byte(word ^ (ONES * 0x22)) | zero_byte(word ^ (ONES * 0x5C));
        if special != 0 {
            return count + special.trailing_zeros() as usize / 8;
        }
        count += 8;
    }
    count + tail.iter().take_while(|&&byte| byte >= 0x20 && byte != b'"' && byte != b'\\').count()
}

fn hex(digits: &[u8]) -> Option<u16> {
    let value = |digit: &u8| char::from(*digit).to_digit(16);
    if digits.len() != 4 {
        return None;
    }
    let number = digits.iter().try_fold(0, |sum, digit| Some(sum * 16 + value(digit)?))?;
    u16::try_from(number).ok()
}

/// Undoes the escapes of a string that was scanned before.
fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, after)) = rest.split_once('\\') {
        text.push_str(plain);
        let mut chars = after.chars();
        match chars.next() {
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('u') => {
                rest = push_code_point(&mut text, chars.as_str());
                continue;
            }
            Some(same) => text.push(same),
            None => {}
        }
        rest = chars.as_str();
    }
    text.push_str(rest);
    text
}

/// Takes `XXXX` or `XXXX\uYYYY` from the front and gives the rest.
fn push_code_point<'r>(text: &mut String, after: &'r str) -> &'r str {
    let unit = |from: usize| after.as_bytes().get(from..from + 4).and_then(hex);
    let first = unit(0).unwrap_or(0xFFFD);
    let pair = [first, unit(6).unwrap_or(0)];
    let (units, used) = if (0xD800..=0xDBFF).contains(&first) { (&pair[..], 10) } else { (&pair[..1], 4) };
    text.extend(char::decode_utf16(units.iter().copied()).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
    after.get(used..).unwrap_or("")
}
