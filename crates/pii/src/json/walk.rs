//! Walks over a document of JSON: every string and number is scanned with the keys above it and what stands beside it.
//!
//! Strings that hold JSON are walked in turn. Keys are context and never findings.

use std::ops::Range;

use super::{
    decode::Decoded,
    encoded,
    lexer::{Lexer, MARK, NotJson, Token},
    machine::{Leaf, Machine, Took},
    paths::{Paths, Treatment},
};
use crate::{
    chars::{is_digit, part},
    context::Surroundings,
    finding::Site,
    look::Look,
    scanner::Scanner,
    suspects::Suspects,
};

/// How many strings of JSON may be inside each other.
pub(crate) const MAX_NESTED: u8 = 3;
/// The shortest string that can hold something.
const MIN_STRING: usize = 5;
/// The shortest number that can be something.
const MIN_NUMBER: usize = 7;

/// Where the bytes of a string came from.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) base: usize,
    pub(crate) decoded: Option<&'a Decoded>,
    pub(crate) parent: Option<&'a Origin<'a>>,
    pub(crate) nested: u8,
}

impl Origin<'_> {
    /// The document itself.
    pub(crate) const ROOT: Origin<'static> = Origin { base: 0, decoded: None, parent: None, nested: 0 };

    /// The offset in the raw text.
    pub(crate) fn raw(&self, offset: usize) -> usize {
        let here = self.base + self.decoded.map_or(offset, |decoded| decoded.raw(offset));
        self.parent.map_or(here, |parent| parent.raw(here))
    }

    /// Whether the bytes are not those of the raw text.
    pub(crate) fn is_decoded(&self) -> bool {
        self.decoded.is_some() || self.parent.is_some_and(Origin::is_decoded)
    }
}

/// Adds all findings of the document; or none of them, when it is no JSON.
pub(crate) fn walk(
    scanner: &Scanner,
    bytes: &[u8],
    origin: &Origin<'_>,
    outer: Surroundings,
    look: &mut Look,
) -> Result<(), NotJson> {
    let suspects = Suspects::new(bytes, outer, scanner.care());
    walk_to(scanner, bytes, origin, Machine::new(outer, Paths::default()), suspects, look)
}

/// The same for what is no part of another text. When nothing in it is suspect, as in most answers, it is not even read.
/// `paths` are for a message; a document that a string or a file holds is none.
pub(crate) fn walk_alone(
    scanner: &Scanner,
    bytes: &[u8],
    origin: &Origin<'_>,
    outer: Surroundings,
    paths: Option<&Paths>,
    look: &mut Look,
) -> Result<(), NotJson> {
    let suspects = Suspects::new(bytes, outer, scanner.care());
    // Base64 need not have a digit in it.
    if suspects.is_empty() && !paths.is_some_and(|paths| paths.may_be_encoded(bytes)) {
        return Ok(());
    }
    let paths = paths.map(|paths| paths.of(bytes)).unwrap_or_default();
    walk_to(scanner, bytes, origin, Machine::new(outer, paths), suspects, look)
}

/// Looks at the values with a suspect in them.
fn walk_to(
    scanner: &Scanner,
    bytes: &[u8],
    origin: &Origin<'_>,
    machine: Machine,
    suspects: Suspects<'_>,
    look: &mut Look,
) -> Result<(), NotJson> {
    let known = look.found.len();
    let walked = walk_on(scanner, bytes, origin, machine, suspects, look);
    if walked.is_err() {
        look.found.truncate(known);
    }
    walked
}

fn walk_on(
    scanner: &Scanner,
    bytes: &[u8],
    origin: &Origin<'_>,
    mut machine: Machine,
    mut suspects: Suspects<'_>,
    look: &mut Look,
) -> Result<(), NotJson> {
    let mut lexer = Lexer::document(bytes);
    let encoded = machine.may_be_encoded(bytes);
    loop {
        let token = lexer.next()?;
        if token == Token::End {
            return if machine.is_done() { Ok(()) } else { Err(NotJson) };
        }
        if machine.take(bytes, token, lexer.last)? == Took::Other {
            continue;
        }
        let suspect = suspects.is_in(lexer.last.start, lexer.last.end);
        if !suspect && !encoded {
            machine.after_value();
            continue;
        }
        match machine.treatment(bytes) {
            Treatment::Encoded => {
                encoded::scan(scanner, &Leaf::of(token, lexer.last), &machine, bytes, origin, look);
            }
            Treatment::Look if suspect => {
                Leaf::of(token, lexer.last).scan(scanner, &machine, bytes, origin, look);
            }
            Treatment::Look | Treatment::Spare => (),
        }
        machine.after_value();
    }
}

