//! Refresh tokens: rotation, retries, reuse, narrowing, and everything that must end them.

use std::time::Duration;

use http::StatusCode;
use vestibule_model::Clock;
use vestibule_oauth::verify;

use crate::testing::*;

#[tokio::test]
async fn a_public_client_s_token_rotates() {
    let house = House::new().await;
    let first = house.tokens("cli_app").await;
    let second = house.refresh("cli_app", &first.text("refresh_token")).await;
    assert_eq!(second.status, StatusCode::OK);
    assert_ne!(first.text("refresh_token"), second.text("refresh_token"));
    assert_ne!(first.text("access_token"), second.text("access_token"));
    assert_eq!(second.text("scope"), first.text("scope"));
}

/// A lost answer must not log the user out: the retry gets the very same successor.
#[tokio::test]
async fn a_quick_retry_gets_the_same_answer() {
    let house = House::new().await;
    let first = house.tokens("cli_app").await;
    let second = house.refresh("cli_app", &first.text("refresh_token")).await;
    house.clock.advance(Duration::from_secs(9));
    let retry = house.refresh("cli_app", &first.text("refresh_token")).await;
    assert_eq!(retry.body, second.body);
    // Once the successor was used, nobody needs the retry any more.
    let third = house.refresh("cli_app", &second.text("refresh_token")).await;
    assert_eq!(third.status, StatusCode::OK);
    assert_eq!(house.refresh("cli_app", &first.text("refresh_token")).await.error(), "invalid_grant");
    assert_eq!(
        house.refresh("cli_app", &third.text("refresh_token")).await.error(),
        "invalid_grant",
        "the family is revoked"
    );
    assert_eq!(house.journal("refresh_token_reused").len(), 2, "the revocation and the refusal");
}

#[tokio::test]
async fn a_late_reuse_revokes_the_family() {
    let house = House::new().await;
    let first = house.tokens("cli_app").await;
    let second = house.refresh("cli_app", &first.text("refresh_token")).await;
    house.clock.advance(Duration::from_secs(10));
    assert_eq!(house.refresh("cli_app", &first.text("refresh_token")).await.error(), "invalid_grant");
    assert_eq!(house.refresh("cli_app", &second.text("refresh_token")).await.error(), "invalid_grant");
}

/// CVE-2026-9802: a clock that jumps back brings no token back to life.
#[tokio::test]
async fn a_clock_that_jumps_back_forgives_nothing() {
    let house = House::new().await;
    let first = house.tokens("cli_app").await;
    let second = house.refresh("cli_app", &first.text("refresh_token")).await;
    let third = house.refresh("cli_app", &second.text("refresh_token")).await;
    house.clock.set(house.clock_minus(Duration::from_secs(3600)));
    assert_eq!(house.refresh("cli_app", &first.text("refresh_token")).await.error(), "invalid_grant");
    assert_eq!(house.refresh("cli_app", &third.text("refresh_token")).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_confidential_client_s_token_stays() {
    let house = House::new().await;
    house.add_client("cli_web", |client| client["auth_method"] = "client_secret_post".into()).await;
    let code = house.code("cli_web", &[]).await;
    let mut form = House::redeem("cli_web", &code);
    form.push(("client_secret", SECRET));
    let token = house.form("/token", &form).await.text("refresh_token");
    for _ in 0..3 {
        let form = [("grant_type", "refresh_token"), ("refresh_token", &token)];
        let answer = house.form_as("/token", &form, Some(("cli_web", SECRET))).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.json().get("refresh_token").is_none());
        house.clock.advance(13 * DAY);
    }
    let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    let late = house.form_as("/token", &form, Some(("cli_web", SECRET))).await;
    assert_eq!(late.error(), "invalid_grant", "past the absolute end");
    assert_eq!(house.refresh("cli_web", &token).await.error(), "invalid_client");
}

#[tokio::test]
async fn an_idle_token_ends() {
    let house = House::new().await;
    let first = house.tokens("cli_app").await;
    house.clock.advance(14 * DAY);
    assert_eq!(house.refresh("cli_app", &first.text("refresh_token")).await.error(), "invalid_grant");
}

#[tokio::test]
async fn scopes_can_be_narrowed_and_never_widened() {
    let house = House::new().await;
    let first = house.tokens("cli_app").await;
    let ask = |token: String, scope: &'static str| {
        let house = &house;
        async move {
            let form = [
                ("grant_type", "refresh_token"),
                ("client_id", "cli_app"),
                ("refresh_token", &token),
                ("scope", scope),
            ];
            house.form("/token", &form).await
        }
    };
    assert_eq!(ask(first.text("refresh_token"), "tools:* admin").await.error(), "invalid_scope");
    assert_eq!(ask(first.text("refresh_token"), "openid").await.error(), "invalid_scope");
    let narrow = ask(first.text("refresh_token"), "tools:*").await;
    assert_eq!(narrow.text("scope"), "tools:*");
    let wide = house.refresh("cli_app", &narrow.text("refresh_token")).await;
    assert_eq!(wide.text("scope"), first.text("scope"), "the grant was not narrowed");
}

