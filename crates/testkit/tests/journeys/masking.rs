//! Personal data: what a server answers is masked before its client sees it, everywhere in the answer and on every way.

use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use vestibule_testkit::{
    agent::{Agent, Tokens},
    house::{House, PASSWORD},
    http::Answer,
    mcp::{Caller, stateless},
    upstream::{Canned, Speaks, Upstream},
};

use crate::{
    federation::{Plan, Union},
    masking_pseudonyms::sent_by,
};

/// One value of each of the seven types, and how it is labelled.
pub(crate) const VALUES: [(&str, &str); 7] = [
    ("jane.doe@example.com", "[EMAIL_1]"),
    ("+1 415 555 2671", "[PHONE_1]"),
    ("219-09-9998", "[SSN_1]"),
    ("4111 1111 1111 1111", "[CARD_1]"),
    ("203.0.113.9", "[IP_1]"),
    ("12 Main Street, Springfield, IL 62704", "[ADDRESS_1]"),
    ("C01X00T47", "[PASSPORT_1]"),
];

/// A profile with all of them.
fn profile() -> Value {
    let [email, phone, ssn, card, ip, address, passport] = VALUES.map(|(value, _)| value);
    json!({
        "name": "Jane Doe", "employee_id": "E1001", "email": email, "phone": phone, "ssn": ssn, "card": card,
        "last_login_ip": ip, "address": address, "passport": passport,
    })
}

/// Nothing of them is in a text.
pub(crate) fn assert_hidden(text: &str) {
    for (value, _) in VALUES {
        assert!(!text.contains(value), "{value} in {text}");
    }
    for part in ["jane.doe", "415 555", "219-09", "4111", "203.0.113", "12 Main", "C01X00"] {
        assert!(!text.contains(part), "{part} in {text}");
    }
}

/// A gateway before two servers that one upstream plays.
pub(crate) struct Place {
    pub(crate) house: House,
    pub(crate) upstream: Upstream,
}

const POLICY: &str = "[[tool]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n[[prompt]]\nnames = [\"*\"]\nallow = { \"*\" = true }\n\
    [[resource]]\nuris = [\"*\"]\nallow = { \"*\" = true }\n[[method]]\nnames = [\"*\"]\nallow = { \"*\" = true }\n";

impl Place {
    /// `masking` stands in `[masking]`, `server` in the server called `up`.
    pub(crate) async fn of(masking: &str, server: &str) -> Self {
        let upstream = Upstream::start().await;
        let url = upstream.url();
        let entry = |name: &str, more: &str| {
            format!("[[server]]\nname = \"{name}\"\nurl = \"{url}\"\npolicy = \"policy.toml\"\n{more}\n")
        };
        let config = format!("[masking]\n{masking}\n{}{}", entry("up", server), entry("other", ""));
        let house = House::of(&config, &[("policy.toml", POLICY)]).await;
        house.add_user("ana@example.net", &["staff"]).await;
        house.add_user("ben@example.net", &["guest"]).await;
        Self { house, upstream }
    }

    pub(crate) async fn agent(&self, server: &str, email: &str) -> (Agent, Tokens) {
        let (agent, _, tokens) = Agent::connect(&self.house.http, server, email, PASSWORD).await;
        (agent, tokens)
    }

    pub(crate) async fn caller(&self) -> Caller {
        let (agent, tokens) = self.agent("up", "ana@example.net").await;
        agent.caller(&tokens)
    }

    pub(crate) fn answer(&self, body: impl Into<Bytes>) {
        let response = Response::builder().header("content-type", "application/json").body(body.into()).unwrap();
        self.upstream.answer_next(Canned::Exactly(response));
    }

    /// The next answer has this result.
    pub(crate) fn result(&self, result: &Value) {
        self.answer(json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string());
    }

    /// The bodies that the upstream was sent, newest last.
    pub(crate) fn sent(&self) -> Vec<Value> {
        self.upstream.seen().iter().filter_map(|seen| serde_json::from_slice(&seen.body).ok()).collect()
    }
}

/// A call of the tool `read` with further headers.
async fn call_with(caller: &Caller, headers: &[(&str, &str)]) -> Answer {
    let (body, usual) = stateless("tools/call", json!({ "name": "read", "arguments": {} }));
    let usual = usual.iter().map(|(name, value)| (*name, value.as_str()));
    caller.post(&body, &usual.chain(headers.iter().copied()).collect::<Vec<_>>()).await
}

