//! Every route, without the right to use it. The list of exceptions may only shrink.

use http::{Method, Request, StatusCode, header};
use vestibule_model::UserId;

use crate::testing::{Answer, House};

const GUARDED: [(&str, &str); 16] = [
    ("GET", "/console"),
    ("GET", "/console/activity"),
    ("GET", "/console/policy"),
    ("GET", "/console/policy/{server}"),
    ("GET", "/console/tools"),
    ("POST", "/console/tools/approve"),
    ("POST", "/console/tools/reject"),
    ("GET", "/console/users"),
    ("POST", "/console/users/disable"),
    ("POST", "/console/users/enable"),
    ("GET", "/console/clients"),
    ("POST", "/console/clients/revoke"),
    ("POST", "/console/clients/enable"),
    ("GET", "/api/v1/users"),
    ("GET", "/api/v1/clients"),
    ("GET", "/api/v1/audit"),
];

/// Exceptions: a style sheet says nothing about anybody.
const OPEN: [(&str, &str); 1] = [("GET", "/assets/console.css")];

async fn ask(house: &House, method: &str, path: &str, cookie: &str) -> Answer {
    let path = path.replace("{server}", "hr");
    let request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
    let request =
        request.header(header::COOKIE, cookie).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    house.send(request.body("user=emma&client=cli_editor".into()).unwrap()).await
}

#[tokio::test]
async fn strangers_are_sent_to_sign_in() {
    let house = House::new().await;
    let real = house.cookie("root").await;
    let ended = house.cookie("root").await;
    house.store.end_all_sessions(&UserId::from("root")).await.unwrap();
    let twice = format!("{real}; {real}");
    for cookie in ["", "__Host-vestibule=", "__Host-vestibule=vss_AAAA", "other=1", &ended, &twice] {
        for (method, path) in GUARDED {
            let answer = ask(&house, method, path, cookie).await;
            if path.starts_with("/api/") {
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path} {cookie}");
                assert!(!answer.header("www-authenticate").is_empty());
            } else {
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{method} {path} {cookie}");
                assert!(
                    answer.header("location").starts_with("/login?return_to=%2Fconsole"),
                    "{}",
                    answer.header("location")
                );
            }
            assert!(!answer.body.contains("emma"));
        }
    }
}

#[tokio::test]
async fn people_without_the_role_are_refused_and_recorded() {
    let house = House::new().await;
    let cookie = house.cookie("emma").await;
    for (method, path) in GUARDED {
        let answer = ask(&house, method, path, &cookie).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
        assert!(!answer.body.contains("root"), "{method} {path}");
        assert!(house.journal.last(1).unwrap()[0].contains("not_administrator"), "{method} {path}");
    }
    assert!(!house.store.find_user(&UserId::from("emma")).await.unwrap().unwrap().disabled);
}

#[tokio::test]
async fn a_lost_role_and_a_disabled_account_bite_at_once() {
    let house = House::new().await;
    let cookie = house.cookie("root").await;
    assert_eq!(house.get("/console", &cookie).await.status, StatusCode::OK);
    let mut root = house.store.find_user(&UserId::from("root")).await.unwrap().unwrap();
    let roles = std::mem::take(&mut root.roles);
    house.store.update_user(&root).await.unwrap();
    assert_eq!(house.get("/console", &cookie).await.status, StatusCode::FORBIDDEN);
    (root.roles, root.disabled) = (roles, true);
    house.store.update_user(&root).await.unwrap();
    assert_eq!(house.get("/console", &cookie).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_exceptions_are_open_and_harmless() {
    let house = House::new().await;
    for (method, path) in OPEN {
        let answer = ask(&house, method, path, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{method} {path}");
        assert_eq!(answer.header("content-type"), "text/css; charset=utf-8");
    }
}

#[tokio::test]
async fn other_methods_are_refused() {
    let house = House::new().await;
    let cookie = house.cookie("root").await;
    for (method, path) in [
        ("POST", "/console"),
        ("GET", "/console/users/disable"),
        ("DELETE", "/api/v1/users"),
        ("PUT", "/console/clients"),
    ] {
        assert_eq!(ask(&house, method, path, &cookie).await.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
    }
}
