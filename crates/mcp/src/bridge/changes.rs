//! What a server tells without being asked: that a list or a resource has changed. With a session a client hears of all
//! lists, and of each resource that it subscribed to; without, of what it names when it listens (MCP 2026-07-28,
//! subscriptions).

use super::{
    opening::{Client, Initialized},
    request::with_reserved,
    splice::{self, Object},
};
use crate::{Message, ParseError};

const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";
const LISTS: [&str; 3] = ["tools", "prompts", "resources"];
const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";
const UPDATED: &str = "notifications/resources/updated";

/// What a client wants to hear of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changes {
    lists: Vec<&'static str>,
    /// The URIs of resources.
    pub resources: Vec<String>,
}

impl Changes {
    /// All lists, and these resources: what a client with a session hears of.
    pub fn of_session(resources: Vec<String>) -> Self {
        Self { lists: LISTS.to_vec(), resources }
    }

    /// What `subscriptions/listen` names.
    pub fn of_listen(message: &Message) -> Self {
        let params = Object::parse(message.bytes()).ok().and_then(|whole| whole.get("params"));
        let params = params.and_then(|params| Object::parse(params.as_bytes()).ok());
        let filter = params.and_then(|params| Object::parse(params.get("notifications")?.as_bytes()).ok());
        let wants = |list: &&&str| filter.as_ref().and_then(|all| all.get(&key_of(list))) == Some("true");
        Self { lists: LISTS.iter().filter(wants).copied().collect(), resources: message.subscriptions().to_vec() }
    }

    /// As far as this server tells it at all.
    #[must_use]
    pub fn of_server(self, server: &Initialized) -> Self {
        let tells = |list: &&str| server.declares(list, "listChanged");
        let resources = if server.declares("resources", "subscribe") { self.resources } else { Vec::new() };
        Self { lists: self.lists.into_iter().filter(tells).collect(), resources }
    }

    /// Whether it is nothing.
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty() && self.resources.is_empty()
    }

    /// Whether a notification tells of one of these. An update may be of something inside a resource.
    pub fn has(&self, notification: &[u8]) -> bool {
        let Ok(whole) = Object::parse(notification) else { return false };
        let method = whole.string("method").unwrap_or_default();
        if method == UPDATED {
            let params = Object::parse(whole.get("params").unwrap_or("{}").as_bytes());
            let uri = params.ok().and_then(|params| params.string("uri")).unwrap_or_default();
            let inside = |of: &str| uri.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            return self.resources.iter().any(|of| inside(of));
        }
        self.lists.iter().any(|list| method == format!("notifications/{list}/list_changed"))
    }

    fn filter(&self) -> String {
        let mut filter = "{}".to_owned();
        for list in &self.lists {
            filter = splice::with(&filter, &key_of(list), "true");
        }
        if self.resources.is_empty() {
            return filter;
        }
        let resources = serde_json::Value::from(self.resources.clone()).to_string();
        splice::with(&filter, "resourceSubscriptions", &resources)
    }

    /// `subscriptions/listen` for a client with a session. `id` is raw JSON text.
    ///
    /// # Errors
    /// [`ParseError`] when what the client declared nests too deep.
    pub fn listen(&self, id: &str, client: &Client) -> Result<Message, ParseError> {
        let (meta, filter) = (with_reserved("{}", client), self.filter());
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"subscriptions/listen","params":{{"notifications":{filter},"_meta":{meta}}}}}"#
        );
        Message::parse(text.into())
    }

    /// What a listening client hears first: which of its wishes are honoured. `id` is its request's, raw.
    pub fn acknowledged(&self, id: &str) -> Vec<u8> {
        let filter = self.filter();
        let text = format!(r#"{{"jsonrpc":"2.0","method":"{ACKNOWLEDGED}","params":{{"notifications":{filter}}}}}"#);
        tagged(text.as_bytes(), id)
    }
}

fn key_of(list: &str) -> String {
    format!("{list}ListChanged")
}

/// Whether a message tells of a change.
pub fn is_change(message: &[u8]) -> bool {
    let everything = |method: &str| method.ends_with("/list_changed") || method == UPDATED;
    Object::parse(message).is_ok_and(|whole| {
        whole.get("id").is_none() && whole.string("method").is_some_and(|method| everything(&method))
    })
}

/// A notification as one of a subscription: the id of the request that listens (MCP 2026-07-28, subscriptions: MUST be in
/// every message).
pub fn tagged(notification: &[u8], id: &str) -> Vec<u8> {
    let Ok(whole) = Object::parse(notification) else { return notification.to_vec() };
    let params = whole.get("params").unwrap_or("{}");
    let meta = Object::parse(params.as_bytes()).ok().and_then(|params| params.get("_meta")).unwrap_or("{}");
    let meta = splice::with(meta, SUBSCRIPTION, id);
    whole.with("params", &splice::with(params, "_meta", &meta)).into()
}

