//! What the protocol needs back passes as it is, at its place and nowhere else.

use http::Response;
use serde_json::{Value, json};
use vestibule_testkit::upstream::{Canned, Speaks};

use crate::masking::{Place, assert_hidden};

const EMAIL: &str = "jane.doe@example.com";

#[tokio::test]
async fn a_tool_result_has_none_of_the_places_of_other_answers() {
    let place = Place::of("before_llm = true", "").await;
    let caller = place.caller().await;
    place.result(&json!({
        "content": [{ "type": EMAIL, "mimeType": EMAIL, "text": "x" }],
        "capabilities": { "owner": EMAIL, "experimental": { "x": [EMAIL] } },
        "serverInfo": { "name": EMAIL, "version": EMAIL },
        "taskId": EMAIL, "requestState": EMAIL, "nextCursor": EMAIL, "protocolVersion": EMAIL,
        "tasks": [{ "taskId": EMAIL }], "contents": [{ "uri": "mailto:jane.doe@example.com" }],
        "task": { "taskId": { "of": EMAIL }, "createdAt": EMAIL, "lastUpdatedAt": [EMAIL] },
        "_meta": { "io.modelcontextprotocol/x": EMAIL, "io.modelcontextprotocol/related-task": { "by": EMAIL }, "traceparent": EMAIL },
        "resultType": "complete",
    }));
    let answer = caller.call("read", json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_hidden(answer.text());
    // A version is a version, and no address.
    place.result(&json!({ "serverInfo": { "name": "hr", "version": "1.2.3.4" }, "content": [] }));
    assert!(caller.call("read", json!({})).await.text().contains("\"1.2.3.4\""));
}

#[tokio::test]
async fn what_answers_need_back_is_theirs_alone() {
    let place = Place::of("before_llm = true", "").await;
    let caller = place.caller().await;
    let cursor = json!({ "nextCursor": EMAIL, "requestState": EMAIL, "capabilities": { "x": EMAIL } });
    let with = |list: &str| {
        let mut result = cursor.clone();
        result[list] = json!([]);
        result
    };
    for (method, params, kept) in [
        ("resources/list", json!({}), "nextCursor"),
        ("prompts/list", json!({}), "nextCursor"),
        ("prompts/get", json!({ "name": "x" }), "none"),
        ("resources/read", json!({ "uri": "hr://a" }), "none"),
        (
            "completion/complete",
            json!({ "ref": { "type": "ref/prompt", "name": "x" }, "argument": { "name": "a", "value": "b" } }),
            "none",
        ),
    ] {
        place.result(&match method {
            "resources/list" => with("resources"),
            "prompts/list" => with("prompts"),
            _ => cursor.clone(),
        });
        let result = caller.ask(method, params).await.json()["result"].clone();
        for key in ["nextCursor", "requestState"] {
            assert_eq!(result[key] == EMAIL, key == kept, "{method} {key}: {result}");
        }
        assert_eq!(result["capabilities"]["x"], "[EMAIL_1]", "{method}");
    }
    place.result(&json!({ "resources": [{ "uri": "mailto:jane.doe@example.com", "name": EMAIL }, { "uri": EMAIL, "name": "y" }] }));
    let listed = caller.ask("resources/list", json!({})).await.json()["result"]["resources"].clone();
    assert_eq!(listed[0]["uri"], "mailto:jane.doe@example.com");
    assert_eq!((&listed[0]["name"], &listed[1]["uri"]), (&json!("[EMAIL_1]"), &json!("[EMAIL_1]")), "{listed}");
}

#[tokio::test]
async fn notifications_spare_what_they_have() {
    let place = Place::of("before_llm = true", "").await;
    place.upstream.speak(Speaks::Sessions);
    let (agent, tokens) = place.agent("up", "ana@example.net").await;
    let caller = agent.session(&tokens).await;
    let uri = "mailto:jane.doe@example.com";
    let say = |method: &str, params: Value| json!({ "jsonrpc": "2.0", "method": method, "params": params });
    let all = json!({ "uri": uri, "url": uri, "level": EMAIL, "mode": EMAIL, "taskId": EMAIL, "requestId": EMAIL,
        "progressToken": EMAIL, "elicitationId": EMAIL });
    let masked = |method: &str| {
        let all = all.clone();
        let method = method.to_owned();
        let (place, caller) = (&place, &caller);
        async move {
            let events = format!(
                "data: {}\n\ndata: {}\n\n",
                say(&method, all),
                json!({ "jsonrpc": "2.0", "id": 1, "result": {} })
            );
            let response = Response::builder().header("content-type", "text/event-stream").body(events.into()).unwrap();
            place.upstream.answer_next(Canned::Exactly(response));
            let answer = caller.call("read", json!({})).await;
            let first = answer.text().lines().next().and_then(|line| line.strip_prefix("data: ")).unwrap().to_owned();
            serde_json::from_str::<Value>(&first).unwrap()["params"].clone()
        }
    };
    for (method, kept) in [
        ("notifications/custom", &[][..]),
        ("notifications/message", &[]),
        ("notifications/progress", &["progressToken"]),
        ("notifications/cancelled", &["requestId"]),
        ("notifications/resources/updated", &["uri"]),
        ("notifications/elicitation/complete", &["elicitationId"]),
        ("notifications/tasks/status", &["taskId"]),
    ] {
        let params = masked(method).await;
        for (key, value) in params.as_object().unwrap() {
            let clear =
                value.as_str().unwrap().contains(EMAIL) || key == "taskId" && value.as_str().unwrap().ends_with(EMAIL);
            assert_eq!(clear, kept.contains(&key.as_str()), "{method} {key}: {params}");
        }
    }
    let objects = say("notifications/resources/updated", json!({ "uri": { "owner": EMAIL }, "x": [EMAIL] }));
    let events =
        format!("data: {objects}\n\ndata: {}\n\n", say("notifications/progress", json!({ "progressToken": [EMAIL] })));
    let response = Response::builder().header("content-type", "text/event-stream").body(events.into()).unwrap();
    place.upstream.answer_next(Canned::Exactly(response));
    assert_hidden(caller.call("read", json!({})).await.text());
}
