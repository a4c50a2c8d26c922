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

/// Reads tokens one by one.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) place: usize,
    pub(crate) last: Lexeme,
}

impl<'a> Lexer<'a> {
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
            b'-' | b'0'..=b'9' => Ok(self.number()),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
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

    fn number(&mut self) -> Token {
        let start = self.place - 1;
        while matches!(at(self.bytes, self.place), b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E') {
            self.place += 1;
        }
        self.last = Lexeme { start, end: self.place, escaped: false };
        Token::Number
    }

    fn word(&mut self, word: &[u8]) -> Result<Token, NotJson> {
        let start = self.place - 1;
        self.place = start + word.len();
        if part(self.bytes, start, self.place) == word { Ok(Token::Word) } else { Err(NotJson) }
    }
}
