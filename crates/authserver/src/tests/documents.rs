//! Clients that publish a document about themselves, fetched over real TLS.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivateKeyDer},
};
use vestibule_egress::{fetch::Fetcher, guard::Reach};
use vestibule_model::{Clock, clock::SeededRandom};
use vestibule_oauth::keys::{Algorithm, SigningKey};

use crate::{settings::MetadataDocuments, testing::*};

/// A web server that counts what it is asked for.
struct Site {
    origin: String,
    root: String,
    pages: Arc<Mutex<HashMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let tls = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let tls = tls.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let (pages, asked) = (Arc::<Mutex<HashMap<String, String>>>::default(), Arc::<Mutex<Vec<String>>>::default());
        let site = Self {
            origin: format!("https://{}", listener.local_addr().unwrap()),
            root: made.cert.pem(),
            pages: Arc::clone(&pages),
            asked: Arc::clone(&asked),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, pages, asked) = (acceptor.clone(), Arc::clone(&pages), Arc::clone(&asked));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut buffer = [0; 4096];
                    let read = stream.read(&mut buffer).await.unwrap_or(0);
                    let head = String::from_utf8_lossy(&buffer[..read]).into_owned();
                    let path = head.split(' ').nth(1).unwrap_or("").to_owned();
                    let answer = pages.lock().unwrap().get(&path).cloned();
                    asked.lock().unwrap().push(path);
                    let missing = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned();
                    let _ = stream.write_all(answer.unwrap_or(missing).as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        site
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    fn put(&self, path: &str, headers: &str, body: &str) {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n",
            body.len()
        );
        self.pages.lock().unwrap().insert(path.to_owned(), format!("{head}{body}"));
    }

    /// A good document, changed.
    fn publish(&self, path: &str, headers: &str, change: impl FnOnce(&mut Value)) -> String {
        let id = self.url(path);
        let mut document = json!({"client_id": id, "client_name": "Editor", "redirect_uris": [CALLBACK]});
        change(&mut document);
        self.put(path, headers, &document.to_string());
        id
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    async fn house(&self) -> House {
        let fetcher = Fetcher::new(Reach::PublicAndLoopback, std::slice::from_ref(&self.root)).unwrap();
        House::fetching(fetcher, |_| ()).await
    }
}

#[tokio::test]
async fn a_published_client_goes_all_the_way_and_is_fetched_once() {
    let site = Site::start().await;
    let house = site.house().await;
    let id = site.publish("/client.json", "cache-control: max-age=3600\r\n", |_| ());
    let url = House::authorize_url(&id, &[]);
    let answers = join_all((0..20).map(|_| house.get(&url))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::SEE_OTHER), "{:?}", answers[0]);
    let tokens = house.tokens(&id).await;
    assert_eq!(house.refresh(&id, &tokens.text("refresh_token")).await.status, StatusCode::OK);
    assert_eq!(site.asked(), 1);
}

#[tokio::test]
async fn a_document_is_fetched_again_when_it_has_aged_and_its_changes_count() {
    let site = Site::start().await;
    let house = site.house().await;
    let id = site.publish("/client.json", "cache-control: max-age=3600\r\n", |_| ());
    let tokens = house.tokens(&id).await;
    site.publish("/client.json", "cache-control: no-store\r\n", |document| {
        document["redirect_uris"] = json!(["https://new.example.com/cb"])
    });
    assert_eq!(house.get(&House::authorize_url(&id, &[])).await.status, StatusCode::SEE_OTHER, "still fresh");
    house.clock.advance(Duration::from_secs(3600));
    assert_eq!(house.get(&House::authorize_url(&id, &[])).await.status, StatusCode::BAD_REQUEST, "that URI is gone");
    let answer = house.get(&House::authorize_url(&id, &[("redirect_uri", Some("https://new.example.com/cb"))])).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(site.asked(), 2);
    house.clock.advance(house.server.settings.flow_life);
    assert_eq!(house.refresh(&id, &tokens.text("refresh_token")).await.status, StatusCode::OK);
    assert_eq!(site.asked(), 3, "no-store: kept for one sign-in only");
}

#[tokio::test]
async fn documents_that_lie_are_shown_as_errors_and_never_kept() {
    let site = Site::start().await;
    let house = site.house().await;
    for change in [
        json!({"client_id": "https://claude.ai/client.json"}),
        json!({"client_secret": "everybody-reads-this"}),
        json!({"token_endpoint_auth_method": "client_secret_post"}),
        json!({"token_endpoint_auth_method": "private_key_jwt"}),
        json!({"client_name": ""}),
        json!({"redirect_uris": ["http://evil.example/cb"]}),
        json!({"redirect_uris": []}),
    ] {
        let id = site.publish("/client.json", "cache-control: max-age=3600\r\n", |document| {
            document.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        });
        let answer = house.get(&House::authorize_url(&id, &[])).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{change}");
    }
    let missing = house.get(&House::authorize_url(&site.url("/nothing.json"), &[])).await;
    assert_eq!(missing.status, StatusCode::BAD_REQUEST);
    let mended = site.publish("/client.json", "", |_| ());
    assert_eq!(
        house.get(&House::authorize_url(&mended, &[])).await.status,
        StatusCode::SEE_OTHER,
        "the error was not kept"
    );
}

