//! Redeeming codes: each binding wrong alone and together, replays, other clients, what is in the tokens.

use http::{StatusCode, header};
use vestibule_model::{Clock, GrantId, ResourceUri};
use vestibule_oauth::verify;

use crate::testing::*;

#[tokio::test]
async fn a_code_becomes_tokens_for_one_server() {
    let house = House::new().await;
    let code = house
        .code("cli_app", &[("resource", Some(GITHUB)), ("scope", Some("tools:* openid")), ("nonce", Some("n-1"))])
        .await;
    let answer = house.form("/token", &House::redeem("cli_app", &code)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers.get(header::CACHE_CONTROL).unwrap(), "no-store");
    assert_eq!(answer.headers.get(header::CONTENT_TYPE).unwrap(), "application/json");
    let json = answer.json();
    assert_eq!(
        (&json["token_type"], &json["expires_in"], &json["scope"]),
        (&"Bearer".into(), &600.into(), &"openid tools:*".into())
    );
    let (keys, now) = (house.server.keys.load(), house.clock.now());
    let verified = verify::verify(&answer.text("access_token"), &keys, ISSUER, &ResourceUri::new(GITHUB), now).unwrap();
    let claims = verified.claims();
    assert_eq!(
        (claims.subject.as_str(), claims.client.as_str(), claims.org.as_str()),
        ("usr_mira", "cli_app", "default")
    );
    assert_eq!(claims.authentication.amr, ["pwd", "otp"]);
    assert!(verify::verify(&answer.text("access_token"), &keys, ISSUER, &ResourceUri::new(HR), now).is_err());
    let id_token = answer.text("id_token");
    assert!(verify::verify_any_audience(&id_token, &keys, ISSUER, now).is_err(), "an ID token opens nothing");
    assert_eq!(house.journal("\"token\"").len(), 1);
}

/// CVE-2026-28513: `&&` for `||`. Every combination of wrong bindings is refused, and the code is spent.
#[tokio::test]
async fn every_combination_of_wrong_bindings_is_refused_and_spends_the_code() {
    let house = House::new().await;
    house.add_client("cli_other", |_| ()).await;
    for wrong in 1u8..32 {
        let code = house.code("cli_app", &[]).await;
        let is_wrong = |bit: u8| wrong & (1 << bit) != 0;
        let client = if is_wrong(0) { "cli_other" } else { "cli_app" };
        let verifier = if is_wrong(2) { "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong" } else { VERIFIER };
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", &code),
            ("redirect_uri", if is_wrong(1) { "https://app.example.com/other" } else { CALLBACK }),
            ("code_verifier", verifier),
        ];
        if is_wrong(3) {
            form.push(("resource", GITHUB));
        }
        if is_wrong(4) {
            house.clock.advance(house.server.settings.code_life);
        }
        let answer = house.form("/token", &form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong:05b}");
        let expected = if wrong == 0b01000 { "invalid_target" } else { "invalid_grant" };
        assert_eq!(answer.error(), expected, "{wrong:05b}");
        let right = house.form("/token", &House::redeem("cli_app", &code)).await;
        assert_eq!(right.error(), "invalid_grant", "{wrong:05b}: the code is spent");
    }
}

