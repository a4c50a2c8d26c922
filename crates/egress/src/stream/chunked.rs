//! The chunked transfer coding (RFC 9112 section 7.1), as a machine that may be fed at any cut.

use std::io;

use bytes::{Buf, Bytes};

use super::invalid;

/// The longest line of a chunk's size with its extensions, in bytes.
const MAX_SIZE_LINE: usize = 4096;
/// The most bytes of trailers; they are read and dropped.
const MAX_TRAILERS: usize = 16 * 1024;
/// The most hexadecimal digits of a size: more would not fit the number.
const MAX_DIGITS: u8 = 15;

/// Takes chunks apart.
#[derive(Debug, Default)]
pub(super) struct Chunked {
    state: State,
    /// What is left of the chunk.
    left: u64,
    /// Bytes of this size line, or of the trailers.
    line: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// In a size, after so many digits.
    Size(u8),
    /// White space after the size.
    Padding,
    Extension,
    /// Before the line feed of the size line.
    SizeEnd,
    Data,
    /// Before the line break after the data.
    DataEnd,
    DataLineFeed,
    /// At the start of a trailer's line, or before the line break that ends all.
    Trailer,
    InTrailer,
    TrailerLineFeed,
    LastLineFeed,
    Over,
}

impl Default for State {
    fn default() -> Self {
        Self::Size(0)
    }
}

impl Chunked {
    /// Whether the last chunk was read to its end.
    pub(super) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// The next data in `from`; `None` when there is no more in it.
    pub(super) fn take(&mut self, from: &mut Bytes) -> io::Result<Option<Bytes>> {
        while self.state != State::Over {
            if self.state == State::Data {
                let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(from.len());
                if length == 0 {
                    return Ok(None);
                }
                self.left -= length as u64;
                if self.left == 0 {
                    self.state = State::DataEnd;
                }
                return Ok(Some(from.split_to(length)));
            }
            let Some(&byte) = from.first() else { return Ok(None) };
            from.advance(1);
            self.state = self.step(byte)?;
        }
        Ok(None)
    }

    fn step(&mut self, byte: u8) -> io::Result<State> {
        self.line += 1;
        match self.state {
            State::Size(_) | State::Padding | State::Extension | State::SizeEnd if self.line > MAX_SIZE_LINE => {
                return Err(invalid("the line of a chunk's size is too long"));
            }
            State::Trailer | State::InTrailer if self.line > MAX_TRAILERS => {
                return Err(invalid("the trailers are too long"));
            }
            _ => {}
        }
        match (self.state, byte) {
            (State::Size(count), byte) if byte.is_ascii_hexdigit() => self.digit(count, byte),
            (State::Size(1..) | State::Padding, b' ' | b'\t') => Ok(State::Padding),
            (State::Size(1..) | State::Padding, b';') => Ok(State::Extension),
            (State::Size(1..) | State::Padding | State::Extension, b'\r') => Ok(State::SizeEnd),
            (State::Extension, b'\t' | 0x20..=0x7e | 0x80..) => Ok(State::Extension),
            (State::SizeEnd, b'\n') => {
                self.line = 0;
                Ok(if self.left == 0 { State::Trailer } else { State::Data })
            }
            (State::DataEnd, b'\r') => Ok(State::DataLineFeed),
            (State::DataLineFeed, b'\n') => {
                self.line = 0;
                Ok(State::Size(0))
            }
            (State::Trailer, b'\r') => Ok(State::LastLineFeed),
            (State::InTrailer, b'\r') => Ok(State::TrailerLineFeed),
            (State::Trailer | State::InTrailer, b'\t' | 0x20..=0x7e | 0x80..) => Ok(State::InTrailer),
            (State::TrailerLineFeed, b'\n') => Ok(State::Trailer),
            (State::LastLineFeed, b'\n') => Ok(State::Over),
            _ => Err(invalid("a chunk is malformed")),
        }
    }

    fn digit(&mut self, count: u8, byte: u8) -> io::Result<State> {
        if count == MAX_DIGITS {
            return Err(invalid("the size of a chunk is too large"));
        }
        let digit = char::from(byte).to_digit(16).map_or(0, u64::from);
        self.left = if count == 0 { digit } else { self.left * 16 + digit };
        Ok(State::Size(count + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out when `input` arrives in pieces of `size` bytes, and whether it was over.
    fn decoded(input: &[u8], size: usize) -> io::Result<(Vec<u8>, bool)> {
        let (mut chunked, mut out) = (Chunked::default(), Vec::new());
        for piece in input.chunks(size) {
            let mut piece = Bytes::copy_from_slice(piece);
            while let Some(data) = chunked.take(&mut piece)? {
                assert!(!data.is_empty());
                out.extend_from_slice(&data);
            }
        }
        Ok((out, chunked.is_over()))
    }

    #[test]
    fn chunks_come_out_whole_wherever_they_are_cut() {
        let input = b"5\r\nhello\r\n00A \t;a=\"b\"\r\n0123456789\r\n1;x\r\n!\r\n0;last\r\ntrailer: x\r\nanother: y\r\n\r\nignored";
        for size in 1..=input.len() {
            assert_eq!(decoded(input, size).unwrap(), (b"hello0123456789!".to_vec(), true), "{size}");
        }
        for length in 0..input.len() - "\nignored".len() {
            assert!(!decoded(&input[..length], 7).unwrap().1, "it is not over after {length} bytes");
        }
    }

    #[test]
    fn malformed_chunks_are_refused() {
        for input in [
            "\r\n",
            "x\r\n",
            "-1\r\n",
            "+1\r\na\r\n",
            "0x1\r\na\r\n",
            " 1\r\na\r\n",
            ";a\r\n",
            "1\na\r\n",
            "1\r\r\na",
            "1\ra",
            "1 1\r\na\r\n",
            "1;a\nb\r\na\r\n",
            "1;a\0b\r\na\r\n",
            "1\r\nab\r\n",
            "1\r\na\n0\r\n\r\n",
            "1\r\na\rb",
            "1\r\na\r\n\r\n",
            "0\r\n\n",
            "0\r\na: b\n\r\n",
            "0\r\na: b\r\r\n",
            "0\r\na: \0\r\n\r\n",
            "0\r\n\rx",
            "1000000000000000\r\na",
            "ffffffffffffffffff\r\na",
            "0000000000000001\r\na",
        ] {
            for size in [1, 64] {
                assert!(decoded(input.as_bytes(), size).is_err(), "{input:?}");
            }
        }
    }

    #[test]
    fn lines_and_trailers_are_bounded() {
        let line = |length: usize| format!("1;{}\r\na\r\n", "x".repeat(length));
        assert!(decoded(line(MAX_SIZE_LINE - 4).as_bytes(), 100).is_ok());
        assert!(decoded(line(MAX_SIZE_LINE).as_bytes(), 100).is_err());
        assert!(decoded(format!("1{}", " ".repeat(MAX_SIZE_LINE)).as_bytes(), 100).is_err());
        let trailers = |count: usize| format!("0\r\n{}\r\n", "a: b\r\n".repeat(count));
        assert!(decoded(trailers(1000).as_bytes(), 100).unwrap().1);
        assert!(decoded(trailers(4000).as_bytes(), 100).is_err());
    }

    #[test]
    fn a_huge_chunk_needs_no_room() {
        let (out, over) = decoded(b"fffffffffffffff\r\nabc", 100).unwrap();
        assert_eq!((out.as_slice(), over), (&b"abc"[..], false));
    }
}