impl Leaf {
    /// Where it is, without quotes.
    pub(crate) fn range(&self) -> Range<usize> {
        match self {
            Self::String { inside, .. } => inside.clone(),
            Self::Number(range) => range.clone(),
        }
    }

    /// Adds what is in it.
    pub(crate) fn scan(
        &self,
        scanner: &Scanner,
        machine: &Machine,
        bytes: &[u8],
        origin: &Origin<'_>,
        look: &mut Look,
    ) {
        match self {
            Self::String { inside, .. } if is_too_short(part(bytes, inside.start, inside.end)) => (),
            Self::String { inside, escaped } => {
                let surroundings = machine.surroundings(bytes, inside.end);
                let raw = part(bytes, inside.start, inside.end);
                let decoded = if *escaped { Decoded::of(raw) } else { None };
                let inner = Origin {
                    base: inside.start,
                    decoded: decoded.as_ref(),
                    parent: Some(origin),
                    nested: origin.nested,
                };
                let text = decoded.as_ref().map_or(raw, |decoded| decoded.bytes.as_slice());
                string(scanner, text, &inner, surroundings, look);
            }
            Self::Number(range) => {
                let digits = whole(part(bytes, range.start, range.end));
                if digits.len() >= MIN_NUMBER && digits.iter().all(|&byte| is_digit(byte)) {
                    let surroundings = machine.surroundings(bytes, range.end);
                    let inner =
                        Origin { base: range.start, decoded: None, parent: Some(origin), nested: origin.nested };
                    let known = look.found.len();
                    scanner.text(digits, &inner, surroundings, look);
                    // Only a number that is something as a whole can be replaced.
                    for mut finding in look.found.split_off(known) {
                        if finding.range.len() >= digits.len() {
                            if digits.len() < range.len() {
                                finding.range.end = origin.raw(range.end);
                                finding.value = Some(String::from_utf8_lossy(digits).into());
                            }
                            finding.site = Site::Number { depth: origin.nested };
                            look.found.push(finding);
                        }
                    }
                }
            }
        }
    }
}

/// Whether a string cannot hold anything. The shortest addresses of IPv6, such as `1::8`, can be told by their colons.
pub(crate) fn is_too_short(inside: &[u8]) -> bool {
    inside.len() < MIN_STRING && !inside.contains(&b':')
}

/// A number without the fraction that programs write which know no whole ones: `4111111111111111.0`.
fn whole(number: &[u8]) -> &[u8] {
    let zeros = number.iter().rev().take_while(|&&byte| byte == b'0').count();
    match number.get(..number.len() - zeros) {
        Some([whole @ .., b'.']) if zeros > 0 => whole,
        _ => number,
    }
}

/// Scans a string that was decoded: as JSON when it holds some, as text otherwise.
fn string(scanner: &Scanner, bytes: &[u8], origin: &Origin<'_>, surroundings: Surroundings, look: &mut Look) {
    let inner = Origin { nested: origin.nested + 1, ..*origin };
    if origin.nested < MAX_NESTED
        && looks_like_json(bytes)
        && walk_alone(scanner, bytes, &inner, surroundings, None, look).is_ok()
    {
        return;
    }
    // Without escapes it is one line, and JSON ends with a bracket.
    if origin.decoded.is_none() && !matches!(bytes.trim_ascii_end().last(), Some(b'}' | b']')) {
        scanner.text(bytes, &inner, surroundings, look);
    } else {
        scanner.lines(bytes, &inner, surroundings, look);
    }
}

/// Whether the text begins and ends as a document of JSON does.
pub(crate) fn looks_like_json(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(MARK).unwrap_or(bytes).trim_ascii();
    matches!((text.first(), text.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']'))) && text.len() > 2
}
