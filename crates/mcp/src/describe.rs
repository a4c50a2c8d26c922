//! What a carrier of messages has to know of them, and no more.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Message, MessageKind, Mirrored, Version};

/// The headers that a message of 2026-07-28 mirrors itself in, for carriers that speak for a client without headers; none
/// for a message of another era.
pub fn mirrored_headers(message: &Message) -> Vec<(&'static str, String)> {
    if message.meta_version().is_none() {
        return Vec::new();
    }
    let mut headers = vec![("mcp-protocol-version", Version::V2026_07_28.as_str().to_owned())];
    if message.kind() == MessageKind::Request {
        headers.push(("mcp-method", message.method().to_owned()));
        headers.extend(message.mirrored_name().flatten().map(|name| ("mcp-name", Mirrored::encode(name).into_owned())));
    }
    headers
}

/// The id, as raw JSON text, that `notifications/cancelled` is about.
pub fn cancelled_id(message: &Message) -> Option<String> {
    #[derive(Deserialize)]
    struct Cancelled<'a> {
        #[serde(borrow)]
        params: Params<'a>,
    }
    #[derive(Deserialize)]
    struct Params<'a> {
        #[serde(borrow, rename = "requestId")]
        request: &'a RawValue,
    }
    let is_one = message.kind() == MessageKind::Notification && message.method() == "notifications/cancelled";
    let text = std::str::from_utf8(message.bytes()).ok().filter(|_| is_one)?;
    serde_json::from_str::<Cancelled<'_>>(text).ok().map(|cancelled| cancelled.params.request.get().to_owned())
}

/// The version that an answer to `initialize` settles on.
pub fn negotiated_version(answer: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        result: Initialized,
    }
    #[derive(Deserialize)]
    struct Initialized {
        #[serde(rename = "protocolVersion")]
        version: String,
    }
    serde_json::from_slice::<Answer>(answer).ok().map(|answer| answer.result.version)
}

/// Whether these bytes are a JSON-RPC message, rather than an error of HTTP.
pub fn is_message(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Versioned<'a> {
        #[serde(borrow)]
        jsonrpc: std::borrow::Cow<'a, str>,
    }
    serde_json::from_slice::<Versioned<'_>>(bytes).is_ok_and(|message| message.jsonrpc == "2.0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_compared_as_they_are_written() {
        let cancelled = |id: &str| {
            let text =
                format!(r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id}}}}}"#);
            cancelled_id(&Message::parse(text.into()).unwrap())
        };
        assert_eq!(cancelled("7").as_deref(), Some("7"));
        assert_eq!(cancelled("\"7\"").as_deref(), Some("\"7\""));
        let other = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"requestId":7}}"#;
        assert_eq!(cancelled_id(&Message::parse(other.into()).unwrap()), None);
    }

    #[test]
    fn a_message_is_mirrored_in_its_headers() {
        let of = |text: &str| mirrored_headers(&Message::parse(text.to_owned().into()).unwrap());
        let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#;
        let call = of(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"ö",{meta}}}}}"#));
        let pairs: Vec<(&str, &str)> = call.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(
            pairs,
            [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "=?base64?w7Y=?=")]
        );
        assert!(of(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}"#).is_empty());
    }

    #[test]
    fn messages_are_told_from_errors_of_http() {
        assert!(is_message(br#"{"jsonrpc":"2.0","id":1,"error":{}}"#));
        assert!(!is_message(br#"{"error":"forbidden"}"#) && !is_message(b"") && !is_message(b"[]"));
        assert_eq!(
            negotiated_version(br#"{"result":{"protocolVersion":"2025-06-18"}}"#).as_deref(),
            Some("2025-06-18")
        );
    }
}
