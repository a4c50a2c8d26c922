//! What a client says of masking when it opens a session holds for the session, and is worth no more than saying it each
//! time.

use bytes::Bytes;
use http::{Method, Response, header};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use vestibule_testkit::{
    agent::{Agent, Tokens},
    http::{Answer, request},
    mcp::{Caller, STATEFUL},
    upstream::{Canned, Speaks, Upstream},
};

use crate::{
    federation::{Plan, Union},
    masking::{Place, text_result},
};

const BEFORE_LLM: &str = "x-mask-pii-before-llm";
const IN_LOGS: &str = "x-mask-pii-in-logs";

type Said<'a> = &'a [(&'a str, &'a str)];

/// A session, and who has it.
struct Session {
    agent: Agent,
    tokens: Tokens,
    caller: Caller,
    id: String,
}

impl Session {
    async fn begin(agent: &Agent, tokens: &Tokens, said: Said<'_>) -> Self {
        let caller = agent.caller(tokens);
        let answer = caller.post(&initialize(), said).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let id = answer.header("mcp-session-id").expect("a session").to_owned();
        Self { agent: agent.clone(), tokens: tokens.clone(), caller, id }
    }

    /// In the house with one server.
    async fn at(place: &Place, said: Said<'_>) -> Self {
        let (agent, tokens) = place.agent("up", "ana@example.net").await;
        Self::begin(&agent, &tokens, said).await
    }

    async fn post(&self, method: &str, params: Value, said: Said<'_>) -> Answer {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let own = [("mcp-session-id", self.id.as_str()), ("mcp-protocol-version", STATEFUL)];
        self.caller.post(&body, &[&own, said].concat()).await
    }

    async fn call(&self, said: Said<'_>) -> Answer {
        self.post("tools/call", json!({ "name": "read", "arguments": {} }), said).await
    }

    /// A request without a body.
    fn open(&self, method: Method, said: Said<'_>) -> http::Request<Bytes> {
        let mut builder = request(method, &self.agent.path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.tokens.access))
            .header(header::ACCEPT, "text/event-stream")
            .header("mcp-session-id", &self.id)
            .header("mcp-protocol-version", STATEFUL);
        for (name, value) in said {
            builder = builder.header(*name, *value);
        }
        builder.body(Bytes::new()).unwrap()
    }
}

fn initialize() -> Value {
    let client = json!({ "name": "testkit", "version": "1" });
    let params = json!({ "protocolVersion": STATEFUL, "capabilities": {}, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params })
}

fn is_masked(answer: &Answer) -> bool {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let (clear, label) = (answer.text().contains("jane.doe@example.com"), answer.text().contains("[EMAIL_"));
    assert!(clear != label, "{}", answer.text());
    label
}

/// The next answer of a server is a stream of these events.
async fn stream_next(upstream: &Upstream, events: &str) {
    let (sender, receiver) = mpsc::channel(8);
    upstream.answer_next(Canned::Stream(receiver));
    sender.send(events.to_owned()).await.unwrap();
}

#[tokio::test]
async fn the_header_of_initialize_holds_for_its_session() {
    // As configured, whether headers may switch it off, what `initialize` says, what a call says, what must come of it.
    let cases = [
        (false, "tighten", None, None, false),
        (false, "tighten", Some("on"), None, true),
        (false, "tighten", Some("on"), Some("off"), false),
        (false, "tighten", Some("off"), None, false),
        (false, "tighten", Some("off"), Some("on"), true),
        (true, "tighten", Some("off"), None, true),
        (true, "tighten", Some("off"), Some("off"), true),
        (true, "tighten", Some("on"), Some("off"), true),
        (true, "override", Some("off"), None, false),
        (true, "override", Some("off"), Some("on"), true),
        (true, "override", Some("on"), Some("off"), false),
        (false, "override", Some("on"), None, true),
    ];
    for (configured, headers, first, then, masked) in cases {
        let place = Place::of(&format!("before_llm = {configured}\nheaders = \"{headers}\""), "").await;
        let said: Vec<(&str, &str)> = first.map(|value| (BEFORE_LLM, value)).into_iter().collect();
        let session = Session::at(&place, &said).await;
        let call = async |said: Said<'_>| {
            place.result(&text_result());
            is_masked(&session.call(said).await)
        };
        let with: Vec<(&str, &str)> = then.map(|value| (BEFORE_LLM, value)).into_iter().collect();
        let silent = call(&[]).await;
        assert_eq!(call(&with).await, masked, "{configured} {headers} {first:?} {then:?}");
        assert_eq!(
            call(&[]).await,
            silent,
            "a header is for its own request: {configured} {headers} {first:?} {then:?}"
        );
    }
}

