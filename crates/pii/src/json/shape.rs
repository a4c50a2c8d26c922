//! What a value looks like that the protocol needs back. Anything else at its place is looked at like all the rest.

/// How values look at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// One word without blanks, or a number: an id, a cursor, a name that programs use.
    Token,
    /// An absolute URI, or a template of one.
    Uri,
    /// A date with a time (RFC 3339).
    Time,
    /// A picture inside a URL.
    Picture,
    /// The `traceparent` of a trace (W3C Trace Context).
    Trace,
    /// One string or number, whatever is in it.
    Value,
    /// A file in base64: what is text inside is looked at.
    Base64,
    /// Everything, with all that is in it.
    Whole,
}

impl Shape {
    /// Whether the inside of a string, or a number, is of this shape.
    pub(crate) fn fits(self, value: &[u8]) -> bool {
        match self {
            Self::Token => is_word(value),
            Self::Uri => is_uri(value) && is_word(value),
            Self::Time => is_time(value),
            Self::Picture => value.starts_with(b"data:image/") && is_word(value),
            Self::Trace => is_trace(value),
            Self::Value | Self::Base64 | Self::Whole => true,
        }
    }
}

/// Some writers escape the slash; nothing else here needs an escape.
fn is_word(value: &[u8]) -> bool {
    let escapes = value.iter().filter(|byte| **byte == b'\\').count();
    let slashes = value.windows(2).filter(|two| two == b"\\/").count();
    !value.is_empty() && escapes == slashes && value.iter().all(|byte| *byte > b' ' && *byte != 0x7F)
}

/// It begins with a scheme (RFC 3986 section 3.1), or with what a template puts in its place.
fn is_uri(value: &[u8]) -> bool {
    let Some(colon) = value.iter().position(|byte| *byte == b':') else { return false };
    let scheme = value.get(..colon).unwrap_or_default();
    scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
}

fn is_time(value: &[u8]) -> bool {
    let form = b"0000-00-00T00:00:00";
    let begins = value.len() >= form.len()
        && value.iter().zip(form).all(|(byte, form)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form });
    let rest = value.get(form.len()..).unwrap_or_default();
    begins && rest.len() <= 16 && rest.iter().all(|byte| byte.is_ascii_digit() || b".:+-Z".contains(byte))
}

fn is_trace(value: &[u8]) -> bool {
    let dash = |index: usize| [2, 35, 52].contains(&index);
    value.len() == 55
        && value
            .iter()
            .enumerate()
            .all(|(index, byte)| if dash(index) { *byte == b'-' } else { byte.is_ascii_hexdigit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_shape_of_their_place() {
        for (shape, fits, others) in [
            (
                Shape::Token,
                &["7", "abc", "eyJwYWdlIjoyfQ==", "a\\/b", "jane@example.com"][..],
                &["", "a b", "a\\u0020b", "12 Main"][..],
            ),
            (
                Shape::Uri,
                &["hr://people/7", "mailto:a@b.c", "file:\\/\\/x", "x:{+path}"],
                &["jane@example.com", "4155552671", "a: b", "://x"],
            ),
            (
                Shape::Time,
                &["2025-11-25T10:30:00Z", "2025-11-25T10:30:00.123+01:00"],
                &["2025-11-25", "1980-02-03 10:30:00", "2025-11-25T10:30:00 x"],
            ),
            (Shape::Picture, &["data:image/png;base64,AAAA"], &["data:text/plain,x", "https://x/?a=jane@example.com"]),
            (
                Shape::Trace,
                &["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
                &["734-12-3102", "00-4bf92f3577b34da6a3ce929d0e0e4736"],
            ),
        ] {
            for value in fits {
                assert!(shape.fits(value.as_bytes()), "{shape:?} {value}");
            }
            for value in others {
                assert!(!shape.fits(value.as_bytes()), "{shape:?} {value}");
            }
        }
    }
}
