//! What stands between the words of an address.

use crate::chars::{at, is_alnum, part, span};

/// What stands between two parts of an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Break {
    /// A blank.
    Blank,
    /// A comma or another mark.
    Mark,
    /// A new line.
    Line,
}

/// The break at a place, and where it ends. A full stop of an abbreviation has been passed before.
#[inline(always)]
pub(super) fn break_at(bytes: &[u8], place: usize) -> Option<(Break, usize)> {
    // Nearly always one blank, or a comma and a blank, or none.
    match (at(bytes, place), at(bytes, place + 1)) {
        (b' ', next) if is_alnum(next) => Some((Break::Blank, place + 1)),
        (b',', b' ') if is_alnum(at(bytes, place + 2)) => Some((Break::Mark, place + 2)),
        (b'\n', next) if is_alnum(next) => Some((Break::Line, place + 1)),
        (byte, _) if is_alnum(byte) => None,
        _ => any_break_at(bytes, place),
    }
}

#[inline(never)]
fn any_break_at(bytes: &[u8], place: usize) -> Option<(Break, usize)> {
    // "Puerta 7 , Lugo"
    let mut next = place + usize::from(at(bytes, place) == b' ' && at(bytes, place + 1) == b',');
    let mut found = None;
    if at(bytes, next) == b',' || (at(bytes, next) == b';' && at(bytes, next + 1) == b' ') {
        found = Some(Break::Mark);
        next += 1;
    }
    let dash = match part(bytes, next, next + 3) {
        [b' ', b'-', b' '] => 3,
        [b' ', 0xE2, 0x80] if matches!(at(bytes, next + 3), 0x93 | 0x94) && at(bytes, next + 4) == b' ' => 5,
        _ => 0,
    };
    if found.is_none() && dash > 0 {
        return Some((Break::Mark, next + dash));
    }
    let mut lines = 0;
    for _ in 0..40 {
        let byte = at(bytes, next);
        if byte == b' ' || byte == b'\r' {
            next += 1;
            found = found.or(Some(Break::Blank));
        } else if byte == b'\n' {
            // Behind many blanks it closes the row of a table.
            if lines == 0 && next > place + 2 && part(bytes, next - 3, next) == b"   " {
                return None;
            }
            next += 1;
            lines += 1;
        } else if byte == b'\\' && at(bytes, next + 1) == b'n' {
            next += 2;
            lines += 1;
        } else if byte == b'<' && part(bytes, next, next + 3).eq_ignore_ascii_case(b"<br") {
            next += span(bytes, next, 6, |byte| byte != b'>') + 1;
            lines += 1;
        } else if byte == 0xC2 && at(bytes, next + 1) == 0xA0 {
            next += 2;
            found = found.or(Some(Break::Blank));
        } else {
            break;
        }
    }
    match lines {
        // Wider gaps part the columns of a table.
        0 if found == Some(Break::Blank) && next > place + 2 => None,
        0 => found.map(|found| (found, next)),
        1 => Some((Break::Line, next)),
        _ => None,
    }
}

/// One blank.
pub(super) fn blank_at(bytes: &[u8], place: usize) -> Option<usize> {
    match break_at(bytes, place) {
        Some((Break::Blank, next)) if next == place + 1 || at(bytes, place) == 0xC2 => Some(next),
        _ => None,
    }
}