#[tokio::test]
async fn a_policy_is_not_loosened_by_a_session() {
    let policy = "[[tool]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\nmask = { \"*\" = [\"EMAIL_ADDRESS\"] }\n";
    let upstream = Upstream::start().await;
    let config = format!(
        "[masking]\nbefore_llm = true\nheaders = \"override\"\n[[server]]\nname = \"up\"\nurl = \"{}\"\npolicy = \"policy.toml\"\n",
        upstream.url()
    );
    let house = vestibule_testkit::house::House::of(&config, &[("policy.toml", policy)]).await;
    house.add_user("ana@example.net", &["staff"]).await;
    let place = Place { house, upstream };
    let session = Session::at(&place, &[(BEFORE_LLM, "off")]).await;
    place.result(&text_result());
    let answer = session.call(&[]).await;
    assert!(is_masked(&answer));
    assert!(answer.text().contains("219-09-9998"), "what the policy does not demand was switched off");
}

#[tokio::test]
async fn wishes_that_cannot_be_read_open_nothing() {
    let place = Place::of("", "").await;
    let (agent, tokens) = place.agent("up", "ana@example.net").await;
    for said in [&[(BEFORE_LLM, "maybe")][..], &[(IN_LOGS, "")], &[(BEFORE_LLM, "on"), (BEFORE_LLM, "off")]] {
        let answer = agent.caller(&tokens).post(&initialize(), said).await;
        assert_eq!((answer.status.as_u16(), answer.header("mcp-session-id")), (400, None), "{said:?}");
    }
    assert!(place.upstream.seen().is_empty());
}

#[tokio::test]
async fn a_session_is_worth_nothing_to_anybody_else() {
    let place = Place::of("headers = \"override\"\nbefore_llm = true", "").await;
    let session = Session::at(&place, &[(BEFORE_LLM, "off")]).await;
    let (other, other_tokens) = place.agent("up", "ben@example.net").await;
    let own = Session::begin(&other, &other_tokens, &[]).await;
    let stolen = Session { id: session.id.clone(), ..own };
    assert_eq!(stolen.call(&[]).await.status, 404);
    let own = Session::begin(&other, &other_tokens, &[]).await;
    place.result(&text_result());
    assert!(is_masked(&own.call(&[]).await), "what one says is nothing to another");
    // The stateless era has no sessions, so it takes nothing from one.
    place.result(&text_result());
    let (body, headers) = vestibule_testkit::mcp::stateless("tools/call", json!({ "name": "read", "arguments": {} }));
    let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
    let headers: Vec<(&str, &str)> = headers.chain([("mcp-session-id", session.id.as_str())]).collect();
    assert!(is_masked(&session.caller.post(&body, &headers).await));
}

#[tokio::test]
async fn what_a_server_says_by_itself_is_masked_as_its_session_is() {
    let place = Place::of("", "").await;
    let event = format!(
        "data: {}\n\n",
        json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "data": "jane.doe@example.com" } })
    );
    for (first, then, masked) in [("on", None, true), ("on", Some("off"), false), ("off", None, false)] {
        let session = Session::at(&place, &[(BEFORE_LLM, first)]).await;
        stream_next(&place.upstream, &event).await;
        let said: Vec<(&str, &str)> = then.map(|value| (BEFORE_LLM, value)).into_iter().collect();
        let answer = place.house.http.send(session.open(Method::GET, &said)).await;
        assert_eq!(is_masked(&answer), masked, "{first} {then:?}");
    }
}

#[tokio::test]
async fn a_stream_that_goes_on_hides_what_it_hid() {
    for headers in ["override", "tighten"] {
        goes_on(&Place::of(&format!("headers = \"{headers}\""), "").await).await;
    }
}

async fn goes_on(place: &Place) {
    let event = format!("id: 7\ndata: {}\n\n", json!({ "jsonrpc": "2.0", "id": 1, "result": text_result() }));
    for (first, call, resume, masked) in [
        // The session says nothing or off; the call that began the stream said on.
        (None, Some("on"), None, true),
        (Some("off"), Some("on"), None, true),
        (None, Some("on"), Some("off"), true),
        // What was not hidden is as its session says.
        (Some("on"), Some("off"), None, true),
        (None, Some("off"), None, false),
    ] {
        let of = |value: Option<&'static str>| value.map(|value| (BEFORE_LLM, value)).into_iter().collect::<Vec<_>>();
        let session = Session::at(place, &of(first)).await;
        stream_next(&place.upstream, &event).await;
        let begun = session.call(&of(call)).await;
        assert_eq!(is_masked(&begun), call == Some("on"));
        let id = begun.text().lines().find_map(|line| line.strip_prefix("id: ")).expect("an id").to_owned();
        stream_next(&place.upstream, &event).await;
        let mut said = of(resume);
        said.push(("last-event-id", id.as_str()));
        let resumed = place.house.http.send(session.open(Method::GET, &said)).await;
        assert_eq!(is_masked(&resumed), masked, "{first:?} {call:?} {resume:?}");
        assert_eq!(place.upstream.seen().last().unwrap().headers["last-event-id"], "7");
    }
}

