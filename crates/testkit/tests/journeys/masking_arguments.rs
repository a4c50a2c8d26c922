//! What a client gives to a server: what the configuration keeps from the server does not reach it, wherever it stands.

use serde_json::{Value, json};
use tokio::sync::mpsc;
use vestibule_testkit::{
    http::Answer,
    upstream::{Canned, Speaks},
};

use crate::{
    asking::{Desk, event, result, until},
    masking::Place,
    masking_pseudonyms::sent_by,
};

const SSN: &str = "219-09-9998";
const BLOCK: &str = "[[masking.rule]]\ndirection = \"arguments\"\ntypes = [\"US_SSN\"]\naction = \"block\"\n";

#[tokio::test]
async fn what_a_server_may_not_be_sent_is_masked_or_refused() {
    let rules = "[[masking.rule]]\ndirection = \"arguments\"\nservers = [\"up\"]\ntypes = [\"US_SSN\"]\naction = \"block\"\n\
        [[masking.rule]]\ndirection = \"arguments\"\ntypes = [\"EMAIL_ADDRESS\"]\ntools = [\"book\"]\naction = \"partial\"";
    let place = Place::of(rules, "").await;
    let caller = place.caller().await;
    let sent = sent_by(&place, &caller, json!({ "to": "jane.doe@example.com", "ip": "203.0.113.9" })).await;
    assert_eq!(sent, json!({ "to": "j***@example.com", "ip": "203.0.113.9" }));
    let before = place.upstream.seen().len();
    let answer = caller.call("book", json!({ "ssn": "219-09-9998" })).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["result"]["isError"]), (200, &json!(true)));
    assert!(answer.text().contains("US_SSN") && !answer.text().contains("219-09"), "{}", answer.text());
    assert_eq!(place.upstream.seen().len(), before, "it was not sent");
    let answer = caller.call("read", json!({ "to": "jane.doe@example.com" })).await;
    assert_eq!(answer.status, 200);
    assert_eq!(place.sent().pop().unwrap()["params"]["arguments"]["to"], "jane.doe@example.com", "not this tool");
}

/// The server asks for a form on the stream of a call, and this is the answer to it.
async fn answered(place: &Place, desk: &Desk, answer: &Value) -> (Answer, Vec<Value>) {
    let (events, receiver) = mpsc::channel(4);
    place.upstream.answer_next(Canned::Stream(receiver));
    let form = json!({ "message": "Who?", "requestedSchema": { "type": "object" } });
    let asks = json!({ "jsonrpc": "2.0", "id": "form-7", "method": "elicitation/create", "params": form });
    events.send(event(&asks)).await.unwrap();
    let mut stream = desk.call(&place.house, "read", 5).await;
    assert_eq!(stream.next().await.unwrap()["id"], "form-7");
    let before = place.upstream.seen().len();
    let told = desk.say(answer).await;
    until(|| place.upstream.seen().len() > before).await;
    events.send(event(&json!({ "jsonrpc": "2.0", "id": 5, "result": { "content": [] } }))).await.unwrap();
    assert_eq!(stream.next().await.unwrap()["id"], 5, "the call goes on");
    (told, place.sent().split_off(before))
}

#[tokio::test]
async fn a_server_is_told_that_the_answer_it_waits_for_is_withheld() {
    let place = Place::of(BLOCK, "").await;
    let (agent, tokens) = place.agent("up", "ana@example.net").await;
    let desk = Desk::open(&agent, &tokens, json!({ "elicitation": {} })).await;
    for answer in [
        json!({ "jsonrpc": "2.0", "id": "form-7", "result": { "action": "accept", "content": { "ssn": SSN } } }),
        json!({ "jsonrpc": "2.0", "id": "form-7", "result": { "role": "assistant", "content": { "type": "text", "text": SSN } } }),
    ] {
        let (told, sent) = answered(&place, &desk, &answer).await;
        // Whoever answers is asked nothing: there is no answer to it, least of all one to a request of the server.
        assert_eq!((told.status.as_u16(), told.text()), (202, ""));
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert_eq!((&sent[0]["id"], &sent[0]["result"]), (&json!("form-7"), &Value::Null));
        let text = sent[0]["error"]["message"].as_str().unwrap();
        assert!(text.contains("US_SSN") && !sent[0].to_string().contains("219-09"), "{sent:?}");
    }
    // One that may pass does.
    let good = json!({ "jsonrpc": "2.0", "id": "form-7", "result": { "action": "decline" } });
    let (told, sent) = answered(&place, &desk, &good).await;
    assert_eq!((told.status.as_u16(), sent), (202, vec![good]));
}

#[tokio::test]
async fn a_call_ends_when_its_answer_is_withheld_from_a_server_without_sessions() {
    let place = Place::of(BLOCK, "").await;
    place.upstream.speak(Speaks::NoSessions);
    let (agent, tokens) = place.agent("up", "ana@example.net").await;
    let desk = Desk::open(&agent, &tokens, json!({ "elicitation": {} })).await;
    let form = json!({ "method": "elicitation/create", "params": { "message": "Who?", "requestedSchema": { "type": "object" } } });
    let asks = json!({ "resultType": "input_required", "requestState": "s", "inputRequests": { "form": form } });
    place.answer(result(&asks).to_string());
    let mut stream = desk.call(&place.house, "read", 5).await;
    let id = stream.next().await.unwrap()["id"].clone();
    let content = json!({ "action": "accept", "content": { "ssn": SSN } });
    let told = desk.say(&json!({ "jsonrpc": "2.0", "id": id, "result": content })).await;
    assert_eq!((told.status.as_u16(), told.text()), (202, ""));
    assert_eq!(stream.next().await.unwrap()["id"], 5, "it is answered");
    assert!(place.upstream.seen().iter().all(|seen| !seen.text().contains(SSN)));
}

#[tokio::test]
async fn no_error_names_a_request_of_the_server() {
    let place = Place::of("", "").await;
    let caller = place.caller().await;
    let answer = json!({ "jsonrpc": "2.0", "id": "form-7", "result": {} });
    for (headers, status) in [
        (vec![("mcp-session-id", "nonsense"), ("mcp-protocol-version", "2025-11-25")], 404),
        (vec![("mcp-protocol-version", "1999-01-01")], 400),
        (vec![("x-mask-pii-before-llm", "maybe")], 400),
    ] {
        let refused = caller.post(&answer, &headers).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["id"]), (status, &Value::Null), "{headers:?}");
    }
}
