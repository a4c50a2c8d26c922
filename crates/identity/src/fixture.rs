//! What the tests of this crate share: a store in memory, a clock that stands still, one user.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use vestibule_model::{
    Acr, ApplicationType, Authentication, Client, ClientAuthMethod, ClientId, ClientKind, Clock, CredentialSpec,
    Digest, GrantId, KeyId, OrgId, Random, ResourceUri, ScopeSet, Secret, Server, ServerName, Timestamp, TokenId,
    Upstream, User, UserId,
    clock::{ManualClock, SeededRandom},
};
use vestibule_oauth::{
    issue::AccessToken,
    keys::{Algorithm, KeyRing, SigningKey},
};
use vestibule_store::{Store, grants::GrantRecord, seal::Sealer};

use crate::{
    Authenticator,
    browser::{SessionLife, Sessions},
    password::{HashSettings, PasswordPool},
    sign_in::{Caller, SignIn},
};

pub(crate) const ISSUER: &str = "https://gate.example.com";
pub(crate) const PASSWORD: &str = "tram-otter-89-gravel";
pub(crate) const EMAIL: &str = "mira@example.com";

/// A house with everything in it.
pub(crate) struct House {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) store: Store,
    pub(crate) keys: Arc<ArcSwap<KeyRing>>,
    pub(crate) passwords: Arc<PasswordPool>,
    pub(crate) sessions: Sessions,
    pub(crate) sign_in: SignIn,
    pub(crate) authenticator: Authenticator,
    pub(crate) user: User,
    pub(crate) client: Client,
    pub(crate) server: Server,
    pub(crate) headers: http::HeaderMap,
}

impl House {
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_700_000_000)));
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(42));
        let time: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let sealer = Sealer::ephemeral(&*random);
        let store = Store::memory(sealer, Arc::clone(&time), Arc::clone(&random)).await.unwrap();
        let keys = Arc::new(ArcSwap::from_pointee(key_ring(&*random, clock.now())));
        let pool = PasswordPool::new(HashSettings::FOR_TESTS, 2, 1000, Arc::clone(&random)).unwrap();
        let passwords = Arc::new(pool);
        let sessions = Sessions::new(store.clone(), Arc::clone(&time), Arc::clone(&random), SessionLife::default());
        let sign_in = SignIn::new(
            store.clone(),
            Arc::clone(&passwords),
            sessions.clone(),
            Arc::clone(&time),
            Arc::clone(&random),
        );
        let authenticator = Authenticator::new(ISSUER.to_owned(), store.clone(), Arc::clone(&keys), time);
        let house = Self {
            user: user("usr_mira", EMAIL),
            client: client("cli_editor"),
            server: server("hr"),
            headers: http::HeaderMap::new(),
            clock,
            random,
            store,
            keys,
            passwords,
            sessions,
            sign_in,
            authenticator,
        };
        let phc = house.passwords.hash(&Secret::new(PASSWORD.to_owned())).await.unwrap();
        house.store.create_user(&house.user, Some(&phc)).await.unwrap();
        house.store.create_client(&house.client, None).await.unwrap();
        house
    }

    pub(crate) fn caller(&self) -> Caller<'_> {
        Caller { headers: &self.headers, address: None, browser: Digest::of(b"browser") }
    }

    /// A grant of the user to the client for the server.
    pub(crate) async fn grant(&self) -> GrantRecord {
        let now = self.clock.now();
        let grant = GrantRecord {
            id: GrantId::generate(&*self.clock, &*self.random),
            org: self.user.org.clone(),
            user: Some(self.user.id.clone()),
            client: self.client.id.clone(),
            resource: self.server.resource.clone(),
            scopes: ScopeSet::parse("tools:*").unwrap(),
            authentication: authentication(now),
            session: None,
            redirect_host: None,
            created_at: now,
            expires_at: now + Duration::from_secs(86_400),
            last_used_at: None,
            revoked_at: None,
            revoked_because: None,
        };
        self.store.create_grant(&grant).await.unwrap();
        grant
    }

    /// The claims of a token under a grant, to be altered and signed.
    pub(crate) fn claims(&self, grant: &GrantRecord) -> AccessToken {
        let now = self.clock.now();
        AccessToken {
            issuer: ISSUER.to_owned(),
            audience: grant.resource.clone(),
            subject: grant.user.as_ref().map_or(grant.client.to_string(), ToString::to_string),
            client: grant.client.clone(),
            org: grant.org.clone(),
            grant: grant.id.clone(),
            scopes: grant.scopes.clone(),
            authentication: grant.authentication.clone(),
            id: TokenId::generate(&*self.clock, &*self.random),
            issued_at: now,
            expires_at: now + Duration::from_secs(600),
        }
    }

    /// A good token under a fresh grant.
    pub(crate) async fn token(&self) -> (String, GrantRecord) {
        let grant = self.grant().await;
        (self.claims(&grant).sign(&self.keys.load()).unwrap(), grant)
    }
}

pub(crate) fn key_ring(random: &dyn Random, now: Timestamp) -> KeyRing {
    let mut key =
        SigningKey::generate(KeyId::new(format!("key_{}", now.as_millis())), Algorithm::EdDsa, now, random).unwrap();
    key.sign_until = now + Duration::from_secs(86_400);
    key.verify_until = now + Duration::from_secs(2 * 86_400);
    KeyRing::new(vec![key]).unwrap()
}

pub(crate) fn authentication(now: Timestamp) -> Authentication {
    Authentication { acr: Acr::Single, amr: vec!["pwd".to_owned()], auth_time: now }
}

pub(crate) fn user(id: &str, email: &str) -> User {
    User {
        id: UserId::new(id),
        org: OrgId::new("org_1"),
        email: email.to_owned(),
        name: "Mira Okafor".to_owned(),
        roles: vec!["EMPLOYEE".to_owned()],
        groups: Vec::new(),
        department: None,
        manager: None,
        attributes: BTreeMap::new(),
        disabled: false,
    }
}

pub(crate) fn client(id: &str) -> Client {
    Client {
        id: ClientId::new(id),
        kind: ClientKind::Registered,
        name: "Editor".to_owned(),
        uri: None,
        redirect_uris: Vec::new(),
        auth_method: ClientAuthMethod::None,
        grant_types: vec!["authorization_code".to_owned()],
        application_type: ApplicationType::Native,
        scope: None,
        jwks: None,
        roles: vec!["ROBOT".to_owned()],
        disabled: false,
        created_at: Timestamp::from_seconds(1_700_000_000),
        expires_at: None,
    }
}

pub(crate) fn server(name: &str) -> Server {
    Server {
        name: ServerName::new(name),
        title: "HR".to_owned(),
        resource: ResourceUri::new(format!("{ISSUER}/mcp/{name}")),
        upstream: Upstream::Http { url: "http://127.0.0.1:1/".to_owned() },
        credential: CredentialSpec::None,
        scope_groups: Vec::new(),
        allowed_origins: Vec::new(),
        protocol: vestibule_model::Protocol::default(),
    }
}
