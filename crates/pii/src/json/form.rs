//! Base64 as its writers write it: with either alphabet, with padding or without, in lines, behind `data:text/csv;base64,`.

use std::ops::ControlFlow;

use base64::{
    Engine,
    alphabet::{Alphabet, STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::decode::code_point;
use crate::chars::{at, part};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true)
    .with_encode_padding(false);
/// RFC 4648 section 4.
const PLAIN: GeneralPurpose = engine(&STANDARD);
/// RFC 4648 section 5.
const URL: GeneralPurpose = engine(&URL_SAFE);

/// How far the head of a `data:` URL (RFC 2397) may reach.
const LONGEST_HEAD: usize = 512;
/// The shortest line, in characters. Short ones may be words.
const SHORTEST_LINE: usize = 16;

const fn engine(alphabet: &Alphabet) -> GeneralPurpose {
    GeneralPurpose::new(alphabet, LENIENT)
}

/// How some base64 is written. Everything here is as it stands in a string of JSON, with its escapes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Form {
    head: Vec<u8>,
    tail: Vec<u8>,
    letters: Letters,
    padding: Padding,
    lines: Lines,
}

/// Which alphabet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Letters {
    /// No letter tells.
    #[default]
    Either,
    Plain,
    Url,
}

/// Whether the last group is filled up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Padding {
    /// The last group is full.
    #[default]
    NotNeeded,
    Written,
    Missing,
}

/// Whether there are lines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
enum Lines {
    #[default]
    One,
    /// So many letters in each, and what stands between.
    Even(usize, Vec<u8>),
    /// There are blanks, but anywhere.
    Uneven,
}

/// Base64 that was read.
pub(crate) struct Written {
    pub(crate) form: Form,
    /// So many bytes were read.
    pub(crate) read: usize,
    letters: Vec<u8>,
}

/// What a byte or escape is in base64.
enum Sign {
    Letter(u8),
    Padding,
    Blank,
    Break,
    Other,
}

impl Written {
    /// Reads the inside of a string of JSON; nothing when it is no base64.
    pub(crate) fn read(raw: &[u8]) -> Option<Self> {
        match Reading::new(raw).on(usize::MAX) {
            ControlFlow::Continue(reading) => reading.close().filter(|written| written.read == raw.len()),
            ControlFlow::Break(()) => None,
        }
    }

    /// Reads so many letters from the start of one, which may be cut anywhere.
    pub(crate) fn start(raw: &[u8], letters: usize) -> Option<Self> {
        match Reading::new(raw).on(letters) {
            ControlFlow::Continue(mut reading) => {
                reading.letters.truncate(reading.letters.len() / 4 * 4);
                reading.close()
            }
            ControlFlow::Break(()) => None,
        }
    }

    /// What it stands for.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        match self.form.letters {
            Letters::Either | Letters::Plain => PLAIN.decode(&self.letters).ok(),
            Letters::Url => URL.decode(&self.letters).ok(),
        }
    }
}

impl Form {
    /// Whether hardly anything else is written so. Words may be, with blanks or dashes between them.
    pub(crate) fn is_sure(&self) -> bool {
        self.letters != Letters::Url && self.lines != Lines::Uneven
    }

    /// Writes other bytes in the same way.
    pub(crate) fn write(&self, bytes: &[u8]) -> Vec<u8> {
        let mut letters = match self.letters {
            Letters::Either | Letters::Plain => PLAIN.encode(bytes).into_bytes(),
            Letters::Url => URL.encode(bytes).into_bytes(),
        };
        let padded = match self.padding {
            Padding::Written => true,
            Padding::NotNeeded => self.letters != Letters::Url,
            Padding::Missing => false,
        };
        while padded && !letters.len().is_multiple_of(4) {
            letters.push(b'=');
        }
        let body = match &self.lines {
            Lines::One | Lines::Uneven => letters,
            Lines::Even(width, between) => letters.chunks(*width).collect::<Vec<_>>().join(&**between),
        };
        [self.head.as_slice(), &body, &self.tail].concat()
    }
}