/// Fetching what strangers name is a service we ration.
#[tokio::test]
async fn an_address_can_cause_only_so_many_fetches() {
    let site = Site::start().await;
    let house = site.house().await;
    for n in 0..70 {
        let answer = house.get(&House::authorize_url(&site.url(&format!("/{n}.json")), &[])).await;
        assert_eq!(answer.status, if n < 60 { StatusCode::BAD_REQUEST } else { StatusCode::TOO_MANY_REQUESTS });
    }
    assert_eq!(site.asked(), 60);
}

#[tokio::test]
async fn a_url_that_is_no_document_s_is_never_fetched() {
    let site = Site::start().await;
    let house = site.house().await;
    for path in
        ["/", "", "/a/../client.json", "/client.json?x=1", "/client.json#x", "//client.json", "/%2e%2e/client.json"]
    {
        let answer = house.get(&House::authorize_url(&site.url(path), &[])).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
    let plain = site.url("/client.json").replace("https:", "http:");
    assert_eq!(house.get(&House::authorize_url(&plain, &[])).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.asked(), 0);
}

/// CVE-2026-4874 and its kin: documents at addresses that only we can reach.
#[tokio::test]
async fn nothing_inside_our_own_network_is_fetched() {
    let site = Site::start().await;
    let house = House::new().await;
    let id = site.publish("/client.json", "", |_| ());
    for id in [
        id.as_str(),
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/x",
        "https://[::1]/x",
        "https://[fd00::1]/x",
    ] {
        let answer = house.get(&House::authorize_url(id, &[])).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{id}");
    }
    assert_eq!(site.asked(), 0);
}

#[tokio::test]
async fn keys_that_a_document_points_to_are_fetched_and_used() {
    let site = Site::start().await;
    let house = site.house().await;
    let key = SigningKey::generate("k1".into(), Algorithm::EdDsa, house.clock.now(), &SeededRandom::new(6)).unwrap();
    site.put("/keys.json", "", &format!("{{\"keys\":[{}]}}", key.public_jwk));
    let keys = site.url("/keys.json");
    let id = site.publish("/client.json", "", |document| {
        document["token_endpoint_auth_method"] = "private_key_jwt".into();
        document["jwks_uri"] = keys.into();
    });
    assert_eq!(house.get(&House::authorize_url(&id, &[])).await.status, StatusCode::SEE_OTHER);
    let client = house.server.store.find_client(&id.as_str().into()).await.unwrap().unwrap();
    assert!(client.jwks.unwrap().contains("\"k1\""));
    // It declared keys, so it has to use them.
    let code = house.code(&id, &[]).await;
    assert_eq!(house.form("/token", &House::redeem(&id, &code)).await.error(), "invalid_client");
}

#[tokio::test]
async fn a_disabled_client_stays_disabled_whatever_it_publishes() {
    let site = Site::start().await;
    let house = site.house().await;
    let id = site.publish("/client.json", "", |_| ());
    let tokens = house.tokens(&id).await;
    assert!(house.server.store.set_client_disabled(&id.as_str().into(), true).await.unwrap());
    for _ in 0..2 {
        assert_eq!(house.get(&House::authorize_url(&id, &[])).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(house.refresh(&id, &tokens.text("refresh_token")).await.error(), "invalid_client");
        house.clock.advance(2 * DAY);
    }
    assert_eq!(site.asked(), 1);
}

/// A flow that began with a document in its last minutes ends all the same.
#[tokio::test]
async fn a_document_may_age_while_its_user_is_asked() {
    let site = Site::start().await;
    let house = site.house().await;
    let id = site.publish("/client.json", "cache-control: max-age=3600\r\n", |_| ());
    house.get(&House::authorize_url(&id, &[])).await;
    house.clock.advance(Duration::from_secs(3590));
    let who = house.sign_in().await;
    let flow = house.flow(&house.get(&House::authorize_url(&id, &[])).await).await;
    house.clock.advance(Duration::from_secs(60));
    let granted = flow.request.scopes.clone();
    let url = crate::flow::allow(&house.server, &house.visit(), flow, &who.session, granted, DAY).await.unwrap();
    assert!(url.contains("code="), "{url}");
    assert_eq!(site.asked(), 2);
}

#[tokio::test]
async fn documents_can_be_switched_off_and_then_no_client_has_one() {
    let site = Site::start().await;
    let fetcher = Fetcher::new(Reach::PublicAndLoopback, std::slice::from_ref(&site.root)).unwrap();
    let house = House::fetching(fetcher, |settings| settings.metadata_documents = MetadataDocuments::Refused).await;
    let id = site.publish("/client.json", "", |_| ());
    // One that was kept from better times.
    let kept = site.url("/kept.json");
    house.add_client(&kept, |client| client["kind"] = "metadata_document".into()).await;
    for id in [&id, &kept] {
        let answer = house.get(&House::authorize_url(id, &[])).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{id}");
        assert_eq!(house.refresh(id, "vrt_x").await.error(), "invalid_client", "{id}");
    }
    assert_eq!(site.asked(), 0);
    let metadata = house.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(metadata.json()["client_id_metadata_document_supported"], false);
}

/// A client whose URL begins like another's is another client.
#[tokio::test]
async fn a_prefix_is_another_client() {
    let site = Site::start().await;
    let house = site.house().await;
    let (short, long) = (site.publish("/client", "", |_| ()), site.publish("/client.json", "", |_| ()));
    let code = house.code(&long, &[]).await;
    house.get(&House::authorize_url(&short, &[])).await;
    assert_eq!(house.form("/token", &House::redeem(&short, &code)).await.error(), "invalid_grant");
}
