//! `policy explain`.

use vestibule_model::{Acr, Subject};

use crate::{
    explain::{Question, explain},
    testing::{HR, House, engine, of_subject, principal, server, tool},
};

fn text(caller: &str, scopes: &str, question: &Question) -> String {
    let house = House::new();
    explain(
        &engine(&[("policy/hr.toml", HR)]),
        &principal(house.user(caller), scopes),
        &server(),
        &house.directory,
        question,
    )
    .to_string()
}

#[test]
fn a_refusal_says_which_facts_and_what_would_change_it() {
    insta::assert_snapshot!(text("employee", "tools:*", &tool("query_leaves", r#"{"employee_id":"E-peer"}"#)));
    insta::assert_snapshot!(text("head", "tools:*", &tool("query_leaves", r#"{"employee_id":"E-other"}"#)));
}

#[test]
fn a_permission_shows_its_policy() {
    insta::assert_snapshot!(text("head", "tools:*", &tool("query_leaves", r#"{"employee_id":"E-peer"}"#)));
}

#[test]
fn every_reason_has_a_cure() {
    let has = |text: String, cure: &str| assert!(text.contains(cure), "{text}");
    has(text("employee", "tools:*", &tool("get_dashboard_stats", "{}")), "a role among EXECUTIVE");
    has(text("employee", "tools:*", &tool("unknown", "{}")), "a policy that permits it");
    has(text("employee", "a", &tool("query_leaves", "{}")), "the scopes a tools:query_leaves");
    has(text("admin", "tools:*", &tool("query_leaves", "{\"employee_id\":7}")), "an argument employee_id that is");
    let house = House::new();
    let step_up = engine(&[("p.cedar", "@step_up(\"mfa\") permit (principal, action, resource);")]);
    let caller = principal(house.user("employee"), "tools:*");
    has(explain(&step_up, &caller, &server(), &house.directory, &tool("t", "{}")).to_string(), "two factors (aal2)");
    let none = engine(&[]);
    has(explain(&none, &caller, &server(), &house.directory, &tool("t", "{}")).to_string(), "a policy for this server");
    let robot = of_subject(Subject::Service { client: "r".into(), roles: vec![] }, "acme", "tools:*", Acr::Single);
    let hr = engine(&[("hr.toml", HR)]);
    has(
        explain(&hr, &robot, &server(), &house.directory, &tool("get_org_info", "{}")).to_string(),
        "a role among EMPLOYEE, ",
    );
    assert!(Question::new(crate::Kind::Tool, "t", Some("[1]")).is_err());
}
