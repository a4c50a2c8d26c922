//! What an upstream gives a client to bring back is worth something to that client alone: event ids, request states.
//! And an open stream ends with the right to it.

use std::time::Duration;

use http::{Method, Response, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use vestibule_testkit::{
    agent::Agent,
    house::{House, PASSWORD},
    http::{Answer, request},
    mcp::{Caller, STATEFUL, stateless},
    upstream::{Canned, Upstream},
};

use crate::scene::Scene;

const MOMENT: Duration = Duration::from_secs(30);

fn canned(media: &str, text: String) -> Canned {
    Canned::Exactly(Response::builder().header("content-type", media).body(text.into()).unwrap())
}

fn stream_request(caller: &Caller, token: &str, path: &str, more: &[(&str, &str)]) -> http::Request<bytes::Bytes> {
    let mut builder = request(Method::GET, path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("mcp-session-id", caller.session().unwrap())
        .header("mcp-protocol-version", STATEFUL);
    for (name, value) in more {
        builder = builder.header(*name, *value);
    }
    builder.body(bytes::Bytes::new()).unwrap()
}

async fn stream(scene: &Scene, caller: &Caller, token: &str, last: Option<&str>) -> Answer {
    let more: Vec<(&str, &str)> = last.map(|id| ("last-event-id", id)).into_iter().collect();
    scene.house.http.send(stream_request(caller, token, "/mcp/up", &more)).await
}

fn id_in(events: &str) -> String {
    events.lines().find_map(|line| line.strip_prefix("id: ")).expect("an id").to_owned()
}

#[tokio::test]
async fn an_event_id_resumes_the_streams_of_its_own_session_only() {
    let scene = Scene::new().await;
    let caller = scene.agent.session(&scene.tokens).await;
    scene.upstream.answer_next(canned("text/event-stream", "id: e-7\ndata: {}\n\nid:\ndata: {}\n\n".to_owned()));
    let events = stream(&scene, &caller, &scene.tokens.access, None).await.text().to_owned();
    let id = id_in(&events);
    assert!(!events.contains("e-7"), "{events}");
    assert_eq!(events, format!("id: {id}\ndata: {{}}\n\nid:\ndata: {{}}\n\n"));

    let answer = stream(&scene, &caller, &scene.tokens.access, Some(&id)).await;
    assert_ne!(answer.status, 404);
    assert_eq!(scene.upstream.seen().last().unwrap().headers["last-event-id"], "e-7");

    let before = scene.upstream.seen().len();
    let session_is_no_event = caller.session().unwrap().to_owned();
    for bad in ["e-7", "7", &id[1..], &format!("{id}A"), &session_is_no_event] {
        assert_eq!(stream(&scene, &caller, &scene.tokens.access, Some(bad)).await.status, 404, "{bad}");
    }
    // Another user with the same client, in a session of their own; and the same user in another client's session.
    let other = scene.house.add_user("eve@example.com", &["staff"]).await;
    let (agent, _, tokens) = Agent::connect(&scene.house.http, "up", &other.email, PASSWORD).await;
    let theirs = agent.session(&tokens).await;
    assert_eq!(stream(&scene, &theirs, &tokens.access, Some(&id)).await.status, 404);
    assert_eq!(scene.house.last_event("call").unwrap()["reason"], "unknown_event");
    let (agent, _, tokens) = Agent::connect(&scene.house.http, "up", &scene.user.email, PASSWORD).await;
    let second = agent.session(&tokens).await;
    assert_eq!(stream(&scene, &second, &tokens.access, Some(&id)).await.status, 404);
    assert!(scene.upstream.seen()[before..].iter().all(|seen| seen.method != Method::GET), "none of them arrived");
}

/// Asks for input with this state, as JSON or as an event.
fn input_required(media: &str, state: &str) -> Canned {
    let result = json!({ "jsonrpc": "2.0", "id": 1, "result": {
        "resultType": "input_required", "requestState": state,
        "inputRequests": { "a": { "method": "elicitation/create", "params": { "requestState": state } } },
    } });
    let text = if media == "application/json" { result.to_string() } else { format!("id: 1\ndata: {result}\n\n") };
    canned(media, text)
}

async fn retry(caller: &Caller, state: &Value) -> Answer {
    let params = json!({ "name": "read", "arguments": {}, "inputResponses": { "a": {} }, "requestState": state });
    caller.ask("tools/call", params).await
}

#[tokio::test]
async fn a_request_state_is_worth_something_to_its_owner_only() {
    for media in ["application/json", "text/event-stream"] {
        let scene = Scene::new().await;
        scene.upstream.answer_next(input_required(media, "state \"of\" the upstream"));
        let answer = scene.call().await;
        let result: Value = serde_json::from_str(answer.text().split("data: ").last().unwrap().trim()).unwrap();
        let state = &result["result"]["requestState"];
        assert_ne!(state, "state \"of\" the upstream");
        let inner = &result["result"]["inputRequests"]["a"]["params"]["requestState"];
        assert_eq!(inner, "state \"of\" the upstream", "another member of that name is the client's business");

        assert_eq!(retry(&scene.caller(), state).await.status, 200);
        let seen: Value = serde_json::from_slice(&scene.upstream.seen().last().unwrap().body).unwrap();
        assert_eq!(seen["params"]["requestState"], "state \"of\" the upstream");

        let before = scene.upstream.seen().len();
        let other = scene.house.add_user("eve@example.com", &["staff"]).await;
        let (agent, _, tokens) = Agent::connect(&scene.house.http, "up", &other.email, PASSWORD).await;
        let (elsewhere, _, for_other) = Agent::connect(&scene.house.http, "other", &scene.user.email, PASSWORD).await;
        let text = state.as_str().unwrap();
        let tampered = json!(format!("{}{}", &text[30..60], &text[30..]));
        for (caller, state) in [
            (agent.caller(&tokens), state),
            (elsewhere.caller(&for_other), state),
            (scene.caller(), &tampered),
            (scene.caller(), &json!("state \"of\" the upstream")),
            (scene.caller(), &json!("")),
        ] {
            let answer = retry(&caller, state).await;
            assert_eq!(answer.status, 404, "{}", answer.text());
            assert_eq!(answer.json()["error"]["code"], -32602);
            let event = scene.house.last_event("call").unwrap();
            let said = (&event["reason"], &event["action"], &event["verdict"], &event["status"]);
            assert_eq!(said, (&json!("unknown_state"), &json!("tools/call"), &json!("deny"), &json!(404)));
        }
        assert_eq!(scene.upstream.seen().len(), before, "none of them arrived");
        scene.house.wait(Duration::from_secs(3600));
        let late = scene.agent.refresh(&scene.tokens.refresh).await;
        assert_eq!(retry(&scene.agent.caller(&late), state).await.status, 404, "an hour later");
    }
}

#[tokio::test]
async fn large_answers_pass_whole() {
    let scene = Scene::new().await;
    for size in [1 << 10, 3 << 20] {
        let text = json!({ "jsonrpc": "2.0", "id": 1, "result": { "content": "x".repeat(size), "requestState": "s" } });
        scene.upstream.answer_next(canned("application/json", text.to_string()));
        let answer = scene.call().await;
        assert_eq!(answer.json()["result"]["content"].as_str().unwrap().len(), size);
        scene.upstream.answer_next(canned("text/event-stream", format!("data: {{}}\n\ndata: {text}\n\n: end\n\n")));
        let answer = scene.call().await;
        assert!(answer.text().starts_with("data: {}\n\ndata: {") && answer.text().ends_with("\n\n: end\n\n"));
    }
}

#[tokio::test]
async fn a_subscription_is_narrowed_to_what_may_be_read() {
    let upstream = Upstream::start().await;
    let config = format!("[[server]]\nname = \"up\"\nurl = \"{}\"\npolicy = \"policy.toml\"\n", upstream.url());
    let policy = "[[resource]]\nuris = [\"doc://open\"]\nallow = { \"*\" = true }\n";
    let house = House::of(&config, &[("policy.toml", policy)]).await;
    let user = house.add_user("ana@example.com", &[]).await;
    let (agent, _, tokens) = Agent::connect(&house.http, "up", &user.email, PASSWORD).await;
    let caller = agent.caller(&tokens);
    let listen = async |uris: Value| {
        let filter = json!({ "toolsListChanged": true, "resourceSubscriptions": uris });
        caller.ask("subscriptions/listen", json!({ "notifications": filter })).await
    };
    assert_eq!(listen(json!(["doc://open", "doc://secret"])).await.status, 200);
    let seen: Value = serde_json::from_slice(&upstream.seen().last().unwrap().body).unwrap();
    assert_eq!(seen["params"]["notifications"]["resourceSubscriptions"], json!(["doc://open"]));
    assert_eq!(seen["params"]["notifications"]["toolsListChanged"], json!(true));
    let before = upstream.seen().len();
    for strange in [json!(["doc://open", 7]), json!("doc://open"), json!({})] {
        assert_eq!(listen(strange).await.status, 404, "unknown forms are denied");
    }
    assert_eq!(upstream.seen().len(), before);
}

#[tokio::test]
async fn an_open_stream_ends_with_the_right_to_it() {
    let scene = Scene::new().await;
    let caller = scene.agent.session(&scene.tokens).await;
    for stateful in [true, false] {
        let (events, receiver) = mpsc::channel(4);
        scene.upstream.answer_next(Canned::Stream(receiver));
        let tokens = scene.agent.refresh(&scene.tokens.refresh).await;
        let request = if stateful {
            stream_request(&caller, &tokens.access, "/mcp/up", &[])
        } else {
            let (body, headers) = stateless("subscriptions/listen", json!({ "notifications": {} }));
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            scene.agent.caller(&tokens).request(&body, &headers)
        };
        let mut body = scene.house.http.open(request).await.into_body();
        events.send("data: {}\n\n".to_owned()).await.unwrap();
        let first = tokio::time::timeout(MOMENT, body.frame()).await.unwrap().unwrap().unwrap();
        assert_eq!(first.into_data().unwrap(), "data: {}\n\n");
        let mut user = scene.user.clone();
        user.disabled = true;
        scene.house.running.store.update_user(&user).await.unwrap();
        let end = tokio::time::timeout(MOMENT, body.frame()).await.expect("nothing had to be sent");
        assert!(end.is_none(), "{end:?}");
        tokio::time::timeout(MOMENT, events.closed()).await.expect("the upstream's stream is closed");
        scene.house.running.store.update_user(&scene.user).await.unwrap();
    }
}
