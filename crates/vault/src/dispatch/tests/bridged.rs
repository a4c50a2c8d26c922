//! Clients of one era before servers of the other, and what each may do to the other.

use super::*;

/// A stateful server in shell. It tells its process id, does as the tool's name says, and ends when told to.
const SERVER: &str = r#"
while IFS= read -r line; do
  id=$(printf '%s\n' "$line" | sed -n 's/.*"id": *\("[^"]*"\|[0-9]*\).*/\1/p')
  say() { printf '%s\n' "$1"; }
  case "$line" in
    *'"initialize"'*) say "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"sh\",\"version\":\"$$\"}}}" ;;
    *'"ask"'*) waiting=$id; say '{"jsonrpc":"2.0","id":"q","method":"sampling/createMessage","params":{"maxTokens":7}}' ;;
    *'"id":"q"'*) say "{\"jsonrpc\":\"2.0\",\"id\":$waiting,\"result\":{\"told\":$(printf '%s' "$line" | sed 's/.*"result"://; s/}$//')}}" ;;
    *'notifications/cancelled'*) say '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"cancelled"}}' ;;
    *'"die"'*) say "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{}}"; exit 0 ;;
    *'"id"'*) say "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"pid\":$$}}" ;;
  esac
done
"#;

fn stateless(method: &str, name: &str) -> McpCall {
    let meta = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"sampling":{}}}"#;
    let body =
        format!(r#"{{"jsonrpc":"2.0","id":"mine","method":"{method}","params":{{"name":"{name}","_meta":{meta}}}}}"#);
    McpCall { era: Era::Stateless, ..post(&body) }
}

impl House {
    async fn answer(&self, who: &str, call: McpCall) -> (StatusCode, String) {
        let (permit, receipt) = self.permit_of(who, "req_1", call);
        let reply = self.vault.dispatch(permit, receipt).await.unwrap();
        assert_eq!(reply.upstream_session(), None, "no session of this hop is for this client");
        (reply.status(), text(reply).await)
    }
}

