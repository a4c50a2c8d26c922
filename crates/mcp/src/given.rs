//! What is plumbing of the protocol in the messages of a client. All else of them is data that it gives to the server.

use std::borrow::Cow;

use serde::Deserialize;

use crate::{Message, MessageKind, Target, untouched::Place};

/// The messages of a client, by what of them the protocol needs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Given {
    /// A call of a tool.
    Tool,
    /// A prompt is asked for.
    Prompt,
    /// A resource is read, or watched.
    Resource,
    /// A completion.
    Completion,
    /// A page of a list.
    List,
    /// `initialize`.
    Opening,
    /// `logging/setLevel`.
    Level,
    /// `subscriptions/listen`.
    Listen,
    /// A request about a task.
    Task,
    /// How far a request of the server is.
    Progress,
    /// A request is given up.
    Cancelled,
    /// An answer to a request of the server.
    Answer,
    /// Whatever else there is: nothing of it is known to be plumbing.
    Other,
}

/// In all of them. Keys of `_meta` are named one by one: a reserved prefix is no reason to carry anything at all.
const ANYWHERE: &[Place] = &[
    &["jsonrpc"],
    &["id"],
    &["method"],
    &["params", "requestState"],
    &["params", "_meta", "progressToken"],
    &["params", "_meta", "traceparent"],
    &["params", "_meta", "tracestate"],
    &["params", "_meta", "io.modelcontextprotocol/protocolVersion"],
    &["params", "_meta", "io.modelcontextprotocol/logLevel"],
    &["params", "_meta", "io.modelcontextprotocol/subscriptionId"],
    &["params", "_meta", "io.modelcontextprotocol/related-task", "taskId"],
];

/// Files in base64 that a client gives: what its model has drawn or said (sampling).
pub const FILES: &[Place] = &[
    &["result", "content", "data"],
    &["result", "content", "[]", "data"],
    &["params", "inputResponses", "*", "content", "data"],
    &["params", "inputResponses", "*", "content", "[]", "data"],
];

impl Given {
    /// Every one.
    pub const ALL: [Self; 13] = [
        Self::Tool,
        Self::Prompt,
        Self::Resource,
        Self::Completion,
        Self::List,
        Self::Opening,
        Self::Level,
        Self::Listen,
        Self::Task,
        Self::Progress,
        Self::Cancelled,
        Self::Answer,
        Self::Other,
    ];

    /// Which one a message is.
    pub fn of(message: &Message) -> Self {
        match (message.kind(), message.method()) {
            (MessageKind::Response, _) => Self::Answer,
            (MessageKind::Notification, "notifications/progress") => Self::Progress,
            (MessageKind::Notification, "notifications/cancelled") => Self::Cancelled,
            (MessageKind::Notification, _) => Self::Other,
            (_, "tools/call") => Self::Tool,
            (_, "prompts/get") => Self::Prompt,
            (_, "resources/read" | "resources/subscribe" | "resources/unsubscribe") => Self::Resource,
            (_, "completion/complete") => Self::Completion,
            (_, "initialize") => Self::Opening,
            (_, "logging/setLevel") => Self::Level,
            (_, "subscriptions/listen") => Self::Listen,
            (_, "tasks/get" | "tasks/update" | "tasks/cancel" | "tasks/result") => Self::Task,
            (_, "tools/list" | "prompts/list" | "resources/list" | "resources/templates/list" | "tasks/list") => {
                Self::List
            }
            _ => Self::Other,
        }
    }

