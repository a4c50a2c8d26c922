//! How requests open: which era, and what is refused before anyone looks further.

use bytes::Bytes;
use serde_json::{Value, json};
use vestibule_mcp::{Era, Message, Mirrored, Opening, OpeningError, OpeningHeaders, Version, error::code};

const NOW: &str = "2026-07-28";

/// Version, method and name headers; an empty one is absent.
fn headers<'a>(version: &'a str, method: &'a str, name: &'a str) -> OpeningHeaders<'a> {
    let header = |value: &'a str| Mirrored::collect((!value.is_empty()).then_some(value.as_bytes()));
    OpeningHeaders { version: header(version), method: header(method), name: header(name) }
}

fn open(body: &Value, headers: OpeningHeaders<'_>) -> Result<Opening, OpeningError> {
    let message = Message::parse(Bytes::from(body.to_string())).unwrap();
    Opening::of_message(&message, &headers, &Version::ALL)
}

fn refusal(body: &Value, headers: OpeningHeaders<'_>) -> (u16, i64) {
    let error = open(body, headers).unwrap_err();
    (error.status(), error.code())
}

fn meta(version: &str) -> Value {
    json!({"io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": {}})
}

fn call(name: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "_meta": meta(NOW)}})
}

#[test]
fn a_stateless_call_opens() {
    let opening = Opening { era: Era::Stateless, version: Version::V2026_07_28 };
    assert_eq!(open(&call("t"), headers(NOW, "tools/call", "t")), Ok(opening));
    assert_eq!(open(&call("Grüße"), headers(NOW, "tools/call", "=?base64?R3LDvMOfZQ==?=")), Ok(opening));
    let looks_wrapped = "=?base64?SGk=?=";
    assert_eq!(open(&call(looks_wrapped), headers(NOW, "tools/call", "=?base64?PT9iYXNlNjQ/U0drPT89?=")), Ok(opening));
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta(NOW)}});
    assert_eq!(open(&list, headers(NOW, "tools/list", "")), Ok(opening));
    let task = json!({"jsonrpc": "2.0", "id": 1, "method": "tasks/get", "params": {"taskId": "7", "_meta": meta(NOW)}});
    assert_eq!(open(&task, headers(NOW, "tasks/get", "7")), Ok(opening));
}

#[test]
fn headers_that_disagree_with_the_body_are_refused() {
    let mismatch = (400, code::HEADER_MISMATCH);
    for (version, method, name) in [
        ("", "tools/call", "t"),
        ("2025-11-25", "tools/call", "t"),
        ("1999-01-01", "tools/call", "t"),
        (NOW, "", "t"),
        (NOW, "tools/call", ""),
        (NOW, "Tools/call", "t"),
        (NOW, "tools/list", "t"),
        (NOW, "tools/call", "T"),
        (NOW, "tools/call", "other"),
        (NOW, "tools/call", "=?base64?dA?="),
        (NOW, "tools/call", "caf\u{e9}"),
    ] {
        assert_eq!(refusal(&call("t"), headers(version, method, name)), mismatch, "{version} {method} {name}");
    }
    assert_eq!(refusal(&call("=?base64?SGk=?="), headers(NOW, "tools/call", "=?base64?SGk=?=")), mismatch);
    let twice = Mirrored::Repeated;
    let good = headers(NOW, "tools/call", "t");
    for repeated in [
        OpeningHeaders { version: twice, ..good },
        OpeningHeaders { method: twice, ..good },
        OpeningHeaders { name: twice, ..good },
    ] {
        assert_eq!(refusal(&call("t"), repeated), mismatch, "{repeated:?}");
    }
    let task = json!({"jsonrpc": "2.0", "id": 1, "method": "tasks/get", "params": {"taskId": "7", "_meta": meta(NOW)}});
    assert_eq!(refusal(&task, headers(NOW, "tasks/get", "8")), mismatch);
}

#[test]
fn mirrors_are_checked_in_the_older_era_too() {
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "t"}});
    for version in ["", "2025-06-18"] {
        assert!(open(&call, headers(version, "", "")).is_ok());
        assert!(open(&call, headers(version, "tools/call", "t")).is_ok());
        for (method, name) in [("ping", ""), ("", "other")] {
            assert_eq!(refusal(&call, headers(version, method, name)), (400, code::HEADER_MISMATCH));
        }
    }
}

