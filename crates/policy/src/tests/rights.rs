//! Rights = scope ∩ policy; what a decision and its event say.

use std::sync::Arc;

use vestibule_model::{Acr, RequestId, Scope, ScopeGroup, ScopeSet, Server, ServerName, Subject, Timestamp, Verdict};

use crate::{
    Call, CallTarget, DenyReason, Kind,
    explain::Question,
    testing::{HR, House, decide, engine, of_subject, principal, refusal, server, tool},
};

#[test]
fn policy_is_asked_first_and_a_denial_is_no_scope_challenge() {
    let (engine, house) = (engine(&[("hr.toml", HR)]), House::new());
    let caller = principal(house.user("employee"), "tools:get_org_info");
    assert_eq!(refusal(&engine, &caller, &house, tool("get_dashboard_stats", "{}")), Some(DenyReason::Hidden));
    let complete = ScopeSet::parse("tools:get_org_info tools:query_leaves").unwrap();
    assert_eq!(refusal(&engine, &caller, &house, tool("query_leaves", "{}")), Some(DenyReason::Scope(complete)));
    assert!(decide(&engine, &caller, &house, tool("get_org_info", "{}")).is_allowed());
    let see = |name| engine.may_see(&caller, &server(), &house.directory, &CallTarget::Tool(name));
    assert!(see("get_org_info") && !see("query_leaves") && !see("get_dashboard_stats"));
}

#[test]
fn what_is_out_of_service_is_refused_and_unseen_whatever_policy_says() {
    struct Leaves;
    impl crate::hold::Holds for Leaves {
        fn find(&self, server: &ServerName, tool: &str) -> Option<String> {
            (server.as_str() == "hr" && tool == "query_leaves").then(|| "It waits.".to_owned())
        }
    }
    let (set, house) = (crate::testing::load(&[("hr.toml", HR)]).unwrap(), House::new());
    let engine = crate::Engine::new(set, Arc::new(Leaves));
    let caller = principal(house.user("employee"), "tools:*");
    let held = Some(DenyReason::Held("It waits.".to_owned()));
    assert_eq!(refusal(&engine, &caller, &house, tool("query_leaves", "{}")), held);
    assert!(decide(&engine, &caller, &house, tool("get_org_info", "{}")).is_allowed());
    let see = |name| engine.may_see(&caller, &server(), &house.directory, &CallTarget::Tool(name));
    assert!(see("get_org_info") && !see("query_leaves"));
    let stranger = principal(house.user("employee"), "tools:get_org_info");
    let refused = refusal(&engine, &stranger, &house, tool("query_leaves", "{}"));
    assert!(matches!(refused, Some(DenyReason::Scope(_))), "{refused:?}");
    let why = crate::explain::explain(&engine, &caller, &server(), &house.directory, &tool("query_leaves", "{}"));
    assert!(why.refused == held && why.cures.iter().any(|cure| cure.contains("vestibule pin")), "{:?}", why.cures);
}

#[test]
fn a_group_of_tools_is_asked_for_as_a_group() {
    let (engine, house) = (engine(&[("hr.toml", HR)]), House::new());
    let scope_groups = vec![ScopeGroup {
        scope: Scope::parse("leave:read").unwrap(),
        description: "See leave".into(),
        tools: vec!["query_leaves".into()],
    }];
    let server = Arc::new(Server { scope_groups, ..Server::clone(&server()) });
    let ask = |scopes: &str| {
        let caller = principal(house.user("employee"), scopes);
        let call = tool("query_leaves", "{}");
        engine
            .decide(&caller, &server, &house.directory, RequestId::from("r"), call)
            .into_permit()
            .err()
            .map(|d| d.reason)
    };
    assert_eq!(ask("a"), Some(DenyReason::Scope(ScopeSet::parse("a leave:read").unwrap())));
    assert_eq!(ask("leave:read"), None);
}

#[test]
fn each_kind_needs_its_scope() {
    let all = crate::PolicySet::everyone_everything() + "";
    let methods = "permit (principal, action == Action::\"callMethod\", resource == Method::\"x/y\");";
    let (engine, house) = (engine(&[("all.toml", &all), ("m.cedar", methods)]), House::new());
    for (kind, name, scope) in [
        (Kind::Tool, "any", "tools:any"),
        (Kind::Tool, "not a scope \"", "tools:*"),
        (Kind::Prompt, "p", "prompts:*"),
        (Kind::Resource, "hr://x", "resources:*"),
        (Kind::Method, "x/y", "tools:*"),
    ] {
        let ask = |scopes: &str| {
            let caller = principal(house.user("employee"), scopes);
            refusal(&engine, &caller, &house, Question::new(kind, name, None).unwrap())
        };
        assert_eq!(
            ask("openid"),
            Some(DenyReason::Scope(ScopeSet::parse(&format!("openid {scope}")).unwrap())),
            "{name}"
        );
        assert_eq!(ask(scope), None, "{name}");
    }
}

