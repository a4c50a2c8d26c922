//! Builds each part once and joins them. The only place that knows all of them.

use std::sync::Arc;

use anyhow::{Context, Result};
use arc_swap::ArcSwap;
use axum::Router;
use vestibule_authserver::{AuthServer, People};
use vestibule_console::{Console, ConsoleSettings};
use vestibule_egress::{
    client::{Client, ClientConfig},
    fetch::Fetcher,
    guard::Reach,
};
use vestibule_identity::{Authenticator, password::PasswordPool};
use vestibule_model::{Clock, Random, Secret, SystemClock, SystemRandom, server::Servers};
use vestibule_oauth::keys::KeyRing;
use vestibule_policy::{Engine, PolicySet};
use vestibule_proxy::{PinnedTools, Pins, Proxy, ProxySettings};
use vestibule_store::{Store, journal::Journal};
use vestibule_vault::{Credentials, SessionLimits, Vault, VaultParts};

use crate::{
    config::{Config, DocumentReach},
    jobs::Jobs,
    keys,
    logs::LogSwitch,
    nowhere,
    operators::Operators,
    people, state,
};

/// The whole product, wired.
pub struct House {
    /// What is served to everybody.
    pub public: Router,
    /// The database.
    pub store: Store,
    /// The evidence.
    pub journal: Journal,
    /// What is served to operators.
    pub operators: Operators,
    /// The background tasks, not yet started.
    pub jobs: Jobs,
    /// Hashes passwords.
    pub passwords: Arc<PasswordPool>,
}

/// Time and randomness.
pub type Senses = (Arc<dyn Clock>, Arc<dyn Random>);

/// Time and randomness: the computer's.
pub fn senses() -> Senses {
    (Arc::new(SystemClock), Arc::new(SystemRandom::default()))
}

/// Builds everything from a sound configuration.
///
/// # Errors
/// When the state cannot be opened, a policy does not compile, or TLS roots cannot be loaded.
pub async fn build(mut config: Config, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<House> {
    let policies = load_policies(&config)?;
    let opened = state::open(&config.state, config.master_key.take(), &clock, &random).await?;
    let logs = LogSwitch::new(config.masking.logs);
    let (store, journal) = (opened.store, opened.journal.masked_by(logs.for_journal()));
    for (client, secret) in &config.clients {
        store.put_client(client, *secret).await.context("storing the pre-registered clients")?;
    }
    let ring = keys::rotate(&store, &config.rotation, config.algorithm, &*clock, &*random).await?;
    let tools = Arc::new(PinnedTools::new(store.clone(), config.pin_modes()));
    let parts = Parts {
        keys: Arc::new(ArcSwap::from_pointee(ring)),
        engine: Arc::new(Engine::new(policies, Arc::clone(&tools) as _)),
        tools,
        servers: Arc::new(ArcSwap::from_pointee(config.served())),
        passwords: Arc::new(PasswordPool::new(config.password_cost, usize::MAX, 64, Arc::clone(&random))?),
        store,
        journal,
        clock,
        random,
    };
    people::add(&config.users, &parts.store, &parts.journal, &parts.passwords, (&parts.clock, &parts.random)).await?;
    let proxy = Arc::new(proxy(&config, &parts)?);
    let operators = Operators {
        store: parts.store.clone(),
        journal: parts.journal.clone(),
        meters: Arc::clone(&proxy.meters),
        tally: Arc::clone(proxy.vault.tally()),
    };
    let public = router(&config, &parts, proxy)?;
    Ok(House {
        public,
        operators,
        jobs: Jobs {
            store: parts.store.clone(),
            keys: parts.keys,
            rotation: config.rotation,
            algorithm: config.algorithm,
            clock: parts.clock,
            random: parts.random,
        },
        passwords: parts.passwords,
        store: parts.store,
        journal: parts.journal,
    })
}

/// What several surfaces share.
struct Parts {
    keys: Arc<ArcSwap<KeyRing>>,
    engine: Arc<Engine>,
    tools: Arc<PinnedTools>,
    servers: Arc<ArcSwap<Servers>>,
    passwords: Arc<PasswordPool>,
    store: Store,
    journal: Journal,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

fn router(config: &Config, parts: &Parts, proxy: Arc<Proxy>) -> Result<Router> {
    let proxy = vestibule_proxy::router(proxy);
    let authserver = vestibule_authserver::routes::router(Arc::new(authserver(config, parts)?));
    let console = vestibule_console::router(Arc::new(console(config, parts)));
    let all = proxy.merge(authserver).merge(console);
    Ok(all.fallback(nowhere::no_route).method_not_allowed_fallback(nowhere::wrong_method))
}

/// Compiles all policies, or says which lines do not.
///
/// # Errors
/// All mistakes, each with file, line and remedy.
pub fn load_policies(config: &Config) -> Result<PolicySet> {
    PolicySet::load(config.policy_sources()).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}", lines.join("\n"))
    })
}

