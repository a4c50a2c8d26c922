//! Messages are taken apart and put together again: nothing is lost, whatever comes.

use proptest::prelude::*;
use serde_json::{Value, json};
use vestibule_mcp::places::{Change, Place, Places};

/// Values with keys that mean something in some place.
fn value() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("name"),
        Just("uri"),
        Just("taskId"),
        Just("content"),
        Just("resource"),
        Just("type"),
        Just("messages"),
        Just("tools"),
        Just("resources"),
        Just("contents"),
        Just("task"),
        Just("_meta"),
        Just("ref"),
        Just("data"),
        Just("progressToken"),
        Just("requestState"),
        Just("notifications"),
        Just("resourceSubscriptions"),
        Just("inputRequests"),
        Just("inputResponses"),
        Just("io.modelcontextprotocol/related-task"),
        Just("other"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "[a-z:/\"\\\\é\n]{0,8}".prop_map(Value::from),
        Just(json!("resource_link")),
        Just(json!("resource")),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Messages of every kind.
fn message() -> impl Strategy<Value = Value> {
    (value(), 0..4).prop_map(|(value, kind)| match kind {
        0 => json!({ "jsonrpc": "2.0", "id": 1, "method": "m", "params": value }),
        1 => json!({ "jsonrpc": "2.0", "method": "notifications/m", "params": value }),
        2 => json!({ "jsonrpc": "2.0", "id": "x", "result": value }),
        _ => json!({ "jsonrpc": "2.0", "id": 1, "error": value }),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_kept_is_kept_byte_for_byte(message in message(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&message) } else { serde_json::to_string(&message) }.unwrap();
        let places = Places::of(text.as_bytes()).unwrap();
        prop_assert_eq!(places.rewrite(|_, _| Change::Keep), text.as_bytes());
    }

    #[test]
    fn what_is_written_is_read_again_at_the_same_places(message in message()) {
        let text = message.to_string();
        let strings = |place| matches!(place, Place::Name | Place::Uri | Place::Task | Place::State | Place::Cursor);
        let places = Places::of(text.as_bytes()).unwrap();
        let wrapped = places.rewrite(|place, said| {
            if strings(place) { Change::Text(format!("hr:\"{said}\n")) } else { Change::Keep }
        });
        let again = Places::of(&wrapped).unwrap();
        let back = again.rewrite(|place, said| match said.strip_prefix("hr:\"").and_then(|it| it.strip_suffix('\n')) {
            Some(own) if strings(place) => Change::Text(own.to_owned()),
            _ => Change::Keep,
        });
        prop_assert_eq!(serde_json::from_slice::<Value>(&back).unwrap(), message);
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..64), cut in 0usize..200) {
        let _ = Places::of(&bytes);
        let whole = r#"{"id":1,"result":{"content":[{"type":"resource_link","uri":"u"}],"_meta":{"ui":{"resourceUri":"ui://x"}}}}"#;
        let _ = Places::of(&whole.as_bytes()[..cut.min(whole.len())]);
    }
}
