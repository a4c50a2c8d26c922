//! What is wrong with a message, and JSON-RPC error bodies in the client's era.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::Era;

/// Why bytes are not a message we accept. The sentence is safe to show to the sender; the HTTP status is 400.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParseError {
    /// Not JSON as RFC 8259 defines it, or JSON that readers could understand differently.
    #[error("not valid JSON: {0}")]
    NotJson(String),
    /// Not one JSON-RPC 2.0 message, or one with ambiguous keys.
    #[error("not a valid JSON-RPC message: {0}")]
    NotRpc(String),
    /// An array of messages; only protocol version 2025-03-26 has them.
    #[error("batches are not supported: send one message per request")]
    Batch,
    /// The parameters do not fit the method.
    #[error("{reason}")]
    BadParams {
        /// The request's id as raw JSON text; `None` for a notification.
        id: Option<String>,
        /// What is wrong.
        reason: String,
    },
}

impl ParseError {
    /// The JSON-RPC error code.
    pub const fn code(&self) -> i64 {
        match self {
            Self::NotJson(_) => code::PARSE,
            Self::NotRpc(_) | Self::Batch => code::INVALID_REQUEST,
            Self::BadParams { .. } => code::INVALID_PARAMS,
        }
    }

    /// The id of the refused request as raw JSON text, when it could be read.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::BadParams { id, .. } => id.as_deref(),
            _ => None,
        }
    }
}

/// A JSON-RPC error response. `id` is the raw JSON text of the request's id. `None` leaves it out, as
/// 2026-07-28 wants when it is unknown; JSON-RPC 2.0 and the older versions want `Some("null")` then.
pub fn error_body(id: Option<&str>, code: i64, message: &str, data: Option<&serde_json::Value>) -> Vec<u8> {
    #[derive(Serialize)]
    struct Body<'a> {
        jsonrpc: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RawValue>,
        error: Fault<'a>,
    }
    #[derive(Serialize)]
    struct Fault<'a> {
        code: i64,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<&'a serde_json::Value>,
    }
    let id = id.and_then(|id| serde_json::from_str(id).ok());
    // Strings and values always serialize.
    serde_json::to_vec(&Body { jsonrpc: "2.0", id, error: Fault { code, message, data } }).unwrap_or_default()
}

/// A result of `tools/call` that tells the model what went wrong: `isError` and one text block.
/// `id` is the raw JSON text of the request's id.
pub fn tool_error_body(id: &str, era: Era, text: &str) -> Vec<u8> {
    #[derive(Serialize)]
    struct Body<'a> {
        jsonrpc: &'static str,
        id: Option<&'a RawValue>,
        result: CallResult<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct CallResult<'a> {
        // 2026-07-28: every result MUST have a resultType.
        #[serde(skip_serializing_if = "Option::is_none")]
        result_type: Option<&'static str>,
        content: [Block<'a>; 1],
        is_error: bool,
    }
    #[derive(Serialize)]
    struct Block<'a> {
        r#type: &'static str,
        text: &'a str,
    }
    let result_type = (era == Era::Stateless).then_some("complete");
    let result = CallResult { result_type, content: [Block { r#type: "text", text }], is_error: true };
    serde_json::to_vec(&Body { jsonrpc: "2.0", id: serde_json::from_str(id).ok(), result }).unwrap_or_default()
}

/// JSON-RPC error codes. Ours lie outside -32768..=-32000, which JSON-RPC and MCP reserve.
pub mod code {
    /// Not JSON (JSON-RPC 2.0 section 5.1).
    pub const PARSE: i64 = -32700;
    /// Not a valid request.
    pub const INVALID_REQUEST: i64 = -32600;
    /// The method does not exist.
    pub const METHOD_NOT_FOUND: i64 = -32601;
    /// Parameters that do not fit; also an unknown tool, and from 2026-07-28 an unknown resource.
    pub const INVALID_PARAMS: i64 = -32602;
    /// Our own fault.
    pub const INTERNAL: i64 = -32603;
    /// Headers and body disagree (2026-07-28).
    pub const HEADER_MISMATCH: i64 = -32020;
    /// The client lacks a capability that is needed (2026-07-28).
    pub const MISSING_CAPABILITY: i64 = -32021;
    /// The protocol version is not supported (2026-07-28).
    pub const UNSUPPORTED_VERSION: i64 = -32022;
    /// An unknown resource, up to 2025-11-25 only.
    pub const RESOURCE_NOT_FOUND_LEGACY: i64 = -32002;
    /// Ours: policy refused a call to something the caller can see.
    pub const DENIED: i64 = -31403;
    /// Ours: a part that must work does not.
    pub const UNAVAILABLE: i64 = -31503;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(body: &[u8]) -> serde_json::Value {
        serde_json::from_slice(body).unwrap()
    }

    #[test]
    fn errors_echo_the_id_or_leave_it_out() {
        let data = serde_json::json!({"requested": "x"});
        let body =
            json(&error_body(Some("\"a\\u0041\""), code::UNSUPPORTED_VERSION, "no \"such\" version", Some(&data)));
        assert_eq!(
            body,
            serde_json::json!({"jsonrpc": "2.0", "id": "aA", "error": {"code": -32022, "message": "no \"such\" version", "data": {"requested": "x"}}})
        );
        assert_eq!(json(&error_body(Some("null"), code::PARSE, "m", None)).get("id"), Some(&serde_json::Value::Null));
        assert_eq!(json(&error_body(None, code::PARSE, "m", None)).get("id"), None);
    }

    #[test]
    fn tool_errors_are_in_the_clients_era() {
        let modern = json(&tool_error_body("7", Era::Stateless, "no\n"));
        assert_eq!(modern["result"]["resultType"], "complete");
        assert_eq!(modern["result"]["content"][0]["text"], "no\n");
        assert_eq!((&modern["id"], &modern["result"]["isError"]), (&7.into(), &true.into()));
        assert_eq!(json(&tool_error_body("7", Era::Stateful, "no"))["result"].get("resultType"), None);
    }

    #[test]
    fn our_codes_lie_outside_the_reserved_range() {
        for code in [code::DENIED, code::UNAVAILABLE] {
            assert!(!(-32768..=-32000).contains(&code));
        }
    }
}
