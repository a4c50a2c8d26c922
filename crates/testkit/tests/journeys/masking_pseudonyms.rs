//! Labels that stand for their values: toward the server that has shown them, in its session, and nowhere else.

use serde_json::{Value, json};
use vestibule_testkit::{agent::Agent, house::House, mcp::Caller, upstream::Speaks};

use crate::masking::{Place, VALUES, assert_hidden, text_result};

/// What a server that shows the profile is told by `tool` with these arguments.
pub(crate) async fn sent_by(place: &Place, caller: &Caller, arguments: Value) -> Value {
    let answer = caller.call("book", arguments).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    place.sent().pop().unwrap()["params"]["arguments"].clone()
}

#[tokio::test]
async fn an_agent_acts_on_data_that_it_never_sees() {
    let place = Place::of("before_llm = true", "mask = \"pseudonym\"").await;
    place.upstream.speak(Speaks::Sessions);
    let (agent, tokens) = place.agent("up", "ana@example.net").await;
    let caller = agent.session(&tokens).await;
    place.result(&text_result());
    assert_hidden(caller.call("read", json!({})).await.text());

    let arguments = json!({ "for": "[EMAIL_1]", "note": "Call [PHONE_1] about [CARD_1]. Not [EMAIL_7].", "[EMAIL_1]": 1,
        "deep": [{ "at": "[IP_1]" }], "json": "{\"to\":\"[EMAIL_1]\"}" });
    let sent = sent_by(&place, &caller, arguments.clone()).await;
    assert_eq!(sent["for"], VALUES[0].0);
    assert_eq!(sent["note"], "Call +1 415 555 2671 about 4111 1111 1111 1111. Not [EMAIL_7].");
    assert_eq!((&sent["[EMAIL_1]"], &sent["deep"][0]["at"]), (&json!(1), &json!(VALUES[4].0)));
    assert_eq!(sent["json"], format!("{{\"to\":\"{}\"}}", VALUES[0].0));

    // Another session of the same person and client, another person, another client, another server: worth nothing.
    let second = agent.session(&tokens).await;
    assert_eq!(sent_by(&place, &second, arguments.clone()).await, arguments, "another session");
    let (other_agent, other_tokens) = place.agent("up", "ben@example.net").await;
    assert_eq!(
        sent_by(&place, &other_agent.caller(&other_tokens), arguments.clone()).await,
        arguments,
        "another person"
    );
    let (again, again_tokens) = place.agent("up", "ana@example.net").await;
    assert_eq!(sent_by(&place, &again.caller(&again_tokens), arguments.clone()).await, arguments, "another client");
    let (elsewhere, elsewhere_tokens) = place.agent("other", "ana@example.net").await;
    let elsewhere = elsewhere.session(&elsewhere_tokens).await;
    assert_eq!(sent_by(&place, &elsewhere, arguments.clone()).await, arguments, "another server");
    // The session that has seen them still can.
    assert_eq!(sent_by(&place, &caller, arguments).await, sent);
}

#[tokio::test]
async fn one_label_never_means_two_values_to_one_reader() {
    let place = Place::of("before_llm = true", "mask = \"pseudonym\"").await;
    place.upstream.speak(Speaks::Sessions);
    let (agent, tokens) = place.agent("up", "ana@example.net").await;
    let (first, second) = (agent.session(&tokens).await, agent.session(&tokens).await);
    let mail = |address: &str| json!({ "content": [{ "type": "text", "text": address }] });
    place.result(&mail("one@example.com"));
    assert!(first.call("read", json!({})).await.text().contains("[EMAIL_1]"));
    place.result(&mail("two@example.com"));
    assert!(second.call("read", json!({})).await.text().contains("[EMAIL_2]"));
    assert_eq!(sent_by(&place, &second, json!({ "to": "[EMAIL_1]" })).await["to"], "[EMAIL_1]");
    place.result(&mail("one@example.com"));
    assert!(second.call("read", json!({})).await.text().contains("[EMAIL_1]"), "now this session has seen it too");
    assert_eq!(sent_by(&place, &second, json!({ "to": "[EMAIL_1]" })).await["to"], "one@example.com");
}

