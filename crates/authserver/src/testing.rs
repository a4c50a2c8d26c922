//! What the tests of this crate share: the real router over a store in memory, a clock that stands still, a browser.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use arc_swap::ArcSwap;
use axum::{Router, body::Body, http::Request};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt;
use vestibule_egress::{fetch::Fetcher, guard::Reach};
use vestibule_identity::{
    browser::{PeerAddress, SESSION_COOKIE, SessionLife, SignedIn, Whereabouts},
    password::{HashSettings, PasswordPool},
    password_policy::PasswordPolicy,
};
use vestibule_model::{
    Acr, Authentication, Client, Clock, CredentialSpec, Digest, KeyId, OrgId, Random, ResourceUri, ScopeSet, Server,
    ServerName, Timestamp, Upstream, User, UserId,
    clock::{ManualClock, SeededRandom},
    server::Servers,
};
use vestibule_oauth::keys::{Algorithm, KeyRing, SigningKey};
use vestibule_store::{Store, journal::Journal, seal::Sealer};

use crate::{
    AuthServer, AuthSettings, Limits, People, browser::Browser, flow, flow::Flow, routes::router, visit::Visit,
};

pub(crate) const ISSUER: &str = "https://gate.example.com";
pub(crate) const HR: &str = "https://gate.example.com/mcp/hr";
pub(crate) const GITHUB: &str = "https://gate.example.com/mcp/github";
pub(crate) const CALLBACK: &str = "https://app.example.com/cb";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const SECRET: &str = "vcs_a-long-secret-of-a-test-client";

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("no error: {}", self.body)).to_owned()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.body)).to_owned()
    }

    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// A parameter of the redirect's query.
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        let query = self.location().split_once('?')?.1;
        form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