#[test]
fn unsupported_versions_say_what_would_work() {
    let error = open(
        &call("t").to_string().replace(NOW, "2099-01-01").parse().unwrap(),
        headers("2099-01-01", "tools/call", "t"),
    )
    .unwrap_err();
    assert_eq!((error.status(), error.code()), (400, code::UNSUPPORTED_VERSION));
    let supported = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];
    assert_eq!(error.data(), Some(json!({"supported": supported, "requested": "2099-01-01"})));
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    assert_eq!(refusal(&ping, headers("banana", "", "")), (400, code::UNSUPPORTED_VERSION));
    let old_in_meta =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta("2025-11-25")}});
    assert_eq!(refusal(&old_in_meta, headers("2025-11-25", "tools/list", "")), (400, code::UNSUPPORTED_VERSION));
    let message = Message::parse(Bytes::from(call("t").to_string())).unwrap();
    let only_old = Opening::of_message(&message, &headers(NOW, "tools/call", "t"), &[Version::V2025_11_25]);
    assert_eq!(only_old.unwrap_err().data(), Some(json!({"supported": ["2025-11-25"], "requested": NOW})));
}

#[test]
fn stateless_requests_need_both_parts_of_meta() {
    let caps = json!({"io.modelcontextprotocol/clientCapabilities": {}});
    let wrong = json!({"io.modelcontextprotocol/protocolVersion": 1, "io.modelcontextprotocol/clientCapabilities": {}});
    let version = json!({"io.modelcontextprotocol/protocolVersion": NOW});
    let bad_caps =
        json!({"io.modelcontextprotocol/protocolVersion": NOW, "io.modelcontextprotocol/clientCapabilities": []});
    for meta in [json!({}), caps, wrong, version, bad_caps] {
        let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}});
        assert_eq!(refusal(&list, headers(NOW, "tools/list", "")), (400, code::INVALID_PARAMS), "{list}");
    }
    let bare = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    assert_eq!(refusal(&bare, headers(NOW, "tools/list", "")), (400, code::INVALID_PARAMS));
    let wrong_without_header = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": {"io.modelcontextprotocol/protocolVersion": 1}}});
    assert_eq!(refusal(&wrong_without_header, headers("", "", "")), (400, code::INVALID_PARAMS));
}

#[test]
fn removed_methods_do_not_exist_in_the_stateless_era() {
    for method in ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"] {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"uri": "u", "_meta": meta(NOW)}});
        assert_eq!(refusal(&body, headers(NOW, method, "")), (404, code::METHOD_NOT_FOUND), "{method}");
    }
    let response = json!({"jsonrpc": "2.0", "id": 1, "result": {}});
    assert_eq!(refusal(&response, headers(NOW, "", "")), (400, code::INVALID_REQUEST));
}

#[test]
fn notifications_need_no_mirrors() {
    let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
    assert_eq!(open(&cancelled, headers(NOW, "", "")).unwrap().era, Era::Stateless);
    assert_eq!(refusal(&cancelled, headers(NOW, "tools/call", "")), (400, code::HEADER_MISMATCH));
    assert_eq!(open(&cancelled, headers("2025-06-18", "", "")).unwrap().era, Era::Stateful);
}

#[test]
fn older_clients_open_by_initialize_header_or_nothing() {
    let initialize =
        |asked: &str| json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": asked}});
    for (asked, version) in [
        ("2025-06-18", Version::V2025_06_18),
        ("2024-11-05", Version::V2024_11_05),
        ("2099-01-01", Version::V2025_11_25),
        (NOW, Version::V2025_11_25),
    ] {
        assert_eq!(
            open(&initialize(asked), headers("", "", "")),
            Ok(Opening { era: Era::Stateful, version }),
            "{asked}"
        );
    }
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    assert_eq!(open(&ping, headers("2025-11-25", "", "")).unwrap().version, Version::V2025_11_25);
    assert_eq!(open(&ping, headers("", "", "")).unwrap().version, Version::V2025_03_26);
}

#[test]
fn streams_exist_only_in_the_older_era() {
    assert_eq!(
        Opening::of_stream(&headers("2025-11-25", "", ""), &Version::ALL).unwrap().version,
        Version::V2025_11_25
    );
    assert!(Opening::of_stream(&headers("", "", ""), &Version::ALL).is_ok());
    assert_eq!(Opening::of_stream(&headers(NOW, "", ""), &Version::ALL).unwrap_err().status(), 405);
    assert_eq!(Opening::of_stream(&headers("x", "", ""), &Version::ALL).unwrap_err().status(), 400);
}
