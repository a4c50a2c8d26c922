//! What is remembered, and what must not be.

use std::sync::Arc;

use vestibule_model::{Acr, Subject};

use crate::{
    DenyReason,
    testing::{HR, House, decide, engine, load, of_subject, principal, refusal, tool},
};

#[test]
fn a_change_of_the_directory_bites_on_the_next_call() {
    let engine = engine(&[("hr.toml", HR)]);
    let before = House::new();
    let caller = principal(before.user("admin"), "tools:*");
    assert!(decide(&engine, &caller, &before, tool("publish_schedule", "{}")).is_allowed());
    // Demoted. The principal was authenticated a moment earlier and still carries the old roles.
    let after = House::at(2, |user| user.roles = vec!["EMPLOYEE".into()]);
    assert_eq!(refusal(&engine, &caller, &after, tool("publish_schedule", "{}")), Some(DenyReason::Hidden));
    let fresh = principal(after.user("admin"), "tools:*");
    assert_eq!(refusal(&engine, &fresh, &after, tool("publish_schedule", "{}")), Some(DenyReason::Hidden));
}

#[test]
fn a_change_of_the_policies_bites_on_the_next_call() {
    let (engine, house) = (engine(&[("hr.toml", HR)]), House::new());
    let caller = principal(house.user("employee"), "tools:*");
    assert!(decide(&engine, &caller, &house, tool("get_org_info", "{}")).is_allowed());
    engine.replace(load(&[("empty.toml", "")]).unwrap());
    assert_eq!(refusal(&engine, &caller, &house, tool("get_org_info", "{}")), Some(DenyReason::NoPolicy));
    assert_eq!(engine.current().show(&crate::testing::server().name).as_deref(), Some("// empty.toml\n\n\n"));
}

#[test]
fn every_fact_that_a_policy_can_see_tells_questions_apart() {
    let house = House::new();
    let policies = "forbid (principal, action, resource) when { context.acr == \"aal1\" };\n\
                    forbid (principal, action, resource) unless { context.scopes.contains(\"x\") };\n\
                    forbid (principal, action, resource) unless { context.client == \"cli_test\" };\n\
                    permit (principal in Role::\"EMPLOYEE\", action, resource == Tool::\"t\");";
    let engine = engine(&[("p.cedar", policies)]);
    let user = |name: &str| Subject::User(Arc::clone(house.user(name)));
    let robot = |roles: &[&str]| Subject::Service {
        client: "cli_robot".into(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    };
    // Each line differs in one fact from an allowed one; asked twice and in both orders.
    for _ in 0..2 {
        for (subject, scopes, acr, allowed) in [
            (user("employee"), "x tools:*", Acr::Multi, true),
            (user("employee"), "x tools:*", Acr::Single, false),
            (user("employee"), "tools:*", Acr::Multi, false),
            (user("admin"), "x tools:*", Acr::Multi, false),
            (robot(&["EMPLOYEE"]), "x tools:*", Acr::Multi, true),
            (robot(&["OTHER"]), "x tools:*", Acr::Multi, false),
            (robot(&[]), "x tools:*", Acr::Multi, false),
            (user("employee"), "x tools:*", Acr::Multi, true),
        ] {
            let caller = of_subject(subject.clone(), "acme", scopes, acr);
            assert_eq!(
                decide(&engine, &caller, &house, tool("t", "{}")).is_allowed(),
                allowed,
                "{subject:?} {scopes} {acr:?}"
            );
            assert!(!decide(&engine, &caller, &house, tool("u", "{}")).is_allowed());
        }
    }
}

#[test]
fn answers_about_arguments_are_not_remembered() {
    let house = House::new();
    let policies = "permit (principal, action, resource == Tool::\"t\") when { context.arguments.hasTag(\"ok\") };";
    let engine = engine(&[("p.cedar", policies)]);
    let caller = principal(house.user("employee"), "tools:*");
    for (arguments, allowed) in [("{\"ok\":1}", true), ("{}", false), ("{\"ok\":1}", true), ("{\"OK\":1}", false)] {
        assert_eq!(decide(&engine, &caller, &house, tool("t", arguments)).is_allowed(), allowed, "{arguments}");
    }
}

#[test]
fn more_questions_than_places_are_still_answered_right() {
    let house = House::new();
    let engine = engine(&[("all.toml", &crate::PolicySet::everyone_everything())]);
    let foreign = House::at(3, |user| user.disabled = true);
    let caller = principal(house.user("employee"), "tools:*");
    for at in 0..9_000 {
        let name = format!("tool{at}");
        assert!(decide(&engine, &caller, &house, tool(&name, "{}")).is_allowed());
        assert!(at % 1000 != 0 || !decide(&engine, &caller, &foreign, tool(&name, "{}")).is_allowed());
    }
}
