//! Whatever bytes come: what the gateway decides on is what any reader behind it reads. The readers of `readers.rs` are
//! played; Python is asked itself. The same readers judge what the fuzzer finds (`fuzz/`).

use std::{
    io::Write,
    process::{Command, Stdio},
};

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use vestibule_mcp::{Message, Target};

use crate::readers::{READERS, Reader, agree};

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

/// Messages that name what they are about, in any spelling of its letters.
fn naming() -> impl Strategy<Value = String> {
    let name = proptest::collection::vec(
        prop_oneof![
            4 => "[a-zA-Z0-9_.:/-]".prop_map(String::from),
            1 => any::<char>().prop_map(|letter| serde_json::Value::from(letter.to_string()).to_string().trim_matches('"').to_owned()),
            1 => (0u32..0x1_0000).prop_map(|unit| format!("\\u{unit:04x}")),
            1 => Just("\\ud83d\\udd11".to_owned()),
        ],
        1..8,
    );
    let about = prop_oneof![
        Just(("tools\\/call", "name")),
        Just(("tools/call", "n\\u0061me")),
        Just(("resources/read", "uri"))
    ];
    (name, about, value()).prop_map(|(name, (method, key), value)| {
        let params = format!("{{\"{key}\":\"{}\",\"arguments\":{{\"a\":{value}}}}}", name.concat());
        format!("{{\"params\":{params},\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{method}\"}}")
    })
}

/// Reads one message per line, and says what it is about.
const PYTHON: &str = r#"
import json, sys
for line in sys.stdin.buffer:
    message = json.loads(line)
    params = message.get("params") or {}
    about = {"tools/call": "name", "resources/read": "uri"}.get(message["method"])
    said = [message["method"], message["id"], params.get(about) if about else None]
    print(json.dumps(said))
"#;

#[test]
fn python_reads_what_the_gateway_decided_on() {
    let mut runner = TestRunner::deterministic();
    let accepted: Vec<Message> =
        std::iter::repeat_with(|| prop_oneof![message(), naming()].new_tree(&mut runner).unwrap().current())
            .filter(|text| !text.contains('\n'))
            .filter_map(|text| Message::parse(text.into_bytes().into()).ok())
            .take(2000)
            .collect();
    let python = Command::new("python3").args(["-c", PYTHON]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut python = python.expect("this test needs python3 (Debian: apt-get install python3)");
    let mut input = python.stdin.take().unwrap();
    let lines: Vec<u8> = accepted.iter().flat_map(|message| [message.bytes().as_ref(), b"\n"].concat()).collect();
    let writer = std::thread::spawn(move || input.write_all(&lines).unwrap());
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap();
    let said: Vec<(String, serde_json::Value, Option<String>)> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(said.len(), accepted.len(), "Python cannot read what the gateway accepts");
    let mut named = 0;
    for (message, (method, id, about)) in accepted.iter().zip(said) {
        let shown = String::from_utf8_lossy(message.bytes());
        assert_eq!((method.as_str(), id.to_string().as_str()), (message.method(), message.id().unwrap()), "{shown}");
        match message.target() {
            Target::Tool(name) | Target::Resource(name) => {
                assert_eq!(about.as_deref(), Some(name), "{shown}");
                named += 1;
            }
            _ => {}
        }
    }
    assert!(named > 200, "only {named} messages named anything");
}
