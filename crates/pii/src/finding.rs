//! What was found.

use std::ops::Range;

use crate::kind::Kind;

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
}
