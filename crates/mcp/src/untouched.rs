//! Where in the messages of a server there is something that must come back as it was, or a file. Everything else is for
//! people and models to read.

/// The keys on the way to a value; `[]` is an element of an array, and a key that ends in `*` is every key that begins so.
pub type Place = &'static [&'static str];

/// Names, tokens and cursors of the protocol: a message with another one would mean something else, or nothing. Tools are
/// among them as a whole: their definitions are compared and pinned.
pub const OF_THE_PROTOCOL: &[Place] = &[
    &["jsonrpc"],
    &["id"],
    &["method"],
    &["params", "progressToken"],
    &["params", "requestId"],
    &["params", "taskId"],
    &["params", "elicitationId"],
    &["params", "mode"],
    &["params", "url"],
    &["params", "uri"],
    &["params", "level"],
    &["params", "_meta", "progressToken"],
    &["params", "_meta", "io.modelcontextprotocol/*"],
    &["params", "_meta", "traceparent"],
    &["error", "data", "elicitations", "[]", "elicitationId"],
    &["error", "data", "elicitations", "[]", "url"],
    &["result", "_meta", "progressToken"],
    &["result", "_meta", "io.modelcontextprotocol/*"],
    &["result", "_meta", "traceparent"],
    &["result", "protocolVersion"],
    &["result", "supportedVersions"],
    &["result", "capabilities"],
    &["result", "serverInfo"],
    &["result", "resultType"],
    &["result", "requestState"],
    &["result", "nextCursor"],
    &["result", "taskId"],
    &["result", "task", "taskId"],
    &["result", "task", "createdAt"],
    &["result", "task", "lastUpdatedAt"],
    &["result", "tasks", "[]", "taskId"],
    &["result", "tasks", "[]", "createdAt"],
    &["result", "tasks", "[]", "lastUpdatedAt"],
    &["result", "tools"],
    &["result", "prompts", "[]", "name"],
    &["result", "prompts", "[]", "arguments", "[]", "name"],
    &["result", "prompts", "[]", "icons"],
    &["result", "resources", "[]", "uri"],
    &["result", "resources", "[]", "icons"],
    &["result", "resourceTemplates", "[]", "uriTemplate"],
    &["result", "resourceTemplates", "[]", "icons"],
    &["result", "contents", "[]", "uri"],
    &["result", "contents", "[]", "mimeType"],
    &["result", "content", "[]", "type"],
    &["result", "content", "[]", "mimeType"],
    &["result", "inputRequests", "*", "method"],
    &["result", "inputRequests", "*", "params", "elicitationId"],
    &["result", "inputRequests", "*", "params", "mode"],
    &["result", "inputRequests", "*", "params", "url"],
];

/// Files in base64.
pub const FILES: &[Place] = &[
    &["params", "messages", "[]", "content", "data"],
    &["params", "messages", "[]", "content", "[]", "data"],
    &["params", "messages", "[]", "content", "resource", "blob"],
    &["params", "messages", "[]", "content", "[]", "resource", "blob"],
    &["result", "content", "[]", "data"],
    &["result", "content", "[]", "resource", "blob"],
    &["result", "contents", "[]", "blob"],
    &["result", "messages", "[]", "content", "data"],
    &["result", "messages", "[]", "content", "[]", "data"],
    &["result", "messages", "[]", "content", "resource", "blob"],
    &["result", "messages", "[]", "content", "[]", "resource", "blob"],
];
