//! Clients of one era before servers of the other: they notice nothing, and nobody gets into anybody's session.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Method, Response, header};
use serde_json::{Value, json};
use vestibule_testkit::{
    agent::{Agent, Tokens},
    house::{House, PASSWORD},
    http::{Answer, request},
    mcp::{STATEFUL, stateless},
    upstream::{Canned, Seen, Speaks, Upstream},
};

/// A gateway before one server; everybody may use everything. `more` stands in the server's configuration.
async fn house_with(upstream: &Upstream, more: &str) -> House {
    let url = upstream.url();
    let config = format!("[[server]]\nname = \"up\"\nurl = \"{url}\"\npolicy = \"policy.toml\"\n{more}\n");
    let policy = "[[tool]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n\
                  [[resource]]\nuris = [\"doc://*\"]\nallow = { \"*\" = true }\n";
    House::of(&config, &[("policy.toml", policy)]).await
}

async fn house_before(upstream: &Upstream) -> House {
    house_with(upstream, "").await
}

async fn connect(house: &House, email: &str) -> (Agent, Tokens) {
    let user = house.add_user(email, &[]).await;
    let (agent, _, tokens) = Agent::connect(&house.http, "up", &user.email, PASSWORD).await;
    (agent, tokens)
}

fn body(seen: &Seen) -> Value {
    serde_json::from_slice(&seen.body).unwrap_or_default()
}

fn answers(status: u16, body: &Value) -> Canned {
    let builder = Response::builder().status(status).header("content-type", "application/json");
    Canned::Exactly(builder.body(Bytes::from(body.to_string())).unwrap())
}

fn events(text: &str) -> Canned {
    let builder = Response::builder().header("content-type", "text/event-stream");
    Canned::Exactly(builder.body(Bytes::from(text.to_owned())).unwrap())
}

async fn without_body(house: &House, method: Method, token: &str, session: &str) -> Answer {
    let builder = request(method, "/mcp/up").header(header::AUTHORIZATION, format!("Bearer {token}"));
    let builder = builder.header("mcp-session-id", session).header("mcp-protocol-version", STATEFUL);
    house.http.send(builder.body(Bytes::new()).unwrap()).await
}

fn initialize(name: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": "i", "method": "initialize", "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": { "sampling": {}, "experimental": { name: {} } },
        "clientInfo": { "name": name, "version": "1" },
    } })
}

#[tokio::test]
async fn a_client_with_a_session_uses_a_server_without() {
    let upstream = Upstream::speaking(Speaks::NoSessions).await;
    let house = house_before(&upstream).await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;

    let welcome = agent.caller(&tokens).post(&initialize("desk"), &[]).await;
    let result = welcome.json()["result"].clone();
    assert_eq!((welcome.status.as_u16(), &welcome.json()["id"]), (200, &json!("i")));
    assert_eq!(result["protocolVersion"], "2025-06-18");
    assert_eq!(result["capabilities"], json!({ "tools": { "listChanged": true }, "resources": { "subscribe": true } }));
    assert_eq!((&result["serverInfo"]["name"], &result["instructions"]), (&json!("upstream"), &json!("Be kind.")));

    let caller = agent.session(&tokens).await;
    let session = caller.session().unwrap();
    assert_eq!(caller.tools().await, ["read", "write"]);
    let said = caller.call("echo", json!({ "n": 1 })).await.json();
    assert_eq!(said["result"]["content"][0]["text"], "{\"n\":1}");
    let before = upstream.seen().len();
    assert_eq!(caller.ask("ping", json!({})).await.json()["result"], json!({}));
    for method in ["resources/subscribe", "resources/unsubscribe"] {
        assert_eq!(caller.ask(method, json!({ "uri": "doc://a" })).await.json()["result"], json!({}), "{method}");
    }
    assert_eq!(without_body(&house, Method::DELETE, &tokens.access, session).await.status, 200);
    for method in [Method::DELETE, Method::GET] {
        assert_eq!(without_body(&house, method, &tokens.access, session).await.status, 404, "it has ended");
    }
    assert_eq!(caller.ask("tools/list", json!({})).await.status, 404);
    assert_eq!(upstream.seen().len(), before, "all of that was answered here");
    // The first came as the client sent it.
    for seen in upstream.seen().iter().skip(1) {
        assert!(!seen.text().contains("mcp-session-id"), "{}", seen.text());
    }
}

