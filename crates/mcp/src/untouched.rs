//! Where in the messages of a server there is something that must come back as it was, or a file. Everything else is for
//! people and models to read.
//!
//! A place counts only where the protocol has it: in requests and notifications of its method, or in answers to it. What can
//! never look like personal data (the words of an enumeration, a media type) needs no place here.

/// The keys on the way to a value; `[]` is an element of an array, and `*` is every key.
pub type Place = &'static [&'static str];

/// What stands at a place, as it must look there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// One word without blanks, or a number: an id, a cursor, a name.
    Token,
    /// An absolute URI, or a template of one.
    Uri,
    /// A date with a time.
    Time,
    /// A picture inside a URL.
    Picture,
    /// The `traceparent` of a trace.
    Trace,
    /// A file in base64.
    File,
    /// All of it: a definition that is compared and pinned.
    Whole,
}

/// Which messages have a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Every message.
    All,
    /// Requests and notifications of these methods.
    Asks(&'static [&'static str]),
    /// Answers to these methods.
    Answers(&'static [&'static str]),
    /// Answers to these methods with this `resultType` (MCP 2026-07-28).
    Answered(&'static [&'static str], &'static str),
}

/// What stands for the method where a stream goes on: any answer of its session may come there.
pub const RESUMED: &str = "";

/// Places by the form of the message.
pub const TABLES: &[(Form, &[(Place, Value)])] = &[
    (
        Form::All,
        &[
            (&["id"], Value::Token),
            (&["params", "_meta", "progressToken"], Value::Token),
            (&["params", "_meta", "io.modelcontextprotocol/subscriptionId"], Value::Token),
            (&["params", "_meta", "io.modelcontextprotocol/related-task", "taskId"], Value::Token),
            (&["params", "_meta", "traceparent"], Value::Trace),
            (&["result", "_meta", "io.modelcontextprotocol/subscriptionId"], Value::Token),
            (&["result", "_meta", "io.modelcontextprotocol/related-task", "taskId"], Value::Token),
            (&["result", "_meta", "traceparent"], Value::Trace),
            (&["error", "data", "elicitations", "[]", "elicitationId"], Value::Token),
            (&["error", "data", "elicitations", "[]", "url"], Value::Uri),
        ],
    ),
    (Form::Asks(&["notifications/progress"]), &[(&["params", "progressToken"], Value::Token)]),
    (Form::Asks(&["notifications/cancelled"]), &[(&["params", "requestId"], Value::Token)]),
    (Form::Asks(&["notifications/resources/updated"]), &[(&["params", "uri"], Value::Uri)]),
    (
        Form::Asks(&["notifications/elicitation/complete", "elicitation/create"]),
        &[(&["params", "elicitationId"], Value::Token)],
    ),
    (Form::Asks(&["elicitation/create"]), &[(&["params", "url"], Value::Uri)]),
    (
        Form::Asks(&["notifications/tasks/status", "notifications/tasks", "tasks/get", "tasks/result", "tasks/cancel"]),
        &[
            (&["params", "taskId"], Value::Token),
            (&["params", "createdAt"], Value::Time),
            (&["params", "lastUpdatedAt"], Value::Time),
        ],
    ),
    (
        Form::Asks(&["sampling/createMessage"]),
        &[
            (&["params", "messages", "[]", "content", "data"], Value::File),
            (&["params", "messages", "[]", "content", "[]", "data"], Value::File),
            (&["params", "messages", "[]", "content", "resource", "blob"], Value::File),
            (&["params", "messages", "[]", "content", "[]", "resource", "blob"], Value::File),
        ],
    ),
    (Form::Answers(&["tools/list", RESUMED]), &[(&["result", "tools"], Value::Whole)]),
    (
        Form::Answers(&[
            "tools/list",
            "prompts/list",
            "resources/list",
            "resources/templates/list",
            "tasks/list",
            RESUMED,
        ]),
        &[(&["result", "nextCursor"], Value::Token)],
    ),
    (
        Form::Answers(&["prompts/list", RESUMED]),
        &[
            (&["result", "prompts", "[]", "name"], Value::Token),
            (&["result", "prompts", "[]", "arguments", "[]", "name"], Value::Token),
            (&["result", "prompts", "[]", "icons", "[]", "src"], Value::Picture),
        ],
    ),
    (
        Form::Answers(&["resources/list", RESUMED]),
        &[
            (&["result", "resources", "[]", "uri"], Value::Uri),
            (&["result", "resources", "[]", "icons", "[]", "src"], Value::Picture),
        ],
    ),
    (
        Form::Answers(&["resources/templates/list", RESUMED]),
        &[
            (&["result", "resourceTemplates", "[]", "uriTemplate"], Value::Uri),
            (&["result", "resourceTemplates", "[]", "icons", "[]", "src"], Value::Picture),
        ],
    ),
    (
        Form::Answers(&["resources/read", RESUMED]),
        &[(&["result", "contents", "[]", "uri"], Value::Uri), (&["result", "contents", "[]", "blob"], Value::File)],
    ),
    (
        Form::Answers(&["tools/call", "tasks/result", RESUMED]),
        &[
            (&["result", "content", "[]", "data"], Value::File),
            (&["result", "content", "[]", "resource", "blob"], Value::File),
        ],
    ),
    // In 2026-07-28 a task brings its result along.
    (
        Form::Answers(&["tasks/get"]),
        &[
            (&["result", "result", "content", "[]", "data"], Value::File),
            (&["result", "result", "content", "[]", "resource", "blob"], Value::File),
        ],
    ),
    (
        Form::Answers(&["prompts/get", RESUMED]),
        &[
            (&["result", "messages", "[]", "content", "data"], Value::File),
            (&["result", "messages", "[]", "content", "[]", "data"], Value::File),
            (&["result", "messages", "[]", "content", "resource", "blob"], Value::File),
            (&["result", "messages", "[]", "content", "[]", "resource", "blob"], Value::File),
        ],
    ),
    // 2025-11-25 answers with a task inside, 2026-07-28 with the task itself.
    (
        Form::Answers(&["tools/call", RESUMED]),
        &[
            (&["result", "task", "taskId"], Value::Token),
            (&["result", "task", "createdAt"], Value::Time),
            (&["result", "task", "lastUpdatedAt"], Value::Time),
        ],
    ),
    (Form::Answered(&["tools/call"], "task"), A_TASK),
    (Form::Answers(&["tasks/get", "tasks/cancel", "tasks/update"]), A_TASK),
    (
        Form::Answers(&["tasks/list", RESUMED]),
        &[
            (&["result", "tasks", "[]", "taskId"], Value::Token),
            (&["result", "tasks", "[]", "createdAt"], Value::Time),
            (&["result", "tasks", "[]", "lastUpdatedAt"], Value::Time),
        ],
    ),
    (Form::Answered(&["tools/call", "prompts/get", "resources/read"], "input_required"), A_QUESTION),
    (Form::Answers(&["tasks/get"]), A_QUESTION),
];

const A_TASK: &[(Place, Value)] = &[
    (&["result", "taskId"], Value::Token),
    (&["result", "createdAt"], Value::Time),
    (&["result", "lastUpdatedAt"], Value::Time),
];

const A_QUESTION: &[(Place, Value)] = &[
    (&["result", "requestState"], Value::Token),
    (&["result", "inputRequests", "*", "params", "elicitationId"], Value::Token),
    (&["result", "inputRequests", "*", "params", "url"], Value::Uri),
];
