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
const PROGRESS: &str = "progressToken";
const RESERVED: [&str; 3] = [VERSION, CAPABILITIES, INFO];
const ROUND_TRIP: [&str; 2] = ["inputResponses", "requestState"];

/// The level that `logging/setLevel` sets.
pub fn log_level(message: &Message) -> Option<String> {
    Object::parse(Object::parse(message.bytes()).ok()?.get("params")?.as_bytes()).ok()?.string("level")
}

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
    let mut meta = splice::with(&meta, CAPABILITIES, client.capabilities());
    if let Some(level) = client.level() {
        meta = splice::with(&meta, LOG_LEVEL, &format!("\"{level}\""));
    }
    match client.info() {
        Some(info) => splice::with(&meta, INFO, info),
        None => meta,
    }
}

/// What a request of a client without a session wants besides its answer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wishes {
    /// Log messages; without it none may be sent (MCP 2026-07-28, logging: MUST NOT).
    pub(super) logs: bool,
    /// Progress: under the token that was sent, and the one that the client knows, both raw.
    pub(super) progress: Option<(String, String)>,
}

impl Wishes {
    /// The same request, which its client now makes again: progress comes under the token of the newer one.
    pub(super) fn renewed(self, newer: Self) -> Self {
        let progress = self.progress.and_then(|(sent, _)| Some((sent, newer.progress?.1)));
        Self { logs: newer.logs, progress }
    }
}

/// A request of a client without a session, as it is sent in a session: its reserved members are gone, and its id and
/// progress token are such that no other request in the session has (MCP, base protocol: ids MUST be unique within a
/// session; progress: tokens MUST be unique across active requests).
///
/// # Errors
/// [`ParseError`] never, unless the message is no request.
pub fn to_stateful(message: &Message, id: u64) -> Result<(Message, Wishes), ParseError> {
    let id = id.to_string();
    let whole = Object::parse(message.bytes())?;
    let mut wishes = Wishes::default();
    let text = match whole.get("params") {
        Some(params) => whole.with("params", &params_in_session(params, &id, &mut wishes)?),
        None => whole.without(&[]),
    };
    Ok((Message::parse(splice::with(&text, "id", &id).into())?, wishes))
}

fn params_in_session(params: &str, id: &str, wishes: &mut Wishes) -> Result<String, ParseError> {
    // Input is brought along in the stateless era only.
    let params = splice::without(params, &ROUND_TRIP);
    let params = Object::parse(params.as_bytes())?;
    let Some(meta) = params.get("_meta") else { return Ok(params.without(&[])) };
    let mut meta = splice::without(meta, &RESERVED);
    let found = Object::parse(meta.as_bytes())?;
    wishes.logs = found.get(LOG_LEVEL).is_some();
    if let Some(token) = found.get(PROGRESS) {
        wishes.progress = Some((id.to_owned(), token.to_owned()));
        meta = found.with(PROGRESS, id);
    }
    Ok(params.with("_meta", &meta))
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
        let loud = client().hearing("warning").unwrap();
        assert!(text(&to_stateless(&message(call), &loud).unwrap()).contains(r#"/logLevel":"warning""#));
        assert!(client().hearing("loud").is_none());
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
        let (sent, wishes) = to_stateful(&call, 7).unwrap();
        assert_eq!(
            text(&sent),
            r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a","_meta":{"progressToken":7},"n":1.0}}"#
        );
        let progress = Some(("7".to_owned(), r#""p""#.to_owned()));
        assert_eq!(wishes, Wishes { logs: false, progress });
        let retry = message(
            r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"requestState":"s","a":1.0,"inputResponses":{}}}"#,
        );
        assert!(text(&to_stateful(&retry, 7).unwrap().0).ends_with(r#""params":{"a":1.0}}"#));
        let logs = message(
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/logLevel":"info"}}}"#,
        );
        assert_eq!(to_stateful(&logs, 7).unwrap().1, Wishes { logs: true, progress: None });
    }
}
