//! The permission table of the sample company: every tool, every role, every reach, through HTTP with real tokens.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vestibule_gateway::commands::demo::Person;
use vestibule_testkit::{agent::Agent, house::House, mcp::Caller};

/// Whose data a call is about, seen from the caller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum About {
    Own,
    Department,
    Others,
}

/// Which of these a role may call a tool for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reach {
    Nothing,
    Own,
    Department,
    All,
}

use Reach::{All, Department, Nothing, Own};

/// What the table says, written down a second time: tools, whether they name an employee, and the reach of
/// EMPLOYEE, DEPARTMENT_HEAD, ADMINISTRATOR and EXECUTIVE.
type Row = (&'static [&'static str], bool, [Reach; 4]);
const TABLE: &[Row] = &[
    (&["query_leaves", "get_leave_balance", "query_expenses"], true, [Own, Department, All, All]),
    (
        &[
            "create_leave_request",
            "clock_action",
            "get_team_members",
            "get_departments",
            "get_org_info",
            "get_public_holidays",
            "get_notifications",
        ],
        false,
        [All, All, All, All],
    ),
    (
        &[
            "get_pending_leave_approvals",
            "approve_or_reject_leave",
            "get_expense_approvals",
            "approve_or_reject_expense",
            "create_shift",
        ],
        false,
        [Nothing, All, All, All],
    ),
    (&["get_time_tracking_status", "query_time_entries", "get_user_profile"], true, [Own, Department, All, All]),
    (&["list_projects"], false, [All, All, All, All]),
    (&["publish_schedule", "generate_leave_report", "generate_timesheet_report"], false, [Nothing, Nothing, All, All]),
    (&["get_dashboard_stats"], false, [Nothing, Nothing, Nothing, All]),
];

/// One of each role, with somebody of their department and somebody of another.
const CASTS: [(&str, &str, &str); 4] = [
    ("E1002", "E1003", "E1006"),
    ("E1001", "E1002", "E1006"),
    ("E1010", "E1011", "E1002"),
    ("E1012", "E1011", "E1006"),
];

const ROLES: [&str; 4] = ["EMPLOYEE", "DEPARTMENT_HEAD", "ADMINISTRATOR", "EXECUTIVE"];

fn may(reach: Reach, names_employee: bool, about: About) -> bool {
    match reach {
        Nothing => false,
        All => true,
        _ if !names_employee => true,
        Own => about == About::Own,
        Department => about != About::Others,
    }
}

/// Arguments that the sample server understands. What its own rules then say (nobody decides about themselves) is not
/// the gateway's business.
fn arguments(tool: &str, employee: &str) -> Value {
    match tool {
        "query_leaves"
        | "get_leave_balance"
        | "query_expenses"
        | "get_time_tracking_status"
        | "query_time_entries"
        | "get_user_profile" => json!({ "employee_id": employee }),
        "create_leave_request" => json!({ "kind": "vacation", "start": "2026-08-03", "end": "2026-08-04" }),
        "clock_action" => json!({ "action": "clock_in" }),
        "approve_or_reject_leave" => json!({ "leave_id": "L-2001", "decision": "approve" }),
        "approve_or_reject_expense" => json!({ "expense_id": "X-2020", "decision": "approve" }),
        "create_shift" => {
            json!({ "assignee_id": employee, "date": "2026-08-05", "start_time": "08:00", "end_time": "16:00" })
        }
        _ => json!({}),
    }
}

/// A caller of the sample company, connected.
async fn caller_of(house: &House, person: &Person) -> Caller {
    let (agent, _, tokens) = Agent::connect(&house.http, "hr", &person.user.email, person.password.expose()).await;
    agent.caller(&tokens)
}

/// What the gateway wrote down about the last call.
fn last_call(house: &House) -> Value {
    house.last_event("call").expect("every call is recorded")
}

#[tokio::test]
async fn every_role_sees_and_calls_exactly_what_the_table_says() {
    let house = House::demo().await;
    let mut checked = 0;
    for (at, (me, colleague, stranger)) in CASTS.into_iter().enumerate() {
        let person = house.person(me);
        assert_eq!(person.role, ROLES[at]);
        let caller = caller_of(&house, person).await;
        let shown: BTreeSet<String> = caller.tools().await.into_iter().collect();
        let expected: BTreeSet<String> =
            rows().filter(|row| row.reach[at] != Nothing).map(|row| row.tool.to_owned()).collect();
        assert_eq!(shown, expected, "{} is shown", ROLES[at]);
        for row in rows() {
            for (about, whose) in [(About::Own, me), (About::Department, colleague), (About::Others, stranger)] {
                let answer = caller.call(row.tool, arguments(row.tool, whose)).await;
                assert_eq!(answer.status, 200, "{}", answer.text());
                let event = last_call(&house);
                let expected = if may(row.reach[at], row.names_employee, about) { "allow" } else { "deny" };
                let what = format!("{} {} about {about:?}: {} {event}", ROLES[at], row.tool, answer.text());
                assert_eq!(event["target"], row.tool, "{what}");
                assert_eq!(event["verdict"], expected, "{what}");
                check_answer(&answer.json(), row.tool, row.reach[at], expected, &what);
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 23 * 4 * 3);
    println!("permission table: {checked} combinations of tool, role and reach checked over HTTP");
}

struct OneTool {
    tool: &'static str,
    names_employee: bool,
    reach: [Reach; 4],
}

fn rows() -> impl Iterator<Item = OneTool> {
    TABLE.iter().flat_map(|(tools, names_employee, reach)| {
        tools.iter().map(|tool| OneTool { tool, names_employee: *names_employee, reach: *reach })
    })
}

/// A hidden tool looks like one that does not exist; a visible one says why not; an allowed one was answered by the
/// sample server.
fn check_answer(answer: &Value, tool: &str, reach: Reach, verdict: &str, what: &str) {
    match (verdict, reach) {
        ("allow", _) => {
            let result = &answer["result"];
            let by_its_own_rules =
                result["isError"] == true && !result["content"][0]["text"].as_str().unwrap().contains("do not fit");
            assert!(result["structuredContent"].is_object() || by_its_own_rules, "{what}");
        }
        (_, Nothing) => assert_eq!(answer["error"]["message"], format!("Unknown tool: {tool}"), "{what}"),
        _ => assert_eq!(answer["result"]["isError"], true, "{what}"),
    }
}
