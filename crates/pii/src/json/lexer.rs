//! The tokens of JSON, without copies.

use crate::{
    chars::{at, part, run},
    simd::{Sort, is_blank},
};

/// A token. Where a string or number is, [`Lexer::last`] says: apart, so that a token fits in a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Token {
    Open(Bracket),
    Close(Bracket),
    Colon,
    Comma,
    String,
    Number,
    Word,
    End,
}

/// Where the string or number is that was read last; a string without its quotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Lexeme {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// There is a backslash in it.
    pub(crate) escaped: bool,
}

impl Lexeme {
    /// Its bytes.
    pub(crate) fn of(self, bytes: &[u8]) -> &[u8] {
        part(bytes, self.start, self.end)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bracket {
    Object,
    Array,
}

/// The text is no JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NotJson;

/// The byte order mark in UTF-8. A reader of JSON may ignore it (RFC 8259 section 8.1), and most do.
pub(crate) const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads tokens one by one.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) place: usize,
    pub(crate) last: Lexeme,
}

impl<'a> Lexer<'a> {
    /// A lexer at the start of a document, behind the mark that some writers put there.
    pub(crate) fn document(bytes: &'a [u8]) -> Self {
        Self::new(bytes, if bytes.starts_with(MARK) { MARK.len() } else { 0 })
    }

    /// A lexer that starts at a place.
    pub(crate) fn new(bytes: &'a [u8], place: usize) -> Self {
        Self { bytes, place, last: Lexeme::default() }
    }

    /// The next token.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Token, NotJson> {
        if is_blank(at(self.bytes, self.place)) {
            self.place += run(self.bytes, self.place, usize::MAX, Sort::Blank);
        }
        let Some(&byte) = self.bytes.get(self.place) else { return Ok(Token::End) };
        self.place += 1;
        match byte {
            b'"' => self.string(),
            b'{' => Ok(Token::Open(Bracket::Object)),
            b'}' => Ok(Token::Close(Bracket::Object)),
            b'[' => Ok(Token::Open(Bracket::Array)),
            b']' => Ok(Token::Close(Bracket::Array)),
            b':' => Ok(Token::Colon),
            b',' => Ok(Token::Comma),
            b'-' if at(self.bytes, self.place) == b'I' => self.word(b"-Infinity"),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            // No JSON, but Python writes and reads them.
            b'N' => self.word(b"NaN"),
            b'I' => self.word(b"Infinity"),
            _ => Err(NotJson),
        }
    }

    fn string(&mut self) -> Result<Token, NotJson> {
        let start = self.place;
        let mut escaped = false;
        loop {
            self.place += run(self.bytes, self.place, usize::MAX, Sort::Quoted);
            match self.bytes.get(self.place) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.place += 2;
                }
                _ => return Err(NotJson),
            }
        }
        self.last = Lexeme { start, end: self.place, escaped };
        self.place += 1;
        Ok(Token::String)
    }

    /// A number as the grammar has it: `[198.51.100.7]` and `[415-555-2671]` hold none, and are text.
    fn number(&mut self) -> Result<Token, NotJson> {
        let start = self.place - 1;
        while matches!(at(self.bytes, self.place), b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E') {
            self.place += 1;
        }
        self.last = Lexeme { start, end: self.place, escaped: false };
        let number = part(self.bytes, start, self.place);
        let whole = number.strip_prefix(b"-").unwrap_or(number);
        if whole.iter().all(u8::is_ascii_digit) || is_decimal(whole) { Ok(Token::Number) } else { Err(NotJson) }
    }

    fn word(&mut self, word: &[u8]) -> Result<Token, NotJson> {
        let start = self.place - 1;
        self.place = start + word.len();
        if part(self.bytes, start, self.place) == word { Ok(Token::Word) } else { Err(NotJson) }
    }
}

/// Digits, perhaps a point with digits, perhaps an exponent.
fn is_decimal(number: &[u8]) -> bool {
    let digits = |rest: &mut &[u8]| {
        let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        *rest = rest.get(length..).unwrap_or_default();
        length > 0
    };
    let mut rest = number;
    let mut good = digits(&mut rest);
    if let Some(behind) = rest.strip_prefix(b".") {
        rest = behind;
        good &= digits(&mut rest);
    }
    if let [b'e' | b'E', behind @ ..] = rest {
        rest = match behind {
            [b'+' | b'-', behind @ ..] => behind,
            _ => behind,
        };
        good &= digits(&mut rest);
    }
    good && rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_grammar() {
        let read = |text: &str| Lexer::new(text.as_bytes(), 0).next().is_ok();
        for good in ["0", "-1", "1.5", "1e9", "-2.5E-3", "12345678901"] {
            assert!(read(good), "{good}");
        }
        for bad in ["198.51.100.7", "415-555-2671", "1.", "1.e5", "1e", "--1", "1+1", "1.5.5"] {
            assert!(!read(bad), "{bad}");
        }
    }
}