#[tokio::test]
async fn the_resource_can_only_be_repeated() {
    let house = House::new().await;
    let first = house.tokens("cli_app").await;
    let token = first.text("refresh_token");
    let ask = |resource| house.form_refresh(&token, resource);
    assert_eq!(ask(GITHUB).await.error(), "invalid_target");
    assert_eq!(ask("https://elsewhere.example").await.error(), "invalid_target");
    assert_eq!(ask("https://gate.example.com/mcp/hr/").await.status, StatusCode::OK);
}

/// CVE-2026-43983 and its kin: everything that takes access away ends refreshing too.
#[tokio::test]
async fn whatever_was_taken_away_ends_refreshing() {
    for case in
        ["user disabled", "user deleted", "client disabled", "client deleted", "grant revoked", "server removed"]
    {
        let house = House::new().await;
        let token = house.tokens("cli_app").await.text("refresh_token");
        let (store, client) = (&house.server.store, "cli_app".into());
        match case {
            "user disabled" => {
                let mut user = house.user.clone();
                user.disabled = true;
                store.update_user(&user).await.map(drop).unwrap();
            }
            "user deleted" => store.delete_user(&house.user.id).await.map(drop).unwrap(),
            "client disabled" => store.set_client_disabled(&client, true).await.map(drop).unwrap(),
            "client deleted" => store.delete_client(&client).await.map(drop).unwrap(),
            "server removed" => house.server.servers.store(std::sync::Arc::default()),
            _ => {
                let grants = store.list_grants(&house.user.id).await.unwrap();
                store.revoke_grant(&grants[0].id, "test").await.map(drop).unwrap();
            }
        }
        let answer = house.refresh("cli_app", &token).await;
        assert!(answer.status.is_client_error(), "{case}: {answer:?}");
        assert!(["invalid_grant", "invalid_client"].contains(&answer.error().as_str()), "{case}");
    }
}

#[tokio::test]
async fn another_client_gets_nothing_and_does_no_harm() {
    let house = House::new().await;
    house.add_client("cli_other", |_| ()).await;
    let token = house.tokens("cli_app").await.text("refresh_token");
    assert_eq!(house.refresh("cli_other", &token).await.error(), "invalid_grant");
    assert_eq!(house.journal("cross_client").len(), 1);
    assert_eq!(house.refresh("cli_app", &token).await.status, StatusCode::OK);
}

/// CVE-2026-27840: a truncated opaque token was accepted.
#[tokio::test]
async fn only_the_exact_token_counts() {
    let house = House::new().await;
    let token = house.tokens("cli_app").await.text("refresh_token");
    for end in 0..token.len() {
        let answer = house.refresh("cli_app", &token[..end]).await;
        assert!(answer.status.is_client_error(), "cut at {end}");
    }
    for bad in [
        format!("{token}="),
        format!("{token}A"),
        format!("{token}\u{a0}"),
        token.to_lowercase(),
        token.replace('_', "/"),
    ] {
        assert_eq!(house.refresh("cli_app", &bad).await.error(), "invalid_grant", "{bad}");
    }
    assert_eq!(house.refresh("cli_app", &token).await.status, StatusCode::OK, "none of these harmed it");
}

#[tokio::test]
async fn a_client_that_did_not_register_for_it_gets_no_refresh_token() {
    let house = House::new().await;
    house.add_client("cli_short", |client| client["grant_types"] = serde_json::json!(["authorization_code"])).await;
    let first = house.tokens("cli_short").await;
    assert!(first.json().get("refresh_token").is_none());
    assert_eq!(house.refresh("cli_short", "vrt_x").await.error(), "unauthorized_client");
}

/// Closed when broken: no database, no token; no journal would be the same.
#[tokio::test]
async fn a_database_that_is_down_is_a_503_and_costs_nothing() {
    let house = House::new().await;
    let token = house.tokens("cli_app").await.text("refresh_token");
    house.server.store.faults().fail();
    let answer = house.refresh("cli_app", &token).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"));
    house.server.store.faults().heal();
    let answer = house.refresh("cli_app", &token).await;
    assert_eq!(answer.status, StatusCode::OK);
    let claims =
        verify::verify_any_audience(&answer.text("access_token"), &house.server.keys.load(), ISSUER, house.clock.now());
    assert!(claims.is_ok());
}

impl House {
    fn clock_minus(&self, by: Duration) -> vestibule_model::Timestamp {
        self.clock.now() - by
    }

    async fn form_refresh(&self, token: &str, resource: &str) -> Answer {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", "cli_app"),
            ("refresh_token", token),
            ("resource", resource),
        ];
        self.form("/token", &form).await
    }
}

/// CVE-2026-43983: what was taken away since must not be refreshed.
#[tokio::test]
async fn a_scope_that_was_taken_from_the_client_is_not_refreshed() {
    let house = House::new().await;
    let tokens = house.tokens("cli_app").await;
    assert!(tokens.text("scope").contains("tools:*"));
    house.add_client("cli_app", |client| client["scope"] = "prompts:*".into()).await;
    let next = house.refresh("cli_app", &tokens.text("refresh_token")).await;
    assert_eq!(next.text("scope"), "prompts:*");
    house.add_client("cli_app", |client| client["scope"] = "other".into()).await;
    assert_eq!(house.refresh("cli_app", &next.text("refresh_token")).await.error(), "invalid_scope");
}
