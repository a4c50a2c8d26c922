//! One endpoint before several servers: who gets in, with which token, session and scope, and what stays closed.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use http::{Method, Response, header};
use serde_json::{Value, json};
use vestibule_gateway::config::ConfiguredFederation;
use vestibule_model::ServerName;
use vestibule_testkit::{
    agent::Agent,
    browser::{Browser, Form},
    house::{House, PASSWORD},
    http::{Answer, request},
    mcp::{Caller, STATEFUL, stateless},
    upstream::{Canned, Upstream},
};

use crate::{federation::Union, isolation::connect};

#[tokio::test]
async fn the_endpoint_is_a_resource_of_its_own() {
    let union = Union::new().await;
    assert_eq!(union.agent.resource, format!("{}/mcp", union.house.origin()));
    assert_eq!(union.tokens.scope, "prompts:* resources:* tools:down__* tools:git__* tools:hr__*");
    let (hr, _, of_hr) = Agent::connect(&union.house.http, "hr", "ana@example.com", PASSWORD).await;
    assert_eq!(hr.caller(&of_hr).call("read", json!({})).await.status, 200);
    let before = (union.hr.seen().len(), union.git.seen().len());
    for (path, token) in [("/mcp", &of_hr), ("/mcp/hr", &union.tokens), ("/mcp/git", &union.tokens)] {
        let answer = Caller::stateless(&union.house.http, path, &token.access).call("read", json!({})).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text());
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.contains(&format!("/oauth-protected-resource{path}\"")), "{challenge}");
    }
    assert_eq!((union.hr.seen().len(), union.git.seen().len()), before);
    // The door has no name among the servers.
    for path in ["/mcp/*", "/mcp/%2A", "/mcp/"] {
        let answer = Caller::stateless(&union.house.http, path, &union.tokens.access).call("read", json!({})).await;
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[tokio::test]
async fn without_the_table_there_is_no_such_endpoint() {
    let upstream = Upstream::start().await;
    let house = House::of(&format!("[[server]]\nname = \"up\"\nurl = \"{}\"\n", upstream.url()), &[]).await;
    assert_eq!(house.http.post_json("/mcp", &json!({})).await.status, 404);
    assert_eq!(house.http.get("/mcp").await.status, 404);
    assert_eq!(house.http.get("/.well-known/oauth-protected-resource/mcp").await.status, 404);
}

#[tokio::test]
async fn a_scope_counts_at_its_server_only() {
    let union = Union::new().await;
    let browser = Browser::new(&union.house.http);
    let page = browser.visit(&union.agent.authorize_url(&[("scope", "tools:git__read tools:hr__*")])).await;
    let consent = browser.sign_in(&page, "ana@example.com", PASSWORD).await;
    assert!(consent.text().contains("hr: Use every tool that your role allows"), "{}", consent.text());
    let code = union.agent.allow(&browser, &Form::on(&consent, "/consent")).await;
    let tokens = union.agent.redeem(&code).await;
    let caller = union.agent.caller(&tokens);
    assert_eq!(caller.tools().await[..2], ["git__read", "hr__read"]);
    assert_eq!(caller.tools().await.len(), 4, "git shows the one tool that was given");
    assert_eq!(caller.call("git__read", json!({})).await.status, 200);
    let answer = caller.call("git__secret", json!({})).await;
    let challenge = answer.header("www-authenticate").unwrap();
    assert_eq!(answer.status, 403);
    assert!(challenge.contains("scope=\"tools:git__read tools:git__secret tools:hr__*\""), "{challenge}");
    assert!(challenge.contains("/oauth-protected-resource/mcp\""), "{challenge}");
}

#[tokio::test]
async fn no_method_of_any_era_is_open_to_strangers() {
    let union = Union::new().await;
    let session = union.session().await;
    let (_, _, of_hr) = Agent::connect(&union.house.http, "hr", "ana@example.com", PASSWORD).await;
    let before = (union.hr.seen().len(), union.git.seen().len());
    let methods = [
        ("initialize", json!({ "protocolVersion": STATEFUL, "capabilities": {} })),
        ("server/discover", json!({})),
        ("ping", json!({})),
        ("tools/list", json!({})),
        ("tools/call", json!({ "name": "hr__read" })),
        ("prompts/list", json!({})),
        ("prompts/get", json!({ "name": "hr__greet" })),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("resources/read", json!({ "uri": "vestibule:hr:a:b" })),
        ("resources/subscribe", json!({ "uri": "vestibule:hr:a:b" })),
        ("completion/complete", json!({ "ref": { "type": "ref/prompt", "name": "hr__greet" } })),
        ("logging/setLevel", json!({ "level": "debug" })),
        ("subscriptions/listen", json!({ "notifications": {} })),
        ("tasks/list", json!({})),
        ("tasks/get", json!({ "taskId": "hr:t1" })),
        ("whatever/this", json!({})),
    ];
    for (method, params) in methods {
        for token in ["none", &of_hr.access, &union.tokens.refresh] {
            for caller in [Caller::stateless(&union.house.http, "/mcp", token), session.with_token(token)] {
                let answer = caller.ask(method, params.clone()).await;
                assert_eq!(answer.status, 401, "{method}: {}", answer.text());
            }
        }
    }
    assert_eq!((union.hr.seen().len(), union.git.seen().len()), before);
}

#[tokio::test]
async fn where_no_server_has_a_policy_nothing_is_allowed() {
    let upstream = Upstream::start().await;
    let config = format!("[[server]]\nname = \"up\"\nurl = \"{}\"\n[federation]\n", upstream.url());
    let house = House::of(&config, &[]).await;
    house.add_user("ana@example.com", &[]).await;
    let (agent, _, tokens) = Agent::connect_at(&house.http, "/mcp", "ana@example.com", PASSWORD).await;
    let listen = json!({ "notifications": { "toolsListChanged": true } });
    for (method, params) in [
        ("tools/list", json!({})),
        ("server/discover", json!({})),
        ("subscriptions/listen", listen),
        ("tools/call", json!({ "name": "up__read" })),
    ] {
        let answer = agent.caller(&tokens).ask(method, params).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]["code"]), (403, &json!(-31403)), "{method}");
    }
    assert_eq!(upstream.seen().len(), 0);
}

