//! Servers of the first version, over HTTP+SSE: to their clients they look like every other.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode, header};
use serde_json::json;
use vestibule_testkit::{
    agent::{Agent, Tokens},
    house::{House, PASSWORD},
    http::{Answer, request},
    mcp::{Caller, STATEFUL},
    sse_upstream::SseUpstream,
    upstream::Upstream,
};

const KEY: &str = "canary-sse-credential-77c1";

struct Scene {
    house: House,
    upstream: SseUpstream,
    agent: Agent,
    tokens: Tokens,
}

impl Scene {
    async fn new() -> Self {
        let upstream = SseUpstream::start().await;
        let config = format!(
            "[[server]]\nname = \"up\"\nurl = \"{}\"\ntransport = \"sse\"\npolicy = \"policy.toml\"\n\
             credential = {{ kind = \"static\", header = \"X-Api-Key\", value = {{ file = \"key\" }} }}\n",
            upstream.url()
        );
        let policy = "[[tool]]\nnames = [\"read\"]\nallow = { \"*\" = \"all\" }\n";
        let house = House::of(&config, &[("policy.toml", policy), ("key", KEY)]).await;
        let (agent, tokens) = connect(&house, "ana@example.com").await;
        Self { house, upstream, agent, tokens }
    }

    async fn session(&self) -> Caller {
        self.agent.session(&self.tokens).await
    }