#[test]
fn without_a_policy_nothing_is_allowed_not_even_a_session() {
    let house = House::new();
    struct Ping;
    impl Call for Ping {
        fn method(&self) -> &str {
            "ping"
        }
        fn target(&self) -> CallTarget<'_> {
            CallTarget::Session
        }
        fn also(&self) -> Vec<CallTarget<'_>> {
            Vec::new()
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
    let caller = principal(house.user("executive"), "tools:*");
    let ping = |engine: &crate::Engine| {
        let decision = engine.decide(&caller, &server(), &house.directory, RequestId::from("r"), Ping);
        decision.into_permit().err().map(|denied| denied.reason)
    };
    for sources in [&[][..], &[("empty.toml", "")][..], &[("empty.cedar", "// nothing")][..]] {
        let engine = engine(sources);
        assert_eq!(ping(&engine), Some(DenyReason::NoPolicy));
        assert_eq!(refusal(&engine, &caller, &house, tool("query_leaves", "{}")), Some(DenyReason::NoPolicy));
        assert!(!engine.may_see(&caller, &server(), &house.directory, &CallTarget::Tool("query_leaves")));
        assert!(!engine.may_see(&caller, &server(), &house.directory, &CallTarget::Session));
    }
    assert_eq!(ping(&engine(&[("hr.toml", HR)])), None);
}

#[test]
fn step_up_is_asked_of_one_factor_and_not_of_two() {
    let house = House::new();
    let all = "permit (principal is User, action, resource);";
    let guarded = "@id(\"guarded\") @step_up(\"mfa\") permit (principal, action, resource == Tool::\"pay\");";
    let engine = engine(&[("p.cedar", &format!("{all}\n{guarded}"))]);
    let ask = |acr| {
        let subject = Subject::User(Arc::clone(house.user("employee")));
        refusal(&engine, &of_subject(subject, "acme", "tools:*", acr), &house, tool("pay", "{}"))
    };
    assert_eq!(ask(Acr::Single), Some(DenyReason::StepUp("aal2".into())));
    assert_eq!(ask(Acr::Multi), None);
}

#[test]
fn the_event_says_all_and_no_argument() {
    let (engine, house) = (engine(&[("hr.toml", HR)]), House::new());
    let caller = principal(house.user("employee"), "tools:*");
    let decision =
        decide(&engine, &caller, &house, tool("query_leaves", r#"{"employee_id":"E-other","note":"canary"}"#));
    let event = serde_json::to_value(decision.event(Timestamp::from_seconds(9))).unwrap();
    let digest = event.get("arguments").and_then(|digest| digest.as_str()).unwrap().len();
    assert_eq!(digest, 64);
    assert!(!event.to_string().contains("canary"));
    for (key, value) in [
        ("kind", "call"),
        ("request", "req_test"),
        ("org", "acme"),
        ("user", "employee"),
        ("client", "cli_test"),
        ("grant", "grt_test"),
        ("scopes", "tools:*"),
        ("server", "hr"),
        ("action", "tools/call"),
        ("target", "query_leaves"),
        ("subject", "other"),
        ("verdict", "deny"),
        ("reason", "arguments"),
    ] {
        assert_eq!(event.get(key).and_then(|found| found.as_str()), Some(value), "{key}");
    }
    let allowed = decide(&engine, &caller, &house, tool("query_leaves", "{}"));
    let event = allowed.event(Timestamp::from_seconds(9));
    assert_eq!((event.verdict, event.reason), (Some(Verdict::Allow), None));
    assert_eq!(event.policies.iter().map(|id| &**id).collect::<Vec<_>>(), ["hr/query_leaves/EMPLOYEE"]);
    let permit = allowed.into_permit().ok().unwrap();
    assert_eq!((permit.request().as_str(), permit.server().name.as_str()), ("req_test", "hr"));
    assert_eq!(permit.principal().subject_id(), "employee");
    assert_eq!(permit.call().target(), CallTarget::Tool("query_leaves"));
}

#[test]
fn the_journal_gets_no_endless_names() {
    let (engine, house) = (engine(&[("hr.toml", HR)]), House::new());
    let caller = principal(house.user("employee"), "tools:*");
    let question = Question::new(Kind::Method, &"é".repeat(5000), None).unwrap();
    let event = decide(&engine, &caller, &house, question).event(Timestamp::from_seconds(9));
    assert_eq!(event.action.unwrap().len(), 128);
    assert_eq!(event.target.unwrap().len(), 2048);
}
