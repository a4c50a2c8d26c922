//! JSON-RPC error bodies in the client's era.
/// `id`: raw JSON text of the request's id, or None (then `id` is omitted in the stateless era, null before).
pub fn error_body(id: Option<&str>, code: i64, message: &str, data: Option<&serde_json::Value>) -> Vec<u8> { todo!() }
/// tools/call result with isError:true and one text block (resultType "complete" in the stateless era).
pub fn tool_error_body(id: &str, era: crate::Era, text: &str) -> Vec<u8> { todo!() }
pub mod code { pub const PARSE: i64 = -32700; pub const INVALID_REQUEST: i64 = -32600; pub const METHOD_NOT_FOUND: i64 = -32601; pub const INVALID_PARAMS: i64 = -32602; pub const INTERNAL: i64 = -32603;
 pub const HEADER_MISMATCH: i64 = -32020; pub const MISSING_CAPABILITY: i64 = -32021; pub const UNSUPPORTED_VERSION: i64 = -32022; pub const RESOURCE_NOT_FOUND_LEGACY: i64 = -32002; /// ours, outside the reserved range
 pub const DENIED: i64 = -31403; pub const UNAVAILABLE: i64 = -31503; }
