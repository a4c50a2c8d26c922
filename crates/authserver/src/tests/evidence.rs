//! Without evidence nothing happens.

use http::{Method, StatusCode, header};

use crate::{
    flow::{self, FlowError},
    testing::*,
};

#[tokio::test]
async fn a_journal_that_cannot_be_written_stops_everything() {
    let house = House::new().await;
    let who = house.sign_in().await;
    let refresh = house.tokens("cli_app").await.text("refresh_token");
    let code = house.code("cli_app", &[]).await;
    let flow = house.flow(&house.get(&House::authorize_url("cli_app", &[])).await).await;
    house.server.journal.close().await;

    let refused = |answer: &Answer| {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
        assert_eq!(answer.error(), "temporarily_unavailable");
        assert!(answer.body.contains("audit journal"), "it says which part");
        assert!(!answer.body.contains("access_token") && !answer.body.contains("client_id"));
    };
    refused(&house.refresh("cli_app", &refresh).await);
    refused(&house.form("/token", &House::redeem("cli_app", &code)).await);
    refused(&house.form("/token", &House::redeem("cli_app", "vac_x")).await);
    refused(&house.form("/revoke", &[("client_id", "cli_app"), ("token", "x")]).await);
    let register = house.request(Method::POST, "/register").header(header::CONTENT_TYPE, "application/json");
    let metadata = format!(r#"{{"redirect_uris":["{CALLBACK}"]}}"#);
    refused(&house.send(register.body(axum::body::Body::from(metadata)).unwrap()).await);

    let granted = flow.request.scopes.clone();
    let before = house.server.store.list_grants(&house.user.id).await.unwrap().len();
    let result = flow::allow(&house.server, &house.visit(), flow, &who.session, granted, DAY).await;
    assert!(matches!(result, Err(FlowError::Store(_))));
    assert_eq!(house.server.store.list_grants(&house.user.id).await.unwrap().len(), before, "no grant was made");
}