/// Reading base64 letter by letter.
struct Reading<'a> {
    raw: &'a [u8],
    place: usize,
    form: Form,
    letters: Vec<u8>,
    padding: usize,
    /// Letters in this line.
    line: usize,
    /// What stands behind it.
    gap: Vec<u8>,
    breaks: usize,
}

impl<'a> Reading<'a> {
    fn new(raw: &'a [u8]) -> Self {
        let head = part(raw, 0, LONGEST_HEAD.min(raw.len()));
        let head = match head.windows(8).position(|window| window == b";base64,") {
            Some(end) if head.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"data:")) => end + 8,
            _ => 0,
        };
        let form = Form { head: part(raw, 0, head).to_vec(), ..Form::default() };
        Self { raw, place: head, form, letters: Vec::new(), padding: 0, line: 0, gap: Vec::new(), breaks: 0 }
    }

    /// Reads on until there are so many letters, or to the end. `Break` says that it is no base64.
    fn on(mut self, letters: usize) -> ControlFlow<(), Self> {
        while self.letters.len() < letters
            && let Some((sign, length)) = self.sign()
        {
            match sign {
                Sign::Letter(letter) if self.padding == 0 => self.letter(letter)?,
                Sign::Padding if self.gap.is_empty() => self.padding += 1,
                Sign::Blank | Sign::Break => {
                    self.breaks += usize::from(matches!(sign, Sign::Break));
                    self.gap.extend_from_slice(part(self.raw, self.place, self.place + length));
                }
                Sign::Letter(_) | Sign::Padding | Sign::Other => return ControlFlow::Break(()),
            }
            self.place += length;
        }
        ControlFlow::Continue(self)
    }

    fn letter(&mut self, letter: u8) -> ControlFlow<()> {
        match (letter, self.form.letters) {
            (b'+' | b'/', Letters::Url) | (b'-' | b'_', Letters::Plain) => return ControlFlow::Break(()),
            (b'+' | b'/', _) => self.form.letters = Letters::Plain,
            (b'-' | b'_', _) => self.form.letters = Letters::Url,
            _ => (),
        }
        if !self.gap.is_empty() {
            self.begin_line();
        }
        self.letters.push(letter);
        self.line += 1;
        ControlFlow::Continue(())
    }

    /// A gap has ended.
    fn begin_line(&mut self) {
        let gap = std::mem::take(&mut self.gap);
        let breaks = std::mem::take(&mut self.breaks);
        let line = std::mem::take(&mut self.line);
        if self.letters.is_empty() {
            self.form.head.extend_from_slice(&gap);
            return;
        }
        let even = match &self.form.lines {
            Lines::One => line == self.letters.len() && line >= SHORTEST_LINE && line.is_multiple_of(4) && breaks > 0,
            Lines::Even(width, between) => line == *width && gap == *between,
            Lines::Uneven => false,
        };
        self.form.lines = match std::mem::take(&mut self.form.lines) {
            _ if !even => Lines::Uneven,
            Lines::One => Lines::Even(line, gap),
            lines => lines,
        };
    }

    fn close(mut self) -> Option<Written> {
        if matches!(&self.form.lines, Lines::Even(width, _) if self.line > *width) {
            self.form.lines = Lines::Uneven;
        }
        self.form.padding = match self.padding {
            0 if self.letters.len().is_multiple_of(4) => Padding::NotNeeded,
            0 => Padding::Missing,
            _ => Padding::Written,
        };
        self.form.tail = self.gap;
        (!self.letters.is_empty()).then_some(Written { form: self.form, read: self.place, letters: self.letters })
    }

    /// What comes next, and how many bytes it has. At the end there is nothing, nor in the middle of an escape there.
    fn sign(&self) -> Option<(Sign, usize)> {
        let of = |byte: u8| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'-' | b'_' => Sign::Letter(byte),
            b'=' => Sign::Padding,
            b' ' | b'\t' => Sign::Blank,
            b'\r' | b'\n' => Sign::Break,
            _ => Sign::Other,
        };
        match *self.raw.get(self.place)? {
            b'\\' => match *self.raw.get(self.place + 1)? {
                b'n' | b'r' => Some((Sign::Break, 2)),
                b't' => Some((Sign::Blank, 2)),
                b'/' => Some((Sign::Letter(b'/'), 2)),
                b'u' if self.raw.len() - self.place < 6 => None,
                b'u' => {
                    let letter = code_point(self.raw, self.place).map(|(letter, _)| letter);
                    let byte = letter.and_then(|letter| u8::try_from(u32::from(letter)).ok());
                    Some((byte.map_or(Sign::Other, of), 6))
                }
                _ => Some((Sign::Other, 2)),
            },
            byte => Some((of(byte), 1)),
        }
    }
}

