//! One strict parse of one message, used by policy and by forwarding: the original bytes go upstream unchanged.
use bytes::Bytes;
/// A parsed JSON-RPC message that owns its bytes. Byte ranges point into them. Sealed: only `parse` builds one.
#[derive(Clone, Debug)]
pub struct Message { _p: () }
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MessageKind { Request, Notification, Response }
/// What a message acts on, as policy names it (mcp-requirements 2.5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target<'a> {
    /// tools/call
    Tool(&'a str),
    /// prompts/get, completion of a prompt
    Prompt(&'a str),
    /// resources/read, subscribe, unsubscribe, completion of a resource
    Resource(&'a str),
    /// tools/list
    ToolList, PromptList, /// resources/list
    ResourceList, ResourceTemplateList,
    /// initialize, ping, server/discover, logging/setLevel, subscriptions/listen without resources, notifications/*, responses
    Session,
    /// Anything else: denied unless policy names it.
    Unknown(&'a str),
}
#[derive(Debug, thiserror::Error)]
pub enum ParseError { /// -32700
    #[error("{0}")] NotJson(String), /// -32600
    #[error("{0}")] NotRpc(String), /// -32602
    #[error("{0}")] BadParams(String) }
impl Message {
    /// Strict: UTF-8, one object, no trailing bytes, no duplicate key at any depth, no case variant of an envelope/params key or among the
    /// top-level argument keys, depth <= 64, id string or integer (not null), jsonrpc exactly "2.0". Batches are refused here.
    pub fn parse(bytes: Bytes) -> Result<Self, ParseError> { todo!() }
    pub fn bytes(&self) -> &Bytes { todo!() }
    pub fn kind(&self) -> MessageKind { todo!() }
    /// The id as raw JSON text.
    pub fn id(&self) -> Option<&str> { todo!() }
    /// Empty for responses.
    pub fn method(&self) -> &str { todo!() }
    pub fn target(&self) -> Target<'_> { todo!() }
    /// `params.arguments` as raw JSON text (an object), for tools/call and prompts/get.
    pub fn arguments(&self) -> Option<&str> { todo!() }
    /// A top-level argument by name, as raw JSON text.
    pub fn argument(&self, name: &str) -> Option<&str> { todo!() }
    /// Names (decoded) of the top-level arguments.
    pub fn argument_names(&self) -> Vec<String> { todo!() }
    /// `params._meta["io.modelcontextprotocol/protocolVersion"]`, decoded.
    pub fn meta_version(&self) -> Option<&str> { todo!() }
    /// `params.protocolVersion` of initialize, decoded.
    pub fn initialize_version(&self) -> Option<&str> { todo!() }
    /// Whether `_meta` has clientCapabilities (required in 2026-07-28).
    pub fn has_client_capabilities(&self) -> bool { todo!() }
}
