//! The wires besides streamable HTTP: HTTP+SSE and WebSocket.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::{Method, Request, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::mpsc};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Message, client::IntoClientRequest, protocol::frame::coding::CloseCode},
};
use vestibule_testkit::{
    agent::Agent, browser::Form, house::PASSWORD, http::request, mcp::stateless, upstream::Canned,
};

use crate::scene::Scene;

const MOMENT: Duration = Duration::from_secs(30);

pub(crate) fn initialize() -> Value {
    let client = json!({ "name": "testkit", "version": "1" });
    let params = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params })
}

fn call(id: u64, tool: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": tool, "arguments": {} } })
}

async fn disable(scene: &Scene) {
    let mut user = scene.user.clone();
    user.disabled = true;
    scene.house.running.store.update_user(&user).await.unwrap();
}

/// An HTTP+SSE client.
pub(crate) struct Old {
    body: Incoming,
    text: String,
    endpoint: String,
    token: String,
}

impl Old {
    pub(crate) async fn connect(scene: &Scene, token: &str) -> Self {
        Self::connect_at(scene, "/mcp/up", token).await
    }

    async fn connect_at(scene: &Scene, endpoint: &str, token: &str) -> Self {
        let opening =
            request(Method::GET, &format!("{endpoint}/sse")).header(header::AUTHORIZATION, format!("Bearer {token}"));
        let response = scene.house.http.open(opening.body(Bytes::new()).unwrap()).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut old =
            Self { body: response.into_body(), text: String::new(), endpoint: String::new(), token: token.to_owned() };
        let (event, data) = old.next().await.unwrap();
        assert_eq!(event, "endpoint");
        old.endpoint = data;
        old
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<(String, String)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
                let found = (field("event: "), field("data: "));
                self.text = rest.to_owned();
                if !found.1.is_empty() {
                    return Some(found);
                }
                continue;
            }
            let frame = tokio::time::timeout(MOMENT, self.body.frame()).await.expect("in time")?;
            self.text.push_str(std::str::from_utf8(&frame.ok()?.into_data().unwrap()).unwrap());
        }
    }

    pub(crate) async fn message(&mut self) -> Value {
        let (event, data) = self.next().await.expect("a message");
        assert_eq!(event, "message");
        serde_json::from_str(&data).unwrap()
    }

    async fn post(&self, scene: &Scene, token: &str, message: &Value) -> u16 {
        post_to(scene, &self.endpoint, token, message).await
    }

    pub(crate) async fn say(&self, scene: &Scene, message: &Value) {
        assert_eq!(self.post(scene, &self.token, message).await, 202);
    }
}

async fn post_to(scene: &Scene, endpoint: &str, token: &str, message: &Value) -> u16 {
    let posting = request(Method::POST, endpoint)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    scene.house.http.send(posting.body(message.to_string().into()).unwrap()).await.status.as_u16()
}

