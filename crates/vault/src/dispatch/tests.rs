//! The whole way: decided, recorded, sent to a raw upstream that notes every byte, and back.

mod bridged;
mod standing;

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, StatusCode};
use http_body_util::BodyExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use vestibule_egress::client::ClientConfig;
use vestibule_mcp::{Era, Message};
use vestibule_model::{
    CredentialSpec, Directory, Protocol, RequestId, Secret, Server, Upstream,
    clock::{ManualClock, SeededRandom},
    server::Servers,
};
use vestibule_policy::{Engine, PolicySet, hold::NothingHeld, set::Source};
use vestibule_store::journal::{JournalOptions, Receipt};

use super::*;
use crate::kinds::suite;

const CALL: &str = r#"{ "jsonrpc":"2.0", "id":12345678901234567890, "method":"tools/call","params":{"name":"a","arguments":{"z":1,"a":2}} }"#;
const JSON: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n";

/// A vault before one server, with a policy that allows everything.
struct House {
    vault: Vault,
    journal: Journal,
    engine: Engine,
    server: Arc<Server>,
    clock: Arc<ManualClock>,
}

impl House {
    fn before(url: &str, credential: CredentialSpec) -> Self {
        let clock = Arc::new(ManualClock::new(suite::START));
        let journal = Journal::memory(journal_key().expose(), clock.clone()).unwrap();
        Self::with(url, credential, journal, clock)
    }

    fn with(url: &str, credential: CredentialSpec, journal: Journal, clock: Arc<ManualClock>) -> Self {
        Self::of(server(url, credential), journal, clock)
    }

    fn speaking(protocol: Protocol, url: &str) -> Self {
        Self::before_server(Server { protocol, ..server(url, CredentialSpec::None) })
    }

    fn before_server(server: Server) -> Self {
        let clock = Arc::new(ManualClock::new(suite::START));
        let journal = Journal::memory(journal_key().expose(), clock.clone()).unwrap();
        Self::of(server, journal, clock)
    }

    fn of(server: Server, journal: Journal, clock: Arc<ManualClock>) -> Self {
        let client = Client::new(&ClientConfig { response_timeout: Duration::from_secs(2), ..ClientConfig::default() });
        let vault = Vault::new(VaultParts {
            issuer: "https://mcp.acme.example".to_owned(),
            client: client.unwrap(),
            keys: Arc::new(ArcSwap::from_pointee(suite::key_ring(1))),
            journal: journal.clone(),
            credentials: credentials(&server),
            children: SessionLimits::CHILDREN,
            streams: SessionLimits::STREAMS,
            masking: MaskSettings::default(),
            mask_key: Secret::new([0; 32]),
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(2)),
        });
        let everything = Source { file: "all.toml".to_owned(), text: PolicySet::everyone_everything() };
        let Ok(set) = PolicySet::load(vec![(server.name.clone(), vec![everything])]) else {
            panic!("the policy is wrong")
        };
        Self {
            vault: vault.unwrap(),
            journal,
            engine: Engine::new(set, Arc::new(NothingHeld)),
            server: Arc::new(server),
            clock,
        }
    }

    fn permit(&self, request: &str, call: McpCall) -> (Permit<McpCall>, Receipt) {
        self.permit_of("ana", request, call)
    }

    fn permit_of(&self, who: &str, request: &str, call: McpCall) -> (Permit<McpCall>, Receipt) {
        let directory = Directory::new(1, [suite::user(who)]);
        let caller = Arc::new(suite::caller(who));
        let decision = self.engine.decide(&caller, &self.server, &directory, RequestId::from(request), call);
        let receipt = self.journal.append(&decision.event(suite::START)).unwrap();
        let Ok(permit) = decision.into_permit() else { panic!("everything is allowed") };
        (permit, receipt)
    }

    async fn dispatch(&self, call: McpCall) -> Result<Reply, DispatchError> {
        let (permit, receipt) = self.permit("req_1", call);
        self.vault.dispatch(permit, receipt).await
    }

    /// The outcomes in the journal.
    fn outcomes(&self) -> Vec<serde_json::Value> {
        let lines = self.journal.last(100).unwrap();
        let events = lines.iter().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        events
            .map(|line| line.get("event").cloned().unwrap_or(line))
            .filter(|event| event["kind"] == "outcome")
            .collect()
    }
}

