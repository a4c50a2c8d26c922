//! `listener first|masked|idle|big URL TOKEN [COUNT]`: the client of streams. Prints what it measured.
//!
//! - `first`: the median time in microseconds until the first event of a call is here, over COUNT calls.
//! - `masked`: the same with the masking of personal data switched on, of which there is some in the event.
//! - `idle`: opens COUNT subscriptions, prints `open`, and holds them until its standard input ends.
//! - `big`: reads one answer to its end and prints its bytes.

use std::{
    env,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, Uri, body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), Error> {
    let mut arguments = env::args().skip(1);
    let (Some(what), Some(url), Some(token)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: listener first|masked|idle|big URL TOKEN [COUNT]".into());
    };
    let count: usize = arguments.next().map_or(Ok(1), |count| count.parse())?;
    let masking = if what == "masked" { Masking::On } else { Masking::Off };
    let target = Target { url: url.parse()?, token, masking };
    match what.as_str() {
        "first" | "masked" => first(&target, count).await,
        "idle" => idle(&target, count).await,
        "big" => big(&target).await,
        _ => Err("first, masked, idle or big".into()),
    }
}

struct Target {
    url: Uri,
    token: String,
    masking: Masking,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Masking {
    On,
    Off,
}

/// An exchange that is held open.
struct Open {
    response: Response<Incoming>,
    _sender: http1::SendRequest<Full<Bytes>>,
}

impl Target {
    async fn post(&self, method: &str, name: &str) -> Result<Open, Error> {
        let authority = self.url.authority().ok_or("a URL")?.as_str();
        let stream = TcpStream::connect(authority).await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = http1::Builder::new().handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let meta = concat!(
            r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#,
            r#""io.modelcontextprotocol/clientCapabilities":{}}"#
        );
        let params = if name.is_empty() {
            format!(r#"{{"notifications":{{}},{meta}}}"#)
        } else {
            format!(r#"{{"name":"{name}","arguments":{{}},{meta}}}"#)
        };
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let mut request = Request::post(self.url.path())
            .header("host", authority)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method)
            .header("authorization", format!("Bearer {}", self.token));
        if !name.is_empty() {
            request = request.header("mcp-name", name);
        }
        if self.masking == Masking::On {
            request = request.header("x-mask-pii-before-llm", "on");
        }
        let response = sender.send_request(request.body(Full::from(body))?).await?;
        if !response.status().is_success() {
            return Err(format!("{}", response.status()).into());
        }
        Ok(Open { response, _sender: sender })
    }
}

#[expect(clippy::disallowed_methods, reason = "not one of the product's crates")]
async fn first(target: &Target, count: usize) -> Result<(), Error> {
    let mut times = Vec::new();
    for _ in 0..count {
        let start = Instant::now();
        let mut open = target.post("tools/call", "first").await?;
        let frame = open.response.body_mut().frame().await.ok_or("no event")??;
        times.push(start.elapsed());
        let event = String::from_utf8_lossy(frame.data_ref().map_or(&[], |data| data)).into_owned();
        if event.contains("[EMAIL") != (target.masking == Masking::On) {
            return Err(format!("not what was asked for: {event}").into());
        }
        while open.response.body_mut().frame().await.is_some() {}
    }
    times.sort_unstable();
    println!("{}", times.get(count / 2).unwrap_or(&Duration::ZERO).as_micros());
    Ok(())
}

async fn idle(target: &Target, count: usize) -> Result<(), Error> {
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let mut open = target.post("subscriptions/listen", "").await?;
        open.response.body_mut().frame().await.ok_or("no acknowledgement")??;
        all.push(open);
    }
    println!("open");
    let mut line = String::new();
    tokio::task::spawn_blocking(move || std::io::stdin().read_line(&mut line)).await??;
    drop(all);
    Ok(())
}

async fn big(target: &Target) -> Result<(), Error> {
    let mut open = target.post("tools/call", "big").await?;
    let mut bytes = 0;
    while let Some(frame) = open.response.body_mut().frame().await {
        bytes += frame?.data_ref().map_or(0, Bytes::len);
    }
    println!("{bytes}");
    Ok(())
}
