//! What an answer is made of.

use http::{HeaderMap, HeaderValue, header};

/// Every text of these is one of UTF-8 as far as it is ASCII, so it can be looked at.
const READABLE: [&str; 8] =
    ["utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "iso-8859-15", "windows-1252"];

/// What an upstream answers with; the vault lets nothing else pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Media {
    /// One JSON text.
    Json,
    /// A stream of server-sent events.
    Events,
    /// No body.
    None,
}

impl Media {
    /// As the headers of an answer say.
    pub fn of(headers: &HeaderMap) -> Self {
        let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        match text.split(';').next().unwrap_or("").trim() {
            "" => Self::None,
            media if media.eq_ignore_ascii_case("text/event-stream") => Self::Events,
            _ => Self::Json,
        }
    }
}

/// Whether the headers of an answer say of its text that it can be looked at. JSON (RFC 8259 section 8.1) and events are UTF-8,
/// and say nothing.
pub(crate) fn can_be_read(headers: &HeaderMap) -> bool {
    let mut parameters =
        headers.get_all(header::CONTENT_TYPE).iter().flat_map(|value| value.as_bytes().split(|&byte| byte == b';'));
    parameters.all(|parameter| {
        let parameter = String::from_utf8_lossy(parameter).to_ascii_lowercase();
        let Some((name, charset)) = parameter.split_once('=') else { return true };
        name.trim() != "charset"
            || READABLE.contains(
                &charset.trim_matches(|letter: char| letter.is_whitespace() || letter == '"' || letter == '\''),
            )
    })
}

/// Says of an answer that its text is UTF-8, because it is another one now.
pub(crate) fn say_utf8(headers: &mut HeaderMap) {
    let media = match Media::of(headers) {
        Media::Events => "text/event-stream",
        Media::Json | Media::None => "application/json",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_that_can_be_read() {
        for (value, readable) in [
            ("application/json", true),
            ("application/json; charset=utf-8", true),
            ("application/json;charset=\"UTF-8\"", true),
            ("text/html; Charset = ISO-8859-1 ", true),
            ("application/json; charset=utf-16", false),
            ("application/json; profile=x; CHARSET=\"utf-16le\"", false),
            ("text/event-stream;charset=utf-32", false),
            ("application/json; charset=utf-7", false),
            ("application/json; charset=", false),
            ("application/json; charset=utf-8; charset=utf-16", false),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(value))]);
            assert_eq!(can_be_read(&headers), readable, "{value}");
        }
    }
}