#[tokio::test]
async fn a_server_without_sessions_has_one_for_the_wish() {
    let place = Place::of("", "").await;
    let (agent, tokens) = place.agent("up", "ana@example.net").await;
    let begin = async |said: Said<'_>| {
        let result =
            json!({ "protocolVersion": STATEFUL, "capabilities": {}, "serverInfo": { "name": "up", "version": "1" } });
        place.answer(json!({ "jsonrpc": "2.0", "id": 0, "result": result }).to_string());
        agent.caller(&tokens).post(&initialize(), said).await.header("mcp-session-id").map(str::to_owned)
    };
    assert_eq!(begin(&[]).await, None, "nothing to remember");
    let id = begin(&[(BEFORE_LLM, "on")]).await.expect("a session of ours");
    let session = Session { agent: agent.clone(), tokens: tokens.clone(), caller: agent.caller(&tokens), id };
    place.result(&text_result());
    assert!(is_masked(&session.call(&[]).await));
    assert!(!place.upstream.seen().last().unwrap().headers.contains_key("mcp-session-id"), "it stays here");
    // The ids of its events are nothing that could be given back, so nobody seals them.
    stream_next(
        &place.upstream,
        &format!("id: jane.doe@example.com\ndata: {}\n\n", json!({ "jsonrpc": "2.0", "id": 1, "result": {} })),
    )
    .await;
    let stream = session.call(&[]).await;
    assert!(is_masked(&stream) && stream.text().starts_with("id: [EMAIL_"), "{}", stream.text());
    // There is no stream and no end of what the server does not have.
    let before = place.upstream.seen().len();
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(place.house.http.send(session.open(method, &[])).await.status, 405);
    }
    assert_eq!(place.upstream.seen().len(), before);
    // What fails opens nothing.
    place.upstream.answer_next(Canned::Exactly(
        Response::builder().status(500).header("content-type", "application/json").body("{}".into()).unwrap(),
    ));
    let failed = agent.caller(&tokens).post(&initialize(), &[(BEFORE_LLM, "on")]).await;
    assert_eq!(failed.header("mcp-session-id"), None, "{}", failed.text());
}

#[tokio::test]
async fn a_session_before_a_server_of_the_other_era_is_masked_too() {
    let place = Place::of("", "").await;
    place.upstream.speak(Speaks::NoSessions);
    let session = Session::at(&place, &[(BEFORE_LLM, "on")]).await;
    place.result(&text_result());
    assert!(is_masked(&session.call(&[]).await));
    place.result(&text_result());
    assert!(!is_masked(&session.call(&[(BEFORE_LLM, "off")]).await));
}

#[tokio::test]
async fn evidence_follows_the_wish_of_the_session() {
    let uri = "hr://people/jane.doe@example.com";
    for (config, first, then, masked) in [
        ("logs = false", "on", None, true),
        ("logs = false", "on", Some("off"), false),
        ("logs = true", "off", None, true),
        ("logs = true\nheaders = \"override\"", "off", None, false),
        ("logs = true\nheaders = \"override\"", "off", Some("on"), true),
    ] {
        let place = Place::of(config, "").await;
        let session = Session::at(&place, &[(IN_LOGS, first)]).await;
        let said: Vec<(&str, &str)> = then.map(|value| (IN_LOGS, value)).into_iter().collect();
        session.post("resources/read", json!({ "uri": uri }), &said).await;
        let target = place.house.last_event("call").unwrap()["target"].clone();
        assert_eq!(target, if masked { "hr://people/[EMAIL]" } else { uri }, "{config} {first} {then:?}");
    }
}

#[tokio::test]
async fn lines_of_a_request_are_logged_in_the_span_of_its_session() {
    let logs = vestibule_testkit::logs::keep();
    let place = Place::of("logs = false", "").await;
    // Too large to come: the line that says so belongs to the call.
    let session = Session::at(&place, &[(IN_LOGS, "on")]).await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "result": { "tools": [{ "name": "canary_of_session_logs", "inputSchema": {} }] } });
    place.answer(list.to_string());
    session.call(&[]).await;
    let text = logs.text();
    let line = text.lines().rfind(|line| line.contains("a list came where none was asked for")).expect("a line");
    assert!(line.contains("masked:") && !line.contains("unmasked"), "{line}");
}

