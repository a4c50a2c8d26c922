//! One endpoint before several servers: joined under names that cannot collide, each server under its own policy and
//! credential, and none of them in the way of the others.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use http::{Method, Response, header};
use serde_json::{Value, json};
use vestibule_gateway::config::ConfiguredFederation;
use vestibule_model::ServerName;
use vestibule_testkit::{
    agent::{Agent, Tokens},
    house::{House, PASSWORD},
    http::{Answer, request},
    mcp::{Caller, STATEFUL, stateless},
    upstream::{Canned, Upstream},
};

use crate::isolation::connect;

const HR_KEY: &str = "canary-of-hr-8871";
const GIT_KEY: &str = "canary-of-git-3390";

/// Two servers that answer, one that is nowhere, and somebody who has connected to all of them at once.
pub(crate) struct Union {
    pub(crate) house: House,
    pub(crate) hr: Upstream,
    pub(crate) git: Upstream,
    pub(crate) agent: Agent,
    pub(crate) tokens: Tokens,
}

/// What `hr` and `git` hold: the same names and URIs, on purpose.
fn holdings(own: &'static str) -> impl Fn(&str, &Value) -> Option<Value> + Send + 'static {
    move |method, params| {
        let long = "a_tool_with_a_name_that_is_far_too_long_for_most_clients_of_this_protocol";
        Some(match method {
            "initialize" => json!({
                "protocolVersion": params["protocolVersion"],
                "capabilities": if own == "hr" { json!({ "tools": {}, "resources": { "subscribe": true } }) } else { json!({ "tools": { "listChanged": true }, "prompts": {} }) },
                "serverInfo": { "name": own, "version": "1" },
                "instructions": format!("Ask {own}."),
            }),
            "server/discover" => json!({
                "resultType": "complete", "supportedVersions": ["2026-07-28"], "ttlMs": 5000, "cacheScope": "public",
                "capabilities": { "tools": {} }, "instructions": format!("Ask {own}."),
            }),
            "tools/list" if own == "hr" => json!({ "tools": [
                { "name": "read", "big": 1e2, "inputSchema": { "type": "object" } }, { "name": "write" }, { "name": "secret" }, { "name": long },
            ] }),
            "tools/list" if params["cursor"] == "page-2" => json!({ "tools": [{ "name": "push" }] }),
            "tools/list" => {
                json!({ "tools": [{ "name": "read" }, { "name": "secret" }], "nextCursor": "page-2", "ttlMs": 9 })
            }
            "tools/call" => json!({ "content": [
                { "type": "text", "text": format!("{own}:{}", params["name"].as_str().unwrap()) },
                { "type": "resource_link", "uri": "file:///same", "name": "link" },
                { "type": "resource", "resource": { "uri": "file:///inner", "text": "x" } },
            ], "_meta": { "io.modelcontextprotocol/related-task": { "taskId": "t1" } } }),
            "prompts/list" => json!({ "prompts": [{ "name": "greet" }] }),
            "prompts/get" => {
                json!({ "messages": [{ "role": "user", "content": { "type": "text", "text": format!("{own}:{}", params["name"].as_str().unwrap()) } }] })
            }
            "resources/list" => json!({ "resources": [{ "uri": "file:///same", "name": own }] }),
            "resources/templates/list" => {
                json!({ "resourceTemplates": [{ "uriTemplate": "file:///{path}", "name": own }] })
            }
            "resources/read" => {
                json!({ "contents": [{ "uri": params["uri"], "text": format!("{own}:{}", params["uri"].as_str().unwrap()) }] })
            }
            "completion/complete" => {
                json!({ "completion": { "values": [format!("{own}:{}", params["ref"]["name"].as_str().unwrap_or_default())] } })
            }
            "tasks/list" => json!({ "tasks": [{ "taskId": "t1", "status": "working" }] }),
            "tasks/get" => json!({ "taskId": params["taskId"], "status": "working" }),
            _ => return None,
        })
    }
}

impl Union {
    pub(crate) async fn new() -> Self {
        Self::with("servers = [\"git\", \"hr\", \"down\"]\n").await
    }

    pub(crate) async fn with(federation: &str) -> Self {
        Self::with_policy(federation, "").await
    }

    /// `more` is Cedar for all servers.
    async fn with_policy(federation: &str, more: &str) -> Self {
        let (hr, git) = (Upstream::start_with(holdings("hr")).await, Upstream::start_with(holdings("git")).await);
        let server = |name: &str, url: &str| {
            format!(
                "[[server]]\nname = \"{name}\"\nurl = \"{url}\"\npolicy = [\"{name}.toml\", \"more.cedar\"]\n\
                 credential = {{ kind = \"static\", header = \"X-Api-Key\", value = {{ file = \"{name}.key\" }} }}\n"
            )
        };
        let nowhere = "http://127.0.0.1:1/mcp";
        let config = format!(
            "{}{}{}[federation]\ntimeout_seconds = 5\n{federation}",
            server("hr", &hr.url()),
            server("git", &git.url()),
            server("down", nowhere)
        );
        let everything = "[[tool]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n[[prompt]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n\
                          [[resource]]\nuris = [\"*\"]\nallow = { \"*\" = \"all\" }\n";
        // `secret` is forbidden at hr and allowed at git.
        let hr_policy = "[[tool]]\nnames = [\"read\", \"write\", \"a_tool_with_a_name_that_is_far_too_long_for_most_clients_of_this_protocol\"]\nallow = { \"*\" = \"all\" }\n\
                         [[prompt]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n[[resource]]\nuris = [\"*\"]\nallow = { \"*\" = \"all\" }\n";
        let files = [
            ("hr.toml", hr_policy),
            ("git.toml", everything),
            ("down.toml", everything),
            ("more.cedar", more),
            ("hr.key", HR_KEY),
            ("git.key", GIT_KEY),
            ("down.key", "x"),
        ];
        let house = House::of(&config, &files).await;
        house.add_user("ana@example.com", &[]).await;
        let (agent, _, tokens) = Agent::connect_at(&house.http, "/mcp", "ana@example.com", PASSWORD).await;
        Self { house, hr, git, agent, tokens }
    }

    pub(crate) fn caller(&self) -> Caller {
        self.agent.caller(&self.tokens)
    }

    pub(crate) async fn session(&self) -> Caller {
        self.agent.session(&self.tokens).await
    }
}

pub(crate) fn names(list: &Value, key: &str, name: &str) -> Vec<String> {
    let entries = list["result"][key].as_array().unwrap_or_else(|| panic!("no {key} in {list}"));
    entries.iter().map(|entry| entry[name].as_str().unwrap().to_owned()).collect()
}

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
async fn lists_are_joined_filtered_and_complete_in_both_eras() {
    let union = Union::new().await;
    for caller in [union.caller(), union.session().await] {
        let first = caller.ask("tools/list", json!({})).await.json();
        let tools = names(&first, "tools", "name");
        assert_eq!(
            tools[..4],
            ["git__read", "git__secret", "hr__read", "hr__write"],
            "in the order of the configuration"
        );
        assert!(tools[4].starts_with("hr_H") && tools[4].len() <= 64 && tools.len() == 5, "{tools:?}");
        assert_eq!(first["result"]["_meta"]["vestibule/unavailable"], json!(["down"]));
        let cursor = first["result"]["nextCursor"].as_str().expect("git has more").to_owned();
        let second = caller.ask("tools/list", json!({ "cursor": cursor })).await.json();
        assert_eq!(names(&second, "tools", "name"), ["git__push"]);
        assert_eq!(second["result"].get("nextCursor"), None);
        for (page, ttl) in [(&first, 0), (&second, 0)] {
            if caller.session().is_none() {
                assert_eq!(page["result"]["cacheScope"], "private");
                assert_eq!(
                    (&page["result"]["resultType"], &page["result"]["ttlMs"]),
                    (&json!("complete"), &json!(ttl))
                );
            }
        }
        // A cursor is good for its method and its caller only.
        let answer = caller.ask("prompts/list", json!({ "cursor": cursor })).await.json();
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        assert_eq!(caller.ask("tools/list", json!({ "cursor": "page-2" })).await.json()["error"]["code"], -32602);
    }
    let raw = union.caller().ask("tools/list", json!({})).await.text().to_owned();
    assert!(raw.contains("\"big\":1"), "{raw}");
}

#[tokio::test]
async fn calls_reach_their_server_under_its_own_name_credential_and_session() {
    let union = Union::new().await;
    for caller in [union.caller(), union.session().await] {
        for (outside, own, upstream, key, stranger) in [
            ("hr__read", "read", &union.hr, HR_KEY, &union.git),
            ("git__read", "read", &union.git, GIT_KEY, &union.hr),
            ("git__secret", "secret", &union.git, GIT_KEY, &union.hr),
        ] {
            let elsewhere = stranger.seen().len();
            let answer = caller.call(outside, json!({ "name": outside })).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            let seen = upstream.seen().last().unwrap().clone();
            let body: Value = serde_json::from_slice(&seen.body).unwrap();
            assert_eq!((&body["params"]["name"], &body["params"]["arguments"]["name"]), (&json!(own), &json!(outside)));
            assert_eq!(seen.headers["x-api-key"], key);
            assert!(!seen.text().contains(&union.tokens.access));
            if caller.session().is_some() {
                assert_eq!(seen.headers["mcp-session-id"], "upstream-session");
            } else {
                assert_eq!(seen.headers["mcp-name"], own);
            }
            let server = outside.split_once("__").unwrap().0;
            let result = answer.json()["result"].clone();
            assert_eq!(result["content"][0]["text"], format!("{server}:{own}"));
            assert_eq!(result["content"][1]["uri"], format!("vestibule:{server}:file:///same"));
            assert_eq!(result["content"][2]["resource"]["uri"], format!("vestibule:{server}:file:///inner"));
            let task = &result["_meta"]["io.modelcontextprotocol/related-task"]["taskId"];
            assert_eq!(task, &json!(format!("{server}:t1")));
            assert_eq!(stranger.seen().len(), elsewhere);
            let event = union.house.last_event("call").unwrap();
            assert_eq!((&event["server"], &event["target"]), (&json!(server), &json!(own)));
            assert!(event["detail"].as_str().unwrap().starts_with("through the federation, req_"), "{event}");
        }
    }
}

#[tokio::test]
async fn a_name_that_was_shortened_is_found_again_without_a_list() {
    let union = Union::new().await;
    let long = "a_tool_with_a_name_that_is_far_too_long_for_most_clients_of_this_protocol";
    let listed = union.caller().tools().await;
    let short = listed.iter().find(|name| name.starts_with("hr_H")).unwrap();
    let fresh = Union::new().await;
    for caller in [fresh.caller(), fresh.session().await] {
        let answer = caller.call(short, json!({})).await;
        assert_eq!(answer.json()["result"]["content"][0]["text"], format!("hr:{long}"), "{}", answer.text());
    }
    let answer = fresh.caller().call("hr_H0000000000000000_a", json!({})).await;
    assert_eq!(answer.json()["error"]["message"], "Unknown tool: hr_H0000000000000000_a");
}

#[tokio::test]
async fn what_is_forbidden_at_its_server_is_hidden_and_refused_here() {
    let union = Union::new().await;
    for caller in [union.caller(), union.session().await] {
        let before = union.hr.seen().len();
        for hidden in ["hr__secret", "hr__nothing", "secret", "read", "elsewhere__read", "HR__read", "hr__"] {
            let answer = caller.call(hidden, json!({})).await;
            let error = answer.json()["error"].clone();
            assert_eq!(
                (&error["code"], &error["message"]),
                (&json!(-32602), &json!(format!("Unknown tool: {hidden}")))
            );
        }
        assert_eq!(union.hr.seen().len(), before, "something went through");
    }
}

#[tokio::test]
async fn a_scope_counts_at_its_server_only() {
    let union = Union::new().await;
    let browser = vestibule_testkit::browser::Browser::new(&union.house.http);
    let page = browser.visit(&union.agent.authorize_url(&[("scope", "tools:git__read tools:hr__*")])).await;
    let consent = browser.sign_in(&page, "ana@example.com", PASSWORD).await;
    assert!(consent.text().contains("hr: Use every tool that your role allows"), "{}", consent.text());
    let code = union.agent.allow(&browser, &vestibule_testkit::browser::Form::on(&consent, "/consent")).await;
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
async fn prompts_resources_completions_and_tasks_go_both_ways() {
    let union = Union::new().await;
    for caller in [union.caller(), union.session().await] {
        let prompts = caller.ask("prompts/list", json!({})).await.json();
        assert_eq!(names(&prompts, "prompts", "name"), ["git__greet", "hr__greet"]);
        let prompt = caller.ask("prompts/get", json!({ "name": "hr__greet" })).await.json();
        assert_eq!(prompt["result"]["messages"][0]["content"]["text"], "hr:greet");

        let resources = caller.ask("resources/list", json!({})).await.json();
        let uris = names(&resources, "resources", "uri");
        assert_eq!(uris, ["vestibule:git:file:///same", "vestibule:hr:file:///same"]);
        let templates = caller.ask("resources/templates/list", json!({})).await.json();
        assert_eq!(names(&templates, "resourceTemplates", "uriTemplate")[1], "vestibule:hr:file:///{path}");
        let read = caller.ask("resources/read", json!({ "uri": uris[1] })).await.json();
        assert_eq!(read["result"]["contents"][0]["text"], "hr:file:///same");
        assert_eq!(read["result"]["contents"][0]["uri"], uris[1].as_str());
        for foreign in ["file:///same", "vestibule:elsewhere:file:///same", "vestibule:"] {
            let answer = caller.ask("resources/read", json!({ "uri": foreign })).await.json();
            assert_eq!(answer["error"]["data"]["uri"], foreign, "{answer}");
        }

        let asked =
            json!({ "ref": { "type": "ref/prompt", "name": "git__greet" }, "argument": { "name": "x", "value": "" } });
        let completed = caller.ask("completion/complete", asked).await.json();
        assert_eq!(completed["result"]["completion"]["values"], json!(["git:greet"]));
    }
    // No policy names the method, so it is refused; and a task of nobody is unknown.
    let session = union.session().await;
    let before = union.hr.seen().len();
    assert_eq!(session.ask("tasks/get", json!({ "taskId": "hr:t1" })).await.json()["error"]["code"], -32601);
    assert_eq!(session.ask("tasks/get", json!({ "taskId": "t1" })).await.json()["error"]["code"], -32602);
    assert_eq!(session.ask("whatever/this", json!({})).await.json()["error"]["code"], -32601);
    assert_eq!(union.hr.seen().len(), before);
}

#[tokio::test]
async fn tasks_are_those_of_their_server_where_policy_names_the_methods() {
    let more =
        "permit (principal, action == Action::\"callMethod\", resource) when { resource.name like \"tasks/*\" };";
    let union = Union::with_policy("servers = [\"git\", \"hr\"]\n", more).await;
    let session = union.session().await;
    let listed = session.ask("tasks/list", json!({})).await.json();
    assert_eq!(names(&listed, "tasks", "taskId"), ["git:t1", "hr:t1"]);
    let before = union.git.seen().len();
    let task = session.ask("tasks/get", json!({ "taskId": "hr:t1" })).await.json();
    assert_eq!(task["result"]["taskId"], "hr:t1");
    let seen: Value = serde_json::from_slice(&union.hr.seen().last().unwrap().body).unwrap();
    assert_eq!(seen["params"]["taskId"], "t1");
    assert_eq!(union.git.seen().len(), before);
    // A call that belongs to a task of another server is refused.
    let related = json!({ "io.modelcontextprotocol/related-task": { "taskId": "git:t1" } });
    let answer =
        session.ask("tools/call", json!({ "name": "hr__read", "arguments": {}, "_meta": related })).await.json();
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    // In the stateless era the header mirrors the task, and so does ours.
    let (body, headers) = stateless("tasks/get", json!({ "taskId": "git:t1" }));
    let mut headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    headers.push(("mcp-name", "git:t1"));
    let answer = union.caller().post(&body, &headers).await;
    assert_eq!(answer.json()["result"]["taskId"], "git:t1", "{}", answer.text());
    assert_eq!(union.git.seen().last().unwrap().headers["mcp-name"], "t1");
}

#[tokio::test]
async fn what_servers_can_is_joined_and_who_is_missing_is_said() {
    let union = Union::new().await;
    let params =
        json!({ "protocolVersion": STATEFUL, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
    let answer = union.caller().post(&body, &[]).await;
    let result = answer.json()["result"].clone();
    assert_eq!(
        result["capabilities"],
        json!({ "tools": { "listChanged": true }, "prompts": {}, "resources": { "subscribe": true } })
    );
    assert_eq!(result["instructions"], "## git\n\nAsk git.\n\n## hr\n\nAsk hr.");
    assert_eq!((&result["protocolVersion"], &result["serverInfo"]["title"]), (&json!(STATEFUL), &json!("All servers")));
    assert_eq!(result["_meta"]["vestibule/unavailable"], json!(["down"]));

    let discovered = union.caller().ask("server/discover", json!({})).await.json();
    let result = &discovered["result"];
    assert_eq!((&result["cacheScope"], &result["ttlMs"]), (&json!("private"), &json!(0)));
    assert!(result["supportedVersions"].as_array().unwrap().contains(&json!("2026-07-28")));
    assert_eq!(result["_meta"]["vestibule/unavailable"], json!(["down"]));
}

#[tokio::test]
async fn when_no_server_answers_the_client_is_told() {
    let union = Union::with("servers = [\"down\"]\n").await;
    for method in ["tools/list", "server/discover"] {
        let answer = union.caller().ask(method, json!({})).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]["code"]),
            (502, &json!(-31503)),
            "{}",
            answer.text()
        );
    }
    let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": { "protocolVersion": STATEFUL, "capabilities": {} } });
    assert_eq!(union.caller().post(&body, &[]).await.status, 502);
    assert_eq!(union.caller().call("down__x", json!({})).await.status, 502);
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
    for (caller, tool, state) in [
        (union.caller(), "git__read", state.clone()),
        (agent.caller(&eve), "hr__read", state.clone()),
        (union.caller(), "hr__read", "theirs".to_owned()),
    ] {
        assert_eq!(retry(caller, tool, state).await.status, 400);
    }
    assert_eq!((union.hr.seen().len(), union.git.seen().len()), before);
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

#[tokio::test]
async fn names_that_look_alike_reach_different_servers() {
    let tools = |names: &'static [&'static str]| {
        move |method: &str, params: &Value| match method {
            "tools/list" => {
                Some(json!({ "tools": names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>() }))
            }
            "tools/call" => Some(json!({ "content": [{ "type": "text", "text": params["name"] }] })),
            _ => None,
        }
    };
    // The first tries to take the name of a tool of the second.
    let short = Upstream::start_with(tools(&["b__steal", "_U_b__steal", "_b__steal"])).await;
    let long = Upstream::start_with(tools(&["steal"])).await;
    let policy = "[[tool]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n";
    let server = |name: &str, at: &Upstream| {
        format!("[[server]]\nname = \"{name}\"\nurl = \"{}\"\npolicy = \"p.toml\"\n", at.url())
    };
    let config = format!("{}{}[federation]\n", server("a", &short), server("a__b", &long));
    let house = House::of(&config, &[("p.toml", policy)]).await;
    house.add_user("ana@example.com", &[]).await;
    let (agent, _, tokens) = Agent::connect_at(&house.http, "/mcp", "ana@example.com", PASSWORD).await;
    let caller = agent.caller(&tokens);
    let listed = caller.tools().await;
    assert_eq!(listed, ["a__b__steal", "a___U_b__steal", "a___b__steal", "a_U_b__steal"]);
    let (at_short, at_long) = (short.seen().len(), long.seen().len());
    assert_eq!(caller.call("a_U_b__steal", json!({})).await.json()["result"]["content"][0]["text"], "steal");
    assert_eq!((short.seen().len(), long.seen().len()), (at_short, at_long + 1));
    for (outside, own) in
        [("a__b__steal", "b__steal"), ("a___U_b__steal", "_U_b__steal"), ("a___b__steal", "_b__steal")]
    {
        assert_eq!(caller.call(outside, json!({})).await.json()["result"]["content"][0]["text"], own);
    }
    assert_eq!((short.seen().len(), long.seen().len()), (at_short + 3, at_long + 1));
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
