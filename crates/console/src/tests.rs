//! The console as an administrator uses it, and as others try to.

use http::{Request, StatusCode, header};
use vestibule_model::{
    Acr, Authentication, ClientId, Digest, EventKind, GrantId, OrgId, ResourceUri, ScopeSet, ServerName, Timestamp,
    UserId, Verdict,
};
use vestibule_store::{
    grants::GrantRecord,
    pins::{PinState, Sight},
};

use crate::testing::House;

async fn disabled(house: &House, id: &str) -> bool {
    house.store.find_user(&UserId::from(id)).await.unwrap().unwrap().disabled
}

#[tokio::test]
async fn every_page_is_drawn_and_locked_down() {
    let house = House::new().await;
    let cookie = house.cookie("root").await;
    house.happened(EventKind::Call, Verdict::Deny, "emma", "acme", "<script>alert(1)</script>");
    for path in [
        "/console",
        "/console/activity",
        "/console/policy",
        "/console/policy/hr",
        "/console/policy/bare",
        "/console/tools",
        "/console/users",
        "/console/clients",
    ] {
        let answer = house.get(path, &cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{path}: {policy}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert!(answer.header("strict-transport-security").contains("max-age"));
        for raw in ["<b>root", "<b>emma", "<i>Editor", "<script>alert", " style=", " onclick="] {
            assert!(!answer.body.contains(raw), "{path} has {raw}");
        }
        let scripts = answer.body.matches("<script").count();
        assert_eq!(scripts, usize::from(path == "/console/activity"), "{path}");
        assert_eq!(policy.contains("script-src"), scripts > 0, "{path}");
    }
}

#[tokio::test]
async fn the_nonce_of_the_script_is_fresh() {
    let house = House::new().await;
    let cookie = house.cookie("root").await;
    let nonce = async || {
        let answer = house.get("/console/activity", &cookie).await;
        let nonce = answer.body.split("<script nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert!(answer.header("content-security-policy").contains(&format!("'nonce-{nonce}'")));
        nonce
    };
    assert_ne!(nonce().await, nonce().await);
}

#[tokio::test]
async fn disabling_somebody_needs_our_own_form() {
    let house = House::new().await;
    let (cookie, emma) = (house.cookie("root").await, house.cookie("emma").await);
    let csrf = house.get("/console/users", &cookie).await.csrf();
    let rivals = house.cookie("rival").await;
    let (path, form) = ("/console/users/disable", format!("csrf={csrf}&user=emma"));
    for bad in
        ["user=emma".to_owned(), format!("csrf={}&user=emma", &csrf[1..]), format!("csrf={csrf}&csrf={csrf}&user=emma")]
    {
        assert_eq!(house.post(path, &cookie, &bad).await.status, StatusCode::FORBIDDEN, "{bad}");
    }
    assert_eq!(house.post(path, &rivals, &form).await.status, StatusCode::FORBIDDEN, "another session's token");
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
    {
        let request = Request::post(path).header(header::COOKIE, &cookie).header(name, value);
        let request = request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.clone().into())
            .unwrap();
        assert_eq!(house.send(request).await.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let json = Request::post(path)
        .header(header::COOKIE, &cookie)
        .header(header::CONTENT_TYPE, "text/plain")
        .body(form.clone().into())
        .unwrap();
    assert_eq!(house.send(json).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(house.post(path, &cookie, &"x".repeat(5000)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(!disabled(&house, "emma").await);
    let answer = house.post(path, &cookie, &form).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/console/users?done=disabled"));
    assert!(disabled(&house, "emma").await);
    assert_eq!(house.get("/console", &emma).await.status, StatusCode::SEE_OTHER, "signed out");
    let event = house.journal.last(1).unwrap()[0].to_string();
    assert!(event.contains("\"user_disable\"") && event.contains("\"root\"") && event.contains("\"emma\""), "{event}");
    house.post("/console/users/enable", &cookie, &form).await;
    assert!(!disabled(&house, "emma").await);
    assert_eq!(house.get("/console", &emma).await.status, StatusCode::SEE_OTHER, "old sessions stay ended");
}

#[tokio::test]
async fn nobody_reaches_themselves_or_other_organizations() {
    let house = House::new().await;
    let cookie = house.cookie("root").await;
    let csrf = house.get("/console/users", &cookie).await.csrf();
    for (user, status) in [
        ("root", StatusCode::CONFLICT),
        ("rival", StatusCode::NOT_FOUND),
        ("nobody", StatusCode::NOT_FOUND),
        ("", StatusCode::NOT_FOUND),
    ] {
        let answer = house.post("/console/users/disable", &cookie, &format!("csrf={csrf}&user={user}")).await;
        assert_eq!(answer.status, status, "{user}");
    }
    assert!(!disabled(&house, "root").await && !disabled(&house, "rival").await);
    house.happened(EventKind::Call, Verdict::Allow, "rival", "other", "their_secret_tool");
    for path in [
        "/console",
        "/console/users",
        "/console/activity",
        "/console/activity?user=rival@example.com",
        "/api/v1/users",
        "/api/v1/audit",
    ] {
        let answer = house.get(path, &cookie).await;
        assert!(!answer.body.contains("<b>rival") && !answer.body.contains("their_secret_tool"), "{path}");
        assert!(!answer.body.contains("\"rival\""), "{path}");
    }
    assert!(house.get("/api/v1/audit", &house.cookie("rival").await).await.body.contains("their_secret_tool"));
}

#[tokio::test]
async fn without_evidence_nothing_is_changed() {
    let house = House::new().await;
    let cookie = house.cookie("root").await;
    let csrf = house.get("/console/users", &cookie).await.csrf();
    house.journal.close().await;
    for (path, what) in [("/console/users/disable", "user=emma"), ("/console/clients/revoke", "client=cli_editor")] {
        let answer = house.post(path, &cookie, &format!("csrf={csrf}&{what}")).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
    assert!(!disabled(&house, "emma").await);
    assert!(!house.store.find_client(&ClientId::from("cli_editor")).await.unwrap().unwrap().disabled);
    assert!(house.get("/console", &cookie).await.body.contains("The audit journal cannot be written"));
}

#[tokio::test]
async fn revoking_a_client_blocks_it_and_ends_its_grants() {
    let house = House::new().await;
    let cookie = house.cookie("root").await;
    let grant = GrantRecord {
        id: GrantId::from("grt_1"),
        org: OrgId::from("acme"),
        user: Some(UserId::from("emma")),
        client: ClientId::from("cli_editor"),
        resource: ResourceUri::new("https://mcp.example.com/mcp/hr"),
        scopes: ScopeSet::parse("tools:*").unwrap(),
        authentication: Authentication { acr: Acr::Single, amr: Vec::new(), auth_time: Timestamp::from_seconds(0) },
        session: None,
        redirect_host: None,
        created_at: Timestamp::from_seconds(1_700_000_000),
        expires_at: Timestamp::from_seconds(1_800_000_000),
        last_used_at: None,
        revoked_at: None,
        revoked_because: None,
    };
    house.store.create_grant(&grant).await.unwrap();
    let page = house.get("/console/clients", &cookie).await;
    assert!(page.body.contains("1 grant") && page.body.contains("127.0.0.1"), "{}", page.body);
    let form = format!("csrf={}&client=cli_editor", page.csrf());
    let answer = house.post("/console/clients/revoke", &cookie, &form).await;
    assert_eq!(answer.header("location"), "/console/clients?done=revoked");
    assert!(house.store.find_client(&grant.client).await.unwrap().unwrap().disabled);
    let revoked = house.store.find_grant(&grant.id).await.unwrap().unwrap();
    assert_eq!(revoked.revoked_because.as_deref(), Some("administrator"));
    house.post("/console/clients/enable", &cookie, &form).await;
    assert!(!house.store.find_client(&grant.client).await.unwrap().unwrap().disabled);
    assert!(house.store.find_grant(&grant.id).await.unwrap().unwrap().revoked_at.is_some(), "revoked stays revoked");
    let unknown = form.replace("cli_editor", "cli_nobody");
    assert_eq!(house.post("/console/clients/revoke", &cookie, &unknown).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn pages_of_activity_join_without_gap_or_repeat() {
    let house = House::new().await;
    let cookie = house.cookie("root").await;
    for number in 0..130 {
        let verdict = if number % 2 == 0 { Verdict::Allow } else { Verdict::Deny };
        house.happened(EventKind::Call, verdict, "emma", "acme", &format!("tool-{number}-"));
        house.happened(EventKind::Call, verdict, "rival", "other", "elsewhere");
    }
    for (filter, expected) in
        [("", 130), ("?verdict=deny", 65), ("?user=EMMA@example.com&server=hr&kind=call", 130), ("?user=root", 0)]
    {
        let (mut path, mut seen) = (format!("/console/activity{filter}"), Vec::new());
        loop {
            let body = house.get(&path, &cookie).await.body;
            assert!(!body.contains("elsewhere"));
            let rows = body
                .split("<tr>")
                .skip(1)
                .filter_map(|row| row.split("tool-").nth(1)?.split('-').next()?.parse::<u32>().ok());
            seen.extend(rows);
            let Some(link) =
                body.split("href=\"").find(|rest| rest.starts_with("/console/activity?") && rest.contains("before="))
            else {
                break;
            };
            path = link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        }
        let sorted: Vec<u32> =
            (0..130).rev().filter(|number| expected == 130 || (expected == 65 && number % 2 == 1)).collect();
        assert_eq!(seen, sorted, "{filter}");
    }
}

#[tokio::test]
async fn the_api_gives_journal_lines_page_by_page() {
    let house = House::new().await;
    let cookie = house.cookie("root").await;
    for number in 0..5 {
        house.happened(EventKind::Call, Verdict::Allow, "emma", "acme", &format!("tool-{number}"));
    }
    let page =
        async |path: &str| serde_json::from_str::<serde_json::Value>(&house.get(path, &cookie).await.body).unwrap();
    let first = page("/api/v1/audit?limit=2&kind=call").await;
    let targets = |page: &serde_json::Value| -> Vec<String> {
        page["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["event"]["target"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(targets(&first), ["tool-4", "tool-3"]);
    assert!(first["records"][0]["hash"].is_string());
    let second = page(&format!("/api/v1/audit?kind=call&before={}", first["next"])).await;
    assert_eq!(targets(&second), ["tool-2", "tool-1", "tool-0"]);
    assert!(second["next"].is_null());
    let users = page("/api/v1/users").await;
    assert_eq!(users["users"].as_array().unwrap().len(), 2);
    assert_eq!(page("/api/v1/clients").await["clients"][0]["id"], "cli_editor");
}

#[tokio::test]
async fn what_cannot_be_understood_is_a_400() {
    let house = House::new().await;
    let cookie = house.cookie("root").await;
    for query in ["before=x", "before=-1", "verdict=maybe", "kind=everything"] {
        assert_eq!(
            house.get(&format!("/console/activity?{query}"), &cookie).await.status,
            StatusCode::BAD_REQUEST,
            "{query}"
        );
        assert_eq!(
            house.get(&format!("/api/v1/audit?{query}"), &cookie).await.status,
            StatusCode::BAD_REQUEST,
            "{query}"
        );
    }
    for query in ["limit=0", "limit=1001", "limit=99999999999999999999"] {
        assert_eq!(
            house.get(&format!("/api/v1/audit?{query}"), &cookie).await.status,
            StatusCode::BAD_REQUEST,
            "{query}"
        );
    }
    assert_eq!(house.get("/console/policy/none", &cookie).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.get("/console/policy/%ff", &cookie).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_overview_counts_the_last_day_as_it_passes() {
    let house = House::new().await;
    let cookie = house.cookie("root").await;
    let figures = async || -> Vec<u64> {
        let body = house.get("/console", &house.cookie("root").await).await.body;
        let tiles = body.split("<strong>").skip(1).map_while(|rest| rest.split('<').next().unwrap().parse().ok());
        tiles.take(5).collect()
    };
    house.happened(EventKind::Call, Verdict::Allow, "emma", "acme", "a");
    house.happened(EventKind::Call, Verdict::Deny, "emma", "acme", "a");
    house.happened(EventKind::Call, Verdict::Allow, "rival", "other", "a");
    house.happened(EventKind::SignIn, Verdict::Allow, "emma", "acme", "a");
    assert_eq!(figures().await, [1, 1, 1, 0, 0]);
    house.hours_pass(5);
    house.happened(EventKind::Call, Verdict::Allow, "emma", "acme", "b");
    house.happened(EventKind::SignIn, Verdict::Deny, "emma", "acme", "a");
    assert_eq!(figures().await, [2, 1, 1, 1, 0]);
    assert_eq!(figures().await, [2, 1, 1, 1, 0], "nothing is counted twice");
    house.hours_pass(19);
    assert_eq!(figures().await, [1, 0, 0, 1, 0], "the first hour has left the day");
    assert_eq!(house.get("/console", &cookie).await.status, StatusCode::SEE_OTHER, "that session has ended");
}

#[tokio::test]
async fn the_policy_page_asks_the_engine() {
    let house = House::new().await;
    let cookie = house.cookie("root").await;
    let body = house.get("/console/policy/hr", &cookie).await.body;
    let row = |tool: &str| {
        let (_, rest) = body.split_once(&format!("<code>{tool}</code>")).unwrap();
        let cells = rest.split("</tr>").next().unwrap().split("<td class=\"").skip(1);
        cells.map(|cell| cell.split(['>', '<']).nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(row("query_leaves"), ["own", "all"]);
    assert_eq!(row("get_dashboard_stats"), ["no", "yes"]);
    assert!(body.contains("permit"), "the Cedar text is there");
    assert!(house.get("/console/policy/bare", &cookie).await.body.contains("everything is denied"));
}

fn sight(tool: &str, definition: &str) -> Sight {
    let digest = Digest::of(definition.as_bytes());
    let (tool, definition) = (tool.to_owned(), definition.to_owned());
    Sight { style: tool.clone(), look: tool.clone(), tool, digest, definition }
}

#[tokio::test]
async fn a_changed_tool_is_shown_word_by_word_and_what_was_shown_is_approved() {
    let house = House::new().await;
    let (cookie, hr) = (house.cookie("root").await, ServerName::from("hr"));
    let see = async |definition: &str| house.store.note_sights(&hr, vec![sight("read", definition)]).await.unwrap();
    see(r#"{"description":"Reads.","name":"read"}"#).await;
    assert!(house.get("/console/tools", &cookie).await.body.contains("Nothing waits. 1 tool is known."));
    see(r#"{"description":"Reads.</dd><script>alert(1)</script>\u202e","name":"read"}"#).await;
    let page = house.get("/console/tools", &cookie).await;
    assert!(page.body.contains("<code>description</code>") && page.body.contains("<ins>"), "{}", page.body);
    assert!(!page.body.contains("<script>") && page.body.contains("\\u{202e}"), "{}", page.body);

    let digest = house.store.find_pin(&hr, "read").await.unwrap().unwrap().candidate.unwrap().0.digest.to_hex();
    assert!(page.body.contains(&digest));
    let form = format!("csrf={}&server=hr&tool=read&digest={digest}", page.csrf());
    for (wrong, status) in [
        (form.replace(&page.csrf(), "x"), StatusCode::FORBIDDEN),
        (form.replace(&digest, &"0".repeat(64)), StatusCode::CONFLICT),
        (form.replace(&digest, "x"), StatusCode::CONFLICT),
        (form.replace("tool=read", "tool=write"), StatusCode::CONFLICT),
    ] {
        assert_eq!(house.post("/console/tools/approve", &cookie, &wrong).await.status, status, "{wrong}");
    }
    let rejected = house.post("/console/tools/reject", &cookie, &form).await;
    assert_eq!(rejected.header("location"), "/console/tools?done=rejected");
    assert!(house.get("/console/tools", &cookie).await.body.contains("rejected"));
    let approved = house.post("/console/tools/approve", &cookie, &form).await;
    assert_eq!(approved.header("location"), "/console/tools?done=approved");
    let pin = house.store.find_pin(&hr, "read").await.unwrap().unwrap();
    assert_eq!((pin.state, pin.approved.unwrap().1.as_str()), (PinState::Pinned, "root@example.com"));
    assert_eq!(house.post("/console/tools/approve", &cookie, &form).await.status, StatusCode::CONFLICT, "once");
    let lines = house.journal.last(10).unwrap().concat();
    assert!(lines.contains("pin_approve") && lines.contains("pin_reject") && lines.contains(&digest), "{lines}");
}
