//! What the tests of the pages share: the whole authorization server in memory, and a browser that keeps cookies.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use arc_swap::ArcSwap;
use axum::{Router, body::Body};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use totp_rs::{Algorithm, Builder};
use tower::ServiceExt;
use vestibule_egress::{fetch::Fetcher, guard::Reach};
use vestibule_identity::{
    browser::{PeerAddress, SessionLife},
    factors::totp,
    password::{HashSettings, PasswordPool},
    password_policy::PasswordPolicy,
};
use vestibule_model::{
    ApplicationType, Client, ClientAuthMethod, ClientId, ClientKind, Clock, CredentialSpec, KeyId, OrgId, Random,
    RedirectUri, ResourceUri, Secret, Server, ServerName, Timestamp, Upstream, User, UserId,
    clock::{ManualClock, SeededRandom},
    server::Servers,
};
use vestibule_oauth::keys::{Algorithm as Signing, KeyRing, SigningKey, generate_ed25519};
use vestibule_store::{Store, journal::Journal, seal::Sealer};

use crate::{AuthServer, AuthSettings, Limits, People, routes::router};

pub(crate) const HOME: &str = "https://gate.example.com";
pub(crate) const EMAIL: &str = "mira@example.com";
pub(crate) const PASSWORD: &str = "tram-otter-89-gravel";

/// The server, its clock and its state.
pub(crate) struct House {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) server: Arc<AuthServer>,
    pub(crate) user: User,
}

impl House {
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_700_000_000)));
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(7));
        let server = Arc::new(auth_server(Arc::<ManualClock>::clone(&clock), random).await);
        let house = Self { clock, server, user: person() };
        let phc = house.server.people.passwords.hash(&Secret::new(PASSWORD.to_owned())).await.unwrap();
        house.server.store.create_user(&house.user, Some(&phc)).await.unwrap();
        for client in clients() {
            house.server.store.put_client(&client, None).await.unwrap();
        }
        house
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser { router: router(Arc::clone(&self.server)), cookies: Mutex::default(), form: Mutex::default() }
    }

    /// A browser in which the user is signed in.
    pub(crate) async fn signed_in(&self) -> Browser {
        let browser = self.browser();
        browser.get("/login").await;
        let page = browser.post("/login", &[("email", EMAIL), ("password", PASSWORD)]).await;
        assert_eq!(page.location(), "/account");
        browser
    }

    /// Gives the user an authenticator app.
    pub(crate) async fn with_app(&self) -> impl Fn() -> String + use<> {
        let (clock, random) = (&*self.server.clock, &*self.server.random);
        let text = totp::enrol(&self.server.store, &self.user.id, clock, random).await.unwrap();
        app(&text, Arc::clone(&self.clock))
    }

    /// The lines of the journal, newest last.
    pub(crate) fn journal(&self) -> Vec<Arc<str>> {
        self.server.journal.last(100).unwrap()
    }
}

/// An authenticator app with a typed-in key.
pub(crate) fn app(key: &str, clock: Arc<ManualClock>) -> impl Fn() -> String + use<> {
    let seed = totp_rs::Secret::try_from_base32(key).unwrap();
    let app = Builder::new().with_algorithm(Algorithm::SHA1).with_secret(seed).with_account_name("x").build().unwrap();
    move || app.generate(u64::try_from(clock.now().as_seconds()).unwrap()).to_string()
}

