//! What servers behind the gateway get away with, and what not.

use http::{Method, Response, header};
use serde_json::{Value, json};
use vestibule_testkit::{
    agent::Agent,
    house::{House, PASSWORD},
    http::{Answer, request},
    mcp::{Caller, STATEFUL, stateless},
    upstream::{Canned, Upstream},
};

use crate::scene::Scene;

/// A gateway whose policy allows `read` and never `write`.
async fn house_of_readers(upstream: &Upstream) -> House {
    let config = format!("[[server]]\nname = \"up\"\nurl = \"{}\"\npolicy = \"policy.toml\"\n", upstream.url());
    let policy = "[[tool]]\nnames = [\"read\"]\nallow = { \"*\" = \"all\" }\n";
    House::of(&config, &[("policy.toml", policy)]).await
}

fn events(text: &str) -> Canned {
    Canned::Exactly(
        Response::builder().header("content-type", "text/event-stream").body(text.to_owned().into()).unwrap(),
    )
}

/// A GET or DELETE with the token, in a session or without one.
async fn without_body(house: &House, method: Method, token: &str, more: &[(&str, &str)]) -> Answer {
    let mut builder = request(method, "/mcp/up").header(header::AUTHORIZATION, format!("Bearer {token}"));
    for (name, value) in more {
        builder = builder.header(*name, *value);
    }
    house.http.send(builder.body(bytes::Bytes::new()).unwrap()).await
}

#[tokio::test]
async fn a_resumed_stream_brings_back_only_what_may_be_seen() {
    let upstream = Upstream::start().await;
    let house = house_of_readers(&upstream).await;
    let user = house.add_user("ana@example.com", &[]).await;
    let (agent, _, tokens) = Agent::connect(&house.http, "up", &user.email, PASSWORD).await;
    let caller: Caller = agent.session(&tokens).await;
    assert_eq!(caller.tools().await, ["read"]);

    upstream.answer_next(events(
        "id: 7\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"read\"},{\"name\":\"write\"}]}}\n\n\
         data: {\"id\":2,\"result\":{\"Tools\":[{\"name\":\"write\"}]}}\n\n\
         : still here\n\n\
         data: {\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"content\":[]}}\n\n",
    ));
    let session = caller.session().unwrap();
    let headers = [("mcp-session-id", session), ("mcp-protocol-version", STATEFUL)];
    let answer = without_body(&house, Method::GET, &tokens.access, &headers).await;
    let (id, rest) = answer.text().split_once('\n').unwrap();
    assert!(id.starts_with("id: ") && id != "id: 7", "{id}");
    assert_eq!(
        rest,
        "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"read\"}]}}\n\n\
         : still here\n\n\
         data: {\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"content\":[]}}\n\n"
    );
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_an_error_of_the_request_and_not_a_list() {
    let scene = Scene::new().await;
    let two = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[],\"tools\":[{\"name\":\"write\"}]}}";
    let json = Response::builder().header("content-type", "application/json").body(two.into()).unwrap();
    for (status, canned) in [(502, Canned::Exactly(json)), (200, events(&format!("data: {two}\n\n")))] {
        scene.upstream.answer_next(canned);
        let answer = scene.caller().ask("tools/list", json!({})).await;
        assert_eq!(answer.status, status);
        let body: Value = serde_json::from_str(answer.text().trim().trim_start_matches("data: ")).unwrap();
        assert_eq!((&body["id"], &body["error"]["code"]), (&json!(1), &json!(-31503)), "{body}");
        assert!(!body.to_string().contains("write"));
    }
}

#[tokio::test]
async fn a_server_of_the_first_version_is_spoken_to_in_it() {
    let scene = Scene::new().await;
    let caller = scene.agent.session(&scene.tokens).await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let headers = [("mcp-session-id", caller.session().unwrap()), ("mcp-protocol-version", "2024-11-05")];
    let answer = caller.post(&list, &headers).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(scene.upstream.seen().last().unwrap().headers["mcp-protocol-version"], "2024-11-05");
}

#[tokio::test]
async fn without_a_session_there_is_no_stream_and_405_says_so() {
    let scene = Scene::new().await;
    let before = scene.upstream.seen().len();
    for method in [Method::GET, Method::DELETE] {
        for version in [&[][..], &[("mcp-protocol-version", "2026-07-28")], &[("mcp-protocol-version", STATEFUL)]] {
            let answer = without_body(&scene.house, method.clone(), &scene.tokens.access, version).await;
            assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("POST")), "{method} {version:?}");
        }
    }
    assert_eq!(scene.upstream.seen().len(), before);
}

#[tokio::test]
async fn an_answer_without_a_type_is_no_answer() {
    let scene = Scene::new().await;
    let untyped = || Canned::Exactly(Response::new("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}".into()));
    scene.upstream.answer_next(untyped());
    assert_eq!(scene.call().await.status, 502);
    scene.upstream.answer_next(untyped());
    let (mut cancelled, headers) = stateless("notifications/cancelled", json!({ "requestId": 1 }));
    cancelled.as_object_mut().unwrap().remove("id");
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = scene.caller().post(&cancelled, &headers).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, ""));
}
