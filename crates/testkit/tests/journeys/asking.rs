//! Servers that ask, and clients of the other era that answer: elicitation and sampling across the eras, in both
//! directions, and what strangers make of it.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use vestibule_testkit::{
    agent::{Agent, Tokens},
    house::{House, PASSWORD},
    http::Answer,
    mcp::{Caller, STATEFUL, stateless},
    upstream::{Canned, Seen, Speaks, Upstream},
};

pub(crate) const MOMENT: Duration = Duration::from_secs(20);

pub(crate) async fn house_before(upstream: &Upstream, policy: &str) -> House {
    let url = upstream.url();
    let config = format!("[[server]]\nname = \"up\"\nurl = \"{url}\"\npolicy = \"policy.toml\"\n");
    let policy = format!("roles = [\"nobody\"]\n[[tool]]\nnames = [\"*\"]\nallow = {{ \"*\" = \"all\" }}\n{policy}");
    House::of(&config, &[("policy.toml", &policy)]).await
}

pub(crate) async fn connect(house: &House, email: &str) -> (Agent, Tokens) {
    let user = house.add_user(email, &[]).await;
    let (agent, _, tokens) = Agent::connect(&house.http, "up", &user.email, PASSWORD).await;
    (agent, tokens)
}

pub(crate) fn body(seen: &Seen) -> Value {
    serde_json::from_slice(&seen.body).unwrap_or_default()
}

pub(crate) fn answers(body: &Value) -> Canned {
    let builder = Response::builder().header("content-type", "application/json");
    Canned::Exactly(builder.body(Bytes::from(body.to_string())).unwrap())
}

pub(crate) fn result(result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "result": result })
}

pub(crate) fn event(message: &Value) -> String {
    format!("data: {message}\n\n")
}

/// A stream, message by message.
pub(crate) struct Messages {
    body: Incoming,
    text: String,
}

impl Messages {
    pub(crate) fn of(response: Response<Incoming>) -> Self {
        Self { body: response.into_body(), text: String::new() }
    }

    /// The next one; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data: ")).map(str::to_owned);
                self.text = rest.to_owned();
                match data {
                    Some(data) => return Some(serde_json::from_str(&data).unwrap()),
                    None => continue,
                }
            }
            let frame = tokio::time::timeout(MOMENT, self.body.frame()).await.expect("in time")?;
            self.text.push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
        }
    }
}

/// Waits until something is so.
pub(crate) async fn until(mut so: impl FnMut() -> bool) {
    let waiting = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(MOMENT, waiting).await.expect("in time");
}

/// A client with a session that can be asked.
pub(crate) struct Desk {
    caller: Caller,
    session: String,
}

impl Desk {
    pub(crate) async fn open(agent: &Agent, tokens: &Tokens, capabilities: Value) -> Self {
        let caller = agent.caller(tokens);
        let params = json!({ "protocolVersion": STATEFUL, "capabilities": capabilities, "clientInfo": { "name": "desk", "version": "1" } });
        let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let welcome = caller.post(&initialize, &[]).await;
        let session = welcome.header("mcp-session-id").expect("a session").to_owned();
        Self { caller, session }
    }

    pub(crate) fn session(&self) -> &str {
        &self.session
    }

    fn headers(&self) -> [(&str, &str); 2] {
        [("mcp-session-id", &self.session), ("mcp-protocol-version", STATEFUL)]
    }

    pub(crate) async fn say(&self, message: &Value) -> Answer {
        self.caller.post(message, &self.headers()).await
    }

    pub(crate) async fn call(&self, house: &House, tool: &str, id: i64) -> Messages {
        let params = json!({ "name": tool, "arguments": { "n": id } });
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
        let response = house.http.open(self.caller.request(&message, &self.headers())).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Messages::of(response)
    }
}

fn asks_twice() -> Value {
    result(&json!({ "resultType": "input_required", "requestState": "state \"1\"", "inputRequests": {
        "form": { "method": "elicitation/create", "params": { "message": "Who?", "requestedSchema": { "type": "object" } } },
        "text": { "method": "sampling/createMessage", "params": { "maxTokens": 7, "messages": [] } },
    } }))
}