    /// Where its plumbing is.
    pub fn plumbing(self) -> impl Iterator<Item = Place> {
        let own: &[Place] = match self {
            Self::Tool => &[&["params", "name"], &["params", "task", "ttl"], &["params", "task", "pollInterval"]],
            Self::Prompt => &[&["params", "name"]],
            Self::Resource => &[&["params", "uri"]],
            Self::Completion => &[
                &["params", "ref", "type"],
                &["params", "ref", "name"],
                &["params", "ref", "uri"],
                &["params", "argument", "name"],
            ],
            Self::List => &[&["params", "cursor"]],
            Self::Opening => &[&["params", "protocolVersion"]],
            Self::Level => &[&["params", "level"]],
            Self::Listen => &[&["params", "notifications", "resourceSubscriptions", "[]"]],
            Self::Task => &[&["params", "taskId"]],
            Self::Progress => &[&["params", "progressToken"], &["params", "progress"], &["params", "total"]],
            Self::Cancelled => &[&["params", "requestId"]],
            Self::Answer => &[
                &["error", "code"],
                &["result", "taskId"],
                &["result", "createdAt"],
                &["result", "lastUpdatedAt"],
                &["result", "task", "taskId"],
                &["result", "task", "createdAt"],
                &["result", "task", "lastUpdatedAt"],
                &["result", "_meta", "io.modelcontextprotocol/related-task", "taskId"],
            ],
            Self::Other => &[],
        };
        ANYWHERE.iter().chain(own).copied()
    }
}

impl Message {
    /// The plumbing in it that a client words freely: names and URIs. With another one it would mean something else, so
    /// they pass as they are or not at all.
    pub fn names(&self) -> Vec<Cow<'_, str>> {
        let mut names = vec![Cow::from(self.method())];
        match self.target() {
            Target::Tool(name) | Target::Prompt(name) | Target::Resource(name) => names.push(name.into()),
            _ => {}
        }
        names.extend(self.subscriptions().iter().map(Cow::from));
        // In the stateless era it is one that was sealed for this caller.
        names.extend(self.request_state().filter(|_| self.meta_version().is_none()).map(Cow::from));
        names.extend((Given::of(self) == Given::Completion).then(|| completed(self)).flatten().map(Cow::from));
        names
    }
}

/// The name of the argument that is completed.
fn completed(message: &Message) -> Option<String> {
    #[derive(Deserialize)]
    struct Request {
        params: Params,
    }
    #[derive(Deserialize)]
    struct Params {
        argument: Argument,
    }
    #[derive(Deserialize)]
    struct Argument {
        name: String,
    }
    serde_json::from_slice::<Request>(message.bytes()).ok().map(|request| request.params.argument.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message::parse(text.to_owned().into()).unwrap()
    }

    #[test]
    fn names_are_what_decides_about_a_message() {
        let names = |method: &str, params: &str| {
            let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
            message(&text).names().into_iter().map(Cow::into_owned).collect::<Vec<_>>()
        };
        assert_eq!(names("tools/call", r#"{"name":"a"}"#), ["tools/call", "a"]);
        assert_eq!(names("resources/read", r#"{"uri":"a:b"}"#), ["resources/read", "a:b"]);
        assert_eq!(
            names(
                "completion/complete",
                r#"{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"n","value":"v"}}"#
            ),
            ["completion/complete", "p", "n"]
        );
        assert_eq!(
            names("subscriptions/listen", r#"{"notifications":{"resourceSubscriptions":["a:b","a:c"]}}"#),
            ["subscriptions/listen", "a:b", "a:c"]
        );
        assert_eq!(names("tools/call", r#"{"name":"a","requestState":"s"}"#), ["tools/call", "a", "s"]);
        let sealed =
            r#"{"name":"a","requestState":"s","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#;
        assert_eq!(names("tools/call", sealed), ["tools/call", "a"]);
        assert_eq!(names("their/own", r#"{"name":"a","uri":"b"}"#), ["their/own"]);
    }

    #[test]
    fn nothing_of_an_unknown_message_is_plumbing_but_the_envelope() {
        for text in [
            r#"{"jsonrpc":"2.0","id":1,"method":"their/own"}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/theirs","params":{"name":"a"}}"#,
        ] {
            assert_eq!(Given::of(&message(text)), Given::Other);
        }
        assert_eq!(Given::Other.plumbing().count(), ANYWHERE.len());
        assert!(Given::ALL.iter().all(|given| given.plumbing().count() >= ANYWHERE.len()));
        assert_eq!(Given::of(&message(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)), Given::Answer);
    }
}
