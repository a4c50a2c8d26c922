//! Files in base64 inside a document: what is text in them is looked at like any other text.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{
    machine::{Leaf, Machine},
    walk::Origin,
};
use crate::{
    chars::part,
    context::Surroundings,
    finding::{Finding, Site},
    look::Look,
    scanner::Scanner,
};

/// Padding may be missing (RFC 4648 section 3.2).
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_encode_padding(true),
);
/// Shorter ones are looked at as they are too: sixteen digits are base64 as well.
const SURELY: usize = 64;
/// A text inside is a document of its own: the table of places is not for it.
const INSIDE: Origin<'static> = Origin { nested: 1, ..Origin::ROOT };

/// Adds one finding for the whole string when something is in it.
pub(crate) fn scan(
    scanner: &Scanner,
    leaf: &Leaf,
    machine: &Machine,
    bytes: &[u8],
    origin: &Origin<'_>,
    look: &mut Look,
) {
    let range = leaf.range();
    let raw = part(bytes, range.start, range.end);
    match text_of(raw) {
        Inside::Text(text) => {
            let first = findings(scanner, &text).into_iter().next();
            look.found.extend(first.map(|first| Finding {
                range: origin.raw(range.start)..origin.raw(range.end),
                site: Site::Encoded,
                value: None,
                ..first
            }));
        }
        Inside::Binary if raw.len() >= SURELY => (),
        Inside::Binary | Inside::Nothing => leaf.scan(scanner, machine, bytes, origin, look),
    }
}

/// What base64 holds.
pub(crate) enum Inside {
    Text(Vec<u8>),
    Binary,
    /// It is no base64.
    Nothing,
}

/// Reads the inside of a string of JSON as base64.
pub(crate) fn text_of(raw: &[u8]) -> Inside {
    match decode(&without_escapes(raw)) {
        None => Inside::Nothing,
        Some(bytes) if is_text(&bytes) => Inside::Text(bytes),
        Some(_) => Inside::Binary,
    }
}

/// What is in the text inside.
pub(crate) fn findings(scanner: &Scanner, text: &[u8]) -> Vec<Finding> {
    scanner.document(text, &INSIDE, Surroundings::default())
}

/// Some writers escape the slash.
pub(crate) fn without_escapes(raw: &[u8]) -> Vec<u8> {
    raw.iter().copied().filter(|byte| *byte != b'\\').collect()
}

pub(crate) fn decode(base64: &[u8]) -> Option<Vec<u8>> {
    BASE64.decode(base64).ok()
}

pub(crate) fn encode(bytes: &[u8]) -> Vec<u8> {
    BASE64.encode(bytes).into_bytes()
}

/// UTF-8 without NUL. The last character may be cut off.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    let whole = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && error.valid_up_to() + 4 > bytes.len(),
    };
    whole && !bytes.contains(&0)
}
