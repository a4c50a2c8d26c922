//! The configuration: one TOML file, unknown keys refused, every mistake with its line and a remedy.
//!
//! Text becomes [`raw::File`], which mirrors the file; [`check`] makes a [`Config`] of it, in which everything is
//! known to be sound. Nothing else in the program sees the raw form.

mod check;
mod clients;
mod error;
mod federation;
mod masking;
mod password;
pub mod raw;
mod secret;
mod servers;
mod users;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;
use vestibule_authserver::AuthSettings;
use vestibule_identity::{browser::SessionLife, password::HashSettings, password_policy::PasswordPolicy};
use vestibule_model::{Client, Digest, Federation, PinMode, ResourceUri, Secret, Server, ServerName, server::Servers};
use vestibule_oauth::keys::{Algorithm, RotationPlan};
use vestibule_policy::set::Source;

pub use error::{ConfigError, ConfigErrors};
pub use masking::{Masking, logs_by_environment};

/// A sound configuration.
pub struct Config {
    /// Our origin as clients know it; the OAuth issuer. No trailing slash.
    pub public_url: String,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where operators look (`/livez`, `/readyz`), when wanted.
    pub admin_listen: Option<SocketAddr>,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Where state lives.
    pub state: State,
    /// The key-encryption key, when it is configured; otherwise one is kept beside the database.
    pub master_key: Option<Secret<[u8; 32]>>,
    /// Settings of the OAuth endpoints and pages.
    pub auth: AuthSettings,
    /// Which new passwords are accepted.
    pub password_policy: PasswordPolicy,
    /// How long browser sessions live.
    pub session_life: SessionLife,
    /// What a password hash costs.
    pub password_cost: HashSettings,
    /// How signing keys rotate.
    pub rotation: RotationPlan,
    /// Which algorithm new signing keys have.
    pub algorithm: Algorithm,
    /// What URLs that clients choose may reach.
    pub documents: DocumentReach,
    /// The largest request body, in bytes.
    pub max_body: usize,
    /// How long an upstream may take until its answer begins.
    pub upstream_timeout: Duration,
    /// Further certificate authorities for outgoing TLS, in PEM.
    pub extra_roots: Vec<String>,
    /// Origins of browser-based clients.
    pub allowed_origins: Vec<String>,
    /// Masking of personal data.
    pub masking: Masking,
    /// The servers behind us, with what belongs to each.
    pub servers: Vec<ConfiguredServer>,
    /// Which of them are also behind one endpoint, when there is one.
    pub federation: Option<ConfiguredFederation>,
    /// Pre-registered clients, with the digest of the secret where there is one.
    pub clients: Vec<(Client, Option<Digest>)>,
    /// People who may sign in from the first start on.
    pub users: Vec<ConfiguredUser>,
}

/// One `[[user]]`.
pub struct ConfiguredUser {
    /// E-mail address, for sign-in.
    pub email: String,
    /// Full name.
    pub name: String,
    /// Their password.
    pub password: Secret<String>,
    /// Roles.
    pub roles: Vec<String>,
    /// Department.
    pub department: Option<String>,
    /// Directory attributes.
    pub attributes: BTreeMap<String, String>,
    /// Organization.
    pub org: String,
}

/// One `[[server]]`.
pub struct ConfiguredServer {
    /// The server.
    pub server: Server,
    /// The value of a `static` credential.
    pub secret: Option<Secret<String>>,
    /// Its policy files, read.
    pub policies: Vec<Source>,
    /// How its tool definitions are guarded.
    pub pin: PinMode,
}

/// The endpoint that joins several servers.
pub struct ConfiguredFederation {
    /// The servers, in order.
    pub servers: Vec<ServerName>,
    /// For people.
    pub title: String,
    /// How long a server may take for a question that goes to all of them.
    pub patience: Duration,
}

impl Config {
    /// The servers, and the endpoint that joins them.
    pub fn served(&self) -> Servers {
        let servers = Servers::new(self.servers.iter().map(|one| one.server.clone()));
        let Some(joined) = &self.federation else { return servers };
        let parts = joined.servers.iter().filter_map(|name| servers.find(name.as_str()).cloned()).collect();
        let resource = ResourceUri::new(format!("{}/mcp", self.public_url));
        let federation = Federation::new(resource, joined.title.clone(), parts, joined.patience);
        servers.joined(federation)
    }

    /// The policy sources by server, as the engine loads them.
    pub fn policy_sources(&self) -> Vec<(ServerName, Vec<Source>)> {
        self.servers
            .iter()
            .map(|configured| {
                let sources = configured.policies.iter();
                let copies = sources.map(|source| Source { file: source.file.clone(), text: source.text.clone() });
                (configured.server.name.clone(), copies.collect())
            })
            .collect()
    }

    /// How the tool definitions of each server are guarded.
    pub fn pin_modes(&self) -> Vec<(ServerName, PinMode)> {
        self.servers.iter().map(|one| (one.server.name.clone(), one.pin)).collect()
    }
}

/// Where state lives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// In this directory: database, keys and audit journal.
    Directory(PathBuf),
    /// Nowhere: everything dies with the process.
    Memory,
}

/// What URLs that clients choose (metadata documents) may reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DocumentReach {
    /// Public addresses only.
    Public,
    /// Loopback too; for development.
    Loopback,
}

/// Reads and checks a configuration file. What the environment says about masking counts more.
///
/// # Errors
/// All mistakes that were found, each with its line and a remedy.
pub fn load(path: &std::path::Path) -> Result<Config, ConfigErrors> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        ConfigErrors::one(ConfigError {
            file: file.clone(),
            line: None,
            what: format!("cannot be read: {error}"),
            remedy: "give the path of a configuration file with --config".to_owned(),
        })
    })?;
    let folder = path.parent().map_or_else(|| PathBuf::from("."), std::path::Path::to_path_buf);
    let mut config = parse(&file, &text, &folder)?;
    config.masking.overridden_by(|name| std::env::var(name).ok())?;
    Ok(config)
}

/// Checks a configuration text; relative paths in it start at `folder`.
///
/// # Errors
/// As [`load`].
pub fn parse(file: &str, text: &str, folder: &std::path::Path) -> Result<Config, ConfigErrors> {
    let raw: raw::File =
        toml::from_str(text).map_err(|error| ConfigErrors::one(error::from_toml(file, text, &error)))?;
    check::check(file, text, folder, raw)
}

/// The JSON Schema of the configuration file, for editors.
pub fn schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(raw::File)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
