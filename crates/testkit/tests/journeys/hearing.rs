//! What servers tell without being asked, to clients of the other era: changes of lists and of resources.

use bytes::Bytes;
use http::{Method, Response, header};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use vestibule_testkit::{
    house::House,
    http::request,
    mcp::{Caller, STATEFUL, stateless},
    upstream::{Canned, Speaks, Upstream},
};

use crate::asking::{Desk, MOMENT, Messages, answers, body, connect, event, house_before, result, until};

const DOCUMENTS: &str = "[[resource]]\nuris = [\"doc://open/*\"]\nallow = { \"*\" = true }\n";

fn changed(list: &str) -> String {
    event(&json!({ "jsonrpc": "2.0", "method": format!("notifications/{list}/list_changed") }))
}

fn updated(uri: &str) -> String {
    let params = json!({ "uri": uri, "_meta": { "n": 1.5 } });
    event(&json!({ "jsonrpc": "2.0", "method": "notifications/resources/updated", "params": params }))
}

/// The next answer of the upstream is a stream that the test writes.
fn streams(upstream: &Upstream) -> mpsc::Sender<String> {
    let (events, receiver) = mpsc::channel(8);
    upstream.answer_next(Canned::Stream(receiver));
    events
}

async fn watch(house: &House, desk: &Desk, token: &str) -> Result<Messages, u16> {
    let builder = request(Method::GET, "/mcp/up")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::ACCEPT, "text/event-stream")
        .header("mcp-session-id", desk.session())
        .header("mcp-protocol-version", STATEFUL);
    let response = house.http.open(builder.body(Bytes::new()).unwrap()).await;
    if response.status() == 200 { Ok(Messages::of(response)) } else { Err(response.status().as_u16()) }
}

fn subscription(seen: &Value) -> &Value {
    &seen["params"]["notifications"]
}

#[tokio::test]
async fn a_client_with_a_session_hears_of_changes_at_a_server_without() {
    let upstream = Upstream::speaking(Speaks::NoSessions).await;
    let house = house_before(&upstream, DOCUMENTS).await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;
    let desk = Desk::open(&agent, &tokens, json!({})).await;

    let events = streams(&upstream);
    let acknowledged = json!({ "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": {} });
    let tag = json!({ "io.modelcontextprotocol/subscriptionId": "x" });
    let tools = json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": { "_meta": tag } });
    events.send(format!("{}{}", event(&acknowledged), event(&tools))).await.unwrap();
    let mut stream = watch(&house, &desk, &tokens.access).await.unwrap();
    let heard = stream.next().await.unwrap();
    assert_eq!(
        heard,
        json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": { "_meta": {} } })
    );
    let listened = body(upstream.seen().last().unwrap());
    let lists = json!({ "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true });
    assert_eq!((&listened["method"], subscription(&listened)), (&json!("subscriptions/listen"), &lists));

    // A resource more is another subscription; the old one ends when it has begun.
    let newer = streams(&upstream);
    newer.send(event(&acknowledged)).await.unwrap();
    let subscribe =
        |method: &str, uri: &str| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": { "uri": uri } });
    let hidden = desk.say(&subscribe("resources/subscribe", "doc://hidden/a")).await;
    assert_eq!(hidden.json()["error"]["code"], -32002, "{}", hidden.text());
    let done = desk.say(&subscribe("resources/subscribe", "doc://open/a")).await;
    assert_eq!(done.json()["result"], json!({}));
    tokio::time::timeout(MOMENT, events.closed()).await.expect("the old subscription ends");
    newer.send(updated("doc://open/a")).await.unwrap();
    let heard = stream.next().await.unwrap();
    assert_eq!(heard["params"], json!({ "uri": "doc://open/a", "_meta": { "n": 1.5 } }));
    let listened = body(upstream.seen().last().unwrap());
    assert_eq!(subscription(&listened)["resourceSubscriptions"], json!(["doc://open/a"]));

    // A second stream takes the place of the first.
    let third = streams(&upstream);
    third.send(changed("prompts")).await.unwrap();
    let mut second = watch(&house, &desk, &tokens.access).await.unwrap();
    assert_eq!(second.next().await.unwrap()["method"], "notifications/prompts/list_changed");
    assert!(stream.next().await.is_none());
    // The client leaves, and so do we.
    drop(second);
    tokio::time::timeout(MOMENT, third.closed()).await.expect("the subscription ends");

    // A server without subscriptions has no stream.
    upstream.answer_next(answers(&json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32601, "message": "m" } })));
    assert_eq!(watch(&house, &desk, &tokens.access).await.err(), Some(405));
}

/// `subscriptions/listen` of a client without a session.
async fn listen(house: &House, caller: &Caller, id: &str, filter: Value) -> Messages {
    let (mut message, headers) = stateless("subscriptions/listen", json!({ "notifications": filter }));
    message["id"] = json!(id);
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let response = house.http.open(caller.request(&message, &headers)).await;
    assert_eq!(response.status(), 200);
    Messages::of(response)
}

const TELLS: &str = r#"{"tools":{"listChanged":true},"resources":{"subscribe":true}}"#;