#[tokio::test]
async fn answers_of_a_server_without_sessions_are_understood_in_one() {
    let upstream = Upstream::speaking(Speaks::NoSessions).await;
    let house = house_before(&upstream).await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;
    let caller = agent.session(&tokens).await;

    let error = |code: i64| json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": code, "message": "m" } });
    for (status, given, told) in [(404, -32601, -32601), (400, -32021, -32600), (200, -32602, -32602)] {
        upstream.answer_next(answers(status, &error(given)));
        let answer = caller.call("read", json!({})).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]["code"]), (200, &json!(told)), "{given}");
    }
    upstream.answer_next(answers(400, &error(-32602)));
    let answer = caller.ask("resources/read", json!({ "uri": "doc://none" })).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]["code"]), (200, &json!(-32002)));
    // Only calls, prompts and resources may ask for input.
    let asks = json!({ "resultType": "input_required", "requestState": "s", "inputRequests": {} });
    upstream.answer_next(answers(200, &json!({ "jsonrpc": "2.0", "id": 1, "result": asks })));
    let answer = caller.ask("tools/list", json!({})).await;
    assert!(answer.text().contains("further input") && !answer.text().contains("requestState"), "{}", answer.text());

    upstream.answer_next(events(
        ": soon\n\n\
         data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"n\":1.0}}\n\n\
         data: {\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"sampling/createMessage\",\"params\":{}}\n\n\
         data: {\"jsonrpc\":\"2.0\",\"id\":77,\"error\":{\"code\":-32022,\"message\":\"m\"}}\n\n",
    ));
    let answer = caller.call("read", json!({})).await;
    let id = answer.text().rsplit("\"id\":").next().unwrap().split(',').next().unwrap().to_owned();
    assert_eq!(
        answer.text(),
        format!(
            ": soon\n\n\
             data: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{{\"n\":1.0}}}}\n\n\
             data: {{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{{\"code\":-32602,\"message\":\"m\"}}}}\n\n"
        )
    );
}