fn proxy(config: &Config, parts: &Parts) -> Result<Proxy> {
    let upstream = Client::new(&ClientConfig {
        connect_timeout: std::time::Duration::from_secs(10),
        response_timeout: config.upstream_timeout,
        extra_roots_pem: config.extra_roots.clone(),
    })?;
    let secrets = config.servers.iter().filter_map(|one| Some((one.server.name.clone(), one.secret.clone()?)));
    Ok(Proxy {
        authenticator: Authenticator::new(
            config.public_url.clone(),
            parts.store.clone(),
            Arc::clone(&parts.keys),
            Arc::clone(&parts.clock),
        ),
        engine: Arc::clone(&parts.engine),
        pins: Arc::new(Pins::new(Arc::clone(&parts.tools), parts.journal.clone(), Arc::clone(&parts.clock))),
        journal: parts.journal.clone(),
        vault: Vault::new(VaultParts {
            issuer: config.public_url.clone(),
            client: upstream,
            keys: Arc::clone(&parts.keys),
            journal: parts.journal.clone(),
            credentials: Credentials { servers: Servers::clone(&parts.servers.load()), secrets: secrets.collect() },
            children: SessionLimits::CHILDREN,
            streams: SessionLimits::STREAMS,
            masking: config.masking.settings.clone(),
            mask_key: mask_key(config, &*parts.random),
            clock: Arc::clone(&parts.clock),
            random: Arc::clone(&parts.random),
        })?,
        store: parts.store.clone(),
        servers: Arc::clone(&parts.servers),
        meters: Arc::default(),
        channels: vestibule_proxy::wires::sse::Channels::default(),
        memory: vestibule_proxy::federation::Memory::default(),
        settings: ProxySettings {
            public_url: config.public_url.clone(),
            max_body: config.max_body,
            max_list: 32 << 20,
            allowed_origins: config.allowed_origins.clone(),
        },
        clock: Arc::clone(&parts.clock),
        random: Arc::clone(&parts.random),
    })
}

/// The configured key, or one that lives as long as the process.
fn mask_key(config: &Config, random: &dyn Random) -> Secret<[u8; 32]> {
    config.masking.key.clone().unwrap_or_else(|| {
        let mut key = [0; 32];
        random.fill(&mut key);
        Secret::new(key)
    })
}

fn authserver(config: &Config, parts: &Parts) -> Result<AuthServer> {
    let reach = match config.documents {
        DocumentReach::Public => Reach::PublicOnly,
        DocumentReach::Loopback => Reach::PublicAndLoopback,
    };
    Ok(AuthServer {
        settings: config.auth.clone(),
        store: parts.store.clone(),
        keys: Arc::clone(&parts.keys),
        journal: parts.journal.clone(),
        servers: Arc::clone(&parts.servers),
        people: People::new(
            &parts.store,
            Arc::clone(&parts.passwords),
            config.password_policy,
            config.session_life,
            &parts.clock,
            &parts.random,
        ),
        fetcher: Fetcher::new(reach, &config.extra_roots)?,
        limits: vestibule_authserver::Limits::default(),
        clock: Arc::clone(&parts.clock),
        random: Arc::clone(&parts.random),
    })
}

fn console(config: &Config, parts: &Parts) -> Console {
    Console {
        settings: ConsoleSettings {
            session_life: config.session_life,
            ..ConsoleSettings::new(config.public_url.clone())
        },
        store: parts.store.clone(),
        journal: parts.journal.clone(),
        engine: Arc::clone(&parts.engine),
        servers: Arc::clone(&parts.servers),
        clock: Arc::clone(&parts.clock),
        random: Arc::clone(&parts.random),
    }
}
