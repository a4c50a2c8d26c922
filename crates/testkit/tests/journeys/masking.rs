//! Personal data: what a server answers is masked before its client sees it, everywhere in the answer and on every way;
//! labels stand for their values again toward the server that has shown them, and nowhere else.

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
    upstream::{Canned, Upstream},
};

/// One value of each of the seven types, and how it is labelled.
const VALUES: [(&str, &str); 7] = [
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
fn assert_hidden(text: &str) {
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
    async fn of(masking: &str, server: &str) -> Self {
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

    async fn agent(&self, server: &str, email: &str) -> (Agent, Tokens) {
        let (agent, _, tokens) = Agent::connect(&self.house.http, server, email, PASSWORD).await;
        (agent, tokens)
    }

    async fn caller(&self) -> Caller {
        let (agent, tokens) = self.agent("up", "ana@example.net").await;
        agent.caller(&tokens)
    }

    fn answer(&self, body: impl Into<Bytes>) {
        let response = Response::builder().header("content-type", "application/json").body(body.into()).unwrap();
        self.upstream.answer_next(Canned::Exactly(response));
    }

    /// The next answer has this result.
    fn result(&self, result: &Value) {
        self.answer(json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string());
    }

    /// The bodies that the upstream was sent, newest last.
    fn sent(&self) -> Vec<Value> {
        self.upstream.seen().iter().filter_map(|seen| serde_json::from_slice(&seen.body).ok()).collect()
    }
}

/// A call of the tool `read` with further headers.
async fn call_with(caller: &Caller, headers: &[(&str, &str)]) -> Answer {
    let (body, usual) = stateless("tools/call", json!({ "name": "read", "arguments": {} }));
    let usual = usual.iter().map(|(name, value)| (*name, value.as_str()));
    caller.post(&body, &usual.chain(headers.iter().copied()).collect::<Vec<_>>()).await
}

fn text_result() -> Value {
    json!({ "content": [{ "type": "text", "text": profile().to_string() }], "structuredContent": profile() })
}

#[tokio::test]
async fn a_profile_is_masked_in_text_and_structure_alike() {
    let place = Place::of("before_llm = true", "").await;
    let caller = place.caller().await;
    place.result(&text_result());
    let answer = caller.call("read", json!({})).await;
    assert_eq!(answer.status, 200);
    assert_hidden(&answer.text());
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
