//! What no recognizer needs to see: UUIDs, moments, amounts, and the small numbers of programs; and what looks like a word
//! and is not.

use crate::{
    chain::{Chain, Run},
    chars::{Sep, at, before, is_alnum, is_alpha, is_digit, is_hex, part, run_back, span},
    simd::Sort,
};

/// Where the UUID ends that starts here.
pub(crate) fn uuid_end(bytes: &[u8], start: usize) -> Option<usize> {
    let text = part(bytes, start, start + 36);
    let dashes = [8, 13, 18, 23].into_iter().all(|place| at(text, place) == b'-');
    let fits = dashes && text.len() == 36 && text.iter().all(|&byte| is_hex(byte) || byte == b'-');
    (fits && !is_alnum(at(bytes, start + 36))).then_some(start + 36)
}

/// Where the moment ends that starts here: `2024-05-01T10:00:00.123Z`, `2024-05-01 10:00`, `10:00:00`.
#[inline]
pub(crate) fn moment_end(bytes: &[u8], first: Run) -> Option<usize> {
    match (first.len(), at(bytes, first.end)) {
        (2, b':') | (4, b'-') => long_moment_end(bytes, first),
        _ => None,
    }
}

fn long_moment_end(bytes: &[u8], first: Run) -> Option<usize> {
    let clock = |place: usize| {
        let colons = [2, 5].map(|offset| at(bytes, place + offset) == b':');
        let digits = [0, 1, 3, 4].into_iter().all(|offset| is_digit(at(bytes, place + offset)));
        let long = colons == [true, true] && is_digit(at(bytes, place + 6)) && is_digit(at(bytes, place + 7));
        let end = if long { place + 8 } else { place + 5 };
        (digits && colons.first() == Some(&true) && at(bytes, end) != b':' && !is_hex(at(bytes, end))).then_some(end)
    };
    if first.len() == 2 && at(bytes, first.end) == b':' {
        let end = clock(first.start).filter(|_| before(bytes, first.start) != b':')?;
        return Some(end + span(bytes, end, 12, |byte| is_digit(byte) || byte == b'.'));
    }
    let dated = first.len() == 4 && at(bytes, first.end) == b'-' && at(bytes, first.end + 3) == b'-';
    let time = first.start + 11;
    if !dated || !matches!(at(bytes, time - 1), b'T' | b' ') {
        return None;
    }
    let end = clock(time)?;
    Some(end + span(bytes, end, 16, |byte| is_digit(byte) || matches!(byte, b'.' | b'+' | b'Z')))
}

/// A decimal with at most three digits behind its point: no value of ours is written so.
pub(crate) fn is_amount(bytes: &[u8], chain: &Chain) -> bool {
    let (Some(first), Some(last)) = (chain.run(0), chain.run(1)) else { return false };
    chain.len() == 2
        && !chain.goes_on
        && chain.sep(0) == Some(Sep::Dot)
        && last.len() <= 3
        && first.len() <= 6
        && at(bytes, last.end) != b':'
        && before(bytes, first.start) != b':'
}

/// Few digits with nothing around them that any recognizer could use: the most of the numbers in a program.
pub(crate) fn is_dull(bytes: &[u8], chain: &Chain) -> bool {
    let (Some(first), Some(last)) = (chain.run(0), chain.run(chain.len().saturating_sub(1))) else { return true };
    if chain.total > 5 || (chain.len() > 2 && chain.total > 3) || chain.sep(0) == Some(Sep::Space) {
        return false;
    }
    let (left, right) = (before(bytes, first.start), at(bytes, last.end));
    let worded = |byte: u8| is_alnum(byte) || byte >= 0x80;
    let leads = match right {
        b' ' => worded(at(bytes, last.end + 1)),
        b',' => at(bytes, last.end + 1) == b' ' && worded(at(bytes, last.end + 2)),
        // "12-Apr-1985"
        b'-' => is_alpha(at(bytes, last.end + 1)) && at(bytes, last.end + 4) == b'-',
        // The year and the month of "昭和60年4月12日", "1985년 4월 12일"
        0xE5 | 0xE6 | 0xEC => {
            ["年", "月", "월"].iter().any(|word| part(bytes, last.end, last.end + 3) == word.as_bytes())
        }
        // "utca 3., "
        b'.' => part(bytes, last.end + 1, last.end + 3) == b", ",
        _ => false,
    };
    // "Avenida Madero #38"
    let start = first.start - usize::from(left == b'#');
    let closes = before(bytes, start) == b' ' && start > 1 && {
        let byte = before(bytes, start - 1);
        let letters = run_back(bytes, start - 1, 40, Sort::Lower);
        matches!(byte, b'.' | b',')
            || byte >= 0x80
            || (letters < 40 && !matches!(before(bytes, start - 1 - letters), b' ' | b'\n' | b'"' | b'(' | b'_'))
    };
    !leads && !closes && right != b':' && left != b':' && right != b'<'
}

/// The letter that begins an extension behind a number: "x12", "ext. 12".
#[inline]
pub(crate) fn is_extension(byte: u8) -> bool {
    matches!(byte, b'x' | b'X' | b'e' | b'E')
}
