//! What policy needs to know of a call. The wire format is known elsewhere.

use vestibule_model::Digest;

/// One MCP message (or HTTP verb) that is to be decided, from one strict parse.
pub trait Call {
    /// The MCP method, for the audit journal: `tools/call`, …
    fn method(&self) -> &str;
    /// What it acts on.
    fn target(&self) -> CallTarget<'_>;
    /// What it touches besides, each of which has to be permitted too: resources that a client subscribes to.
    fn also(&self) -> Vec<CallTarget<'_>>;
    /// The raw JSON text of a top-level argument of exactly this name.
    fn argument(&self, name: &str) -> Option<&str>;
    /// Whether a top-level argument exists whose name differs from `name` only by case, `_` or `-`.
    fn has_variant_of(&self, name: &str) -> bool;
    /// All arguments as the raw JSON text of an object.
    fn arguments(&self) -> Option<&str>;
    /// SHA-256 of the arguments, for the audit journal.
    fn arguments_digest(&self) -> Option<Digest>;
}

/// What a call acts on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CallTarget<'a> {
    /// The tool of this name.
    Tool(&'a str),
    /// The prompt of this name.
    Prompt(&'a str),
    /// The resource (or resource template) of this URI.
    Resource(&'a str),
    /// The session itself: initialize, ping, lists, notifications, responses. Allowed for whoever has a
    /// valid token, when the server has a policy; lists are filtered item by item.
    Session,
    /// Any other method: denied unless a policy permits the action `callMethod` on it.
    Method(&'a str),
}

impl<'a> CallTarget<'a> {
    /// The name or URI; none for the session.
    pub fn name(&self) -> Option<&'a str> {
        self.split().map(|(_, name)| name)
    }

    /// The kind and the name or URI; none for the session.
    pub(crate) fn split(&self) -> Option<(Kind, &'a str)> {
        match self {
            Self::Tool(name) => Some((Kind::Tool, name)),
            Self::Prompt(name) => Some((Kind::Prompt, name)),
            Self::Resource(uri) => Some((Kind::Resource, uri)),
            Self::Method(name) => Some((Kind::Method, name)),
            Self::Session => None,
        }
    }
}

/// The kinds of target that policies know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A tool.
    Tool,
    /// A prompt.
    Prompt,
    /// A resource.
    Resource,
    /// A method that is none of the above.
    Method,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Tool, Self::Prompt, Self::Resource, Self::Method];

    /// The target of this kind and name.
    pub(crate) fn target(self, name: &str) -> CallTarget<'_> {
        match self {
            Self::Tool => CallTarget::Tool(name),
            Self::Prompt => CallTarget::Prompt(name),
            Self::Resource => CallTarget::Resource(name),
            Self::Method => CallTarget::Method(name),
        }
    }

    /// The Cedar entity type.
    pub(crate) const fn entity_type(self) -> &'static str {
        match self {
            Self::Tool => "Tool",
            Self::Prompt => "Prompt",
            Self::Resource => "Resource",
            Self::Method => "Method",
        }
    }

    /// The Cedar action.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::Tool => "callTool",
            Self::Prompt => "getPrompt",
            Self::Resource => "readResource",
            Self::Method => "callMethod",
        }
    }

    /// The Cedar attribute that holds the name.
    pub(crate) const fn name_attribute(self) -> &'static str {
        match self {
            Self::Resource => "uri",
            Self::Tool | Self::Prompt | Self::Method => "name",
        }
    }
}
