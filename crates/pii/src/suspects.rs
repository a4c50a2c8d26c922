//! Passes over what cannot be personal whatever stands around it: moments, UUIDs, small numbers, decimals, words such as
//! `v2` and `3f9ab12cd`. Most of what tools answer has nothing else in it. When in doubt it is suspect, and looked at.
//!
//! This is for raw JSON: quotes tell where a string begins, and a backslash makes everything behind it suspect.

use crate::{
    chain::Run,
    chars::{
        at, before, is_alnum, is_alpha, is_digit, is_escape, is_hex, is_token, is_upper, part, run, span, span_back,
    },
    config::{Config, Sensitivity},
    context::{Surroundings, key_topics, may_name_a_secret},
    disguise,
    dull::{is_extension, moment_end, uuid_end},
    json::is_too_short,
    kind::Kind,
    prefilter::{Anchors, Veils},
    recognizers::{codice_fiscale, iban, passport::ZONE_LENGTH, secret, secret::password},
    simd::Sort,
};

/// The longest number that is nothing, in digits.
const MAX_DIGITS: usize = 5;
/// The longest word with a digit in it that is nothing.
const MAX_WORD: usize = 5;
/// The shortest secret, with everything that can be part of one.
const SHORTEST: usize = 8;
/// The longest whole number of JSON that is nothing, in digits.
const MAX_INTEGER: usize = 6;
/// The longest half of a label for a password.
const MAX_LABEL: usize = 16;
/// The longest mingled word, on each side of its first digits.
const MAX_MINGLED: usize = 128;

/// What is passed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Care {
    /// What no recognizer is sure enough about, whatever stands around it.
    Usual,
    /// Nothing: somebody asks for less sure findings too, or looks whether anything was missed.
    Suspicious,
    /// Not even what has no anchor: it may be in disguise.
    Blind,
}

impl Care {
    /// As a configuration asks for it.
    pub(crate) fn of(config: &Config) -> Self {
        let usual = Sensitivity::default().threshold();
        let less = |kind| config.threshold(kind).is_some_and(|threshold| threshold < usual);
        if Kind::ALL.into_iter().any(less) { Self::Suspicious } else { Self::Usual }
    }
}

/// The anchors of raw JSON at which something personal may be.
#[derive(Debug)]
pub(crate) struct Suspects<'a> {
    bytes: &'a [u8],
    care: Care,
    anchors: Anchors<'a>,
    /// The first that is not behind the place in hand.
    next: Option<usize>,
    /// Where the value ends that was asked about last.
    asked: usize,
    /// Whether some word in the document may make a secret of what stands behind it. Found out when it matters.
    secrets: Option<bool>,
}

impl<'a> Suspects<'a> {
    /// Those of a document, which something may surround.
    pub(crate) fn new(bytes: &'a [u8], outer: Surroundings, care: Care) -> Self {
        let care = if disguise::hides_anchors(bytes) { Care::Blind } else { care };
        let secrets = outer.names(Kind::Secret).then_some(true);
        let mut suspects = Self { bytes, care, anchors: Anchors::new(bytes), next: None, asked: 0, secrets };
        suspects.next = suspects.find(0);
        suspects
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.next.is_none() && self.care != Care::Blind
    }

    /// Whether one is between two places, those of a value. They must not go back from call to call.
    #[inline]
    pub(crate) fn is_in(&mut self, start: usize, end: usize) -> bool {
        // What stands between the values is read too: a key may make a suspect of its value.
        while let Some(next) = self.next.filter(|&next| next < start) {
            self.next = self.find(self.asked.max(next + 1));
        }
        self.asked = end;
        self.next.is_some_and(|next| next < end) || self.care == Care::Blind
    }

