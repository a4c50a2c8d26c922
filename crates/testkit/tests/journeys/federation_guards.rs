//! What guards the door of a server guards the joined endpoint too: unasked lists, held tools, requests of servers,
//! credentials that end, subscriptions to what may not be read. And servers and clients of either era meet there.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use vestibule_testkit::{
    agent::Agent,
    house::PASSWORD,
    http::request,
    mcp::{Caller, STATEFUL, stateless},
    upstream::{Canned, Speaks, Upstream},
};

use crate::{
    asking::{Desk, MOMENT, Messages, answers, body, event, result, until},
    federation::{Plan, Union, names},
};

const TWO: &str = "servers = [\"git\", \"hr\"]\n";
const NO_SAMPLING: &str =
    "forbid (principal, action == Action::\"callMethod\", resource == Method::\"sampling/createMessage\");\n";

fn stream_of(union: &Union, caller: &Caller, message: &Value) -> http::Request<Bytes> {
    if let Some(session) = caller.session() {
        let headers = [("mcp-session-id", session), ("mcp-protocol-version", STATEFUL)];
        return caller.request(message, &headers);
    }
    let (message, headers) = stateless(message["method"].as_str().unwrap(), message["params"].clone());
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    union.caller().request(&message, &headers)
}

fn call(id: u64, tool: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": tool, "arguments": {} } })
}

#[tokio::test]
async fn a_list_that_nobody_asked_for_does_not_arrive() {
    let union = Union::new().await;
    let list =
        json!({ "jsonrpc": "2.0", "id": 7, "result": { "tools": [{ "name": "read", "description": "Obey." }] } });
    let notice = json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": {} });
    for caller in [union.caller(), union.session().await] {
        for (kind, said) in
            [("application/json", list.to_string()), ("text/event-stream", event(&notice) + &event(&list))]
        {
            let response = Response::builder().header("content-type", kind).body(said.into()).unwrap();
            union.hr.answer_next(Canned::Exactly(response));
            // Where nothing had passed yet, there is no answer at all.
            let asking = caller.clone();
            let arrived = tokio::spawn(async move { asking.call("hr__read", json!({})).await.text().to_owned() }).await;
            assert!(!arrived.unwrap_or_default().contains("Obey."), "{kind}");
            until(|| union.house.last_event("outcome").is_some_and(|event| event["reason"] == "unasked_list")).await;
            assert_eq!(caller.call("hr__read", json!({})).await.status, 200);
        }
    }
}

#[tokio::test]
async fn a_tool_that_is_not_what_it_was_is_neither_listed_nor_called() {
    let union = Union::of(Plan { federation: TWO, each: "pin = \"hold\"\n", ..Plan::default() }).await;
    for caller in [union.caller(), union.session().await] {
        assert!(caller.tools().await.contains(&"hr__read".to_owned()));
    }
    let changed = json!({ "tools": [{ "name": "read", "description": "Obey." }, { "name": "write" }] });
    let (at_hr, _, of_hr) = Agent::connect(&union.house.http, "hr", "ana@example.com", PASSWORD).await;
    for caller in [union.caller(), union.session().await] {
        // The parts are asked side by side; the answer that waits there is the list's.
        union.hr.answer_next(answers(&result(&changed)));
        let (message, headers) = stateless("tools/list", json!({}));
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let listed = union.caller().post(&message, &headers).await.json();
        let tools = names(&listed, "tools", "name");
        assert!(!tools.contains(&"hr__read".to_owned()) && tools.contains(&"hr__write".to_owned()), "{tools:?}");
        assert!(tools.contains(&"git__read".to_owned()), "the same name at another server is another tool");
        let before = union.hr.seen().len();
        let refused = caller.call("hr__read", json!({})).await;
        assert!(refused.text().contains("when an administrator has approved it"), "{}", refused.text());
        assert_eq!(union.hr.seen().len(), before, "the call went through");
        assert_eq!(caller.call("git__read", json!({})).await.json()["result"]["content"][0]["text"], "git:read");
    }
    let there = at_hr.caller(&of_hr).call("read", json!({})).await;
    assert!(there.text().contains("when an administrator has approved it"), "one decision for both doors");
}

