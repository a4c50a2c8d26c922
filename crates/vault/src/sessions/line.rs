//! Lines to and from a child.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What a line from a child is.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Line {
    /// The answer to the request of this id.
    Response(String),
    /// A request or notification of the server.
    Other,
    /// No message at all.
    Noise,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    jsonrpc: Option<&'a str>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    method: Option<serde::de::IgnoredAny>,
}

/// Reads only what decides where the line goes. The client reads the rest.
pub(super) fn classify(line: &[u8]) -> Line {
    let Ok(line) = std::str::from_utf8(line) else { return Line::Noise };
    match serde_json::from_str::<Envelope<'_>>(line) {
        Ok(Envelope { jsonrpc: Some("2.0"), method: Some(_), .. }) => Line::Other,
        Ok(Envelope { jsonrpc: Some("2.0"), id: Some(id), .. }) => Line::Response(key(id.get())),
        _ => Line::Noise,
    }
}

/// Whether a response is a refusal.
pub(super) fn is_error(line: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Refusal {
        error: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<Refusal>(line).is_ok_and(|refusal| refusal.error.is_some())
}

/// One spelling for an id: a server may escape a string differently than the client did.
pub(super) fn key(id: &str) -> String {
    if id.contains('\\') {
        let plain = serde_json::from_str::<String>(id).and_then(|text| serde_json::to_string(&text));
        return plain.unwrap_or_else(|_| id.to_owned());
    }
    id.to_owned()
}

/// The message on one line. The strict parser let it in, so a line break can only be white space between tokens.
pub(super) fn one_line(message: &Bytes) -> Bytes {
    let breaks = |byte: &u8| matches!(byte, b'\n' | b'\r');
    if !message.iter().any(breaks) {
        return message.clone();
    }
    message.iter().map(|byte| if breaks(byte) { b' ' } else { *byte }).collect::<Vec<u8>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        let of = |line: &str| classify(line.as_bytes());
        assert_eq!(of(r#"{"jsonrpc":"2.0","id":7,"result":{"id":8}}"#), Line::Response("7".to_owned()));
        assert_eq!(of(r#"{"result":{},"id":"a\u0062","jsonrpc":"2.0"}"#), Line::Response("\"ab\"".to_owned()));
        assert_eq!(of(r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#), Line::Other);
        assert_eq!(of(r#"{"jsonrpc":"2.0","method":"notifications/message"}"#), Line::Other);
        for noise in
            ["Server started", "{}", "[]", r#"{"id":1}"#, r#"{"jsonrpc":"2.0"}"#, r#"{"jsonrpc":"2.0","id":1"#, "7"]
        {
            assert_eq!(of(noise), Line::Noise, "{noise}");
        }
        assert_eq!(classify(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"\xff\"}"), Line::Noise);
    }

    #[test]
    fn a_message_becomes_one_line() {
        let pretty = Bytes::from_static(b"{\r\n  \"a\": \"\\n\"\n}");
        assert_eq!(one_line(&pretty), "{    \"a\": \"\\n\" }");
        let compact = Bytes::from_static(b"{\"a\":1}");
        assert_eq!(one_line(&compact).as_ptr(), compact.as_ptr(), "nothing is copied");
    }
}
