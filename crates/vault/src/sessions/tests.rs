//! A small MCP server in shell, and everything a client, a stranger or a dying child may do to it.

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::BodyExt;
use vestibule_egress::child::ChildLimits;
use vestibule_model::{Upstream, clock::SeededRandom};

use super::*;
use crate::{kinds::suite, screen::wish::Wishes};

/// Answers every request; does as the method says where it is one of these.
const SERVER: &str = r#"
while IFS= read -r line; do
  id=$(printf '%s\n' "$line" | sed -n 's/.*"id": *\("[^"]*"\|[0-9]*\).*/\1/p')
  say() { printf '%s\n' "$1"; }
  case "$line" in
    *'"result"'*) ;;
    *'"initialize"'*) say "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"pid\":$$}}" ;;
    *'"refuse"'*) say "{\"jsonrpc\":\"2.0\",\"id\":$id,\"error\":{\"code\":-32600,\"message\":\"no\"}}" ;;
    *'"notifications/die"'*) exit 1 ;;
    *'"hang"'*) ;;
    *'"report"'*)
      say "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"n\":1}}"
      say 'not json'
      say "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"done\":true}}" ;;
    *'"notifications/shout"'*) say "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/echo\"}" ;;
    *'"id"'*) say "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"ok\":true}}" ;;
  esac
done
"#;

fn server() -> Arc<Server> {
    Arc::new(suite::server(Upstream::Command { argv: Vec::new(), env: Vec::new(), max_memory: None }))
}

fn way(argv: &[String]) -> Way<'_> {
    Way::Command { argv, env: &[], limits: ChildLimits::default() }
}

struct House {
    children: Sessions,
    script: &'static str,
}

fn house(limits: SessionLimits) -> House {
    House { children: Sessions::new(limits, Arc::new(SeededRandom::new(3))), script: SERVER }
}

impl House {
    async fn exchange(
        &self,
        who: &str,
        session: Option<&str>,
        method: Method,
        body: Option<&str>,
    ) -> Result<Answer, DispatchError> {
        let call = McpCall {
            method,
            era: Era::Stateful,
            message: body.map(|body| Message::parse(Bytes::from(body.to_owned())).unwrap()),
            upstream_session: session.map(str::to_owned),
            mark: None,
            wishes: Wishes::default(),
            headers: HeaderMap::new(),
        };
        let argv = ["/bin/sh", "-c", self.script].map(str::to_owned);
        self.children.exchange(&server(), way(&argv), &suite::caller(who), call).await
    }

    async fn post(&self, who: &str, session: &str, body: &str) -> Result<Answer, DispatchError> {
        self.exchange(who, Some(session), Method::POST, Some(body)).await
    }

    /// Opens a session; gives its id and the pid of its child.
    async fn open(&self, who: &str) -> (String, String) {
        let answer = self.exchange(who, None, Method::POST, Some(INITIALIZE)).await.unwrap();
        let id = answer.session.clone().unwrap();
        let text = text(answer).await;
        let pid = text.split("\"pid\":").nth(1).unwrap().trim_end_matches('}').to_owned();
        (id, pid)
    }
}

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#;

fn request(id: &str, method: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"}}"#)
}

