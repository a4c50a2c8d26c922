//! One endpoint before several servers: streams, requests of servers, subscriptions, and servers that come and go.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use vestibule_testkit::{
    http::request,
    mcp::{Caller, STATEFUL, stateless},
    upstream::{Canned, Upstream},
};

use crate::federation::Union;

const MOMENT: Duration = Duration::from_secs(20);

fn event(message: &Value) -> String {
    format!("data: {message}\n\n")
}

/// The messages in what has come of a stream.
fn messages(text: &str) -> Vec<Value> {
    text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect()
}

/// Reads on until a text has come.
async fn until(body: &mut Incoming, what: &str) -> String {
    let mut all = String::new();
    while !all.contains(what) {
        let frame = tokio::time::timeout(MOMENT, body.frame()).await.unwrap_or_else(|_| panic!("no {what} in {all}"));
        let frame = frame.unwrap_or_else(|| panic!("no {what} in {all}")).unwrap();
        all.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
    }
    all
}

/// The id of the first event.
fn event_id(text: &str) -> String {
    text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned()
}

fn get(union: &Union, session: &Caller, more: &[(&str, &str)]) -> http::Request<Bytes> {
    let mut builder = request(Method::GET, "/mcp")
        .header(header::AUTHORIZATION, format!("Bearer {}", union.tokens.access))
        .header("mcp-session-id", session.session().unwrap())
        .header("mcp-protocol-version", STATEFUL);
    for (name, value) in more {
        builder = builder.header(*name, *value);
    }
    builder.body(Bytes::new()).unwrap()
}

fn last_body(upstream: &Upstream) -> Value {
    serde_json::from_slice(&upstream.seen().last().unwrap().body).unwrap()
}

/// A call of a tool in a session whose answer the test writes.
async fn streaming(
    union: &Union,
    upstream: &Upstream,
    session: &Caller,
    tool: &str,
) -> (mpsc::Sender<String>, Incoming) {
    let (events, receiver) = mpsc::channel(8);
    upstream.answer_next(Canned::Stream(receiver));
    let params = json!({ "name": tool, "arguments": {}, "_meta": { "progressToken": 7 } });
    let body = json!({ "jsonrpc": "2.0", "id": 77, "method": "tools/call", "params": params });
    let headers = [("mcp-session-id", session.session().unwrap()), ("mcp-protocol-version", STATEFUL)];
    let response = union.house.http.open(session.request(&body, &headers)).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    (events, response.into_body())
}

#[tokio::test]
async fn requests_of_servers_with_the_same_id_find_their_way_back() {
    let union = Union::new().await;
    let session = union.session().await;
    let (hr, mut from_hr) = streaming(&union, &union.hr, &session, "hr__read").await;
    assert_eq!(last_body(&union.hr)["params"]["_meta"]["progressToken"], 7, "the client's token is its own");
    let (git, mut from_git) = streaming(&union, &union.git, &session, "git__read").await;
    let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": { "progressToken": 7, "progress": 1 } });
    let ask = |id: Value| json!({ "jsonrpc": "2.0", "id": id, "method": "elicitation/create", "params": { "message": "Sure?", "_meta": { "progressToken": "p" } } });
    hr.send(event(&progress) + &event(&ask(json!(1)))).await.unwrap();
    git.send(event(&ask(json!(1))) + &event(&ask(json!("1")))).await.unwrap();
    let asked_by_hr = messages(&until(&mut from_hr, "elicitation").await);
    let asked_by_git = messages(&until(&mut from_git, "\"git:\\\"1\\\"\"").await);
    assert_eq!(asked_by_hr[0], progress);
    assert_eq!(
        (&asked_by_hr[1]["id"], &asked_by_git[0]["id"], &asked_by_git[1]["id"]),
        (&json!("hr:1"), &json!("git:1"), &json!("git:\"1\""))
    );
    assert_eq!(asked_by_hr[1]["params"]["_meta"]["progressToken"], "hr:\"p\"");

    let headers = [("mcp-session-id", session.session().unwrap()), ("mcp-protocol-version", STATEFUL)];
    for (outside, upstream, own, other) in [
        ("hr:1", &union.hr, json!(1), &union.git),
        ("git:1", &union.git, json!(1), &union.hr),
        ("git:\"1\"", &union.git, json!("1"), &union.hr),
    ] {
        let before = other.seen().len();
        let response = json!({ "jsonrpc": "2.0", "id": outside, "result": { "action": "accept" } });
        let answer = session.post(&response, &headers).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        assert_eq!(last_body(upstream), json!({ "jsonrpc": "2.0", "id": own, "result": { "action": "accept" } }));
        assert_eq!(other.seen().len(), before);
    }
    let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": { "progressToken": "hr:\"p\"", "progress": 1 } });
    assert_eq!(session.post(&progress, &headers).await.status, 202);
    assert_eq!(last_body(&union.hr)["params"]["progressToken"], "p");

    let took_back = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
    let result = json!({ "jsonrpc": "2.0", "id": 77, "result": { "content": [{ "type": "resource_link", "uri": "a:b", "name": "n" }] } });
    hr.send(event(&took_back) + &event(&result)).await.unwrap();
    let rest = messages(&until(&mut from_hr, "\"id\":77").await);
    assert_eq!(rest[0]["params"]["requestId"], "hr:1");
    assert_eq!(rest[1]["result"]["content"][0]["uri"], "vestibule:hr:a:b");
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_an_error_and_not_passed() {
    let union = Union::new().await;
    let session = union.session().await;
    let (hr, mut body) = streaming(&union, &union.hr, &session, "hr__read").await;
    hr.send("data: {\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{\"a\":1,\"a\":\"canary\"}}\n\n".to_owned())
        .await
        .unwrap();
    let text = until(&mut body, "-31503").await;
    assert!(!text.contains("canary"));
    assert_eq!(messages(&text)[0]["id"], 77);
    let twice = Response::builder()
        .header("content-type", "application/json")
        .body("{\"id\":1,\"result\":{\"a\":1,\"a\":2}}".into());
    union.hr.answer_next(Canned::Exactly(twice.unwrap()));
    assert_eq!(union.caller().call("hr__read", json!({})).await.status, 502);
}