#[tokio::test]
async fn what_a_command_writes_is_logged_as_its_session_wishes() {
    let logs = vestibule_testkit::logs::keep();
    // A server that says on its standard error who it serves, and what it is asked.
    let script = r#"while read -r line; do case "$line" in
        *initialized*) ;;
        *initialize*) who=${line##*canary_}; who=${who%%.*}; echo "start canary_$who" >&2
            echo '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}' ;;
        *) echo "later canary_$who" >&2; echo '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}' ;;
    esac; done"#;
    let policy = "[[tool]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n";
    let server = format!(
        "[[server]]\nname = \"up\"\ncommand = [\"/bin/sh\", \"-c\", '''{script}''']\npolicy = \"policy.toml\"\n"
    );
    for (config, who, wish, span) in [
        ("logs = false", "silent", None, None),
        ("logs = false", "hiding", Some("on"), Some("masked")),
        ("logs = true\nheaders = \"override\"", "showing", Some("off"), Some("unmasked")),
        ("logs = true", "tried", Some("off"), None),
    ] {
        let config = format!("[masking]\n{config}\n{server}");
        let house = vestibule_testkit::house::House::of(&config, &[("policy.toml", policy)]).await;
        house.add_user("ana@example.net", &["staff"]).await;
        let place = Place { house, upstream: Upstream::start().await };
        let (agent, tokens) = place.agent("up", "ana@example.net").await;
        let said: Vec<(&str, &str)> = wish.map(|value| (IN_LOGS, value)).into_iter().collect();
        let mut hello = initialize();
        hello["params"]["clientInfo"]["name"] = json!(format!("canary_{who}."));
        let caller = agent.caller(&tokens);
        let id = caller.post(&hello, &said).await.header("mcp-session-id").expect("a session").to_owned();
        let session = Session { agent, tokens, caller, id };
        assert_eq!(session.call(&[]).await.status, 200);
        for word in ["start", "later"] {
            let sought = format!("{word} canary_{who}");
            let line = async {
                loop {
                    if let Some(line) = logs.text().lines().find(|line| line.contains(&sought)) {
                        return line.to_owned();
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                }
            };
            let line = tokio::time::timeout(std::time::Duration::from_secs(30), line).await.expect("a line");
            let spans = ["unmasked:", "masked:"].into_iter().find(|name| line.contains(name));
            assert_eq!(spans.map(|name| name.trim_end_matches(':')), span, "{line}");
        }
    }
}

#[tokio::test]
async fn the_sessions_of_joined_servers_are_masked_alike() {
    let plan = Plan { federation: "servers = [\"git\", \"hr\"]\n", ..Plan::default() };
    let union = Union::of(plan).await;
    let session = Session::begin(&union.agent, &union.tokens, &[(BEFORE_LLM, "on")]).await;
    let result = json!({ "content": [{ "type": "text", "text": "jane.doe@example.com" }] });
    let event = json!({ "jsonrpc": "2.0", "id": 1, "result": result });
    let params = |tool: &str| json!({ "name": tool, "arguments": {} });
    for (upstream, tool) in [(&union.hr, "hr__read"), (&union.git, "git__push")] {
        for (said, masked) in [(&[][..], true), (&[(BEFORE_LLM, "off")], false), (&[], true)] {
            let response = Response::builder().header("content-type", "application/json");
            upstream.answer_next(Canned::Exactly(response.body(event.to_string().into()).unwrap()));
            assert_eq!(is_masked(&session.post("tools/call", params(tool), said).await), masked, "{tool} {said:?}");
        }
    }
    // A stream that was masked for its call alone goes on masked.
    let session = Session::begin(&union.agent, &union.tokens, &[]).await;
    let events = format!("id: e1\ndata: {event}\n\n");
    stream_next(&union.hr, &events).await;
    let begun = session.post("tools/call", params("hr__read"), &[(BEFORE_LLM, "on")]).await;
    assert!(is_masked(&begun));
    let id = begun.text().lines().find_map(|line| line.strip_prefix("id: ")).expect("an id").to_owned();
    stream_next(&union.hr, &events).await;
    let resumed = union.house.http.send(session.open(Method::GET, &[("last-event-id", id.as_str())])).await;
    assert!(is_masked(&resumed), "{}", resumed.text());
    assert_eq!(union.hr.seen().last().unwrap().headers["last-event-id"], "e1");
    stream_next(&union.hr, &events).await;
    let said = [("last-event-id", id.as_str()), (BEFORE_LLM, "off")];
    assert!(is_masked(&union.house.http.send(session.open(Method::GET, &said)).await));
}