fn journal_key() -> Secret<Vec<u8>> {
    vestibule_oauth::keys::generate_ed25519(&SeededRandom::new(1)).unwrap()
}

fn server(url: &str, credential: CredentialSpec) -> Server {
    Server { credential, ..suite::server(Upstream::Http { url: url.to_owned() }) }
}

fn credentials(server: &Server) -> Credentials {
    let secrets = HashMap::from([(server.name.clone(), Secret::new(format!("Key {}", suite::CANARY)))]);
    Credentials { servers: Servers::new([server.clone()]), secrets }
}

fn fixed() -> CredentialSpec {
    CredentialSpec::Static { header: "Authorization".to_owned() }
}

fn post(body: &str) -> McpCall {
    McpCall {
        method: Method::POST,
        era: Era::Stateful,
        message: Some(Message::parse(Bytes::from(body.to_owned())).unwrap()),
        upstream_session: None,
        mark: None,
        wishes: Wishes::default(),
        headers: HeaderMap::new(),
    }
}

fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    lines.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect()
}

async fn listen() -> (SocketAddr, mpsc::Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = sender.send(stream).await;
        }
    });
    (address, receiver)
}

/// One request as raw text: head and body.
async fn read_request(peer: &mut TcpStream) -> String {
    let mut text = Vec::new();
    loop {
        let read = peer.read_buf(&mut text).await.unwrap();
        let so_far = String::from_utf8_lossy(&text).into_owned();
        let Some((head, body)) = so_far.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
        if body.len() >= length || read == 0 {
            return so_far;
        }
    }
}

