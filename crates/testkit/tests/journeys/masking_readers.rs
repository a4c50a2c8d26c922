//! Whose labels are: those of one session are text in every other, whatever the server makes of sessions.

use serde_json::{Value, json};
use vestibule_testkit::{
    agent::{Agent, Tokens},
    house::{House, PASSWORD},
    mcp::{Caller, STATEFUL},
    upstream::{Canned, Speaks, Upstream},
};

use crate::{
    federation::{Plan, Union},
    masking::Place,
    scene::Scene,
    wires::{self, Old},
};

const MAIL: &str = "jane.doe@example.com";

/// A client in a session at `up`, if it was given one.
struct Client {
    caller: Caller,
    session: Option<String>,
}

impl Client {
    async fn begin(agent: &Agent, tokens: &Tokens, said: &[(&str, &str)]) -> Self {
        let caller = agent.caller(tokens);
        let client = json!({ "name": "testkit", "version": "1" });
        let params = json!({ "protocolVersion": STATEFUL, "capabilities": {}, "clientInfo": client });
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let answer = caller.post(&body, said).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let session = answer.header("mcp-session-id").map(str::to_owned);
        Self { caller, session }
    }

    async fn call(&self, tool: &str, arguments: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let session = self.session.as_deref().map(|id| ("mcp-session-id", id));
        let headers: Vec<(&str, &str)> = [("mcp-protocol-version", STATEFUL)].into_iter().chain(session).collect();
        let answer = self.caller.post(&body, &headers).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

/// A server of this kind, before which `config` masks. It shows the address to whoever calls `read`.
async fn place_of(speaks: Speaks, config: &str, policy: &str) -> Place {
    let upstream = Upstream::start_with(|method, params| {
        (method == "tools/call" && params["name"] == "read")
            .then(|| json!({ "content": [{ "type": "text", "text": MAIL }] }))
    })
    .await;
    upstream.speak(speaks);
    let config = config.replace("URL", &upstream.url());
    let house = House::of(&config, &[("policy.toml", policy)]).await;
    house.add_user("ana@example.net", &["staff"]).await;
    Place { house, upstream }
}

/// The label in a text.
fn label(text: &str) -> String {
    assert!(!text.contains(MAIL), "{text}");
    let from = text.find("[EMAIL_").unwrap_or_else(|| panic!("no label in {text}"));
    let length = text[from..].find(']').unwrap();
    text[from..=from + length].to_owned()
}

/// What the server was given last as `to`.
fn given(upstream: &Upstream) -> String {
    let last = upstream.seen().into_iter().rfind(|seen| !seen.body.is_empty()).unwrap();
    let message: Value = serde_json::from_slice(&last.body).unwrap();
    message["params"]["arguments"]["to"].as_str().unwrap().to_owned()
}

const ALL: &str = "[[tool]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n";

#[tokio::test]
async fn labels_of_one_session_are_text_in_another_before_every_kind_of_server() {
    let server = "[[server]]\nname = \"up\"\nurl = \"URL\"\npolicy = \"policy.toml\"\n";
    let by_server = format!("[masking]\nbefore_llm = true\n{server}mask = \"pseudonym\"\n");
    let by_rule =
        format!("[masking]\nbefore_llm = true\n[[masking.rule]]\nservers = [\"up\"]\naction = \"pseudonym\"\n{server}");
    let by_header = format!("{server}mask = {{ EMAIL_ADDRESS = \"pseudonym\" }}\n");
    let table = format!("{ALL}mask = {{ EMAIL_ADDRESS = \"pseudonym\" }}\n");
    for (speaks, config, policy, said) in [
        // Its id is the same for all.
        (Speaks::Both, &by_server, ALL, None),
        (Speaks::Sessions, &by_server, ALL, None),
        (Speaks::NoSessions, &by_server, ALL, None),
        (Speaks::NoIds, &by_server, ALL, None),
        (Speaks::NoIds, &by_rule, ALL, None),
        (Speaks::NoIds, &by_header, ALL, Some("on")),
        (Speaks::NoIds, &server.to_owned(), table.as_str(), None),
    ] {
        let place = place_of(speaks, config, policy).await;
        let (agent, tokens) = place.agent("up", "ana@example.net").await;
        let said: Vec<(&str, &str)> = said.map(|value| ("x-mask-pii-before-llm", value)).into_iter().collect();
        let first = Client::begin(&agent, &tokens, &said).await;
        let second = Client::begin(&agent, &tokens, &said).await;
        assert!(first.session.is_some() && second.session.is_some(), "{speaks:?} {config}");
        let shown = label(&first.call("read", json!({})).await.to_string());
        second.call("act", json!({ "to": shown })).await;
        assert_eq!(given(&place.upstream), shown, "in another session, {speaks:?} {config}");
        first.call("act", json!({ "to": shown })).await;
        assert_eq!(given(&place.upstream), MAIL, "in its own session, {speaks:?} {config}");
        // Whoever has none has not seen it either.
        if speaks == Speaks::NoIds {
            let without = Client { session: None, caller: agent.caller(&tokens) };
            without.call("act", json!({ "to": shown })).await;
            assert_eq!(given(&place.upstream), shown);
        }
    }
}

#[tokio::test]
async fn where_no_label_can_stand_for_a_value_no_session_is_made() {
    let server = "[[server]]\nname = \"up\"\nurl = \"URL\"\npolicy = \"policy.toml\"\n";
    let elsewhere = "[[server]]\nname = \"other\"\nurl = \"URL\"\npolicy = \"policy.toml\"\nmask = \"pseudonym\"\n";
    for config in [server.to_owned(), format!("[masking]\nbefore_llm = true\n{server}{elsewhere}")] {
        let place = place_of(Speaks::NoIds, &config, ALL).await;
        let (agent, tokens) = place.agent("up", "ana@example.net").await;
        assert_eq!(Client::begin(&agent, &tokens, &[]).await.session, None, "{config}");
    }
}

/// A scene before a server that gives no ids, with pseudonyms.
async fn scene() -> Scene {
    let config = "[masking]\nbefore_llm = true\n[[server]]\nname = \"up\"\nurl = \"URL\"\npolicy = \"policy.toml\"\nmask = \"pseudonym\"\n";
    let Place { house, upstream } = place_of(Speaks::NoIds, config, ALL).await;
    let user = house.add_user("ben@example.net", &["staff"]).await;
    let (agent, browser, tokens) = Agent::connect(&house.http, "up", &user.email, PASSWORD).await;
    Scene { house, upstream, user, agent, browser, tokens }
}

fn call(id: u64, tool: &str, arguments: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": tool, "arguments": arguments } })
}

#[tokio::test]
async fn labels_of_one_connection_are_text_on_the_next() {
    let scene = scene().await;
    let token = &scene.tokens.access;
    let mut shown = Vec::new();
    for _ in 0..2 {
        let mut socket = wires::with_token(&scene, token).await.unwrap();
        wires::say(&mut socket, &wires::initialize()).await;
        wires::hear(&mut socket).await.unwrap();
        for old in &shown {
            wires::say(&mut socket, &call(7, "act", &json!({ "to": old }))).await;
            wires::hear(&mut socket).await.unwrap();
            assert_eq!(given(&scene.upstream), *old);
        }
        wires::say(&mut socket, &call(1, "read", &json!({}))).await;
        shown.push(label(&wires::hear(&mut socket).await.unwrap().to_string()));
        wires::say(&mut socket, &call(2, "act", &json!({ "to": shown.last() }))).await;
        wires::hear(&mut socket).await.unwrap();
        assert_eq!(given(&scene.upstream), MAIL);
    }
    let mut old = Old::connect(&scene, token).await;
    old.say(&scene, &wires::initialize()).await;
    old.message().await;
    old.say(&scene, &call(3, "act", &json!({ "to": shown[0] }))).await;
    old.message().await;
    assert_eq!(given(&scene.upstream), shown[0], "another wire, the same person and client");
    old.say(&scene, &call(4, "read", &json!({}))).await;
    let own = label(&old.message().await.to_string());
    old.say(&scene, &call(5, "act", &json!({ "to": own }))).await;
    old.message().await;
    assert_eq!(given(&scene.upstream), MAIL);
}

#[tokio::test]
async fn labels_of_one_session_at_the_joined_endpoint_are_text_in_another() {
    let plan = Plan {
        federation: "servers = [\"git\", \"hr\"]\n",
        each: "mask = { EMAIL_ADDRESS = \"pseudonym\" }\n",
        ..Plan::default()
    };
    let union = Union::of(plan).await;
    union.hr.speak(Speaks::NoIds);
    union.git.speak(Speaks::NoIds);
    let said = [("x-mask-pii-before-llm", "on")];
    let first = Client::begin(&union.agent, &union.tokens, &said).await;
    let second = Client::begin(&union.agent, &union.tokens, &said).await;
    let result = json!({ "jsonrpc": "2.0", "id": 1, "result": { "content": [{ "type": "text", "text": MAIL }] } });
    let response = http::Response::builder().header("content-type", "application/json");
    union.hr.answer_next(Canned::Exactly(response.body(result.to_string().into()).unwrap()));
    let shown = label(&first.call("hr__read", json!({})).await.to_string());
    for (client, tool, upstream, value) in [
        (&second, "hr__write", &union.hr, shown.as_str()),
        (&first, "git__push", &union.git, shown.as_str()),
        (&first, "hr__write", &union.hr, MAIL),
    ] {
        client.call(tool, json!({ "to": shown })).await;
        assert_eq!(given(upstream), value, "{tool}");
    }
}