/// How many bytes at the start may stand in base64, in a string of JSON: letters, blanks, padding, the escapes of these.
pub(crate) fn may_go_on(raw: &[u8]) -> usize {
    let mut place = 0;
    loop {
        let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=' | b' ');
        place += raw.iter().skip(place).take_while(|byte| fits(byte)).count();
        match (at(raw, place), at(raw, place + 1)) {
            (b'\\', b'n' | b'r' | b't' | b'/' | b'u') => place += 2,
            _ => return place,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_back_is_written_as_it_was() {
        let text = "name;mail\nJane;jane.doe@example.com\nmore??>>~~ and more until there are some lines of it\n";
        let plain = base64::engine::general_purpose::STANDARD.encode(text);
        let lines = |width: usize, between: &str| {
            let lines: Vec<&str> = plain.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap()).collect();
            lines.join(between)
        };
        let url = plain.replace('+', "-").replace('/', "_");
        assert!(plain.ends_with('=') && url.contains('-'));
        for (raw, sure) in [
            (plain.clone(), true),
            (plain.trim_end_matches('=').to_owned(), true),
            (plain.replace('/', "\\/"), true),
            (url.clone(), false),
            (url.trim_end_matches('=').to_owned(), false),
            (format!(" {plain}\\n"), true),
            (lines(76, "\\r\\n"), true),
            (format!("{}\\n", lines(64, "\\n")), true),
            (format!("data:text\\/csv;charset=utf-8;base64,{plain}"), true),
        ] {
            let written = Written::read(raw.as_bytes()).unwrap();
            let bytes = written.bytes().unwrap();
            assert_eq!(bytes, text.as_bytes(), "{raw}");
            assert_eq!(written.form.is_sure(), sure, "{raw}");
            let back = String::from_utf8(written.form.write(&bytes)).unwrap();
            // A slash needs no escape. The head stays as it is.
            let wanted = if raw.starts_with("data:") { raw.clone() } else { raw.replace("\\/", "/") };
            assert_eq!(back, wanted);
        }
        for raw in [lines(8, "\\n"), lines(18, "\\n"), lines(76, " "), format!("QUJD\\n{}", lines(76, "\\n"))] {
            let written = Written::read(raw.as_bytes()).unwrap();
            assert!(!written.form.is_sure(), "{raw}");
        }
    }

    #[test]
    fn it_goes_on_as_long_as_it_is_base64() {
        for (raw, length) in
            [("QUJD", 4), ("QU\\r\\nJD==\\u002b x-_", 20), ("QUJD.QUJD", 4), ("QUJD\\\"", 4), ("QUJD\\", 4)]
        {
            assert_eq!(may_go_on(raw.as_bytes()), length, "{raw}");
        }
    }

    #[test]
    fn what_is_no_base64_is_none() {
        for raw in ["", "=", "a.b", "QUJD=QUJD", "ab+_", "QUJDé", "QUJD\\\"", "QUJD\\u00e9", "data:text/plain,QUJD"] {
            assert!(Written::read(raw.as_bytes()).is_none(), "{raw}");
        }
    }
}
