//! Many people at once over one gateway: nobody gets an answer that was meant for somebody else.

use futures_util::StreamExt;
use serde_json::json;
use vestibule_gateway::commands::demo::Person;
use vestibule_testkit::{
    agent::{Agent, Tokens},
    browser::{Browser, Form},
    house::{House, PASSWORD},
    mcp::STATEFUL,
    upstream::Upstream,
};

use crate::federation::{Plan, Union};

/// Connects somebody, with their one-time code where they have one.
pub(crate) async fn connect(house: &House, path: &str, person: &Person) -> (Agent, Tokens) {
    let (agent, browser) = (Agent::discover_at(&house.http, path).await, Browser::new(&house.http));
    let page = browser.visit(&agent.authorize_url(&[])).await;
    let mut page = browser.sign_in(&page, &person.user.email, person.password.expose()).await;
    if let Some(seed) = &person.totp_secret {
        let form = Form::on(&page, "/mfa").fill("code", &house.code_of(seed));
        page = browser.follow(browser.submit(&form).await).await;
    }
    let tokens = agent.redeem(&agent.allow(&browser, &Form::on(&page, "/consent")).await).await;
    (agent, tokens)
}

/// A thousand clients at once, all of whose requests have the id 1, in both eras: no answer crosses.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn equal_ids_never_cross() {
    let upstream = Upstream::start().await;
    let config = format!("[[server]]\nname = \"up\"\nurl = \"{}\"\npolicy = \"policy.toml\"\n", upstream.url());
    let policy = "[[tool]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n";
    let house = House::of(&config, &[("policy.toml", policy)]).await;
    let mut callers = Vec::new();
    for number in 0..4 {
        let user = house.add_user(&format!("user{number}@example.com"), &[]).await;
        let (agent, _, tokens) = Agent::connect(&house.http, "up", &user.email, PASSWORD).await;
        callers.push(agent.caller(&tokens));
        callers.push(agent.session(&tokens).await);
    }
    let clients = (0..1000usize).zip(callers.iter().cycle());
    let calls = clients.map(async |(number, caller)| {
        let arguments = json!({ "client": number });
        let params = json!({ "name": "echo", "arguments": arguments });
        let answer = match caller.session() {
            Some(session) => {
                let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
                caller.post(&body, &[("mcp-session-id", session), ("mcp-protocol-version", STATEFUL)]).await
            }
            None => caller.ask("tools/call", params).await,
        };
        assert_eq!(answer.json()["id"], 1);
        assert_eq!(answer.json()["result"]["content"][0]["text"], arguments.to_string());
    });
    // As many connections at once as the machine gives; the rest follows.
    let mut waiting = futures_util::stream::iter(calls).buffer_unordered(250);
    let mut answered = 0;
    while waiting.next().await.is_some() {
        answered += 1;
    }
    assert_eq!(answered, 1000);
}

#[tokio::test]
async fn a_session_of_somebody_else_is_unknown_and_leaves_a_line() {
    let union = Union::of(Plan { federation: "servers = [\"git\", \"hr\"]\n", ..Plan::default() }).await;
    let house = &union.house;
    let eve = house.add_user("eve@example.com", &[]).await;
    for path in ["/mcp", "/mcp/hr"] {
        let (agent, _, tokens) = Agent::connect_at(&house.http, path, "ana@example.com", PASSWORD).await;
        let theirs = agent.session(&tokens).await;
        let (agent, _, tokens) = Agent::connect_at(&house.http, path, &eve.email, PASSWORD).await;
        let headers = [("mcp-session-id", theirs.session().unwrap()), ("mcp-protocol-version", STATEFUL)];
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
        let before = house.events("call").len();
        let answer = agent.caller(&tokens).post(&body, &headers).await;
        assert_eq!(answer.status, 404, "{}", answer.text());
        let events = house.events("call");
        assert_eq!(events.len(), before + 1);
        let event = events.last().unwrap();
        assert_eq!((&event["reason"], &event["action"]), (&json!("unknown_session"), &json!("tools/list")));
        assert_eq!((&event["user"], &event["verdict"]), (&json!(eve.id.as_str()), &json!("deny")));
        assert!(!event.to_string().contains(theirs.session().unwrap()), "the id itself is not written down");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_gets_their_own_answers() {
    let house = House::demo().await;
    let mut callers = Vec::new();
    for (at, person) in house.people.iter().enumerate() {
        let (agent, tokens) = connect(&house, "/mcp/hr", person).await;
        // Both eras side by side.
        let caller = if at % 2 == 0 { agent.caller(&tokens) } else { agent.session(&tokens).await };
        callers.push((person.employee_id, caller));
    }
    let calls = (0..20).flat_map(|_| callers.iter()).map(async |(employee_id, caller)| {
        let answer = caller.call("get_user_profile", json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let profile = answer.json()["result"]["structuredContent"].to_string();
        let ids: Vec<&str> = house
            .people
            .iter()
            .map(|person| person.employee_id)
            .filter(|id| profile.contains(&format!("\"id\":\"{id}\"")))
            .collect();
        assert_eq!(ids, [*employee_id], "{profile}");
    });
    let answered = futures_util::future::join_all(calls).await.len();
    let users: std::collections::BTreeSet<String> =
        house.events("call").iter().map(|event| event["user"].to_string()).collect();
    assert_eq!(users.len(), house.people.len(), "the evidence mixes people up");
    println!("isolation: {answered} interleaved calls of {} people", house.people.len());
}