#[tokio::test]
async fn interleaved_clients_say_who_they_are_and_never_share() {
    let upstream = Upstream::speaking(Speaks::NoSessions).await;
    let house = house_before(&upstream).await;
    let (ana, of_ana) = connect(&house, "ana@example.com").await;
    let (ben, of_ben) = connect(&house, "ben@example.com").await;
    let mut sessions = Vec::new();
    for (agent, tokens, name) in [(&ana, &of_ana, "anas"), (&ben, &of_ben, "bens")] {
        let welcome = agent.caller(tokens).post(&initialize(name), &[]).await;
        sessions.push((agent.caller(tokens), welcome.header("mcp-session-id").unwrap().to_owned(), name));
    }
    let before = upstream.seen().len();
    let calls = (0..20).map(|number| {
        let (caller, session, name) = &sessions[number % 2];
        let params = json!({ "name": "echo", "arguments": { "of": name, "number": number } });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        async move {
            let headers = [("mcp-session-id", session.as_str()), ("mcp-protocol-version", "2025-06-18")];
            let answer = caller.post(&message, &headers).await.json();
            assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains(name));
            assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains(&format!("\"number\":{number}")));
        }
    });
    join_all(calls).await;
    for seen in upstream.seen().iter().skip(before) {
        let params = &body(seen)["params"];
        let name = params["arguments"]["of"].as_str().unwrap();
        let meta = &params["_meta"];
        assert_eq!(meta["io.modelcontextprotocol/clientInfo"]["name"], name);
        assert_eq!(
            meta["io.modelcontextprotocol/clientCapabilities"],
            json!({ "sampling": {}, "experimental": { name: {} } })
        );
    }
    // The other's session is an unknown one.
    let stolen = sessions[1].1.as_str();
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let answer = sessions[0].0.post(&ping, &[("mcp-session-id", stolen), ("mcp-protocol-version", STATEFUL)]).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn a_client_without_a_session_uses_a_server_with() {
    let upstream = Upstream::speaking(Speaks::Sessions).await;
    let house = house_before(&upstream).await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;
    let caller = agent.caller(&tokens);

    let said = caller.call("echo", json!({ "n": 1 })).await.json();
    assert_eq!((&said["id"], &said["result"]["resultType"]), (&json!(1), &json!("complete")));
    assert_eq!(said["result"]["content"][0]["text"], "{\"n\":1}");
    let calls = |method: &str| upstream.seen().iter().filter(|seen| body(seen)["method"] == method).count();
    assert_eq!((calls("tools/call"), calls("initialize"), calls("notifications/initialized")), (1, 1, 1));

    let discovered = caller.ask("server/discover", json!({})).await.json();
    let result = &discovered["result"];
    let versions = json!(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]);
    assert_eq!(result["supportedVersions"], versions, "what is spoken at the door");
    assert_eq!((&result["cacheScope"], &result["ttlMs"]), (&json!("private"), &json!(0)));
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "upstream");
    let list = caller.ask("tools/list", json!({})).await.json();
    assert_eq!(list["result"]["tools"].as_array().unwrap().len(), 2);
    assert_eq!((&list["result"]["cacheScope"], &list["result"]["ttlMs"]), (&json!("private"), &json!(0)));
    assert_eq!(calls("initialize"), 1, "one session serves them all");

    let (cancel, _) = stateless("notifications/cancelled", json!({ "requestId": 1 }));
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancel["params"] });
    assert_eq!(caller.post(&cancel, &[("mcp-protocol-version", "2026-07-28")]).await.status, 202);
    let error = |code: i64| json!({ "jsonrpc": "2.0", "id": 5, "error": { "code": code, "message": "m" } });
    upstream.answer_next(answers(200, &error(-32601)));
    let answer = caller.call("read", json!({})).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["id"]), (404, &json!(1)), "{}", answer.text());
    upstream.answer_next(answers(200, &error(-32002)));
    let answer = caller.ask("resources/read", json!({ "uri": "doc://none" })).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]["code"]), (200, &json!(-32602)));
    for seen in upstream.seen().iter().skip(1) {
        assert!(!seen.text().contains("io.modelcontextprotocol"), "{}", seen.text());
    }
}

#[tokio::test]
async fn a_session_that_the_server_ended_is_opened_again() {
    let upstream = Upstream::speaking(Speaks::Sessions).await;
    let house = house_before(&upstream).await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;
    let caller = agent.caller(&tokens);
    assert_eq!(caller.call("read", json!({})).await.status, 200);
    upstream.end_sessions();
    let answered = join_all((0..8).map(|number| caller.call("echo", json!({ "number": number })))).await;
    for (number, answer) in answered.iter().enumerate() {
        assert_eq!(answer.json()["result"]["content"][0]["text"], format!("{{\"number\":{number}}}"));
    }
    let opened = upstream.seen().iter().filter(|seen| body(seen)["method"] == "initialize").count();
    assert_eq!(opened, 2, "once again, whoever found it out");

    // A server that forgets at once is not asked for ever.
    let gone = json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32001, "message": "Session not found" } });
    upstream.answer_next(answers(404, &gone));
    upstream.answer_next(Canned::Usual);
    upstream.answer_next(Canned::Usual);
    upstream.answer_next(answers(404, &gone));
    assert_eq!(caller.call("read", json!({})).await.status, 502);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_callers_never_share_a_session() {
    let upstream = Upstream::speaking(Speaks::Sessions).await;
    let house = house_before(&upstream).await;
    let mut callers = Vec::new();
    for name in ["ana", "ben", "cem"] {
        let (agent, tokens) = connect(&house, &format!("{name}@example.com")).await;
        callers.push((agent.caller(&tokens), name));
    }
    let calls = (0..60).map(|number| {
        let (caller, name) = &callers[number % 3];
        async move {
            // All have the id 1.
            let arguments = json!({ "of": name, "number": number });
            let answer = caller.call("echo", arguments.clone()).await.json();
            assert_eq!(answer["result"]["content"][0]["text"], arguments.to_string());
        }
    });
    join_all(calls).await;
    let mut people: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for seen in upstream.seen().iter().filter(|seen| body(seen)["method"] == "tools/call") {
        let session = seen.headers["mcp-session-id"].to_str().unwrap().to_owned();
        assert!(ids.insert((session.clone(), body(seen)["id"].to_string())), "no id twice in a session");
        people.entry(session).or_default().insert(body(seen)["params"]["arguments"]["of"].to_string());
    }
    assert_eq!(people.len(), 3);
    assert!(people.values().all(|of| of.len() == 1), "{people:?}");
}