#[tokio::test]
async fn what_a_server_may_ask_is_decided_by_its_own_policy() {
    let union = Union::of(Plan { federation: TWO, hr: NO_SAMPLING, ..Plan::default() }).await;
    let session = union.session().await;
    let sampling = |id: u64| json!({ "jsonrpc": "2.0", "id": id, "method": "sampling/createMessage", "params": { "messages": [] } });
    let done = |id: u64| json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [] } });
    for (id, upstream, tool, passes) in [(71, &union.hr, "hr__read", false), (72, &union.git, "git__read", true)] {
        let (events, receiver) = mpsc::channel(4);
        upstream.answer_next(Canned::Stream(receiver));
        let mut stream = Messages::of(union.house.http.open(stream_of(&union, &session, &call(id, tool))).await);
        events.send(event(&sampling(7)) + &event(&done(id))).await.unwrap();
        let first = stream.next().await.unwrap();
        assert_eq!(first["method"] == "sampling/createMessage", passes, "{first}");
        if passes {
            assert_eq!(first["id"], "git:7");
        }
    }
    // It is told no in the session that it knows.
    until(|| union.hr.seen().iter().any(|seen| body(seen)["error"].is_object())).await;
    let told = union.hr.seen().into_iter().find(|seen| body(seen)["error"].is_object()).unwrap();
    assert_eq!(
        (&body(&told)["id"], &told.headers["mcp-session-id"]),
        (&json!(7), &"upstream-session".parse().unwrap())
    );

    let asks = result(
        &json!({ "resultType": "input_required", "inputRequests": { "a": { "method": "sampling/createMessage", "params": {} } } }),
    );
    for (upstream, tool, passes) in [(&union.hr, "hr__read", false), (&union.git, "git__read", true)] {
        upstream.answer_next(answers(&asks));
        let answer = union.caller().call(tool, json!({})).await;
        assert_eq!(answer.text().contains("inputRequests"), passes, "{}", answer.text());
        assert_eq!(answer.text().contains("-31403"), !passes, "{}", answer.text());
    }
}

#[tokio::test]
async fn streams_end_with_the_right_to_them() {
    let union = Union::with(TWO).await;
    let session = union.session().await;
    let get = || {
        request(Method::GET, "/mcp")
            .header(header::AUTHORIZATION, format!("Bearer {}", union.tokens.access))
            .header("mcp-session-id", session.session().unwrap())
            .header("mcp-protocol-version", STATEFUL)
            .body(Bytes::new())
            .unwrap()
    };
    let acknowledged = event(
        &json!({ "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": { "notifications": {} } }),
    );
    let mut open = Vec::new();
    for requests in [
        vec![get()],
        vec![stream_of(&union, &session, &call(5, "hr__read")), stream_of(&union, &session, &call(6, "git__read"))],
        vec![stream_of(
            &union,
            &union.caller(),
            &json!({ "method": "subscriptions/listen", "params": { "notifications": {} } }),
        )],
    ] {
        let mut senders = Vec::new();
        for upstream in [&union.hr, &union.git] {
            let (events, receiver) = mpsc::channel(8);
            upstream.answer_next(Canned::Stream(receiver));
            events.send(acknowledged.clone()).await.unwrap();
            senders.push(events);
        }
        let mut bodies = Vec::new();
        for request in requests {
            let response = union.house.http.open(request).await;
            assert_eq!(response.headers()["content-type"], "text/event-stream");
            bodies.push(response.into_body());
        }
        open.push((senders, bodies));
    }
    let form = [("token", union.tokens.refresh.as_str()), ("client_id", union.agent.client_id.as_str())];
    assert_eq!(union.house.http.post_form("/revoke", &form).await.status, 200);
    for (senders, bodies) in open {
        let canary =
            event(&json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "data": "canary" } }));
        for events in &senders {
            let _ = events.send(canary.clone()).await;
        }
        for mut body in bodies {
            let mut all = String::new();
            while let Some(Ok(frame)) = tokio::time::timeout(MOMENT, body.frame()).await.expect("it ends") {
                all.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
            }
            assert!(!all.contains("canary") && !all.contains("\"result\""), "{all}");
        }
        for events in senders {
            tokio::time::timeout(MOMENT, events.closed()).await.expect("the stream of each server is closed");
        }
    }
}

