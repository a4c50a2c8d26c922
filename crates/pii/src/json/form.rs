//! Base64 as its writers write it: with either alphabet, with padding or without, in lines, behind `data:text/csv;base64,`.

use std::ops::ControlFlow;

use base64::{
    Engine,
    alphabet::{Alphabet, STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::decode::code_point;
use crate::{
    chars::{part, run},
    simd::Sort,
};

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

/// What was seen of some base64, as far as it decides what may come next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Course {
    letters: Letters,
    /// There was padding.
    padded: bool,
    /// A blank or the end of a line stands before what comes next.
    apart: bool,
}

impl Course {
    /// Whether it goes on with this.
    fn take(&mut self, sign: &Sign) -> bool {
        match sign {
            Sign::Letter(letter) if !self.padded => match (letter, self.letters) {
                (b'+' | b'/', Letters::Url) | (b'-' | b'_', Letters::Plain) => return false,
                (b'+' | b'/', _) => self.letters = Letters::Plain,
                (b'-' | b'_', _) => self.letters = Letters::Url,
                _ => (),
            },
            Sign::Padding if !self.apart => self.padded = true,
            Sign::Blank | Sign::Break => (),
            Sign::Letter(_) | Sign::Padding | Sign::Other => return false,
        }
        self.apart = matches!(sign, Sign::Blank | Sign::Break);
        true
    }

    /// How many bytes of a string of JSON go on with it.
    pub(crate) fn go_on(&mut self, raw: &[u8]) -> usize {
        let mut place = 0;
        while let Some((sign, length)) = Sign::at(raw, place)
            && self.take(&sign)
        {
            place += length;
            if !self.padded && !self.apart {
                place += run(raw, place, usize::MAX, Sort::Alnum);
            }
        }
        place
    }
}

/// Base64 that was read.
pub(crate) struct Written {
    pub(crate) form: Form,
    pub(crate) course: Course,
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

impl Sign {
    /// What stands at a place of a string of JSON, and how many bytes it has. At the end there is nothing, nor in the middle of
    /// an escape there.
    fn at(raw: &[u8], place: usize) -> Option<(Self, usize)> {
        match *raw.get(place)? {
            b'\\' => match *raw.get(place + 1)? {
                b'n' | b'r' => Some((Self::Break, 2)),
                b't' => Some((Self::Blank, 2)),
                b'/' => Some((Self::Letter(b'/'), 2)),
                b'u' if raw.len() - place < 6 => None,
                b'u' => {
                    let letter = code_point(raw, place).map(|(letter, _)| letter);
                    let byte = letter.and_then(|letter| u8::try_from(u32::from(letter)).ok());
                    Some((byte.map_or(Self::Other, Self::of), 6))
                }
                _ => Some((Self::Other, 2)),
            },
            byte => Some((Self::of(byte), 1)),
        }
    }

    fn of(byte: u8) -> Self {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'-' | b'_' => Self::Letter(byte),
            b'=' => Self::Padding,
            b' ' | b'\t' => Self::Blank,
            b'\r' | b'\n' => Self::Break,
            _ => Self::Other,
        }
    }
}

/// Whether nothing is left, or the start of an escape.
pub(crate) fn is_cut(raw: &[u8]) -> bool {
    Sign::at(raw, 0).is_none()
}

/// Reading base64 letter by letter.
struct Reading<'a> {
    raw: &'a [u8],
    place: usize,
    form: Form,
    course: Course,
    letters: Vec<u8>,
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
        Self {
            raw,
            place: head,
            form,
            course: Course::default(),
            letters: Vec::new(),
            line: 0,
            gap: Vec::new(),
            breaks: 0,
        }
    }

    /// Reads on until there are so many letters, or to the end. `Break` says that it is no base64.
    fn on(mut self, letters: usize) -> ControlFlow<(), Self> {
        while self.letters.len() < letters
            && let Some((sign, length)) = Sign::at(self.raw, self.place)
        {
            if !self.course.take(&sign) {
                return ControlFlow::Break(());
            }
            match sign {
                Sign::Letter(letter) => self.letter(letter),
                Sign::Blank | Sign::Break => {
                    self.breaks += usize::from(matches!(sign, Sign::Break));
                    self.gap.extend_from_slice(part(self.raw, self.place, self.place + length));
                }
                Sign::Padding | Sign::Other => (),
            }
            self.place += length;
        }
        ControlFlow::Continue(self)
    }

    fn letter(&mut self, letter: u8) {
        if !self.gap.is_empty() {
            self.begin_line();
        }
        self.letters.push(letter);
        self.line += 1;
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
        self.form.letters = self.course.letters;
        self.form.padding = match self.course.padded {
            true => Padding::Written,
            false if self.letters.len().is_multiple_of(4) => Padding::NotNeeded,
            false => Padding::Missing,
        };
        self.form.tail = self.gap;
        let (form, course, read) = (self.form, self.course, self.place);
        (!self.letters.is_empty()).then_some(Written { form, course, read, letters: self.letters })
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
        for (raw, length) in [
            ("QUJD", 4),
            ("QU\\r\\nJD\\u002b/==\\u000a \"", 24),
            ("QUJD.QUJD", 4),
            ("QUJD\\\"", 4),
            ("QUJD\\u00", 4),
            ("QUJD=QUJD", 5),
            ("QUJD =", 5),
            ("QU-D+", 4),
            ("QU+D-", 4),
            ("QUJD\\u0040", 4),
        ] {
            assert_eq!(Course::default().go_on(raw.as_bytes()), length, "{raw}");
            for cut in 0..length {
                let (mut course, (start, rest)) = (Course::default(), raw.as_bytes().split_at(cut));
                let first = course.go_on(start);
                let held = [&start[first..], rest].concat();
                assert_eq!(first + course.go_on(&held), length, "{raw} cut at {cut}");
            }
        }
        assert!(["", "\\", "\\u00"].iter().all(|rest| is_cut(rest.as_bytes())));
        assert!(["\"", ".", "\\\"", "\\u0040"].iter().all(|rest| !is_cut(rest.as_bytes())));
    }

    #[test]
    fn what_is_no_base64_is_none() {
        for raw in ["", "=", "a.b", "QUJD=QUJD", "ab+_", "QUJDé", "QUJD\\\"", "QUJD\\u00e9", "data:text/plain,QUJD"] {
            assert!(Written::read(raw.as_bytes()).is_none(), "{raw}");
        }
    }
}