pub(crate) fn text_result() -> Value {
    json!({ "content": [{ "type": "text", "text": profile().to_string() }], "structuredContent": profile() })
}

#[tokio::test]
async fn a_profile_is_masked_in_text_and_structure_alike() {
    let place = Place::of("before_llm = true", "").await;
    let caller = place.caller().await;
    place.result(&text_result());
    let answer = caller.call("read", json!({})).await;
    assert_eq!(answer.status, 200);
    assert_hidden(answer.text());
    let result = answer.json()["result"].clone();
    let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(text, result["structuredContent"], "the twin says the same");
    for (_, label) in VALUES {
        assert!(text.to_string().contains(label), "{label} in {text}");
    }
    assert_eq!((&text["name"], &text["employee_id"]), (&json!("Jane Doe"), &json!("E1001")));
    let masked = answer.header("x-pii-masked").expect("counts").to_owned();
    assert!(masked.contains("EMAIL_ADDRESS=2") && masked.contains("CREDIT_CARD=2"), "{masked}");
    assert_hidden(&masked);
}

#[tokio::test]
async fn without_the_switch_every_byte_passes() {
    let place = Place::of("", "").await;
    let caller = place.caller().await;
    let body = format!("{{ \"jsonrpc\":\"2.0\", \"id\" :1,\"result\":{} }}\n", text_result());
    place.answer(body.clone());
    let answer = caller.call("read", json!({})).await;
    assert_eq!(answer.text(), body);
    assert_eq!(answer.header("x-pii-masked"), None);
}