#[tokio::test]
async fn an_old_client_is_served_over_its_stream() {
    let scene = Scene::new().await;
    let mut old = Old::connect(&scene, &scene.tokens.access).await;
    assert!(old.endpoint.starts_with("/mcp/up/messages?session="), "{}", old.endpoint);
    old.say(&scene, &initialize()).await;
    assert_eq!(old.message().await["result"]["protocolVersion"], "2025-06-18");
    old.say(&scene, &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    old.say(&scene, &call(1, "read")).await;
    assert_eq!(old.message().await["id"], 1);
    let seen = scene.upstream.seen();
    let last = seen.iter().rfind(|seen| seen.method == Method::POST).unwrap();
    assert_eq!(last.headers["mcp-session-id"], "upstream-session");
    assert_eq!(last.headers["mcp-protocol-version"], "2025-06-18");
    assert!(seen.iter().any(|seen| seen.method == Method::GET), "what the server says by itself is listened to");
    // What is no message is refused in the ordinary words.
    old.say(&scene, &json!({ "jsonrpc": "2.0", "id": 7, "method": 1 })).await;
    assert_eq!(old.message().await["error"]["code"], -32600);
    drop(old);
    let ended = async {
        while !scene.upstream.seen().iter().any(|seen| seen.method == Method::DELETE) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(MOMENT, ended).await.expect("the session at the upstream ends with the stream");
}

#[tokio::test]
async fn a_stolen_message_url_is_worthless() {
    let scene = Scene::new().await;
    let mut old = Old::connect(&scene, &scene.tokens.access).await;
    let eve = scene.house.add_user("eve@example.com", &["staff"]).await;
    let (_, _, theirs) = Agent::connect(&scene.house.http, "up", &eve.email, PASSWORD).await;
    assert_eq!(old.post(&scene, &theirs.access, &call(1, "read")).await, 404);
    assert_eq!(scene.house.last_event("call").unwrap()["reason"], "unknown_session");
    assert_eq!(old.post(&scene, "nonsense", &call(1, "read")).await, 401);
    let before = scene.upstream.seen().len();
    for bad in ["/mcp/up/messages", "/mcp/up/messages?session=", "/mcp/up/messages?session=abc"] {
        assert_eq!(post_to(&scene, bad, &scene.tokens.access, &call(1, "read")).await, 404, "{bad}");
    }
    assert_eq!(scene.upstream.seen().len(), before);
    // The stream is not disturbed, and knows nothing of it.
    old.say(&scene, &initialize()).await;
    assert_eq!(old.message().await["id"], 0);
    let elsewhere = old.endpoint.replace("/up/", "/other/");
    assert_eq!(post_to(&scene, &elsewhere, &scene.tokens.access, &call(1, "read")).await, 401);
}

/// A stream is no token: what a narrow token may not do, it may not do on the stream of a wide one either.
#[tokio::test]
async fn each_message_is_decided_by_the_token_it_came_with() {
    let scene = Scene::new().await;
    let page = scene.browser.visit(&scene.agent.authorize_url(&[("scope", "up:read")])).await;
    let code = scene.agent.allow(&scene.browser, &Form::on(&page, "/consent").tick(&["up:read"])).await;
    let narrow = scene.agent.redeem(&code).await;
    assert_eq!(narrow.scope, "up:read");
    let mut old = Old::connect(&scene, &scene.tokens.access).await;
    old.say(&scene, &initialize()).await;
    old.message().await;
    old.say(&scene, &call(1, "write")).await;
    assert!(old.message().await["result"].is_object(), "the wide token may");
    let before = scene.upstream.seen().iter().filter(|seen| seen.text().contains("\"write\"")).count();
    assert_eq!(old.post(&scene, &narrow.access, &call(2, "write")).await, 202);
    let refused = old.message().await;
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(2), &json!(-31403)), "{refused}");
    let after = scene.upstream.seen().iter().filter(|seen| seen.text().contains("\"write\"")).count();
    assert_eq!(after, before, "it did not arrive");
}

#[tokio::test]
async fn a_stream_ends_with_the_right_to_it() {
    let scene = Scene::new().await;
    let mut old = Old::connect(&scene, &scene.tokens.access).await;
    old.say(&scene, &initialize()).await;
    old.message().await;
    disable(&scene).await;
    assert_eq!(old.next().await, None);
}

pub(crate) type Socket = WebSocketStream<TcpStream>;

fn upgrade(scene: &Scene, target: &str) -> Request<()> {
    let origin = scene.house.origin();
    let mut request = format!("ws{}{target}", origin.strip_prefix("http").unwrap()).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "mcp".parse().unwrap());
    request
}

async fn open(scene: &Scene, request: Request<()>) -> Result<Socket, u16> {
    let stream = TcpStream::connect(scene.house.origin().strip_prefix("http://").unwrap()).await.unwrap();
    match tokio_tungstenite::client_async(request, stream).await {
        Ok((socket, response)) => {
            assert_eq!(response.headers()["sec-websocket-protocol"], "mcp");
            Ok(socket)
        }
        Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

pub(crate) async fn with_token(scene: &Scene, token: &str) -> Result<Socket, u16> {
    let mut request = upgrade(scene, "/mcp/up/ws");
    request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    open(scene, request).await
}

pub(crate) async fn say(socket: &mut Socket, message: &Value) {
    socket.send(Message::text(message.to_string())).await.unwrap();
}

pub(crate) async fn hear(socket: &mut Socket) -> Result<Value, Option<CloseCode>> {
    loop {
        match tokio::time::timeout(MOMENT, socket.next()).await.expect("in time") {
            Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code)),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Err(None),
        }
    }
}

async fn ticket(scene: &Scene, server: &str, token: &str) -> String {
    ticket_at(scene, &format!("/mcp/{server}"), token).await
}