#[tokio::test]
async fn a_client_with_a_session_is_asked_by_a_server_without() {
    let upstream = Upstream::speaking(Speaks::NoSessions).await;
    let house = house_before(&upstream, "").await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;
    let desk = Desk::open(&agent, &tokens, json!({ "elicitation": {}, "sampling": {} })).await;

    upstream.answer_next(answers(&asks_twice()));
    let mut stream = desk.call(&house, "read", 5).await;
    let (form, text) = (stream.next().await.unwrap(), stream.next().await.unwrap());
    assert_eq!((&form["method"], &form["params"]["message"]), (&json!("elicitation/create"), &json!("Who?")));
    assert_eq!((&text["method"], &text["params"]["maxTokens"]), (&json!("sampling/createMessage"), &json!(7)));
    assert_ne!(form["id"], text["id"]);

    // The second round asks on a stream, for nothing but another call.
    let (events, receiver) = mpsc::channel(4);
    upstream.answer_next(Canned::Stream(receiver));
    let again = result(&json!({ "resultType": "input_required", "requestState": "state 2" }));
    events.send(event(&again)).await.unwrap();
    drop(events);
    let given = json!({ "model": "m", "role": "assistant", "content": { "type": "text", "text": "hi" } });
    assert_eq!(desk.say(&json!({ "jsonrpc": "2.0", "id": text["id"], "result": given })).await.status, 202);
    let accepted = json!({ "action": "accept", "content": { "who": "ana" } });
    assert_eq!(desk.say(&json!({ "jsonrpc": "2.0", "id": form["id"], "result": accepted })).await.status, 202);
    let last = stream.next().await.unwrap();
    assert_eq!((&last["id"], &last["result"]["content"][0]["text"]), (&json!(5), &json!("done")));
    assert!(stream.next().await.is_none());

    let calls: Vec<Value> =
        upstream.seen().iter().map(body).filter(|message| message["method"] == "tools/call").collect();
    assert_eq!(calls.len(), 3);
    assert_eq!(calls[1]["params"]["inputResponses"], json!({ "form": accepted, "text": given }));
    assert_eq!(calls[1]["params"]["requestState"], "state \"1\"");
    assert_eq!(calls[2]["params"]["requestState"], "state 2");
    for call in &calls {
        assert_eq!(call["params"]["arguments"], json!({ "n": 5 }));
        let declared = &call["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"];
        assert_eq!(declared, &json!({ "elicitation": {}, "sampling": {} }));
    }
    assert!(calls[0]["id"] != calls[1]["id"] && calls[1]["id"] != calls[2]["id"], "a retry is another request");

    // An answer serves once.
    let late = desk.say(&json!({ "jsonrpc": "2.0", "id": form["id"], "result": accepted })).await;
    assert_eq!((late.status.as_u16(), &late.json()["error"]["code"]), (400, &json!(-32600)));
}

#[tokio::test]
async fn only_the_asked_session_answers_and_a_refusal_is_an_answer() {
    let upstream = Upstream::speaking(Speaks::NoSessions).await;
    let house = house_before(&upstream, "").await;
    let (ana, of_ana) = connect(&house, "ana@example.com").await;
    let (ben, of_ben) = connect(&house, "ben@example.com").await;
    let all = || json!({ "elicitation": {}, "sampling": {} });
    let desk = Desk::open(&ana, &of_ana, all()).await;
    let others = [Desk::open(&ana, &of_ana, all()).await, Desk::open(&ben, &of_ben, all()).await];

    upstream.answer_next(answers(&asks_twice()));
    let mut stream = desk.call(&house, "read", 1).await;
    let (form, text) = (stream.next().await.unwrap(), stream.next().await.unwrap());
    for other in &others {
        let stolen = json!({ "jsonrpc": "2.0", "id": form["id"], "result": { "action": "accept" } });
        assert_eq!(other.say(&stolen).await.status, 400, "another session");
    }
    for unknown in [json!(1), json!("x"), json!(form["id"].as_str().unwrap().to_uppercase())] {
        let answer = desk.say(&json!({ "jsonrpc": "2.0", "id": unknown, "result": {} })).await;
        assert_eq!(answer.status, 400, "{unknown}");
    }
    // A form that cannot be shown is one that nobody filled in; a model that refuses ends the call.
    let refusal = json!({ "code": -1, "message": "User rejected sampling request" });
    assert_eq!(desk.say(&json!({ "jsonrpc": "2.0", "id": form["id"], "error": refusal })).await.status, 202);
    assert_eq!(desk.say(&json!({ "jsonrpc": "2.0", "id": text["id"], "error": refusal })).await.status, 202);
    assert_eq!(stream.next().await.unwrap(), json!({ "jsonrpc": "2.0", "id": 1, "error": refusal }));
    assert!(stream.next().await.is_none());

    // What the client did not declare it is not asked.
    let desk = Desk::open(&ana, &of_ana, json!({ "sampling": {} })).await;
    upstream.answer_next(answers(&asks_twice()));
    let mut stream = desk.call(&house, "read", 2).await;
    let refused = stream.next().await.unwrap();
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(2), &json!(-32600)), "{refused}");
    let calls = upstream.seen().iter().filter(|seen| body(seen)["method"] == "tools/call").count();
    assert_eq!(calls, 2, "nothing was called again");
}