/// An upstream that answers every request with these bytes, and tells what it was asked.
async fn upstream(answer: String) -> (String, mpsc::Receiver<String>) {
    let (address, mut connections) = listen().await;
    let (sender, asked) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Some(mut peer) = connections.recv().await {
            sender.send(read_request(&mut peer).await).await.unwrap();
            peer.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (format!("http://{address}/mcp"), asked)
}

async fn text(reply: Reply) -> String {
    String::from_utf8(reply.into_parts().2.collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn the_upstream_sees_the_original_bytes_and_our_credential_only() {
    let (url, mut asked) = upstream(format!("{JSON}\r\n{{}}")).await;
    let house = House::before(&url, fixed());
    let given = headers(&[
        ("authorization", "Bearer clients-token"),
        ("cookie", "clients-cookie=1"),
        ("dpop", "clients-proof"),
        ("proxy-authorization", "clients-proxy"),
        ("x-forwarded-for", "203.0.113.9"),
        ("x_forwarded_user", "root"),
        ("forwarded", "for=203.0.113.9"),
        ("x-original-url", "/admin"),
        ("connection", "authorization, mcp-method"),
        ("host", "evil.example"),
        ("mcp-session-id", "sealed-by-us"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "a"),
        ("mcp-protocol-version", "2025-11-25"),
        ("accept", "application/json, text/event-stream"),
        ("content-length", "3"),
    ]);
    let call = McpCall { headers: given, upstream_session: Some("theirs".to_owned()), ..post(CALL) };
    assert_eq!(text(house.dispatch(call).await.unwrap()).await, "{}");

    let raw = asked.recv().await.unwrap();
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, CALL);
    let mut lines: Vec<&str> = head.lines().collect();
    assert_eq!(lines.remove(0), "POST /mcp HTTP/1.1");
    lines.sort_unstable();
    let host = url.trim_start_matches("http://").trim_end_matches("/mcp");
    assert_eq!(
        lines,
        [
            "accept: application/json, text/event-stream".to_owned(),
            format!("authorization: Key {}", suite::CANARY),
            format!("content-length: {}", CALL.len()),
            "content-type: application/json".to_owned(),
            format!("host: {host}"),
            "mcp-name: a".to_owned(),
            "mcp-protocol-version: 2025-11-25".to_owned(),
            "mcp-session-id: theirs".to_owned(),
            concat!("user-agent: vestibule/", env!("CARGO_PKG_VERSION")).to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_no_credential_goes_there() {
    let (elsewhere, mut others) = listen().await;
    for status in [301, 302, 303, 307, 308] {
        let answer = format!("HTTP/1.1 {status} X\r\nlocation: http://{elsewhere}/\r\ncontent-length: 0\r\n\r\n");
        let (url, _asked) = upstream(answer).await;
        let Err(error) = House::before(&url, fixed()).dispatch(post(CALL)).await else { panic!("it was passed on") };
        assert!(matches!(error, DispatchError::Upstream(_)), "{error}");
        assert!(!error.to_string().contains(&elsewhere.to_string()));
    }
    assert!(others.try_recv().is_err());
}

#[tokio::test]
async fn challenges_and_error_pages_of_an_upstream_stay_behind() {
    for (head, code) in [
        ("401 X\r\nwww-authenticate: Bearer resource_metadata=\"https://evil.example\"\r\n", "upstream_refused"),
        ("403 X\r\ncontent-type: application/json\r\n", "upstream_refused"),
        ("407 X\r\nproxy-authenticate: Basic\r\n", "upstream_refused"),
        ("500 X\r\ncontent-type: text/html\r\n", "upstream"),
        ("200 OK\r\ncontent-type: text/html\r\n", "upstream"),
        ("200 OK\r\n", "upstream"),
        ("200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n", "upstream"),
        ("200 OK\r\ncontent-type: application/json\r\nmcp-session-id: a b\r\n", "upstream"),
    ] {
        let (url, _asked) = upstream(format!("HTTP/1.1 {head}content-length: 2\r\n\r\n{{}}")).await;
        let house = House::before(&url, fixed());
        let Err(error) = house.dispatch(post(CALL)).await else { panic!("{head} was passed on") };
        assert_eq!(error.code(), code, "{head}");
        assert!(!format!("{error:?}{error}").contains(suite::CANARY));
        let outcome = house.outcomes().remove(0);
        assert_eq!((outcome["verdict"].as_str(), outcome["reason"].as_str()), (Some("deny"), Some(code)));
    }
}

#[tokio::test]
async fn refusals_in_mcp_pass_with_their_status_and_others_without_their_body() {
    for (head, body, media) in [
        ("400 X\r\ncontent-type: application/json; charset=utf-8\r\n", "{}", true),
        ("503 X\r\ncontent-type: application/json\r\nretry-after: 5\r\n", "{}", true),
        ("202 X\r\n", "", false),
        ("405 X\r\ncontent-type: text/plain\r\n", "", false),
        ("404 X\r\ncontent-type: text/html\r\n", "", false),
    ] {
        let (url, _asked) = upstream(format!("HTTP/1.1 {head}set-cookie: a=b\r\ncontent-length: 2\r\n\r\n{{}}")).await;
        let reply = House::before(&url, fixed()).dispatch(post(CALL)).await.unwrap();
        assert_eq!(reply.status().as_str(), &head[..3]);
        assert_eq!(reply.headers().contains_key("content-type"), media, "{head}");
        assert!(!reply.headers().contains_key("set-cookie"));
        assert_eq!(text(reply).await, body, "{head}");
    }
}

#[tokio::test]
async fn whatever_is_said_to_a_notification_has_no_reader() {
    const CANCELLED: &str = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    for head in ["200 OK\r\n", "200 OK\r\ncontent-type: text/plain\r\n", "202 X\r\n"] {
        let (url, _asked) = upstream(format!("HTTP/1.1 {head}content-length: 2\r\n\r\nok")).await;
        let reply = House::before(&url, fixed()).dispatch(post(CANCELLED)).await.unwrap();
        assert!(reply.status().is_success() && reply.headers().is_empty(), "{head}");
        assert_eq!(text(reply).await, "", "{head}");
    }
}

#[tokio::test]
async fn sessions_belong_to_their_hop() {
    let (url, _asked) = upstream(format!("{JSON}mcp-session-id: theirs\r\n\r\n{{}}")).await;
    let reply = House::before(&url, fixed()).dispatch(post(CALL)).await.unwrap();
    assert_eq!(reply.upstream_session(), Some("theirs"));
    assert!(!reply.headers().contains_key("mcp-session-id"));

    let gone = "HTTP/1.1 404 X\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    let (url, _asked) = upstream(gone.to_owned()).await;
    let house = House::before(&url, fixed());
    let call = McpCall { upstream_session: Some("theirs".to_owned()), ..post(CALL) };
    assert!(matches!(house.dispatch(call).await, Err(DispatchError::SessionGone)));
    assert_eq!(house.dispatch(post(CALL)).await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_stateless_call_carries_no_session() {
    let (url, mut asked) = upstream(format!("{JSON}\r\n{{}}")).await;
    let call = McpCall { era: Era::Stateless, upstream_session: Some("theirs".to_owned()), ..post(CALL) };
    House::speaking(Protocol::Stateless, &url).dispatch(call).await.unwrap();
    let raw = asked.recv().await.unwrap();
    assert!(!raw.contains("session") && !raw.contains("authorization"), "{raw}");
}

#[tokio::test]
async fn streams_pass_piece_by_piece_and_end_in_an_outcome() {
    let (address, mut connections) = listen().await;
    let house = House::before(&format!("http://{address}/mcp"), fixed());
    let (reply, mut peer) = tokio::join!(house.dispatch(post(CALL)), async {
        let mut peer = connections.recv().await.unwrap();
        read_request(&mut peer).await;
        peer.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 11\r\n\r\nfirst")
            .await
            .unwrap();
        peer
    });
    let mut body = reply.unwrap().into_parts().2;
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "first");
    assert!(house.outcomes().is_empty(), "it is not over yet");
    house.clock.advance(Duration::from_secs(1));
    peer.write_all(b"second").await.unwrap();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "second");
    drop(body);
    let outcome = house.outcomes().remove(0);
    assert_eq!(outcome["verdict"], "allow", "{outcome}");
    assert_eq!(outcome["status"], 200);
    assert_eq!(outcome["request"], "req_1");
    assert_eq!(outcome["result"], vestibule_model::Digest::of(b"firstsecond").to_hex());
    assert!(outcome["micros"].is_u64());
}

#[tokio::test]
async fn a_client_that_leaves_aborts_the_upstream() {
    let (address, mut connections) = listen().await;
    let house = House::before(&format!("http://{address}/mcp"), fixed());
    let (reply, mut peer) = tokio::join!(house.dispatch(post(CALL)), async {
        let mut peer = connections.recv().await.unwrap();
        read_request(&mut peer).await;
        peer.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n").await.unwrap();
        peer
    });
    let mut body = reply.unwrap().into_parts().2;
    assert!(body.frame().await.is_some());
    drop(body);
    assert_eq!(peer.read(&mut [0; 1]).await.unwrap_or(0), 0);
    let outcome = house.outcomes().remove(0);
    assert_eq!((outcome["verdict"].as_str(), outcome["reason"].as_str()), (Some("deny"), Some("cut_off")));
}

#[tokio::test]
async fn an_upstream_that_breaks_off_is_an_error_and_an_outcome() {
    let (url, _asked) =
        upstream("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{".to_owned()).await;
    let house = House::before(&url, fixed());
    let reply = house.dispatch(post(CALL)).await.unwrap();
    assert!(reply.into_parts().2.collect().await.is_err());
    assert_eq!(house.outcomes().remove(0)["reason"], "upstream_broke_off");
}

#[tokio::test]
async fn permit_and_receipt_must_name_one_request() {
    let (url, mut asked) = upstream(format!("{JSON}\r\n{{}}")).await;
    let house = House::before(&url, fixed());
    let (permit, _) = house.permit("req_1", post(CALL));
    let (_, receipt) = house.permit("req_2", post(CALL));
    assert!(matches!(house.vault.dispatch(permit, receipt).await, Err(DispatchError::Journal)));
    assert!(asked.try_recv().is_err(), "nothing was sent");
}

#[tokio::test]
async fn an_answer_without_its_record_on_the_disk_is_dropped() {
    let (url, mut asked) = upstream(format!("{JSON}\r\n{{}}")).await;
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(suite::START));
    // Each record begins a new file, and the folder for it is gone.
    let options = JournalOptions { segment_bytes: 1, ..JournalOptions::default() };
    let path = folder.path().join("audit");
    let journal = Journal::open_with(&path, journal_key().expose(), clock.clone(), &options).unwrap();
    let house = House::with(&url, fixed(), journal, clock);
    assert!(house.dispatch(post(CALL)).await.is_ok(), "while the disk works");
    asked.recv().await.unwrap();
    // In one step: the line about the outcome may just be making its file.
    std::fs::rename(&path, folder.path().join("gone")).unwrap();
    let (permit, receipt) = house.permit("req_2", post(CALL));
    assert!(matches!(house.vault.dispatch(permit, receipt).await, Err(DispatchError::Journal)));
}

#[tokio::test]
async fn a_permit_for_an_old_configuration_is_refused() {
    let (old, mut asked) = upstream(format!("{JSON}\r\n{{}}")).await;
    let (new, mut others) = upstream(format!("{JSON}\r\n{{}}")).await;
    let house = House::before(&old, fixed());
    let (permit, receipt) = house.permit("req_1", post(CALL));
    house.vault.replace(credentials(&server(&new, fixed()))).unwrap();
    assert!(matches!(house.vault.dispatch(permit, receipt).await, Err(DispatchError::Upstream(_))));
    assert!(asked.try_recv().is_err() && others.try_recv().is_err());
}

#[tokio::test]
async fn a_silent_upstream_is_a_timeout_and_a_missing_one_an_error() {
    let (address, _connections) = listen().await;
    let house = House::before(&format!("http://{address}/mcp"), fixed());
    assert!(matches!(house.dispatch(post(CALL)).await, Err(DispatchError::Timeout)));
    let house = House::before("http://127.0.0.1:1/mcp", fixed());
    assert!(matches!(house.dispatch(post(CALL)).await, Err(DispatchError::Upstream(_))));
}

#[test]
fn a_server_that_cannot_be_called_is_refused_when_it_is_loaded() {
    let signer = Arc::new(suite::signer().0);
    let load = |server: Server| Registry::load(credentials(&server), &signer).err().map(|error| error.to_string());
    for url in ["", "/mcp", "ftp://a/", "http://user:pw@a/", "not a url"] {
        assert!(
            load(server(url, fixed())).is_some_and(|text| text.starts_with("server `hr`") && !text.contains("pw")),
            "{url}"
        );
    }
    let command = |credential| {
        let upstream = Upstream::Command { argv: vec!["true".to_owned()], env: Vec::new(), max_memory: None };
        Server { upstream, ..server("", credential) }
    };
    assert!(load(command(fixed())).is_some());
    assert!(load(command(CredentialSpec::None)).is_none());
    let without = Credentials { secrets: HashMap::new(), ..credentials(&server("http://a/", fixed())) };
    assert!(Registry::load(without, &signer).is_err(), "there is no default secret");
}
