//! Streams that have no end of their own: the stream of a session, and subscriptions.

use super::*;

const LISTEN: &str = r#"{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{}}}"#;
const EVENTS: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";

fn session_stream() -> McpCall {
    McpCall { method: Method::GET, message: None, upstream_session: Some("theirs".to_owned()), ..post(CALL) }
}

fn subscription() -> McpCall {
    McpCall { era: Era::Stateless, ..post(LISTEN) }
}

fn house(call: &McpCall, url: &str) -> House {
    let protocol = if call.era == Era::Stateless { Protocol::Stateless } else { Protocol::Stateful };
    House::before_server(Server { protocol, ..server(url, fixed()) })
}

#[tokio::test]
async fn each_has_a_connection_of_its_own_and_the_credential() {
    for call in [session_stream, subscription] {
        let (url, mut asked) = upstream(format!("{EVENTS}content-length: 9\r\n\r\ndata: 1\n\n")).await;
        let house = house(&call(), &url);
        assert_eq!(text(house.dispatch(call()).await.unwrap()).await, "data: 1\n\n");
        let raw = asked.recv().await.unwrap();
        assert!(raw.contains("\r\nconnection: close\r\n"), "{raw}");
        assert!(raw.contains(&format!("\r\nauthorization: Key {}\r\n", suite::CANARY)), "{raw}");
        assert!(raw.ends_with(if call().message.is_some() { LISTEN } else { "\r\n\r\n" }), "{raw}");
        assert_eq!(house.outcomes().remove(0)["verdict"], "allow");
    }
    let (url, mut asked) = upstream(format!("{JSON}\r\n{{}}")).await;
    House::before(&url, fixed()).dispatch(post(CALL)).await.unwrap();
    assert!(!asked.recv().await.unwrap().contains("close"), "other calls share connections");
}

#[tokio::test]
async fn ambiguous_framing_is_not_passed_on() {
    for (head, rest) in [
        ("content-length: 9\r\ntransfer-encoding: chunked\r\n", "9\r\ndata: 1\n\n\r\n0\r\n\r\n"),
        ("transfer-encoding: gzip, chunked\r\n", "0\r\n\r\n"),
        ("content-length: 9\r\ncontent-length: 4\r\n", "data: 1\n\n"),
    ] {
        let (url, _asked) = upstream(format!("{EVENTS}{head}\r\n{rest}")).await;
        let refused = house(&session_stream(), &url).dispatch(session_stream()).await;
        assert!(matches!(refused, Err(DispatchError::Upstream(_))), "{head}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_stream_is_one_all_the_same() {
    let (url, _asked) = upstream(format!("{JSON}\r\n{{}}")).await;
    assert_eq!(text(house(&subscription(), &url).dispatch(subscription()).await.unwrap()).await, "{}");
    let (url, _asked) = upstream("HTTP/1.1 405 X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
    let refused = house(&session_stream(), &url).dispatch(session_stream()).await.unwrap();
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    let (url, _asked) = upstream("HTTP/1.1 302 X\r\nlocation: http://127.0.0.1:1/\r\n\r\n".to_owned()).await;
    let refused = house(&session_stream(), &url).dispatch(session_stream()).await;
    assert!(matches!(refused, Err(DispatchError::Upstream(_))), "a redirect is never followed");
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_an_error_and_an_outcome() {
    let (address, mut connections) = listen().await;
    let house = house(&session_stream(), &format!("http://{address}/mcp"));
    let (reply, ()) = tokio::join!(house.dispatch(session_stream()), async {
        let mut peer = connections.recv().await.unwrap();
        read_request(&mut peer).await;
        let start = format!("{EVENTS}transfer-encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
        peer.write_all(start.as_bytes()).await.unwrap();
    });
    let mut body = reply.unwrap().into_parts().2;
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "data: 1\n\n");
    assert!(body.frame().await.unwrap().is_err());
    drop(body);
    assert_eq!(house.outcomes().remove(0)["reason"], "upstream_broke_off");
}