#[tokio::test]
async fn labels_that_were_forgotten_are_not_given_again() {
    let place = Place::of("before_llm = true\nremember_hours = 1", "mask = \"pseudonym\"").await;
    let (agent, tokens) = place.agent("up", "ana@example.net").await;
    let caller = agent.caller(&tokens);
    let mail = |address: &str| json!({ "content": [{ "type": "text", "text": address }] });
    place.result(&mail("one@example.com"));
    assert!(caller.call("read", json!({})).await.text().contains("[EMAIL_1]"));
    place.house.wait(std::time::Duration::from_secs(2 * 60 * 60));
    let caller = agent.caller(&agent.refresh(&tokens.refresh).await);
    assert_eq!(sent_by(&place, &caller, json!({ "to": "[EMAIL_1]" })).await["to"], "[EMAIL_1]", "forgotten");
    place.result(&mail("two@example.com"));
    let answer = caller.call("read", json!({})).await;
    let answer = answer.text();
    assert!(answer.contains("[EMAIL_") && !answer.contains("[EMAIL_1]") && !answer.contains("two@"), "{answer}");
    assert_eq!(sent_by(&place, &caller, json!({ "to": "[EMAIL_1]" })).await["to"], "[EMAIL_1]", "never the wrong one");
}

#[tokio::test]
async fn a_session_begins_with_its_first_answer_even_if_nothing_is_masked_in_it() {
    let place = Place::of("before_llm = true\nremember_hours = 1", "mask = \"pseudonym\"").await;
    place.upstream.speak(Speaks::Sessions);
    let (agent, tokens) = place.agent("up", "ana@example.net").await;
    let mail = |address: &str| json!({ "content": [{ "type": "text", "text": address }] });
    let first = agent.session(&tokens).await;
    place.result(&mail("one@example.com"));
    assert!(first.call("read", json!({})).await.text().contains("[EMAIL_1]"));
    // Everything is forgotten; but in a session that begins now no label was ever given.
    place.house.wait(std::time::Duration::from_secs(2 * 60 * 60));
    let second = agent.session(&agent.refresh(&tokens.refresh).await).await;
    place.result(&mail("two@example.com"));
    let answer = second.call("read", json!({})).await;
    assert!(answer.text().contains("[EMAIL_1]"), "{}", answer.text());
}

#[tokio::test]
async fn labels_without_pseudonyms_are_only_labels() {
    let place = Place::of("before_llm = true", "").await;
    let caller = place.caller().await;
    place.result(&text_result());
    assert!(caller.call("read", json!({})).await.text().contains("[EMAIL_1]"));
    assert_eq!(sent_by(&place, &caller, json!({ "to": "[EMAIL_1]" })).await["to"], "[EMAIL_1]");
}

#[tokio::test]
async fn in_the_sample_company_leave_is_booked_with_a_stand_in_that_nobody_saw() {
    let house = House::demo_with(|config| {
        let environment = |name: &str| (name == "MASK_PII_BEFORE_LLM").then(|| "true".to_owned());
        config.masking.overridden_by(environment).expect("a plain switch");
    })
    .await;
    let person = house.person("E1002");
    let (email, password) = (person.user.email.clone(), person.password.expose().clone());
    let (agent, _, tokens) = Agent::connect(&house.http, "hr", &email, &password).await;
    let caller = agent.session(&tokens).await;
    let profile = caller.call("get_user_profile", json!({})).await.json()["result"].clone();
    let shown = profile["structuredContent"].clone();
    for (field, label) in [
        ("email", "[EMAIL_1]"),
        ("phone", "[PHONE_1]"),
        ("home_address", "[ADDRESS_1]"),
        ("passport_number", "[PASSPORT_1]"),
        ("us_ssn", "[SSN_1]"),
        ("company_card", "[CARD_1]"),
        ("last_sign_in_ip", "[IP_1]"),
    ] {
        assert_eq!(shown[field], label, "{shown}");
    }
    assert_eq!((&shown["name"], &shown["hired"]), (&json!("Tom Berger"), &json!("2019-06-17")));
    let team = caller.call("get_team_members", json!({})).await.json()["result"]["structuredContent"].clone();
    let members = team["members"].as_array().unwrap();
    let mei = members.iter().find(|member| member["id"] == "E1003").unwrap();
    let label = mei["email"].as_str().unwrap();
    assert!(label.starts_with("[EMAIL_") && !team.to_string().contains("acme.example"), "{team}");
    let arguments = json!({ "kind": "vacation", "start": "2026-11-02", "end": "2026-11-03", "stand_in_email": label });
    let booked = caller.call("create_leave_request", arguments).await.json()["result"]["structuredContent"].clone();
    assert_eq!((&booked["stand_in"]["id"], &booked["stand_in"]["email"]), (&json!("E1003"), &json!(label)), "{booked}");
    for (_, values) in [("everybody", ["acme.example", "+49 30", "734-12", "5555 5555", "203.0.113", "Kastanienallee"])]
    {
        for record in house.records() {
            let record = record.to_string();
            assert!(values.iter().all(|value| !record.contains(value)), "{record}");
        }
    }
}
