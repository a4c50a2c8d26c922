//! A string of JSON without its escapes, and the way back to where each byte came from.

use crate::chars::{at, part};

/// A string whose escapes are resolved.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    pub(crate) bytes: Vec<u8>,
    /// After each escape: the offset here, and there.
    marks: Vec<(usize, usize)>,
}

impl Decoded {
    /// Resolves the escapes of a string's inside. Nothing when one is broken.
    pub(crate) fn of(raw: &[u8]) -> Option<Self> {
        let mut decoded = Self { bytes: Vec::with_capacity(raw.len()), marks: Vec::new() };
        let mut place = 0;
        while place < raw.len() {
            let rest = raw.get(place..)?;
            let plain = rest.iter().position(|&byte| byte == b'\\').unwrap_or(rest.len());
            decoded.bytes.extend_from_slice(rest.get(..plain)?);
            place += plain;
            if place < raw.len() {
                place = decoded.escape(raw, place)?;
                decoded.marks.push((decoded.bytes.len(), place));
            }
        }
        Some(decoded)
    }

    /// Where a byte of the decoded string begins in the raw one.
    pub(crate) fn raw(&self, offset: usize) -> usize {
        let index = self.marks.partition_point(|&(here, _)| here <= offset);
        match index.checked_sub(1).and_then(|index| self.marks.get(index)) {
            Some(&(here, there)) => there + (offset - here),
            None => offset,
        }
    }

    /// From here on the bytes are those of the raw text at `place`.
    pub(crate) fn mark(&mut self, place: usize) {
        self.marks.push((self.bytes.len(), place));
    }

    /// Whether anything was put together here.
    pub(crate) fn is_marked(&self) -> bool {
        !self.marks.is_empty()
    }

    fn escape(&mut self, raw: &[u8], place: usize) -> Option<usize> {
        let plain = match at(raw, place + 1) {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            byte @ (b'"' | b'\\' | b'/') => byte,
            b'u' => {
                let (letter, next) = code_point(raw, place)?;
                self.bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                return Some(next);
            }
            _ => return None,
        };
        self.bytes.push(plain);
        Some(place + 2)
    }
}

/// The character of `\uXXXX` at a place, two of which make one beyond the first 65,536, and where it ends. A lone half becomes
/// the replacement character.
pub(crate) fn code_point(raw: &[u8], place: usize) -> Option<(char, usize)> {
    let first = hex4(raw, place + 2)?;
    let mut next = place + 6;
    let mut code = first;
    if (0xD800..0xDC00).contains(&first)
        && part(raw, next, next + 2) == b"\\u"
        && let Some(second) = hex4(raw, next + 2).filter(|second| (0xDC00..0xE000).contains(second))
    {
        code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        next += 6;
    }
    Some((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), next))
}

fn hex4(raw: &[u8], place: usize) -> Option<u32> {
    raw.get(place..place + 4)?.iter().try_fold(0, |value, &byte| Some(value * 16 + char::from(byte).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_way_back() {
        let raw = br#"a\u00e9\n\"x\ud83d\ude00z"#;
        let decoded = Decoded::of(raw).unwrap();
        assert_eq!(String::from_utf8(decoded.bytes.clone()).unwrap(), "aé\n\"x😀z");
        let place = decoded.bytes.iter().position(|&byte| byte == b'z').unwrap();
        assert_eq!(raw[decoded.raw(place)], b'z');
        assert_eq!(decoded.raw(decoded.bytes.len()), raw.len());
        assert_eq!(decoded.raw(1), 1);
        assert_eq!(decoded.raw(3), 7);
    }

    #[test]
    fn refuses_broken_escapes() {
        assert!(Decoded::of(br"\q").is_none());
        assert!(Decoded::of(br"\u12").is_none());
        assert!(Decoded::of(br"\").is_none());
    }
}
