//! The demo's table, cell by cell: 23 tools × 4 roles × {own, same department, other department}.

use vestibule_model::Acr;

use crate::{
    CallTarget, DenyReason, Kind, PolicySet, Source,
    explain::Question,
    matrix::matrix,
    testing::{HR, House, TABLE_ROLES, decide, engine, load, principal, server, tool},
};

/// As the product's documentation gives it. Columns are roles; a cell is what is allowed about
/// oneself, a colleague and a stranger: `ydn` are yes, denied with a sentence, hidden.
const EXPECTED: [(&str, [&str; 4]); 23] = [
    ("approve_or_reject_expense", ["nnn", "yyy", "yyy", "yyy"]),
    ("approve_or_reject_leave", ["nnn", "yyy", "yyy", "yyy"]),
    ("clock_action", ["yyy", "yyy", "yyy", "yyy"]),
    ("create_leave_request", ["yyy", "yyy", "yyy", "yyy"]),
    ("create_shift", ["nnn", "yyy", "yyy", "yyy"]),
    ("generate_leave_report", ["nnn", "nnn", "yyy", "yyy"]),
    ("generate_timesheet_report", ["nnn", "nnn", "yyy", "yyy"]),
    ("get_dashboard_stats", ["nnn", "nnn", "nnn", "yyy"]),
    ("get_departments", ["yyy", "yyy", "yyy", "yyy"]),
    ("get_expense_approvals", ["nnn", "yyy", "yyy", "yyy"]),
    ("get_leave_balance", ["ydd", "yyd", "yyy", "yyy"]),
    ("get_notifications", ["yyy", "yyy", "yyy", "yyy"]),
    ("get_org_info", ["yyy", "yyy", "yyy", "yyy"]),
    ("get_pending_leave_approvals", ["nnn", "yyy", "yyy", "yyy"]),
    ("get_public_holidays", ["yyy", "yyy", "yyy", "yyy"]),
    ("get_team_members", ["yyy", "yyy", "yyy", "yyy"]),
    ("get_time_tracking_status", ["ydd", "yyd", "yyy", "yyy"]),
    ("get_user_profile", ["ydd", "yyd", "yyy", "yyy"]),
    ("list_projects", ["yyy", "yyy", "yyy", "yyy"]),
    ("publish_schedule", ["nnn", "nnn", "yyy", "yyy"]),
    ("query_expenses", ["ydd", "yyd", "yyy", "yyy"]),
    ("query_leaves", ["ydd", "yyd", "yyy", "yyy"]),
    ("query_time_entries", ["ydd", "yyd", "yyy", "yyy"]),
];

const CALLERS: [&str; 4] = ["employee", "head", "admin", "executive"];

#[test]
fn every_cell_of_the_table_is_decided_as_written() {
    let (engine, house) = (engine(&[("hr.toml", HR)]), House::new());
    for (name, columns) in EXPECTED {
        for (caller, expected) in CALLERS.into_iter().zip(columns) {
            let caller = principal(house.user(caller), "tools:*");
            let about = |subject: &str| {
                let arguments = format!(r#"{{"employee_id":"E-{subject}"}}"#);
                match decide(&engine, &caller, &house, tool(name, &arguments)).into_permit() {
                    Ok(_) => 'y',
                    Err(denied) if denied.reason == DenyReason::Hidden => 'n',
                    Err(denied) => {
                        assert!(matches!(denied.reason, DenyReason::Arguments(_)), "{:?}", denied.reason);
                        'd'
                    }
                }
            };
            let found = String::from_iter([about(caller.subject_id()), about("peer"), about("other")]);
            assert_eq!(found, expected, "{name} for {}", caller.subject_id());
            // Left out means oneself, and the list agrees with the call.
            let without = decide(&engine, &caller, &house, tool(name, "{}")).is_allowed();
            assert_eq!(without, expected.starts_with('y'), "{name} without arguments");
            let seen = engine.may_see(&caller, &server(), &house.directory, &CallTarget::Tool(name));
            assert_eq!(seen, expected.starts_with('y'), "{name} in the list");
        }
    }
}

#[test]
fn the_table_names_all_tools_and_no_others() {
    let set = load(&[("hr.toml", HR)]).unwrap();
    let policy = set.find(&server().name).unwrap();
    let targets: Vec<_> = policy.targets().iter().map(|target| target.name().unwrap().to_owned()).collect();
    assert_eq!(targets, EXPECTED.map(|(name, _)| name));
    assert_eq!(policy.roles(), TABLE_ROLES);
    let subjects =
        targets.iter().filter(|name| policy.subject_argument(&CallTarget::Tool(name)) == Some("employee_id"));
    assert_eq!(subjects.count(), 6);
}

#[test]
fn the_matrix_for_people() {
    let set = load(&[("hr.toml", HR)]).unwrap();
    let roles = TABLE_ROLES.map(str::to_owned);
    insta::assert_snapshot!(matrix(&set, &server(), &roles).unwrap().to_string());
}

#[test]
fn the_cedar_that_people_read() {
    let set = load(&[("policy/hr.toml", HR)]).unwrap();
    let shown = set.show(&server().name).unwrap();
    assert_eq!(shown.matches("permit (").count(), 4 * 6 + 4 * 7 + 3 * 5 + 4 + 2 * 3 + 1);
    let leaves: String = shown.split_inclusive(";\n").take(3).collect();
    insta::assert_snapshot!(leaves);
    // It is ordinary Cedar: fed back as a hand-written file it decides the same where no subject matters.
    assert!(load(&[("hr.cedar", &shown)]).is_ok());
}

#[test]
fn everyone_everything_is_an_explicit_table() {
    let set = PolicySet::load(vec![(
        server().name.clone(),
        vec![Source { file: "protect.toml".into(), text: PolicySet::everyone_everything() }],
    )]);
    let engine = crate::Engine::new(set.unwrap(), std::sync::Arc::new(crate::hold::NothingHeld));
    let house = House::new();
    let caller = principal(house.user("employee"), "tools:* prompts:* resources:*");
    for (kind, name) in
        [(Kind::Tool, "anything"), (Kind::Prompt, "p"), (Kind::Resource, "file:///x"), (Kind::Method, "tasks/get")]
    {
        let question = Question::new(kind, name, None).unwrap();
        assert!(decide(&engine, &caller, &house, question).is_allowed(), "{name}");
        assert!(engine.may_see(&caller, &server(), &house.directory, &kind.target(name)));
    }
    // A client that acts for itself is no signed-in user.
    let subject = vestibule_model::Subject::Service { client: "cli_robot".into(), roles: Vec::new() };
    let robot = crate::testing::of_subject(subject, "acme", "tools:*", Acr::Single);
    assert!(!decide(&engine, &robot, &house, tool("anything", "{}")).is_allowed());
}

#[test]
fn a_role_that_comes_in_with_everybody_has_its_mask() {
    let table = "roles = [\"EMPLOYEE\", \"EXECUTIVE\"]\n[[tool]]\nnames = [\"get_org_info\"]\nallow = { \"*\" = true }\n\
                 mask = { EMPLOYEE = [\"EMAIL_ADDRESS\"] }\n";
    let (engine, house) = (engine(&[("hr.toml", table)]), House::new());
    let masks = |caller: &str| {
        let caller = principal(house.user(caller), "tools:*");
        decide(&engine, &caller, &house, tool("get_org_info", "{}"))
            .into_permit()
            .ok()
            .map(|permit| permit.masks().len())
    };
    assert_eq!((masks("employee"), masks("executive")), (Some(1), Some(0)));
}
