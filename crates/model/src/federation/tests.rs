//! Names outside are one-to-one, short enough, and open exactly what they say.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn server(name: &str, groups: &[(&str, &[&str])]) -> Arc<Server> {
    let group = |(scope, tools): &(&str, &[&str])| ScopeGroup {
        scope: Scope::parse(scope).unwrap(),
        description: format!("Do {scope}"),
        tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
    };
    Arc::new(Server {
        name: ServerName::from(name),
        title: name.to_uppercase(),
        resource: ResourceUri::new(format!("https://gate.example/mcp/{name}")),
        upstream: Upstream::Http { url: "http://127.0.0.1:1/mcp".to_owned() },
        protocol: Protocol::Auto,
        credential: CredentialSpec::None,
        scope_groups: groups.iter().map(group).collect(),
        allowed_origins: Vec::new(),
    })
}

fn federation(parts: Vec<Arc<Server>>) -> Federation {
    let resource = ResourceUri::new("https://gate.example/mcp");
    Federation::new(resource, "All".to_owned(), parts, Duration::from_secs(1))
}

/// Names of servers that are as confusing as they may be.
fn server_names() -> impl Strategy<Value = Vec<String>> {
    let name = prop_oneof!["[a_]{1,4}", "[a-z0-9_-]{1,64}", "[ab_-]{20,30}"];
    proptest::collection::btree_set(name, 1..6).prop_map(|set| set.into_iter().collect())
}

/// Names of tools that try to look like something else.
fn tool_names() -> impl Strategy<Value = Vec<String>> {
    let name = prop_oneof!["[a_HUP]{0,6}", "[a-zA-Z0-9_./-]{1,128}", "\\PC{0,90}", "(a__|_H|_U|-P){1,5}"];
    proptest::collection::btree_set(name, 1..12).prop_map(|set| set.into_iter().collect())
}

proptest! {
    #[test]
    fn names_are_one_to_one_and_short(servers in server_names(), tools in tool_names()) {
        prop_assume!(labels_clash(servers.iter().map(String::as_str)).is_none());
        let federation = federation(servers.iter().map(|name| server(name, &[])).collect());
        let mut seen = BTreeMap::new();
        for part in &servers {
            for tool in &tools {
                let outside = outside_name(&ServerName::from(part.as_str()), tool);
                prop_assert!(outside.len() <= MAX_NAME, "{outside}");
                let clash = seen.insert(outside.clone(), (part.clone(), tool.clone()));
                prop_assert_eq!(clash, None, "{}", outside);
                let (found, inside) = federation.find_by_name(&outside).unwrap();
                prop_assert_eq!(found.name.as_str(), part.as_str());
                prop_assert!(inside == Inside::Name(tool) || inside == Inside::Shortened);
            }
        }
    }

    #[test]
    fn what_is_read_as_a_name_is_written_the_same_way(servers in server_names(), outside in "\\PC{0,70}") {
        let federation = federation(servers.iter().map(|name| server(name, &[])).collect());
        if let Some((part, Inside::Name(inside))) = federation.find_by_name(&outside) {
            prop_assert_eq!(outside_name(&part.name, inside), outside.clone());
        }
        if let Some((part, uri)) = federation.find_by_uri(&outside) {
            prop_assert_eq!(outside_uri(&part.name, &uri), outside);
        }
    }

    #[test]
    fn uris_and_ids_come_back(servers in server_names(), uri in "(ui://|vestibule:|file:///)?\\PC{0,40}") {
        let federation = federation(servers.iter().map(|name| server(name, &[])).collect());
        for part in &federation.parts {
            let (found, inside) = federation.find_by_uri(&outside_uri(&part.name, &uri)).unwrap();
            prop_assert_eq!((&found.name, &inside), (&part.name, &uri));
            let outside = outside_id(&part.name, &uri);
            let (found, inside) = federation.find_by_id(&outside).unwrap();
            prop_assert_eq!((&found.name, inside), (&part.name, uri.as_str()));
        }
    }
}