pub(crate) struct House {
    pub(crate) server: Arc<AuthServer>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) user: User,
    router: Router,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut AuthSettings)) -> Self {
        Self::fetching(Fetcher::new(Reach::PublicOnly, &[]).unwrap(), change).await
    }

    pub(crate) async fn fetching(fetcher: Fetcher, change: impl FnOnce(&mut AuthSettings)) -> Self {
        Self::build(fetcher, None, change).await
    }

    /// On a SQLite file, with all that a disk does to timing.
    pub(crate) async fn on_disk(directory: &Path) -> Self {
        Self::build(Fetcher::new(Reach::PublicOnly, &[]).unwrap(), Some(directory), |_| ()).await
    }

    async fn build(fetcher: Fetcher, directory: Option<&Path>, change: impl FnOnce(&mut AuthSettings)) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_800_000_000)));
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(11));
        let time: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let (sealer, by, of) = (Sealer::ephemeral(&*random), Arc::clone(&time), Arc::clone(&random));
        let store = match directory {
            Some(directory) => Store::open(&directory.join("test.sqlite"), sealer, by, of).await.unwrap(),
            None => Store::memory(sealer, by, of).await.unwrap(),
        };
        let pool = Arc::new(PasswordPool::new(HashSettings::FOR_TESTS, 1, 10, Arc::clone(&random)).unwrap());
        let people = People::new(&store, pool, PasswordPolicy::default(), SessionLife::default(), &time, &random);
        let checkpoints = vestibule_oauth::keys::generate_ed25519(&*random).unwrap();
        let mut settings = AuthSettings::new(ISSUER);
        change(&mut settings);
        let server = Arc::new(AuthServer {
            settings,
            journal: Journal::memory(checkpoints.expose(), Arc::clone(&time)).unwrap(),
            keys: Arc::new(ArcSwap::from_pointee(ring(&*random, clock.now()))),
            servers: Arc::new(ArcSwap::from_pointee(Servers::new([
                mcp_server("hr", HR),
                mcp_server("github", GITHUB),
            ]))),
            people,
            fetcher,
            limits: Limits::default(),
            clock: time,
            random,
            store,
        });
        let user = user("usr_mira");
        server.store.create_user(&user, None).await.unwrap();
        let house = Self { router: router(Arc::clone(&server)), clock, user, cookies: Mutex::default(), server };
        house.add_client("cli_app", |_| ()).await;
        house
    }

    /// A public client, changed as JSON; one that proves itself by a secret gets [`SECRET`].
    pub(crate) async fn add_client(&self, id: &str, change: impl FnOnce(&mut Value)) -> Client {
        let mut client = serde_json::json!({
            "id": id, "kind": "preregistered", "name": "App", "uri": null, "redirect_uris": [CALLBACK],
            "auth_method": "none", "grant_types": ["authorization_code", "refresh_token"], "application_type": "web",
            "scope": null, "jwks": null, "roles": [], "disabled": false, "created_at": 1_800_000_000_000i64, "expires_at": null
        });
        change(&mut client);
        let client: Client = serde_json::from_value(client).unwrap();
        let secret = client.auth_method.as_str().starts_with("client_secret").then(|| Digest::of(SECRET.as_bytes()));
        self.server.store.put_client(&client, secret).await.unwrap();
        client
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub(crate) fn request(&self, method: Method, uri: &str) -> axum::http::request::Builder {
        Request::builder().method(method).uri(uri).extension(PeerAddress([192, 0, 2, 7].into()))
    }

    /// The headers of our browser.
    pub(crate) fn browser_headers(&self) -> HeaderMap {
        let cookies = self.cookies.lock().unwrap();
        let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, pairs.join("; ").parse().unwrap());
        headers
    }

    pub(crate) async fn get(&self, uri: &str) -> Answer {
        let mut request = self.request(Method::GET, uri).body(Body::empty()).unwrap();
        *request.headers_mut() = self.browser_headers();
        self.send(request).await
    }

    pub(crate) async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        self.form_as(path, pairs, None).await
    }

    /// A form with HTTP Basic.
    pub(crate) async fn form_as(&self, path: &str, pairs: &[(&str, &str)], basic: Option<(&str, &str)>) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let mut request =
            self.request(Method::POST, path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some((id, secret)) = basic {
            request =
                request.header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))));
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn sign_in(&self) -> SignedIn {
        let authentication =
            Authentication { acr: Acr::Multi, amr: vec!["pwd".into(), "otp".into()], auth_time: self.clock.now() };
        let (token, session) =
            self.server.people.sessions.start(&self.user, authentication, Whereabouts::default()).await.unwrap();
        self.cookies.lock().unwrap().insert(SESSION_COOKIE.to_owned(), token.expose().to_owned());
        SignedIn { session, user: Arc::new(self.user.clone()) }
    }

    /// A good authorization request, with changes.
    pub(crate) fn authorize_url(client: &str, changes: &[(&str, Option<&str>)]) -> String {
        let good = [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", CALLBACK),
            ("state", "s-1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let kept = good.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)).copied();
        let set = changes.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept.chain(set)).finish();
        format!("/authorize?{query}")
    }

    pub(crate) fn visit(&self) -> Visit {
        let request = vestibule_model::RequestId::generate(&*self.clock, &*self.server.random);
        Visit { request, address: Some([192, 0, 2, 7].into()) }
    }

    /// The flow that a redirect to one of our pages names.
    pub(crate) async fn flow(&self, answer: &Answer) -> Flow {
        let token = answer.param("flow").unwrap_or_else(|| panic!("no flow: {answer:?}"));
        let browser = Browser::of(&self.browser_headers(), &self.server);
        Flow::load(&self.server, &token, &browser).await.unwrap()
    }

    /// The whole way to a code: request, sign-in, consent to everything.
    pub(crate) async fn code(&self, client: &str, changes: &[(&str, Option<&str>)]) -> String {
        let who = self.sign_in().await;
        let answer = self.get(&Self::authorize_url(client, changes)).await;
        assert!(answer.location().starts_with("/consent?flow=vfl_"), "{answer:?}");
        let flow = self.flow(&answer).await;
        let granted = flow.request.scopes.clone();
        let url = flow::allow(&self.server, &self.visit(), flow, &who.session, granted, 30 * DAY).await.unwrap();
        let query = url.split_once('?').unwrap().1;
        form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code").unwrap().1.into_owned()
    }

    /// The form that redeems a code.
    pub(crate) fn redeem<'a>(client: &'a str, code: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ]
    }

    /// First tokens of a client.
    pub(crate) async fn tokens(&self, client: &str) -> Answer {
        let code = self.code(client, &[]).await;
        let answer = self.form("/token", &Self::redeem(client, &code)).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer
    }

    pub(crate) async fn refresh(&self, client: &str, token: &str) -> Answer {
        self.form("/token", &[("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", token)]).await
    }

    /// The journal's lines that contain a text.
    pub(crate) fn journal(&self, text: &str) -> Vec<String> {
        let lines = self.server.journal.last(1000).unwrap();
        lines.iter().filter(|line| line.contains(text)).map(|line| line.to_string()).collect()
    }
}

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) fn user(id: &str) -> User {
    User {
        id: UserId::new(id),
        org: OrgId::new("default"),
        email: format!("{id}@example.com"),
        name: "Mira".into(),
        roles: vec!["EMPLOYEE".into()],
        groups: Vec::new(),
        department: None,
        manager: None,
        attributes: BTreeMap::new(),
        disabled: false,
    }
}

fn mcp_server(name: &str, resource: &str) -> Server {
    Server {
        name: ServerName::new(name),
        title: name.to_uppercase(),
        resource: ResourceUri::new(resource),
        upstream: Upstream::Http { url: "http://127.0.0.1:1/mcp".into() },
        credential: CredentialSpec::None,
        scope_groups: Vec::new(),
        allowed_origins: Vec::new(),
        protocol: vestibule_model::Protocol::default(),
    }
}

fn ring(random: &dyn Random, now: Timestamp) -> KeyRing {
    // A day old, so that a clock may run backwards.
    let mut key = SigningKey::generate(KeyId::new("key_1"), Algorithm::EdDsa, now - DAY, random).unwrap();
    key.sign_until = now + 365 * DAY;
    key.verify_until = now + 366 * DAY;
    KeyRing::new(vec![key]).unwrap()
}

pub(crate) fn scopes(text: &str) -> ScopeSet {
    ScopeSet::parse(text).unwrap()
}
