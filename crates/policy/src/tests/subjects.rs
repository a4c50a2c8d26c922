//! Whose data: only one plain value that names exactly one user is taken.

use proptest::prelude::*;
use vestibule_model::{Directory, Subject, User, UserId};

use crate::{
    DenyReason, Engine,
    testing::{HR, House, decide, engine, of_subject, principal, refusal, tool},
};

fn table() -> Engine {
    engine(&[("hr.toml", HR)])
}

fn subject_refused(house: &House, caller: &str, arguments: &str) -> bool {
    let caller = principal(house.user(caller), "tools:*");
    matches!(refusal(shared(), &caller, house, tool("query_leaves", arguments)), Some(DenyReason::Subject(_)))
}

#[test]
fn anything_but_one_plain_known_value_is_refused_even_for_those_who_may_read_all() {
    let house = House::new();
    for value in [
        "null",
        "true",
        "7",
        "\"\"",
        "\" \"",
        "[]",
        "{}",
        "[\"E-other\"]",
        "{\"$eq\":\"E-other\"}",
        "\"E-nobody\"",
        "\"e-other\"",
        "\"E-OTHER\"",
        "\" E-other\"",
        "\"E-other \"",
        "\"E-other\\u0000\"",
        "\"E-other\\n\"",
        "\"E-othеr\"",
        "\"E\u{2010}other\"",
        "\"E-other\u{200b}\"",
        "\"E-other,E-peer\"",
        "\"*\"",
        "\"%\"",
        "\"E-foreigner\"",
        "\"\\ud800\"",
        "\"other\"",
        "\"other@acme.example\"",
        "1e400",
        "-0",
    ] {
        for caller in ["employee", "head", "admin", "executive"] {
            assert!(subject_refused(&house, caller, &format!("{{\"employee_id\":{value}}}")), "{caller} {value}");
        }
    }
}

#[test]
fn a_variant_of_the_name_is_refused_beside_the_right_one_and_alone() {
    let house = House::new();
    for variant in
        ["employeeId", "EMPLOYEE_ID", "employee-id", "Employee_Id", "employeeid", "_employee_id", "employee__id"]
    {
        for arguments in [
            format!("{{\"{variant}\":\"E-other\"}}"),
            format!("{{\"employee_id\":\"E-admin\",\"{variant}\":\"E-other\"}}"),
        ] {
            assert!(subject_refused(&house, "admin", &arguments), "{arguments}");
        }
    }
}