    /// The first one from a place on.
    fn find(&mut self, from: usize) -> Option<usize> {
        let mut place = from;
        loop {
            let anchor = self.anchors.next(place)?;
            if matches!(at(self.bytes, anchor), b's' | b'S') {
                // The value is suspect, not its key.
                if let Some(value) = keyed_password(self.bytes, anchor) {
                    return Some(value);
                }
                if password::behind_label(self.bytes, anchor).is_some() || is_veiled(self.bytes, anchor) {
                    return Some(anchor);
                }
                place = anchor + 1;
                continue;
            }
            if self.care != Care::Usual {
                return Some(anchor);
            }
            match self.passed(anchor) {
                Some(end) => place = end.max(anchor + 1),
                None => return Some(anchor),
            }
        }
    }

    /// Where the harmless thing ends that the anchor is part of.
    fn passed(&mut self, anchor: usize) -> Option<usize> {
        let bytes = self.bytes;
        match at(bytes, anchor) {
            b'0'..=b'9' => (),
            // At the end of a block one of them is an anchor too.
            b':' if at(bytes, anchor + 1) != b':' => return Some(anchor + 1),
            b'-' if part(bytes, anchor, anchor + 5) != b"-----" => return Some(anchor + 1),
            _ => return None,
        }
        let digits = Run::at(bytes, anchor);
        let left = before(bytes, anchor);
        if let Some(end) = alone(bytes, digits) {
            return Some(end);
        }
        if left == b'"'
            && let Some(end) = short_string(bytes, anchor)
        {
            return Some(end);
        }
        if left == b'"'
            && let Some(end) = moment_end(bytes, digits)
        {
            return (at(bytes, end) == b'"' && !may_be_birth(bytes, anchor)).then_some(end);
        }
        let inside = match left {
            b'"' => anchor,
            b'a'..=b'f' | b'A'..=b'F' | b'-' => {
                anchor - span_back(bytes, anchor, 36, |byte| is_hex(byte) || byte == b'-')
            }
            _ => anchor + 1,
        };
        if before(bytes, inside) == b'"'
            && let Some(end) = uuid_end(bytes, inside).filter(|&end| at(bytes, end) == b'"')
        {
            return Some(end);
        }
        // What is no word stands for itself.
        if !is_alpha(left) && !is_alpha(at(bytes, digits.end)) && !matches!(left, b'_' | b'-') {
            return None;
        }
        let end = short_word(bytes, digits).or_else(|| mingled(bytes, digits))?;
        // From this length on a mixed word may be a secret, where its key says so.
        let token = span_back(bytes, anchor, SHORTEST, is_token) + span(bytes, anchor, SHORTEST, is_token);
        (token < SHORTEST || !self.may_be_secret()).then_some(end)
    }

    fn may_be_secret(&mut self) -> bool {
        *self.secrets.get_or_insert_with(|| may_name_a_secret(self.bytes))
    }
}

/// Where the string begins whose key ends with the word for a password that an anchor is in.
fn keyed_password(bytes: &[u8], anchor: usize) -> Option<usize> {
    let end = anchor + span(bytes, anchor, MAX_LABEL, is_alpha);
    if at(bytes, end) != b'"' {
        return None;
    }
    let colon = end + 1 + run(bytes, end + 1, usize::MAX, Sort::Blank);
    let value = colon + 1 + run(bytes, colon + 1, usize::MAX, Sort::Blank);
    let named = password::is_key(part(bytes, anchor.saturating_sub(MAX_LABEL), end));
    (named && [colon, value].map(|place| at(bytes, place)) == *b":\"").then_some(value + 1)
}

/// Whether a label around an anchor may be one in disguise, or the key of JSON inside a string: then it looks otherwise here.
fn is_veiled(bytes: &[u8], anchor: usize) -> bool {
    let near = part(bytes, anchor.saturating_sub(MAX_LABEL), (anchor + MAX_LABEL).min(bytes.len()));
    Veils::new(near).next(0).is_some()
}

