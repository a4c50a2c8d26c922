//! What the tools do.

use serde_json::{Value, json};

use crate::office::{Office, START};

fn ids<'v>(list: &'v Value, key: &str) -> Vec<&'v str> {
    list.as_array().unwrap().iter().map(|entry| entry[key].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_subject_is_the_caller_unless_named() {
    let office = Office::open().await;
    for tool in
        ["query_leaves", "get_leave_balance", "query_expenses", "get_time_tracking_status", "query_time_entries"]
    {
        assert_eq!(office.call("E1002", tool, json!({})).await.unwrap()["employee_id"], "E1002", "{tool}");
        let other = office.call("E1002", tool, json!({"employee_id": "E1006"})).await.unwrap();
        assert_eq!((&other["employee_id"], &other["employee_name"]), (&json!("E1006"), &json!("Jack Doyle")), "{tool}");
    }
    assert_eq!(
        office.call("E1012", "get_user_profile", json!({"employee_id": "E1003"})).await.unwrap()["name"],
        "Mei Lin"
    );
}

#[tokio::test]
async fn a_leave_is_asked_for_decided_and_announced() {
    let office = Office::open().await;
    let balance = office.call("E1003", "get_leave_balance", json!({})).await.unwrap()["balances"][0].clone();
    let asked = json!({"kind": "vacation", "start": "2026-06-29", "end": "2026-07-03", "reason": "Festival"});
    let leave = office.call("E1003", "create_leave_request", asked.clone()).await.unwrap();
    assert_eq!((&leave["status"], &leave["working_days"]), (&json!("pending"), &json!(5)));
    let after = office.call("E1003", "get_leave_balance", json!({})).await.unwrap()["balances"][0].clone();
    assert_eq!(after["remaining"].as_i64().unwrap(), balance["remaining"].as_i64().unwrap() - 5);
    assert!(office.call("E1003", "create_leave_request", asked).await.unwrap_err().contains("overlaps"));

    let waiting = office.call("E1001", "get_pending_leave_approvals", json!({})).await.unwrap();
    assert!(ids(&waiting["pending"], "id").contains(&leave["id"].as_str().unwrap()));
    assert!(
        waiting["pending"]
            .as_array()
            .unwrap()
            .iter()
            .all(|entry| entry["department"] == "Engineering" && entry["employee_id"] != "E1001")
    );
    let decision = json!({"leave_id": leave["id"], "decision": "approve", "comment": "Enjoy"});
    assert!(
        office.call("E1003", "approve_or_reject_leave", decision.clone()).await.unwrap_err().contains("own request")
    );
    assert!(
        office.call("E1005", "approve_or_reject_leave", decision.clone()).await.unwrap_err().contains("own department")
    );
    let decided = office.call("E1001", "approve_or_reject_leave", decision.clone()).await.unwrap();
    assert_eq!((&decided["status"], &decided["ruling"]["by"]), (&json!("approved"), &json!("E1001")));
    assert!(office.call("E1010", "approve_or_reject_leave", decision).await.unwrap_err().contains("decided before"));
    let leaves =
        office.call("E1003", "query_leaves", json!({"status": "approved", "from": "2026-06-01"})).await.unwrap();
    assert_eq!(ids(&leaves["leaves"], "id"), [leave["id"].as_str().unwrap()]);
    let news = office.call("E1003", "get_notifications", json!({"mark_read": true})).await.unwrap();
    assert!(news["notifications"][0]["text"].as_str().unwrap().contains("was approved by Nadia Rahman"));
    assert_eq!(
        office.call("E1003", "get_notifications", json!({"unread_only": true})).await.unwrap(),
        json!({"unread": 0, "notifications": []})
    );
}

#[tokio::test]
async fn mistakes_are_explained_to_the_model() {
    let office = Office::open().await;
    let leave = |start: &str, end: &str, kind: &str| json!({"kind": kind, "start": start, "end": end});
    let cases = [
        ("create_leave_request", leave("2026-06-05", "2026-06-01", "vacation"), "before it starts"),
        ("create_leave_request", leave("2026-03-03", "2026-03-06", "vacation"), "today is 2026-03-04"),
        ("create_leave_request", leave("2026-06-06", "2026-06-07", "vacation"), "no working day"),
        ("create_leave_request", leave("2026-06-01", "2026-06-05", "personal"), "5 working days"),
        ("create_leave_request", leave("2026-06-01", "2199-06-05", "vacation"), "at most 90 days"),
        ("create_leave_request", leave("tomorrow", "2026-06-05", "vacation"), "is not a date like"),
        ("create_leave_request", leave("2026-06-01", "2026-06-05", "holiday"), "unknown variant `holiday`"),
        ("create_leave_request", json!({}), "missing field `kind`"),
        ("query_leaves", json!({"employee_id": "E9"}), "Numbers look like E1001"),
        ("query_leaves", json!({"employee": "E1001"}), "unknown field `employee`"),
        ("query_leaves", json!({"employee_id": ["E1001"]}), "expected a string"),
        ("query_time_entries", json!({"from": "2026-03-03", "to": "2026-03-01"}), "after its end"),
        ("get_team_members", json!({"department": "Legal"}), "there are Engineering, Sales, People Operations"),
        ("get_public_holidays", json!({"year": 1}), "from 1900 to 2200"),
        ("clock_action", json!({"action": "clock_out"}), "not clocked in"),
        ("approve_or_reject_leave", json!({"leave_id": "L-1", "decision": "approve"}), "get_pending_leave_approvals"),
        ("approve_or_reject_expense", json!({"expense_id": "X-1", "decision": "reject"}), "get_expense_approvals"),
        (
            "create_shift",
            json!({"assignee_id": "E1006", "date": "2026-03-09", "start_time": "8", "end_time": "16:00"}),
            "not a time",
        ),
        (
            "create_shift",
            json!({"assignee_id": "E1006", "date": "2026-03-09", "start_time": "09:00", "end_time": "10:00"}),
            "Jack Doyle has shift",
        ),
        (
            "create_shift",
            json!({"assignee_id": "E1006", "date": "2026-03-10", "start_time": "09:00", "end_time": "08:00"}),
            "must end after",
        ),
        ("generate_timesheet_report", json!({"from": "1950-01-01"}), "at most one year"),
    ];
    for (tool, arguments, words) in cases {
        let said = office.call("E1002", tool, arguments.clone()).await.unwrap_err();
        assert!(said.contains(words), "{tool} {arguments}: {said}");
    }
}

#[tokio::test]
async fn an_account_without_an_employee_has_no_records() {
    let office = Office::open().await;
    let mut claims = office.claims("E1002");
    claims.as_object_mut().unwrap().remove("employee_id");
    let token = format!("Bearer {}", crate::office::sign(1, "JWT", &claims));
    let answer = office.request(&token, "tools/call", json!({"name": "query_leaves"})).await.message();
    assert_eq!(answer["result"]["isError"], true);
    assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains("not linked to an employee"));
}

