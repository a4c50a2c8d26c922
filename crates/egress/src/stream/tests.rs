//! Whole exchanges, with peers that frame their answers badly.

use std::time::Duration;

use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::net::TcpListener;

use super::*;
use crate::client::{Client, ClientConfig, SendError};

fn post(uri: &str, body: &'static str) -> Request<Bytes> {
    Request::post(uri).header("x-key", "value").body(Bytes::from_static(body.as_bytes())).unwrap()
}

/// Both ends of a connection.
async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (near, listener.accept().await.unwrap().0)
}

/// The answer of a peer that writes `text` in pieces of `size` bytes and then closes.
async fn answer(text: Vec<u8>, size: usize) -> io::Result<Response<StreamBody>> {
    let (near, mut far) = pair().await;
    tokio::spawn(async move {
        let _ = far.read(&mut [0; 4096]).await.unwrap();
        far.set_nodelay(true).unwrap();
        for piece in text.chunks(size) {
            if far.write_all(piece).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
        let _ = far.shutdown().await;
        // What is closed with unread bytes takes back what it wrote.
        let _ = far.read(&mut [0; 16]).await;
    });
    exchange(near, encode(&post("http://h/", "")).unwrap(), Bytes::new()).await
}

async fn body(text: impl AsRef<[u8]>, size: usize) -> io::Result<Vec<u8>> {
    let response = answer(text.as_ref().to_vec(), size).await?;
    Ok(response.into_body().collect().await?.to_bytes().to_vec())
}

#[test]
fn a_request_is_written_once_and_unambiguously() {
    let text = |request: &Request<Bytes>| String::from_utf8(encode(request).unwrap()).unwrap();
    assert_eq!(
        text(&post("http://h.example:80/a/b?c=d", "body")),
        "POST /a/b?c=d HTTP/1.1\r\nhost: h.example\r\nconnection: close\r\ncontent-length: 4\r\nx-key: value\r\n\r\n"
    );
    assert!(text(&post("http://[::1]:8080", "")).starts_with("POST / HTTP/1.1\r\nhost: [::1]:8080\r\n"));
    let get = Request::get("http://h/").body(Bytes::new()).unwrap();
    assert_eq!(text(&get), "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
}

#[test]
fn nobody_else_frames_a_request() {
    for name in ["host", "Connection", "content-length", "transfer-encoding", "trailer", "te", "upgrade"] {
        let request = Request::post("http://h/").header(name, "1").body(Bytes::new()).unwrap();
        assert!(encode(&request).is_none(), "{name}");
    }
    for method in [Method::HEAD, Method::CONNECT] {
        let request = Request::builder().method(method).uri("http://h/").body(Bytes::new()).unwrap();
        assert!(encode(&request).is_none());
    }
}

#[tokio::test]
async fn answers_are_read_wherever_they_are_cut() {
    let chunked = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n4\r\nevt1\r\n3\r\nevt\r\n0\r\nx: y\r\n\r\n";
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\n";
    for size in [1, 2, 3, 7, 4096] {
        assert_eq!(body(chunked, size).await.unwrap(), b"evt1evt", "{size}");
        let length = format!("{interim}content-length: 5\r\n\r\nhello");
        assert_eq!(body(&length, size).await.unwrap(), b"hello", "{size}");
        assert_eq!(body(format!("{interim}\r\nuntil the end"), size).await.unwrap(), b"until the end", "{size}");
    }
    let response = answer(chunked.to_vec(), 1).await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers().len()), (200, 2));
    assert_eq!(response.headers()["content-type"], "text/event-stream");
}

#[tokio::test]
async fn an_early_end_is_an_error() {
    for text in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\na: b\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
    ] {
        let error = body(text, 1).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{text:?}");
    }
}

#[tokio::test]
async fn a_broken_body_gives_what_was_good_then_one_error_and_nothing_more() {
    let text = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\nevil\r\n0\r\n\r\n";
    let mut body = answer(text.into(), 4096).await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "ok");
    assert!(body.frame().await.unwrap().is_err());
    assert!(body.frame().await.is_none());
    assert!(!body.is_end_stream(), "a broken body never counts as a whole one");
}

#[tokio::test]
async fn what_follows_the_end_is_not_read() {
    let text = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\nsmuggled";
    assert_eq!(body(text, 4096).await.unwrap(), b"ok");
    let response = answer("HTTP/1.1 204 No\r\n\r\nsmuggled".into(), 4096).await.unwrap();
    assert!(response.body().is_end_stream());
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "");
}

#[tokio::test]
async fn a_head_has_a_largest_size() {
    let head = |size: usize| format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 0\r\n\r\n", "a".repeat(size));
    assert!(body(head(60_000), 4096).await.is_ok());
    assert!(body(head(70_000), 4096).await.is_err());
    let endless = "HTTP/1.1 100 Continue\r\n\r\n".repeat(4000);
    assert!(body(endless, 4096).await.is_err(), "interim answers count too");
}

#[tokio::test]
async fn a_stream_passes_as_it_comes_and_ends_with_its_reader() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/events", listener.local_addr().unwrap());
    let client = Client::new(&ClientConfig::default()).unwrap();
    let opening = tokio::spawn(async move { client.open(post(&uri, "question")).await.unwrap() });
    let (mut far, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    while !request.ends_with(b"question") {
        assert_ne!(far.read_buf(&mut request).await.unwrap(), 0);
    }
    far.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n").await.unwrap();
    let mut body = opening.await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "one");
    let nothing = tokio::time::timeout(Duration::from_millis(50), body.frame()).await;
    assert!(nothing.is_err(), "nothing came, and it waits");
    far.write_all(b"3\r\ntwo\r\n").await.unwrap();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "two");
    drop(body);
    assert_eq!(far.read(&mut [0; 1]).await.unwrap_or(0), 0, "the peer sees the connection end");
}

#[tokio::test]
async fn an_upstream_that_stalls_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    let config = ClientConfig { response_timeout: Duration::from_millis(100), ..ClientConfig::default() };
    let client = Client::new(&config).unwrap();
    let stalled = tokio::spawn(async move {
        let (mut far, _) = listener.accept().await.unwrap();
        far.write_all(b"HTTP/1.1 200 OK\r\n").await.unwrap();
        let mut all = Vec::new();
        let _ = far.read_to_end(&mut all).await;
    });
    let error = client.open(post(&uri, "")).await.unwrap_err();
    assert!(matches!(error, SendError::Timeout(_)), "{error}");
    stalled.await.unwrap();
    let error = client.open(post("http://127.0.0.1:1/path?key=hunter2", "")).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot connect to http://127.0.0.1:1");
    let error = client.open(post("http://user:hunter2@127.0.0.1/", "")).await.unwrap_err();
    assert!(matches!(&error, SendError::Refused(text) if !text.contains("hunter2")), "{error}");
}
