//! One strict parse of one message, used by policy and by forwarding: the original bytes go upstream unchanged.

use std::{borrow::Cow, ops::Range};

use bytes::Bytes;

pub use crate::error::ParseError;
use crate::{
    params::{Arguments, Field, Meta, Params, Text, field, refuse_variant},
    scan::{Kind, Scanner, Value},
    state,
};

/// A parsed JSON-RPC message that owns its bytes. Sealed: only [`Message::parse`] builds one.
#[derive(Clone, Debug)]
pub struct Message {
    bytes: Bytes,
    kind: MessageKind,
    id: Option<Range<usize>>,
    method: Cow<'static, str>,
    /// Boxed: a message is handed on a dozen times.
    params: Box<Params>,
}

/// The three kinds of JSON-RPC messages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MessageKind {
    /// It wants an answer.
    Request,
    /// It wants none.
    Notification,
    /// An answer of the client to a request of the server (up to 2025-11-25).
    Response,
}

/// What a message acts on, as policy names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target<'a> {
    /// `tools/call`.
    Tool(&'a str),
    /// `prompts/get`, and the completion of a prompt's arguments.
    Prompt(&'a str),
    /// `resources/read`, `subscribe`, `unsubscribe`, and the completion of a resource template.
    Resource(&'a str),
    /// `tools/list`.
    ToolList,
    /// `prompts/list`.
    PromptList,
    /// `resources/list`.
    ResourceList,
    /// `resources/templates/list`.
    ResourceTemplateList,
    /// What belongs to the exchange itself: `initialize`, `ping`, `server/discover`, `logging/setLevel`,
    /// `subscriptions/listen` for changes of lists, notifications, responses.
    Session,
    /// Anything else: denied unless policy names the method.
    Unknown(&'a str),
}

impl Message {
    /// Reads one message: strict JSON in UTF-8, one object and nothing after it, at most 64 levels deep, no key twice
    /// at any depth, no case variant of a key with a meaning nor among the top-level arguments, `jsonrpc` exactly
    /// "2.0", the id a string or an integer.
    ///
    /// # Errors
    /// [`ParseError`] says which of these failed, or that the parameters do not fit the method.
    pub fn parse(bytes: Bytes) -> Result<Self, ParseError> {
        let envelope = Envelope::scan(&bytes)?;
        let message = envelope.into_message(bytes)?;
        message.check_params()?;
        Ok(message)
    }

    /// The bytes as they came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Request, notification or response.
    pub fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The id as raw JSON text; `None` for notifications.
    pub fn id(&self) -> Option<&str> {
        self.id.as_ref().map(|span| self.slice(span))
    }

    /// The id of a request: what its answer names. That of a response is its server's, and names nothing to its client.
    pub fn request_id(&self) -> Option<&str> {
        self.id().filter(|_| self.kind == MessageKind::Request)
    }

    /// The method, unescaped. Empty for responses.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// What it acts on.
    pub fn target(&self) -> Target<'_> {
        if self.kind != MessageKind::Request {
            return Target::Session;
        }
        let method = self.method();
        let name = || self.found(&self.params.name);
        let uri = || self.found(&self.params.uri);
        let target = match method {
            "tools/call" => name().map(Target::Tool),
            "prompts/get" => name().map(Target::Prompt),
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => uri().map(Target::Resource),
            "completion/complete" => self.completion_target(),
            "tools/list" => Some(Target::ToolList),
            "prompts/list" => Some(Target::PromptList),
            "resources/list" => Some(Target::ResourceList),
            "resources/templates/list" => Some(Target::ResourceTemplateList),
            "initialize" | "ping" | "server/discover" | "logging/setLevel" => Some(Target::Session),
            "subscriptions/listen" if !self.params.reaches_further => Some(Target::Session),
            _ => None,
        };
        target.unwrap_or(Target::Unknown(method))
    }

    /// `params.arguments` as raw JSON text (an object), when there are any.
    pub fn arguments(&self) -> Option<&str> {
        match &self.params.arguments {
            Arguments::Object(span, _) => Some(self.slice(span)),
            Arguments::Absent | Arguments::Other => None,
        }
    }

    /// A top-level argument by its exact name, as raw JSON text.
    pub fn argument(&self, name: &str) -> Option<&str> {
        let found = self.members().iter().find(|(key, _)| self.text(key) == name);
        found.map(|(_, span)| self.slice(span))
    }

    /// The names of the top-level arguments, unescaped.
    pub fn argument_names(&self) -> impl Iterator<Item = &str> {
        self.members().iter().map(|(key, _)| self.text(key))
    }

    /// The resources that `subscriptions/listen` asks for: each has to be permitted like a read.
    pub fn subscriptions(&self) -> &[String] {
        match &self.params.subscriptions {
            Some((uris, _)) if self.kind == MessageKind::Request && self.method() == "subscriptions/listen" => uris,
            _ => &[],
        }
    }

    /// The same message, asking for no other resources than these.
    ///
    /// # Errors
    /// [`ParseError`] never, unless the message did not ask for resources.
    pub fn with_subscriptions(&self, uris: &[&str]) -> Result<Self, ParseError> {
        let Some((_, span)) = &self.params.subscriptions else { return Err(not_rpc("it asks for no resources")) };
        let (before, rest) = self.bytes.split_at_checked(span.start).unwrap_or((&self.bytes, &[]));
        let uris = serde_json::to_vec(uris).unwrap_or_default();
        Self::parse([before, &uris, rest.get(span.len()..).unwrap_or_default()].concat().into())
    }

    /// `params.requestState`, unescaped.
    pub fn request_state(&self) -> Option<&str> {
        self.found(&self.params.state)
    }

    /// The same message with another `requestState`; everything else stays byte for byte.
    ///
    /// # Errors
    /// [`ParseError`] never, unless the message has no state.
    pub fn with_request_state(&self, text: &str) -> Result<Self, ParseError> {
        let Some(span) = &self.params.state_span else { return Err(not_rpc("it has no requestState")) };
        Self::parse(state::replace(&self.bytes, span, text).into())
    }

    /// `params._meta["io.modelcontextprotocol/protocolVersion"]`, unescaped.
    pub fn meta_version(&self) -> Option<&str> {
        self.found(&self.params.meta.version)
    }

    /// `params.protocolVersion` of `initialize`, unescaped.
    pub fn initialize_version(&self) -> Option<&str> {
        self.found(&self.params.initialize_version)
    }

    /// Whether `_meta` has an object `io.modelcontextprotocol/clientCapabilities` (required in 2026-07-28).
    pub fn has_client_capabilities(&self) -> bool {
        self.params.meta.has_capabilities
    }

    /// The reserved members of `_meta`, for the era rules.
    pub(crate) fn meta(&self) -> &Meta {
        &self.params.meta
    }

    /// What the header `Mcp-Name` mirrors for this method; the outer `None` when it mirrors nothing.
    pub(crate) fn mirrored_name(&self) -> Option<Option<&str>> {
        let field = match self.method() {
            "tools/call" | "prompts/get" => &self.params.name,
            "resources/read" => &self.params.uri,
            "tasks/get" | "tasks/update" | "tasks/cancel" => &self.params.task,
            _ => return None,
        };
        Some(self.found(field))
    }

    fn members(&self) -> &[(Text, Range<usize>)] {
        match &self.params.arguments {
            Arguments::Object(_, members) => members,
            Arguments::Absent | Arguments::Other => &[],
        }
    }

    fn completion_target(&self) -> Option<Target<'_>> {
        let reference = &self.params.reference;
        match self.found(&reference.kind)? {
            "ref/prompt" => self.found(&reference.name).map(Target::Prompt),
            "ref/resource" => self.found(&reference.uri).map(Target::Resource),
            _ => None,
        }
    }

    /// A call without a plain target would slip past policy by name; refuse it before anyone looks.
    fn check_params(&self) -> Result<(), ParseError> {
        if self.kind != MessageKind::Request {
            return Ok(());
        }
        let wanted = match self.method() {
            "tools/call" | "prompts/get" => "params.name must be a string",
            "resources/read" => "params.uri must be a string",
            // A stateless request with a removed method is refused for its method, whatever its parameters are.
            "resources/subscribe" | "resources/unsubscribe" if matches!(self.params.meta.version, Field::Absent) => {
                "params.uri must be a string"
            }
            "completion/complete" => "params.ref must be {type: \"ref/prompt\", name} or {type: \"ref/resource\", uri}",
            _ => "",
        };
        if !wanted.is_empty() && matches!(self.target(), Target::Unknown(_)) {
            return Err(self.bad_params(wanted));
        }
        if matches!(self.params.arguments, Arguments::Other) {
            return Err(self.bad_params("params.arguments must be an object"));
        }
        if matches!(self.params.state, Field::Other) {
            return Err(self.bad_params("params.requestState must be a string"));
        }
        if self.params.bad_meta {
            return Err(self.bad_params("params._meta must be an object"));
        }
        Ok(())
    }

    fn bad_params(&self, reason: &str) -> ParseError {
        ParseError::BadParams { id: self.id().map(str::to_owned), reason: reason.to_owned() }
    }

    fn found<'a>(&'a self, field: &'a Field) -> Option<&'a str> {
        match field {
            Field::Text(text) => Some(self.text(text)),
            Field::Absent | Field::Other => None,
        }
    }

    fn text<'a>(&'a self, text: &'a Text) -> &'a str {
        match text {
            Text::Plain(span) => self.slice(span),
            Text::Unescaped(text) => text,
        }
    }

    /// The whole text was checked to be UTF-8 and spans end at ASCII bytes, so this cannot fail.
    fn slice(&self, span: &Range<usize>) -> &str {
        self.bytes.get(span.clone()).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }
}

/// The keys of the outermost object with a meaning.
const ENVELOPE: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];

