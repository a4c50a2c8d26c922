//! Whatever bytes come: what the gateway decides on is what any reader behind it reads. Three readers are played: one that
//! takes the first of two equal keys, one that takes the last (serde_json, Python, JavaScript), and one that ignores the
//! case of keys (Go's encoding/json). When the gateway accepts a message, all three must agree with it.

use proptest::prelude::*;
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
enum Reader {
    First,
    Last,
    /// The last whose name is the same but for its case, as Go folds it.
    Folding,
}

const READERS: [Reader; 3] = [Reader::First, Reader::Last, Reader::Folding];

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

    fn text(self, text: &str, path: &[&str], name: &str) -> Option<String> {
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

fn agree(bytes: &[u8]) -> bool {
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

/// Spellings of a key that some reader takes for the plain one, and the plain one.
fn spelt(name: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        6 => Just(format!("\"{name}\"")),
        1 => Just(format!("\"{}\"", name.to_uppercase())),
        1 => Just(format!("\"{}\"", name.replacen('s', "\u{17f}", 1))),
        1 => Just(format!("\"\\u{:04x}{}\"", name.as_bytes()[0], &name[1..])),
        1 => Just(format!("\"{name} \"")),
    ]
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("18446744073709551616".to_owned()),
        Just("1.0".to_owned()),
        Just("-0".to_owned()),
        Just("\"query\"".to_owned()),
        Just("\"stats\"".to_owned()),
        Just("\"\\u0071uery\"".to_owned()),
        Just("\"\\ud800\"".to_owned()),
        Just("{}".to_owned()),
        "[a-z\\\\\"\u{0}-\u{1f}]{0,6}".prop_map(|text| format!("\"{text}\"")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let member = (prop_oneof![spelt("name"), spelt("employee_id"), spelt("a")], inner.clone());
        prop_oneof![
            proptest::collection::vec(inner, 0..3).prop_map(|all| format!("[{}]", all.join(","))),
            proptest::collection::vec(member, 0..4).prop_map(|all| {
                let all: Vec<String> = all.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
                format!("{{{}}}", all.join(" ,"))
            }),
        ]
    })
}

/// Messages that are nearly right, and in which a key may come twice, in another case, or with another meaning.
fn message() -> impl Strategy<Value = String> {
    let method =
        prop_oneof![Just("\"tools/call\""), Just("\"tools\\/call\""), Just("\"resources/read\""), Just("\"ping\"")];
    let parameter = prop_oneof![
        (spelt("name"), value()).prop_map(|(key, value)| format!("{key}:{value}")),
        (spelt("arguments"), value()).prop_map(|(key, value)| format!("{key}:{value}")),
        (spelt("uri"), value()).prop_map(|(key, value)| format!("{key}:{value}")),
        (spelt("requestState"), value()).prop_map(|(key, value)| format!("{key}:{value}")),
    ];
    let params = proptest::collection::vec(parameter, 0..4).prop_map(|all| format!("{{{}}}", all.join(",")));
    let extra = proptest::option::weighted(0.3, (prop_oneof![spelt("method"), spelt("id"), spelt("params")], value()));
    (method, params, spelt("params"), spelt("method"), extra).prop_map(
        |(method, params, params_key, method_key, extra)| {
            let extra = extra.map_or_else(String::new, |(key, value)| format!(",{key}:{value}"));
            format!("{{\"jsonrpc\":\"2.0\",\"id\":1,{method_key}:{method},{params_key}:{params}{extra}}}")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn all_readers_agree_on_what_is_accepted(text in message()) {
        agree(text.as_bytes());
    }

    #[test]
    fn bytes_changed_anywhere_are_refused_or_read_alike(text in message(), at in 0usize..200, byte: u8, cut in any::<bool>()) {
        let mut bytes = text.into_bytes();
        let at = at % bytes.len();
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] = byte;
        }
        agree(&bytes);
    }

    #[test]
    fn any_bytes_at_all(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        agree(&bytes);
    }
}

#[test]
fn the_readers_see_what_they_are_for() {
    let good = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"query","arguments":{"a":1}}}"#;
    assert!(agree(good.as_bytes()), "a good message is accepted");
    let twice = r#"{"method":"a","METHOD":"b","method":"c"}"#;
    let read = READERS.map(|reader| reader.text(twice, &[], "method").unwrap());
    assert_eq!(read, ["a", "c", "c"]);
    assert_eq!(Reader::Folding.text(r#"{"param\u017f":"x"}"#, &[], "params").as_deref(), Some("x"));
}
