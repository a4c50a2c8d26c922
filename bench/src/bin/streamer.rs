//! `streamer PORT`: an MCP server (2026-07-28) whose answers are streams of events: one that starts at once and goes on
//! later, one of a gibibyte, and subscriptions on which nothing happens.

use std::{convert::Infallible, env, net::Ipv4Addr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response,
    body::{Frame, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::{net::TcpListener, sync::mpsc};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The size of the large answer, in pieces of 64 KiB.
const PIECES: usize = 16 * 1024;
/// How long the second event of a call is held back.
const LATER: Duration = Duration::from_millis(300);

type Body = UnsyncBoxBody<Bytes, Infallible>;

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    method: &'a str,
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

#[derive(Deserialize)]
struct Params<'a> {
    name: Option<&'a str>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = env::args().nth(1).ok_or("usage: streamer PORT")?.parse()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)));
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let Ok(call) = serde_json::from_slice::<Call<'_>>(&body) else { return Ok(Response::default()) };
    let id = call.id.map_or("null", RawValue::get).to_owned();
    let name = call.params.and_then(|params| params.name).unwrap_or_default();
    let (events, stream) = mpsc::channel(4);
    match (call.method, name) {
        ("subscriptions/listen", _) => tokio::spawn(listen(events, id)),
        ("tools/call", "big") => tokio::spawn(big(events, id)),
        _ => tokio::spawn(in_two(events, id)),
    };
    let frames = futures_util::stream::unfold(stream, |mut stream| async move {
        Some((Ok(Frame::data(stream.recv().await?)), stream))
    });
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(response)
}

async fn in_two(events: mpsc::Sender<Bytes>, id: String) {
    let progress = concat!(
        r#"data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1,"#,
        r#""message":"Writing to jane.doe@example.com from 203.0.113.9"}}"#
    );
    let _ = events.send(format!("{progress}\n\n").into()).await;
    tokio::time::sleep(LATER).await;
    let result = format!(r#"data: {{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","content":[]}}}}"#);
    let _ = events.send(format!("{result}\n\n").into()).await;
}

/// One event of a gibibyte.
async fn big(events: mpsc::Sender<Bytes>, id: String) {
    let start = format!(
        r#"data: {{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","content":[{{"type":"text","text":""#
    );
    let _ = events.send(start.into()).await;
    let piece = Bytes::from(vec![b'x'; 64 * 1024]);
    for _ in 0..PIECES {
        if events.send(piece.clone()).await.is_err() {
            return;
        }
    }
    let _ = events.send(Bytes::from_static(b"\"}]}}\n\n")).await;
}

/// Acknowledges, and then nothing happens.
async fn listen(events: mpsc::Sender<Bytes>, id: String) {
    let acknowledged = format!(
        r#"data: {{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{{"notifications":{{}},"_meta":{{"io.modelcontextprotocol/subscriptionId":{id}}}}}}}"#
    );
    let _ = events.send(format!("{acknowledged}\n\n").into()).await;
    events.closed().await;
}
