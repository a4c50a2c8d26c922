//! Every method in every era, by those who may not: nobody gets past the door, and nothing arrives behind it.

use http::{Method, header};
use serde_json::{Value, json};
use vestibule_testkit::{
    agent::Agent,
    house::PASSWORD,
    http::{Answer, request},
    mcp::{STATEFUL, stateless},
};

use crate::scene::Scene;

const METHODS: &[&str] = &[
    "initialize",
    "server/discover",
    "ping",
    "logging/setLevel",
    "tools/list",
    "tools/call",
    "prompts/list",
    "prompts/get",
    "resources/list",
    "resources/read",
    "resources/templates/list",
    "resources/subscribe",
    "resources/unsubscribe",
    "completion/complete",
    "subscriptions/listen",
    "tasks/get",
    "tasks/result",
    "tasks/list",
    "tasks/update",
    "tasks/cancel",
    "vendor/unknown",
    "notifications/initialized",
    "notifications/cancelled",
    "notifications/roots/list_changed",
    "",
];

/// How a message is brought to the door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Stateful,
    Stateless,
    Batch,
    OldMessages,
}

/// A message of a method, with all parameters that any of them needs; without a method it is a response.
fn message(method: &str) -> Value {
    let params = json!({
        "name": "read", "uri": "doc://open", "arguments": {}, "taskId": "t", "level": "info", "requestId": 1,
        "protocolVersion": STATEFUL, "capabilities": {}, "clientInfo": { "name": "x", "version": "1" },
        "ref": { "type": "ref/prompt", "name": "p" }, "argument": { "name": "a", "value": "v" }, "notifications": {},
    });
    let mut message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let object = message.as_object_mut().unwrap();
    if method.is_empty() {
        object.retain(|key, _| key == "jsonrpc" || key == "id");
        object.insert("result".to_owned(), json!({}));
    } else if method.starts_with("notifications/") {
        object.remove("id");
    }
    message
}

async fn knock(scene: &Scene, way: Way, method: &str, token: Option<&str>, session: Option<&str>) -> Answer {
    let mut body = message(method);
    let path = if way == Way::OldMessages { "/mcp/up/messages?session=abc" } else { "/mcp/up" };
    let mut asking = request(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        asking = asking.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    match way {
        Way::Stateful => {
            asking = asking.header("mcp-protocol-version", STATEFUL);
            if let Some(session) = session {
                asking = asking.header("mcp-session-id", session);
            }
        }
        Way::Stateless if !method.is_empty() => {
            let (modern, headers) = stateless(method, body["params"].clone());
            body["params"] = modern["params"].clone();
            for (name, value) in headers {
                asking = asking.header(name, value);
            }
        }
        Way::Batch => {
            body = json!([body, message("tools/call")]);
            if let Some(session) = session {
                asking = asking.header("mcp-session-id", session);
            }
        }
        Way::Stateless | Way::OldMessages => {}
    }
    scene.house.http.send(asking.body(body.to_string().into()).unwrap()).await
}

#[tokio::test]
async fn no_method_of_any_era_opens_without_the_right_token() {
    let scene = Scene::new().await;
    let session = scene.agent.session(&scene.tokens).await.session().unwrap().to_owned();
    let (_, _, elsewhere) = Agent::connect(&scene.house.http, "other", &scene.user.email, PASSWORD).await;
    let spoilt = format!("{}AAAA", &scene.tokens.access[..scene.tokens.access.len() - 4]);
    let before = scene.upstream.seen().len();
    for way in [Way::Stateful, Way::Stateless, Way::Batch, Way::OldMessages] {
        for method in METHODS {
            for token in [None, Some(elsewhere.access.as_str()), Some(&spoilt), Some("nonsense")] {
                let answer = knock(&scene, way, method, token, Some(&session)).await;
                assert_eq!(answer.status, 401, "{way:?} {method} {token:?}: {}", answer.text());
                let challenge = answer.header("www-authenticate").expect("a challenge");
                assert!(challenge.contains("resource_metadata="), "{challenge}");
                assert_eq!(challenge.contains("invalid_token"), token.is_some(), "{challenge}");
            }
        }
    }
    assert_eq!(scene.upstream.seen().len(), before, "something arrived");
}

#[tokio::test]
async fn no_method_opens_the_session_of_somebody_else() {
    let scene = Scene::new().await;
    let session = scene.agent.session(&scene.tokens).await.session().unwrap().to_owned();
    let eve = scene.house.add_user("eve@example.com", &["staff"]).await;
    let (_, _, theirs) = Agent::connect(&scene.house.http, "up", &eve.email, PASSWORD).await;
    let before = scene.upstream.seen().len();
    for way in [Way::Stateful, Way::Batch] {
        for method in METHODS.iter().filter(|method| way != Way::Batch || **method != "initialize") {
            let answer = knock(&scene, way, method, Some(&theirs.access), Some(&session)).await;
            assert_eq!(answer.status, 404, "{way:?} {method}: {}", answer.text());
        }
    }
    assert_eq!(scene.upstream.seen().len(), before, "something arrived");
}
