//! One MCP exchange as policy sees it and as it is sent: the parsed message plus what travels with it.
use http::Method;
use vestibule_mcp::{Era, Message};
/// POST with a message, or GET / DELETE of the stateful era.
#[derive(Debug)]
pub struct McpCall {
    pub method: Method, pub era: Era, /// None for GET and DELETE.
    pub message: Option<Message>,
    /// The upstream's session id, opened from our sealed one.
    pub upstream_session: Option<String>,
    /// Headers that pass (allow-list applied by `dispatch`, not by the caller).
    pub headers: http::HeaderMap,
}
// impl vestibule_policy::Call for McpCall (GET, DELETE are CallTarget::Session)
