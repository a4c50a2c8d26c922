//! Hand-written policies: priority, arguments, attributes, errors, mistakes at load.

use vestibule_model::Acr;

use crate::{
    CallTarget, DenyReason,
    testing::{HR, House, engine, load, of_subject, principal, refusal, server, tool},
};

fn ask(policies: &str, caller: &str, name: &str, arguments: &str) -> Option<DenyReason> {
    let house = House::new();
    let caller = principal(house.user(caller), "tools:*");
    refusal(&engine(&[("p.cedar", policies)]), &caller, &house, tool(name, arguments))
}

#[test]
fn the_highest_tier_with_a_match_decides_and_inside_a_tier_forbid_wins() {
    let permit = |tier: i32| format!("@tier(\"{tier}\") permit (principal, action, resource == Tool::\"t\");\n");
    let forbid = |tier: i32| format!("@tier(\"{tier}\") forbid (principal, action, resource == Tool::\"t\");\n");
    let other = "@tier(\"99\") forbid (principal in Role::\"EXECUTIVE\", action, resource == Tool::\"t\");\n";
    for (policies, allowed) in [
        (permit(0), true),
        (forbid(0), false),
        (permit(0) + &forbid(0), false),
        (permit(1) + &forbid(0), true),
        (permit(-1) + &forbid(0), false),
        (permit(0) + &forbid(10), false),
        (permit(10) + &forbid(9), true),
        (permit(0) + other, true),
        (other.to_owned(), false),
        (permit(5) + &permit(3) + &forbid(4), true),
    ] {
        assert_eq!(ask(&policies, "employee", "t", "{}").is_none(), allowed, "{policies}");
    }
}

#[test]
fn a_failing_policy_denies_forbid_and_permit_alike() {
    let fails = "when { context.arguments.hasTag(\"n\") && context.arguments.getTag(\"n\") has number && context.arguments.getTag(\"n\").number + 9223372036854775807 > 0 }";
    let permit = "permit (principal, action, resource == Tool::\"t\");";
    for broken in ["forbid", "permit"] {
        let policies = format!("{permit}\n{broken} (principal, action, resource == Tool::\"t\") {fails};");
        assert!(matches!(ask(&policies, "employee", "t", "{\"n\":5}"), Some(DenyReason::Error(_))), "{broken}");
    }
    // In a tier that is not reached it does not matter.
    let policies = format!("@tier(\"1\") {permit}\nforbid (principal, action, resource == Tool::\"t\") {fails};");
    assert_eq!(ask(&policies, "employee", "t", "{\"n\":5}"), None);
}

#[test]
fn arguments_can_be_looked_at() {
    let number = |condition: &str| {
        format!(
            "permit (principal, action, resource == Tool::\"t\") when {{ context.arguments.hasTag(\"n\") && \
             context.arguments.getTag(\"n\") has number && context.arguments.getTag(\"n\").number {condition} }};"
        )
    };
    let refused = |policies: &str, arguments: &str| ask(policies, "employee", "t", arguments).is_some();
    assert!(!refused(&number("<= 100"), "{\"n\":100}"));
    for arguments in ["{\"n\":101}", "{\"n\":\"1\"}", "{\"n\":1.5}", "{\"n\":null}", "{\"n\":[1]}", "{}", "{\"N\":1}"] {
        assert!(refused(&number("<= 100"), arguments), "{arguments}");
    }
    let tags = "permit (principal, action, resource == Tool::\"t\") when { context.arguments.hasTag(\"tags\") && \
                context.arguments.getTag(\"tags\") has list && [\"a\", \"b\"].containsAll(context.arguments.getTag(\"tags\").list) };";
    assert!(!refused(tags, "{\"tags\":[\"a\"]}"));
    assert!(refused(tags, "{\"tags\":[\"a\",\"c\"]}"));
    // The tool is in the list, because some call of it is allowed, and the refusal says so.
    assert!(matches!(ask(&number("<= 100"), "employee", "t", "{}"), Some(DenyReason::Arguments(_))));
    let house = House::new();
    let caller = principal(house.user("employee"), "tools:*");
    assert!(engine(&[("p.cedar", &number("<= 100"))]).may_see(
        &caller,
        &server(),
        &house.directory,
        &CallTarget::Tool("t")
    ));
}

