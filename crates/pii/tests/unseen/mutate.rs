//! Short inputs that nobody would write: pieces of real ones, cut, repeated, mixed and spoilt.

use super::random::Random;

static SOURCES: [&str; 6] = [
    include_str!("data/lines.txt"),
    include_str!("data/hard.txt"),
    include_str!("data/documents.txt"),
    include_str!("../../corpus/street.txt"),
    include_str!("../../corpus/phone.txt"),
    include_str!("../../corpus/email.txt"),
];

static SPOILERS: &[&str] = &[
    "@",
    "+",
    "::",
    "-----",
    "(",
    ")",
    "\"",
    "\\",
    "\n",
    "\t",
    "|",
    ",",
    "%40",
    "\\u00e9",
    "é",
    "电",
    "\u{A0}",
    "0",
    "12",
    "4111 1111 1111 1111",
    "DE89",
    "passport",
    " Str. ",
    "{",
    "}",
    "[",
    "<td>",
    "=",
    ":",
    "#",
    ".",
    "/",
    "\u{FF0B}",
    "\u{200B}",
    "\u{AD}",
    "４１",
    "٠٥",
    "＠",
];

/// Bytes that are no text, and what they may be mistaken for a part of.
static SPOILT_BYTES: &[&[u8]] = &[
    &[0xC3],
    &[0xA9],
    &[0x80, 0x80],
    &[0xC3, 0xA9, 0x80],
    &[0xC3, 0xA9, 0x80, b'1'],
    &[0xE7, 0x94],
    &[0xF0, 0x9F, 0x98],
    &[0xFF],
    &[0xC0, 0xB1],
    &[0xED, 0xA0, 0x80],
    &[0xE2, 0x80, 0x99, 0x99],
    &[0xD0, 0x96, 0xD0],
];

/// Mutates without end.
pub(crate) struct Mutator {
    random: Random,
    lines: Vec<&'static str>,
}

impl Mutator {
    pub(crate) fn new(seed: u64) -> Self {
        let lines = SOURCES.iter().flat_map(|source| source.lines()).filter(|line| !line.is_empty()).collect();
        Self { random: Random::new(seed), lines }
    }

    /// The next input, of at most some hundred bytes.
    pub(crate) fn next(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..1 + self.random.below(3) {
            let line = self.random.pick(&self.lines);
            let (from, to) = (self.random.below(line.len() + 1), self.random.below(line.len() + 1));
            let (from, to) = (from.min(to), from.max(to));
            if let Some(part) = line.get(from..to) {
                text.push_str(&part.replace('#', &self.random.below(10).to_string()));
            }
            if self.random.percent(60) {
                text.push_str(self.random.pick(SPOILERS));
            }
        }
        if self.random.percent(10) {
            text = text.repeat(1 + self.random.below(4));
        }
        if self.random.percent(30) {
            let place = self.random.below(text.len() + 1);
            if text.is_char_boundary(place) {
                text.insert_str(place, self.random.pick(SPOILERS));
            }
        }
        if self.random.percent(10) {
            format!("{{\"phone\":\"{}\"}}", text.replace(['"', '\\', '\n', '\t'], " "))
        } else {
            text
        }
    }

    /// The next input of any bytes: some of a text's are spoilt, so that characters begin that do not end, and end that did
    /// not begin. Such bytes come in streams.
    pub(crate) fn bytes(&mut self) -> Vec<u8> {
        let mut bytes = self.next().into_bytes();
        for _ in 0..self.random.below(6) {
            let place = self.random.below(bytes.len() + 1);
            let spoilt = self.random.pick(SPOILT_BYTES);
            bytes.splice(place..place, spoilt.iter().copied());
        }
        bytes
    }
}