/// The outermost object, scanned but not yet understood.
#[derive(Default)]
struct Envelope {
    is_version_2: bool,
    id: Option<Value>,
    method: Field,
    params: Option<Box<Params>>,
    answers: usize,
}

impl Envelope {
    fn scan(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut scanner = Scanner::new(bytes)?;
        match scanner.peek() {
            Some(b'{') => {}
            Some(b'[') => return Err(ParseError::Batch),
            _ => {
                scanner.value()?;
                return Err(not_rpc("a message is an object"));
            }
        }
        let mut envelope = Self::default();
        scanner.object(|scanner, key| envelope.member(scanner, key.as_ref()))?;
        scanner.end()?;
        envelope.check_id(&scanner)?;
        Ok(envelope)
    }

    fn member(&mut self, scanner: &mut Scanner<'_>, key: &str) -> Result<(), ParseError> {
        match key {
            "jsonrpc" => {
                let Value { kind, span } = scanner.value()?;
                self.is_version_2 =
                    matches!(kind, Kind::String { escaped } if scanner.text_of(&span, escaped) == "2.0");
            }
            "id" => self.id = Some(scanner.value()?),
            "method" => self.method = field(scanner)?,
            "params" if scanner.peek() == Some(b'{') => self.params = Some(Box::new(Params::scan(scanner)?)),
            "params" => {
                scanner.value()?;
                return Err(not_rpc("params must be an object"));
            }
            "result" | "error" => {
                scanner.value()?;
                self.answers += 1;
            }
            other => {
                refuse_variant(other, &ENVELOPE)?;
                scanner.value()?;
            }
        }
        Ok(())
    }