/// CVE-2026-55672 and CVE-2026-32245: codes not bound to their client.
#[tokio::test]
async fn another_client_gets_nothing_and_does_no_harm() {
    let house = House::new().await;
    house.add_client("cli_other", |client| client["auth_method"] = "client_secret_basic".into()).await;
    let code = house.code("cli_app", &[]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let answer = house.form_as("/token", &form, Some(("cli_other", SECRET))).await;
    assert_eq!(answer.error(), "invalid_grant");
    assert_eq!(house.journal("cross_client").len(), 1);
    let grants = house.server.store.list_grants(&house.user.id).await.unwrap();
    assert!(grants[0].revoked_at.is_none());
    // Nor by replaying a code that was redeemed.
    let code = house.code("cli_app", &[]).await;
    let first = house.form("/token", &House::redeem("cli_app", &code)).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(house.form_as("/token", &form, Some(("cli_other", SECRET))).await.error(), "invalid_grant");
    assert_eq!(house.refresh("cli_app", &first.text("refresh_token")).await.status, StatusCode::OK);
}

/// RFC 6749 section 4.1.2: a replay revokes what the code gave.
#[tokio::test]
async fn a_replayed_code_revokes_its_grant() {
    let house = House::new().await;
    let code = house.code("cli_app", &[]).await;
    let first = house.form("/token", &House::redeem("cli_app", &code)).await;
    assert_eq!(house.form("/token", &House::redeem("cli_app", &code)).await.error(), "invalid_grant");
    assert_eq!(house.refresh("cli_app", &first.text("refresh_token")).await.error(), "invalid_grant");
    let claims =
        verify::verify_any_audience(&first.text("access_token"), &house.server.keys.load(), ISSUER, house.clock.now());
    let grant: GrantId = claims.unwrap().into_claims().grant;
    let grant = house.server.store.find_grant(&grant).await.unwrap().unwrap();
    assert_eq!(grant.revoked_because.as_deref(), Some("code_replayed"));
    assert_eq!(house.journal("\"revoke\"").len(), 1);
}

/// CVE-2024-23647: PKCE downgrade at the token endpoint.
#[tokio::test]
async fn there_is_no_way_around_the_verifier() {
    let house = House::new().await;
    for verifier in [None, Some(""), Some(CHALLENGE), Some("short")] {
        let code = house.code("cli_app", &[]).await;
        let mut form = House::redeem("cli_app", &code);
        form.retain(|(name, _)| *name != "code_verifier");
        form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        let answer = house.form("/token", &form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{verifier:?}");
        assert!(["invalid_request", "invalid_grant"].contains(&answer.error().as_str()), "{verifier:?}");
    }
}

#[tokio::test]
async fn an_oauth_2_1_client_may_leave_the_redirect_uri_out() {
    let house = House::new().await;
    let code = house.code("cli_app", &[]).await;
    let mut form = House::redeem("cli_app", &code);
    form.retain(|(name, _)| *name != "redirect_uri");
    assert_eq!(house.form("/token", &form).await.status, StatusCode::OK);
}

/// Loopback: the port is free at `/authorize` and bound from then on.
#[tokio::test]
async fn the_port_is_free_once() {
    let house = House::new().await;
    house
        .add_client("cli_native", |client| client["redirect_uris"] = serde_json::json!(["http://localhost/callback"]))
        .await;
    let sent = "http://localhost:49152/callback";
    for (at_token, status) in
        [(sent, 200), ("http://localhost:49153/callback", 400), ("http://localhost/callback", 400)]
    {
        let code = house.code("cli_native", &[("redirect_uri", Some(sent))]).await;
        let mut form = House::redeem("cli_native", &code);
        form[3].1 = at_token;
        assert_eq!(house.form("/token", &form).await.status.as_u16(), status, "{at_token}");
    }
}

#[tokio::test]
async fn malformed_codes_are_refused() {
    let house = House::new().await;
    let code = house.code("cli_app", &[]).await;
    for bad in [
        "x",
        "vac_",
        &code[..code.len() - 1],
        &format!("{code}="),
        &format!("{code} "),
        &code.to_uppercase(),
        &code.replace("vac_", "vrt_"),
    ] {
        assert_eq!(house.form("/token", &House::redeem("cli_app", bad)).await.error(), "invalid_grant", "{bad}");
    }
    assert_eq!(
        house.form("/token", &House::redeem("cli_app", &code)).await.status,
        StatusCode::OK,
        "no guess spent it"
    );
}

#[tokio::test]
async fn a_user_disabled_meanwhile_gets_no_token() {
    let house = House::new().await;
    let code = house.code("cli_app", &[]).await;
    let mut user = house.user.clone();
    user.disabled = true;
    house.server.store.update_user(&user).await.unwrap();
    assert_eq!(house.form("/token", &House::redeem("cli_app", &code)).await.error(), "invalid_grant");
}

/// CVE-2020-25816: a token that outlives what it came from.
#[tokio::test]
async fn no_token_outlives_its_grant() {
    let house = House::new().await;
    let who = house.sign_in().await;
    let flow = house.flow(&house.get(&House::authorize_url("cli_app", &[])).await).await;
    let (granted, life) = (flow.request.scopes.clone(), std::time::Duration::from_secs(300));
    let url = crate::flow::allow(&house.server, &house.visit(), flow, &who.session, granted, life).await.unwrap();
    let code = url.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    let answer = house.form("/token", &House::redeem("cli_app", &code)).await;
    assert_eq!(answer.json()["expires_in"], 300);
    house.clock.advance(life);
    assert_eq!(house.refresh("cli_app", &answer.text("refresh_token")).await.error(), "invalid_grant");
}

/// Secrets never reach journal or answer.
#[tokio::test]
async fn the_journal_knows_no_secret() {
    let house = House::new().await;
    let code = house.code("cli_app", &[]).await;
    let answer = house.form("/token", &House::redeem("cli_app", &code)).await;
    house.refresh("cli_app", &answer.text("refresh_token")).await;
    house.form("/token", &House::redeem("cli_app", &code)).await;
    for secret in
        [code, answer.text("refresh_token"), answer.text("access_token"), VERIFIER.to_owned(), CHALLENGE.to_owned()]
    {
        assert!(house.journal(&secret).is_empty(), "{secret}");
    }
}

#[tokio::test]
async fn requests_that_are_no_token_requests_are_refused_plainly() {
    let house = House::new().await;
    for (pairs, error) in [
        (vec![], "invalid_request"),
        (vec![("client_id", "cli_app")], "invalid_request"),
        (
            vec![("client_id", "cli_app"), ("grant_type", "password"), ("username", "a"), ("password", "b")],
            "unsupported_grant_type",
        ),
        (vec![("client_id", "cli_unknown"), ("grant_type", "refresh_token")], "invalid_client"),
        (vec![("client_id", "cli_app"), ("client_secret", "guess"), ("grant_type", "refresh_token")], "invalid_client"),
        (vec![("client_id", "cli_app"), ("grant_type", "client_credentials")], "unauthorized_client"),
    ] {
        let answer = house.form("/token", &pairs).await;
        assert!(answer.status.is_client_error(), "{pairs:?}");
        assert_eq!(answer.error(), error, "{pairs:?}");
    }
    assert_eq!(
        house.form("/token?grant_type=refresh_token", &[("client_id", "cli_app")]).await.error(),
        "invalid_request"
    );
    let json = house.request(http::Method::POST, "/token").header(header::CONTENT_TYPE, "application/json");
    let answer = house.send(json.body(axum::body::Body::from("{}")).unwrap()).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::BAD_REQUEST, "invalid_request"));
    assert_eq!(house.get("/token").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_client_that_failed_with_basic_is_told_the_scheme() {
    let house = House::new().await;
    house.add_client("cli_web", |client| client["auth_method"] = "client_secret_basic".into()).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let answer = house.form_as("/token", &form, Some(("cli_web", "wrong"))).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
    assert!(answer.headers.get(header::WWW_AUTHENTICATE).unwrap().to_str().unwrap().starts_with("Basic "));
    let none = house
        .form("/token", &[("client_id", "cli_web"), ("grant_type", "refresh_token"), ("refresh_token", "x")])
        .await;
    assert_eq!(none.error(), "invalid_client", "a confidential client cannot pass as a public one");
}

/// Nothing stays of a sign-in that its client never finished.
#[tokio::test]
async fn a_code_that_is_never_redeemed_leaves_no_live_grant() {
    let house = House::new().await;
    house.code("cli_app", &[]).await;
    house.clock.advance(house.server.settings.code_life);
    assert!(house.server.store.list_grants(&house.user.id).await.unwrap().is_empty());
    house.tokens("cli_app").await;
    house.clock.advance(29 * DAY);
    assert_eq!(house.server.store.list_grants(&house.user.id).await.unwrap().len(), 1);
}

/// Whoever is refused all day does not fill the disk.
#[tokio::test]
async fn a_flood_of_refusals_stops_being_recorded_and_harms_nobody_else() {
    let house = House::new().await;
    let event = {
        let mut event = house.visit().event(&house.server, vestibule_model::EventKind::Token);
        event.verdict = Some(vestibule_model::Verdict::Deny);
        event
    };
    for _ in 0..3000 {
        house.server.record_answer(&event).await.unwrap();
    }
    let answer = house.form("/token", &House::redeem("cli_app", "vac_x")).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.error(), "temporarily_unavailable");
    house.tokens("cli_app").await;
}
