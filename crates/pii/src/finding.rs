//! What was found.

use std::{borrow::Cow, ops::Range};

use crate::{json::encoded::Encoded, kind::Kind};

/// One piece of personal data in a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Where, in bytes of the raw text.
    pub range: Range<usize>,
    /// What.
    pub kind: Kind,
    /// How sure, from 0 to 100.
    pub score: u8,
    /// Where it stands.
    pub site: Site,
    /// The value without the escapes around it, when it came out of a string with some.
    pub(crate) value: Option<Box<str>>,
    /// The text in base64 that it stands in.
    pub(crate) inside: Option<Box<Encoded>>,
}

impl Finding {
    /// The value that was found in this text, as a person would read it.
    pub fn value<'a>(&'a self, text: &'a str) -> Cow<'a, str> {
        self.value_in(text.as_bytes())
    }

    /// The same in bytes that need not be text.
    pub fn value_in<'a>(&'a self, raw: &'a [u8]) -> Cow<'a, str> {
        match &self.value {
            Some(value) => Cow::Borrowed(value),
            None => String::from_utf8_lossy(raw.get(self.range.clone()).unwrap_or_default()),
        }
    }
}

/// Where a finding stands; its replacement must be written accordingly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Site {
    /// Inside text or a string.
    Text,
    /// A whole number in JSON; so many strings of JSON are around it.
    Number {
        /// 0 for a number of the document itself.
        depth: u8,
    },
    /// Inside a text in base64; the range is all of it.
    Encoded,
}
