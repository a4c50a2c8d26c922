//! Who gets in with a bearer token, and who does not any more.

use std::{sync::Arc, time::Duration};

use http::{HeaderValue, Request, header::AUTHORIZATION, request::Parts};
use vestibule_model::{GrantId, OrgId, ScopeSet, Server, Subject, Timestamp, clock::SeededRandom};

use super::*;
use crate::fixture::{self, House};

fn request(uri: &str, authorization: &[&str]) -> Parts {
    let mut parts = Request::builder().uri(uri).body(()).unwrap().into_parts().0;
    for value in authorization {
        parts.headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    parts
}

async fn enter(house: &House, token: &str) -> Result<Authenticated, AuthenticateError> {
    enter_at(house, token, &house.server).await
}

async fn enter_at(house: &House, token: &str, server: &Server) -> Result<Authenticated, AuthenticateError> {
    let request = request("/mcp/hr", &[&format!("Bearer {token}")]);
    house.authenticator.authenticate(&request, server).await
}

fn refused<T: std::fmt::Debug>(result: Result<T, AuthenticateError>) {
    assert!(matches!(result, Err(AuthenticateError::Invalid(_))), "{result:?}");
}

#[tokio::test]
async fn a_good_token_is_its_user_as_the_directory_knows_them() {
    let house = House::new().await;
    let (token, grant) = house.token().await;
    for round in 0..3 {
        let caller = enter(&house, &token).await.unwrap();
        let principal = caller.principal();
        assert_eq!(principal.subject_id(), "usr_mira", "round {round}");
        assert_eq!(principal.roles(), ["EMPLOYEE"]);
        assert_eq!(principal.grant, grant.id);
    }
}

#[tokio::test]
async fn only_one_bearer_in_one_header_counts() {
    let house = House::new().await;
    let (token, _) = house.token().await;
    let ask = async |uri: &str, headers: &[&str]| {
        house.authenticator.authenticate(&request(uri, headers), &house.server).await
    };
    let good = format!("Bearer {token}");
    for scheme in ["bearer", "BEARER", "bEaReR", "Bearer "] {
        assert!(ask("/mcp/hr", &[&format!("{scheme} {token}")]).await.is_ok(), "{scheme}");
    }
    assert!(matches!(ask("/mcp/hr", &[]).await, Err(AuthenticateError::Missing)));
    assert!(matches!(ask("/mcp/hr", &[&good, &good]).await, Err(AuthenticateError::Malformed(_))));
    for query in ["access_token=x", "a=b&access_token=", "access%5Ftoken=x", "ACCESS_TOKEN=x", "access_token"] {
        let uri = format!("/mcp/hr?{query}");
        assert!(matches!(ask(&uri, &[&good]).await, Err(AuthenticateError::Malformed(_))), "{query}");
        assert!(matches!(ask(&uri, &[]).await, Err(AuthenticateError::Malformed(_))), "{query}");
    }
}

#[tokio::test]
async fn malformed_authorization_is_refused_and_never_an_error_of_ours() {
    let house = House::new().await;
    let (token, _) = house.token().await;
    let long = format!("Bearer {}", "a".repeat(9000));
    for bad in [
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "",
        " ",
        "Basic dXNlcjpwYXNz",
        "Token x",
        "Bearer a b",
        "Bearer \u{e9}",
        "Bearer ..",
        "Bearer .",
        "Bearer a.b.c",
        &long,
        &format!("Bearer {token},Bearer {token}"),
        &format!("Bearer\t{token}"),
        &format!("\"Bearer {token}\""),
        &token,
    ] {
        refused(house.authenticator.authenticate(&request("/mcp/hr", &[bad]), &house.server).await);
    }
}

#[tokio::test]
async fn a_token_for_another_server_is_refused_also_when_it_is_cached() {
    let house = House::new().await;
    let (token, _) = house.token().await;
    let other = fixture::server("finance");
    refused(enter_at(&house, &token, &other).await);
    assert!(enter(&house, &token).await.is_ok());
    refused(enter_at(&house, &token, &other).await);
    assert!(enter(&house, &token).await.is_ok());
}

#[tokio::test]
async fn revoking_bites_on_the_next_request() {
    let house = House::new().await;
    let (token, grant) = house.token().await;
    let (other, _) = house.token().await;
    assert!(enter(&house, &token).await.is_ok() && enter(&house, &other).await.is_ok());
    house.store.revoke_grant(&grant.id, "test").await.unwrap();
    refused(enter(&house, &token).await);
    assert!(enter(&house, &other).await.is_ok(), "the other grant lives on");
}

#[tokio::test]
async fn one_revoked_token_leaves_its_siblings_alone() {
    let house = House::new().await;
    let grant = house.grant().await;
    let claims = house.claims(&grant);
    let (one, two) = (claims.sign(&house.keys.load()).unwrap(), house.claims(&grant).sign(&house.keys.load()).unwrap());
    assert!(enter(&house, &one).await.is_ok() && enter(&house, &two).await.is_ok());
    house.store.revoke_token_id(claims.id.as_str(), claims.expires_at).await.unwrap();
    refused(enter(&house, &one).await);
    assert!(enter(&house, &two).await.is_ok());
}

#[tokio::test]
async fn a_disabled_user_is_out_and_changed_roles_are_in_at_once() {
    let house = House::new().await;
    let (token, _) = house.token().await;
    assert!(enter(&house, &token).await.is_ok());
    let mut user = house.user.clone();
    user.roles = vec!["EXECUTIVE".to_owned()];
    house.store.update_user(&user).await.unwrap();
    assert_eq!(enter(&house, &token).await.unwrap().principal().roles(), ["EXECUTIVE"]);
    user.disabled = true;
    house.store.update_user(&user).await.unwrap();
    refused(enter(&house, &token).await);
    house.store.delete_user(&user.id).await.unwrap();
    refused(enter(&house, &token).await);
}

#[tokio::test]
async fn a_disabled_or_deleted_client_is_out_at_once() {
    let house = House::new().await;
    let (token, _) = house.token().await;
    assert!(enter(&house, &token).await.is_ok());
    house.store.set_client_disabled(&house.client.id, true).await.unwrap();
    refused(enter(&house, &token).await);
    house.store.set_client_disabled(&house.client.id, false).await.unwrap();
    assert!(enter(&house, &token).await.is_ok());
    house.store.delete_client(&house.client.id).await.unwrap();
    refused(enter(&house, &token).await);
}

#[tokio::test]
async fn time_ends_a_cached_token_in_both_directions() {
    let house = House::new().await;
    let (token, _) = house.token().await;
    assert!(enter(&house, &token).await.is_ok());
    let start = house.clock.now();
    house.clock.set(start - Duration::from_secs(3600));
    refused(enter(&house, &token).await);
    house.clock.set(start + Duration::from_secs(599));
    assert!(enter(&house, &token).await.is_ok());
    house.clock.set(start + Duration::from_secs(611));
    refused(enter(&house, &token).await);
}

#[tokio::test]
async fn a_token_never_outlives_its_grant() {
    let house = House::new().await;
    let mut grant = house.grant().await;
    grant.id = GrantId::new("grt_short");
    grant.expires_at = house.clock.now() + Duration::from_secs(60);
    house.store.create_grant(&grant).await.unwrap();
    let token = house.claims(&grant).sign(&house.keys.load()).unwrap();
    assert!(enter(&house, &token).await.is_ok());
    house.clock.advance(Duration::from_secs(60));
    refused(enter(&house, &token).await);
}

#[tokio::test]
async fn a_withdrawn_key_ends_cached_tokens() {
    let house = House::new().await;
    let (token, _) = house.token().await;
    assert!(enter(&house, &token).await.is_ok());
    let later = house.clock.now() + Duration::from_secs(1);
    house.keys.store(Arc::new(fixture::key_ring(&SeededRandom::new(9), later)));
    refused(enter(&house, &token).await);
}

#[tokio::test]
async fn claims_that_disagree_with_the_grant_are_refused() {
    let house = House::new().await;
    let grant = house.grant().await;
    let sign = |alter: fn(&mut vestibule_oauth::issue::AccessToken)| {
        let mut claims = house.claims(&grant);
        alter(&mut claims);
        claims.sign(&house.keys.load()).unwrap()
    };
    refused(enter(&house, &sign(|claims| claims.subject = "usr_other".to_owned())).await);
    refused(enter(&house, &sign(|claims| claims.subject = "cli_editor".to_owned())).await);
    refused(enter(&house, &sign(|claims| claims.org = OrgId::new("org_2"))).await);
    refused(enter(&house, &sign(|claims| claims.client = "cli_other".into())).await);
    refused(enter(&house, &sign(|claims| claims.grant = GrantId::new("grt_unknown"))).await);
    refused(enter(&house, &sign(|claims| claims.issuer = "https://evil.example".to_owned())).await);
}

#[tokio::test]
async fn a_token_cannot_carry_more_than_its_grant() {
    let house = House::new().await;
    let grant = house.grant().await;
    let mut claims = house.claims(&grant);
    claims.scopes = ScopeSet::parse("tools:* admin").unwrap();
    let caller = enter(&house, &claims.sign(&house.keys.load()).unwrap()).await.unwrap();
    assert_eq!(caller.principal().scopes.to_string(), "tools:*");
}

#[tokio::test]
async fn a_client_of_its_own_is_a_service_even_when_its_id_looks_like_a_user() {
    let house = House::new().await;
    let posing = fixture::client("usr_mira");
    house.store.create_client(&posing, None).await.unwrap();
    let mut grant = house.grant().await;
    (grant.id, grant.user, grant.client) = (GrantId::new("grt_service"), None, posing.id.clone());
    house.store.create_grant(&grant).await.unwrap();
    let token = house.claims(&grant).sign(&house.keys.load()).unwrap();
    let caller = enter(&house, &token).await.unwrap();
    assert!(matches!(&caller.principal().subject, Subject::Service { roles, .. } if roles == &["ROBOT"]));
    assert!(caller.principal().user().is_none());
}

#[tokio::test]
async fn a_flood_of_tokens_keeps_the_cache_small() {
    let house = House::new().await;
    let grant = house.grant().await;
    let claims = house.claims(&grant);
    let principal = Arc::new(crate::principals::resolve(&house.store, &claims, house.clock.now()).await.unwrap());
    let (claims, keys) = (Arc::new(claims), house.keys.load_full());
    let now: Timestamp = house.clock.now();
    for number in 0u32..40_000 {
        let key = vestibule_model::Digest::of(&number.to_be_bytes());
        let entry = crate::cache::Entry::new(Arc::clone(&claims), Arc::clone(&keys), 1, Arc::clone(&principal), now);
        house.authenticator.cache.insert(key, entry, now);
    }
    assert!(house.authenticator.cache.len() <= 16 * 1024);
}
