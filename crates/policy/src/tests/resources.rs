//! Prompts, resources and their patterns, other methods.

use crate::{
    CallTarget, DenyReason, Kind,
    explain::Question,
    testing::{House, engine, principal, refusal, server},
};

const TABLE: &str = r#"
roles = ["EMPLOYEE", "EXECUTIVE"]

[[prompt]]
names = ["summarise"]
allow = { EMPLOYEE = true }

[[prompt]]
names   = ["review"]
subject = "employee_id"
allow   = { EMPLOYEE = "own", EXECUTIVE = "all" }

[[resource]]
uris  = ["hr://policies/*", "hr://handbook"]
allow = { "*" = true }

[[resource]]
uris  = ["hr://salaries/*"]
allow = { EXECUTIVE = "all" }

[[resource]]
uris  = ["hr://odd\"*"]
allow = { EMPLOYEE = true }
"#;

fn ask(caller: &str, kind: Kind, name: &str, arguments: Option<&str>) -> Option<DenyReason> {
    let house = House::new();
    let caller = principal(house.user(caller), "prompts:* resources:* tools:*");
    let engine = engine(&[("t.toml", TABLE)]);
    let reason = refusal(&engine, &caller, &house, Question::new(kind, name, arguments).unwrap());
    // The list agrees with the call about oneself.
    if arguments.is_none() {
        assert_eq!(
            engine.may_see(&caller, &server(), &house.directory, &kind.target(name)),
            reason.is_none(),
            "{name}"
        );
    }
    reason
}

#[test]
fn prompts_follow_their_rows() {
    assert_eq!(ask("employee", Kind::Prompt, "summarise", None), None);
    assert_eq!(ask("executive", Kind::Prompt, "summarise", None), Some(DenyReason::Hidden));
    assert_eq!(ask("employee", Kind::Prompt, "unknown", None), Some(DenyReason::Hidden));
    assert_eq!(ask("employee", Kind::Prompt, "review", None), None);
    let about_other = Some("{\"employee_id\":\"E-other\"}");
    assert_eq!(ask("executive", Kind::Prompt, "review", about_other), None);
    assert!(matches!(ask("employee", Kind::Prompt, "review", about_other), Some(DenyReason::Arguments(_))));
    // A prompt's row is not a tool's row.
    assert_eq!(ask("employee", Kind::Tool, "summarise", None), Some(DenyReason::Hidden));
}

#[test]
fn resources_follow_their_patterns_and_only_in_one_reading() {
    for uri in ["hr://policies/leave", "hr://policies/", "hr://handbook", "hr://policies/{topic}"] {
        assert_eq!(ask("employee", Kind::Resource, uri, None), None, "{uri}");
    }
    assert_eq!(ask("executive", Kind::Resource, "hr://salaries/2026", None), None);
    for uri in [
        "hr://salaries/2026",
        "hr://policies",
        "hr://handbook/",
        "hr://policies/../salaries/2026",
        "hr://policies/%2e%2e/salaries/2026",
        "hr://policies/..%2fsalaries%2f2026",
        "HR://policies/leave",
        "xhr://policies/leave",
        "hr://policies/leave\n",
        "",
        "*",
    ] {
        assert_eq!(ask("employee", Kind::Resource, uri, None), Some(DenyReason::Hidden), "{uri}");
    }
    // A star and a quotation mark in a pattern are what they are.
    assert_eq!(ask("employee", Kind::Resource, "hr://odd\"x", None), None);
    assert_eq!(ask("employee", Kind::Resource, "hr://oddx", None), Some(DenyReason::Hidden));
}

#[test]
fn a_row_that_names_a_target_replaces_the_general_one() {
    let table = r#"
roles = ["EMPLOYEE", "EXECUTIVE"]
[[tool]]
names = ["*"]
allow = { "*" = "all" }
[[tool]]
names = ["stats", "odd\"name"]
allow = { EXECUTIVE = true }
[[tool]]
names = ["closed"]
[[resource]]
uris  = ["*"]
allow = { "*" = true }
[[resource]]
uris  = ["hr://salaries/*"]
allow = { EXECUTIVE = true }
[[resource]]
uris  = ["hr://salaries/bands"]
allow = { EMPLOYEE = true }
"#;
    let second = "[[tool]]\nnames = [\"other-file\"]\nallow = {}";
    let (engine, house) = (engine(&[("t.toml", table), ("u.toml", second)]), House::new());
    for (kind, name, employee, executive) in [
        (Kind::Tool, "anything", true, true),
        (Kind::Tool, "stats", false, true),
        (Kind::Tool, "odd\"name", false, true),
        (Kind::Tool, "closed", false, false),
        (Kind::Tool, "other-file", false, false),
        (Kind::Resource, "hr://handbook", true, true),
        (Kind::Resource, "hr://salaries/2026", false, true),
        (Kind::Resource, "hr://salaries/bands", true, false),
    ] {
        for (caller, allowed) in [("employee", employee), ("executive", executive)] {
            let caller = principal(house.user(caller), "prompts:* resources:* tools:*");
            let question = Question::new(kind, name, None).unwrap();
            assert_eq!(
                refusal(&engine, &caller, &house, question).is_none(),
                allowed,
                "{name} for {}",
                caller.subject_id()
            );
            assert_eq!(engine.may_see(&caller, &server(), &house.directory, &kind.target(name)), allowed, "{name}");
        }
    }
}

#[test]
fn a_server_may_ask_unless_a_policy_can_match_the_method() {
    let house = House::new();
    let table =
        "roles = [\"EXECUTIVE\"]\n[[method]]\nnames = [\"sampling/createMessage\"]\nallow = { EXECUTIVE = true }\n";
    let engine = engine(&[("t.toml", table)]);
    for (caller, sampling) in [("employee", false), ("executive", true)] {
        let caller = principal(house.user(caller), "tools:read");
        let asks = |method| engine.lets_server_ask(&caller, &server(), &house.directory, method);
        assert_eq!((asks("sampling/createMessage"), asks("elicitation/create")), (sampling, true));
    }
}

#[test]
fn other_methods_need_a_policy_that_names_them() {
    let house = House::new();
    let caller = principal(house.user("employee"), "tools:*");
    let method = |policies: &str, name: &str| {
        refusal(&engine(&[("p.cedar", policies)]), &caller, &house, Question::new(Kind::Method, name, None).unwrap())
    };
    let only = "permit (principal, action == Action::\"callMethod\", resource == Method::\"vendor/x\");";
    assert_eq!(method(only, "vendor/x"), None);
    assert_eq!(method(only, "vendor/y"), Some(DenyReason::Hidden));
    assert_eq!(
        method("permit (principal, action == Action::\"callTool\", resource);", "vendor/x"),
        Some(DenyReason::Hidden)
    );
    let engine = engine(&[("p.cedar", only)]);
    assert!(engine.may_see(&caller, &server(), &house.directory, &CallTarget::Session));
}