#[test]
fn names_say_where_they_belong() {
    let name = |server: &str, tool: &str| outside_name(&ServerName::from(server), tool);
    assert_eq!(name("hr", "query_leaves"), "hr__query_leaves");
    assert_eq!((name("a", "b__c"), name("a__b", "c")), ("a__b__c".to_owned(), "a_U_b__c".to_owned()));
    assert_eq!(name("a_", "x"), "a_U__x");
    let long = name("hr", &"very_long_".repeat(8));
    assert!(long.starts_with("hr_H") && long.contains("_very_long_") && long.len() == MAX_NAME, "{long}");
    assert!(name(&"team-".repeat(9), "x").starts_with("team-team-te-P"));
}

#[test]
fn the_door_offers_what_its_parts_offer() {
    let hr = server("hr", &[("leave:read", &["query", "balance"]), ("common", &["me"])]);
    let git = server("git", &[]);
    let wiki = server("wiki", &[("common", &["who"])]);
    let all = federation(vec![hr, git, wiki]);
    let offered = all.door.scopes_supported().to_string();
    assert_eq!(offered, "common leave:read prompts:* resources:* tools:git__*");
    assert_eq!(all.door.describe_scope("common").unwrap(), "HR: Do common; WIKI: Do common");
    assert_eq!(all.door.describe_scope("tools:git__*").unwrap(), "GIT: Use every tool that your role allows");
    let granted = ScopeSet::parse("leave:read").unwrap();
    assert!(all.door.covers_tool(&granted, "hr__query") && !all.door.covers_tool(&granted, "git__query"));
}

#[test]
fn a_scope_counts_only_at_its_part() {
    let hr = server("hr", &[("leave:read", &["query"])]);
    let git = server("git", &[]);
    let granted = ScopeSet::parse("leave:read resources:* tools:git__* tools:hr__write tools:read openid").unwrap();
    assert_eq!(
        scopes_at(&hr, &granted, &["read"]).to_string(),
        "leave:read resources:* tools:write",
        "a bare name belongs to no part"
    );
    assert_eq!(scopes_at(&git, &granted, &["write"]).to_string(), "resources:* tools:*");
}

#[test]
fn a_shortened_tool_is_given_by_its_name_outside() {
    let (hr, long) = (server("hr", &[]), "very_long_".repeat(9));
    let scope = format!("tools:{}", outside_name(&hr.name, &long));
    let granted = ScopeSet::parse(&scope).unwrap();
    assert_eq!(scopes_at(&hr, &granted, &["other", &long]).to_string(), format!("tools:{long}"));
    assert!(scopes_at(&hr, &granted, &["other"]).is_empty());
    assert!(scopes_at(&server("hr2", &[]), &granted, &[&long]).is_empty());
    let needed = ScopeSet::parse(&format!("tools:{long}")).unwrap();
    assert_eq!(scopes_outside(&hr, &ScopeSet::default(), &ScopeSet::default(), &needed).to_string(), scope);
}

#[test]
fn what_is_missing_is_named_as_the_door_names_it() {
    let hr = server("hr", &[("leave:read", &["query"])]);
    let granted = ScopeSet::parse("tools:git__*").unwrap();
    let here = scopes_at(&hr, &granted, &["write"]);
    let ask = |needed| scopes_outside(&hr, &granted, &here, &ScopeSet::parse(needed).unwrap()).to_string();
    assert_eq!(ask("tools:write"), "tools:git__* tools:hr__write");
    assert_eq!(ask("leave:read"), "leave:read tools:git__*");
    assert_eq!(ask("tools:*"), "tools:git__* tools:hr__*");
}

#[test]
fn equal_labels_are_found() {
    assert_eq!(labels_clash(["a", "a_", "a__b", "ab"]), None);
}
