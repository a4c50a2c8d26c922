//! The tokens of JSON, without copies.

use std::ops::Range;

use crate::chars::{at, is_digit, part};

/// A token. Strings are without their quotes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Token {
    Open(Bracket),
    Close(Bracket),
    Colon,
    Comma,
    String { inside: Range<usize>, escaped: bool },
    Number(Range<usize>),
    Word,
    End,
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
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, place: 0 }
    }

    /// The next token.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Token, NotJson> {
        while matches!(at(self.bytes, self.place), b' ' | b'\n' | b'\r' | b'\t') && self.place < self.bytes.len() {
            self.place += 1;
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
            b'-' | b'0'..=b'9' => self.number(),
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
            self.place += plain(self.bytes.get(self.place..).unwrap_or_default());
            match self.bytes.get(self.place) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.place += 2;
                }
                _ => return Err(NotJson),
            }
        }
        let inside = start..self.place;
        self.place += 1;
        Ok(Token::String { inside, escaped })
    }

    /// A number as the grammar has it: `[198.51.100.7]` and `[415-555-2671]` hold none, and are text.
    fn number(&mut self) -> Result<Token, NotJson> {
        let start = self.place - 1;
        while matches!(at(self.bytes, self.place), b'+' | b'-' | b'.' | b'e' | b'E')
            || is_digit(at(self.bytes, self.place))
        {
            self.place += 1;
        }
        let number = part(self.bytes, start, self.place);
        let whole = number.strip_prefix(b"-").unwrap_or(number);
        if whole.iter().all(|&byte| is_digit(byte)) || is_decimal(whole) {
            Ok(Token::Number(start..self.place))
        } else {
            Err(NotJson)
        }
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
        let length = rest.iter().take_while(|&&byte| is_digit(byte)).count();
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

/// How many bytes come before the next quote, backslash or control character. Eight at a time.
#[inline]
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES * 0x80;
    let zero = |lanes: u64| lanes.wrapping_sub(ONES) & !lanes & HIGHS;
    let (chunks, _) = bytes.as_chunks::<8>();
    for (index, chunk) in chunks.iter().enumerate() {
        let lanes = u64::from_le_bytes(*chunk);
        let control = lanes.wrapping_sub(ONES * 0x20) & !lanes & HIGHS;
        let hits = zero(lanes ^ (ONES * u64::from(b'"'))) | zero(lanes ^ (ONES * u64::from(b'\\'))) | control;
        if hits != 0 {
            return index * 8 + hits.trailing_zeros() as usize / 8;
        }
    }
    let done = chunks.len() * 8;
    let rest = bytes.get(done..).unwrap_or_default();
    done + rest.iter().position(|&byte| matches!(byte, b'"' | b'\\' | 0..=0x1F)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_follow_the_grammar() {
        let read = |text: &str| Lexer::new(text.as_bytes()).next().is_ok();
        for good in ["0", "-1", "1.5", "1e9", "-2.5E-3", "12345678901"] {
            assert!(read(good), "{good}");
        }
        for bad in ["198.51.100.7", "415-555-2671", "1.", "1.e5", "1e", "--1", "1+1", "1.5.5"] {
            assert!(!read(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn eight_at_a_time_is_one_at_a_time(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let slow = bytes.iter().position(|&byte| matches!(byte, b'"' | b'\\' | 0..=0x1F)).unwrap_or(bytes.len());
            prop_assert_eq!(plain(&bytes), slow);
        }
    }
}