#[tokio::test]
async fn a_stream_is_masked_event_by_event_wherever_it_is_cut() {
    let place = Place::of("before_llm = true", "").await;
    let caller = place.caller().await;
    let message = format!("Writing to {}, card 4111 1111 1111 1111", VALUES[0].0);
    let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": { "progressToken": "4155552671", "progress": 1, "message": message } });
    let last = json!({ "jsonrpc": "2.0", "id": 1, "result": text_result() });
    let stream = format!(": for jane.doe@example.com\nevent: message\ndata: {progress}\n\ndata: {last}\n\n");
    let mut outputs = Vec::new();
    for step in [1, 7, 64, stream.len()] {
        let (events, receiver) = mpsc::channel(4096);
        place.upstream.answer_next(Canned::Stream(receiver));
        let (body, headers) = stateless("tools/call", json!({ "name": "read", "arguments": {} }));
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let response = place.house.http.open(caller.request(&body, &headers)).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        for piece in stream.as_bytes().chunks(step) {
            events.send(String::from_utf8(piece.to_vec()).unwrap()).await.unwrap();
        }
        drop(events);
        let whole = response.into_body().collect().await.unwrap().to_bytes();
        outputs.push(String::from_utf8(whole.to_vec()).unwrap());
    }
    let first = outputs[0].clone();
    assert_hidden(&first);
    assert!(first.contains(r#""progressToken":"4155552671""#), "a token is no telephone number: {first}");
    assert!(first.contains("Writing to [EMAIL_1], card [CARD_1]") && first.starts_with(": for [EMAIL_1]\n"), "{first}");
    assert!(outputs.iter().all(|output| *output == first), "the same however it is cut");
}

#[tokio::test]
async fn a_client_may_tighten_and_loosens_only_where_it_may() {
    let on = ["true", "1", "on", "TRUE"];
    let off = ["false", "0", "off"];
    // Masking as configured, whether headers may switch it off, what a header says, and what must come of it.
    for (configured, headers, masked_without, masked_with_off) in
        [(false, "tighten", false, false), (true, "tighten", true, true), (true, "override", true, false)]
    {
        let place = Place::of(&format!("before_llm = {configured}\nheaders = \"{headers}\""), "").await;
        let caller = place.caller().await;
        let masked = async |headers: &[(&str, &str)]| {
            place.result(&text_result());
            let answer = call_with(&caller, headers).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.text().contains("[EMAIL_1]") && !answer.text().contains("jane.doe")
        };
        assert_eq!(masked(&[]).await, masked_without, "{configured} {headers}");
        for value in on {
            assert!(masked(&[("x-mask-pii-before-llm", value)]).await, "{configured} {headers} {value}");
        }
        for value in off {
            let is = masked(&[("x-mask-pii-before-llm", value)]).await;
            assert_eq!(is, masked_with_off, "{configured} {headers} {value}");
        }
        for header in ["x-mask-pii-before-llm", "x-mask-pii-in-logs"] {
            for value in ["yes", "", "tru", "on,off"] {
                let before = place.upstream.seen().len();
                let answer = call_with(&caller, &[(header, value)]).await;
                assert_eq!(answer.status, 400, "{header}: {value}: {}", answer.text());
                assert_eq!(place.upstream.seen().len(), before, "nothing was sent");
            }
            let answer = call_with(&caller, &[(header, "on"), (header, "off")]).await;
            assert_eq!(answer.status, 400, "two that differ: {}", answer.text());
        }
        for seen in place.upstream.seen() {
            assert!(!seen.text().to_lowercase().contains("x-mask-pii"), "the wish of a client stays here");
        }
    }
}

#[tokio::test]
async fn policy_sees_what_is_sent_and_mirrors_say_the_same() {
    let place = Place::of("before_llm = true", "mask = \"pseudonym\"").await;
    let caller = place.caller().await;
    place.result(&text_result());
    caller.call("read", json!({})).await;
    let (body, headers) = stateless("tools/call", json!({ "name": "book", "arguments": { "to": "[EMAIL_1]" } }));
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = caller.post(&body, &[headers, vec![("mcp-param-to", "[EMAIL_1]")]].concat()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let seen = place.upstream.seen().pop().unwrap();
    assert_eq!(seen.headers["mcp-param-to"], VALUES[0].0);
    assert!(seen.text().contains(r#""to":"jane.doe@example.com""#));
    let digest = vestibule_model::Digest::of(br#"{"to":"jane.doe@example.com"}"#);
    let record = place.house.last_event("call").unwrap();
    assert_eq!(record["arguments"], serde_json::to_value(digest).unwrap(), "decided and recorded as it was sent");
}

#[tokio::test]
async fn a_policy_demands_masking_for_some_tools_and_roles() {
    let policy = "roles = [\"staff\", \"guest\"]\n\
        [[tool]]\nnames = [\"read\"]\nallow = { staff = true, guest = true }\n\
        mask = { guest = { EMAIL_ADDRESS = \"label\", CREDIT_CARD = \"block\" }, staff = [\"US_SSN\"] }\n\
        [[tool]]\nnames = [\"open\"]\nallow = { staff = true, guest = true }\n";
    let upstream = Upstream::start().await;
    let config = format!(
        "[masking]\nheaders = \"override\"\n[[server]]\nname = \"up\"\nurl = \"{}\"\npolicy = \"policy.toml\"\n",
        upstream.url()
    );
    let house = House::of(&config, &[("policy.toml", policy)]).await;
    house.add_user("ana@example.net", &["staff"]).await;
    house.add_user("ben@example.net", &["guest"]).await;
    let place = Place { house, upstream };
    let off = [("x-mask-pii-before-llm", "off")];

    let staff = place.caller().await;
    place.result(&text_result());
    let answer = call_with(&staff, &off).await;
    assert!(answer.text().contains("[SSN_1]") && !answer.text().contains("219-09"), "{}", answer.text());
    assert!(answer.text().contains("jane.doe@example.com"), "only what is demanded");
    place.result(&text_result());
    assert!(staff.call("open", json!({})).await.text().contains("219-09-9998"), "and only there");

    let (agent, tokens) = place.agent("up", "ben@example.net").await;
    let guest = agent.caller(&tokens);
    place.result(&text_result());
    let answer = call_with(&guest, &off).await;
    assert_eq!(answer.status, 200);
    assert_hidden(answer.text());
    assert_eq!(answer.json()["result"]["isError"], true);
    assert!(answer.text().contains("CREDIT_CARD"), "the kind, never the value: {}", answer.text());
    let withheld = async || loop {
        let outcomes = place.house.events("outcome");
        if let Some(outcome) = outcomes.into_iter().find(|outcome| outcome["reason"] == "pii_blocked") {
            break outcome;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    let outcome = tokio::time::timeout(std::time::Duration::from_secs(30), withheld()).await.expect("recorded");
    assert_eq!(outcome["verdict"], "deny");
    place.result(&json!({ "content": [{ "type": "text", "text": "jane.doe@example.com, 219-09-9998" }] }));
    let answer = call_with(&guest, &[]).await;
    assert!(answer.text().contains("[EMAIL_1], 219-09-9998"), "{}", answer.text());
}

#[tokio::test]
async fn what_is_blocked_ends_a_stream_with_an_error() {
    let place = Place::of("before_llm = true\nactions = { CREDIT_CARD = \"block\" }", "").await;
    let caller = place.caller().await;
    let (events, receiver) = mpsc::channel(8);
    place.upstream.answer_next(Canned::Stream(receiver));
    let event = |message: &Value| format!("data: {message}\n\n");
    let progress = |message: &str| json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": { "progressToken": 1, "progress": 1, "message": message } });
    events.send(event(&progress("for jane.doe@example.com"))).await.unwrap();
    events.send(event(&progress("with 4111 1111 1111 1111"))).await.unwrap();
    events.send(event(&json!({ "jsonrpc": "2.0", "id": 1, "result": { "content": [] } }))).await.unwrap();
    let answer = caller.call("read", json!({})).await;
    let text = answer.text();
    assert_hidden(text);
    assert!(text.contains("for [EMAIL_1]") && text.contains("isError") && text.contains("CREDIT_CARD"), "{text}");
    assert_eq!(text.matches("data:").count(), 2, "nothing after it: {text}");
    tokio::time::timeout(std::time::Duration::from_secs(30), events.closed()).await.expect("the exchange has ended");
}

#[tokio::test]
async fn every_part_of_an_answer_is_masked_and_the_protocol_stays() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let place = Place::of("before_llm = true", "").await;
    let caller = place.caller().await;
    let file = STANDARD.encode("name;email\nJane;jane.doe@example.com\n");
    let picture = STANDARD.encode([0x89, b'P', b'N', b'G', 0, 1, 2, 0xFF].repeat(40));
    let result = json!({
        "content": [
            { "type": "text", "text": "the card \u{1d7d0} is 4111 1111 1111 1111", "annotations": { "audience": ["user"] } },
            { "type": "image", "data": picture, "mimeType": "image/png" },
            { "type": "resource", "resource": { "uri": "file:///of/jane.doe@example.com", "mimeType": "text/csv", "blob": file } },
            { "type": "resource", "resource": { "uri": "file:///a", "text": "call +1 415 555 2671" } },
            { "type": "resource_link", "uri": "mailto:jane.doe@example.com", "name": "Mail 203.0.113.9", "description": "SSN 219-09-9998" },
        ],
        "structuredContent": { "card": 4_111_111_111_111_111u64, "jane.doe@example.com": 1, "count": 42 },
        "_meta": { "io.modelcontextprotocol/related-task": { "taskId": "203.0.113.9" }, "com.example/by": "jane.doe@example.com" },
        "nextCursor": "jane.doe@example.com",
        "task": { "taskId": "203.0.113.9", "statusMessage": "for jane.doe@example.com" },
    });
    place.result(&result);
    let answer = caller.call("read", json!({})).await;
    let masked = answer.json()["result"].clone();
    assert_eq!(masked["content"][0]["text"], "the card \u{1d7d0} is [CARD_1]");
    assert_eq!(masked["content"][1], result["content"][1], "a picture is a picture");
    let file = STANDARD.decode(masked["content"][2]["resource"]["blob"].as_str().unwrap()).unwrap();
    assert_eq!(String::from_utf8(file).unwrap(), "name;email\nJane;[EMAIL_1]\n");
    assert_eq!(masked["content"][2]["resource"]["uri"], "file:///of/[EMAIL_1]");
    assert_eq!(masked["content"][3]["resource"]["text"], "call [PHONE_1]");
    assert_eq!(masked["content"][4]["uri"], "mailto:[EMAIL_1]");
    assert_eq!(masked["content"][4]["name"], "Mail [IP_1]");
    assert_eq!(masked["content"][4]["description"], "SSN [SSN_1]");
    assert_eq!(
        masked["structuredContent"],
        json!({ "card": "[CARD_1]", "jane.doe@example.com": 1, "count": 42 }),
        "keys stay"
    );
    let task = masked["_meta"]["io.modelcontextprotocol/related-task"]["taskId"].as_str().unwrap();
    assert!(task.ends_with(".203.0.113.9"), "tagged, not masked: {task}");
    assert_eq!(masked["_meta"]["com.example/by"], "[EMAIL_1]");
    assert!(masked["task"]["taskId"].as_str().unwrap().ends_with("203.0.113.9"), "{masked}");
    assert_eq!(masked["task"]["statusMessage"], "for [EMAIL_1]");
    assert_eq!(masked["nextCursor"], "jane.doe@example.com", "a cursor comes back as it was");

    place.answer(json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32000, "message": "no mailbox jane.doe@example.com", "data": { "ip": "203.0.113.9" } } }).to_string());
    let error = caller.call("read", json!({})).await.json()["error"].clone();
    assert_eq!((&error["message"], &error["data"]["ip"]), (&json!("no mailbox [EMAIL_1]"), &json!("[IP_1]")));

    place.result(&json!({ "messages": [{ "role": "user", "content": { "type": "text", "text": "Write to jane.doe@example.com" } }] }));
    let prompt = caller.ask("prompts/get", json!({ "name": "letter" })).await;
    assert!(prompt.text().contains("Write to [EMAIL_1]"), "{}", prompt.text());
    let file = STANDARD.encode("jane.doe@example.com");
    place.result(&json!({ "contents": [{ "uri": "hr://a", "text": "12 Main Street, Springfield, IL 62704" }, { "uri": "hr://b", "blob": file }] }));
    let resource = caller.ask("resources/read", json!({ "uri": "hr://a" })).await.json();
    assert_eq!(resource["result"]["contents"][0]["text"], "[ADDRESS_1]");
    let file = STANDARD.decode(resource["result"]["contents"][1]["blob"].as_str().unwrap()).unwrap();
    assert_eq!(file, b"[EMAIL_1]");
}

#[tokio::test]
async fn large_answers_are_masked_as_they_pass() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let place = Place::of("before_llm = true", "").await;
    let caller = place.caller().await;
    let row = "Nothing to see in this line of the report, only words.\n";
    let text = format!("{}jane.doe@example.com\n{}", row.repeat(8_000), row.repeat(8_000));
    let file = STANDARD.encode(&text);
    let result = json!({ "content": [{ "type": "text", "text": text }, { "type": "resource", "resource": { "uri": "f:a", "mimeType": "text/plain", "blob": file } }] });
    place.result(&result);
    let answer = caller.call("read", json!({})).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("x-pii-masked").is_none(), "it was not held until its end");
    let masked = answer.json()["result"].clone();
    let wanted = text.replace("jane.doe@example.com", "[EMAIL_1]");
    assert_eq!(masked["content"][0]["text"], wanted.as_str());
    let file = STANDARD.decode(masked["content"][1]["resource"]["blob"].as_str().unwrap()).unwrap();
    assert!(String::from_utf8(file).unwrap() == wanted);
}

#[tokio::test]
async fn operators_see_how_much_was_masked_and_no_value() {
    let place = Place::of("before_llm = true\ntypes = [\"EMAIL_ADDRESS\"]\nproof_one_in = 1", "").await;
    let caller = place.caller().await;
    place.result(&text_result());
    caller.call("read", json!({})).await;
    let page = place.house.operators.get("/metrics").await;
    assert_eq!(page.status, 200);
    let page = page.text();
    assert!(page.contains("vestibule_pii_masked_total{type=\"EMAIL_ADDRESS\",direction=\"results\"} 2"), "{page}");
    assert!(
        page.contains("vestibule_pii_left_total{type=\"US_SSN\"} 2"),
        "the proof tells what was not masked: {page}"
    );
    assert!(page.contains("vestibule_messages_total{happened=\"allowed\"} 1"), "{page}");
    assert_hidden(page);
    assert_eq!(place.house.operators.get("/livez").await.status, 200);
    assert_eq!(place.house.http.get("/metrics").await.status, 404, "only there");
}

#[tokio::test]
async fn large_answers_are_proved_as_a_whole_once() {
    let place = Place::of("before_llm = true\ntypes = [\"EMAIL_ADDRESS\"]\nproof_one_in = 1", "").await;
    let caller = place.caller().await;
    let row = "Nothing to see in this line of the report, only words.\n".repeat(500);
    let rows: Vec<Value> =
        (0..50).map(|_| json!({ "note": row, "ssn": 219_099_998, "email": "a@example.com" })).collect();
    place.result(&json!({ "content": [], "structuredContent": { "rows": rows } }));
    let answer = caller.call("read", json!({})).await;
    assert!(answer.text().len() > 1 << 20 && !answer.text().contains("a@example.com"));
    let page = place.house.operators.get("/metrics").await;
    assert!(page.text().contains("vestibule_pii_left_total{type=\"US_SSN\"} 50"), "{}", page.text());
    assert!(page.text().contains("vestibule_pii_left_total{type=\"EMAIL_ADDRESS\"} 0"), "{}", page.text());
    assert!(page.text().contains("vestibule_pii_proved_parts_total 1\n"), "{}", page.text());
}

#[tokio::test]
async fn a_label_in_the_uri_of_a_resource_stays_a_label() {
    let place = Place::of("before_llm = true", "mask = \"pseudonym\"").await;
    let caller = place.caller().await;
    let link = json!({ "type": "resource_link", "uri": "hr://people/jane.doe@example.com", "name": "n" });
    place.result(&json!({ "content": [link] }));
    assert!(caller.call("read", json!({})).await.text().contains("hr://people/[EMAIL_1]"));
    for uri in ["hr://people/[EMAIL_1]", "hr://people/%5BEMAIL_1%5D"] {
        place.result(&json!({ "contents": [] }));
        caller.ask("resources/read", json!({ "uri": uri })).await;
        assert_eq!(place.sent().pop().unwrap()["params"]["uri"], uri);
    }
}

#[tokio::test]
async fn evidence_and_logs_hold_no_personal_data() {
    let logs = vestibule_testkit::logs::keep();
    let place = Place::of("before_llm = true", "mask = \"pseudonym\"").await;
    let caller = place.caller().await;
    place.result(&text_result());
    caller.call("read", json!({})).await;
    sent_by(&place, &caller, json!({ "to": "[EMAIL_1]" })).await;
    place.result(&json!({ "contents": [] }));
    caller.ask("resources/read", json!({ "uri": "hr://people/jane.doe@example.com" })).await;
    let records = place.house.records();
    let targets: Vec<&Value> = records.iter().map(|record| &record["event"]["target"]).collect();
    assert!(targets.contains(&&json!("hr://people/[EMAIL]")), "{targets:?}");
    for record in records {
        assert_hidden(&record.to_string());
    }
    // Not even the most talkative level repeats what was said.
    let logged = logs.text();
    for part in ["415 555 2671", "219-09-9998", "4111 1111 1111", "12 Main Street"] {
        assert!(!logged.contains(part), "{part}");
    }
}

#[tokio::test]
async fn evidence_follows_the_switch_and_the_wish() {
    for (config, header, masked) in [
        ("logs = false", None, false),
        ("logs = false", Some("on"), true),
        ("logs = true", Some("off"), true),
        ("logs = true\nheaders = \"override\"", Some("off"), false),
    ] {
        let place = Place::of(config, "").await;
        let caller = place.caller().await;
        let uri = "hr://people/jane.doe@example.com";
        let (body, headers) = stateless("resources/read", json!({ "uri": uri }));
        let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let headers: Vec<(&str, &str)> = headers.chain(header.map(|value| ("x-mask-pii-in-logs", value))).collect();
        caller.post(&body, &headers).await;
        let target = place.house.last_event("call").unwrap()["target"].clone();
        let wanted = if masked { "hr://people/[EMAIL]" } else { uri };
        assert_eq!(target, wanted, "{config} {header:?}");
    }
}

#[tokio::test]
async fn at_the_joined_endpoint_each_server_gets_back_only_its_own() {
    let plan = Plan { federation: "servers = [\"git\", \"hr\"]\n", each: "mask = \"pseudonym\"\n", ..Plan::default() };
    let union = Union::of(plan).await;
    for caller in [union.caller(), union.session().await] {
        let answer = |text: &str| {
            let result = json!({ "content": [{ "type": "text", "text": text }] });
            let event = json!({ "jsonrpc": "2.0", "id": 1, "result": result });
            Canned::Exactly(
                Response::builder().header("content-type", "application/json").body(event.to_string().into()).unwrap(),
            )
        };
        union.hr.answer_next(answer("jane.doe@example.com"));
        let shown = caller.call("hr__read", json!({})).await;
        let text = shown.json()["result"]["content"][0]["text"].as_str().unwrap().to_owned();
        assert!(text.starts_with("[EMAIL_"), "{text}");
        let last = |upstream: &Upstream| {
            let seen = upstream.seen().pop().unwrap();
            serde_json::from_slice::<Value>(&seen.body).unwrap()["params"]["arguments"].clone()
        };
        assert_eq!(caller.call("hr__write", json!({ "to": text })).await.status, 200);
        assert_eq!(last(&union.hr), json!({ "to": "jane.doe@example.com" }));
        assert_eq!(caller.call("git__push", json!({ "to": text })).await.status, 200);
        assert_eq!(last(&union.git), json!({ "to": text }), "another server");
    }
    let refused =
        union.caller().post(&stateless("tools/list", json!({})).0, &[("x-mask-pii-before-llm", "maybe")]).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
}

#[tokio::test]
async fn what_a_server_asks_is_masked_and_the_answer_turned_back() {
    let place = Place::of("before_llm = true", "mask = \"pseudonym\"").await;
    place.upstream.speak(Speaks::Sessions);
    let (agent, tokens) = place.agent("up", "ana@example.net").await;
    let caller = agent.session(&tokens).await;
    let (events, receiver) = mpsc::channel(8);
    place.upstream.answer_next(Canned::Stream(receiver));
    let question = json!({ "jsonrpc": "2.0", "id": "4155552671", "method": "elicitation/create", "params": {
        "message": "Send it to jane.doe@example.com?", "requestedSchema": { "type": "object", "properties": { "to": { "type": "string", "default": "jane.doe@example.com" } } } } });
    events.send(format!("data: {question}\n\n")).await.unwrap();
    events
        .send(format!("data: {}\n\n", json!({ "jsonrpc": "2.0", "id": 1, "result": { "content": [] } })))
        .await
        .unwrap();
    drop(events);
    let answer = caller.call("read", json!({})).await;
    let asked: Value =
        serde_json::from_str(answer.text().lines().next().unwrap().strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(asked["id"], "4155552671", "an id is no telephone number");
    assert_eq!(asked["params"]["message"], "Send it to [EMAIL_1]?");
    assert_eq!(asked["params"]["requestedSchema"]["properties"]["to"]["default"], "[EMAIL_1]");
    let response = json!({ "jsonrpc": "2.0", "id": "4155552671", "result": { "action": "accept", "content": { "to": "[EMAIL_1]" } } });
    let session = caller.session().unwrap();
    caller.post(&response, &[("mcp-session-id", session), ("mcp-protocol-version", "2025-11-25")]).await;
    assert_eq!(place.sent().pop().unwrap()["result"]["content"]["to"], "jane.doe@example.com");
}

#[tokio::test]
async fn a_resumed_stream_is_masked_by_all_that_any_policy_demands() {
    let policy = format!("{}mask = [\"US_SSN\"]\n", POLICY.split_once("[[prompt]]").unwrap().0);
    let upstream = Upstream::start().await;
    let config = format!("[[server]]\nname = \"up\"\nurl = \"{}\"\npolicy = \"policy.toml\"\n", upstream.url());
    let house = House::of(&config, &[("policy.toml", &policy)]).await;
    house.add_user("ana@example.net", &["staff"]).await;
    let place = Place { house, upstream };
    let (agent, tokens) = place.agent("up", "ana@example.net").await;
    let caller = agent.session(&tokens).await;
    let (events, receiver) = mpsc::channel(8);
    place.upstream.answer_next(Canned::Stream(receiver));
    events.send(format!("data: {}\n\n", json!({ "jsonrpc": "2.0", "id": 1, "result": text_result() }))).await.unwrap();
    drop(events);
    let request = http::Request::builder()
        .method("GET")
        .uri(&agent.path)
        .header("host", place.house.origin().strip_prefix("http://").unwrap())
        .header("authorization", format!("Bearer {}", tokens.access))
        .header("accept", "text/event-stream")
        .header("mcp-session-id", caller.session().unwrap())
        .header("mcp-protocol-version", "2025-11-25")
        .body(Bytes::new())
        .unwrap();
    let answer = place.house.http.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("[SSN_1]") && !answer.text().contains("219-09"), "{}", answer.text());
}