    /// The answer to an `initialize`.
    async fn initialize(&self) -> Answer {
        let params =
            json!({ "protocolVersion": STATEFUL, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        self.agent.caller(&self.tokens).post(&body, &[]).await
    }
}

async fn connect(house: &House, email: &str) -> (Agent, Tokens) {
    let user = house.add_user(email, &[]).await;
    let (agent, _, tokens) = Agent::connect(&house.http, "up", &user.email, PASSWORD).await;
    (agent, tokens)
}

fn said(answer: &Answer) -> String {
    answer.json()["result"]["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

async fn soon(what: &str, mut check: impl AsyncFnMut() -> bool) {
    for _ in 0..200 {
        if check().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

#[tokio::test]
async fn a_session_is_opened_lists_are_filtered_and_tools_called() {
    let scene = Scene::new().await;
    let caller = scene.session().await;
    assert_eq!(caller.tools().await, ["read"], "policy sees it as it sees every list");
    assert_eq!(said(&caller.call("read", json!({})).await), "secret-1");
    let refused = caller.call("write", json!({})).await;
    assert!(refused.text().contains("Unknown tool"), "{}", refused.text());
    assert!(!caller.session().unwrap().contains("secret"), "the session of the server is not the client's");
    let seen = scene.upstream.seen();
    assert_eq!(seen.iter().filter(|one| one.method == Method::GET).count(), 1);
    assert!(seen.iter().all(|one| one.headers["x-api-key"] == KEY), "the credential is on every request");
    assert!(!format!("{seen:?}").contains(&scene.tokens.access));
    assert!(!format!("{seen:?}").contains("write"), "what was refused did not arrive");
    assert_eq!(scene.house.last_event("outcome").unwrap()["verdict"], "allow");
}

#[tokio::test]
async fn everybody_has_a_stream_of_their_own() {
    let scene = Scene::new().await;
    let (agent, tokens) = connect(&scene.house, "bob@example.com").await;
    let (ana, bob) = (scene.session().await, agent.session(&tokens).await);
    let calls = (0..30).map(|number| {
        let (caller, own) = if number % 2 == 0 { (ana.clone(), "secret-1") } else { (bob.clone(), "secret-2") };
        tokio::spawn(async move { (said(&caller.call("read", json!({})).await), own) })
    });
    for call in futures_util::future::join_all(calls).await {
        let (text, own) = call.unwrap();
        assert_eq!(text, own);
    }
    let headers = [("mcp-session-id", ana.session().unwrap()), ("mcp-protocol-version", STATEFUL)];
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let stolen = agent.caller(&tokens).post(&list, &headers).await;
    assert_eq!(stolen.status, 404, "a stranger's session is unknown");
}

#[tokio::test]
async fn an_endpoint_elsewhere_is_not_followed_and_gets_nothing() {
    let scene = Scene::new().await;
    let thief = Upstream::start().await;
    let host = thief.url();
    let port = host.trim_start_matches("http:");
    for named in
        [host.as_str(), port, &host.replace("http://", "https://"), &host.replace("://", "://u:p@"), "http://["]
    {
        scene.upstream.begin_with(&format!("event: endpoint\ndata: {named}\n\n"));
        let answer = scene.initialize().await;
        assert_eq!(answer.status, 502, "{named}: {}", answer.text());
        assert!(answer.header("mcp-session-id").is_none());
    }
    assert!(thief.seen().is_empty(), "{:?}", thief.seen());
    assert!(scene.upstream.seen().iter().all(|one| one.method == Method::GET), "no message was sent at all");
    soon("the streams are let go", async || scene.upstream.streams() == 0).await;
}

#[tokio::test]
async fn a_second_endpoint_moves_nothing_and_a_message_before_the_first_is_dropped() {
    let scene = Scene::new().await;
    let thief = Upstream::start().await;
    let early = "data: {\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"early\":true}}\n\n";
    scene.upstream.begin_with(&format!("{early}event: endpoint\ndata: /messages?session=secret-1\n\n"));
    let caller = scene.session().await;
    scene.upstream.say(&format!("event: endpoint\ndata: {}\n\nevent: endpoint\ndata: /other\n\n", thief.url()));
    assert_eq!(said(&caller.call("read", json!({})).await), "secret-1");
    assert!(thief.seen().is_empty());
}

#[tokio::test]
async fn when_the_stream_ends_the_session_is_gone_and_a_new_one_works() {
    let scene = Scene::new().await;
    let caller = scene.session().await;
    scene.upstream.hang_up();
    soon("the session is gone", async || caller.tools_status().await == 404).await;
    let again = scene.session().await;
    assert_eq!(said(&again.call("read", json!({})).await), "secret-2", "a new session works");
}

#[tokio::test]
async fn a_server_that_refuses_is_told_apart_from_one_that_is_gone() {
    let scene = Scene::new().await;
    let caller = scene.session().await;
    for (theirs, ours) in [(404, 404), (401, 502), (302, 502), (500, 502)] {
        scene.upstream.answer_messages_with(StatusCode::from_u16(theirs).unwrap());
        let answer = caller.call("read", json!({})).await;
        assert_eq!(answer.status.as_u16(), ours, "{theirs}: {}", answer.text());
        assert!(answer.header("www-authenticate").is_none() && !answer.text().contains("secret-"), "{}", answer.text());
    }
    let url = scene.upstream.url();
    scene.upstream.begin_with(": nothing\n\n");
    scene.upstream.answer_messages_with(StatusCode::ACCEPTED);
    let opening = scene.initialize();
    let ending = async {
        soon("the stream is open", async || scene.upstream.streams() == 2).await;
        scene.upstream.hang_up();
    };
    let (answer, ()) = tokio::join!(opening, ending);
    assert_eq!(answer.status, 502, "{url}: {}", answer.text());
}

#[tokio::test]
async fn a_client_that_ends_its_session_ends_the_stream() {
    let scene = Scene::new().await;
    let caller = scene.session().await;
    assert_eq!(scene.upstream.streams(), 1);
    let ending = request(Method::DELETE, "/mcp/up")
        .header(header::AUTHORIZATION, format!("Bearer {}", scene.tokens.access))
        .header("mcp-session-id", caller.session().unwrap())
        .header("mcp-protocol-version", STATEFUL);
    assert_eq!(scene.house.http.send(ending.body(Bytes::new()).unwrap()).await.status, 200);
    soon("the stream is let go", async || scene.upstream.streams() == 0).await;
    assert_eq!(caller.tools_status().await, 404);
}

#[tokio::test]
async fn a_client_without_sessions_is_served_in_one_that_is_held_for_it() {
    let scene = Scene::new().await;
    let caller = scene.agent.caller(&scene.tokens);
    for _ in 0..2 {
        let answer = caller.ask("tools/list", json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["result"]["resultType"], "complete");
    }
    assert_eq!(scene.upstream.streams(), 1, "one session serves both");
}

#[tokio::test]
async fn a_slow_server_does_not_let_one_person_take_every_place() {
    let scene = Scene::new().await;
    scene.upstream.begin_with(": no endpoint yet\n\n");
    let waiting: Vec<_> = (0..20).map(|_| scene.initialize()).collect();
    let first = async {
        soon("sixteen wait", async || scene.upstream.streams() == 16).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(scene.upstream.streams(), 16);
        scene.upstream.say("event: endpoint\ndata: /nowhere\n\n");
        scene.upstream.hang_up();
    };
    let (answers, ()) = tokio::join!(futures_util::future::join_all(waiting), first);
    let busy = answers.iter().filter(|answer| answer.status == 503).count();
    assert_eq!(busy, 4, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
}
