//! A task belongs to whom it was made for: its id is worth nothing to anybody else, whatever the server behind thinks.

use http::Response;
use serde_json::{Value, json};
use vestibule_testkit::{
    agent::Agent,
    house::{House, PASSWORD},
    http::Answer,
    mcp::{Caller, stateless},
    upstream::{Canned, Upstream},
};

const POLICY: &str = r#"
[[tool]]
names = ["*"]
allow = { "*" = "all" }

[[method]]
names = ["tasks/get", "tasks/result", "tasks/cancel", "tasks/update"]
allow = { "*" = "all" }
"#;

struct Place {
    upstream: Upstream,
    house: House,
}

impl Place {
    async fn new() -> Self {
        let upstream = Upstream::start().await;
        let config = format!("[[server]]\nname = \"up\"\nurl = \"{}\"\npolicy = \"policy.toml\"\n", upstream.url());
        let house = House::of(&config, &[("policy.toml", POLICY)]).await;
        Self { upstream, house }
    }

    /// A user, without a session and with one.
    async fn user(&self, email: &str) -> [Caller; 2] {
        let user = self.house.add_user(email, &[]).await;
        let (agent, _, tokens) = Agent::connect(&self.house.http, "up", &user.email, PASSWORD).await;
        [agent.caller(&tokens), agent.session(&tokens).await]
    }

    fn answers(&self, media: &str, text: &str) {
        let answer = Response::builder().header("content-type", media).body(text.to_owned().into());
        self.upstream.answer_next(Canned::Exactly(answer.unwrap()));
    }

    /// What arrived last, parsed, and its mirrored name.
    fn arrived(&self) -> (Value, Option<String>) {
        let seen = self.upstream.seen().pop().unwrap();
        let name = seen.headers.get("mcp-name").map(|name| name.to_str().unwrap().to_owned());
        (serde_json::from_slice(&seen.body).unwrap(), name)
    }
}

/// A task of either era as its server describes it.
fn made(era: usize) -> Value {
    let task = json!({ "taskId": "t.a-1", "status": "working" });
    if era == 0 {
        json!({ "resultType": "task", "taskId": "t.a-1", "status": "working" })
    } else {
        json!({ "task": task })
    }
}

fn id_of(result: &Value) -> String {
    result["taskId"].as_str().or(result["task"]["taskId"].as_str()).unwrap().to_owned()
}

/// Asks about a task as a client that knows tasks.
async fn ask(caller: &Caller, method: &str, id: &str) -> Answer {
    if caller.session().is_some() {
        return caller.ask(method, json!({ "taskId": id })).await;
    }
    let (mut body, headers) = stateless(method, json!({ "taskId": id }));
    let extensions = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = extensions;
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    caller.post(&body, &headers).await
}

#[tokio::test]
async fn a_task_is_found_again_by_its_owner_only() {
    let place = Place::new().await;
    let (owners, others) = (place.user("ana@example.com").await, place.user("eve@example.com").await);
    for (era, (owner, other)) in owners.iter().zip(&others).enumerate() {
        let call = |id: u64| json!({ "jsonrpc": "2.0", "id": id, "result": made(era) }).to_string();
        place.answers("application/json", &call(1));
        let answer = owner.call("slow", json!({})).await.json();
        let id = id_of(&answer["result"]);
        assert!(id.ends_with(".t.a-1") && id.len() > 20, "{answer}");
        assert_eq!(
            answer["result"]["status"].as_str().or(answer["result"]["task"]["status"].as_str()),
            Some("working")
        );

        // The same in a stream: an id reads alike wherever it stands.
        let status = json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": made(0) });
        place.answers("text/event-stream", &format!("data: {status}\n\ndata: {}\n\n", call(1)));
        let events = owner.call("slow", json!({})).await.text().to_owned();
        assert_eq!(events.matches(&id).count(), 2, "{events}");

        assert_eq!(owner.ask("tasks/get", json!({ "taskId": id })).await.status, 200);
        let (arrived, name) = place.arrived();
        assert_eq!(arrived["params"]["taskId"], "t.a-1");
        if era == 0 {
            assert_eq!(name.as_deref(), Some("t.a-1"), "the header says the same");
        }

        if era == 0 {
            // To a client that knows no tasks a server says so, whatever the task; it need not hear of this one.
            other.ask("tasks/get", json!({ "taskId": id })).await;
            let (arrived, name) = place.arrived();
            let nobodys = arrived["params"]["taskId"].as_str().unwrap();
            assert!(nobodys.starts_with("unknown-") && name.as_deref() == Some(nobodys), "{arrived}");
        }
        let before = place.upstream.seen().len();
        for method in ["tasks/get", "tasks/cancel", ["tasks/update", "tasks/result"][era]] {
            let refused = ask(other, method, &id).await;
            assert_eq!((refused.status.as_u16(), &refused.json()["error"]["code"]), (404, &json!(-32602)), "{method}");
            let event = place.house.last_event("call").unwrap();
            assert_eq!((&event["reason"], &event["action"]), (&json!("unknown_task"), &json!(method)));
            for guess in ["t.a-1", "1", "", &id[1..], &format!("{id}x")] {
                assert_eq!(ask(owner, method, guess).await.status, 404, "{method} {guess}");
            }
        }
        let related = json!({ "io.modelcontextprotocol/related-task": { "taskId": "t.a-1" } });
        if era == 1 {
            let spoken_of = json!({ "name": "slow", "arguments": {}, "_meta": related });
            assert_eq!(owner.ask("tools/call", spoken_of).await.status, 404);
        }
        assert_eq!(place.upstream.seen().len(), before, "none of them arrived");
    }
}

#[tokio::test]
async fn a_task_that_the_client_runs_keeps_its_id() {
    let place = Place::new().await;
    let [_, owner] = place.user("ana@example.com").await;
    // The server asks about a task of the client, and speaks of one of its own.
    let asks = json!({ "jsonrpc": "2.0", "id": 7, "method": "tasks/get", "params": { "taskId": "client-1" } });
    let elicits = json!({ "jsonrpc": "2.0", "id": 8, "method": "elicitation/create", "params": {
        "message": "?", "requestedSchema": { "type": "object", "properties": {} },
        "_meta": { "io.modelcontextprotocol/related-task": { "taskId": "own-1" } } } });
    place.answers("text/event-stream", &format!("data: {asks}\n\ndata: {elicits}\n\n"));
    let events = owner.call("slow", json!({})).await.text().to_owned();
    let mut messages = events.lines().filter_map(|line| line.strip_prefix("data: "));
    assert_eq!(messages.next(), Some(asks.to_string().as_str()));
    let elicited: Value = serde_json::from_str(messages.next().unwrap()).unwrap();
    let related = elicited["params"]["_meta"]["io.modelcontextprotocol/related-task"]["taskId"].as_str().unwrap();
    assert!(related.ends_with(".own-1"), "{related}");

    let session = [("mcp-session-id", owner.session().unwrap())];
    let answer = json!({ "jsonrpc": "2.0", "id": 7, "result": { "taskId": "client-1", "status": "working" } });
    owner.post(&answer, &session).await;
    assert_eq!(place.arrived().0, answer);
    let meta = |id: &str| json!({ "io.modelcontextprotocol/related-task": { "taskId": id } });
    let answer = |id: &str| json!({ "jsonrpc": "2.0", "id": 8, "result": { "action": "cancel", "_meta": meta(id) } });
    owner.post(&answer(related), &session).await;
    assert_eq!(place.arrived().0, answer("own-1"));
}
