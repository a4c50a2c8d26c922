//! Both eras, lists, prompts, resources.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::office::Office;

const TOOLS: [&str; 23] = [
    "query_leaves",
    "get_leave_balance",
    "query_expenses",
    "create_leave_request",
    "clock_action",
    "get_team_members",
    "get_departments",
    "get_org_info",
    "get_public_holidays",
    "get_notifications",
    "get_pending_leave_approvals",
    "approve_or_reject_leave",
    "get_expense_approvals",
    "approve_or_reject_expense",
    "create_shift",
    "get_time_tracking_status",
    "query_time_entries",
    "get_user_profile",
    "list_projects",
    "publish_schedule",
    "generate_leave_report",
    "generate_timesheet_report",
    "get_dashboard_stats",
];

#[tokio::test]
async fn all_tools_are_described_and_six_have_a_subject() {
    let office = Office::open().await;
    let list = office.ask("E1002", "tools/list", json!({})).await;
    let tools = list["result"]["tools"].as_array().unwrap();
    assert_eq!(tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect::<Vec<_>>(), TOOLS);
    let mut with_subject = Vec::new();
    for tool in tools {
        assert!(tool["description"].as_str().unwrap().len() > 30 && tool["title"].is_string(), "{tool}");
        let input = &tool["inputSchema"];
        assert_eq!((&input["type"], &input["additionalProperties"]), (&json!("object"), &json!(false)), "{tool}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{tool}");
        for (name, property) in input["properties"].as_object().into_iter().flatten() {
            assert!(property["description"].is_string(), "{}.{name}", tool["name"]);
            if name == "employee_id" {
                with_subject.push(tool["name"].as_str().unwrap());
            }
        }
    }
    let subject = [
        "query_leaves",
        "get_leave_balance",
        "query_expenses",
        "get_time_tracking_status",
        "query_time_entries",
        "get_user_profile",
    ];
    assert_eq!(with_subject, subject);
}

#[tokio::test]
async fn the_older_era_has_sessions() {
    let office = Office::open().await;
    let token = format!("Bearer {}", office.token("E1002"));
    let auth = ("authorization", token.as_str());
    let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
    let answer = office.send(Method::POST, &[auth], initialize.to_string()).await;
    let message = answer.message();
    assert_eq!(
        (&message["result"]["protocolVersion"], &message["result"]["serverInfo"]["name"]),
        (&json!("2025-11-25"), &json!("acme-hr"))
    );
    let session = answer.headers["mcp-session-id"].to_str().unwrap().to_owned();
    let headers = |token: &'static str| {
        [("mcp-session-id", session.as_str()), ("mcp-protocol-version", "2025-11-25"), ("authorization", token)]
    };
    let mine = headers(String::leak(token.clone()));
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
    assert_eq!(office.send(Method::POST, &mine, initialized).await.status, StatusCode::ACCEPTED);
    let call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "get_user_profile", "arguments": {}}});
    let profile = office.send(Method::POST, &mine, call.to_string()).await.message();
    assert_eq!(profile["result"]["structuredContent"]["id"], "E1002");
    // The session says nothing about who is calling: each request does.
    let other = headers(String::leak(format!("Bearer {}", office.token("E1006"))));
    let profile = office.send(Method::POST, &other, call.to_string()).await.message();
    assert_eq!(profile["result"]["structuredContent"]["id"], "E1006");
    assert!(office.send(Method::DELETE, &mine, String::new()).await.status.is_success());
}

#[tokio::test]
async fn discovery_names_both_eras() {
    let office = Office::open().await;
    let discovered = office.ask("E1002", "server/discover", json!({})).await;
    let versions = discovered["result"]["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!("2026-07-28")) && versions.contains(&json!("2025-11-25")), "{discovered}");
}

#[tokio::test]
async fn prompts_speak_about_the_caller() {
    let office = Office::open().await;
    let list = office.ask("E1002", "prompts/list", json!({})).await;
    assert_eq!(list["result"]["prompts"].as_array().unwrap().len(), 2);
    let got = office
        .ask("E1002", "prompts/get", json!({"name": "plan_vacation", "arguments": {"days": "5", "month": "2026-08"}}))
        .await;
    let text = got["result"]["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(
        text.contains("Tom Berger")
            && text.contains("5 working days")
            && text.contains("2026-08")
            && text.contains("2026-03-04"),
        "{text}"
    );
    assert!(
        office.ask("E1002", "prompts/get", json!({"name": "weekly_summary"})).await["result"]["messages"][0]
            .is_object()
    );
    let token = format!("Bearer {}", office.token("E1002"));
    for bad in [
        json!({"name": "plan_vacation"}),
        json!({"name": "plan_vacation", "arguments": {"days": "-1"}}),
        json!({"name": "nothing"}),
    ] {
        assert_eq!(
            office.request(&token, "prompts/get", bad.clone()).await.message()["error"]["code"],
            -32602,
            "{bad}"
        );
    }
}

#[tokio::test]
async fn resources_are_read() {
    let office = Office::open().await;
    let list = office.ask("E1002", "resources/list", json!({})).await;
    for resource in list["result"]["resources"].as_array().unwrap() {
        let read = office.ask("E1002", "resources/read", json!({"uri": resource["uri"]})).await;
        assert!(read["result"]["contents"][0]["text"].as_str().unwrap().starts_with("# "), "{read}");
    }
    let templates = office.ask("E1002", "resources/templates/list", json!({})).await;
    assert_eq!(templates["result"]["resourceTemplates"][0]["uriTemplate"], "hr://holidays/{year}");
    let read = office.ask("E1002", "resources/read", json!({"uri": "hr://holidays/2027"})).await;
    let days: Value = serde_json::from_str(read["result"]["contents"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(days[0], json!({"date": "2027-01-01", "name": "New Year's Day"}));
    let token = format!("Bearer {}", office.token("E1002"));
    for bad in ["hr://holidays/1", "hr://holidays/x", "hr://secrets", "file:///etc/passwd"] {
        assert!(
            office.request(&token, "resources/read", json!({"uri": bad})).await.message()["error"]["code"].is_i64(),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn unknown_tools_and_broken_requests_are_answered() {
    let office = Office::open().await;
    let token = format!("Bearer {}", office.token("E1002"));
    let unknown = office.request(&token, "tools/call", json!({"name": "drop_tables", "arguments": {}})).await.message();
    assert_eq!((&unknown["error"]["code"], &unknown["id"]), (&json!(-32602), &json!(1)));
    let broken = office.send(Method::POST, &[("authorization", &token)], "{".to_owned()).await;
    assert!(broken.status.is_client_error(), "{}", broken.status);
}
