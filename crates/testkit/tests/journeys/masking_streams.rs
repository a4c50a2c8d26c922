//! Personal data in streams of events: every line of one is looked at, and what is blocked in one does not end the others.

use http::Response;
use serde_json::{Value, json};
use vestibule_testkit::{mcp::Caller, upstream::Canned};

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
