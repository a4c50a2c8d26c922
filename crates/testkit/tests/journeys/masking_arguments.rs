//! What a client gives to a server: what the configuration keeps from the server does not reach it, wherever it stands.

use serde_json::{Value, json};
use tokio::sync::mpsc;
use vestibule_testkit::{
    http::Answer,
    mcp::Caller,
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

/// A client in a session that words its messages itself.
struct Wording {
    place: Place,
    caller: Caller,
}

impl Wording {
    async fn of(rules: &str) -> Self {
        let place = Place::of(rules, "").await;
        let (agent, tokens) = place.agent("up", "ana@example.net").await;
        Self { caller: agent.session(&tokens).await, place }
    }

    async fn post(&self, message: &Value) -> Answer {
        let session = self.caller.session().unwrap();
        self.caller.post(message, &[("mcp-session-id", session), ("mcp-protocol-version", "2025-11-25")]).await
    }

    /// What the server gets of it.
    async fn sent(&self, message: &Value) -> Value {
        let (before, answer) = (self.place.sent().len(), self.post(message).await);
        assert!(answer.status.is_success(), "{message}: {}", answer.text());
        self.place.sent().split_off(before).pop().unwrap_or_else(|| panic!("{message} was not sent: {}", answer.text()))
    }
}

fn asks(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params })
}

fn says(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

/// Messages that carry a value in every place that can.
fn carriers(value: &str) -> Vec<Value> {
    let nested = json!({ "id": value }).to_string();
    let reference = json!({ "type": "ref/prompt", "name": "p" });
    let client = |info: Value| json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info });
    let call = |more: Value| {
        let mut params = json!({ "name": "read", "arguments": {} });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asks("tools/call", &params)
    };
    vec![
        call(json!({ "arguments": { "note": value } })),
        // The names of the protocol are nothing special inside of arguments.
        call(json!({ "arguments": { "id": value } })),
        call(json!({ "arguments": { "result": { "tools": value } } })),
        call(json!({ "arguments": { "params": { "uri": value, "_meta": { "progressToken": value } } } })),
        call(json!({ "arguments": { "body": nested } })),
        call(json!({ "_meta": { "com.example/by": value } })),
        call(json!({ "_meta": { "io.modelcontextprotocol/by": value } })),
        call(json!({ "_meta": { "baggage": value } })),
        call(json!({ "task": { "ttl": 1, "by": value } })),
        // In the place of a token there is room for no more than one.
        call(json!({ "task": { "ttl": { "by": value } } })),
        call(json!({ "_meta": { "progressToken": { "by": [value] } } })),
        asks("tools/list", &json!({ "cursor": [value] })),
        call(json!({ "cursor": value })),
        asks("prompts/get", &json!({ "name": "p", "arguments": { "who": value } })),
        asks("completion/complete", &json!({ "ref": reference, "argument": { "name": "who", "value": value } })),
        asks(
            "completion/complete",
            &json!({ "ref": reference, "argument": { "name": "who", "value": "" }, "context": { "arguments": { "of": value } } }),
        ),
        asks("tools/list", &json!({ "about": value })),
        asks("their/own", &json!({ "name": value })),
        asks("their/own", &json!({ "uri": value, "cursor": value })),
        asks("initialize", &client(json!({ "name": value, "version": "1" }))),
        asks("initialize", &client(json!({ "name": "n", "version": "1", "title": value }))),
        says("notifications/progress", &json!({ "progressToken": 1, "progress": 1, "message": value })),
        says("notifications/cancelled", &json!({ "requestId": 1, "reason": value })),
        says("notifications/theirs", &json!({ "uri": value })),
        json!({ "jsonrpc": "2.0", "id": 7, "error": { "code": -1, "message": value } }),
        json!({ "jsonrpc": "2.0", "id": 7, "error": { "code": -1, "message": "no", "data": { "why": value } } }),
        json!({ "jsonrpc": "2.0", "id": 7, "result": { "id": value, "content": { "who": value } } }),
        json!({ "jsonrpc": "2.0", "id": 7, "method": "ping", "more": value }),
    ]
}

