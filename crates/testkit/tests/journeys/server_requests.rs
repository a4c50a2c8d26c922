//! A server asks its client for something (sampling, elicitation, roots): policy decides about that too.

use std::time::Duration;

use http::Response;
use serde_json::{Value, json};
use vestibule_testkit::{
    agent::Agent,
    house::{House, PASSWORD},
    mcp::Caller,
    upstream::{Canned, Upstream},
};

const EVERYTHING: &str = "[[tool]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n";
const NO_SAMPLING: &str =
    "forbid (principal, action == Action::\"callMethod\", resource == Method::\"sampling/createMessage\");\n";

struct Scene {
    upstream: Upstream,
    house: House,
    agent: Agent,
    caller: Caller,
    token: String,
}

async fn scene(extra: &str) -> Scene {
    let upstream = Upstream::start().await;
    let policy = "policy = [\"policy.toml\", \"extra.cedar\"]";
    let config = format!("[[server]]\nname = \"up\"\nurl = \"{}\"\n{policy}\n", upstream.url());
    let house = House::of(&config, &[("policy.toml", EVERYTHING), ("extra.cedar", extra)]).await;
    let user = house.add_user("ana@example.com", &[]).await;
    let (agent, _, tokens) = Agent::connect(&house.http, "up", &user.email, PASSWORD).await;
    let caller = agent.session(&tokens).await;
    Scene { upstream, house, agent, caller, token: tokens.access }
}

fn events(messages: &[Value]) -> Canned {
    let text: String = messages.iter().map(|message| format!("data: {message}\n\n")).collect();
    Canned::Exactly(Response::builder().header("content-type", "text/event-stream").body(text.into()).unwrap())
}

fn sampling(id: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "sampling/createMessage", "params": { "messages": [] } })
}

async fn call_with(scene: &Scene, messages: &[Value]) -> String {
    scene.upstream.answer_next(events(messages));
    scene.caller.call("read", json!({})).await.text().to_owned()
}

#[tokio::test]
async fn what_no_policy_names_passes_as_it_comes() {
    let scene = scene("").await;
    let messages = [sampling(&json!("s-1")), json!({ "jsonrpc": "2.0", "id": 1, "result": {} })];
    let expected: String = messages.iter().map(|message| format!("data: {message}\n\n")).collect();
    assert_eq!(call_with(&scene, &messages).await, expected);
    assert!(scene.house.events("call").iter().all(|event| event["reason"] != "server_request"));
}

#[tokio::test]
async fn a_forbidden_request_reaches_no_client_and_the_server_is_told() {
    let scene = scene(NO_SAMPLING).await;
    let elicitation = json!({ "jsonrpc": "2.0", "id": 8, "method": "elicitation/create", "params": {} });
    let result = json!({ "jsonrpc": "2.0", "id": 1, "result": { "content": [] } });
    let unreadable = json!("{\"id\":9,\"method\":\"sampling/createMessage\",\"method\":\"ping\"}");
    let text = call_with(&scene, &[sampling(&json!(7)), elicitation, unreadable, result]).await;
    assert!(!text.contains("sampling"), "{text}");
    assert!(text.contains("elicitation/create") && text.contains("\"result\""), "{text}");
    let told = async {
        loop {
            let seen = scene.upstream.seen();
            let body: Value = serde_json::from_slice(&seen.last().unwrap().body).unwrap_or_default();
            if body["error"].is_object() {
                assert_eq!(seen.last().unwrap().headers["mcp-session-id"], "upstream-session");
                return body;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let body = tokio::time::timeout(Duration::from_secs(30), told).await.expect("the server is told");
    assert_eq!(body["id"], 7);
    let is_refusal = |event: &Value| {
        event["reason"] == "server_request" && event["action"] == "sampling/createMessage" && event["verdict"] == "deny"
    };
    // Nobody waits for that line; it is there a moment later.
    let recorded = async {
        while !scene.house.events("call").iter().any(is_refusal) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), recorded).await.expect("the refusal is recorded");
}

#[tokio::test]
async fn a_result_that_asks_for_what_is_forbidden_is_withheld() {
    let scene = scene(NO_SAMPLING).await;
    let stateless = Caller::stateless(&scene.house.http, "/mcp/up", &scene.token);
    let asks = |method: &str, padding: usize| {
        json!({ "jsonrpc": "2.0", "id": 1, "result": {
            "padding": "x".repeat(padding), "resultType": "input_required", "inputRequests": { "a": { "method": method } },
        } })
    };
    for (method, padding, passes) in [
        ("elicitation/create", 0, true),
        ("sampling/createMessage", 0, false),
        ("sampling/createMessage", 2 << 20, false),
    ] {
        let body = asks(method, padding).to_string();
        let json = Response::builder().header("content-type", "application/json").body(body.clone().into()).unwrap();
        for canned in [Canned::Exactly(json), events(&[asks(method, padding)])] {
            scene.upstream.answer_next(canned);
            let answer = stateless.call("read", json!({})).await;
            assert_eq!(answer.text().contains("inputRequests"), passes, "{method} {padding}");
            assert_eq!(answer.text().contains("-31403"), !passes, "{method} {padding}");
        }
    }
    // A key that is written with an escape is the same key.
    let hidden = asks("sampling/createMessage", 0).to_string().replace("inputRequests", "input\\u0052equests");
    scene.upstream.answer_next(Canned::Exactly(
        Response::builder().header("content-type", "application/json").body(hidden.into()).unwrap(),
    ));
    assert!(stateless.call("read", json!({})).await.text().contains("-31403"));
    drop(scene.agent);
}
