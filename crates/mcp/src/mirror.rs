//! Headers that mirror the body (MCP 2026-07-28, transports, "Value Encoding"). They are never trusted; they are
//! compared with the body.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};

/// The longest value that is decoded, in bytes.
const MAX_VALUE: usize = 8192;

/// A header of which a request should have at most one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mirrored<'a> {
    /// Not sent.
    #[default]
    Absent,
    /// Sent once.
    Value(&'a [u8]),
    /// Sent more than once: two readers could take two different ones.
    Repeated,
}

impl<'a> Mirrored<'a> {
    /// From all values of one header.
    pub fn collect(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => Self::Value(value),
            (Some(_), Some(_)) => Self::Repeated,
        }
    }

    /// A text as the value of a mirroring header: wrapped when a header could not hold it, or when it would be taken for
    /// wrapped.
    pub fn encode(text: &str) -> Cow<'_, str> {
        let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if plain && text.trim() == text && !text.starts_with("=?base64?") {
            return Cow::Borrowed(text);
        }
        Cow::Owned(format!("=?base64?{}?=", STANDARD.encode(text)))
    }

    /// The value without white space around it. `Err` says what is wrong with it.
    pub(crate) fn plain(self) -> Result<Option<&'a str>, &'static str> {
        let value = match self {
            Self::Absent => return Ok(None),
            Self::Repeated => return Err("appears more than once"),
            Self::Value(value) => value,
        };
        if value.len() > MAX_VALUE {
            return Err("is too long");
        }
        let legal = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~');
        match std::str::from_utf8(value) {
            Ok(text) if value.iter().all(legal) => Ok(Some(text.trim_matches([' ', '\t']))),
            _ => Err("has characters that a header must encode"),
        }
    }

    /// The value, decoded when it is wrapped as `=?base64?…?=`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn decoded(self) -> Result<Option<Cow<'a, str>>, &'static str> {
        let Some(plain) = self.plain()? else { return Ok(None) };
        // The wrapping is exact: another letter case, or only one half of it, is literal text.
        let Some(inner) = plain.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
            return Ok(Some(Cow::Borrowed(plain)));
        };
        let bytes = STANDARD.decode(inner).map_err(|_| "is not valid Base64")?;
        String::from_utf8(bytes).map(|text| Some(Cow::Owned(text))).map_err(|_| "is not UTF-8 after decoding")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(value: &str) -> Result<Option<Cow<'_, str>>, &'static str> {
        Mirrored::Value(value.as_bytes()).decoded()
    }

    #[test]
    fn wrapped_values_are_decoded() {
        assert_eq!(decoded("=?base64?SGVsbG8sIOS4lueVjA==?="), Ok(Some("Hello, 世界".into())));
        assert_eq!(decoded(" \tquery_leaves "), Ok(Some("query_leaves".into())));
        assert_eq!(decoded("=?base64??="), Ok(Some("".into())));
    }

    #[test]
    fn half_or_miscased_wrapping_is_literal() {
        for literal in ["=?BASE64?SGk=?=", "=?base64?SGk=", "SGk=?=", "=?base64?="] {
            assert_eq!(decoded(literal), Ok(Some(literal.into())));
        }
    }

    #[test]
    fn bad_encodings_are_refused() {
        for bad in [
            "=?base64?SGk?=",
            "=?base64?SG k=?=",
            "=?base64?_-8=?=",
            "=?base64?/w==?=",
            "=?base64?SGl=?=",
            "caf\u{e9}",
            "a\u{7f}",
        ] {
            assert!(decoded(bad).is_err(), "{bad}");
        }
        assert!(Mirrored::Value(b"a\r\nb").decoded().is_err());
        assert!(Mirrored::Value(&[b'a'; MAX_VALUE + 1]).decoded().is_err());
        assert!(Mirrored::collect([&b"a"[..], b"a"]).decoded().is_err());
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for text in ["read", "rëad", " padded", "=?base64?eA==?=", "", "tab\t", "line\nbreak"] {
            let encoded = Mirrored::encode(text);
            assert!(encoded.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{encoded}");
            assert_eq!(Mirrored::Value(encoded.as_bytes()).decoded(), Ok(Some(text.into())), "{text:?}");
        }
        assert_eq!(Mirrored::encode("read"), "read");
    }
}