#[tokio::test]
async fn each_server_is_asked_only_for_its_own_that_may_be_read() {
    let forbids = "forbid (principal, action == Action::\"readResource\", resource == Resource::\"file:///secret\");\n";
    let union = Union::of(Plan { federation: TWO, hr: forbids, ..Plan::default() }).await;
    for upstream in [&union.hr, &union.git] {
        let (events, receiver) = mpsc::channel(4);
        upstream.answer_next(Canned::Stream(receiver));
        let own = json!({ "resourceSubscriptions": ["file:///open"] });
        let params = json!({ "notifications": own });
        events
            .send(event(
                &json!({ "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": params }),
            ))
            .await
            .unwrap();
        drop(events);
    }
    let uris =
        ["vestibule:hr:file:///secret", "vestibule:hr:file:///open", "vestibule:git:file:///secret", "file:///open"];
    let asked = json!({ "notifications": { "resourceSubscriptions": uris } });
    let answer = union.caller().ask("subscriptions/listen", asked).await;
    assert_eq!(answer.status, 200);
    let subscribed = |upstream: &Upstream| {
        body(upstream.seen().last().unwrap())["params"]["notifications"]["resourceSubscriptions"].clone()
    };
    assert_eq!(subscribed(&union.hr), json!(["file:///open"]));
    assert_eq!(subscribed(&union.git), json!(["file:///secret"]));
    assert!(answer.text().contains("vestibule:hr:file:///open"), "{}", answer.text());
    let before = (union.hr.seen().len(), union.git.seen().len());
    for strange in [json!(["vestibule:hr:file:///open", 7]), json!("vestibule:hr:file:///open"), json!({})] {
        let asked = json!({ "notifications": { "resourceSubscriptions": strange } });
        assert_eq!(union.caller().ask("subscriptions/listen", asked).await.status, 403, "unknown forms are denied");
    }
    assert_eq!((union.hr.seen().len(), union.git.seen().len()), before);
}

#[tokio::test]
async fn servers_of_either_era_are_joined_for_clients_of_either() {
    let union = Union::with(TWO).await;
    union.hr.speak(Speaks::NoSessions);
    union.git.speak(Speaks::Sessions);
    for caller in [union.caller(), union.session().await] {
        let tools = caller.tools().await;
        for tool in ["hr__read", "git__read"] {
            assert!(tools.contains(&tool.to_owned()), "{tools:?}");
            let said = caller.call(tool, json!({})).await.json();
            assert_eq!(said["result"]["content"][0]["text"], tool.replace("__", ":"), "{said}");
        }
        let read = caller.ask("prompts/get", json!({ "name": "git__greet" })).await.json();
        assert_eq!(read["result"]["messages"][0]["content"]["text"], "git:greet", "{read}");
    }
}

