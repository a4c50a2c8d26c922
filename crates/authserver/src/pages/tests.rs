//! The pages as a browser meets them, and as an attacker does.

use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode, header};
use vestibule_identity::browser::SESSION_COOKIE;
use vestibule_model::Clock;

use super::fixture::{Browser, EMAIL, HOME, House, PASSWORD, Page, app, authorize};
use super::mfa::PENDING_COOKIE;

const WEB: &str = "https://app.example.com/cb";
const LOOPBACK: &str = "http://127.0.0.1:43117/cb";

async fn sign_in(browser: &Browser, password: &str) -> Page {
    browser.post("/login", &[("email", EMAIL), ("password", password)]).await
}

/// From `/authorize` to the consent page.
async fn consent_page(browser: &Browser, client: &str, redirect: &str, more: &str) -> Page {
    let page = browser.follow(&authorize(client, redirect, more)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    page
}

fn headers_are_strict(page: &Page) {
    let get = |name: &str| page.headers.get(name).map_or("", |value| value.to_str().unwrap());
    let policy = get("content-security-policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action '"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
    assert_eq!(get("cache-control"), "no-store");
    assert_eq!(get("referrer-policy"), "no-referrer");
    assert_eq!(get("x-content-type-options"), "nosniff");
    assert_eq!(get("x-frame-options"), "DENY");
    assert!(get("strict-transport-security").starts_with("max-age=31536000"));
}

#[tokio::test]
async fn a_person_signs_in_allows_a_client_and_lands_there_with_a_code() {
    let house = House::new().await;
    let browser = house.browser();
    let page = browser.follow(&authorize("cli_web", WEB, "")).await;
    assert!(page.body.contains("Sign in") && page.body.contains("<strong>HR</strong>"), "{}", page.body);
    headers_are_strict(&page);
    let page = sign_in(&browser, PASSWORD).await;
    let page = browser.get(page.location()).await;
    for part in ["Notebook", "app.example.com", "not verified", "Mira Okafor", "Use every tool", "30 days"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    headers_are_strict(&page);
    let page = browser.post("/consent", &[("scope", "tools:*"), ("lifetime", "3600"), ("decision", "allow")]).await;
    assert!(page.location().starts_with("https://app.example.com/cb?"), "{}", page.location());
    assert!(
        page.location().contains("code=") && page.location().contains("state=s1") && page.location().contains("iss=")
    );
    browser.redeem(&page).await;
    let grants = house.server.store.list_grants(&house.user.id).await.unwrap();
    assert_eq!(grants[0].scopes.to_string(), "tools:*", "narrowed to what was ticked");
    assert_eq!(grants[0].expires_at, house.clock.now() + Duration::from_secs(3600));
    let lines = house.journal();
    for kind in ["\"sign_in\"", "\"consent\""] {
        assert!(lines.iter().any(|line| line.contains(kind)), "{kind}");
    }
    assert!(lines.iter().all(|line| !line.contains(PASSWORD)));
}

#[tokio::test]
async fn refusing_tells_the_client_and_grants_nothing() {
    let house = House::new().await;
    let browser = house.signed_in().await;
    consent_page(&browser, "cli_web", WEB, "").await;
    let page = browser.post("/consent", &[("decision", "deny")]).await;
    assert!(page.location().contains("error=access_denied"), "{}", page.location());
    assert!(house.server.store.list_grants(&house.user.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn consent_grants_only_what_was_asked_and_shown() {
    let house = House::new().await;
    let browser = house.signed_in().await;
    let allow =
        |scope: &'static str, life: &'static str| vec![("scope", scope), ("lifetime", life), ("decision", "allow")];
    for (scope, life) in
        [("admin", "3600"), ("prompts:*", "3600"), ("", "3600"), ("tools:*", "99999999"), ("tools:*", "")]
    {
        consent_page(&browser, "cli_web", WEB, "&scope=tools:*").await;
        let page = browser.post("/consent", &allow(scope, life)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{scope} {life}");
        assert!(page.body.contains("role=\"alert\""));
    }
    let page = browser.post("/consent", &[("lifetime", "3600"), ("scope", "tools:*"), ("decision", "maybe")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(house.server.store.list_grants(&house.user.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_remembered_answer_spares_the_page_for_the_same_request_only() {
    let house = House::new().await;
    let browser = house.signed_in().await;
    consent_page(&browser, "cli_web", WEB, "&scope=tools:*+prompts:*").await;
    let page = browser.post("/consent", &[("scope", "tools:*"), ("lifetime", "86400"), ("decision", "allow")]).await;
    browser.redeem(&page).await;

    house.clock.advance(Duration::from_secs(3000));
    let page = browser.follow(&authorize("cli_web", WEB, "&scope=tools:*+prompts:*")).await;
    browser.redeem(&page).await;
    let grants = house.server.store.list_grants(&house.user.id).await.unwrap();
    assert_eq!(grants.len(), 2);
    assert!(grants.iter().all(|grant| grant.scopes.to_string() == "tools:*"), "narrowed as before");
    let first = grants.iter().map(|grant| grant.expires_at).min();
    assert!(grants.iter().all(|grant| Some(grant.expires_at) == first), "asking again does not prolong it");

    consent_page(&browser, "cli_web", WEB, "&scope=tools:*+resources:*").await;
    consent_page(&browser, "cli_web", WEB, "&scope=tools:*&prompt=consent").await;
    let id = "cli_web".into();
    let mut client = house.server.store.find_client(&id).await.unwrap().unwrap();
    client.name = "Notebook Pro".to_owned();
    house.server.store.put_client(&client, None).await.unwrap();
    let page = consent_page(&browser, "cli_web", WEB, "&scope=tools:*").await;
    assert!(page.body.contains("Notebook Pro"), "a changed client asks again");
}

#[tokio::test]
async fn a_client_on_the_own_device_is_always_shown() {
    let house = House::new().await;
    let browser = house.signed_in().await;
    for _ in 0..2 {
        let page = consent_page(&browser, "cli_cli", LOOPBACK, "&scope=tools:*").await;
        assert!(page.body.contains("this device") && page.body.contains("127.0.0.1"), "{}", page.body);
        let page =
            browser.post("/consent", &[("scope", "tools:*"), ("lifetime", "86400"), ("decision", "allow")]).await;
        assert!(page.location().starts_with("http://127.0.0.1:43117/cb?"), "{}", page.location());
    }
}

#[tokio::test]
async fn the_policy_of_a_page_lets_its_form_lead_to_the_client() {
    let house = House::new().await;
    let browser = house.browser();
    let policy = |page: &Page| page.headers.get(header::CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap().to_owned();
    let page = browser.follow(&authorize("cli_cli", LOOPBACK, "")).await;
    assert!(policy(&page).contains("form-action 'self' https: http:;"), "{}", policy(&page));
    assert!(page.headers.get("cross-origin-opener-policy").is_none());
    let page = browser.get("/login").await;
    assert!(policy(&page).contains("form-action 'self';"));
    assert_eq!(page.headers.get("cross-origin-opener-policy").unwrap(), "same-origin");
}

#[tokio::test]
async fn the_client_that_changed_under_the_form_is_shown_again() {
    let house = House::new().await;
    let browser = house.signed_in().await;
    consent_page(&browser, "cli_web", WEB, "").await;
    let mut client = house.server.store.find_client(&"cli_web".into()).await.unwrap().unwrap();
    client.name = "Totally Trustworthy".to_owned();
    house.server.store.put_client(&client, None).await.unwrap();
    let page = browser.post("/consent", &[("scope", "tools:*"), ("lifetime", "3600"), ("decision", "allow")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("has changed") && page.body.contains("Totally Trustworthy"));
}

#[tokio::test]
async fn a_flow_is_worth_nothing_in_another_browser() {
    let house = House::new().await;
    let (mine, theirs) = (house.browser(), house.signed_in().await);
    let waiting = mine.get(&authorize("cli_web", WEB, "")).await.location().to_owned();
    let flow = waiting.split_once("flow=").unwrap().1;
    for path in [format!("/consent?flow={flow}"), format!("/login?flow={flow}")] {
        assert_eq!(theirs.get(&path).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    for odd in ["/consent", "/consent?flow=", "/consent?flow=vfl_x", "/consent?flow=%00", "/consent?flow=../x"] {
        assert_eq!(theirs.get(odd).await.status, StatusCode::BAD_REQUEST, "{odd}");
    }
}

#[tokio::test]
async fn hostile_names_are_escaped_everywhere() {
    let house = House::new().await;
    let evil = "\"><script>alert(1)</script><svg onload=x>\u{202e}gpj";
    let mut client = house.server.store.find_client(&"cli_web".into()).await.unwrap().unwrap();
    client.name = evil.to_owned();
    house.server.store.put_client(&client, None).await.unwrap();
    let browser = house.browser();
    let page = browser.get("/login").await;
    assert_eq!(page.status, StatusCode::OK);
    let page = browser.post("/login", &[("email", evil), ("password", "x")]).await;
    assert!(!page.body.contains("<script") && !page.body.contains("<svg onload"));
    let browser = house.signed_in().await;
    let page = consent_page(&browser, "cli_web", WEB, "").await;
    assert!(!page.body.contains("<script") && !page.body.contains('\u{202e}'));
    browser.post("/consent", &[("scope", "tools:*"), ("lifetime", "3600"), ("decision", "allow")]).await;
    let page = browser.get("/account").await;
    assert!(page.body.contains("alert(1)") && !page.body.contains("<script"));
}

#[tokio::test]
async fn every_refused_sign_in_looks_the_same() {
    let house = House::new().await;
    let mut disabled = house.user.clone();
    (disabled.id, disabled.email, disabled.disabled) = ("usr_gone".into(), "gone@example.com".to_owned(), true);
    house.server.store.create_user(&disabled, None).await.unwrap();
    let mut seen = Vec::new();
    for email in [EMAIL, "nobody@example.com", "gone@example.com"] {
        let browser = house.browser();
        browser.get("/login").await;
        let token = browser.hidden("csrf");
        let page = browser.post("/login", &[("email", email), ("password", "wrong")]).await;
        let mut names: Vec<_> = page.headers.keys().map(|name| name.as_str().to_owned()).collect();
        names.sort();
        seen.push((page.status, names, page.body.replace(email, "…").replace(&token, "…")));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    assert_eq!(seen[0].0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn too_many_tries_are_told_when_to_come_back() {
    let house = House::new().await;
    let browser = house.browser();
    browser.get("/login").await;
    for _ in 0..5 {
        assert_eq!(sign_in(&browser, "wrong").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let page = sign_in(&browser, PASSWORD).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(page.headers.get(header::RETRY_AFTER).unwrap(), "1");
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(sign_in(&browser, PASSWORD).await.location(), "/account");
}

#[tokio::test]
async fn with_two_steps_nothing_opens_before_the_second() {
    let house = House::new().await;
    let code = house.with_app().await;
    let browser = house.browser();
    let page = browser.follow(&authorize("cli_web", WEB, "")).await;
    assert_eq!(page.status, StatusCode::OK);
    let page = sign_in(&browser, PASSWORD).await;
    let mfa = page.location().to_owned();
    assert!(mfa.starts_with("/mfa?flow="), "{mfa}");
    assert!(browser.cookie(SESSION_COOKIE).is_none());
    let flow = browser.hidden("flow");
    for door in ["/account", "/account/password", "/account/two-factor", &format!("/consent?flow={flow}")] {
        assert!(browser.get(door).await.location().starts_with("/login"), "{door}");
    }
    browser.get(&mfa).await;
    let page = browser.post("/mfa", &[("code", "000000")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = browser.post("/mfa", &[("code", &code())]).await;
    assert!(page.location().starts_with("/consent?flow="), "{}", page.location());
    assert!(browser.cookie(SESSION_COOKIE).is_some() && browser.cookie(PENDING_COOKIE).is_none());
    assert_eq!(browser.get("/mfa").await.location(), "/login", "the pending login is over");
}

#[tokio::test]
async fn cross_site_and_forged_forms_are_refused() {
    let house = House::new().await;
    let browser = house.browser();
    browser.get("/login").await;
    let token = browser.hidden("csrf");
    let fields = [("csrf", token.as_str()), ("email", EMAIL), ("password", PASSWORD)];
    for headers in [
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
        [("origin", "https://evil.example")],
        [("origin", "http://gate.example.com")],
    ] {
        assert_eq!(
            browser.post_exactly("/login", &fields, &headers).await.status,
            StatusCode::FORBIDDEN,
            "{headers:?}"
        );
    }
    for bad in ["", "x", &token[1..]] {
        let fields = [("csrf", bad), ("email", EMAIL), ("password", PASSWORD)];
        assert_eq!(browser.post_exactly("/login", &fields, &[]).await.status, StatusCode::FORBIDDEN, "{bad}");
    }
    assert_eq!(browser.post_exactly("/login", &fields[1..], &[]).await.status, StatusCode::FORBIDDEN, "no token");
    let twice = [fields[0], fields[0], fields[1], fields[2]];
    assert_eq!(browser.post_exactly("/login", &twice, &[]).await.status, StatusCode::FORBIDDEN, "two tokens");
    let stranger = house.browser();
    stranger.get("/login").await;
    assert_eq!(
        stranger.post_exactly("/login", &fields, &[]).await.status,
        StatusCode::FORBIDDEN,
        "another browser's token"
    );
    let own = [("origin", HOME), ("sec-fetch-site", "same-origin")];
    assert_eq!(browser.post_exactly("/login", &fields, &own).await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        browser.post_exactly("/logout", &fields, &own).await.status,
        StatusCode::FORBIDDEN,
        "a token from before the sign-in"
    );
}

#[tokio::test]
async fn malformed_forms_are_the_senders_fault() {
    let house = House::new().await;
    let browser = house.browser();
    browser.get("/login").await;
    let send = async |kind: &str, body: Vec<u8>| {
        browser.send(Request::post("/login").header("content-type", kind).body(Body::from(body)).unwrap()).await.status
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(send("application/json", b"{}".to_vec()).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(send("", b"a=b".to_vec()).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(send(form, vec![b'a'; 20_000]).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(send(form, b"email=%ff&csrf=x".to_vec()).await, StatusCode::BAD_REQUEST);
    assert_eq!(send(form, "a=b&".repeat(500).into_bytes()).await, StatusCode::BAD_REQUEST);
    assert_eq!(send(form, b"&&&===%".to_vec()).await, StatusCode::FORBIDDEN);
    assert_eq!(send(form, Vec::new()).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn signing_out_is_the_end_of_the_cookie_everywhere() {
    let house = House::new().await;
    let browser = house.signed_in().await;
    let cookie = browser.cookie(SESSION_COOKIE).unwrap();
    browser.get("/account").await;
    assert_eq!(browser.post("/logout", &[]).await.location(), "/login");
    assert!(browser.cookie(SESSION_COOKIE).is_none());
    browser.plant(SESSION_COOKIE, &cookie);
    assert!(browser.get("/account").await.location().starts_with("/login"), "the old cookie is refused");
    assert!(house.journal().iter().any(|line| line.contains("\"sign_out\"")));
}

#[tokio::test]
async fn a_planted_cookie_is_not_the_session_after_sign_in() {
    let house = House::new().await;
    let attacker = house.signed_in().await;
    let planted = attacker.cookie(SESSION_COOKIE).unwrap();
    let victim = house.browser();
    victim.plant(SESSION_COOKIE, &planted);
    victim.get("/account").await;
    victim.post("/logout", &[]).await;
    victim.get("/login").await;
    sign_in(&victim, PASSWORD).await;
    assert_ne!(victim.cookie(SESSION_COOKIE).unwrap(), planted);
    assert!(attacker.get("/account").await.location().starts_with("/login"), "the planted one is dead");
}

#[tokio::test]
async fn open_redirects_after_sign_in_are_ignored() {
    let house = House::new().await;
    for evil in
        ["//evil.example", "/\\evil.example", "https:evil.example", "%0d%0aX:y", "/%0d%0aX:y", "https://evil.example/"]
    {
        let browser = house.browser();
        let query: String = form_urlencoded::byte_serialize(evil.as_bytes()).collect();
        browser.get(&format!("/login?return_to={query}")).await;
        let page = browser.post("/login", &[("email", EMAIL), ("password", PASSWORD), ("return_to", evil)]).await;
        assert_eq!(page.location(), "/account", "{evil}");
    }
    let browser = house.browser();
    browser.get("/login?return_to=/console/audit").await;
    assert_eq!(sign_in(&browser, PASSWORD).await.location(), "/console/audit");
}

#[tokio::test]
async fn the_account_page_lists_and_ends_what_is_ones_own() {
    let house = House::new().await;
    let (here, elsewhere) = (house.signed_in().await, house.signed_in().await);
    consent_page(&here, "cli_web", WEB, "").await;
    here.post("/consent", &[("scope", "tools:*"), ("lifetime", "3600"), ("decision", "allow")]).await;
    let grant = house.server.store.list_grants(&house.user.id).await.unwrap().remove(0);
    let page = here.get("/account").await;
    assert!(
        page.body.contains("Notebook") && page.body.contains(grant.id.as_str()) && page.body.contains("this browser")
    );

    here.post("/account/apps/revoke", &[("grant", "grt_of_somebody_else")]).await;
    assert_eq!(house.server.store.list_grants(&house.user.id).await.unwrap().len(), 1);
    assert_eq!(
        here.post("/account/apps/revoke", &[("grant", grant.id.as_str())]).await.location(),
        "/account?done=app"
    );
    assert!(house.server.store.list_grants(&house.user.id).await.unwrap().is_empty());
    let page = consent_page(&here, "cli_web", WEB, "").await;
    assert!(page.body.contains("Notebook"), "the consent is forgotten with it");

    here.get("/account").await;
    assert_eq!(here.post("/account/sessions/revoke-all", &[]).await.location(), "/account?done=sessions");
    assert!(elsewhere.get("/account").await.location().starts_with("/login"));
    assert_eq!(here.get("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn changing_the_password_needs_the_old_one_and_signs_out_the_rest() {
    let house = House::new().await;
    let (here, elsewhere) = (house.signed_in().await, house.signed_in().await);
    let before = here.cookie(SESSION_COOKIE).unwrap();
    let chosen = "violet-harbour-17-mosaic";
    let change = async |old: &str, new: &str, repeat: &str| {
        here.get("/account/password").await;
        here.post("/account/password", &[("password", old), ("new_password", new), ("repeat", repeat)]).await
    };
    assert_eq!(change("wrong", chosen, chosen).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(change(PASSWORD, chosen, "different").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(change(PASSWORD, "mira-okafor-1", "mira-okafor-1").await.body.contains("too easy"));
    assert!(change(PASSWORD, "short", "short").await.body.contains("at least 12"));
    assert_eq!(change(PASSWORD, chosen, chosen).await.location(), "/account?done=password");
    assert_ne!(here.cookie(SESSION_COOKIE).unwrap(), before, "a new id");
    assert_eq!(here.get("/account").await.status, StatusCode::OK);
    assert!(elsewhere.get("/account").await.location().starts_with("/login"));
    let fresh = house.browser();
    fresh.get("/login").await;
    assert_eq!(sign_in(&fresh, PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sign_in(&fresh, chosen).await.location(), "/account");
}

#[tokio::test]
async fn two_steps_are_set_up_with_a_code_and_removed_with_the_password() {
    let house = House::new().await;
    let browser = house.signed_in().await;
    browser.get("/account/two-factor").await;
    assert_eq!(
        browser.post("/account/two-factor/begin", &[("password", "wrong")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let page = browser.post("/account/two-factor/begin", &[("password", PASSWORD)]).await;
    let key = page.body.split("class=\"key\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(page.body.contains("<path d=\"M4 4h1v1h-1z"), "the corner of a QR code");
    let code = app(&key, std::sync::Arc::clone(&house.clock));
    let page = browser.post("/account/two-factor/confirm", &[("code", "000000")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let before = browser.cookie(SESSION_COOKIE).unwrap();
    let page = browser.post("/account/two-factor/confirm", &[("code", &code())]).await;
    let backup: Vec<String> =
        page.body.split("<li><code>").skip(1).map(|part| part.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(backup.len(), 10, "{}", page.body);
    assert_ne!(browser.cookie(SESSION_COOKIE).unwrap(), before, "a stronger session has a new id");

    let fresh = house.browser();
    fresh.get("/login").await;
    let page = sign_in(&fresh, PASSWORD).await;
    fresh.get(&format!("{}?kind=backup", page.location())).await;
    assert_eq!(fresh.post("/mfa", &[("code", &backup[0])]).await.location(), "/account");

    browser.get("/account/two-factor").await;
    assert_eq!(
        browser.post("/account/two-factor/remove", &[("password", "wrong")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        browser.post("/account/two-factor/remove", &[("password", PASSWORD)]).await.location(),
        "/account?done=two-step-off"
    );
    assert!(fresh.get("/account").await.location().starts_with("/login"), "other sessions ended");
    let lines = house.journal();
    for action in ["two_factor_enrolled", "backup_codes_renewed", "two_factor_removed", "password_confirmation"] {
        assert!(lines.iter().any(|line| line.contains(action)), "{action}");
    }
    assert!(lines.iter().all(|line| !line.contains(&key) && !line.contains(&backup[0])), "no secret in the evidence");
}

/// A session that somebody opened with a phished password must not outlive, or undo, the second step.
#[tokio::test]
async fn a_session_of_the_password_alone_cannot_take_the_second_step_away() {
    let house = House::new().await;
    let (owner, thief) = (house.signed_in().await, house.signed_in().await);
    owner.get("/account/two-factor").await;
    let page = owner.post("/account/two-factor/begin", &[("password", PASSWORD)]).await;
    let key = page.body.split("class=\"key\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let code = app(&key, std::sync::Arc::clone(&house.clock));
    owner.post("/account/two-factor/confirm", &[("code", &code())]).await;
    assert!(thief.get("/account").await.location().starts_with("/login"), "signed out");

    // Enrolled by an administrator: the sessions of before are still there.
    let house = House::new().await;
    let thief = house.signed_in().await;
    let _code = house.with_app().await;
    thief.get("/account/two-factor").await;
    for path in ["/account/two-factor/remove", "/account/two-factor/codes"] {
        let page = thief.post(path, &[("password", PASSWORD)]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(house.server.store.list_factors(&house.user.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_enrolment_of_another_session_or_an_old_one_is_refused() {
    let house = House::new().await;
    let (one, two) = (house.signed_in().await, house.signed_in().await);
    one.get("/account/two-factor").await;
    let page = one.post("/account/two-factor/begin", &[("password", PASSWORD)]).await;
    let key = page.body.split("class=\"key\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let code = app(&key, std::sync::Arc::clone(&house.clock));
    let sealed = one.hidden("enrolment");
    two.get("/account/two-factor").await;
    let page = two.post("/account/two-factor/confirm", &[("enrolment", &sealed), ("code", &code())]).await;
    assert_eq!(page.location(), "/account/two-factor");
    house.clock.advance(Duration::from_secs(601));
    assert_eq!(one.post("/account/two-factor/confirm", &[("code", &code())]).await.location(), "/account/two-factor");
    assert!(house.server.store.list_factors(&house.user.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn without_evidence_nobody_gets_in() {
    let house = House::new().await;
    let browser = house.browser();
    browser.get("/login").await;
    house.server.journal.close().await;
    let page = sign_in(&browser, PASSWORD).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(browser.cookie(SESSION_COOKIE).is_none());
    assert_eq!(sign_in(&browser, "wrong").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn every_page_of_the_account_sends_strangers_to_sign_in() {
    let house = House::new().await;
    let browser = house.browser();
    for page in ["/account", "/account/password", "/account/two-factor"] {
        assert_eq!(browser.get(page).await.location(), "/login?return_to=%2Faccount", "{page}");
    }
    browser.get("/login").await;
    let csrf = browser.hidden("csrf");
    for form in [
        "/account/apps/revoke",
        "/account/apps/revoke-all",
        "/account/sessions/revoke",
        "/account/sessions/revoke-all",
        "/account/password",
        "/account/two-factor/begin",
        "/account/two-factor/confirm",
        "/account/two-factor/codes",
        "/account/two-factor/remove",
    ] {
        let page = browser.post_exactly(form, &[("csrf", &csrf), ("password", PASSWORD)], &[]).await;
        assert_eq!(page.location(), "/login?return_to=%2Faccount", "{form}");
        assert_eq!(browser.post_exactly(form, &[], &[]).await.status, StatusCode::FORBIDDEN, "{form}");
    }
}

#[tokio::test]
async fn the_assets_are_cached_by_their_content() {
    let house = House::new().await;
    let browser = house.browser();
    for (path, kind) in
        [("/assets/vestibule.css", "text/css; charset=utf-8"), ("/assets/vestibule.svg", "image/svg+xml")]
    {
        let page = browser.get(path).await;
        assert_eq!(page.headers.get(header::CONTENT_TYPE).unwrap(), kind);
        let tag = page.headers.get(header::ETAG).unwrap().clone();
        let again = Request::get(path).header(header::IF_NONE_MATCH, tag).body(Body::empty()).unwrap();
        assert_eq!(browser.send(again).await.status, StatusCode::NOT_MODIFIED);
    }
}
