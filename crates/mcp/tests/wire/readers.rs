//! Readers behind the gateway. Three are played: one that takes the first of two equal keys, one that takes the last
//! (serde_json, Python, JavaScript), and one that ignores the case of keys (Go's encoding/json). When the gateway accepts a
//! message, all three must agree with it.

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use vestibule_mcp::Message;

/// An object with every member as it was written, in order, doubles too.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut all = Vec::new();
                while let Some(member) = map.next_entry()? {
                    all.push(member);
                }
                Ok(Members(all))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// How a reader finds a member.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reader {
    First,
    Last,
    /// The last whose name is the same but for its case, as Go folds it.
    Folding,
}

pub(crate) const READERS: [Reader; 3] = [Reader::First, Reader::Last, Reader::Folding];

impl Reader {
    fn member<'m>(self, members: &'m Members, name: &str) -> Option<&'m RawValue> {
        let mut named = members.0.iter().filter(|(key, _)| match self {
            Self::First | Self::Last => key == name,
            Self::Folding => fold(key) == fold(name),
        });
        let found = if matches!(self, Self::First) { named.next() } else { named.next_back() };
        found.map(|(_, value)| &**value)
    }

    fn object(self, text: &str, path: &[&str]) -> Option<Members> {
        let mut members: Members = serde_json::from_str(text).ok()?;
        for name in path {
            members = serde_json::from_str(self.member(&members, name)?.get()).ok()?;
        }
        Some(members)
    }

    pub(crate) fn text(self, text: &str, path: &[&str], name: &str) -> Option<String> {
        serde_json::from_str(self.member(&self.object(text, path)?, name)?.get()).ok()
    }
}

/// Go's simple folding, as far as it reaches ASCII.
fn fold(key: &str) -> String {
    key.chars()
        .map(|letter| match letter {
            '\u{17f}' => 's',
            '\u{212a}' => 'k',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}

/// Whether the gateway accepts the bytes; fails when a reader reads another message than the gateway.
pub(crate) fn agree(bytes: &[u8]) -> bool {
    let Ok(message) = Message::parse(bytes.to_vec().into()) else { return false };
    let text = std::str::from_utf8(bytes).unwrap();
    for reader in READERS {
        let shown = |what: &str| format!("{reader:?} reads another {what} in {text}");
        assert_eq!(reader.text(text, &[], "method").unwrap_or_default(), message.method(), "{}", shown("method"));
        assert_eq!(reader.text(text, &[], "jsonrpc").as_deref(), Some("2.0"), "{}", shown("version"));
        let id = reader.object(text, &[]).and_then(|all| reader.member(&all, "id").map(|id| id.get().to_owned()));
        assert_eq!(id.as_deref(), message.id(), "{}", shown("id"));
        if message.method() == "tools/call" {
            let name = reader.text(text, &["params"], "name");
            assert_eq!(message.target(), vestibule_mcp::Target::Tool(name.as_deref().unwrap()), "{}", shown("tool"));
            let arguments = reader.object(text, &["params", "arguments"]);
            for key in ["employee_id", "a"] {
                let theirs = arguments.as_ref().and_then(|all| reader.member(all, key)).map(RawValue::get);
                // A case variant beside no plain spelling is for policy to refuse, which sees all names.
                let ours = message.argument(key);
                let only_variant = ours.is_none() && message.argument_names().any(|name| fold(name) == fold(key));
                assert!(theirs == ours || only_variant, "{}", shown(key));
            }
        }
        if message.method() == "resources/read" {
            let uri = reader.text(text, &["params"], "uri");
            assert_eq!(message.target(), vestibule_mcp::Target::Resource(uri.as_deref().unwrap()), "{}", shown("uri"));
        }
        if let Some(state) = message.request_state() {
            assert_eq!(reader.text(text, &["params"], "requestState").as_deref(), Some(state));
        }
    }
    true
}
