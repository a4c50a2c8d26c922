//! Hostile names and hostile policy text.

use crate::{
    DenyReason, Kind,
    explain::Question,
    limits::{DEPTH_LIMIT, OPERATOR_LIMIT},
    testing::{House, decide, engine, load, principal, refusal, server, tool},
};

/// Names that would mean something if they were ever pasted into Cedar text.
const HOSTILE: [&str; 12] = [
    "\"",
    "\\",
    "\\\"",
    "a\"); permit (principal, action, resource); //",
    "x\" || true || \"",
    "Tool::\"secret\"",
    "\"::\"",
    "new\nline",
    "*",
    "\u{202e}rtl",
    "\0",
    "日本\u{301}",
];

#[test]
fn names_with_metacharacters_are_only_names() {
    let house = House::new();
    for name in HOSTILE.into_iter().filter(|name| *name != "*") {
        let quoted = serde_json::to_string(name).unwrap();
        let table =
            format!("roles = [{quoted}, \"EMPLOYEE\"]\n[[tool]]\nnames = [{quoted}]\nallow = {{ {quoted} = true }}\n");
        let engine = engine(&[("t.toml", &table)]);
        let mut user = vestibule_model::User::clone(house.user("employee"));
        let nobody = principal(house.user("employee"), "tools:*");
        user.roles = vec![name.to_owned()];
        let house = House { directory: vestibule_model::Directory::new(7, [user]) };
        let somebody = principal(house.user("employee"), "tools:*");
        assert!(decide(&engine, &somebody, &house, tool(name, "{}")).is_allowed(), "{name:?}");
        for other in HOSTILE.into_iter().filter(|other| *other != name).chain(["secret"]) {
            assert_eq!(
                refusal(&engine, &somebody, &house, tool(other, "{}")),
                Some(DenyReason::Hidden),
                "{name:?} {other:?}"
            );
        }
        let plain = House::new();
        assert_eq!(refusal(&engine, &nobody, &plain, tool(name, "{}")), Some(DenyReason::Hidden), "{name:?}");
        // What people are shown is the same policy, and nothing more.
        let shown = engine.current().show(&server().name).unwrap();
        if name.contains('\u{202e}') {
            assert!(!shown.contains('\u{202e}') && load(&[("shown.cedar", &shown)]).is_err(), "{shown}");
            continue;
        }
        assert_eq!(
            load(&[("shown.cedar", &shown)]).unwrap().find(&server().name).unwrap().targets().len(),
            1,
            "{shown}"
        );
    }
}

#[test]
fn file_names_cannot_smuggle_policies() {
    let file = "x\npermit (principal, action, resource);\n.toml";
    let set = load(&[(file, "[[tool]]\nnames = [\"a\"]\nallow = { \"*\" = true }")]).unwrap();
    let shown = set.show(&server().name).unwrap();
    assert_eq!(shown.matches("\npermit (").count(), 1, "{shown}");
}

#[test]
fn nested_policies_give_an_error_and_no_crash() {
    let nested = |open: &str, close: &str, times: usize| {
        format!("permit (principal, action, resource) when {{ {}true{} }};", open.repeat(times), close.repeat(times))
    };
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{\"a\": ", "}"), ("if true then ", " else true"), ("!", ""), ("-", "")]
    {
        for times in [1_000, 100_000] {
            assert!(load(&[("p.cedar", &nested(open, close, times))]).is_err(), "{times} × {open}");
        }
    }
    for chain in
        [" && true", " || true", ".a", " + 1", " - 1", "[\"a\"]", " } when { true", " like \"a\"", " has a", "()"]
    {
        assert!(load(&[("p.cedar", &nested("", chain, 100_000))]).is_err(), "{chain}");
    }
    for wide in ["::A", ", true"] {
        let text =
            format!("permit (principal, action, resource) when {{ [A{}].contains(true) }};", wide.repeat(100_000));
        assert!(load(&[("p.cedar", &text)]).is_err(), "{wide}");
    }
    let table = format!("roles = {}", "[".repeat(100_000));
    assert!(load(&[("t.toml", &table)]).is_err());
}

/// What the limits let through is also decided on the small stack of a worker thread.
#[test]
fn policies_at_the_limits_are_decided() {
    let house = House::new();
    let condition = format!("{}true{}", "(".repeat(DEPTH_LIMIT - 1), ")".repeat(DEPTH_LIMIT - 1));
    let chains = [("1 == 1 && ", 2), ("1 == 2 || ", 2), ("if 1 == 2 then false else ", 4), ("1 + 1 == 3 || ", 4)];
    let chains = chains.map(|(link, operators)| format!("{}true", link.repeat((OPERATOR_LIMIT - 2) / operators)));
    for condition in chains.into_iter().chain([condition]) {
        let text = format!("permit (principal, action, resource) when {{ {condition} }};");
        let engine = engine(&[("p.cedar", &text)]);
        let caller = principal(house.user("employee"), "tools:*");
        assert_eq!(refusal(&engine, &caller, &house, tool("t", "{}")), None, "{condition}");
    }
}

#[test]
fn hostile_arguments_fail_closed() {
    let house = House::new();
    let policies = "permit (principal, action, resource) unless { context.arguments.hasTag(\"blocked\") };";
    let engine = engine(&[("p.cedar", policies)]);
    let caller = principal(house.user("employee"), "tools:*");
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(120), "]".repeat(120));
    assert!(decide(&engine, &caller, &house, Question::new(Kind::Tool, "t", Some(&deep)).unwrap()).is_allowed());
    assert!(!decide(&engine, &caller, &house, tool("t", "{\"blocked\":null}")).is_allowed());
    assert!(!decide(&engine, &caller, &house, tool("t", r#"{"bl\u006fcked":1}"#)).is_allowed());
}