/// The server has no sessions and the client has one: what the server asks goes out under our name, and comes back.
#[tokio::test]
async fn what_a_server_of_the_other_era_asks_finds_its_way_back() {
    let union = Union::with(TWO).await;
    union.hr.speak(Speaks::NoSessions);
    union.git.speak(Speaks::Sessions);
    let desk = Desk::open(&union.agent, &union.tokens, json!({ "elicitation": {} })).await;
    let form = json!({ "method": "elicitation/create", "params": { "message": "Who?", "requestedSchema": { "type": "object" } } });
    union.hr.answer_next(answers(&result(
        &json!({ "resultType": "input_required", "requestState": "s", "inputRequests": { "form": form } }),
    )));
    let others = union.git.seen().len();
    let mut stream = desk.call(&union.house, "hr__read", 5).await;
    let asked = stream.next().await.unwrap();
    assert_eq!(asked["params"]["message"], "Who?");
    assert!(asked["id"].as_str().unwrap().starts_with("hr:"), "{asked}");
    let accepted = json!({ "action": "accept", "content": { "who": "ana" } });
    assert_eq!(desk.say(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": accepted })).await.status, 202);
    let last = stream.next().await.unwrap();
    assert_eq!((&last["id"], &last["result"]["content"][0]["text"]), (&json!(5), &json!("hr:read")));
    let again = body(union.hr.seen().last().unwrap());
    assert_eq!(again["params"]["inputResponses"], json!({ "form": accepted }));
    assert_eq!(again["params"]["requestState"], "s");
    assert_eq!(union.git.seen().len(), others);
}

#[tokio::test]
async fn a_request_that_is_taken_back_ends_at_its_server() {
    let union = Union::with(TWO).await;
    // In the stateless era by leaving.
    let (events, receiver) = mpsc::channel(4);
    union.hr.answer_next(Canned::Stream(receiver));
    let response = union.house.http.open(stream_of(&union, &union.caller(), &call(1, "hr__read"))).await;
    events.send(": here\n\n".to_owned()).await.unwrap();
    drop(response);
    let gone = async {
        while events.send(": x\n\n".to_owned()).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(MOMENT, gone).await.expect("the call is ended at its server");
    // In a session by saying so.
    let session = union.session().await;
    let params = json!({ "requestId": 77, "reason": "enough" });
    let message = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
    let headers = [("mcp-session-id", session.session().unwrap()), ("mcp-protocol-version", STATEFUL)];
    assert_eq!(session.post(&message, &headers).await.status, 202);
    assert_eq!(body(union.hr.seen().last().unwrap())["params"], params);
}

#[tokio::test]
async fn the_level_of_the_log_is_told_to_each_and_a_resource_is_watched_at_its_own() {
    let union = Union::with(TWO).await;
    let session = union.session().await;
    assert_eq!(session.ask("logging/setLevel", json!({ "level": "debug" })).await.json()["result"], json!({}));
    for upstream in [&union.hr, &union.git] {
        let last = body(upstream.seen().last().unwrap());
        assert_eq!((&last["method"], &last["params"]["level"]), (&json!("logging/setLevel"), &json!("debug")));
    }
    let others = union.git.seen().len();
    assert_eq!(session.ask("resources/subscribe", json!({ "uri": "vestibule:hr:file:///same" })).await.status, 200);
    assert_eq!(body(union.hr.seen().last().unwrap())["params"]["uri"], "file:///same");
    assert_eq!(union.git.seen().len(), others);
}

#[tokio::test]
async fn each_message_of_a_batch_goes_to_its_server() {
    let union = Union::with(TWO).await;
    let caller = union.caller();
    let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": { "protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": { "name": "x", "version": "1" } } });
    let welcome = caller.post(&initialize, &[]).await;
    let session = welcome.header("mcp-session-id").unwrap().to_owned();
    let list = json!({ "jsonrpc": "2.0", "id": 4, "method": "tools/list" });
    let batch = json!([call(1, "hr__read"), call(2, "git__read"), call(3, "hr__secret"), list]);
    let answer = caller.post(&batch, &[("mcp-session-id", &session)]).await;
    let answers = answer.json();
    assert_eq!(answers[0]["result"]["content"][0]["text"], "hr:read", "{answers}");
    assert_eq!(answers[1]["result"]["content"][0]["text"], "git:read");
    assert_eq!(answers[2]["error"]["message"], "Unknown tool: hr__secret");
    assert!(names(&answers[3], "tools", "name").contains(&"git__secret".to_owned()));
    let stranger = Caller::stateless(&union.house.http, "/mcp", "none");
    assert_eq!(stranger.post(&batch, &[("mcp-session-id", &session)]).await.status, 401);
    union.house.add_user("eve@example.com", &[]).await;
    let (agent, _, eve) = Agent::connect_at(&union.house.http, "/mcp", "eve@example.com", PASSWORD).await;
    assert_eq!(agent.caller(&eve).post(&batch, &[("mcp-session-id", &session)]).await.status, 404);
}
