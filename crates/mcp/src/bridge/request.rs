//! Requests: the reserved members of `_meta`, and ids.

use super::{
    opening::Client,
    splice::{self, Object},
};
use crate::{Message, ParseError, Version};

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const INFO: &str = "io.modelcontextprotocol/clientInfo";
const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
const RESERVED: [&str; 3] = [VERSION, CAPABILITIES, INFO];

/// A request of a client with a session, as a server without sessions wants it: it says for itself who asks
/// (MCP 2026-07-28, base protocol: every request MUST have version and capabilities in `_meta`).
///
/// # Errors
/// [`ParseError`] when the message nests too deep with what is added.
pub fn to_stateless(message: &Message, client: &Client) -> Result<Message, ParseError> {
    let whole = Object::parse(message.bytes())?;
    let params = whole.get("params").unwrap_or("{}");
    let meta = Object::parse(params.as_bytes())?.get("_meta").map_or("{}".to_owned(), |meta| {
        // A client of this era has no say in these.
        splice::without(meta, &RESERVED)
    });
    let params = splice::with(params, "_meta", &with_reserved(&meta, client));
    Message::parse(whole.with("params", &params).into())
}

/// `_meta` of a request by this client.
pub(super) fn with_reserved(meta: &str, client: &Client) -> String {
    let meta = splice::with(meta, VERSION, &format!("\"{}\"", Version::V2026_07_28.as_str()));
    let meta = splice::with(&meta, CAPABILITIES, client.capabilities());
    match client.info() {
        Some(info) => splice::with(&meta, INFO, info),
        None => meta,
    }
}

/// A request of a client without a session, as it is sent in a session: its reserved members are gone, and its id is one
/// that no other request in the session has (MCP, base protocol: ids MUST be unique within a session).
///
/// # Errors
/// [`ParseError`] never, unless the message is no request.
pub fn to_stateful(message: &Message, id: u64) -> Result<Message, ParseError> {
    let whole = Object::parse(message.bytes())?;
    let text = match whole.get("params") {
        Some(params) => whole.with("params", &splice::without_inside(params, "_meta", &RESERVED)),
        None => whole.without(&[]),
    };
    Message::parse(splice::with(&text, "id", &id.to_string()).into())
}

/// Whether the request asks for log messages; without it none may be sent (MCP 2026-07-28, logging: MUST NOT).
pub fn has_log_level(message: &Message) -> bool {
    let meta = || {
        let params = Object::parse(message.bytes()).ok()?.get("params")?;
        let meta = Object::parse(params.as_bytes()).ok()?.get("_meta")?;
        Object::parse(meta.as_bytes()).ok()?.get(LOG_LEVEL).map(drop)
    };
    meta().is_some()
}

/// The declared client of a stateless request, raw: capabilities and info.
pub(super) fn declared(message: &Message) -> Option<(String, Option<String>)> {
    let params = Object::parse(message.bytes()).ok()?.get("params")?;
    let meta = Object::parse(Object::parse(params.as_bytes()).ok()?.get("_meta")?.as_bytes()).ok()?;
    Some((meta.get(CAPABILITIES)?.to_owned(), meta.get(INFO).map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message::parse(text.to_owned().into()).unwrap()
    }

    fn client() -> Client {
        Client::of_initialize(&message(
            r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"experimental":{"n":1.50}},"clientInfo":{"name":"c","version":"1"}}}"#,
        ))
    }

    fn text(message: &Message) -> String {
        String::from_utf8(message.bytes().to_vec()).unwrap()
    }

    const ADDED: &str = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"experimental":{"n":1.50}},"io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"}"#;

    #[test]
    fn a_request_says_who_asks_and_stays_as_it_came() {
        let call = r#"{ "jsonrpc":"2.0","x":[1], "id":18446744073709551615,"method":"tools/call","params":{"_meta":{"progressToken":1,"a.b/c":2e1},"name":"a","arguments":{"n":123456789012345678901}} }"#;
        assert_eq!(
            text(&to_stateless(&message(call), &client()).unwrap()),
            format!(
                r#"{{ "jsonrpc":"2.0","x":[1], "id":18446744073709551615,"method":"tools/call","params":{{"_meta":{{"progressToken":1,"a.b/c":2e1,{ADDED}}},"name":"a","arguments":{{"n":123456789012345678901}}}} }}"#
            )
        );
        for bare in [
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#,
        ] {
            assert_eq!(
                text(&to_stateless(&message(bare), &client()).unwrap()),
                format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"_meta":{{{ADDED}}}}}}}"#)
            );
        }
    }

    #[test]
    fn a_client_does_not_choose_its_reserved_members() {
        let forged = message(
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/clientCapabilities":{"sampling":{}},"io.modelcontextprotocol/clientInfo":1}}}"#,
        );
        assert_eq!(
            text(&to_stateless(&forged, &client()).unwrap()),
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"_meta":{{{ADDED}}}}}}}"#)
        );
    }

    #[test]
    fn in_a_session_the_reserved_members_are_gone_and_the_id_is_another() {
        let call = message(&format!(
            r#"{{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{{"name":"a","_meta":{{{ADDED},"progressToken":"p"}},"n":1.0}}}}"#
        ));
        assert_eq!(
            text(&to_stateful(&call, 7).unwrap()),
            r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a","_meta":{"progressToken":"p"},"n":1.0}}"#
        );
        assert!(!has_log_level(&call));
        assert!(has_log_level(&message(
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/logLevel":"info"}}}"#
        )));
    }
}