/// What a server with sessions answers to `initialize` when it tells of changes.
fn welcome() -> Canned {
    let capabilities: Value = serde_json::from_str(TELLS).unwrap();
    let told = result(&json!({ "protocolVersion": STATEFUL, "capabilities": capabilities }));
    let builder = Response::builder().header("content-type", "application/json").header("mcp-session-id", "s-1");
    Canned::Exactly(builder.body(Bytes::from(told.to_string())).unwrap())
}

fn tag(id: &str) -> Value {
    json!({ "io.modelcontextprotocol/subscriptionId": id })
}

#[tokio::test]
async fn clients_without_sessions_hear_of_changes_at_a_server_with() {
    let upstream = Upstream::speaking(Speaks::Both).await;
    let (url, policy) =
        (upstream.url(), format!("[[tool]]\nnames = [\"*\"]\nallow = {{ \"*\" = \"all\" }}\n{DOCUMENTS}"));
    let config =
        format!("[[server]]\nname = \"up\"\nurl = \"{url}\"\nprotocol = \"stateful\"\npolicy = \"policy.toml\"\n");
    let house = House::of(&config, &[("policy.toml", &policy)]).await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;
    let caller = agent.caller(&tokens);

    upstream.answer_next(welcome());
    upstream.answer_next(Canned::Usual);
    let events = streams(&upstream);
    let all = json!({ "toolsListChanged": true, "promptsListChanged": true, "resourceSubscriptions": ["doc://open/a", "doc://hidden/a"] });
    let mut first = listen(&house, &caller, "first", all).await;
    let honoured = json!({ "toolsListChanged": true, "resourceSubscriptions": ["doc://open/a"] });
    let acknowledged = first.next().await.unwrap();
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(acknowledged["params"], json!({ "notifications": honoured, "_meta": tag("first") }));
    let mut second = listen(&house, &caller, "second", json!({ "resourceSubscriptions": ["doc://open/a"] })).await;
    assert_eq!(second.next().await.unwrap()["params"]["_meta"], tag("second"));

    events.send(format!("{}{}{}", changed("prompts"), changed("tools"), updated("doc://open/a"))).await.unwrap();
    let heard = first.next().await.unwrap();
    assert_eq!(
        (&heard["method"], &heard["params"]["_meta"]),
        (&json!("notifications/tools/list_changed"), &tag("first"))
    );
    for (stream, id) in [(&mut first, "first"), (&mut second, "second")] {
        let heard = stream.next().await.unwrap();
        assert_eq!(heard["params"]["uri"], "doc://open/a");
        assert_eq!(heard["params"]["_meta"], json!({ "n": 1.5, "io.modelcontextprotocol/subscriptionId": id }));
    }
    let said = |method: &str| upstream.seen().iter().map(body).filter(|message| message["method"] == method).count();
    let streams_open = || upstream.seen().iter().filter(|seen| seen.method == Method::GET).count();
    assert_eq!((said("resources/subscribe"), streams_open(), said("initialize")), (1, 1, 1), "one serves them all");

    // A change that is told on the answer of a call is heard as well, and a request outside a call is refused.
    let call = streams(&upstream);
    call.send(format!("{}{}", changed("tools"), event(&result(&json!({ "content": [] }))))).await.unwrap();
    let answer = caller.call("read", json!({})).await;
    assert!(!answer.text().contains("list_changed"), "{}", answer.text());
    assert_eq!(first.next().await.unwrap()["method"], "notifications/tools/list_changed");
    events.send(event(&json!({ "jsonrpc": "2.0", "id": 9, "method": "roots/list" }))).await.unwrap();
    until(|| upstream.seen().iter().map(body).any(|said| said["id"] == 9 && said["error"]["code"] == -32601)).await;

    // The last who leaves takes the subscription along; a stream that ends is a subscription that ends.
    drop(second);
    events.send(changed("tools")).await.unwrap();
    assert!(first.next().await.is_some());
    assert_eq!(said("resources/unsubscribe"), 0);
    drop(events);
    assert_eq!(
        first.next().await.unwrap(),
        json!({ "jsonrpc": "2.0", "id": "first", "result": { "resultType": "complete", "_meta": tag("first") } })
    );
    assert!(first.next().await.is_none());
    until(|| said("resources/unsubscribe") == 1).await;
}

#[tokio::test]
async fn nobody_hears_what_another_subscribed_to() {
    let upstream = Upstream::speaking(Speaks::Sessions).await;
    let house = house_before(&upstream, DOCUMENTS).await;
    let (ana, of_ana) = connect(&house, "ana@example.com").await;
    let (ben, of_ben) = connect(&house, "ben@example.com").await;
    for (agent, tokens) in [(&ana, &of_ana), (&ben, &of_ben)] {
        // This server tells nothing, and so nothing is honoured.
        let all = json!({ "toolsListChanged": true, "resourceSubscriptions": ["doc://open/a"] });
        let mut stream = listen(&house, &agent.caller(tokens), "l", all).await;
        assert_eq!(stream.next().await.unwrap()["params"]["notifications"], json!({}));
    }
    let opened = upstream.seen().iter().filter(|seen| body(seen)["method"] == "initialize").count();
    assert_eq!(opened, 2, "each in a session of their own");
    assert!(upstream.seen().iter().all(|seen| seen.method != Method::GET));
}