#[test]
fn escaped_spellings_mean_what_they_decode_to() {
    let (engine, house) = (table(), House::new());
    let caller = principal(house.user("employee"), "tools:*");
    let own = decide(&engine, &caller, &house, tool("query_leaves", r#"{"employee_id":"\u0045-employee"}"#));
    assert_eq!(own.into_permit().ok().unwrap().subject().map(UserId::as_str), Some("employee"));
    let others = refusal(&engine, &caller, &house, tool("query_leaves", r#"{"employee_id":"\u0045-other"}"#));
    assert_eq!(others, Some(DenyReason::Arguments("You may use query_leaves only about yourself.".into())));
}

#[test]
fn whoever_may_not_use_the_tool_learns_nothing_about_subjects() {
    let house = House::new();
    let table = "roles = [\"A\", \"EXECUTIVE\"]\n[[tool]]\nnames = [\"t\"]\nsubject = \"employee_id\"\nallow = { EXECUTIVE = \"all\" }";
    let engine = engine(&[("t.toml", table)]);
    for arguments in ["{\"employee_id\":null}", "{\"employee_id\":\"E-nobody\"}", "{\"employee_id\":\"E-other\"}", "{}"]
    {
        let caller = principal(house.user("employee"), "");
        assert_eq!(refusal(&engine, &caller, &house, tool("t", arguments)), Some(DenyReason::Hidden), "{arguments}");
    }
}

#[test]
fn a_value_that_two_users_share_names_nobody() {
    let house = House::at(1, |user| {
        if ["peer", "other"].contains(&user.id.as_str()) {
            user.attributes.insert("employee_id".into(), "E-twin".into());
        }
    });
    assert!(subject_refused(&house, "executive", "{\"employee_id\":\"E-twin\"}"));
}

#[test]
fn a_disabled_user_is_still_a_subject_and_no_caller() {
    let house = House::at(1, |user| user.disabled = user.id.as_str() == "peer");
    let engine = table();
    let admin = principal(house.user("admin"), "tools:*");
    let about_peer = || tool("query_leaves", "{\"employee_id\":\"E-peer\"}");
    assert!(decide(&engine, &admin, &house, about_peer()).is_allowed());
    let employee = principal(house.user("employee"), "tools:*");
    assert!(matches!(refusal(&engine, &employee, &house, about_peer()), Some(DenyReason::Arguments(_))));
    let peer = principal(house.user("peer"), "tools:*");
    assert_eq!(refusal(&engine, &peer, &house, tool("query_leaves", "{}")), Some(DenyReason::Hidden));
}

#[test]
fn people_without_a_department_are_nobodys_colleagues() {
    for department in [None, Some(String::new()), Some(" ".into())] {
        let house = House::at(1, |user| user.department.clone_from(&department));
        let engine = table();
        let head = principal(house.user("head"), "tools:*");
        let reason = refusal(&engine, &head, &house, tool("query_leaves", "{\"employee_id\":\"E-peer\"}"));
        assert!(matches!(reason, Some(DenyReason::Arguments(_))), "{department:?} {reason:?}");
        assert!(decide(&engine, &head, &house, tool("query_leaves", "{}")).is_allowed(), "{department:?}");
    }
}

#[test]
fn a_client_that_acts_for_itself_has_no_data_of_its_own() {
    let (engine, house) = (table(), House::new());
    let service = |role: &str| {
        let subject = Subject::Service { client: "cli_robot".into(), roles: vec![role.into()] };
        of_subject(subject, "acme", "tools:*", vestibule_model::Acr::Single)
    };
    let about_peer = || tool("query_leaves", "{\"employee_id\":\"E-peer\"}");
    for role in ["EMPLOYEE", "DEPARTMENT_HEAD"] {
        assert_eq!(refusal(&engine, &service(role), &house, tool("query_leaves", "{}")), Some(DenyReason::Hidden));
        assert_eq!(refusal(&engine, &service(role), &house, about_peer()), Some(DenyReason::Hidden));
    }
    assert!(decide(&engine, &service("ADMINISTRATOR"), &house, about_peer()).is_allowed());
    assert!(decide(&engine, &service("ADMINISTRATOR"), &house, tool("query_leaves", "{}")).is_allowed());
    // A service whose client id looks like a user id is not that user.
    let subject = Subject::Service { client: "employee".into(), roles: vec!["EMPLOYEE".into()] };
    let impostor = of_subject(subject, "acme", "tools:*", vestibule_model::Acr::Single);
    let about_employee = tool("query_leaves", "{\"employee_id\":\"E-employee\"}");
    assert_eq!(refusal(&engine, &impostor, &house, about_employee), Some(DenyReason::Hidden));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever text stands in the argument, an employee reaches nobody else.
    #[test]
    fn an_employee_only_ever_reaches_themselves(value in ".*") {
        let house = House::new();
        let caller = principal(house.user("employee"), "tools:*");
        let arguments = serde_json::json!({ "employee_id": value }).to_string();
        let decision = decide(shared(), &caller, &house, tool("query_leaves", &arguments));
        prop_assert_eq!(decision.is_allowed(), value == "E-employee");
    }

    /// Any JSON that is not the text of one known id is refused for those who may read all, too.
    #[test]
    fn only_known_ids_have_a_subject(raw in json()) {
        let house = House::new();
        let caller = principal(house.user("executive"), "tools:*");
        let known = raw.as_str().is_some_and(|text| house.directory.find_by_attribute("acme", "employee_id", text).is_some());
        let arguments = serde_json::json!({ "employee_id": raw }).to_string();
        prop_assert_eq!(decide(shared(), &caller, &house, tool("query_leaves", &arguments)).is_allowed(), known);
    }

    /// A user's name, id, role and department are data: metacharacters never change a decision.
    #[test]
    fn names_are_data(hostile in "[\"'\\\\\\n\\r:*?{}()a-b\u{202e}\u{0}]{0,8}") {
        let change = |user: &mut User| {
            user.department = user.department.take().map(|department| format!("{hostile}{department}"));
            user.name.clone_from(&hostile);
            user.id = UserId::from(format!("{}{hostile}", user.id));
        };
        // Every directory its own number: nothing is remembered from one to the other.
        static EPOCH: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(100);
        let house = House::at(EPOCH.fetch_add(1, std::sync::atomic::Ordering::Relaxed), change);
        let caller = principal(house.user(&format!("head{hostile}")), "tools:*");
        for (subject, allowed) in [("head", true), ("peer", true), ("other", false)] {
            let arguments = format!("{{\"employee_id\":\"E-{subject}\"}}");
            prop_assert_eq!(decide(shared(), &caller, &house, tool("query_leaves", &arguments)).is_allowed(), allowed);
        }
    }
}

/// One engine for all cases: loading the table takes longer than asking it.
fn shared() -> &'static Engine {
    static ENGINE: std::sync::LazyLock<Engine> = std::sync::LazyLock::new(table);
    &ENGINE
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        ".*".prop_map(serde_json::Value::String),
        "E-(employee|peer|other|foreigner|head|nobody)".prop_map(serde_json::Value::String),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(serde_json::Value::Array))
}

#[test]
fn an_empty_directory_knows_nobody() {
    let house = House { directory: Directory::default() };
    let full = House::new();
    let admin = principal(full.user("admin"), "tools:*");
    let reason = refusal(&table(), &admin, &house, tool("query_leaves", "{\"employee_id\":\"E-admin\"}"));
    assert!(matches!(reason, Some(DenyReason::Subject(_))));
}