#[tokio::test]
async fn a_server_cannot_answer_what_another_was_asked() {
    let union = Union::new().await;
    let session = union.session().await;
    let (git, mut from_git) = streaming(&union, &union.git, &session, "git__read").await;
    let canary = |id: Value| json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [{ "type": "text", "text": "canary" }] } });
    // In the stream of another call.
    git.send(event(&canary(json!(78))) + &event(&canary(json!("77")))).await.unwrap();
    git.send(event(&json!({ "jsonrpc": "2.0", "id": 77, "result": { "content": [] } }))).await.unwrap();
    assert!(!until(&mut from_git, "\"id\":77").await.contains("canary"));
    // As a plain answer.
    let plain =
        Response::builder().header("content-type", "application/json").body(canary(json!(78)).to_string().into());
    union.git.answer_next(Canned::Exactly(plain.unwrap()));
    let answer = session.call("git__read", json!({})).await;
    assert!(answer.status == 502 && !answer.text().contains("canary"), "{}", answer.text());
    // In the joined stream.
    let events =
        event(&canary(json!(78))) + &event(&json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" }));
    let stream = Response::builder().header("content-type", "text/event-stream").body(events.into()).unwrap();
    union.git.answer_next(Canned::Exactly(stream));
    let answer = union.house.http.send(get(&union, &session, &[])).await;
    assert!(answer.text().contains("list_changed") && !answer.text().contains("canary"), "{}", answer.text());
}

#[tokio::test]
async fn a_list_cannot_be_had_unfiltered_by_going_on_in_its_stream() {
    let union = Union::new().await;
    let session = union.session().await;
    let (hr, mut body) = streaming(&union, &union.hr, &session, "hr__read").await;
    hr.send("id: e1\ndata:\n\n".to_owned()).await.unwrap();
    let id = event_id(&until(&mut body, "\n\n").await);
    let tools = json!([{ "name": "read" }, { "name": "secret" }]);
    let list = json!({ "jsonrpc": "2.0", "id": 77, "result": { "tools": tools } });
    let stream = Response::builder().header("content-type", "text/event-stream").body(event(&list).into()).unwrap();
    union.hr.answer_next(Canned::Exactly(stream));
    let answer = union.house.http.send(get(&union, &session, &[("last-event-id", &id)])).await;
    assert_eq!(
        (answer.status.as_u16(), union.hr.seen().last().unwrap().headers["last-event-id"].to_str().unwrap()),
        (200, "e1")
    );
    assert!(answer.text().contains("hr__read") && !answer.text().contains("secret"), "{}", answer.text());
}

