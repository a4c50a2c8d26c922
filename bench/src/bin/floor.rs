//! `floor PORT UPSTREAM_PORT`: the least that a checking gateway can do, as the measure for ours.
//!
//! Verifies an ES256 bearer token once and remembers it, parses the envelope, checks the tool's name, forwards.

use std::{
    collections::HashMap,
    env,
    net::Ipv4Addr,
    sync::{Arc, RwLock},
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full};
use hyper::{Request, Response, StatusCode, Uri, body::Incoming, header, server::conn::http1, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use serde::Deserialize;
use tokio::net::TcpListener;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Answer = Response<Either<Incoming, Full<Bytes>>>;

const ISSUER: &str = "https://floor.example";
const AUDIENCE: &str = "https://floor.example/mcp";
const SCOPE: &str = "mcp:call";
const HOP_BY_HOP: [header::HeaderName; 6] =
    [header::AUTHORIZATION, header::CONNECTION, header::HOST, header::TE, header::UPGRADE, header::PROXY_AUTHORIZATION];

#[derive(Deserialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    exp: u64,
    scope: &'a str,
}

#[derive(Deserialize)]
struct Call<'a> {
    method: &'a str,
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

#[derive(Deserialize)]
struct Params<'a> {
    name: Option<&'a str>,
}

struct Floor {
    upstream: String,
    key: UnparsedPublicKey<Vec<u8>>,
    /// SHA-256 of a verified token → when it ends, seconds since the epoch.
    verified: RwLock<HashMap<[u8; 32], u64>>,
    client: Client<HttpConnector, Full<Bytes>>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), Error> {
    let mut arguments = env::args().skip(1);
    let (Some(port), Some(upstream)) = (arguments.next(), arguments.next()) else {
        return Err("usage: floor PORT UPSTREAM_PORT".into());
    };
    let (key, token) = key_and_token()?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let floor = Arc::new(Floor {
        upstream: format!("127.0.0.1:{upstream}"),
        key,
        verified: RwLock::default(),
        client: Client::builder(TokioExecutor::new()).build(connector),
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.parse()?)).await?;
    println!("{token}");
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let floor = Arc::clone(&floor);
        let service = service_fn(move |request| forward(Arc::clone(&floor), request));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn forward(floor: Arc<Floor>, request: Request<Incoming>) -> Result<Answer, Error> {
    let bearer =
        request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if !bearer.is_some_and(|token| floor.accepts(token)) {
        return Ok(refusal(StatusCode::UNAUTHORIZED));
    }
    let (mut head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    match serde_json::from_slice::<Call<'_>>(&body) {
        Ok(call) if call.method != "tools/call" => {}
        Ok(Call { params: Some(Params { name: Some("echo") }), .. }) => {}
        Ok(_) => return Ok(refusal(StatusCode::FORBIDDEN)),
        Err(_) => return Ok(refusal(StatusCode::BAD_REQUEST)),
    }
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = Uri::builder().scheme("http").authority(floor.upstream.as_str()).path_and_query(path).build()?;
    for name in HOP_BY_HOP {
        head.headers.remove(name);
    }
    let response = floor.client.request(Request::from_parts(head, Full::new(body))).await?;
    Ok(response.map(Either::Left))
}

impl Floor {
    fn accepts(&self, token: &str) -> bool {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        let known = self.verified.read().is_ok_and(|known| known.get(&hash).is_some_and(|end| *end > now()));
        known
            || self
                .verify(token)
                .is_some_and(|end| self.verified.write().map(|mut known| known.insert(hash, end)).is_ok())
    }

    /// When a good token ends.
    fn verify(&self, token: &str) -> Option<u64> {
        let (signed, signature) = token.rsplit_once('.')?;
        self.key.verify(signed.as_bytes(), &BASE64.decode(signature).ok()?).ok()?;
        let payload = BASE64.decode(signed.split_once('.')?.1).ok()?;
        let claims: Claims<'_> = serde_json::from_slice(&payload).ok()?;
        let good = claims.iss == ISSUER && claims.aud == AUDIENCE && claims.scope == SCOPE && claims.exp > now();
        good.then_some(claims.exp)
    }
}

/// A fresh key, and a token of an hour signed with it.
#[expect(clippy::disallowed_methods, reason = "not one of the product's crates")]
fn key_and_token() -> Result<(UnparsedPublicKey<Vec<u8>>, String), Error> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let head = BASE64.encode(r#"{"alg":"ES256","typ":"at+jwt"}"#);
    let payload = format!(
        r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","sub":"user","client_id":"client","scope":"{SCOPE}","exp":{}}}"#,
        now() + 3600
    );
    let signed = format!("{head}.{}", BASE64.encode(payload));
    let signature = BASE64.encode(pair.sign(&SystemRandom::new(), signed.as_bytes())?);
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref().to_vec());
    Ok((key, format!("{signed}.{signature}")))
}

#[expect(clippy::disallowed_methods, reason = "not one of the product's crates")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn refusal(status: StatusCode) -> Answer {
    let mut response = Response::new(Either::Right(Full::default()));
    *response.status_mut() = status;
    response
}