#[tokio::test]
async fn expenses_are_listed_and_decided() {
    let office = Office::open().await;
    let waiting = office.call("E1005", "get_expense_approvals", json!({})).await.unwrap();
    let entry =
        waiting["pending"].as_array().unwrap().iter().find(|entry| entry["employee_id"] == "E1006").unwrap().clone();
    assert_eq!(entry["amount_eur"], 148.7);
    let decision = json!({"expense_id": entry["id"], "decision": "reject", "comment": "Receipt missing"});
    let decided = office.call("E1005", "approve_or_reject_expense", decision).await.unwrap();
    assert_eq!(decided["ruling"], json!({"by": "E1005", "comment": "Receipt missing"}));
    let mine = office.call("E1006", "query_expenses", json!({"status": "rejected"})).await.unwrap();
    assert_eq!(
        (ids(&mine["expenses"], "id"), &mine["total_eur"]),
        (vec![entry["id"].as_str().unwrap()], &json!(148.7))
    );
    let all = office.call("E1010", "get_expense_approvals", json!({})).await.unwrap();
    assert!(all["pending"].as_array().unwrap().iter().any(|entry| entry["department"] == "Engineering"));
}

#[tokio::test]
async fn the_clock_counts_work_without_breaks() {
    let office = Office::open().await;
    let act = async |at: i64, action: &str| {
        office.now.store(START + at * 60, std::sync::atomic::Ordering::SeqCst);
        office.call("E1008", "clock_action", json!({"action": action})).await.unwrap()
    };
    assert_eq!(act(0, "clock_in").await["state"], "working");
    assert_eq!(act(120, "start_break").await["state"], "on_break");
    assert_eq!(act(150, "end_break").await["minutes_today"], 120);
    let done = act(480, "clock_out").await;
    assert_eq!((&done["state"], &done["minutes_today"]), (&json!("clocked_out"), &json!(450)));
    let today = office
        .call("E1005", "query_time_entries", json!({"employee_id": "E1008", "from": "2026-03-04"}))
        .await
        .unwrap();
    assert_eq!((&today["total_minutes"], &today["entries"][0]["break_minutes"]), (&json!(450), &json!(30)));
    assert_eq!(today["entries"][0]["clock_in"], "2026-03-04T09:00:00Z");
}

