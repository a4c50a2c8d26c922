//! Batches of 2025-03-26: each message is decided by itself.

use http::Response;
use serde_json::{Value, json};
use vestibule_testkit::{
    agent::Agent,
    house::{House, PASSWORD},
    http::Answer,
    mcp::Caller,
    upstream::{Canned, Upstream},
};

/// A gateway whose policy allows `read` and never `write`, and a caller in a session.
async fn scene() -> (Upstream, House, Caller) {
    let upstream = Upstream::start().await;
    let config = format!("[[server]]\nname = \"up\"\nurl = \"{}\"\npolicy = \"policy.toml\"\n", upstream.url());
    let house =
        House::of(&config, &[("policy.toml", "[[tool]]\nnames = [\"read\"]\nallow = { \"*\" = \"all\" }\n")]).await;
    let user = house.add_user("ana@example.com", &[]).await;
    let (agent, _, tokens) = Agent::connect(&house.http, "up", &user.email, PASSWORD).await;
    let caller = agent.session(&tokens).await;
    (upstream, house, caller)
}

fn call(id: u64, tool: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": tool, "arguments": { "n": id } } })
}

fn cancelled() -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 99 } })
}

async fn send(caller: &Caller, batch: Value, more: &[(&str, &str)]) -> Answer {
    let mut headers = vec![("mcp-session-id", caller.session().unwrap())];
    headers.extend(more);
    caller.post(&batch, &headers).await
}

#[tokio::test]
async fn a_forbidden_call_among_allowed_ones_stays_forbidden() {
    let (upstream, house, caller) = scene().await;
    let before = (upstream.seen().len(), house.events("call").len());
    let answer = send(&caller, json!([call(1, "read"), call(2, "write"), cancelled(), call(3, "read")]), &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("application/json")));
    let answers = answer.json();
    let ids: Vec<&Value> = answers.as_array().unwrap().iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [1, 2, 3]);
    assert_eq!(answers[1]["error"]["message"], "Unknown tool: write");
    assert!(answers[0]["result"].is_object() && answers[2]["result"].is_object(), "{answers}");
    let arrived: Vec<String> =
        upstream.seen()[before.0..].iter().map(vestibule_testkit::upstream::Seen::text).collect();
    assert_eq!(arrived.len(), 3, "each alone, and the forbidden one not at all");
    assert!(arrived.iter().all(|seen| !seen.contains("write") && !seen.contains("[{")), "{arrived:?}");
    let events = house.events("call");
    assert_eq!(events.len() - before.1, 4, "each is on record");
    let requests: std::collections::BTreeSet<&str> =
        events[before.1..].iter().map(|event| event["request"].as_str().unwrap()).collect();
    assert_eq!(requests.len(), 4, "under its own number");
}

#[tokio::test]
async fn what_wants_no_answer_gets_none() {
    let (_upstream, _house, caller) = scene().await;
    let answer = send(&caller, json!([cancelled(), cancelled()]), &[]).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (202, ""));
}

#[tokio::test]
async fn each_request_is_answered_by_its_own_id() {
    let (upstream, _house, caller) = scene().await;
    for strange in [
        r#"{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"not mine"}]}}"#,
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what?"}}"#,
        r#"{"oops":true}"#,
        "no json",
    ] {
        let canned = Response::builder().header("content-type", "application/json").body(strange.into());
        upstream.answer_next(Canned::Exactly(canned.unwrap()));
        let answers = send(&caller, json!([call(1, "read"), call(2, "write")]), &[]).await.json();
        let ids: Vec<&Value> = answers.as_array().unwrap().iter().map(|answer| &answer["id"]).collect();
        assert_eq!(ids, [1, 2], "{strange}");
        assert!(answers[0]["error"].is_object(), "{answers}");
        assert_eq!(answers[1]["error"]["message"], "Unknown tool: write");
    }
}

#[tokio::test]
async fn one_stream_makes_all_a_stream() {
    let (upstream, _house, caller) = scene().await;
    let events = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n";
    upstream.answer_next(Canned::Exactly(
        Response::builder().header("content-type", "text/event-stream").body(events.into()).unwrap(),
    ));
    let answer = send(&caller, json!([call(1, "read"), call(2, "write"), call(3, "read")]), &[]).await;
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let messages: Vec<Value> = answer
        .text()
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    assert_eq!(messages.len(), 4, "{messages:?}");
    let mut ids: Vec<u64> = messages.iter().filter_map(|message| message["id"].as_u64()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3]);
}

#[tokio::test]
async fn other_versions_and_strangers_have_no_batches() {
    let (upstream, _house, caller) = scene().await;
    let before = upstream.seen().len();
    for version in ["2024-11-05", "2025-06-18", "2025-11-25", "2026-07-28", "nonsense"] {
        let answer = send(&caller, json!([call(1, "read")]), &[("mcp-protocol-version", version)]).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]["code"]), (400, &json!(-32600)), "{version}");
    }
    let strange = caller.post(&json!([call(1, "read"), call(2, "read")]), &[("mcp-session-id", "strange")]).await;
    assert_eq!(strange.status, 404);
    for bad in [json!([]), json!([[call(1, "read")]]), json!([call(1, "read"), 7])] {
        assert_eq!(send(&caller, bad, &[]).await.status, 400);
    }
    let nobody = caller.with_token("nonsense");
    assert_eq!(send(&nobody, json!([call(1, "read")]), &[]).await.status, 401);
    assert_eq!(upstream.seen().len(), before, "nothing arrived");
    let answer = send(&caller, json!([call(1, "read")]), &[("mcp-protocol-version", "2025-03-26")]).await;
    assert_eq!(answer.json()[0]["id"], 1);
}
