//! What would be found behind a label, and has none: most numbers are nothing, and only a word beside one says more.

use std::ops::Range;

use crate::{
    chars::{is_alnum, is_digit},
    kind::Kind,
    scanner::Scanner,
};

/// The keys that name a kind which needs a name, in the order in which they are tried.
static KEYS: [(&str, Kind); 7] = [
    ("phone", Kind::Phone),
    ("ssn", Kind::Ssn),
    ("passport", Kind::Passport),
    ("birth_date", Kind::BirthDate),
    ("dni", Kind::NationalId),
    ("national_id", Kind::NationalId),
    ("password", Kind::Secret),
];

/// The shortest that is looked at, and the longest, in bytes.
const SHORTEST: usize = 6;
const LONGEST: usize = 64;

/// Words and groups of digits that are none of what was dealt with already, each with the first kind that it could be.
pub(super) fn all(text: &str, scanner: &Scanner, known: impl Fn(&Range<usize>) -> bool) -> Vec<(Range<usize>, Kind)> {
    let mut found = Vec::new();
    for range in spans(text.as_bytes()) {
        let value = text.get(range.clone()).unwrap_or_default();
        if known(&range) || !(SHORTEST..=LONGEST).contains(&value.len()) {
            continue;
        }
        let named = KEYS.iter().find(|(key, kind)| {
            let findings = scanner.scan_value(key, value);
            findings.iter().any(|finding| finding.kind == *kind && finding.range == (0..value.len()))
        });
        found.extend(named.map(|&(_, kind)| (range, kind)));
    }
    found
}

/// Runs of letters, digits and what joins them, with a digit in them.
fn spans(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let part = |byte: u8| is_alnum(byte) || byte == b'-';
    let mut place = 0;
    std::iter::from_fn(move || {
        loop {
            let start = place + bytes.get(place..)?.iter().position(|&byte| part(byte))?;
            let rest = bytes.get(start..).unwrap_or_default();
            let end = start + rest.iter().position(|&byte| !part(byte)).unwrap_or(rest.len());
            place = end;
            if bytes.get(start..end).unwrap_or_default().iter().copied().any(is_digit) {
                return Some(start..end);
            }
        }
    })
}
