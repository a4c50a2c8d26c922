//! Strict parsing: named attacks, and a comparison with another parser over arbitrary documents.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};
use vestibule_mcp::{Message, MessageKind, ParseError, Target, error::code};

fn parse(text: &str) -> Result<Message, ParseError> {
    Message::parse(Bytes::copy_from_slice(text.as_bytes()))
}

fn code_of(text: &str) -> i64 {
    parse(text).map(|message| panic!("accepted {message:?}")).unwrap_or_else(|error| error.code())
}

/// A `tools/call` with this text as its arguments.
fn call(arguments: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"t","arguments":{arguments}}}}}"#)
}

#[test]
fn a_call_is_read_and_its_bytes_are_kept() {
    let text = r#" {"jsonrpc":"2.0","id":"a\"b","x":{"y":[1]},"params":{"arguments":{"e\u006dployee_id":"E1001","n":12345678901234567890123,"o":{"k":[true,null]}},
        "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}},"name":"query\u005fleaves"},"method":"tools\/call"} "#;
    let message = parse(text).unwrap();
    assert_eq!(message.bytes(), text.as_bytes());
    assert_eq!(
        (message.kind(), message.id(), message.method()),
        (MessageKind::Request, Some(r#""a\"b""#), "tools/call")
    );
    assert_eq!(message.target(), Target::Tool("query_leaves"));
    assert_eq!(message.argument("employee_id"), Some("\"E1001\""));
    assert_eq!(message.argument("n"), Some("12345678901234567890123"));
    assert_eq!((message.argument("o"), message.argument("missing")), (Some(r#"{"k":[true,null]}"#), None));
    assert_eq!(message.argument_names().collect::<Vec<_>>(), ["employee_id", "n", "o"]);
    assert!(message.arguments().unwrap().starts_with(r#"{"e\u006dployee_id""#));
    assert_eq!((message.meta_version(), message.has_client_capabilities()), (Some("2026-07-28"), true));
}

#[test]
fn targets_are_what_policy_must_look_at() {
    let cases = [
        ("tools/call", r#"{"name":"a"}"#, Target::Tool("a")),
        ("prompts/get", r#"{"name":"a"}"#, Target::Prompt("a")),
        ("resources/read", r#"{"uri":"u"}"#, Target::Resource("u")),
        ("resources/subscribe", r#"{"uri":"u"}"#, Target::Resource("u")),
        ("resources/unsubscribe", r#"{"uri":"u"}"#, Target::Resource("u")),
        ("completion/complete", r#"{"ref":{"type":"ref/prompt","name":"a","uri":"no"}}"#, Target::Prompt("a")),
        ("completion/complete", r#"{"ref":{"type":"ref/resource","uri":"u","name":"no"}}"#, Target::Resource("u")),
        ("tools/list", r#"{"cursor":"c"}"#, Target::ToolList),
        ("prompts/list", "{}", Target::PromptList),
        ("resources/list", "{}", Target::ResourceList),
        ("resources/templates/list", "{}", Target::ResourceTemplateList),
        ("initialize", r#"{"protocolVersion":"2025-11-25"}"#, Target::Session),
        ("ping", "{}", Target::Session),
        ("server/discover", "{}", Target::Session),
        ("logging/setLevel", r#"{"level":"info"}"#, Target::Session),
        (
            "subscriptions/listen",
            r#"{"_meta":{},"notifications":{"toolsListChanged":true,"resourceSubscriptions":[ ]}}"#,
            Target::Session,
        ),
        ("subscriptions/listen", r#"{"notifications":{"resourceSubscriptions":["u"]}}"#, Target::Session),
        (
            "subscriptions/listen",
            r#"{"notifications":{"resourceSubscriptions":["u",1]}}"#,
            Target::Unknown("subscriptions/listen"),
        ),
        (
            "subscriptions/listen",
            r#"{"notifications":{"resourceSubscriptions":["u"],"taskIds":["t"]}}"#,
            Target::Unknown("subscriptions/listen"),
        ),
        ("subscriptions/listen", r#"{"notifications":{},"taskIds":["t"]}"#, Target::Unknown("subscriptions/listen")),
        ("subscriptions/listen", r#"{"notifications":[]}"#, Target::Unknown("subscriptions/listen")),
        ("tasks/get", r#"{"taskId":"t"}"#, Target::Unknown("tasks/get")),
        ("Tools/call", r#"{"name":"a"}"#, Target::Unknown("Tools/call")),
        ("tools/call ", r#"{"name":"a"}"#, Target::Unknown("tools/call ")),
        ("", "{}", Target::Unknown("")),
    ];
    for (method, params, target) in cases {
        let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        assert_eq!(parse(&text).unwrap().target(), target, "{text}");
    }
}

#[test]
fn notifications_and_responses_belong_to_the_session() {
    for (text, kind) in [
        (r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#, MessageKind::Notification),
        (r#"{"jsonrpc":"2.0","id":0,"result":{"action":"accept"}}"#, MessageKind::Response),
        (r#"{"jsonrpc":"2.0","id":"x","error":{"code":1,"message":""}}"#, MessageKind::Response),
    ] {
        let message = parse(text).unwrap();
        assert_eq!((message.kind(), message.target()), (kind, Target::Session));
    }
}

#[test]
fn text_that_is_not_json_is_refused() {
    let mut bad: Vec<String> = [
        "",
        " ",
        "{",
        "}",
        "{}x",
        "nul",
        "{\"jsonrpc\":\"2.0\",}",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1 \"b\":2}",
        "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}{}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\0",
        "/**/{}",
        "{\"a\":1}//",
    ]
    .map(str::to_owned)
    .into();
    for value in [
        "01",
        "+1",
        ".5",
        "1.",
        "1e",
        "1e+",
        "-",
        "--1",
        "0x1",
        "NaN",
        "Infinity",
        "1e999",
        "-1e999",
        "1_0",
        "True",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[",
        r#""\x""#,
        r#""\u12""#,
        r#""\u12g4""#,
        r#""\ud800""#,
        r#""\udc00""#,
        r#""\ud800\u0041""#,
        r#""\ud800\ud800""#,
        r#""\uD834x""#,
        "\"\n\"",
        "\"\t\"",
        "\"\u{1f}\"",
        r#"""#,
        r#""\""#,
        r#"{"a":1}}"#,
    ] {
        bad.push(call(&format!("{{\"v\":{value}}}")));
    }
    for text in bad {
        assert_eq!(code_of(&text), code::PARSE, "{text}");
    }
    let invalid = call(r#"{"v":"?"}"#).replace('?', "\u{0}").into_bytes();
    let invalid: Vec<u8> = invalid.into_iter().map(|byte| if byte == 0 { 0xFF } else { byte }).collect();
    assert_eq!(Message::parse(invalid.into()).unwrap_err().code(), code::PARSE);
}

#[test]
fn unusual_but_legal_json_is_accepted() {
    for value in [
        "-0",
        "0.0",
        "1E5",
        "1e-400",
        "-1.25e+10",
        r#""\u0000\/\b\f\n\r\t\"\\""#,
        r#""\ud834\udd1e""#,
        r#""𝄞\uD834\uDD1E""#,
        "\"\u{7f}\u{2028}\"",
        "{}",
        "[]",
        "[ ]",
        "{ }",
        "[[],{}]",
        "123456789012345678901234567890",
    ] {
        let text = call(&format!("{{\"v\" : {value}\r\n}}"));
        assert_eq!(parse(&text).unwrap().argument("v"), Some(value));
    }
    let arguments = r#"{"\ud834\udd1e\u0041":1}"#;
    assert_eq!(parse(&call(arguments)).unwrap().argument("𝄞A"), Some("1"));
}

#[test]
fn nesting_ends_at_64_levels() {
    let nested = |levels: usize| call(&format!("{{\"v\":{}{}}}", "[".repeat(levels), "]".repeat(levels)));
    // The message, params and arguments are three levels already.
    assert!(parse(&nested(61)).is_ok());
    assert_eq!(code_of(&nested(62)), code::PARSE);
    assert_eq!(code_of(&"[".repeat(1_000_000)), code::INVALID_REQUEST);
    assert_eq!(code_of(&call(&"{\"a\":".repeat(1_000_000))), code::PARSE);
}

#[test]
fn a_key_twice_is_refused_at_every_depth() {
    for text in [
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","m\u0065thod":"tools/call"}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","n\u0061me":"b"}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"},"params":{"name":"b"}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"a":1,"a":2}}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"result":{"a":[{"b":1,"c":{},"b":2}]}}"#.to_owned(),
        call(r#"{"employee_id":"E1","employee_id":"E2"}"#),
        call(r#"{"v":[{"a":{"x":1,"\u0078":1}}]}"#),
        call(r#"{"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"10":0,"5":1}"#),
    ] {
        assert_eq!(code_of(&text), code::INVALID_REQUEST, "{text}");
    }
}

#[test]
fn many_keys_do_not_take_quadratic_time() {
    let keys: Vec<String> = (0..100_000).map(|key| format!("\"k{key}\":0")).collect();
    assert!(parse(&call(&format!("{{{}}}", keys.join(",")))).is_ok());
    assert_eq!(code_of(&call(&format!("{{\"v\":{{{},\"k777\":1}}}}", keys.join(",")))), code::INVALID_REQUEST);
}

#[test]
fn case_variants_are_refused() {
    for text in [
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"Method":"ping"}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","\u0049D":2}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","param\u017f":{}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","ARGUMENTS":{}}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","ta\u017fkId":"t"}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","tas\u212aId":"t"}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"a","Name":"b"}}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"io.modelcontextprotocol/ProtocolVersion":"x"}}}"#.to_owned(),
        call(r#"{"employee_id":"E1","Employee_ID":"E2"}"#),
        call(r#"{"k":1,"\u212a":2}"#),
    ] {
        assert_eq!(code_of(&text), code::INVALID_REQUEST, "{text}");
    }
    assert!(parse(&call(r#"{"data":{"a":1,"A":2}}"#)).is_ok(), "deeper down, keys are data");
}

#[test]
fn messages_that_are_not_json_rpc_are_refused() {
    for text in [
        "1",
        "null",
        "\"x\"",
        "{}",
        r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
        r#"{"id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
        r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1.0,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1e3,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":-0,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":18446744073709551616,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":1}"#,
        r#"{"jsonrpc":"2.0","id":1}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":null}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#,
        r#"{"jsonrpc":"2.0","result":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{},"params":{}}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"a"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"notifications/initialized"}"#,
    ] {
        assert_eq!(code_of(text), code::INVALID_REQUEST, "{text}");
    }
}

#[test]
fn parameters_that_name_nothing_are_refused_and_echo_the_id() {
    for (method, params) in [
        ("tools/call", "{}"),
        ("tools/call", r#"{"name":1}"#),
        ("tools/call", r#"{"name":["a"]}"#),
        ("tools/call", r#"{"uri":"a"}"#),
        ("tools/call", r#"{"name":"a","arguments":[]}"#),
        ("tools/call", r#"{"name":"a","arguments":"{}"}"#),
        ("prompts/get", "{}"),
        ("resources/read", r#"{"name":"a"}"#),
        ("resources/subscribe", r#"{"uri":null}"#),
        ("completion/complete", "{}"),
        ("completion/complete", r#"{"ref":"a"}"#),
        ("completion/complete", r#"{"ref":{"type":"ref/tool","name":"a"}}"#),
        ("completion/complete", r#"{"ref":{"type":"ref/prompt","uri":"a"}}"#),
        ("ping", r#"{"_meta":[]}"#),
    ] {
        let error =
            parse(&format!(r#"{{"jsonrpc":"2.0","id":"é","method":"{method}","params":{params}}}"#)).unwrap_err();
        assert_eq!((error.code(), error.id()), (code::INVALID_PARAMS, Some("\"é\"")), "{method} {params}");
    }
    assert_eq!(code_of(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#), code::INVALID_PARAMS);
    assert_eq!(parse(&call("null")).unwrap().arguments(), None);
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// What we accept, serde_json accepts, and it means the same.
fn agrees(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Ok(message) = Message::parse(Bytes::copy_from_slice(bytes)) else { return Ok(()) };
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| TestCaseError::fail(format!("serde_json: {error}")))?;
    prop_assert_eq!(value.get("method").and_then(Value::as_str).unwrap_or(""), message.method());
    prop_assert_eq!(value.get("id").cloned(), message.id().map(|id| serde_json::from_str(id).unwrap()));
    let params = &value["params"];
    if let Target::Tool(name) = message.target() {
        prop_assert_eq!(params["name"].as_str(), Some(name));
    }
    let arguments = message.arguments().map(|text| serde_json::from_str::<Value>(text).unwrap());
    prop_assert_eq!(params.get("arguments").filter(|value| !value.is_null()), arguments.as_ref());
    for name in message.argument_names() {
        let argument: Value = serde_json::from_str(message.argument(name).unwrap()).unwrap();
        prop_assert_eq!(&params["arguments"][name], &argument);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_call_is_read_as_serde_json_reads_it(name in any::<String>(), key in any::<String>(), value in json_value(), extra in json_value()) {
        let text = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "extra": extra, "params": {"name": name, "arguments": {key.as_str(): value}}}).to_string();
        let message = parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(message.target(), Target::Tool(&name));
        prop_assert_eq!(message.argument_names().collect::<Vec<_>>(), [key.as_str()]);
        agrees(text.as_bytes())?;
    }

    #[test]
    fn damaged_messages_are_refused_or_read_as_serde_json_reads_them(
        value in json_value(), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..4),
    ) {
        let text = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "t", "arguments": {"a": value}}}).to_string();
        let mut bytes = text.into_bytes();
        let likely = b"{}[]\",:\\u0d8019eE.- \n";
        for (place, byte, how) in edits {
            let at = place.index(bytes.len());
            let byte = if byte < 200 { likely[usize::from(byte) % likely.len()] } else { byte };
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        agrees(&bytes)?;
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        agrees(&bytes)?;
    }
}

#[test]
fn subscriptions_are_named_and_narrowed() {
    let text = r#"{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions": ["a", "b\u0063"] ,"toolsListChanged":true},"_meta":{"x":1.0}}}"#;
    let message = parse(text).unwrap();
    assert_eq!(message.subscriptions(), ["a", "bc"]);
    let narrowed = message.with_subscriptions(&["bc"]).unwrap();
    assert_eq!(narrowed.bytes(), &text.replace(r#"["a", "b\u0063"] "#, r#"["bc"]"#));
    assert_eq!((narrowed.subscriptions(), narrowed.target()), (&["bc".to_owned()][..], Target::Session));
    let other = parse(&text.replace("subscriptions/listen", "tools/list")).unwrap();
    assert!(other.subscriptions().is_empty(), "another method subscribes to nothing");
    assert!(
        parse(&text.replace("resourceSub", "ResourceSub")).is_err(),
        "a spelling that some reader would take for it"
    );
}

#[test]
fn a_request_state_is_found_and_replaced() {
    let text = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","requestState":"s\u0031" ,"arguments":{"requestState":"no"}}}"#;
    let message = parse(text).unwrap();
    assert_eq!(message.request_state(), Some("s1"));
    let other = message.with_request_state("o\"ld").unwrap();
    assert_eq!(other.bytes(), &text.replace(r#""s\u0031""#, r#""o\"ld""#));
    assert_eq!(other.request_state(), Some("o\"ld"));
    assert!(parse(&text.replace(r#""s\u0031""#, "7")).is_err(), "a state is a string");
}
