//! Documents from a real socket, and every way in which one must not come.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

/// Answers every connection with `answer`, and with `then` for ever after, unless that is empty.
async fn server(answer: Vec<u8>, then: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(&answer).await;
                while !then.is_empty() && stream.write_all(then).await.is_ok() {}
                // Stay open: only a limit of ours ends it.
                let _ = stream.read(&mut [0; 1]).await;
            });
        }
    });
    address
}

async fn fetch(answer: impl Into<Vec<u8>>, then: &'static [u8]) -> Result<Document, FetchError> {
    let address = server(answer.into(), then).await;
    let fetcher = Fetcher::new(Reach::PublicAndLoopback, &[]).unwrap();
    let fetcher = Fetcher { total_time: Duration::from_millis(500), ..fetcher };
    fetcher.json(&format!("http://{address}/client.json"), 1000).await
}

fn resolving_to(reach: Reach, answers: &'static [&'static [&'static str]]) -> (Fetcher, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let look_up = move |_, port| {
        let turn = count.fetch_add(1, Ordering::SeqCst);
        let addresses = answers[turn.min(answers.len() - 1)];
        let found = addresses.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), port)).collect();
        Box::pin(async move { Ok(found) }) as LookedUp
    };
    (Fetcher { look_up: Arc::new(look_up), ..Fetcher::new(reach, &[]).unwrap() }, asked)
}

#[tokio::test]
async fn a_document_arrives_with_its_age() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\n";
    let document =
        fetch(format!("{head}cache-control: max-age=60\r\ncontent-length: 2\r\n\r\n{{}}"), b"").await.unwrap();
    assert_eq!((document.body.as_slice(), document.max_age), (b"{}".as_slice(), Some(Duration::from_secs(60))));
    let document =
        fetch("HTTP/1.1 200 OK\r\ncontent-type: application/jwk-set+json\r\ncontent-length: 2\r\n\r\n{}", b"").await;
    assert!(document.is_ok());
}

#[tokio::test]
async fn only_a_plain_json_200_is_taken() {
    let many: String = (0..100).map(|n| format!("x-{n}: y\r\n")).collect();
    let long = format!("x: {}\r\n", "y".repeat(20_000));
    for head in [
        "302 Found\r\nlocation: http://127.0.0.1:1/x\r\ncontent-type: application/json\r\n",
        "404 Not Found\r\ncontent-type: application/json\r\n",
        "204 No Content\r\ncontent-type: application/json\r\n",
        "200 OK\r\ncontent-type: text/html\r\n",
        "200 OK\r\ncontent-type: text/json\r\n",
        "200 OK\r\n",
        "200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n",
        &format!("200 OK\r\ncontent-type: application/json\r\n{many}"),
        &format!("200 OK\r\ncontent-type: application/json\r\n{long}"),
        "200 OK\r\ncontent-type: application/json\r\n\tfolded: yes\r\n",
    ] {
        let result = fetch(format!("HTTP/1.1 {head}content-length: 2\r\n\r\n{{}}"), b"").await;
        assert!(result.is_err(), "{head}");
    }
}

#[tokio::test]
async fn size_is_limited_by_header_and_by_body() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let announced = fetch(format!("{head}content-length: 10737418240\r\n\r\n"), b"").await.unwrap_err();
    assert!(announced.to_string().contains("larger"), "{announced}");
    let endless = fetch(format!("{head}\r\n"), &[b' '; 512]).await.unwrap_err();
    assert!(endless.to_string().contains("larger"), "{endless}");
}

#[tokio::test]
async fn time_is_limited() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    let slow = fetch(head, b"").await.unwrap_err();
    assert!(slow.to_string().contains("in time"), "{slow}");
    let silent = fetch("", b"").await.unwrap_err();
    assert!(silent.to_string().contains("in time"), "{silent}");
}

#[tokio::test]
async fn names_that_lead_inside_are_refused() {
    for addresses in [
        &["127.0.0.1"][..],
        &["10.0.0.1"],
        &["169.254.169.254"],
        &["1.1.1.1", "10.0.0.1"],
        &["1.1.1.1", "::1"],
        &["::ffff:10.0.0.1"],
        &["64:ff9b::a00:1"],
        &["2002:a00:1::1"],
        &["fec0::1"],
        &["100.64.0.1"],
    ] {
        let answers: &'static [&'static [&'static str]] = Box::leak(Box::new([addresses]));
        let (fetcher, _) = resolving_to(Reach::PublicOnly, answers);
        let error = fetcher.json("https://client.example/c.json", 1000).await.unwrap_err();
        assert!(matches!(error, FetchError::Refused(_)), "{addresses:?}: {error}");
    }
}

#[tokio::test]
async fn address_literals_are_checked_too() {
    let fetcher = Fetcher::new(Reach::PublicOnly, &[]).unwrap();
    for url in [
        "https://127.0.0.1/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/x",
        "https://[::1]/x",
        "https://[fd00::1]/x",
    ] {
        let error = fetcher.json(url, 1000).await.unwrap_err();
        assert!(matches!(error, FetchError::Refused(_)), "{url}: {error}");
    }
}

#[tokio::test]
async fn plain_http_reaches_loopback_only() {
    let (fetcher, _) = resolving_to(Reach::PublicAndLoopback, &[&["1.1.1.1"]]);
    let error = fetcher.json("http://client.example/c.json", 1000).await.unwrap_err();
    assert!(matches!(error, FetchError::Refused(_)), "{error}");
}

#[tokio::test]
async fn the_name_is_resolved_once_and_the_checked_address_used() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    let address = server(answer.into(), b"").await;
    // The second answer would lead elsewhere. It is never asked for.
    let (fetcher, asked) = resolving_to(Reach::PublicAndLoopback, &[&["127.0.0.1"], &["127.66.66.66"]]);
    let url = format!("http://client.example:{}/c.json", address.port());
    assert!(fetcher.json(&url, 1000).await.is_ok());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_certificate_must_name_the_host() {
    let (address, root) = tls_server().await;
    let trusting = Fetcher::new(Reach::PublicAndLoopback, &[root]).unwrap();
    let url = |host: &str| format!("https://{host}:{}/c.json", address.port());
    assert!(trusting.json(&url("localhost"), 1000).await.is_ok());
    assert!(trusting.json(&url("127.0.0.1"), 1000).await.is_err());
    let strict = Fetcher::new(Reach::PublicAndLoopback, &[]).unwrap();
    assert!(strict.json(&url("localhost"), 1000).await.is_err());
}

/// A TLS server for `localhost`, and its certificate.
async fn tls_server() -> (SocketAddr, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::Stream::new(&mut connection, &mut stream);
            let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
            let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
            let _ = std::io::Write::write_all(&mut stream, answer);
        }
    });
    (address, made.cert.pem())
}
