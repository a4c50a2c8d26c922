//! Which text some bytes are: the text in UTF-8, and the way back to the bytes.

use std::borrow::Cow;

use crate::chars::{at, char_at, part};

/// How the bytes of a text stand for its characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Charset {
    Utf8,
    /// A byte each, as windows-1252 has them, except where the bytes are characters of UTF-8 all the same.
    Bytes,
    Utf16(Order),
}

/// Which byte of two comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    High,
    Low,
}

/// So many bytes tell that a file is no text, and which text of two bytes a character. Whole groups of base64, and whole pairs
/// of bytes.
pub(crate) const SAMPLE: usize = 3 << 10;
/// Of so many characters of two bytes without a mark one at least is of ASCII: a blank, a digit, an end of line.
const ONE_PLAIN_IN: usize = 8;

/// Of so many bytes of a text one at most is a control character; of those of an archive or a picture it is every tenth.
const ONE_CONTROL_IN: usize = 32;

/// What windows-1252 has from 0x80 to 0x9F. What it does not have stays a control character (WHATWG, Encoding).
#[rustfmt::skip]
const ABOVE: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

impl Charset {
    /// What text the bytes are; nothing when they are none.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let text = without_end(bytes);
        if is_utf8(text) {
            return Some(Self::Utf8);
        }
        if let Some(order) = two_bytes_each(part(bytes, 0, SAMPLE.min(bytes.len()))) {
            return Some(Self::Utf16(order));
        }
        let sample = part(text, 0, SAMPLE.min(text.len()));
        let controls = sample.iter().filter(|&&byte| is_control(u32::from(byte))).count();
        (controls * ONE_CONTROL_IN <= sample.len() && !text.contains(&0)).then_some(Self::Bytes)
    }

    /// Whether bytes that begin so are no text, whatever comes: then [`of`](Self::of) says of all of them that they are none.
    pub(crate) fn is_none(start: &[u8]) -> bool {
        Self::of(part(start, 0, SAMPLE.min(start.len()))).is_none()
    }

    /// The text in UTF-8.
    pub(crate) fn decode(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        if self == Self::Utf8 {
            return Cow::Borrowed(bytes);
        }
        let mut text = Vec::with_capacity(bytes.len());
        for (letter, _) in self.letters(bytes) {
            text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Cow::Owned(text)
    }

    /// Where places of the text are in the bytes. They come in order.
    pub(crate) fn places(self, bytes: &[u8], offsets: impl Iterator<Item = usize>) -> Vec<usize> {
        let (mut here, mut there) = (0, 0);
        let mut letters = self.letters(bytes);
        offsets
            .map(|offset| {
                while here < offset
                    && let Some((letter, length)) = letters.next()
                {
                    here += letter.len_utf8();
                    there += length;
                }
                there
            })
            .collect()
    }

    /// What was written behind `start` in UTF-8 becomes bytes of this text.
    pub(crate) fn turn(self, out: &mut Vec<u8>, start: usize) {
        if self == Self::Utf8 {
            return;
        }
        let text = out.split_off(start.min(out.len()));
        for letter in String::from_utf8_lossy(&text).chars() {
            match self {
                Self::Utf8 => (),
                Self::Bytes => match of_byte(letter) {
                    Some(byte) => out.push(byte),
                    None => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
                },
                Self::Utf16(order) => {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        out.extend(order.bytes(*unit));
                    }
                }
            }
        }
    }

    /// The characters, each with so many bytes.
    fn letters(self, bytes: &[u8]) -> impl Iterator<Item = (char, usize)> {
        let mut place = 0;
        std::iter::from_fn(move || {
            let (letter, length) = match self {
                Self::Utf8 | Self::Bytes => match char_at(bytes, place) {
                    Some(letter) => (letter, letter.len_utf8()),
                    None => (byte_of(*bytes.get(place)?), 1),
                },
                Self::Utf16(order) => order.letter(bytes, place)?,
            };
            place += length;
            Some((letter, length))
        })
    }
}

impl Order {
    fn unit(self, bytes: &[u8], place: usize) -> Option<u16> {
        let &[first, second] = part(bytes, place, place + 2) else { return None };
        Some(match self {
            Self::High => u16::from_be_bytes([first, second]),
            Self::Low => u16::from_le_bytes([first, second]),
        })
    }

    fn bytes(self, unit: u16) -> [u8; 2] {
        match self {
            Self::High => unit.to_be_bytes(),
            Self::Low => unit.to_le_bytes(),
        }
    }

    /// The character at a place; half of a pair is the replacement character.
    fn letter(self, bytes: &[u8], place: usize) -> Option<(char, usize)> {
        let units = [Some(self.unit(bytes, place)?), self.unit(bytes, place + 2)];
        let letter = char::decode_utf16(units.into_iter().flatten()).next()?.unwrap_or(char::REPLACEMENT_CHARACTER);
        Some((letter, 2 * letter.len_utf16()))
    }
}

/// The character of a byte in windows-1252.
pub(crate) fn byte_of(byte: u8) -> char {
    let above = byte.checked_sub(0x80).and_then(|above| ABOVE.get(usize::from(above)));
    above.copied().unwrap_or(char::from(byte))
}

fn of_byte(letter: char) -> Option<u8> {
    match u32::from(letter) {
        code @ (0..=0x7F | 0xA0..=0xFF) => u8::try_from(code).ok(),
        _ => ABOVE.iter().position(|&above| above == letter).and_then(|above| u8::try_from(0x80 + above).ok()),
    }
}

