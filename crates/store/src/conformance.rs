//! One suite for every engine: each test runs on a file, with a second store on the same file as another process
//! would have it, and in memory.

mod clients;
mod factors;
mod feed;
mod files;
mod groups;
mod once;
mod pins;
mod race;
mod refresh;
mod sessions;
mod users;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use vestibule_model::{
    Acr, ApplicationType, Authentication, Client, ClientAuthMethod, ClientId, ClientKind, Clock, Digest, FamilyId,
    GrantId, OrgId, ResourceUri, ScopeSet, Secret, SessionId, Timestamp, User, UserId,
    clock::{ManualClock, SeededRandom},
};

use crate::{Store, grants::GrantRecord, refresh::RefreshRecord, seal::Sealer, sessions::SessionRecord};

/// What a test has.
struct World {
    store: Store,
    /// The same store, or another one on the same file.
    twin: Store,
    clock: Arc<ManualClock>,
    _scratch: Option<Scratch>,
}

impl World {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// Runs a test on every engine.
async fn everywhere(test: impl AsyncFn(&World)) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_800_000_000)));
    let store = Store::memory(sealer(), clock.clone(), Arc::new(SeededRandom::new(1))).await.unwrap();
    test(&World { twin: store.clone(), store, clock, _scratch: None }).await;
    test(&on_file().await).await;
}

async fn on_file() -> World {
    let scratch = Scratch::new();
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_800_000_000)));
    let store = open(&scratch.file(), &clock).await;
    let twin = open(&scratch.file(), &clock).await;
    World { store, twin, clock, _scratch: Some(scratch) }
}

async fn open(path: &Path, clock: &Arc<ManualClock>) -> Store {
    Store::open(path, sealer(), clock.clone(), Arc::new(SeededRandom::new(2))).await.unwrap()
}

fn sealer() -> Sealer {
    Sealer::new(vec![Secret::new([9; 32])])
}

/// A directory of its own, gone at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("vestibule-store-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("vestibule.db")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn authentication() -> Authentication {
    Authentication { acr: Acr::Single, amr: vec!["pwd".to_owned()], auth_time: Timestamp::from_seconds(1_800_000_000) }
}

fn user(id: &str) -> User {
    User {
        id: UserId::from(id),
        org: OrgId::from("org_1"),
        email: format!("{id}@example.com"),
        name: id.to_uppercase(),
        roles: vec!["EMPLOYEE".to_owned()],
        groups: vec![],
        department: Some("sales".to_owned()),
        manager: None,
        attributes: BTreeMap::from([("employee_id".to_owned(), format!("E-{id}"))]),
        disabled: false,
    }
}

fn client(id: &str) -> Client {
    Client {
        id: ClientId::from(id),
        kind: ClientKind::Registered,
        name: "Client".to_owned(),
        uri: None,
        redirect_uris: vec![],
        auth_method: ClientAuthMethod::None,
        grant_types: vec!["authorization_code".to_owned()],
        application_type: ApplicationType::Native,
        scope: None,
        jwks: None,
        roles: vec![],
        disabled: false,
        created_at: Timestamp::from_seconds(1_800_000_000),
        expires_at: None,
    }
}

fn session(world: &World, id: &str, owner: &str) -> SessionRecord {
    let now = world.now();
    SessionRecord {
        id: SessionId::from(id),
        user: UserId::from(owner),
        org: OrgId::from("org_1"),
        digest: digest(id),
        authentication: authentication(),
        created_at: now,
        last_seen_at: now,
        idle_expires_at: now + Duration::from_secs(1800),
        expires_at: now + Duration::from_secs(3600 * 8),
        address: Some("192.0.2.7".parse().unwrap()),
        user_agent: Some("Browser".to_owned()),
    }
}

fn grant(world: &World, id: &str, owner: &str) -> GrantRecord {
    GrantRecord {
        id: GrantId::from(id),
        org: OrgId::from("org_1"),
        user: Some(UserId::from(owner)),
        client: ClientId::from("cli_1"),
        resource: ResourceUri::new("https://mcp.example.com/mcp/hr"),
        scopes: ScopeSet::parse("tools:*").unwrap(),
        authentication: authentication(),
        session: Some(SessionId::from("ses_1")),
        redirect_host: Some("localhost".to_owned()),
        created_at: world.now(),
        expires_at: world.now() + Duration::from_secs(90 * 86_400),
        last_used_at: None,
        revoked_at: None,
        revoked_because: None,
    }
}

fn refresh(world: &World, token: &str, parent: Option<&str>) -> RefreshRecord {
    RefreshRecord {
        digest: digest(token),
        family: FamilyId::from("fam_1"),
        parent: parent.map(digest),
        grant: GrantId::from("grt_1"),
        client: ClientId::from("cli_1"),
        issued_at: world.now(),
        idle_expires_at: world.now() + Duration::from_secs(14 * 86_400),
        expires_at: world.now() + Duration::from_secs(60 * 86_400),
    }
}
