//! `upstream PORT`: an MCP server that answers from memory; streamable HTTP on 127.0.0.1, both eras.

use std::{convert::Infallible, env, net::Ipv4Addr};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::net::TcpListener;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MODERN: &str = "2026-07-28";
const TOOLS: [&str; 3] = ["echo", "add", "now"];

/// The part of a JSON-RPC request that matters here.
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
    #[serde(borrow, rename = "protocolVersion")]
    version: Option<&'a str>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = env::args().nth(1).ok_or("usage: upstream PORT")?.parse()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)));
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.method() != Method::POST {
        return Ok(empty(StatusCode::METHOD_NOT_ALLOWED));
    }
    let modern = request.headers().get("mcp-protocol-version").is_some_and(|version| version == MODERN);
    let Ok(body) = request.into_body().collect().await.map(http_body_util::Collected::to_bytes) else {
        return Ok(empty(StatusCode::BAD_REQUEST));
    };
    let Ok(call) = serde_json::from_slice::<Call<'_>>(&body) else { return Ok(empty(StatusCode::BAD_REQUEST)) };
    let Some(id) = call.id else { return Ok(empty(StatusCode::ACCEPTED)) };
    let body = match result(&call, modern) {
        Some(result) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#),
        None => format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32601,"message":"Method not found"}}}}"#),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn result(call: &Call<'_>, modern: bool) -> Option<String> {
    let complete = if modern { r#""resultType":"complete","# } else { "" };
    let private = if modern { r#","ttlMs":60000,"cacheScope":"private""# } else { "" };
    let server = r#""serverInfo":{"name":"bench-upstream","version":"0.1.0"}"#;
    match call.method {
        "initialize" => {
            let asked = call.params.as_ref().and_then(|params| params.version).filter(|version| *version < MODERN);
            let version = asked.unwrap_or("2025-11-25");
            Some(format!(r#"{{"protocolVersion":"{version}","capabilities":{{"tools":{{}}}},{server}}}"#))
        }
        "server/discover" => Some(format!(
            r#"{{{complete}"supportedVersions":["{MODERN}"],"capabilities":{{"tools":{{}}}},{server}{private}}}"#
        )),
        "ping" => Some("{}".into()),
        "tools/list" => {
            let tools = TOOLS.map(|name| format!(r#"{{"name":"{name}","inputSchema":{{"type":"object"}}}}"#)).join(",");
            Some(format!(r#"{{{complete}"tools":[{tools}]{private}}}"#))
        }
        "tools/call" => {
            let arguments = call.params.as_ref().and_then(|params| params.arguments).map_or("{}", RawValue::get);
            let text =
                serde_json::to_string(&format!("{arguments}, said the echo; and a little more, to be of a usual size"));
            Some(format!(r#"{{{complete}"content":[{{"type":"text","text":{}}}],"isError":false}}"#, text.ok()?))
        }
        _ => None,
    }
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = status;
    response
}