#[tokio::test]
async fn streams_are_joined_and_resumed_at_each_server_where_it_was() {
    let union = Union::new().await;
    let session = union.session().await;
    let (hr, hr_events) = mpsc::channel(8);
    let (git, git_events) = mpsc::channel(8);
    union.hr.answer_next(Canned::Stream(hr_events));
    union.git.answer_next(Canned::Stream(git_events));
    let response = union.house.http.open(get(&union, &session, &[])).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"text/event-stream".parse().unwrap())
    );
    let mut body = response.into_body();
    let changed = json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" });
    let updated =
        json!({ "jsonrpc": "2.0", "method": "notifications/resources/updated", "params": { "uri": "file:///same" } });
    let list = json!({ "jsonrpc": "2.0", "id": 3, "result": { "tools": [{ "name": "secret" }] } });
    hr.send(event(&list) + &format!("id: 5\nretry: 900\n{}", event(&updated))).await.unwrap();
    let first = until(&mut body, "updated").await;
    assert_eq!(messages(&first)[0]["params"]["uri"], "vestibule:hr:file:///same");
    assert!(first.contains("retry: 900\n") && !first.contains("secret"), "{first}");
    git.send(format!("id: g-1\n{}", event(&changed))).await.unwrap();
    let second = until(&mut body, "list_changed").await;
    let last = event_id(&second);
    // One of the two goes; the other is still heard.
    drop(hr);
    git.send(event(&updated)).await.unwrap();
    assert_eq!(messages(&until(&mut body, "updated").await)[0]["params"]["uri"], "vestibule:git:file:///same");
    drop(git);
    assert!(tokio::time::timeout(MOMENT, body.frame()).await.unwrap().is_none(), "it ends when the last has ended");

    for upstream in [&union.hr, &union.git] {
        upstream.answer_next(Canned::Stream(mpsc::channel(1).1));
    }
    let answer = union.house.http.send(get(&union, &session, &[("last-event-id", &last)])).await;
    assert_eq!(answer.status, 200);
    assert_eq!(union.hr.seen().last().unwrap().headers["last-event-id"], "5");
    assert_eq!(union.git.seen().last().unwrap().headers["last-event-id"], "g-1");
    // Nobody else goes on there, nor the same client in another session.
    let before = (union.hr.seen().len(), union.git.seen().len());
    for foreign in ["5", "g-1", "AAAA"] {
        let answer = union.house.http.send(get(&union, &session, &[("last-event-id", foreign)])).await;
        assert_eq!(answer.status, 404, "{foreign}");
    }
    assert_eq!((union.hr.seen().len(), union.git.seen().len()), before);
    let other = union.session().await;
    let before = (union.hr.seen().len(), union.git.seen().len());
    assert_eq!(union.house.http.send(get(&union, &other, &[("last-event-id", &last)])).await.status, 404);
    assert_eq!((union.hr.seen().len(), union.git.seen().len()), before);
}

#[tokio::test]
async fn without_a_stream_of_any_server_there_is_none() {
    let union = Union::new().await;
    let session = union.session().await;
    let none = || Canned::Exactly(Response::builder().status(405).body(Bytes::new()).unwrap());
    union.hr.answer_next(none());
    union.git.answer_next(none());
    let answer = union.house.http.send(get(&union, &session, &[])).await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("POST, DELETE")));
}

#[tokio::test]
async fn a_call_that_broke_off_goes_on_at_its_server_alone() {
    let union = Union::new().await;
    let session = union.session().await;
    let (hr, mut body) = streaming(&union, &union.hr, &session, "hr__read").await;
    hr.send("id: e1\ndata:\n\n".to_owned()).await.unwrap();
    let primed = until(&mut body, "\n\n").await;
    let id = event_id(&primed);
    assert!(primed.contains("data:"), "{primed}");
    drop((hr, body));
    let others = union.git.seen().len();
    let result = json!({ "jsonrpc": "2.0", "id": 77, "result": { "content": [] } });
    let stream = Response::builder().header("content-type", "text/event-stream").body(event(&result).into()).unwrap();
    union.hr.answer_next(Canned::Exactly(stream));
    let answer = union.house.http.send(get(&union, &session, &[("last-event-id", &id)])).await;
    assert_eq!(answer.json(), result);
    assert_eq!(union.hr.seen().last().unwrap().headers["last-event-id"], "e1");
    assert_eq!(union.git.seen().len(), others);
}

