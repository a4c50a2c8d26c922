//! A console with people, servers and events, for tests.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;
use vestibule_identity::browser::{SESSION_COOKIE, SessionLife, Sessions, Whereabouts};
use vestibule_model::{
    Acr, ApplicationType, AuditEvent, Authentication, Client, ClientAuthMethod, ClientId, ClientKind, Clock,
    CredentialSpec, EventKind, OrgId, RedirectUri, RequestId, ResourceUri, Server, ServerName, Timestamp, Upstream,
    User, UserId, Verdict,
    clock::{ManualClock, SeededRandom},
    server::Servers,
};
use vestibule_policy::{Engine, PolicySet, Source};
use vestibule_store::{Store, journal::Journal, seal::Sealer};

use crate::{Console, ConsoleSettings, administrator::ADMINISTRATOR_ROLE, router};

pub(crate) const POLICY: &str = r#"
roles = ["EMPLOYEE", "EXECUTIVE"]
[[tool]]
names = ["query_leaves"]
subject = "employee_id"
allow = { EMPLOYEE = "own", EXECUTIVE = "all" }
[[tool]]
names = ["get_dashboard_stats"]
allow = { EXECUTIVE = true }
"#;

pub(crate) struct House {
    pub(crate) router: Router,
    pub(crate) store: Store,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<ManualClock>,
    sessions: Sessions,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The form token of the page.
    pub(crate) fn csrf(&self) -> String {
        let (_, rest) = self.body.split_once("name=\"csrf\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

pub(crate) fn user(id: &str, org: &str, roles: &[&str]) -> User {
    User {
        id: UserId::from(id),
        org: OrgId::from(org),
        email: format!("{id}@example.com"),
        name: format!("<b>{id}</b>"),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        groups: Vec::new(),
        department: Some("Sales".to_owned()),
        manager: None,
        attributes: BTreeMap::new(),
        disabled: false,
    }
}

fn server(name: &str) -> Server {
    Server {
        name: ServerName::from(name),
        title: format!("The {name} server"),
        resource: ResourceUri::new(format!("https://mcp.example.com/mcp/{name}")),
        upstream: Upstream::Http { url: "http://127.0.0.1:1".to_owned() },
        credential: CredentialSpec::None,
        scope_groups: Vec::new(),
        allowed_origins: Vec::new(),
        protocol: vestibule_model::Protocol::default(),
    }
}

fn client() -> Client {
    Client {
        id: ClientId::from("cli_editor"),
        kind: ClientKind::Registered,
        name: "<i>Editor</i>".to_owned(),
        uri: None,
        redirect_uris: vec![RedirectUri("http://127.0.0.1/cb".to_owned())],
        auth_method: ClientAuthMethod::None,
        grant_types: Vec::new(),
        application_type: ApplicationType::Native,
        scope: None,
        jwks: None,
        roles: Vec::new(),
        disabled: false,
        created_at: Timestamp::from_seconds(0),
        expires_at: None,
    }
}

impl House {
    /// Users `root` (administrator) and `emma` of `acme`; `rival`, an administrator of another organization.
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_700_000_000)));
        let random = Arc::new(SeededRandom::new(1));
        let store = Store::memory(Sealer::ephemeral(&*random), clock.clone(), random.clone()).await.unwrap();
        for one in [
            user("root", "acme", &[ADMINISTRATOR_ROLE]),
            user("emma", "acme", &["EMPLOYEE", "vestibule:Admin", "vestibule:admin "]),
            user("rival", "other", &[ADMINISTRATOR_ROLE]),
        ] {
            store.create_user(&one, None).await.unwrap();
        }
        store.create_client(&client(), None).await.unwrap();
        let key = aws_lc_rs::signature::Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap().to_pkcs8().unwrap();
        let journal = Journal::memory(key.as_ref(), clock.clone()).unwrap();
        let source = Source { file: "hr.toml".into(), text: POLICY.into() };
        let policies =
            PolicySet::load(vec![(ServerName::from("hr"), vec![source])]).unwrap_or_else(|errors| panic!("{errors:?}"));
        let console = Console {
            settings: ConsoleSettings::new("https://mcp.example.com"),
            store: store.clone(),
            journal: journal.clone(),
            engine: Arc::new(Engine::new(policies, Arc::new(vestibule_policy::hold::NothingHeld))),
            servers: Arc::new(ArcSwap::from_pointee(Servers::new([server("hr"), server("bare")]))),
            clock: clock.clone(),
            random: random.clone(),
        };
        let sessions = Sessions::new(store.clone(), clock.clone(), random, SessionLife::default());
        Self { router: router(Arc::new(console)), store, journal, clock, sessions }
    }

    /// Signs somebody in; the `Cookie` header.
    pub(crate) async fn cookie(&self, id: &str) -> String {
        let user = self.store.find_user(&UserId::from(id)).await.unwrap().unwrap();
        let authentication =
            Authentication { acr: Acr::Multi, amr: vec!["pwd".to_owned()], auth_time: self.clock.now() };
        let (token, _) = self.sessions.start(&user, authentication, Whereabouts::default()).await.unwrap();
        format!("{SESSION_COOKIE}={}", token.expose())
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::post(path).header(header::COOKIE, cookie);
        self.send(
            request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(form.to_owned()))
                .unwrap(),
        )
        .await
    }

    /// Records an event about a user of an organization.
    pub(crate) fn happened(&self, kind: EventKind, verdict: Verdict, user: &str, org: &str, target: &str) {
        let mut event = AuditEvent::new(self.clock.now(), kind, RequestId::from("req_1"));
        event.user = Some(UserId::from(user));
        event.org = Some(OrgId::from(org));
        event.server = Some(ServerName::from("hr"));
        event.action = Some("tools/call".into());
        event.target = Some(target.into());
        event.verdict = Some(verdict);
        self.journal.note(&event);
    }

    pub(crate) fn hours_pass(&self, hours: u64) {
        self.clock.advance(Duration::from_secs(3600 * hours));
    }
}