/// Whether a moment at a full hour stands behind a key that names a birth.
fn may_be_birth(bytes: &[u8], moment: usize) -> bool {
    if part(bytes, moment + 13, moment + 16) != b":00" {
        return false;
    }
    let colon = moment - 1 - span_back(bytes, moment - 1, 8, |byte| byte == b' ');
    let quote = colon.saturating_sub(1) - span_back(bytes, colon.saturating_sub(1), 8, |byte| byte == b' ');
    let end = quote.saturating_sub(1);
    let key = span_back(bytes, end, 64, |byte| byte != b'"');
    // Without a key of its own it is an element of a list.
    before(bytes, colon) != b':' || key_topics(part(bytes, end - key, end)).names(Kind::BirthDate)
}

/// A number by itself: `"id":4812,`, `"ratio": -0.4812,`.
fn alone(bytes: &[u8], digits: Run) -> Option<usize> {
    let closes = |place: usize| matches!(at(bytes, place), b',' | b'}' | b']' | b'\n' | b'\r');
    let left = before(bytes, digits.start);
    let opens =
        matches!(left, b':' | b',' | b'[') || (left == b' ' && matches!(before(bytes, digits.start - 1), b':' | b','));
    if opens && digits.len() <= MAX_DIGITS && closes(digits.end) && is_listed(bytes, digits) {
        return Some(digits.end);
    }
    let start = digits.start - usize::from(left == b'-');
    let fraction = if at(bytes, digits.end) == b'.' { 1 + span(bytes, digits.end + 1, 24, is_digit) } else { 0 };
    let end = digits.end + fraction;
    // "4111111111111111.0" is whole.
    let broken = part(bytes, digits.end, end).iter().any(|byte| matches!(byte, b'1'..=b'9'));
    (follows_key(bytes, start) && (broken || digits.len() <= MAX_INTEGER) && closes(end)).then_some(end)
}

/// A whole string that is too short to hold anything, behind its key: the `"2.0"` of every message of JSON-RPC.
fn short_string(bytes: &[u8], start: usize) -> Option<usize> {
    let length = span(bytes, start, MAX_WORD, |byte| byte != b'"' && byte != b'\\' && byte < 0x80);
    let (quote, end) = (start - 1, start + length);
    let closes = at(bytes, end) == b'"' && matches!(at(bytes, end + 1), b',' | b'}');
    (is_too_short(part(bytes, start, end)) && closes && follows_key(bytes, quote)).then_some(end)
}

/// Whether values of JSON can be on both sides of the commas around the number: `[1, 2, "a"]`, not `Rua Augusta, 12, bloco`.
fn is_listed(bytes: &[u8], number: Run) -> bool {
    let blank = |place: usize| usize::from(at(bytes, place) == b' ');
    let comma = number.start - usize::from(before(bytes, number.start) == b' ');
    let ends = |end: usize| {
        let word = part(bytes, 0, end);
        is_digit(before(bytes, end))
            || matches!(before(bytes, end), b'"' | b']' | b'}' | b'\n')
            || [&b"true"[..], b"false", b"null"].iter().any(|known| word.ends_with(known))
    };
    let led = before(bytes, comma) != b',' || ends(comma - 1);
    let next = number.end + 1 + blank(number.end + 1);
    let starts =
        |byte: u8| is_digit(byte) || matches!(byte, b'"' | b'[' | b'{' | b't' | b'f' | b'n' | b'-' | b'\n' | b'\r');
    led && (at(bytes, number.end) != b',' || starts(at(bytes, next)))
}

/// Whether a value of JSON that is no string begins here, directly behind its key. A quote inside a string has a backslash.
fn follows_key(bytes: &[u8], start: usize) -> bool {
    let colon = start - usize::from(before(bytes, start) == b' ');
    let quote = colon.saturating_sub(2);
    // One that opens a string has something of JSON before it: `"mobile":":030123,"`.
    let closes = !matches!(before(bytes, quote), b'\\' | b':' | b',' | b'[' | b'{' | b' ' | b'\t' | b'\n' | b'\r');
    before(bytes, colon) == b':' && at(bytes, quote) == b'"' && closes
}

