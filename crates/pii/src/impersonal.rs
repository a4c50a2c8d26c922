//! Tells cheaply that JSON holds nothing personal: every digit in it is part of something short or well known. Most
//! answers of tools are such. When in doubt the answer is no, and the document is walked.

use crate::{
    chain::Run,
    chars::{at, before, is_alnum, is_alpha, is_digit, is_escape, is_hex, is_token, part, span, span_back},
    dull::{moment_end, uuid_end},
    prefilter::Anchors,
};

/// The longest number that is nothing, in digits.
const MAX_DIGITS: usize = 5;
/// The longest word with a digit in it that is nothing.
const MAX_WORD: usize = 5;
/// The shortest secret, with everything that can be part of one.
const SHORTEST: usize = 8;

/// Whether nothing in the raw JSON can be personal.
pub(crate) fn is_impersonal(bytes: &[u8]) -> bool {
    let mut anchors = Anchors::new(bytes);
    let mut place = 0;
    while let Some(anchor) = anchors.next(place) {
        match passed(bytes, anchor) {
            Some(end) => place = end.max(anchor + 1),
            None => return false,
        }
    }
    true
}

/// Where the harmless thing ends that the digit is part of.
fn passed(bytes: &[u8], anchor: usize) -> Option<usize> {
    match at(bytes, anchor) {
        b'0'..=b'9' => (),
        // At the end of a block one of them is an anchor too.
        b':' if at(bytes, anchor + 1) != b':' => return Some(anchor + 1),
        b'-' if part(bytes, anchor, anchor + 5) != b"-----" => return Some(anchor + 1),
        _ => return None,
    }
    let left = before(bytes, anchor);
    if left == b'"'
        && let Some(end) = moment_end(bytes, Run::at(bytes, anchor))
    {
        return (at(bytes, end) == b'"').then_some(end);
    }
    let inside = anchor - span_back(bytes, anchor, 36, |byte| is_hex(byte) || byte == b'-');
    if before(bytes, inside) == b'"'
        && let Some(end) = uuid_end(bytes, inside).filter(|&end| at(bytes, end) == b'"')
    {
        return Some(end);
    }
    let end = anchor + span(bytes, anchor, MAX_DIGITS + 1, is_digit);
    if end - anchor > MAX_DIGITS {
        return None;
    }
    let right = at(bytes, end);
    // A number by itself: `"id":4812,`
    let closes = matches!(right, b',' | b'}' | b']' | b'\n' | b'\r');
    let opens =
        matches!(left, b':' | b',' | b'[') || (left == b' ' && matches!(before(bytes, anchor - 1), b':' | b','));
    if opens && closes {
        return Some(end);
    }
    // From this length on a mixed word may be a secret, where its key says so.
    let token = span_back(bytes, anchor, SHORTEST, is_token) + span(bytes, anchor, SHORTEST, is_token);
    if token >= SHORTEST {
        return None;
    }
    // A short word: `"v2"`, `"beta-97"`
    let word_end = end + span(bytes, end, MAX_WORD, is_alnum);
    let ends = matches!(at(bytes, word_end), b'"' | b',' | b' ' | b'_' | b'/') && !matches!(right, b' ' | b',');
    if is_alpha(left) || left == b'_' {
        let start = anchor - span_back(bytes, anchor, MAX_WORD + 1, |byte| is_alnum(byte) || byte == b'_');
        let plain =
            start < anchor && !is_escape(bytes, start) && before(bytes, start) != b'\\' && before(bytes, start) < 0x80;
        return (plain && ends && word_end - start <= MAX_WORD).then_some(word_end);
    }
    let joined = left == b'-' && anchor > 1 && is_alpha(before(bytes, anchor - 1));
    (joined && right == b'"').then_some(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        Config, Scanner,
        context::Surroundings,
        json::{Origin, walk},
        look::Look,
    };

    /// Members of an object whose values are pieces that recognizers could react to.
    fn members() -> impl Strategy<Value = String> {
        let key = prop_oneof![
            Just("phone"),
            Just("ssn"),
            Just("passport"),
            Just("address"),
            Just("id"),
            Just("dob"),
            Just("ip"),
            Just("card"),
            Just("iban"),
            Just("password")
        ];
        let piece = prop_oneof![
            Just("Main St ".to_owned()),
            Just("Hauptstr. ".to_owned()),
            Just("-".to_owned()),
            Just(" ".to_owned()),
            Just(",".to_owned()),
            Just(":".to_owned()),
            Just("/".to_owned()),
            Just("2024-05-01T10:00:00Z".to_owned()),
            Just("\\n".to_owned()),
            Just("%40".to_owned()),
            "[0-9]{1,6}",
            "[a-zA-Z]{1,6}",
            "[a-z0-9]{1,8}",
        ];
        let text = proptest::collection::vec(piece, 1..5).prop_map(|pieces| format!("\"{}\"", pieces.concat()));
        let value = prop_oneof![text, "[1-9][0-9]{0,11}"];
        let member = (key, value).prop_map(|(key, value)| format!("\"{key}\":{value}"));
        proptest::collection::vec(member, 1..4).prop_map(|members| format!("{{{}}}", members.join(",")))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn what_passes_has_nothing_to_find(text in members()) {
            if is_impersonal(text.as_bytes()) {
                let scanner = Scanner::new(Config::default());
                let mut look = Look::default();
                let walked = walk(&scanner, text.as_bytes(), &Origin::ROOT, Surroundings::default(), &mut look);
                prop_assert_eq!((walked, look.found), (Ok(()), Vec::new()));
            }
        }
    }

    #[test]
    fn what_may_be_a_secret_is_looked_at() {
        for text in [
            r#"{"password":"a00/Main St "}"#,
            r#"{"password":"a00_Secrets"}"#,
            r#"{"password":"build-97"}"#,
            r#"{"password":"Secret/a00"}"#,
        ] {
            assert!(!is_impersonal(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn only_what_can_be_nothing_passes() {
        for text in [
            r#"{"id":4812,"name":"beta-97","ok":true}"#,
            r#"[{"at":"2024-05-01T10:00:00Z","tag":"v2"}, 17, 5]"#,
            r#"{"id":"67867728-d9cb-469f-a165-70867728950e"}"#,
        ] {
            assert!(is_impersonal(text.as_bytes()), "{text}");
        }
        for text in [
            r#"{"a":"12 Main St"}"#,
            r#"{"a":"Hauptstr. 12"}"#,
            r#"{"a":"b@c.de"}"#,
            r#"{"a":"b\u0040c.de"}"#,
            r#"{"phone":4155552671}"#,
            r#"{"a":"\n12"}"#,
            r#"{"a":"10.0.0.1"}"#,
            r#"{"a":"fe80::"}"#,
            r#"{"a":"C1X00T4"}"#,
        ] {
            assert!(!is_impersonal(text.as_bytes()), "{text}");
        }
    }
}