#[tokio::test]
async fn a_call_that_waits_for_its_client_can_be_given_up() {
    let upstream = Upstream::speaking(Speaks::NoSessions).await;
    let house = house_before(&upstream, "").await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;
    let desk = Desk::open(&agent, &tokens, json!({ "elicitation": {}, "sampling": {} })).await;
    let cancel =
        |id: i64| json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } });

    upstream.answer_next(answers(&asks_twice()));
    let mut stream = desk.call(&house, "read", 7).await;
    let form = stream.next().await.unwrap();
    assert!(stream.next().await.is_some());
    assert_eq!(desk.say(&cancel(8)).await.status, 202);
    assert_eq!(desk.say(&cancel(7)).await.status, 202);
    assert!(stream.next().await.is_none());
    let late = desk.say(&json!({ "jsonrpc": "2.0", "id": form["id"], "result": { "action": "accept" } })).await;
    assert_eq!(late.status, 400);

    // A server that streams learns of it too.
    let (events, receiver) = mpsc::channel(4);
    upstream.answer_next(Canned::Stream(receiver));
    events.send(event(&json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": {} }))).await.unwrap();
    let mut stream = desk.call(&house, "read", 9).await;
    assert_eq!(stream.next().await.unwrap()["method"], "notifications/progress");
    assert_eq!(desk.say(&cancel(9)).await.status, 202);
    tokio::time::timeout(MOMENT, events.closed()).await.expect("the upstream's stream is closed");
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn the_level_of_log_messages_is_set_for_one_session() {
    let upstream = Upstream::speaking(Speaks::NoSessions).await;
    let house = house_before(&upstream, "").await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;
    let (loud, silent) = (Desk::open(&agent, &tokens, json!({})).await, Desk::open(&agent, &tokens, json!({})).await);
    let set =
        |level: &str| json!({ "jsonrpc": "2.0", "id": 1, "method": "logging/setLevel", "params": { "level": level } });
    assert_eq!(loud.say(&set("loud")).await.json()["error"]["code"], -32602);
    assert_eq!(loud.say(&set("warning")).await.json()["result"], json!({}));
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    for (desk, level) in [(&loud, json!("warning")), (&silent, Value::Null)] {
        assert_eq!(desk.say(&list).await.status, 200);
        let meta = body(upstream.seen().last().unwrap())["params"]["_meta"].clone();
        assert_eq!(meta["io.modelcontextprotocol/logLevel"], level);
    }
}

/// A call of a client without a session that declares this.
fn request(capabilities: Value, more: Value) -> (Value, Vec<(&'static str, String)>) {
    let mut params = json!({ "name": "read", "arguments": { "n": 1 } });
    params.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
    let (mut body, headers) = stateless("tools/call", params);
    body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
    (body, headers)
}

async fn open(house: &House, caller: &Caller, (body, headers): (Value, Vec<(&'static str, String)>)) -> Messages {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let response = house.http.open(caller.request(&body, &headers)).await;
    assert_eq!(response.status(), 200);
    Messages::of(response)
}

async fn ask(caller: &Caller, (body, headers): (Value, Vec<(&'static str, String)>)) -> Answer {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    caller.post(&body, &headers).await
}

/// A server with sessions whose next call the test answers, and its session is open.
async fn asking(house: &House, upstream: &Upstream, caller: &Caller, can: &Value) -> mpsc::Sender<String> {
    assert_eq!(ask(caller, request(can.clone(), json!({}))).await.status, 200);
    let (events, receiver) = mpsc::channel(8);
    upstream.answer_next(Canned::Stream(receiver));
    assert!(!house.origin().is_empty());
    events
}

fn elicits(id: Value) -> String {
    event(&json!({ "jsonrpc": "2.0", "id": id, "method": "elicitation/create", "params": { "message": "Who?" } }))
}

fn told(upstream: &Upstream, id: &Value) -> Option<Value> {
    upstream.seen().iter().map(body).find(|message| message["method"].is_null() && message["id"] == *id)
}

#[tokio::test]
async fn a_client_without_a_session_is_asked_by_a_server_with() {
    let upstream = Upstream::speaking(Speaks::Sessions).await;
    let house = house_before(&upstream, "").await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;
    let caller = agent.caller(&tokens);
    let can = json!({ "elicitation": {} });
    let events = asking(&house, &upstream, &caller, &can).await;
    let declared = body(&upstream.seen()[1])["params"]["capabilities"].clone();
    assert_eq!(declared, can, "the server hears what the client can");

    events.send(event(&json!({ "jsonrpc": "2.0", "id": 4, "method": "ping" }))).await.unwrap();
    events.send(event(&json!({ "jsonrpc": "2.0", "id": 3, "method": "sampling/createMessage" }))).await.unwrap();
    events.send(format!("{}{}", elicits(json!("a")), elicits(json!(18_446_744_073_709_551_615_u64)))).await.unwrap();
    let mut stream = open(&house, &caller, request(can.clone(), json!({}))).await;
    let asked = stream.next().await.unwrap();
    assert!(stream.next().await.is_none(), "the client comes back");
    let asked = &asked["result"];
    assert_eq!(asked["resultType"], "input_required");
    let requests = asked["inputRequests"].as_object().unwrap();
    assert_eq!(requests.len(), 2);
    assert!(requests.values().all(|request| request["params"]["message"] == "Who?" && request["id"].is_null()));
    until(|| told(&upstream, &json!(3)).is_some()).await;
    assert_eq!(told(&upstream, &json!(4)).unwrap()["result"], json!({}));
    assert_eq!(told(&upstream, &json!(3)).unwrap()["error"]["code"], -32601, "it cannot be asked that");

    // Half of what is asked for is asked for again.
    let keys: Vec<&String> = requests.keys().collect();
    let retry = |responses: Value, state: &Value| {
        request(can.clone(), json!({ "inputResponses": responses, "requestState": state }))
    };
    let half = retry(json!({ keys[0]: { "action": "decline" } }), &asked["requestState"]);
    let mut stream = open(&house, &caller, half.clone()).await;
    let more = stream.next().await.unwrap()["result"].clone();
    assert_eq!(more["inputRequests"].as_object().unwrap().keys().collect::<Vec<_>>(), [keys[1]]);
    assert_eq!(ask(&caller, half).await.status, 404, "a state serves once");

    let accepted = json!({ "action": "accept", "content": { "who": "ana" } });
    let (mut rest, headers) = retry(json!({ keys[1]: accepted }), &more["requestState"]);
    rest["id"] = json!("retry");
    let mut stream = open(&house, &caller, (rest, headers)).await;
    until(|| told(&upstream, &json!(18_446_744_073_709_551_615_u64)).is_some()).await;
    let answers: Vec<Value> =
        [json!("a"), json!(18_446_744_073_709_551_615_u64)].iter().map(|id| told(&upstream, id).unwrap()).collect();
    assert!(answers.iter().any(|answer| answer["result"] == accepted));
    assert!(answers.iter().any(|answer| answer["result"]["action"] == "decline"));
    events.send(event(&result(&json!({ "content": [], "n": 1.5 })))).await.unwrap();
    let last = stream.next().await.unwrap();
    assert_eq!(
        last,
        json!({ "jsonrpc": "2.0", "id": "retry", "result": { "content": [], "n": 1.5, "resultType": "complete" } })
    );
    let calls = upstream.seen().iter().filter(|seen| body(seen)["method"] == "tools/call").count();
    assert_eq!(calls, 2, "no call was made twice");
    let cancelled = upstream.seen().iter().any(|seen| body(seen)["method"] == "notifications/cancelled");
    assert!(!cancelled);
}

#[tokio::test]
async fn a_held_call_is_its_callers_alone() {
    let upstream = Upstream::speaking(Speaks::Sessions).await;
    let house = house_before(&upstream, "").await;
    let (ana, of_ana) = connect(&house, "ana@example.com").await;
    let (ben, of_ben) = connect(&house, "ben@example.com").await;
    let (second, of_second) = {
        let (agent, _, tokens) = Agent::connect(&house.http, "up", "ana@example.com", PASSWORD).await;
        (agent, tokens)
    };
    let can = json!({ "elicitation": {} });
    let caller = ana.caller(&of_ana);
    let events = asking(&house, &upstream, &caller, &can).await;
    events.send(elicits(json!(1))).await.unwrap();
    let asked = open(&house, &caller, request(can.clone(), json!({}))).await.next().await.unwrap();
    let state = &asked["result"]["requestState"];
    let responses = json!({ "input-1": { "action": "accept", "content": {} } });
    let retry = |state: &Value| request(can.clone(), json!({ "inputResponses": responses, "requestState": state }));
    for stranger in [ben.caller(&of_ben), second.caller(&of_second)] {
        let answer = ask(&stranger, retry(state)).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]["code"]), (404, &json!(-32602)));
    }
    for forged in [json!(""), json!("0".repeat(64)), json!(state.as_str().unwrap().replace('a', "b"))] {
        assert_eq!(ask(&caller, retry(&forged)).await.status, 404, "{forged}");
    }
    // Another call with the same state.
    let (mut other, headers) = retry(state);
    other["params"]["arguments"]["n"] = json!(2);
    assert_eq!(ask(&caller, (other, headers)).await.status, 404);
    assert!(told(&upstream, &json!(1)).is_none(), "nobody answered");

    let mut stream = open(&house, &caller, retry(state)).await;
    until(|| told(&upstream, &json!(1)).is_some()).await;
    events.send(event(&result(&json!({ "content": [] })))).await.unwrap();
    assert_eq!(stream.next().await.unwrap()["result"]["resultType"], "complete");
}

#[tokio::test]
async fn a_client_that_leaves_cancels_and_a_server_that_dies_is_an_end() {
    let upstream = Upstream::speaking(Speaks::Sessions).await;
    let house = house_before(&upstream, "").await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;
    let caller = agent.caller(&tokens);
    let can = json!({ "elicitation": {} });
    let cancelled = || upstream.seen().iter().filter(|seen| body(seen)["method"] == "notifications/cancelled").count();

    let events = asking(&house, &upstream, &caller, &can).await;
    events.send(": begun\n\n".to_owned()).await.unwrap();
    drop(open(&house, &caller, request(can.clone(), json!({}))).await);
    tokio::time::timeout(MOMENT, events.closed()).await.expect("closed");
    until(|| cancelled() == 1).await;

    // A server that has gone while its client was asked.
    let events = asking(&house, &upstream, &caller, &can).await;
    events.send(elicits(json!(1))).await.unwrap();
    let asked = open(&house, &caller, request(can.clone(), json!({}))).await.next().await.unwrap();
    upstream.end_sessions();
    drop(events);
    let responses = json!({ "input-1": { "action": "accept" } });
    let state = &asked["result"]["requestState"];
    let retry = request(can.clone(), json!({ "inputResponses": responses, "requestState": state }));
    assert_eq!(ask(&caller, retry).await.status, 502);
    assert_eq!(ask(&caller, request(can.clone(), json!({}))).await.status, 200, "a new call opens a new session");
}

#[tokio::test]
async fn what_a_policy_forbids_a_server_to_ask_is_not_asked() {
    let policy = "[[method]]\nnames = [\"elicitation/create\"]\nallow = { nobody = \"all\" }\n";
    // A server without sessions, a client with one.
    let upstream = Upstream::speaking(Speaks::NoSessions).await;
    let house = house_before(&upstream, policy).await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;
    let desk = Desk::open(&agent, &tokens, json!({ "elicitation": {} })).await;
    let asks = json!({ "resultType": "input_required", "inputRequests": { "a": { "method": "elicitation/create" } } });
    upstream.answer_next(answers(&result(&asks)));
    let mut stream = desk.call(&house, "read", 1).await;
    let last = stream.next().await.unwrap();
    assert!(last["method"].is_null(), "{last}");
    // The other way round.
    let upstream = Upstream::speaking(Speaks::Sessions).await;
    let house = house_before(&upstream, policy).await;
    let (agent, tokens) = connect(&house, "ana@example.com").await;
    let (caller, can) = (agent.caller(&tokens), json!({ "elicitation": {} }));
    let events = asking(&house, &upstream, &caller, &can).await;
    events.send(elicits(json!(1))).await.unwrap();
    let last = open(&house, &caller, request(can, json!({}))).await.next().await.unwrap();
    assert_eq!((&last["id"], &last["error"]["code"]), (&json!(1), &json!(-31403)), "{last}");
}
