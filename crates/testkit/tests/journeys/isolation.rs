//! Many people at once over one gateway: nobody gets an answer that was meant for somebody else.

use serde_json::json;
use vestibule_gateway::commands::demo::Person;
use vestibule_testkit::{
    agent::{Agent, Tokens},
    browser::{Browser, Form},
    house::House,
};

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