#[tokio::test]
async fn a_stolen_session_does_not_exist_and_an_ended_one_is_ended_everywhere() {
    let union = Union::new().await;
    let mine = union.session().await;
    assert_ne!(mine.session(), Some("upstream-session"));
    union.house.add_user("eve@example.com", &[]).await;
    let (_, _, eve) = Agent::connect_at(&union.house.http, "/mcp", "eve@example.com", PASSWORD).await;
    let (hr, _, of_hr) = Agent::connect(&union.house.http, "hr", "ana@example.com", PASSWORD).await;
    let other = hr.session(&of_hr).await;
    let before = union.hr.seen().len();
    assert_eq!(mine.with_token(&eve.access).tools_status().await, 404);
    let get = |method: Method, session: String| {
        let token = &union.tokens.access;
        let headers = [("mcp-session-id", session), ("mcp-protocol-version", STATEFUL.to_owned())];
        let mut builder = request(method, "/mcp").header(header::AUTHORIZATION, format!("Bearer {token}"));
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        union.house.http.send(builder.body(Bytes::new()).unwrap())
    };
    for foreign in [other.session().unwrap(), "upstream-session", "", "AAAA"] {
        assert_eq!(get(Method::GET, foreign.to_owned()).await.status, 404, "{foreign}");
        assert_eq!(get(Method::DELETE, foreign.to_owned()).await.status, 404, "{foreign}");
    }
    assert_eq!(union.hr.seen().len(), before);
    assert_eq!(get(Method::DELETE, mine.session().unwrap().to_owned()).await.status, 200);
    for upstream in [&union.hr, &union.git] {
        let last = upstream.seen().last().unwrap().clone();
        assert_eq!(
            (last.method, &last.headers["mcp-session-id"]),
            (Method::DELETE, &"upstream-session".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn the_state_of_a_round_trip_is_good_for_its_server_and_caller_only() {
    let union = Union::new().await;
    let input = json!({ "jsonrpc": "2.0", "id": 1, "result": { "resultType": "input_required", "requestState": "theirs", "inputRequests": {} } });
    let canned = || {
        Canned::Exactly(
            Response::builder().header("content-type", "application/json").body(input.to_string().into()).unwrap(),
        )
    };
    union.hr.answer_next(canned());
    let answer = union.caller().call("hr__read", json!({})).await.json();
    let state = answer["result"]["requestState"].as_str().unwrap().to_owned();
    assert!(!state.contains("theirs"));
    let retry = |caller: Caller, tool: &'static str, state: String| async move {
        caller
            .ask("tools/call", json!({ "name": tool, "arguments": {}, "requestState": state, "inputResponses": {} }))
            .await
    };
    assert_eq!(retry(union.caller(), "hr__read", state.clone()).await.status, 200);
    let seen: Value = serde_json::from_slice(&union.hr.seen().last().unwrap().body).unwrap();
    assert_eq!(seen["params"]["requestState"], "theirs");
    let before = (union.hr.seen().len(), union.git.seen().len());
    union.house.add_user("eve@example.com", &[]).await;
    let (agent, _, eve) = Agent::connect_at(&union.house.http, "/mcp", "eve@example.com", PASSWORD).await;
    let (at_hr, _, of_hr) = Agent::connect(&union.house.http, "hr", "ana@example.com", PASSWORD).await;
    for (caller, tool, state) in [
        (union.caller(), "git__read", state.clone()),
        (agent.caller(&eve), "hr__read", state.clone()),
        (union.caller(), "hr__read", "theirs".to_owned()),
        (at_hr.caller(&of_hr), "read", state.clone()),
    ] {
        assert_eq!(retry(caller, tool, state).await.status, 404);
    }
    assert_eq!((union.hr.seen().len(), union.git.seen().len()), before);
}

#[tokio::test]
async fn the_stateless_era_has_neither_stream_nor_session() {
    let union = Union::new().await;
    let before = union.hr.seen().len();
    for method in [Method::GET, Method::DELETE] {
        for version in [None, Some("2026-07-28"), Some(STATEFUL)] {
            let mut builder = request(method.clone(), "/mcp")
                .header(header::AUTHORIZATION, format!("Bearer {}", union.tokens.access));
            if let Some(version) = version {
                builder = builder.header("mcp-protocol-version", version);
            }
            let answer = union.house.http.send(builder.body(Bytes::new()).unwrap()).await;
            assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("POST")), "{method} {version:?}");
        }
    }
    assert_eq!(union.hr.seen().len(), before);
}

#[tokio::test]
async fn a_grant_that_is_revoked_ends_here_too() {
    let union = Union::new().await;
    let session = union.session().await;
    let form = [("token", union.tokens.refresh.as_str()), ("client_id", union.agent.client_id.as_str())];
    assert_eq!(union.house.http.post_form("/revoke", &form).await.status, 200);
    let before = (union.hr.seen().len(), union.git.seen().len());
    for caller in [union.caller(), session] {
        assert_eq!(caller.call("hr__read", json!({})).await.status, 401);
        assert_eq!(caller.tools_status().await, 401);
    }
    assert_eq!((union.hr.seen().len(), union.git.seen().len()), before);
}

#[tokio::test]
async fn malformed_messages_are_refused_as_at_any_door() {
    let union = Union::new().await;
    let (body, headers) = stateless("tools/call", json!({ "name": "hr__read", "arguments": {} }));
    let before = (union.hr.seen().len(), union.git.seen().len());
    for (name, value) in [("mcp-name", "git__read"), ("mcp-name", "read"), ("mcp-method", "tools/list")] {
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(have, text)| (*have, if *have == name { value } else { text.as_str() })).collect();
        let answer = union.caller().post(&body, &headers).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]["code"]), (400, &json!(-32020)), "{name}: {value}");
    }
    let session = union.session().await;
    let headers = [("mcp-session-id", session.session().unwrap()), ("mcp-protocol-version", STATEFUL)];
    for body in [
        json!({ "jsonrpc": "2.0", "id": "7", "result": {} }),
        json!({ "jsonrpc": "2.0", "id": "hr:{}", "result": {} }),
        json!({ "jsonrpc": "2.0", "id": "hr:1,\"method\":\"tools/call\"", "result": {} }),
        json!({ "jsonrpc": "2.0", "id": "elsewhere:7", "result": {} }),
        json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": { "progressToken": 7, "progress": 1 } }),
    ] {
        let seen = (union.hr.seen().len(), union.git.seen().len());
        let answer: Answer = session.post(&body, &headers).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        assert_eq!((union.hr.seen().len(), union.git.seen().len()), seen, "{body}");
    }
    assert!(union.hr.seen().len() >= before.0);
    let servers: BTreeSet<String> =
        union.house.events("call").iter().map(|event| event["server"].to_string()).collect();
    assert!(servers.iter().all(|server| server != "\"*\""), "nothing is decided at the door: {servers:?}");
}
#[tokio::test]
async fn everybody_sees_and_may_do_here_what_they_may_at_the_server() {
    let house = House::demo_with(|config| {
        config.federation = Some(ConfiguredFederation {
            servers: vec![ServerName::from("hr")],
            title: "Everything".to_owned(),
            patience: Duration::from_secs(10),
        });
    })
    .await;
    for id in ["E1002", "E1001", "E1010", "E1012"] {
        let person = house.person(id);
        let (agent, of_hr) = connect(&house, "/mcp/hr", person).await;
        let (union, of_all) = connect(&house, "/mcp", person).await;
        let there: Vec<String> = agent.caller(&of_hr).tools().await.iter().map(|tool| format!("hr__{tool}")).collect();
        for caller in [union.caller(&of_all), union.session(&of_all).await] {
            assert_eq!(caller.tools().await, there, "{id}");
            let own = caller.call("hr__get_user_profile", json!({})).await.json();
            assert!(own["result"]["structuredContent"].to_string().contains(&format!("\"id\":\"{id}\"")), "{own}");
        }
        let about = json!({ "employee_id": "E1006" });
        let there = agent.caller(&of_hr).call("query_leaves", about.clone()).await.json();
        let here = union.caller(&of_all).call("hr__query_leaves", about).await.json();
        assert_eq!(here["result"]["isError"], there["result"]["isError"], "{here}");
        assert_eq!(here["result"]["content"], there["result"]["content"]);
    }
}