#[tokio::test]
async fn streams_of_a_session_hold_only_what_belongs_to_the_request() {
    let upstream = Upstream::speaking(Speaks::Sessions).await;
    let house = house_before(&upstream).await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;
    let caller = agent.caller(&tokens);
    assert_eq!(caller.call("read", json!({})).await.status, 200);
    // The token that the server is given is the session's own; this is its second request.
    upstream.answer_next(events(
        "id: 1\ndata:\n\n\
         data: {\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"elicitation/create\",\"params\":{}}\n\n\
         data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":\"x\"}}\n\n\
         data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n\n\
         id: 2\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":2}}\n\n\
         data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":9}}\n\n\
         id: 3\ndata: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"content\":[]}}\n\n",
    ));
    let (mut message, headers) = stateless("tools/call", json!({ "name": "read" }));
    message["params"]["_meta"]["progressToken"] = json!("mine");
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = caller.post(&message, &headers).await;
    assert_eq!(
        answer.text(),
        "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"mine\"}}\n\n\
         data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[],\"resultType\":\"complete\"}}\n\n"
    );
}

#[tokio::test]
async fn one_clients_mistake_does_not_change_what_a_server_is_taken_for() {
    let upstream = Upstream::start().await;
    let house = house_before(&upstream).await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;
    let refused = json!({ "jsonrpc": "2.0", "id": "i", "error": { "code": -32602, "message": "m" } });
    upstream.answer_next(answers(400, &refused));
    agent.caller(&tokens).post(&initialize("a"), &[]).await;
    let caller = agent.session(&tokens).await;
    assert_eq!(caller.call("read", json!({})).await.status, 200);
    assert_eq!(upstream.seen().last().unwrap().headers["mcp-session-id"], "upstream-session");
}

#[tokio::test]
async fn a_server_says_in_the_configuration_what_it_speaks() {
    for (speaks, protocol) in [(Speaks::Sessions, "stateful"), (Speaks::NoSessions, "stateless")] {
        let upstream = Upstream::speaking(speaks).await;
        let house = house_with(&upstream, &format!("protocol = \"{protocol}\"")).await;
        let (agent, tokens) = connect(&house, "ana@example.com").await;
        assert_eq!(agent.caller(&tokens).call("read", json!({})).await.status, 200);
        assert_eq!(agent.session(&tokens).await.call("read", json!({})).await.status, 200);
        let asked = upstream.seen().iter().any(|seen| body(seen)["id"] == "vestibule");
        assert!(!asked, "nobody had to ask");
    }
}

#[tokio::test]
async fn a_server_that_is_replaced_by_one_of_the_other_era_is_found_out() {
    let upstream = Upstream::speaking(Speaks::NoSessions).await;
    let house = house_before(&upstream).await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;
    let caller = agent.session(&tokens).await;
    let stateless = agent.caller(&tokens);
    assert_eq!(caller.call("read", json!({})).await.status, 200);
    assert_eq!(stateless.call("read", json!({})).await.status, 200);

    upstream.speak(Speaks::Sessions);
    assert_eq!(caller.call("read", json!({})).await.status, 404, "the client initializes again");
    assert_eq!(agent.session(&tokens).await.call("read", json!({})).await.status, 200);
    assert_eq!(stateless.call("read", json!({})).await.status, 200);

    upstream.speak(Speaks::NoSessions);
    assert_ne!(stateless.call("read", json!({})).await.status, 200);
    assert_eq!(stateless.call("read", json!({})).await.status, 200);
    assert_eq!(agent.session(&tokens).await.call("read", json!({})).await.status, 200);
}
