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
fn a_server_may_ask_only_what_the_policies_permit_as_things_stand() {
    let house = House::new();
    let method = "resource == Method::\"sampling/createMessage\"";
    let asks = |policies: &str, caller: &std::sync::Arc<vestibule_model::Principal>| {
        let engine = engine(&[("p.cedar", policies)]);
        engine.lets_server_ask(caller, &server(), &house.directory, "sampling/createMessage")
    };
    let permit = format!("permit (principal, action == Action::\"callMethod\", {method});\n");
    let strong =
        format!("forbid (principal, action == Action::\"callMethod\", {method}) unless {{ context.acr == \"aal2\" }};");
    let stepped = format!("@step_up(\"mfa\")\npermit (principal, action == Action::\"callMethod\", {method});");
    let looks = format!(
        "{permit}forbid (principal, action == Action::\"callMethod\", {method}) when {{ !context.arguments.hasTag(\"ok\") }};"
    );
    let weak = principal(house.user("employee"), "tools:*");
    let user = vestibule_model::Subject::User(std::sync::Arc::clone(house.user("employee")));
    let strongly = crate::testing::of_subject(user, "acme", "tools:*", vestibule_model::Acr::Multi);
    for (what, policies, weakly, multi) in [
        ("permitted", permit.clone(), true, true),
        ("forbidden without a second factor", format!("{permit}{strong}"), false, true),
        ("permitted after a second factor", stepped, false, true),
        ("forbidden without an argument, and there are none", looks, false, false),
    ] {
        assert_eq!((asks(&policies, &weak), asks(&policies, &strongly)), (weakly, multi), "{what}");
    }
}

#[test]
fn what_a_call_touches_besides_is_decided_too() {
    struct Listen(&'static [&'static str]);
    impl crate::Call for Listen {
        fn method(&self) -> &str {
            "subscriptions/listen"
        }
        fn target(&self) -> CallTarget<'_> {
            CallTarget::Session
        }
        fn also(&self) -> Vec<CallTarget<'_>> {
            self.0.iter().map(|uri| CallTarget::Resource(uri)).collect()
        }
        fn argument(&self, _: &str) -> Option<&str> {
            None
        }
        fn has_variant_of(&self, _: &str) -> bool {
            false
        }
        fn arguments(&self) -> Option<&str> {
            None
        }
        fn arguments_digest(&self) -> Option<vestibule_model::Digest> {
            None
        }
    }
    let (engine, house) = (engine(&[("t.toml", TABLE)]), House::new());
    let listen = |scopes: &str, uris: &'static [&'static str]| {
        let caller = principal(house.user("employee"), scopes);
        let request = vestibule_model::RequestId::from("r");
        engine.decide(&caller, &server(), &house.directory, request, Listen(uris)).is_allowed()
    };
    assert!(listen("resources:*", &[]) && listen("resources:*", &["hr://handbook", "hr://policies/leave"]));
    assert!(!listen("resources:*", &["hr://handbook", "hr://salaries/2026"]), "one of them may not be read");
    assert!(!listen("resources:*", &["hr://handbook", "hr://../salaries"]), "one of them can be read in two ways");
    assert!(!listen("tools:*", &["hr://handbook"]), "reads were not given to this client");
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
