//! Answers pass through as they come, and end when nobody listens.

use std::time::Duration;

use http_body_util::BodyExt;
use serde_json::json;
use tokio::sync::mpsc;
use vestibule_testkit::{mcp::stateless, upstream::Canned};

use crate::scene::Scene;

const MOMENT: Duration = Duration::from_secs(30);

/// A call whose answer is a stream that the test writes.
async fn streaming(scene: &Scene) -> (mpsc::Sender<String>, hyper::body::Incoming) {
    let (events, receiver) = mpsc::channel(4);
    scene.upstream.answer_next(Canned::Stream(receiver));
    let (body, headers) = stateless("tools/call", json!({ "name": "read", "arguments": {} }));
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let response = scene.house.http.open(scene.caller().request(&body, &headers)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    (events, response.into_body())
}

async fn next(body: &mut hyper::body::Incoming) -> String {
    let frame = tokio::time::timeout(MOMENT, body.frame()).await.expect("in time").expect("more").unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn the_first_event_arrives_before_the_second_is_sent() {
    let scene = Scene::new().await;
    let (events, mut body) = streaming(&scene).await;
    let progress = "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":1,\"progress\":1}}\n\n";
    events.send(progress.to_owned()).await.unwrap();
    assert_eq!(next(&mut body).await, progress, "as it was sent, byte for byte");
    let last = ": a comment\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}\n\n";
    events.send(last.to_owned()).await.unwrap();
    let mut rest = next(&mut body).await;
    drop(events);
    rest.push_str(&String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()));
    assert_eq!(rest, last);
}

#[tokio::test]
async fn a_client_that_goes_away_ends_the_call_at_the_upstream() {
    let scene = Scene::new().await;
    let (events, mut body) = streaming(&scene).await;
    events.send("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n".to_owned()).await.unwrap();
    next(&mut body).await;
    drop(body);
    tokio::time::timeout(MOMENT, events.closed()).await.expect("the upstream's stream is closed");
    let outcome = async {
        while scene.house.events("outcome").is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(MOMENT, outcome).await.expect("the end is recorded");
}