#[tokio::test]
async fn a_subscription_has_one_acknowledgement_and_one_end() {
    let union = Union::new().await;
    let (hr, hr_events) = mpsc::channel(8);
    let (git, git_events) = mpsc::channel(8);
    union.hr.answer_next(Canned::Stream(hr_events));
    union.git.answer_next(Canned::Stream(git_events));
    let acknowledged = |honoured: Value| {
        event(&json!({ "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": {
            "notifications": honoured, "_meta": { "io.modelcontextprotocol/subscriptionId": 1 },
        } }))
    };
    let changed = |what: &str| {
        event(&json!({ "jsonrpc": "2.0", "method": format!("notifications/{what}/list_changed"), "params": {
            "_meta": { "io.modelcontextprotocol/subscriptionId": 1 },
        } }))
    };
    hr.send(acknowledged(json!({ "toolsListChanged": true })) + &changed("tools")).await.unwrap();
    git.send(": soon\n\n".to_owned()).await.unwrap();
    git.send(acknowledged(json!({ "toolsListChanged": false, "promptsListChanged": true }))).await.unwrap();
    let (message, headers) = stateless(
        "subscriptions/listen",
        json!({ "notifications": { "toolsListChanged": true, "promptsListChanged": true } }),
    );
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let response = union.house.http.open(union.caller().request(&message, &headers)).await;
    let mut body = response.into_body();
    let first = messages(&until(&mut body, "tools/list_changed").await);
    assert_eq!(first[0]["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(first[0]["params"]["notifications"], json!({ "toolsListChanged": true, "promptsListChanged": true }));
    let meta = &first[0]["params"]["_meta"];
    assert_eq!(meta["io.modelcontextprotocol/subscriptionId"], 1);
    assert_eq!(meta["vestibule/unavailable"], json!(["down"]));
    assert_eq!(first.len(), 2);
    git.send(changed("prompts") + &event(&json!({ "jsonrpc": "2.0", "id": 1, "result": {} }))).await.unwrap();
    drop(git);
    let second = until(&mut body, "prompts/list_changed").await;
    assert!(!second.contains("result"), "{second}");
    drop(hr);
    let end = messages(&until(&mut body, "result").await);
    assert_eq!((&end[0]["id"], &end[0]["result"]["resultType"]), (&json!(1), &json!("complete")));
}

#[tokio::test]
async fn a_client_that_goes_away_is_gone_at_every_server() {
    let union = Union::new().await;
    let session = union.session().await;
    let (hr, hr_events) = mpsc::channel(8);
    let (git, git_events) = mpsc::channel(8);
    union.hr.answer_next(Canned::Stream(hr_events));
    union.git.answer_next(Canned::Stream(git_events));
    let response = union.house.http.open(get(&union, &session, &[])).await;
    drop(response);
    for events in [hr, git] {
        let gone = async {
            while events.send(": x\n\n".to_owned()).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(MOMENT, gone).await.expect("the stream of each server is closed");
    }
}

#[tokio::test]
async fn a_server_that_failed_joins_later_and_one_that_restarted_joins_again() {
    let union = Union::new().await;
    let fails = |status: u16| Canned::Exactly(Response::builder().status(status).body(Bytes::new()).unwrap());
    union.git.answer_next(fails(500));
    let session = union.session().await;
    assert_eq!(session.tools().await[..2], ["git__read", "git__secret"], "it joined when it was asked again");
    let opened: Vec<Value> =
        union.git.seen().iter().filter_map(|seen| serde_json::from_slice(&seen.body).ok()).collect();
    let methods: Vec<&str> = opened.iter().filter_map(|message| message["method"].as_str()).collect();
    assert_eq!(methods, ["initialize", "initialize", "notifications/initialized", "tools/list"]);
    assert_eq!(opened[0]["params"], opened[1]["params"], "it learns the client as the others did");
    assert_eq!(session.call("git__read", json!({})).await.status, 200);

    union.hr.answer_next(fails(404));
    assert!(session.tools().await.contains(&"hr__read".to_owned()), "it forgot the session and got a new one");
    // A call is not repeated: the client is told that the session is gone, and begins anew.
    union.hr.answer_next(fails(404));
    assert_eq!(session.call("hr__read", json!({})).await.status, 404);
}

#[tokio::test]
async fn a_server_that_hangs_does_not_hold_up_the_others() {
    let union = Union::with("servers = [\"git\", \"hr\"]\n").await;
    // Its stream is open and says nothing.
    let (_silent, events) = mpsc::channel(1);
    union.hr.answer_next(Canned::Stream(events));
    let begun = tokio::time::Instant::now();
    let answer = union.caller().ask("tools/list", json!({})).await;
    let list = answer.json();
    assert_eq!(crate::federation::names(&list, "tools", "name"), ["git__read", "git__secret"]);
    assert_eq!(list["result"]["_meta"]["vestibule/unavailable"], json!(["hr"]));
    assert!(begun.elapsed() < Duration::from_secs(15));
}
