//! JSON that stands in other text: behind a sentence, between fences, in a line of a log. It must be as sound behind the mask
//! as it was before.

use crate::{
    chars::{at, before, is_digit, part, span_back},
    finding::Site,
    simd::is_blank,
};

/// How far a number may be from its key: the others of its list stand between.
const MAX_LIST: usize = 400;

/// Where a value stands that was found in text, inside so many strings of JSON.
pub(crate) fn site(bytes: &[u8], start: usize, end: usize, nested: u8) -> Site {
    match quotes_around(bytes, start, end) {
        Some(level) => Site::Number { depth: nested.saturating_add(level) },
        None => Site::Text,
    }
}

/// When the value is a number of JSON: inside how many strings, told by the backslashes before the quote of its key.
fn quotes_around(bytes: &[u8], start: usize, end: usize) -> Option<u8> {
    let whole = part(bytes, start, end).iter().all(|&byte| is_digit(byte));
    let closes = matches!(at(bytes, end), b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' | b'\\');
    if !whole || !closes {
        return None;
    }
    let blanks = |place: usize| place - span_back(bytes, place, MAX_LIST, is_blank);
    let mut place = blanks(start);
    if matches!(before(bytes, place), b'[' | b',') {
        let listed = |byte: u8| is_digit(byte) || is_blank(byte) || byte == b',';
        place -= span_back(bytes, place, MAX_LIST, listed);
        place = blanks(place.checked_sub(1).filter(|&open| at(bytes, open) == b'[')?);
    }
    let colon = place.checked_sub(1).filter(|&colon| at(bytes, colon) == b':')?;
    let quote = blanks(colon).checked_sub(1).filter(|&quote| at(bytes, quote) == b'"')?;
    let backslashes = span_back(bytes, quote, usize::from(u8::MAX), |byte| byte == b'\\');
    u8::try_from((backslashes + 1).ilog2()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_behind_its_key_is_one() {
        for (text, site) in [
            (r#"Result: {"card":4111111111111111}"#, Site::Number { depth: 0 }),
            (r#"{"cards": [5555555555554444, 4111111111111111 ], NaN}"#, Site::Number { depth: 0 }),
            (r#"{\"card\": 4111111111111111,"#, Site::Number { depth: 1 }),
            (r#"{\\\"card\\\":4111111111111111\\n}"#, Site::Number { depth: 2 }),
            (r#"card: 4111111111111111, "#, Site::Text),
            (r#""card":"4111111111111111""#, Site::Text),
            (r#"see [4111111111111111]"#, Site::Text),
            (r#"{"card":4111111111111111x"#, Site::Text),
        ] {
            let start = text.find("4111").unwrap();
            assert_eq!(super::site(text.as_bytes(), start, start + 16, 0), site, "{text}");
        }
    }
}