#[tokio::test]
async fn a_child_serves_clients_without_sessions_each_its_own() {
    let argv = ["/bin/sh", "-c", SERVER].map(str::to_owned).to_vec();
    let upstream = Upstream::Command { argv, env: Vec::new(), max_memory: None };
    let house = House::before_server(Server { upstream, ..server("", CredentialSpec::None) });
    let (status, of_ana) = house.answer("ana", stateless("tools/call", "a")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(of_ana.contains(r#""id":"mine""#) && of_ana.contains(r#""resultType":"complete""#), "{of_ana}");
    assert_eq!(house.answer("ana", stateless("tools/call", "a")).await.1, of_ana, "the same child");
    let (_, of_ben) = house.answer("ben", stateless("tools/call", "a")).await;
    assert_ne!(of_ana, of_ben, "never another's");
    let (_, discovered) = house.answer("ana", stateless("server/discover", "")).await;
    assert!(discovered.contains(r#""2025-11-25","2026-07-28"]"#), "{discovered}");

    // A child that has ended is started again.
    house.answer("ana", stateless("tools/call", "die")).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (status, again) = house.answer("ana", stateless("tools/call", "a")).await;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(again, of_ana);
    assert_eq!(house.answer("ben", stateless("tools/call", "a")).await.1, of_ben, "who did not notice");
}

#[tokio::test]
async fn a_child_asks_clients_without_sessions_each_its_own() {
    let argv = ["/bin/sh", "-c", SERVER].map(str::to_owned).to_vec();
    let upstream = Upstream::Command { argv, env: Vec::new(), max_memory: None };
    let house = House::before_server(Server { upstream, ..server("", CredentialSpec::None) });
    let state_of = |text: &str| {
        let asked: serde_json::Value = serde_json::from_str(text.trim().trim_start_matches("data: ")).unwrap();
        let request = &asked["result"]["inputRequests"]["input-1"];
        assert_eq!(
            (&request["method"], &request["params"]["maxTokens"]),
            (&"sampling/createMessage".into(), &7.into())
        );
        asked["result"]["requestState"].as_str().unwrap().to_owned()
    };
    let retry = |state: &str, told: &str| {
        let meta = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"sampling":{}}}"#;
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":"again","method":"tools/call","params":{{"name":"ask","requestState":"{state}","inputResponses":{{"input-1":{{"n":{told}}}}},"_meta":{meta}}}}}"#
        );
        McpCall { era: Era::Stateless, ..post(&body) }
    };
    let of_ana = state_of(&house.answer("ana", stateless("tools/call", "ask")).await.1);
    let of_ben = state_of(&house.answer("ben", stateless("tools/call", "ask")).await.1);
    let (status, stolen) = house.answer("ben", retry(&of_ana, "0")).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{stolen}");
    for (who, state, told) in [("ana", &of_ana, "1.0"), ("ben", &of_ben, "12345678901234567890123")] {
        let (status, answer) = house.answer(who, retry(state, told)).await;
        let expected = format!(r#""id":"again","result":{{"told":{{"n":{told}}},"resultType":"complete"}}"#);
        assert!(status == StatusCode::OK && answer.contains(&expected), "{answer}");
        let (status, again) = house.answer(who, retry(state, told)).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{again}");
    }
}

/// An upstream that answers each request with the next of these, and tells what it was asked.
async fn answering(answers: &[&str]) -> (String, mpsc::Receiver<String>) {
    let (address, mut connections) = listen().await;
    let (sender, asked) = mpsc::channel(16);
    let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
    tokio::spawn(async move {
        for answer in answers {
            let mut peer = connections.recv().await.unwrap();
            sender.send(read_request(&mut peer).await).await.unwrap();
            peer.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (format!("http://{address}/mcp"), asked)
}

fn http(status: u16, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn a_server_is_asked_once_and_no_call_is_made_twice() {
    let found = http(200, r#"{"jsonrpc":"2.0","id":"vestibule","result":{}}"#);
    let done = http(200, r#"{"jsonrpc":"2.0","id":"mine","result":{"n":1.0}}"#);
    let odd = http(400, r#"{"error":"x"}"#);
    let (url, mut asked) = answering(&[&found, &done, &odd, &found, &done]).await;
    let house = House::before(&url, CredentialSpec::None);
    let (_, answer) = house.answer("ana", stateless("tools/call", "a")).await;
    assert_eq!(answer, r#"{"jsonrpc":"2.0","id":"mine","result":{"n":1.0}}"#, "byte for byte");
    // What it should not have said passes, and it is asked again before the next call.
    assert_eq!(
        house.answer("ana", stateless("tools/call", "a")).await,
        (StatusCode::BAD_REQUEST, r#"{"error":"x"}"#.to_owned())
    );
    house.answer("ana", stateless("tools/call", "a")).await;
    let mut methods = Vec::new();
    for _ in 0..5 {
        let raw = asked.recv().await.unwrap();
        methods.push(if raw.contains("server/discover") { "discover" } else { "call" });
    }
    assert_eq!(methods, ["discover", "call", "call", "discover", "call"]);
}

#[tokio::test]
async fn a_server_that_cannot_say_what_it_speaks_is_a_fault_and_nothing_is_remembered() {
    for status in [429, 500, 503] {
        let (busy, found) = (http(status, "{}"), http(200, r#"{"jsonrpc":"2.0","id":"vestibule","result":{}}"#));
        let done = http(200, r#"{"jsonrpc":"2.0","id":"mine","result":{}}"#);
        let (url, _asked) = answering(&[&busy, &found, &done]).await;
        let house = House::before(&url, CredentialSpec::None);
        assert!(house.dispatch(stateless("tools/call", "a")).await.is_err(), "{status}");
        assert_eq!(house.answer("ana", stateless("tools/call", "a")).await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_server_that_refuses_to_open_a_session_is_a_fault() {
    for refusal in [
        http(200, r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32602,"message":"m"}}"#),
        http(200, r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2099-01-01"}}"#),
        http(200, r#"{"jsonrpc":"2.0","id":0,"result":{},"Result":{}} {}"#),
        http(404, "gone"),
    ] {
        let (url, mut asked) = answering(&[&refusal]).await;
        let house = House::speaking(Protocol::Stateful, &url);
        let failed = house.dispatch(stateless("tools/call", "a")).await;
        assert!(matches!(failed, Err(DispatchError::Upstream(_))), "{refusal}");
        let raw = asked.recv().await.unwrap();
        assert!(raw.contains("initialize") && raw.contains("sampling"), "{raw}");
    }
}

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"roots":{}},"clientInfo":{"name":"c","version":"1"}}}"#;

#[tokio::test]
async fn a_session_of_ours_holds_its_client_and_is_never_sent() {
    let discovered = http(200, r#"{"jsonrpc":"2.0","id":1,"result":{"capabilities":{}}}"#);
    let done = http(200, r#"{"jsonrpc":"2.0","id":12345678901234567890,"result":{"resultType":"complete","n":1.0}}"#);
    let (url, mut asked) = answering(&[&discovered, &done]).await;
    let house = House::speaking(Protocol::Stateless, &url);
    let reply = house.dispatch(post(INITIALIZE)).await.unwrap();
    let session = reply.upstream_session().unwrap().to_owned();
    assert!(asked.recv().await.unwrap().contains("server/discover"));

    // Nothing of the client's headers belongs to the other era; what is not of a session is not sent without one.
    assert!(matches!(house.dispatch(post(CALL)).await, Err(DispatchError::SessionGone)));
    let given =
        headers(&[("mcp-name", "forged"), ("mcp-param-x", "y"), ("last-event-id", "7"), ("connection", "mcp-name")]);
    let call = McpCall { upstream_session: Some(session.clone()), headers: given, ..post(CALL) };
    let (_, answer) = house.answer("ana", call).await;
    assert_eq!(answer, r#"{"jsonrpc":"2.0","id":12345678901234567890,"result":{"resultType":"complete","n":1.0}}"#);
    let raw = asked.recv().await.unwrap();
    for there in [
        "mcp-name: a\r\n",
        "mcp-method: tools/call\r\n",
        "mcp-protocol-version: 2026-07-28\r\n",
        r#""arguments":{"z":1,"a":2}"#,
        r#""io.modelcontextprotocol/clientCapabilities":{"roots":{}}"#,
    ] {
        assert!(raw.contains(there), "{there} in {raw}");
    }
    for never in ["forged", "mcp-param-x", "last-event-id", "mcp-session-id", session.as_str()] {
        assert!(!raw.contains(never), "{never} in {raw}");
    }
}

#[tokio::test]
async fn a_server_cannot_hand_out_a_session_of_ours() {
    let forged =
        vestibule_mcp::bridge::Client::of_initialize(&Message::parse(INITIALIZE.into()).unwrap()).to_session("1");
    let answer = http(200, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    let answer = answer.replace("connection: close", &format!("connection: close\r\nmcp-session-id: {forged}"));
    let (url, _asked) = answering(&[&answer]).await;
    let house = House::before(&url, CredentialSpec::None);
    assert!(matches!(house.dispatch(post(INITIALIZE)).await, Err(DispatchError::Upstream(_))));
}
