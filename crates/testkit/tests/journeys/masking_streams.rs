//! Personal data in streams of events: every line of one is looked at, and what is blocked in one does not end the others.

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};
use vestibule_testkit::{
    http::request,
    mcp::{Caller, STATEFUL},
    upstream::Canned,
};

use crate::masking::{Place, assert_hidden, text_result};

/// The next answer is this stream.
fn stream(place: &Place, events: &str) {
    let response = Response::builder().header("content-type", "text/event-stream").body(events.to_owned().into());
    place.upstream.answer_next(Canned::Exactly(response.unwrap()));
}

async fn called(place: &Place, caller: &Caller, events: &str) -> String {
    stream(place, events);
    let answer = caller.call("read", json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().to_owned()
}

fn answer() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "result": text_result() })
}

#[tokio::test]
async fn a_byte_order_mark_hides_nothing() {
    let place = Place::of("before_llm = true", "").await;
    let caller = place.caller().await;
    for marks in ["\u{feff}", "\u{feff}\u{feff}", "\u{feff}\u{feff}\u{feff}\u{feff}"] {
        let text = called(&place, &caller, &format!("{marks}data: {}\n\n", answer())).await;
        assert_hidden(&text);
        assert!(text.starts_with("data: {") && text.contains("[EMAIL_1]"), "{text}");
    }
}

#[tokio::test]
async fn lines_that_are_no_data_are_masked_too() {
    let place = Place::of("before_llm = true", "").await;
    let caller = place.caller().await;
    let lines = "event: jane.doe@example.com\nid: jane.doe@example.com\nretry: jane.doe@example.com\nfoo: 4111 1111 1111 1111\n\
        <p>jane.doe@example.com</p>\nssn: 219-09-9998\n: call +1 415 555 2671\n";
    let text = called(&place, &caller, &format!("{lines}data: {}\n\n", answer())).await;
    assert_hidden(&text);
    assert!(text.contains("event: [EMAIL_1]\nid: [EMAIL_1]\n"), "{text}");
    let (head, tail) =
        ("{\"jsonrpc\":\"2.0\",\"id\":1,", "\"result\":{\"structuredContent\":{\"card\":4111111111111111}}}");
    let text = called(&place, &caller, &format!("data: {head}\n: hi\ndata: {tail}\n\n")).await;
    assert_eq!(text, format!("data: {head}\n: hi\ndata: {}\n\n", tail.replace("4111111111111111", "\"[CARD_1]\"")));
}

const BLOCKING: &str = "before_llm = true\nactions = { CREDIT_CARD = \"block\" }";
const CARD: &str = "4111 1111 1111 1111";

#[tokio::test]
async fn one_blocked_message_does_not_end_the_stream_of_a_session() {
    let place = Place::of(BLOCKING, "").await;
    let (agent, tokens) = place.agent("up", "ana@example.net").await;
    let caller = agent.session(&tokens).await;
    let say = |text: &str| json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "level": "info", "data": text } });
    let asks = json!({ "jsonrpc": "2.0", "id": "s1", "method": "elicitation/create", "params": { "message": CARD } });
    let late = json!({ "jsonrpc": "2.0", "id": 9, "result": { "content": [{ "type": "text", "text": CARD }] } });
    let all = [say("first"), say(CARD), asks, say("second"), late, say("third")];
    let events: String = all.iter().map(|message| format!("data: {message}\n\n")).collect();
    stream(&place, &events);
    let opening = request(http::Method::GET, &agent.path)
        .header("authorization", format!("Bearer {}", tokens.access))
        .header("accept", "text/event-stream")
        .header("mcp-session-id", caller.session().unwrap())
        .header("mcp-protocol-version", STATEFUL);
    let answer = place.house.http.send(opening.body(Bytes::new()).unwrap()).await;
    assert_eq!(answer.status, 200);
    let text = answer.text();
    assert_hidden(text);
    for there in ["first", "second", "third"] {
        assert!(text.contains(there), "{there}: {text}");
    }
    assert_eq!(text.matches("data: ").count(), 4, "and an error for the one that answered: {text}");
    assert!(text.contains("\"id\":9") && text.contains("CREDIT_CARD") && !text.contains("s1"), "{text}");
}

#[tokio::test]
async fn a_blocked_answer_is_one_that_clients_read() {
    let place = Place::of(BLOCKING, "").await;
    let caller = place.caller().await;
    for status in [200, 400, 500] {
        let error = json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32000, "message": CARD } });
        let response = Response::builder().status(status).header("content-type", "application/json");
        place.upstream.answer_next(Canned::Exactly(response.body(error.to_string().into()).unwrap()));
        let answer = caller.ask("prompts/get", json!({ "name": "x" })).await;
        assert_eq!(answer.status, 200, "{status}: {}", answer.text());
        assert!(answer.json()["error"]["message"].as_str().unwrap().contains("CREDIT_CARD"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_blocked_initialize_opens_no_session() {
    let place = Place::of(BLOCKING, "").await;
    let (agent, tokens) = place.agent("up", "ana@example.net").await;
    let result = json!({ "protocolVersion": STATEFUL, "capabilities": {}, "serverInfo": { "name": "x", "version": "1" }, "instructions": CARD });
    let body = json!({ "jsonrpc": "2.0", "id": 0, "result": result });
    let response = Response::builder().header("content-type", "application/json").header("mcp-session-id", "up-1");
    place.upstream.answer_next(Canned::Exactly(response.body(body.to_string().into()).unwrap()));
    let client = json!({ "name": "testkit", "version": "1" });
    let params = json!({ "protocolVersion": STATEFUL, "capabilities": {}, "clientInfo": client });
    let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
    let answer = agent.caller(&tokens).post(&initialize, &[("x-mask-pii-before-llm", "on")]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("CREDIT_CARD"), "{}", answer.text());
    assert_eq!(answer.header("mcp-session-id"), None);
}

#[tokio::test]
async fn pages_may_read_how_much_was_masked() {
    let place = Place::of("before_llm = true", "").await;
    let caller = place.caller().await;
    place.result(&text_result());
    let (body, headers) = vestibule_testkit::mcp::stateless("tools/call", json!({ "name": "read", "arguments": {} }));
    let origin = place.house.origin();
    let mut headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    headers.push(("origin", &origin));
    let answer = caller.post(&body, &headers).await;
    assert!(answer.header("access-control-expose-headers").unwrap().contains("X-PII-Masked"));
    assert!(answer.header("x-pii-masked").is_some());
}