async fn ticket_at(scene: &Scene, endpoint: &str, token: &str) -> String {
    let asking = request(Method::POST, &format!("{endpoint}/ticket"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Bytes::new())
        .unwrap();
    let answer = scene.house.http.send(asking).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["expires_in"]), (200, &json!(30)), "{}", answer.text());
    answer.json()["ticket"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn both_eras_speak_over_a_websocket() {
    let scene = Scene::new().await;
    let mut socket = with_token(&scene, &scene.tokens.access).await.unwrap();
    say(&mut socket, &initialize()).await;
    assert_eq!(hear(&mut socket).await.unwrap()["result"]["protocolVersion"], "2025-06-18");
    say(&mut socket, &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    for id in 1..=20 {
        say(&mut socket, &call(id, "read")).await;
    }
    let mut ids = Vec::new();
    for _ in 1..=20 {
        ids.push(hear(&mut socket).await.unwrap()["id"].as_u64().unwrap());
    }
    ids.sort_unstable();
    assert_eq!(ids, (1..=20).collect::<Vec<_>>());
    let (modern, _) = stateless("tools/call", json!({ "name": "read", "arguments": {} }));
    say(&mut socket, &modern).await;
    assert!(hear(&mut socket).await.unwrap()["result"].is_object());
    let last = scene.upstream.seen().pop().unwrap();
    assert_eq!(last.headers["mcp-protocol-version"], "2026-07-28");
    assert_eq!(last.headers["mcp-name"], "read");
    assert!(!last.headers.contains_key("mcp-session-id"));
}

#[tokio::test]
async fn a_cancelled_request_ends_at_the_upstream() {
    let scene = Scene::new().await;
    let mut socket = with_token(&scene, &scene.tokens.access).await.unwrap();
    let (events, receiver) = mpsc::channel(4);
    scene.upstream.answer_next(Canned::Stream(receiver));
    let (modern, _) = stateless("tools/call", json!({ "name": "read", "arguments": {} }));
    say(&mut socket, &modern).await;
    let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": {} });
    events.send(format!("data: {progress}\n\n")).await.unwrap();
    assert_eq!(hear(&mut socket).await.unwrap(), progress);
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
    say(&mut socket, &cancel).await;
    tokio::time::timeout(MOMENT, events.closed()).await.expect("the upstream's stream is closed");
}

#[tokio::test]
async fn a_ticket_opens_one_socket_to_one_server_for_thirty_seconds() {
    let scene = Scene::new().await;
    let with_ticket = async |server: &str, ticket: &str| {
        open(&scene, upgrade(&scene, &format!("/mcp/{server}/ws?ticket={ticket}"))).await
    };
    let good = ticket(&scene, "up", &scene.tokens.access).await;
    let mut socket = with_ticket("up", &good).await.unwrap();
    say(&mut socket, &initialize()).await;
    assert_eq!(hear(&mut socket).await.unwrap()["id"], 0);
    assert_eq!(with_ticket("up", &good).await.err(), Some(401), "a second time");
    let other = ticket(&scene, "up", &scene.tokens.access).await;
    assert_eq!(with_ticket("other", &other).await.err(), Some(401), "another server");
    assert_eq!(with_ticket("up", &other).await.err(), Some(401), "and it is spent by the attempt");
    for bad in ["", "nonsense", &good[1..], &scene.tokens.access] {
        assert!(matches!(with_ticket("up", bad).await.err(), Some(400 | 401)), "{bad}");
    }
    let late = ticket(&scene, "up", &scene.tokens.access).await;
    scene.house.wait(Duration::from_secs(31));
    assert_eq!(with_ticket("up", &late).await.err(), Some(401), "half a minute later");
    // A foreign page spends nothing.
    let good = ticket(&scene, "up", &scene.tokens.access).await;
    let mut foreign = upgrade(&scene, &format!("/mcp/up/ws?ticket={good}"));
    foreign.headers_mut().insert(header::ORIGIN, "https://evil.example".parse().unwrap());
    assert_eq!(open(&scene, foreign).await.err(), Some(403));
    // A token in the URL is no ticket.
    let token = upgrade(&scene, &format!("/mcp/up/ws?access_token={}", scene.tokens.access));
    assert!(matches!(open(&scene, token).await.err(), Some(400 | 401)));
    disable(&scene).await;
    assert_eq!(with_ticket("up", &good).await.err(), Some(401), "its owner was disabled meanwhile");
}

#[tokio::test]
async fn a_socket_ends_with_the_right_to_it_and_at_binary_frames() {
    let scene = Scene::new().await;
    let mut socket = with_token(&scene, &scene.tokens.access).await.unwrap();
    socket.send(Message::binary(b"{}".to_vec())).await.unwrap();
    assert_eq!(hear(&mut socket).await, Err(Some(CloseCode::Unsupported)));
    let mut socket = with_token(&scene, &scene.tokens.access).await.unwrap();
    say(&mut socket, &initialize()).await;
    hear(&mut socket).await.unwrap();
    disable(&scene).await;
    assert_eq!(hear(&mut socket).await, Err(Some(CloseCode::Policy)));
    let arrived = scene.upstream.seen().iter().filter(|seen| seen.text().contains("tools/call")).count();
    assert_eq!(arrived, 0);
}

#[tokio::test]
async fn two_people_never_hear_each_other() {
    let scene = Scene::new().await;
    let eve = scene.house.add_user("eve@example.com", &["staff"]).await;
    let (_, _, theirs) = Agent::connect(&scene.house.http, "up", &eve.email, PASSWORD).await;
    let mut ana = with_token(&scene, &scene.tokens.access).await.unwrap();
    let mut eve = with_token(&scene, &theirs.access).await.unwrap();
    for round in 0..20u64 {
        let asked = |who: &str| {
            let params = json!({ "name": "read", "arguments": { "who": who } });
            stateless("tools/call", params).0
        };
        scene.upstream.answer_next(Canned::Usual);
        say(&mut ana, &asked("ana")).await;
        say(&mut eve, &asked("eve")).await;
        // Equal ids on both sides: each hears one answer, its own.
        assert_eq!(hear(&mut ana).await.unwrap()["id"], 1, "{round}");
        assert_eq!(hear(&mut eve).await.unwrap()["id"], 1, "{round}");
    }
}

#[tokio::test]
async fn the_joined_endpoint_is_served_over_every_wire() {
    let scene = Scene::new().await;
    let (_, _, union) = Agent::connect_at(&scene.house.http, "/mcp", &scene.user.email, PASSWORD).await;
    let mut old = Old::connect_at(&scene, "/mcp", &union.access).await;
    assert!(old.endpoint.starts_with("/mcp/messages?session="), "{}", old.endpoint);
    old.say(&scene, &initialize()).await;
    assert_eq!(old.message().await["result"]["serverInfo"]["name"], "vestibule");
    old.say(&scene, &call(1, "other__read")).await;
    assert_eq!(old.message().await["result"]["content"][0]["text"], "done");
    assert_eq!(scene.house.last_event("call").unwrap()["server"], "other");
    // A stream of one door is unknown at another.
    let session = old.endpoint.split_once('?').unwrap().1.to_owned();
    let elsewhere = format!("/mcp/up/messages?{session}");
    assert_eq!(post_to(&scene, &elsewhere, &scene.tokens.access, &call(2, "read")).await, 404);

    let with_ticket =
        async |target: &str, ticket: &str| open(&scene, upgrade(&scene, &format!("{target}/ws?ticket={ticket}"))).await;
    let good = ticket_at(&scene, "/mcp", &union.access).await;
    let mut socket = with_ticket("/mcp", &good).await.unwrap();
    let (modern, _) = stateless("tools/call", json!({ "name": "up__read", "arguments": {} }));
    say(&mut socket, &modern).await;
    assert_eq!(hear(&mut socket).await.unwrap()["result"]["content"][0]["text"], "done");
    assert_eq!(scene.upstream.seen().last().unwrap().headers["mcp-name"], "read");
    // A ticket of one door opens no other.
    let of_union = ticket_at(&scene, "/mcp", &union.access).await;
    assert_eq!(with_ticket("/mcp/up", &of_union).await.err(), Some(401));
    let of_up = ticket(&scene, "up", &scene.tokens.access).await;
    assert_eq!(with_ticket("/mcp", &of_up).await.err(), Some(401));
    let of_union = ticket_at(&scene, "/mcp", &union.access).await;
    assert!(matches!(with_ticket("/mcp/*", &of_union).await.err(), Some(401 | 404)), "the name of the door is no path");

    disable(&scene).await;
    assert_eq!(hear(&mut socket).await, Err(Some(CloseCode::Policy)));
    assert_eq!(old.next().await, None);
}
