//! Revocation and introspection.

use http::StatusCode;

use crate::testing::*;

impl House {
    async fn introspect(&self, token: &str) -> Answer {
        self.form_as("/introspect", &[("token", token)], Some(("cli_web", SECRET))).await
    }

    /// Access and refresh token of a confidential client.
    async fn web_tokens(&self) -> (String, String) {
        self.add_client("cli_web", |client| client["auth_method"] = "client_secret_basic".into()).await;
        let code = self.code("cli_web", &[]).await;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let answer = self.form_as("/token", &form, Some(("cli_web", SECRET))).await;
        (answer.text("access_token"), answer.text("refresh_token"))
    }
}

#[tokio::test]
async fn a_revoked_refresh_token_takes_its_grant_with_it() {
    let house = House::new().await;
    let tokens = house.tokens("cli_app").await;
    let refresh = tokens.text("refresh_token");
    let answer = house.form("/revoke", &[("client_id", "cli_app"), ("token", &refresh)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(house.refresh("cli_app", &refresh).await.error(), "invalid_grant");
    assert!(house.server.store.list_grants(&house.user.id).await.unwrap().is_empty());
}

/// RFC 7009 section 2.2: 200 for what we do not know; and nothing of another client's is touched.
#[tokio::test]
async fn unknown_tokens_are_a_200_and_tokens_of_others_stay() {
    let house = House::new().await;
    house.add_client("cli_other", |_| ()).await;
    let tokens = house.tokens("cli_app").await;
    let refresh = tokens.text("refresh_token");
    for token in ["x", "vrt_x", "a.b.c", &refresh, &tokens.text("access_token")] {
        let answer = house.form("/revoke", &[("client_id", "cli_other"), ("token", token)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{token}");
    }
    assert_eq!(house.refresh("cli_app", &refresh).await.status, StatusCode::OK);
    assert_eq!(house.form("/revoke", &[("client_id", "cli_app")]).await.error(), "invalid_request");
    assert_eq!(house.form("/revoke", &[("client_id", "cli_nobody"), ("token", "x")]).await.error(), "invalid_client");
}

/// CVE-2020-15223: success reported on a storage error.
#[tokio::test]
async fn a_failing_database_is_a_503_and_never_a_success() {
    let house = House::new().await;
    let refresh = house.tokens("cli_app").await.text("refresh_token");
    house.server.store.faults().fail();
    let answer = house.form("/revoke", &[("client_id", "cli_app"), ("token", &refresh)]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    house.server.store.faults().heal();
    assert_eq!(house.refresh("cli_app", &refresh).await.status, StatusCode::OK, "it was not revoked");
}

#[tokio::test]
async fn introspection_tells_the_owner_and_nobody_else() {
    let house = House::new().await;
    let (access, refresh) = house.web_tokens().await;
    let about = house.introspect(&access).await.json();
    assert_eq!((&about["active"], &about["sub"], &about["aud"]), (&true.into(), &"usr_mira".into(), &HR.into()));
    assert_eq!(house.introspect(&refresh).await.json()["active"], true);
    let others = house.tokens("cli_app").await;
    for token in [
        others.text("access_token"),
        others.text("refresh_token"),
        "x".into(),
        format!("{access}A"),
        access[..access.len() - 1].into(),
    ] {
        assert_eq!(house.introspect(&token).await.body, r#"{"active":false}"#, "{token}");
    }
    assert_eq!(
        house.form("/introspect", &[("client_id", "cli_app"), ("token", &access)]).await.error(),
        "invalid_client",
        "public"
    );
    assert_eq!(house.form("/introspect", &[("token", &access)]).await.error(), "invalid_request");
}

#[tokio::test]
async fn what_was_taken_away_is_not_active() {
    let house = House::new().await;
    let (access, refresh) = house.web_tokens().await;
    let answer = house.form_as("/revoke", &[("token", &access)], Some(("cli_web", SECRET))).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(house.introspect(&access).await.json()["active"], false, "by jti");
    assert_eq!(house.introspect(&refresh).await.json()["active"], true);
    let (access, _) = house.web_tokens().await;
    let mut user = house.user.clone();
    user.disabled = true;
    house.server.store.update_user(&user).await.unwrap();
    assert_eq!(house.introspect(&access).await.json()["active"], false, "user disabled");
    assert_eq!(house.introspect(&refresh).await.json()["active"], false, "user disabled");
}