async fn text(answer: Answer) -> String {
    String::from_utf8(answer.body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

async fn ends(pid: &str) -> bool {
    for _ in 0..300 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if stat.is_empty() || stat.contains(") Z ") {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

fn media(answer: &Answer) -> &str {
    answer.headers.get("content-type").map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn requests_are_answered_and_the_rest_accepted() {
    let house = house(SessionLimits::CHILDREN);
    let (id, _) = house.open("ana").await;
    let pretty = "{\n \"jsonrpc\":\"2.0\",\r\n \"id\":\"x y\",\n \"method\":\"ping\"}";
    let answer = house.post("ana", &id, pretty).await.unwrap();
    assert_eq!((answer.status, media(&answer)), (StatusCode::OK, "application/json"));
    assert_eq!(text(answer).await, r#"{"jsonrpc":"2.0","id":"x y","result":{"ok":true}}"#);
    for quiet in
        [r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, r#"{"jsonrpc":"2.0","id":5,"result":{}}"#]
    {
        let answer = house.post("ana", &id, quiet).await.unwrap();
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        assert_eq!(text(answer).await, "");
    }
}

#[tokio::test]
async fn a_report_before_the_response_makes_a_stream() {
    let house = house(SessionLimits::CHILDREN);
    let (id, _) = house.open("ana").await;
    let answer = house.post("ana", &id, &request("1", "report")).await.unwrap();
    assert_eq!(media(&answer), "text/event-stream");
    let text = text(answer).await;
    let data: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(
        data,
        [
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"n":1}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"done":true}}"#,
        ]
    );
}

#[tokio::test]
async fn what_the_server_says_by_itself_reaches_the_listener() {
    let house = house(SessionLimits::CHILDREN);
    let (id, _) = house.open("ana").await;
    let shout = r#"{"jsonrpc":"2.0","method":"notifications/shout"}"#;
    house.post("ana", &id, shout).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut body = house.exchange("ana", Some(&id), Method::GET, None).await.unwrap().body;
    let event = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(String::from_utf8_lossy(&event).contains("notifications/echo"), "kept while nobody listened");
    house.post("ana", &id, shout).await.unwrap();
    let event = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(String::from_utf8_lossy(&event).contains("notifications/echo"));
    house.exchange("ana", Some(&id), Method::DELETE, None).await.unwrap();
    assert!(body.frame().await.is_none(), "the stream ends with its session");
}

#[tokio::test]
async fn each_session_has_its_own_child_and_its_own_owner() {
    let house = house(SessionLimits::CHILDREN);
    let (ana, ana_pid) = house.open("ana").await;
    let (bob, bob_pid) = house.open("bob").await;
    assert!(ana != bob && ana_pid != bob_pid);
    for (who, session) in [("bob", &ana), ("ana", &bob)] {
        for (method, body) in [(Method::POST, Some(request("1", "ping"))), (Method::GET, None), (Method::DELETE, None)]
        {
            let answer = house.exchange(who, Some(session), method, body.as_deref()).await;
            assert!(matches!(answer, Err(DispatchError::SessionGone)), "{who}");
        }
    }
    for unknown in ["", "x", &"0".repeat(64)] {
        assert!(matches!(house.post("ana", unknown, INITIALIZE).await, Err(DispatchError::SessionGone)));
    }
    assert!(matches!(
        house.exchange("ana", None, Method::POST, Some(&request("1", "ping"))).await,
        Err(DispatchError::SessionGone)
    ));
    assert!(house.post("ana", &ana, &request("1", "ping")).await.is_ok(), "nothing of that ended it");
}

#[tokio::test]
async fn delete_ends_the_child() {
    let house = house(SessionLimits::CHILDREN);
    let (id, pid) = house.open("ana").await;
    assert_eq!(house.exchange("ana", Some(&id), Method::DELETE, None).await.unwrap().status, StatusCode::OK);
    assert!(matches!(house.post("ana", &id, &request("1", "ping")).await, Err(DispatchError::SessionGone)));
    assert!(ends(&pid).await);
}

#[tokio::test]
async fn a_dying_child_answers_what_waits_and_its_session_is_gone() {
    let house = house(SessionLimits::CHILDREN);
    let (id, _) = house.open("ana").await;
    let hang = request("1", "hang");
    let (waiting, _) = tokio::join!(house.post("ana", &id, &hang), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        house.post("ana", &id, r#"{"jsonrpc":"2.0","method":"notifications/die"}"#).await
    });
    let text = text(waiting.unwrap()).await;
    assert!(text.contains(r#""id":1"#) && text.contains("-32603"), "{text}");
    assert!(matches!(house.post("ana", &id, &request("2", "ping")).await, Err(DispatchError::SessionGone)));
}

#[tokio::test]
async fn an_id_in_flight_cannot_be_used_again() {
    let house = house(SessionLimits::CHILDREN);
    let (id, _) = house.open("ana").await;
    let hang = request("\"a\"", "hang");
    let first = house.post("ana", &id, &hang);
    let second = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        house.post("ana", &id, &request("\"\\u0061\"", "ping")).await.map(|_| ())
    };
    tokio::select! {
        _ = first => panic!("nobody answers it"),
        second = second => assert!(matches!(second, Err(DispatchError::DuplicateId)), "{second:?}"),
    }
    assert!(house.post("ana", &id, &request("\"a\"", "ping")).await.is_ok(), "the first client went away");
}

#[tokio::test]
async fn children_are_bounded_in_all_and_per_subject() {
    let house = house(SessionLimits { max_sessions: 3, max_per_subject: 2, ..SessionLimits::CHILDREN });
    let (oldest, pid) = house.open("ana").await;
    let (second, _) = house.open("ana").await;
    house.open("bob").await;
    assert!(matches!(house.exchange("eve", None, Method::POST, Some(INITIALIZE)).await, Err(DispatchError::Busy)));
    // The third of one person ends their oldest, and nobody else's.
    let _ = house.exchange("ana", None, Method::POST, Some(INITIALIZE)).await;
    assert!(ends(&pid).await);
    assert!(matches!(house.post("ana", &oldest, &request("1", "ping")).await, Err(DispatchError::SessionGone)));
    assert!(house.post("ana", &second, &request("1", "ping")).await.is_ok());
}

#[tokio::test]
async fn an_unused_session_ends_and_a_listener_keeps_it() {
    let house = house(SessionLimits { idle: Duration::from_millis(200), ..SessionLimits::CHILDREN });
    let (unused, pid) = house.open("ana").await;
    let (listened, _) = house.open("ana").await;
    let _stream = house.exchange("ana", Some(&listened), Method::GET, None).await.unwrap();
    assert!(ends(&pid).await);
    assert!(matches!(house.post("ana", &unused, &request("1", "ping")).await, Err(DispatchError::SessionGone)));
    assert!(house.post("ana", &listened, &request("1", "ping")).await.is_ok());
}

#[tokio::test]
async fn a_child_that_does_not_start_or_refuses_leaves_no_session() {
    let mut house = house(SessionLimits { max_sessions: 1, ..SessionLimits::CHILDREN });
    house.script = "exit 7";
    let Err(error) = house.exchange("ana", None, Method::POST, Some(INITIALIZE)).await else { panic!("it answered") };
    assert!(matches!(error, DispatchError::Upstream(_)), "{error}");
    house.script = SERVER;
    let refused = INITIALIZE.replace("{}", r#"{"x":"refuse"}"#).replace("\"initialize\"", "\"\\u0069nitialize\"");
    for _ in 0..50 {
        // The slot of the one before comes free as soon as it has ended.
        match house.exchange("ana", None, Method::POST, Some(&refused)).await {
            Ok(answer) => {
                assert!(answer.session.is_none());
                break;
            }
            Err(error) => assert!(matches!(error, DispatchError::Busy), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for _ in 0..200 {
        if lock(&house.children.open).sessions.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the session remains");
}

#[tokio::test]
async fn the_stateless_era_is_not_spoken() {
    let house = house(SessionLimits::CHILDREN);
    let call = McpCall {
        method: Method::POST,
        era: Era::Stateless,
        message: Some(Message::parse(Bytes::from(request("1", "tools/list"))).unwrap()),
        upstream_session: None,
        mark: None,
        wishes: Wishes::default(),
        headers: HeaderMap::new(),
    };
    let answer = house.children.exchange(&server(), way(&["true".to_owned()]), &suite::caller("ana"), call).await;
    assert!(matches!(answer, Err(DispatchError::UnsupportedEra)));
}