/// A message of a subscription for a client with a session; `None` for what only belongs to the subscription.
pub fn untagged(message: &[u8]) -> Option<Vec<u8>> {
    if !is_change(message) {
        return None;
    }
    let whole = Object::parse(message).ok()?;
    let Some(params) = whole.get("params") else { return Some(message.to_vec()) };
    let params = Object::parse(params.as_bytes()).ok()?;
    let Some(meta) = params.get("_meta") else { return Some(message.to_vec()) };
    Some(whole.with("params", &params.with("_meta", &splice::without(meta, &[SUBSCRIPTION]))).into())
}

/// The end of a subscription. `id` is the raw id of the request that listens.
pub fn ended(id: &str) -> Vec<u8> {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","_meta":{{"{SUBSCRIPTION}":{id}}}}}}}"#)
        .into()
}

/// `resources/subscribe` or `resources/unsubscribe`.
///
/// # Errors
/// [`ParseError`] never: any URI is a string.
pub fn about_resource(method: &str, uri: &str, id: u64) -> Result<Message, ParseError> {
    let uri = serde_json::Value::from(uri);
    Message::parse(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{"uri":{uri}}}}}"#).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(filter: &str) -> Changes {
        let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#;
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{{"notifications":{filter},{meta}}}}}"#
        );
        Changes::of_listen(&Message::parse(text.into()).unwrap())
    }

    fn server(capabilities: &str) -> Initialized {
        let answer = format!(r#"{{"id":0,"result":{{"protocolVersion":"2025-11-25","capabilities":{capabilities}}}}}"#);
        Initialized::read(answer.as_bytes()).unwrap()
    }

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_client_hears_what_it_wants_and_the_server_tells() {
        let wants =
            listen(r#"{"toolsListChanged":true,"promptsListChanged":false,"resourceSubscriptions":["doc://a"]}"#);
        let all =
            server(r#"{"tools":{"listChanged":true},"prompts":{"listChanged":true},"resources":{"subscribe":true}}"#);
        let honoured = wants.clone().of_server(&all);
        assert_eq!(honoured, wants);
        assert_eq!(
            text(honoured.acknowledged("7")),
            r#"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["doc://a"]},"_meta":{"io.modelcontextprotocol/subscriptionId":7}}}"#
        );
        assert!(wants.of_server(&server(r#"{"tools":{}}"#)).is_empty());
        let changed = |list: &str| format!(r#"{{"jsonrpc":"2.0","method":"notifications/{list}/list_changed"}}"#);
        let updated = |uri: &str| format!(r#"{{"jsonrpc":"2.0","method":"{UPDATED}","params":{{"uri":"{uri}"}}}}"#);
        assert!(honoured.has(changed("tools").as_bytes()) && !honoured.has(changed("prompts").as_bytes()));
        for (uri, heard) in [("doc://a", true), ("doc://a/b", true), ("doc://ab", false), ("doc://b", false)] {
            assert_eq!(honoured.has(updated(uri).as_bytes()), heard, "{uri}");
        }
        for other in [r#"{"method":"notifications/message"}"#, r#"{"id":1,"result":{}}"#, "x"] {
            assert!(!honoured.has(other.as_bytes()) && !is_change(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn changes_carry_their_subscription_in_one_era_only() {
        let bare = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
        let tag = text(tagged(bare.as_bytes(), "\"l\""));
        assert_eq!(
            tag,
            r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"l"}}}"#
        );
        assert_eq!(
            text(untagged(tag.as_bytes()).unwrap()),
            r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{}}}"#
        );
        assert_eq!(text(untagged(bare.as_bytes()).unwrap()), bare);
        let update =
            format!(r#"{{"jsonrpc":"2.0","method":"{UPDATED}","params":{{"uri":"a","_meta":{{"n":1e2}},"x":1.0}}}}"#);
        assert_eq!(untagged(&tagged(update.as_bytes(), "1")).map(text).as_ref(), Some(&update));
        for other in [text(Changes::of_session(Vec::new()).acknowledged("1")), text(ended("1"))] {
            assert_eq!(untagged(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_session_listens_to_all_lists_and_its_resources() {
        let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}"#;
        let client = Client::of_initialize(&Message::parse(initialize.into()).unwrap());
        let message = Changes::of_session(vec!["doc://\"a\"".to_owned()]).listen("\"x\"", &client).unwrap();
        assert_eq!(message.subscriptions(), ["doc://\"a\""]);
        let lists =
            r#""notifications":{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true,"#;
        assert!(std::str::from_utf8(message.bytes()).unwrap().contains(lists));
        let subscribe = about_resource("resources/subscribe", "doc://\"a\"", 3).unwrap();
        assert_eq!(subscribe.target(), crate::Target::Resource("doc://\"a\""));
    }
}