#[tokio::test]
async fn shifts_are_drafts_until_published() {
    let office = Office::open().await;
    let shift = json!({"assignee_id": "E1007", "date": "2026-03-12", "start_time": "09:00", "end_time": "17:00"});
    let shift = office.call("E1005", "create_shift", shift).await.unwrap();
    assert_eq!(shift["published"], false);
    let published = office.call("E1010", "publish_schedule", json!({})).await.unwrap();
    assert_eq!((&published["from"], &published["to"]), (&json!("2026-03-09"), &json!("2026-03-15")));
    assert!(ids(&published["published"], "id").contains(&shift["id"].as_str().unwrap()));
    assert_eq!(office.call("E1010", "publish_schedule", json!({})).await.unwrap()["published"], json!([]));
    let news = office.call("E1007", "get_notifications", json!({})).await.unwrap();
    assert_eq!(news["notifications"][0]["text"], "You work on 2026-03-12 from 09:00 to 17:00.");
    let away = json!({"assignee_id": "E1004", "date": "2026-03-05", "start_time": "09:00", "end_time": "17:00"});
    assert!(office.call("E1001", "create_shift", away).await.unwrap_err().contains("on leave"));
}

#[tokio::test]
async fn projects_narrow_by_identity() {
    let office = Office::open().await;
    for (who, expected) in [
        ("E1003", vec!["P-10", "P-11", "P-21"]),
        ("E1001", vec!["P-10", "P-11", "P-12"]),
        ("E1011", vec![]),
        ("E1010", vec!["P-10", "P-11", "P-12", "P-20", "P-21", "P-30", "P-31"]),
    ] {
        let list = office.call(who, "list_projects", json!({})).await.unwrap();
        assert_eq!(ids(&list["projects"], "id"), expected, "{who}");
    }
}

#[tokio::test]
async fn reports_and_company_facts_add_up() {
    let office = Office::open().await;
    let leave = office.call("E1010", "generate_leave_report", json!({"department": "sales"})).await.unwrap();
    assert!(leave["rows"].as_array().unwrap().iter().all(|row| row["department"] == "Sales"));
    let hours = office.call("E1010", "generate_timesheet_report", json!({})).await.unwrap();
    assert_eq!(hours["rows"].as_array().unwrap().len(), 13);
    assert!(hours["rows"][0]["worked_minutes"].as_i64().unwrap() > 1000);
    let stats = office.call("E1012", "get_dashboard_stats", json!({})).await.unwrap();
    assert_eq!(
        (&stats["headcount"], &stats["on_leave_today"], &stats["pending_leaves"]),
        (&json!(13), &json!(1), &json!(6))
    );
    let departments = office.call("E1002", "get_departments", json!({})).await.unwrap();
    let count: i64 =
        departments["departments"].as_array().unwrap().iter().map(|entry| entry["headcount"].as_i64().unwrap()).sum();
    assert_eq!(count, 13);
    assert_eq!(office.call("E1002", "get_org_info", json!({})).await.unwrap()["today"], "2026-03-04");
    let holidays = office.call("E1002", "get_public_holidays", json!({})).await.unwrap();
    assert_eq!(ids(&holidays["holidays"], "date")[1], "2026-05-01");
    let team = office.call("E1006", "get_team_members", json!({})).await.unwrap();
    assert_eq!(ids(&team["members"], "id"), ["E1005", "E1006", "E1007", "E1008"]);
}