#[test]
fn facts_of_the_caller_can_be_looked_at() {
    for (condition, allowed) in [
        ("principal is User && principal.email like \"*@acme.example\"", true),
        (
            "principal is User && principal.hasTag(\"employee_id\") && principal.getTag(\"employee_id\") == \"E-employee\"",
            true,
        ),
        ("principal is User && principal has manager && principal.manager == User::\"head\"", true),
        ("principal is User && principal in Group::\"all-staff\"", true),
        ("principal is User && principal in Group::\"admins\"", false),
        ("context.client == \"cli_test\" && context.acr == \"aal1\"", true),
        ("context.scopes.contains(\"tools:*\") && context.server == Server::\"hr\"", true),
        ("context.server == Server::\"other\"", false),
        ("resource in Server::\"hr\"", true),
        ("context has subject", false),
    ] {
        let policies = format!("permit (principal, action == Action::\"callTool\", resource) when {{ {condition} }};");
        assert_eq!(ask(&policies, "employee", "t", "{}").is_none(), allowed, "{condition}");
    }
}

#[test]
fn a_hand_written_forbid_narrows_a_table() {
    let house = House::new();
    let forbid = "@id(\"no-self\") @tier(\"1\") forbid (principal, action, resource == Tool::\"query_leaves\") \
                  when { context has subject && context.subject == principal };";
    let engine = engine(&[("hr.toml", HR), ("extra.cedar", forbid)]);
    let admin = principal(house.user("admin"), "tools:*");
    let reason = refusal(&engine, &admin, &house, tool("query_leaves", "{}"));
    assert_eq!(reason, Some(DenyReason::Arguments("You may not use query_leaves in this way.".into())));
    assert_eq!(refusal(&engine, &admin, &house, tool("query_leaves", "{\"employee_id\":\"E-peer\"}")), None);
    assert!(engine.may_see(&admin, &server(), &house.directory, &CallTarget::Tool("query_leaves")));
}

#[test]
fn policies_of_one_server_say_nothing_about_another() {
    let house = House::new();
    let set = crate::PolicySet::load(vec![(
        "other".into(),
        vec![crate::Source { file: "p.cedar".into(), text: "permit (principal, action, resource);".into() }],
    )]);
    let engine = crate::Engine::new(set.unwrap(), std::sync::Arc::new(crate::hold::NothingHeld));
    let caller = of_subject(
        vestibule_model::Subject::User(std::sync::Arc::clone(house.user("executive"))),
        "acme",
        "tools:*",
        Acr::Multi,
    );
    assert_eq!(refusal(&engine, &caller, &house, tool("t", "{}")), Some(DenyReason::NoPolicy));
}

#[test]
fn mistakes_are_found_at_load_with_their_line() {
    for (policies, line, what) in [
        ("permit (principal, action, resource) when { principal.departmnt == \"x\" };", 1, "departmnt"),
        ("\n\npermit (principal, action == Action::\"calTool\", resource);", 3, "calTool"),
        ("permit (principal in Rolle::\"A\", action, resource);", 1, "Rolle"),
        ("permit (principal, action, resource)\nwhen { context.amount > 3 };", 2, "amount"),
        ("// x\nforbid (principal, action == Action::\"getPrompt\", resource == Tool::\"t\");", 2, ""),
        ("permit (principal, action, resource)\nwhen { 1 == \"x\" };", 1, ""),
        ("permit (principal, action, resource);\npermit (principal, action, resource", 2, ""),
        (
            "@id(\"a\") permit (principal, action, resource);\n@id(\"a\") permit (principal, action, resource);",
            2,
            "already used",
        ),
        ("permit (principal, action, resource) when { principal is User && principal.name == \"\u{202e}x\" };", 1, ""),
        ("permit (principal == ?principal, action, resource);", 1, ""),
    ] {
        let errors = load(&[("p.cedar", policies)]).err().unwrap_or_default();
        let error = errors.first().unwrap_or_else(|| panic!("accepted: {policies}"));
        assert_eq!((error.file.as_str(), error.line), ("p.cedar", line), "{error}");
        assert!(error.what.contains(what) && !error.remedy.is_empty(), "{error}");
    }
    let errors = load(&[("p.txt", "")]).err().unwrap();
    assert_eq!(
        errors[0].to_string(),
        "p.txt:1: this is neither a permission table nor Cedar text; let the name end in .toml or .cedar"
    );
}

#[test]
fn one_target_has_one_subject() {
    let row = |names: &str, subject: &str| format!("[[tool]]\nnames = [\"{names}\"]\nsubject = \"{subject}\"\n");
    for (text, fine) in [
        (row("a", "x") + &row("a", "x"), true),
        (row("a", "x") + &row("b", "y"), true),
        (row("a", "x") + &row("a", "y"), false),
        (row("*", "x") + &row("a", "y"), false),
        (row("a", "y") + &row("*", "x"), false),
        (row("*", "x") + &row("a", "x"), true),
    ] {
        assert_eq!(load(&[("t.toml", &text)]).is_ok(), fine, "{text}");
    }
}