/// What stands in no text of a byte or two a character: tabs, ends of lines and pages do, and the start of a colour.
fn is_control(code: u32) -> bool {
    matches!(code, 0..=8 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F | 0x7F)
}

/// Some programs end a text with a zero, or fill it up with them.
fn without_end(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().rev().take_while(|&&byte| byte == 0).count();
    part(bytes, 0, bytes.len() - zeros)
}

/// UTF-8 without a zero. The last character may be cut off.
fn is_utf8(bytes: &[u8]) -> bool {
    let whole = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && error.valid_up_to() + 4 > bytes.len(),
    };
    whole && !bytes.contains(&0)
}

/// Whether a sample is of UTF-16: with the mark of it, or with so much ASCII in it that every second byte often is zero.
fn two_bytes_each(sample: &[u8]) -> Option<Order> {
    match sample {
        [0xFE, 0xFF, ..] => Some(Order::High).filter(|order| is_utf16(sample, *order)),
        [0xFF, 0xFE, ..] => Some(Order::Low).filter(|order| is_utf16(sample, *order)),
        _ => [Order::High, Order::Low].into_iter().find(|order| {
            let high = usize::from(*order == Order::Low);
            let zeros = |half: usize| without_end(sample).chunks_exact(2).filter(|pair| at(pair, half) == 0).count();
            let (plain, others) = (zeros(high), zeros(1 - high));
            let often = plain > others * 2 && plain * ONE_PLAIN_IN >= sample.len() / 2;
            often && is_utf16(sample, *order)
        }),
    }
}

fn is_utf16(sample: &[u8], order: Order) -> bool {
    let end = sample.chunks_exact(2).rev().take_while(|pair| **pair == [0, 0]).count() * 2;
    let units = (0..sample.len() - end).step_by(2).filter_map(|place| order.unit(sample, place));
    let mut letters = char::decode_utf16(units).peekable();
    let mut any = false;
    while let Some(letter) = letters.next() {
        any = true;
        match letter {
            Ok(letter) if is_control(u32::from(letter)) || matches!(letter, '\u{FFFE}' | '\u{FFFF}') => return false,
            Ok(_) => (),
            // The other half may be behind the sample.
            Err(half) if letters.peek().is_none() && half.unpaired_surrogate() < 0xDC00 => (),
            Err(_) => return false,
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, order: Order) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| order.bytes(unit)).collect()
    }

    #[test]
    fn texts_are_told_from_other_files() {
        for (bytes, charset) in [
            (&b"plain\n"[..], Some(Charset::Utf8)),
            ("\u{FEFF}Grüße\u{1b}[0m".as_bytes(), Some(Charset::Utf8)),
            (b"plain\0\0", Some(Charset::Utf8)),
            (b"M\xFCller\t\x0C\r\n", Some(Charset::Bytes)),
            ("Grüße".as_bytes().get(1..3).unwrap(), Some(Charset::Utf8)),
            (b"Gr\xC3\xBC\xC3\x9Fe und ein Byte \xFF\0", Some(Charset::Bytes)),
            (&utf16("\u{FEFF}Привет", Order::High), Some(Charset::Utf16(Order::High))),
            (&utf16("\u{FEFF}电话", Order::Low), Some(Charset::Utf16(Order::Low))),
            (&utf16("Привет, 你好 😀", Order::Low), Some(Charset::Utf16(Order::Low))),
            (&utf16("a\0\0", Order::High), Some(Charset::Utf16(Order::High))),
            (&utf16("a", Order::Low), Some(Charset::Utf8)),
            (b"Contact: jane.doe@example.com \x13 caf\xE9, and some more", Some(Charset::Bytes)),
            (b"\xE9\x01\x02 and some more", None),
            (b"caf\xE9\0and some more", None),
            (b"name of it\0mail\0address\0and \x01 \x02", None),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None),
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01", None),
            (b"PK\x03\x04\x14\0\0\0\x08\0", None),
            (b"\x01\0\x02\0\x03\0\x04\0", None),
            (&[0xFF, 0xFE, 0, 0, b'a', 0, 0, 0], None),
        ] {
            assert_eq!(Charset::of(bytes), charset, "{bytes:?}");
        }
    }

    #[test]
    fn no_start_speaks_against_a_text() {
        let long = "Grüße an 你好 😀 und alle anderen. ".repeat(200);
        for bytes in [long.clone().into_bytes(), utf16(&long, Order::High), utf16(&long, Order::Low)] {
            assert!((1..4100).all(|end| end == 1 || !Charset::is_none(bytes.get(..end).unwrap())));
        }
    }

    #[test]
    fn every_place_has_its_way_back() {
        let text = "aé€😀z";
        for (charset, bytes, places) in [
            (Charset::Bytes, b"a\xE9\x80\xF0\x9F\x98\x80z".to_vec(), [0, 1, 2, 3, 7, 8]),
            (Charset::Utf16(Order::High), utf16(text, Order::High), [0, 2, 4, 6, 10, 12]),
            (Charset::Utf16(Order::Low), utf16(text, Order::Low), [0, 2, 4, 6, 10, 12]),
        ] {
            assert_eq!(charset.decode(&bytes), text.as_bytes());
            assert_eq!(charset.places(&bytes, [0, 1, 3, 6, 10, 11].into_iter()), places);
            let mut back = text.as_bytes().to_vec();
            charset.turn(&mut back, 0);
            assert_eq!(back, bytes);
        }
    }
}