async fn auth_server(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> AuthServer {
    let sealer = Sealer::ephemeral(&*random);
    let store = Store::memory(sealer, Arc::clone(&clock), Arc::clone(&random)).await.unwrap();
    let mut key = SigningKey::generate(KeyId::new("key_1"), Signing::EdDsa, clock.now(), &*random).unwrap();
    key.sign_until = clock.now() + std::time::Duration::from_secs(86_400 * 60);
    key.verify_until = key.sign_until;
    let pool = PasswordPool::new(HashSettings::FOR_TESTS, 2, 100, Arc::clone(&random)).unwrap();
    let (policy, life) = (PasswordPolicy::default(), SessionLife::default());
    AuthServer {
        settings: AuthSettings::new(HOME),
        people: People::new(&store, Arc::new(pool), policy, life, &clock, &random),
        journal: Journal::memory(generate_ed25519(&*random).unwrap().expose(), Arc::clone(&clock)).unwrap(),
        keys: Arc::new(ArcSwap::from_pointee(KeyRing::new(vec![key]).unwrap())),
        servers: Arc::new(ArcSwap::from_pointee(Servers::new([mcp_server()]))),
        fetcher: Fetcher::new(Reach::PublicOnly, &[]).unwrap(),
        limits: Limits::default(),
        store,
        clock,
        random,
    }
}

fn mcp_server() -> Server {
    Server {
        name: ServerName::new("hr"),
        title: "People & Leave".to_owned(),
        resource: ResourceUri::new(format!("{HOME}/mcp/hr")),
        upstream: Upstream::Http { url: "http://127.0.0.1:1/".to_owned() },
        credential: CredentialSpec::None,
        scope_groups: Vec::new(),
        allowed_origins: Vec::new(),
    }
}

fn person() -> User {
    User {
        id: UserId::new("usr_mira"),
        org: OrgId::new("org_1"),
        email: EMAIL.to_owned(),
        name: "Mira Okafor".to_owned(),
        roles: vec!["EMPLOYEE".to_owned()],
        groups: Vec::new(),
        department: None,
        manager: None,
        attributes: BTreeMap::new(),
        disabled: false,
    }
}

/// A web client and one on the user's own device.
fn clients() -> [Client; 2] {
    let client = |id: &str, name: &str, redirect: &str| Client {
        id: ClientId::new(id),
        kind: ClientKind::Registered,
        name: name.to_owned(),
        uri: None,
        redirect_uris: vec![RedirectUri(redirect.to_owned())],
        auth_method: ClientAuthMethod::None,
        grant_types: vec!["authorization_code".to_owned()],
        application_type: ApplicationType::Web,
        scope: None,
        jwks: None,
        roles: Vec::new(),
        disabled: false,
        created_at: Timestamp::from_seconds(1_700_000_000),
        expires_at: None,
    };
    [client("cli_web", "Notebook", "https://app.example.com/cb"), client("cli_cli", "Terminal", "http://127.0.0.1/cb")]
}

/// Where an authorization request of a client starts.
pub(crate) fn authorize(client: &str, redirect: &str, more: &str) -> String {
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let redirect: String = form_urlencoded::byte_serialize(redirect.as_bytes()).collect();
    format!(
        "/authorize?response_type=code&client_id={client}&redirect_uri={redirect}&code_challenge={challenge}\
         &code_challenge_method=S256&resource={HOME}/mcp/hr&state=s1{more}"
    )
}

/// A browser: keeps cookies, and sends the hidden fields of the last page it saw along with a form.
pub(crate) struct Browser {
    router: Router,
    cookies: Mutex<BTreeMap<String, String>>,
    form: Mutex<Vec<(String, String)>>,
}

/// An answer.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

impl Page {
    /// Where it sends the browser.
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.headers.get(header::LOCATION).unwrap().to_str().unwrap()
    }
}

impl Browser {
    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Follows redirects as long as they stay here.
    pub(crate) async fn follow(&self, path: &str) -> Page {
        let mut page = self.get(path).await;
        while page.status == StatusCode::SEE_OTHER && page.location().starts_with('/') {
            let next = page.location().to_owned();
            page = self.get(&next).await;
        }
        page
    }

    /// Sends a form: the hidden fields of the last page, and these.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let hidden = self.form.lock().unwrap().clone();
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        self.post_exactly(path, &hidden.chain(fields.iter().copied()).collect::<Vec<_>>(), &[]).await
    }

    /// Sends exactly these fields and headers.
    pub(crate) async fn post_exactly(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn send(&self, mut request: Request<Body>) -> Page {
        let cookies: Vec<String> = self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.headers_mut().insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        request.extensions_mut().insert(PeerAddress("192.0.2.1".parse().unwrap()));
        let response = self.router.clone().oneshot(request).await.unwrap();
        self.keep(&response);
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        if parts.status == StatusCode::OK || body.contains("<form") {
            *self.form.lock().unwrap() = hidden(&body);
        }
        Page { status: parts.status, headers: parts.headers, body }
    }

    fn keep(&self, response: &Response<Body>) {
        let mut cookies = self.cookies.lock().unwrap();
        for line in response.headers().get_all(header::SET_COOKIE) {
            let (pair, attributes) = line.to_str().unwrap().split_once("; ").unwrap();
            assert!(attributes.starts_with("Path=/;") && attributes.ends_with("Secure; HttpOnly; SameSite=Lax"), "{attributes}");
            let (name, value) = pair.split_once('=').unwrap();
            assert!(name.starts_with("__Host-"), "{name}");
            if attributes.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Plants a cookie.
    pub(crate) fn plant(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// A hidden field of the last page.
    pub(crate) fn hidden(&self, name: &str) -> String {
        self.form.lock().unwrap().iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

/// The hidden fields of the first form that is not the one for signing out.
fn hidden(html: &str) -> Vec<(String, String)> {
    let forms = html.split("<form").skip(1).map(|form| form.split("</form>").next().unwrap());
    let form = forms.clone().find(|form| !form.contains("/logout")).or_else(|| html.split("<form").nth(1)).unwrap_or("");
    let inputs = form.split("<input").filter(|input| input.contains("type=\"hidden\""));
    let value = |input: &str, name: &str| {
        let start = input.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        input[start..].split('"').next().unwrap().to_owned()
    };
    inputs.map(|input| (value(input, "name"), value(input, "value"))).filter(|(name, _)| name != "grant" && name != "session").collect()
}