#[tokio::test]
async fn what_is_blocked_reaches_no_server_wherever_it_stands() {
    let client = Wording::of(BLOCK).await;
    let ssn = format!("SSN {SSN}");
    let resource = |uri: &str| asks("resources/read", &json!({ "uri": uri }));
    let template = json!({ "type": "ref/resource", "uri": format!("hr://{ssn}/") });
    let related = json!({ "io.modelcontextprotocol/related-task": { "taskId": "t", "by": ssn } });
    let named = [
        asks("tools/call", &json!({ "name": "read", "_meta": related })),
        asks("tools/call", &json!({ "name": ssn, "arguments": {} })),
        asks("tools/call", &json!({ "name": "read", "requestState": ssn })),
        asks("prompts/get", &json!({ "name": ssn })),
        resource(&format!("hr://people/{ssn}")),
        resource(&json!({ "id": ssn }).to_string()),
        asks("resources/subscribe", &json!({ "uri": format!("hr://people/{ssn}") })),
        asks("completion/complete", &json!({ "ref": template, "argument": { "name": "a", "value": "" } })),
        asks(
            "completion/complete",
            &json!({ "ref": { "type": "ref/prompt", "name": "p" }, "argument": { "name": ssn, "value": "" } }),
        ),
        asks(&ssn, &json!({})),
    ];
    for message in carriers(&ssn).into_iter().chain(named) {
        let (before, answer) = (client.place.sent().len(), client.post(&message).await);
        let sent = client.place.sent().split_off(before);
        assert!(!json!(sent).to_string().contains("219-09"), "{message}: {sent:?}");
        if message["method"].is_null() {
            assert_eq!((answer.status.as_u16(), &sent[0]["id"]), (202, &json!(7)), "{message}");
            assert!(sent[0]["error"]["message"].as_str().unwrap().contains("US_SSN"), "{message}: {sent:?}");
            continue;
        }
        assert!(sent.is_empty(), "{message}: {sent:?}");
        assert!(answer.text().contains("US_SSN") && !answer.text().contains("219-09"), "{message}: {}", answer.text());
        assert_eq!(answer.json()["id"], message["id"]);
    }
}

#[tokio::test]
async fn what_is_masked_is_masked_wherever_it_stands_and_what_the_protocol_needs_stays() {
    let rule = "[[masking.rule]]\ndirection = \"arguments\"\ntypes = [\"EMAIL_ADDRESS\"]\naction = \"partial\"\n";
    let client = Wording::of(rule).await;
    let mail = "jane.doe@example.com";
    for message in carriers(mail) {
        let sent = client.sent(&message).await;
        let expected: Value = serde_json::from_str(&message.to_string().replace(mail, "j***@example.com")).unwrap();
        assert_eq!(sent, expected);
    }
    let meta = json!({ "progressToken": mail, "traceparent": mail });
    for message in [
        json!({ "jsonrpc": "2.0", "id": mail, "method": "ping" }),
        json!({ "jsonrpc": "2.0", "id": mail, "error": { "code": -1, "message": "no" } }),
        asks("tools/call", &json!({ "name": mail, "arguments": {}, "_meta": meta })),
        asks("prompts/get", &json!({ "name": mail })),
        asks("tools/list", &json!({ "cursor": mail })),
        asks("resources/read", &json!({ "uri": format!("hr://people/{mail}") })),
        asks(
            "completion/complete",
            &json!({ "ref": { "type": "ref/prompt", "name": mail }, "argument": { "name": mail, "value": "" } }),
        ),
        says("notifications/progress", &json!({ "progressToken": mail, "progress": 1 })),
        says("notifications/cancelled", &json!({ "requestId": mail })),
    ] {
        assert_eq!(client.sent(&message).await, message);
    }
}

#[tokio::test]
async fn labels_among_the_arguments_of_a_completion_stand_for_their_values() {
    let place = Place::of("before_llm = true", "mask = \"pseudonym\"").await;
    let (agent, tokens) = place.agent("up", "ana@example.net").await;
    let client = Wording { caller: agent.session(&tokens).await, place };
    client.place.result(&json!({ "content": [{ "type": "text", "text": "jane.doe@example.com" }] }));
    assert!(client.post(&asks("tools/call", &json!({ "name": "read" }))).await.text().contains("[EMAIL_1]"));
    let reference = json!({ "type": "ref/prompt", "name": "[EMAIL_1]" });
    let argument = |value: &str| json!({ "name": "[EMAIL_1]", "value": value });
    let with = |value: &str| json!({ "ref": reference, "argument": argument(value), "context": { "arguments": { "to": value } } });
    let mut sent = client.sent(&asks("completion/complete", &with("[EMAIL_1]"))).await;
    // A name in `argument` is no label.
    sent["params"]["argument"]["name"] = json!("[EMAIL_1]");
    assert_eq!(sent["params"], with("jane.doe@example.com"));
    // Elsewhere a member of this name is none of the arguments.
    let other = json!({ "name": "read", "context": { "to": "[EMAIL_1]" } });
    assert_eq!(client.sent(&asks("tools/call", &other)).await["params"], other);
}
