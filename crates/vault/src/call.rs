//! One MCP exchange as policy sees it and as it is sent: the parsed message plus what travels with it.

use http::{HeaderMap, Method};
use vestibule_mcp::{Era, Message, Target};
use vestibule_model::{Digest, spelling};
use vestibule_policy::{Call, engine::CallTarget};

use crate::screen::wish::Wishes;

/// POST with a message, or GET or DELETE of the stateful era.
#[derive(Debug)]
pub struct McpCall {
    /// The HTTP method.
    pub method: Method,
    /// How the request opened.
    pub era: Era,
    /// The message; `None` for GET and DELETE.
    pub message: Option<Message>,
    /// The upstream's own session id, opened from our sealed one.
    pub upstream_session: Option<String>,
    /// What the client's session is called here, if anything: labels belong to one session.
    pub mark: Option<String>,
    /// What its client wishes of masking, or else its session. The headers are not asked again.
    pub wishes: Wishes,
    /// The headers as they came. The vault sends those of its allow-list, whatever is in here.
    pub headers: HeaderMap,
}

/// What a message acts on, as policy names it.
pub(crate) fn target_of(message: &Message) -> CallTarget<'_> {
    match message.target() {
        Target::Tool(name) => CallTarget::Tool(name),
        Target::Prompt(name) => CallTarget::Prompt(name),
        Target::Resource(uri) => CallTarget::Resource(uri),
        // Lists are open to whoever may talk at all; each entry is decided when the answer is filtered.
        Target::ToolList
        | Target::PromptList
        | Target::ResourceList
        | Target::ResourceTemplateList
        | Target::Session => CallTarget::Session,
        Target::Unknown(method) => CallTarget::Method(method),
    }
}

impl Call for McpCall {
    fn method(&self) -> &str {
        match &self.message {
            Some(message) if message.method().is_empty() => "response",
            Some(message) => message.method(),
            None => self.method.as_str(),
        }
    }

    fn target(&self) -> CallTarget<'_> {
        self.message.as_ref().map_or(CallTarget::Session, target_of)
    }

    fn also(&self) -> Vec<CallTarget<'_>> {
        let uris = self.message.as_ref().map_or(&[][..], Message::subscriptions);
        uris.iter().map(|uri| CallTarget::Resource(uri)).collect()
    }

    fn argument(&self, name: &str) -> Option<&str> {
        self.message.as_ref()?.argument(name)
    }

    fn has_variant_of(&self, name: &str) -> bool {
        let Some(message) = &self.message else { return false };
        message.argument_names().any(|have| spelling::is_variant(have, name))
    }

    fn arguments(&self) -> Option<&str> {
        self.message.as_ref()?.arguments()
    }

    fn arguments_digest(&self) -> Option<Digest> {
        self.arguments().map(|text| Digest::of(text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(json: &str) -> McpCall {
        McpCall {
            method: Method::POST,
            era: Era::Stateful,
            message: Some(Message::parse(json.to_owned().into()).unwrap()),
            upstream_session: None,
            mark: None,
            wishes: Wishes::default(),
            headers: HeaderMap::new(),
        }
    }

    #[test]
    fn messages_are_named_as_policy_names_them() {
        let of = |method: &str, params: &str| {
            call(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#))
        };
        assert_eq!(of("tools/call", r#"{"name":"a"}"#).target(), CallTarget::Tool("a"));
        assert_eq!(of("prompts/get", r#"{"name":"b"}"#).target(), CallTarget::Prompt("b"));
        assert_eq!(of("resources/read", r#"{"uri":"c:d"}"#).target(), CallTarget::Resource("c:d"));
        assert_eq!(of("tools/list", "{}").target(), CallTarget::Session);
        assert_eq!(of("ping", "{}").target(), CallTarget::Session);
        assert_eq!(of("tasks/result", "{}").target(), CallTarget::Method("tasks/result"));
        let response = call(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
        assert_eq!((Call::method(&response), response.target()), ("response", CallTarget::Session));
        let stream = McpCall { method: Method::GET, message: None, ..response };
        assert_eq!((Call::method(&stream), stream.target()), ("GET", CallTarget::Session));
    }

    #[test]
    fn arguments_and_their_variants_are_found() {
        let call = call(
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"employeeId":1, "x":"y"}}}"#,
        );
        assert_eq!(call.argument("x"), Some(r#""y""#));
        assert_eq!(call.argument("employee_id"), None);
        assert!(call.has_variant_of("employee_id") && call.has_variant_of("EMPLOYEE-ID"));
        assert!(!call.has_variant_of("employeeId") && !call.has_variant_of("x") && !call.has_variant_of("employee"));
        assert_eq!(call.arguments_digest(), Some(Digest::of(br#"{"employeeId":1, "x":"y"}"#)));
    }
}