/// A short word: `"v2"`, `"beta-97"`.
fn short_word(bytes: &[u8], digits: Run) -> Option<usize> {
    let (left, right) = (before(bytes, digits.start), at(bytes, digits.end));
    if digits.len() > MAX_DIGITS {
        return None;
    }
    let word_end = digits.end + span(bytes, digits.end, MAX_WORD, is_alnum);
    let ends = matches!(at(bytes, word_end), b'"' | b',' | b' ' | b'_' | b'/') && !matches!(right, b' ' | b',');
    if is_alpha(left) || left == b'_' {
        let anchor = digits.start;
        let start = anchor - span_back(bytes, anchor, MAX_WORD + 1, |byte| is_alnum(byte) || byte == b'_');
        let plain =
            start < anchor && !is_escape(bytes, start) && before(bytes, start) != b'\\' && before(bytes, start) < 0x80;
        return (plain && ends && word_end - start <= MAX_WORD).then_some(word_end);
    }
    let joined = left == b'-' && digits.start > 1 && is_alpha(before(bytes, digits.start - 1));
    (joined && right == b'"').then_some(digits.end)
}

/// A word in which a small letter stands between digits, as in a digest or the name of a container. None of ours is
/// written so, apart from secrets, and from what has a colon or another mark beside it.
fn mingled(bytes: &[u8], digits: Run) -> Option<usize> {
    let start = digits.start - span_back(bytes, digits.start, MAX_MINGLED, is_alnum);
    let end = digits.end + run(bytes, digits.end, MAX_MINGLED, Sort::Alnum);
    let word = part(bytes, start, end);
    let free = |byte: u8| byte < 0x80 && !is_alnum(byte) && !matches!(byte, b':' | b'<' | b'%' | b'\\' | b'+' | b'@');
    if word.len() == codice_fiscale::LENGTH || !free(before(bytes, start)) || !free(at(bytes, end)) {
        return None;
    }
    let first = span(word, 0, MAX_MINGLED, is_digit);
    // "4155552671x12" has an extension.
    let extended = first >= 3 && is_extension(at(word, first));
    let zone = span(word, 0, ZONE_LENGTH, |byte| is_upper(byte) || is_digit(byte)) == ZONE_LENGTH;
    let stretch = end + span(bytes, end, MAX_MINGLED, is_token);
    let ours = extended || zone || iban::begins(word) || secret::issued(bytes, start, stretch).is_some();
    let mut behind = word.iter().skip_while(|byte| !is_digit(**byte)).skip_while(|byte| !byte.is_ascii_lowercase());
    (!ours && behind.any(|&byte| is_digit(byte))).then_some(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Scanner;

    fn is_harmless(text: &str) -> bool {
        Suspects::new(text.as_bytes(), Surroundings::default(), Care::Usual).is_empty()
    }

    /// A value made of pieces that recognizers could react to, as it stands in JSON and by itself.
    fn value() -> impl Strategy<Value = (String, String)> {
        let piece = prop_oneof![
            Just("Main St ".to_owned()),
            Just("Hauptstr. ".to_owned()),
            Just("-".to_owned()),
            Just(" ".to_owned()),
            Just(",".to_owned()),
            Just(":".to_owned()),
            Just("/".to_owned()),
            Just("2024-05-01T10:00:00Z".to_owned()),
            Just("%40".to_owned()),
            Just("sk-".to_owned()),
            Just("DE89".to_owned()),
            Just("4155552671".to_owned()),
            "[0-9]{1,6}",
            "[a-zA-Z]{1,6}",
            "[a-z0-9]{1,8}",
            "[a-f0-9]{8,24}",
            "[A-Z0-9]{8}",
        ];
        let text = proptest::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat());
        let number = prop_oneof!["-?[1-9][0-9]{0,11}", "-?[1-9][0-9]{0,8}\\.[0-9]{1,8}"];
        prop_oneof![text.prop_map(|text| (format!("\"{text}\""), text)), number.prop_map(|text| (text.clone(), text))]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8_000))]

        #[test]
        fn what_passes_has_nothing_to_find(
            key in proptest::sample::select(&["phone", "ssn", "passport", "address", "id", "dob", "ip", "card", "iban", "nie", "password"][..]),
            (json, text) in value(),
        ) {
            if is_harmless(&format!("{{\"{key}\":{json}}}")) {
                let found = Scanner::new(Config::default()).scan_value(key, &text);
                // Numbers of JSON are something only when they are whole and long.
                let counts = (json.starts_with('"') && !is_too_short(text.as_bytes())) || (text.len() > MAX_INTEGER && !text.contains(['.', '-']));
                prop_assert!(found.is_empty() || !counts, "{found:?}");
            }
        }
    }

    #[test]
    fn whoever_is_suspicious_passes_over_nothing() {
        let cares = [Sensitivity::Strict, Sensitivity::Balanced, Sensitivity::Eager, Sensitivity::Everything]
            .map(|sensitivity| Care::of(&Config::default().with_sensitivity(sensitivity)));
        assert_eq!(cares, [Care::Usual, Care::Usual, Care::Suspicious, Care::Suspicious]);
        let harmless = br#"{"id":4812}"#;
        assert!(Suspects::new(harmless, Surroundings::default(), Care::Usual).is_empty());
        assert!(!Suspects::new(harmless, Surroundings::default(), Care::Suspicious).is_empty());
    }

    #[test]
    fn what_may_be_a_secret_is_looked_at() {
        for text in [
            r#"{"password":"a00/Main St "}"#,
            r#"{"password":"a00_Secrets"}"#,
            r#"{"password":"build-97"}"#,
            r#"{"password":"Secret/a00"}"#,
        ] {
            assert!(!is_harmless(text), "{text}");
        }
    }

    #[test]
    fn only_what_can_be_nothing_passes() {
        for text in [
            r#"{"id":4812,"name":"beta-97","ok":true}"#,
            r#"[{"at":"2024-05-01T10:00:00Z","tag":"v2"}, 17, 5]"#,
            r#"{"id":"67867728-d9cb-469f-a165-70867728950e"}"#,
            r#"{"name":"web-3f9ab12cd","sha":"6dcb09b5b57875f334f61aebed695e2e4193db5e","ratio":-0.48123}"#,
            r#"{"labels":["build-97"]}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"version": "10","ok":true}}"#,
        ] {
            assert!(is_harmless(text), "{text}");
        }
        for text in [
            r#"{"a":"12 Main St"}"#,
            r#"{"card":4111111111111111.0}"#,
            r#"{"a":"Hauptstr. 12"}"#,
            r#"{"a":"b@c.de"}"#,
            r#"{"a":"b\u0040c.de"}"#,
            r#"{"phone":4155552671}"#,
            r#"{"a":"\n12"}"#,
            r#"{"a":"10.0.0.1"}"#,
            r#"{"a":"fe80::"}"#,
            r#"{"a":"C1X00T4"}"#,
            r#"{"a":"4155552671x12"}"#,
            r#"{"a":"DE89a37040b0440c5320d13000"}"#,
            r#"{"a":"sk-ab1c2d3e4f5g6h7i8j9k0"}"#,
            r#"{"a":"{\"phone\":123.4567,\"b\":1}"}"#,
            r#"{"a":"12ab34:0:0:0:0:0:0:1"}"#,
            r#"{"a":"12345"}"#,
            r#"{"a":"\"12\", Main Street"}"#,
            r#"{"a":"Main Street","12"}"#,
            r#"["12","Main Street"]"#,
            r#"{"street":"Maple, 103,"}"#,
            r#"{"mobile":":030123,"}"#,
            r#"{"a":"Rua Sete de Setembro, 3061, bloco B"}"#,
            r#"{"a":"Ronda Miguel Hernandez, 1, bajo"}"#,
            r#"["Main Street, 12, Leeds"]"#,
        ] {
            assert!(!is_harmless(text), "{text}");
        }
    }
}
