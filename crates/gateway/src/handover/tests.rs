//! Streams through a real listener, and what clients do to them.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    response::Response,
    routing::get,
};
use http::header;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    time::timeout,
};

const GET: &str = "GET /events HTTP/1.1\r\nhost: a\r\n\r\n";

/// A house whose streams say what the test says.
struct House {
    address: std::net::SocketAddr,
    streams: mpsc::Receiver<mpsc::Sender<io::Result<Bytes>>>,
    stop: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
}

impl House {
    async fn new() -> Self {
        let (opened, streams) = mpsc::channel(16);
        let events = move |kind: &'static str| {
            let opened = opened.clone();
            move || async move {
                let (say, said) = mpsc::channel(1);
                opened.send(say).await.unwrap();
                let body =
                    futures_util::stream::unfold(said, |mut said| async move { Some((said.recv().await?, said)) });
                Response::builder().header(header::CONTENT_TYPE, kind).body(Body::from_stream(body)).unwrap()
            }
        };
        let stream = get(events("text/event-stream; charset=utf-8")).post(events("text/event-stream"));
        Self::serving(Router::new().route("/events", stream).route("/", get(async || "hello")), streams).await
    }

    async fn serving(router: Router, streams: mpsc::Receiver<mpsc::Sender<io::Result<Bytes>>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let served = tokio::spawn(crate::listen::serve(listener, router, Arc::from([]), stopped));
        Self { address, streams, stop, served }
    }

    /// A client that has sent `request`, and the stream that it opened.
    async fn open(&mut self, request: &str) -> (TcpStream, mpsc::Sender<io::Result<Bytes>>) {
        let mut client = TcpStream::connect(self.address).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        (client, self.streams.recv().await.unwrap())
    }
}

async fn say(stream: &mpsc::Sender<io::Result<Bytes>>, text: &str) {
    stream.send(Ok(Bytes::copy_from_slice(text.as_bytes()))).await.unwrap();
}

/// Reads until this has come.
async fn until(client: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    let whole = timeout(Duration::from_secs(10), async {
        while !read.ends_with(end.as_bytes()) {
            assert_ne!(client.read_buf(&mut read).await.unwrap(), 0, "{}", String::from_utf8_lossy(&read));
        }
    });
    assert!(whole.await.is_ok(), "nothing more comes after {:?}", String::from_utf8_lossy(&read));
    String::from_utf8(read).unwrap()
}

/// All that comes until the connection ends.
async fn rest(client: &mut TcpStream) -> String {
    let mut read = Vec::new();
    timeout(Duration::from_secs(10), client.read_to_end(&mut read)).await.expect("it stays open").unwrap();
    String::from_utf8(read).unwrap()
}

/// Whether the body of the stream is dropped soon.
async fn is_dropped(stream: &mpsc::Sender<io::Result<Bytes>>) -> bool {
    timeout(Duration::from_secs(5), stream.closed()).await.is_ok()
}