    /// MCP: ids MUST be strings or integers and MUST NOT be null.
    fn check_id(&self, scanner: &Scanner<'_>) -> Result<(), ParseError> {
        let Some(Value { kind, span }) = &self.id else { return Ok(()) };
        let fits = match kind {
            Kind::String { .. } => true,
            // Beyond 64 bits, and for -0, readers write back another number than they read.
            Kind::Number => {
                let text = scanner.slice(span);
                text != "-0" && (text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok())
            }
            _ => false,
        };
        if fits { Ok(()) } else { Err(not_rpc("the id must be a string or an integer")) }
    }

    fn into_message(self, bytes: Bytes) -> Result<Message, ParseError> {
        if !self.is_version_2 {
            return Err(not_rpc("jsonrpc must be \"2.0\""));
        }
        let id = self.id.map(|value| value.span);
        let (kind, method) = match (self.method, self.answers) {
            (Field::Text(method), 0) if id.is_some() => (MessageKind::Request, method_of(method, &bytes)),
            (Field::Text(method), 0) => (MessageKind::Notification, method_of(method, &bytes)),
            (Field::Absent, 1) if id.is_some() && self.params.is_none() => (MessageKind::Response, Cow::Borrowed("")),
            (Field::Absent, 0) => return Err(not_rpc("a message needs a method")),
            (Field::Other, _) => return Err(not_rpc("the method must be a string")),
            _ => {
                return Err(not_rpc(
                    "a message is either a request or a response with an id and one of result and error",
                ));
            }
        };
        let message = Message { bytes, kind, id, method, params: self.params.unwrap_or_default() };
        // A call dressed as a notification would be executed without being decided.
        let notifies = message.method().starts_with("notifications/");
        match kind {
            MessageKind::Request if notifies => Err(not_rpc("a notification has no id")),
            MessageKind::Notification if !notifies => Err(not_rpc("a request needs an id")),
            _ => Ok(message),
        }
    }
}

/// Methods of requests, for which no text has to be kept: it is asked for again and again.
const METHODS: [&str; 20] = [
    "tools/call",
    "tools/list",
    "initialize",
    "ping",
    "server/discover",
    "prompts/get",
    "prompts/list",
    "resources/read",
    "resources/list",
    "resources/templates/list",
    "resources/subscribe",
    "resources/unsubscribe",
    "completion/complete",
    "logging/setLevel",
    "subscriptions/listen",
    "tasks/get",
    "tasks/list",
    "tasks/result",
    "tasks/update",
    "tasks/cancel",
];

fn method_of(text: Text, bytes: &[u8]) -> Cow<'static, str> {
    let text = match text {
        Text::Unescaped(text) => return Cow::Owned(text.into_string()),
        Text::Plain(span) => bytes.get(span).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or(""),
    };
    METHODS.into_iter().find(|known| *known == text).map_or_else(|| Cow::Owned(text.to_owned()), Cow::Borrowed)
}

fn not_rpc(what: &str) -> ParseError {
    ParseError::NotRpc(what.to_owned())
}