#[tokio::test]
async fn a_stream_passes_as_it_comes_and_ends_whole() {
    let mut house = House::new().await;
    let (mut client, stream) = house.open(GET).await;
    let head = until(&mut client, "\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("connection: close\r\n") && head.contains("transfer-encoding: chunked\r\n"), "{head}");
    assert!(head.contains("\r\ndate: "), "{head}");
    say(&stream, "data: 1\n\n").await;
    assert_eq!(until(&mut client, "\n\n\r\n").await, "9\r\ndata: 1\n\n\r\n");
    // What looks like an end within the data is data; a piece without any is none.
    say(&stream, "\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n").await;
    say(&stream, "").await;
    say(&stream, &"x".repeat(100_000)).await;
    drop(stream);
    let expected = format!("18\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n186a0\r\n{}\r\n0\r\n\r\n", "x".repeat(100_000));
    assert!(rest(&mut client).await == expected);
}

#[tokio::test]
async fn what_is_there_at_once_comes_too() {
    let mut house = House::new().await;
    let (mut client, stream) = house.open(GET).await;
    say(&stream, "one").await;
    say(&stream, "two").await;
    drop(stream);
    assert!(rest(&mut client).await.ends_with("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"));
}

#[tokio::test]
async fn a_stream_that_breaks_off_does_not_end_whole() {
    let mut house = House::new().await;
    let (mut client, stream) = house.open(GET).await;
    until(&mut client, "\r\n\r\n").await;
    say(&stream, "one").await;
    stream.send(Err(io::Error::other("broken"))).await.unwrap();
    assert_eq!(rest(&mut client).await, "3\r\none\r\n");
    assert!(is_dropped(&stream).await);
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_exchange() {
    let mut house = House::new().await;
    for half in [false, true] {
        let (mut client, stream) = house.open(GET).await;
        until(&mut client, "\r\n\r\n").await;
        if half {
            client.shutdown().await.unwrap();
        } else {
            drop(client);
        }
        assert!(is_dropped(&stream).await, "half closed: {half}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_while_it_is_written_to_ends_the_exchange() {
    let mut house = House::new().await;
    let (mut client, stream) = house.open(GET).await;
    until(&mut client, "\r\n\r\n").await;
    let writer = stream.clone();
    let filling = tokio::spawn(async move { while writer.send(Ok(Bytes::from(vec![b'x'; 1 << 20]))).await.is_ok() {} });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!filling.is_finished());
    drop(client);
    assert!(is_dropped(&stream).await);
}

#[tokio::test]
async fn a_slow_client_gets_no_more_than_it_takes() {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let endless = move || {
        let count = Arc::clone(&count);
        async move {
            let pieces = futures_util::stream::unfold(0, move |at: u32| {
                count.fetch_add(1, Ordering::SeqCst);
                async move {
                    if at == 1 {
                        // Now the stream has nothing to say, and leaves hyper.
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                    Some((Ok::<_, io::Error>(Bytes::from(vec![b'x'; 1 << 20])), at + 1))
                }
            });
            Response::builder().header("content-type", "text/event-stream").body(Body::from_stream(pieces)).unwrap()
        }
    };
    let house = House::serving(Router::new().route("/events", get(endless)), mpsc::channel(1).1).await;
    let mut client = TcpStream::connect(house.address).await.unwrap();
    client.write_all(GET.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let so_far = taken.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(taken.load(Ordering::SeqCst), so_far, "nothing is read ahead");
    let mut read = vec![0; 30 << 20];
    client.read_exact(&mut read).await.unwrap();
    assert!(taken.load(Ordering::SeqCst) > so_far);
}

#[tokio::test]
async fn further_requests_on_the_connection_have_no_answer() {
    let mut house = House::new().await;
    let (mut client, stream) = house.open(&format!("{GET}GET / HTTP/1.1\r\nhost: a\r\n\r\n")).await;
    until(&mut client, "\r\n\r\n").await;
    client.write_all(GET.as_bytes()).await.unwrap();
    say(&stream, "one").await;
    drop(stream);
    assert_eq!(rest(&mut client).await, "3\r\none\r\n0\r\n\r\n");
    assert!(house.streams.try_recv().is_err(), "no second stream was opened");
}

#[tokio::test]
async fn a_client_that_keeps_sending_is_cut_off() {
    let mut house = House::new().await;
    let (mut client, stream) = house.open(GET).await;
    until(&mut client, "\r\n\r\n").await;
    client.write_all(&[b'x'; super::relay::MOST_IGNORED]).await.unwrap();
    say(&stream, "one").await;
    assert_eq!(until(&mut client, "one\r\n").await, "3\r\none\r\n");
    client.write_all(b"x").await.unwrap();
    assert!(is_dropped(&stream).await);
}

#[tokio::test]
async fn a_request_body_that_nobody_read_is_no_part_of_the_stream() {
    let mut house = House::new().await;
    let request = "GET /events HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n01234";
    let (mut client, stream) = house.open(request).await;
    until(&mut client, "\r\n\r\n").await;
    client.write_all(b"56789").await.unwrap();
    say(&stream, "one").await;
    drop(stream);
    assert_eq!(rest(&mut client).await, "3\r\none\r\n0\r\n\r\n");
}

#[tokio::test]
async fn an_answer_before_the_stream_is_written_first() {
    let mut house = House::new().await;
    let (mut client, stream) = house.open(&format!("GET / HTTP/1.1\r\nhost: a\r\n\r\n{GET}")).await;
    say(&stream, "one").await;
    drop(stream);
    let all = rest(&mut client).await;
    assert!(all.contains("hello") && all.ends_with("3\r\none\r\n0\r\n\r\n"), "{all}");
}

#[tokio::test]
async fn a_stop_ends_streams_between_two_pieces() {
    let mut house = House::new().await;
    let (mut client, stream) = house.open(GET).await;
    until(&mut client, "\r\n\r\n").await;
    say(&stream, "one").await;
    until(&mut client, "3\r\none\r\n").await;
    house.stop.send_replace(true);
    assert_eq!(rest(&mut client).await, "0\r\n\r\n");
    assert!(is_dropped(&stream).await);
    // Long before the grace for other connections is over.
    timeout(Duration::from_secs(2), house.served).await.unwrap().unwrap();
}

#[tokio::test]
async fn only_streams_that_live_on_leave_hyper() {
    let mut house = House::new().await;
    let post = |line: &str| format!("POST /events HTTP/1.1\r\nhost: a\r\n{line}content-length: 0\r\n\r\n");
    for (request, closes) in [
        (post(""), false),
        (post("mcp-method: tools/call\r\n"), false),
        (post("mcp-method: subscriptions/listen\r\n"), true),
        (GET.to_owned(), true),
    ] {
        let (mut client, stream) = house.open(&request).await;
        let head = until(&mut client, "\r\n\r\n").await;
        assert_eq!(head.contains("connection: close"), closes, "{request}");
        drop(stream);
        assert_eq!(until(&mut client, "\r\n\r\n").await, "0\r\n\r\n");
        if !closes {
            client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
            assert!(until(&mut client, "hello").await.starts_with("HTTP/1.1 200"));
        }
    }
}

#[tokio::test]
async fn old_clients_get_no_chunks_and_head_no_body() {
    let mut house = House::new().await;
    let (mut client, stream) = house.open("GET /events HTTP/1.0\r\nhost: a\r\n\r\n").await;
    let head = until(&mut client, "\r\n\r\n").await;
    assert!(!head.contains("transfer-encoding"), "{head}");
    say(&stream, "one").await;
    drop(stream);
    assert_eq!(rest(&mut client).await, "one");
    let (mut client, stream) = house.open("HEAD /events HTTP/1.1\r\nhost: a\r\n\r\n").await;
    until(&mut client, "\r\n\r\n").await;
    assert!(is_dropped(&stream).await);
    client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(rest(&mut client).await.starts_with("HTTP/1.1 200"));
}
