//! From the file as written to a sound [`Config`]. Mistakes are collected, so that one run shows them all.

use std::{
    net::SocketAddr,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use toml::Spanned;
use vestibule_authserver::{
    AuthSettings,
    settings::{MetadataDocuments, PrivateUseSchemes},
};
use vestibule_model::Secret;
use vestibule_oauth::keys::{Algorithm, RotationPlan};

use super::{
    Config, ConfigError, ConfigErrors, DocumentReach, State, clients, error::line_of, federation, masking, password,
    raw, secret, servers, users,
};

const DAY: u64 = 24 * 60 * 60;

/// Collects mistakes while values are checked.
pub(super) struct Checker<'a> {
    file: &'a str,
    text: &'a str,
    pub(super) folder: &'a Path,
    errors: Vec<ConfigError>,
}

impl Checker<'_> {
    /// Notes a mistake at a place in the file.
    pub(super) fn mistake(&mut self, at: Range<usize>, what: impl Into<String>, remedy: impl Into<String>) {
        let line = Some(line_of(self.text, at.start));
        self.errors.push(ConfigError { file: self.file.to_owned(), line, what: what.into(), remedy: remedy.into() });
    }

    /// Notes that something is missing altogether.
    fn mistake_of_all(&mut self, what: &str, remedy: &str) {
        let (file, what, remedy) = (self.file.to_owned(), what.to_owned(), remedy.to_owned());
        self.errors.push(ConfigError { file, line: None, what, remedy });
    }

    /// Resolves a secret, or notes why not.
    pub(super) fn secret(&mut self, reference: &raw::SecretRef, at: Range<usize>) -> Option<Secret<String>> {
        match secret::resolve(reference, self.folder) {
            Ok(secret) => Some(secret),
            Err(unresolved) => {
                self.mistake(at, unresolved.what, unresolved.remedy);
                None
            }
        }
    }

    /// Resolves a key of 32 bytes in base64, or notes why not.
    pub(super) fn key(&mut self, given: &Spanned<raw::SecretRef>, what: &str) -> Option<Secret<[u8; 32]>> {
        use base64::Engine;
        let text = self.secret(given.get_ref(), given.span())?;
        let decoded = base64::engine::general_purpose::STANDARD.decode(text.expose()).map(Secret::new).ok();
        let key = decoded.and_then(|bytes| <[u8; 32]>::try_from(bytes.expose().as_slice()).ok());
        if key.is_none() {
            let what = format!("{what} is not 32 bytes in base64");
            self.mistake(given.span(), what, "make one with: openssl rand -base64 32");
        }
        key.map(Secret::new)
    }

    /// Reads a file that the configuration names, or notes why not.
    pub(super) fn read(&mut self, path: &Path, at: Range<usize>) -> Option<String> {
        match std::fs::read_to_string(self.folder.join(path)) {
            Ok(text) => Some(text),
            Err(error) => {
                let shown = path.display();
                self.mistake(
                    at,
                    format!("`{shown}` cannot be read: {error}"),
                    "paths start at the folder of this file",
                );
                None
            }
        }
    }
}

/// Checks everything.
pub(super) fn check(file: &str, text: &str, folder: &Path, raw: raw::File) -> Result<Config, ConfigErrors> {
    let mut checker = Checker { file, text, folder, errors: Vec::new() };
    let public_url = public_url(&mut checker, &raw.public_url);
    let auth = auth(&mut checker, &public_url, &raw);
    let masking = masking::check(&mut checker, &raw.masking, &raw.servers);
    let servers = servers::check(&mut checker, &public_url, raw.servers);
    let federation = raw.federation.as_ref().and_then(|given| federation::check(&mut checker, given, &servers));
    let config = Config {
        listen: address(&mut checker, raw.listen.as_ref()).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
        admin_listen: address(&mut checker, raw.admin_listen.as_ref()),
        trusted_proxies: networks(&mut checker, &raw.trusted_proxies),
        state: state(folder, raw.state.as_deref()),
        master_key: raw.master_key.as_ref().and_then(|key| checker.key(key, "the master key")),
        auth,
        password_policy: password::policy(&raw.sign_in),
        session_life: password::sessions(&raw.sign_in),
        password_cost: password::cost(&mut checker, &raw.sign_in),
        rotation: rotation(&raw.tokens),
        algorithm: match raw.tokens.algorithm {
            Some(raw::SigningAlgorithm::ES256) => Algorithm::Es256,
            Some(raw::SigningAlgorithm::EdDSA) | None => Algorithm::EdDsa,
        },
        documents: match raw.clients.danger_loopback_documents {
            Some(true) => DocumentReach::Loopback,
            _ => DocumentReach::Public,
        },
        max_body: raw.max_body.unwrap_or(4 << 20),
        upstream_timeout: Duration::from_secs(raw.upstream_timeout_seconds.unwrap_or(60)),
        extra_roots: raw.extra_roots.iter().filter_map(|path| checker.read(path.get_ref(), path.span())).collect(),
        allowed_origins: raw.allowed_origins,
        masking,
        servers,
        federation,
        clients: clients::check(&mut checker, raw.preregistered),
        users: users::check(&mut checker, &password::policy(&raw.sign_in), raw.users),
        public_url,
    };
    if config.state == State::Memory && config.users.is_empty() && config.clients.is_empty() {
        // Memory dies with the process, so `vestibule user add` could never reach it.
        checker.mistake_of_all(
            "with `state = \"memory\"` nobody could ever sign in: there is no user here",
            "add a [[user]] with email and password, or give `state` a directory and use `vestibule user add`",
        );
    }
    if checker.errors.is_empty() { Ok(config) } else { Err(ConfigErrors(checker.errors)) }
}

fn public_url(checker: &mut Checker<'_>, given: &Spanned<String>) -> String {
    let text = given.get_ref().strip_suffix('/').unwrap_or(given.get_ref());
    let bare = url::Url::parse(text).is_ok_and(|url| {
        url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.has_host()
    });
    let loopback = ["http://127.0.0.1", "http://localhost", "http://[::1]"]
        .iter()
        .any(|start| text.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')));
    if !bare {
        checker.mistake(
            given.span(),
            format!("`{text}` is no bare origin"),
            "give scheme and host only, as in https://mcp.example.com",
        );
    } else if !text.starts_with("https://") && !loopback {
        // All authorization server endpoints MUST be served over HTTPS (MCP authorization, Communication Security).
        checker.mistake(
            given.span(),
            "the public URL must use https",
            "put TLS in front, or use http://127.0.0.1 for a trial",
        );
    } else if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        checker.mistake(
            given.span(),
            "scheme and host must be lower case",
            format!("write {}", text.to_ascii_lowercase()),
        );
    }
    text.to_owned()
}

fn address(checker: &mut Checker<'_>, given: Option<&Spanned<String>>) -> Option<SocketAddr> {
    let given = given?;
    let parsed = given.get_ref().parse().ok();
    if parsed.is_none() {
        let what = format!("`{}` is no address with a port", given.get_ref());
        checker.mistake(given.span(), what, "write it as 127.0.0.1:8080 or [::]:8080");
    }
    parsed
}

fn networks(checker: &mut Checker<'_>, given: &[Spanned<String>]) -> Vec<ipnet::IpNet> {
    let mut networks = Vec::new();
    for network in given {
        match network.get_ref().parse() {
            Ok(parsed) => networks.push(parsed),
            Err(_) => {
                let what = format!("`{}` is no network", network.get_ref());
                checker.mistake(network.span(), what, "write it as 10.0.0.0/8 or 127.0.0.1/32");
            }
        }
    }
    networks
}

fn state(folder: &Path, given: Option<&str>) -> State {
    match given {
        Some("memory") => State::Memory,
        Some(path) => State::Directory(folder.join(path)),
        None => State::Directory(folder.join(PathBuf::from("vestibule-data"))),
    }
}

fn auth(checker: &mut Checker<'_>, public_url: &str, raw: &raw::File) -> AuthSettings {
    let mut auth = AuthSettings::new(public_url);
    if let Some(minutes) = &raw.tokens.access_minutes {
        match *minutes.get_ref() {
            5..=15 => auth.access_token_life = Duration::from_secs(minutes.get_ref() * 60),
            _ => checker.mistake(minutes.span(), "access tokens live 5 to 15 minutes", "choose a number from 5 to 15"),
        }
    }
    if let Some(days) = raw.tokens.refresh_idle_days {
        auth.refresh_idle = Duration::from_secs(days * DAY);
    }
    if let Some(days) = raw.tokens.refresh_days {
        auth.refresh_absolute = Duration::from_secs(days * DAY);
    }
    auth.registration.enabled = raw.clients.registration.unwrap_or(true);
    auth.registration.max_clients = raw.clients.max_registered.unwrap_or(auth.registration.max_clients);
    auth.registration.per_address_per_hour =
        raw.clients.registrations_per_hour.unwrap_or(auth.registration.per_address_per_hour);
    if raw.clients.metadata_documents == Some(false) {
        auth.metadata_documents = MetadataDocuments::Refused;
    }
    if raw.clients.private_use_schemes == Some(false) {
        auth.private_use_schemes = PrivateUseSchemes::Refused;
    }
    auth
}

fn rotation(tokens: &raw::Tokens) -> RotationPlan {
    RotationPlan {
        sign_for: Duration::from_secs(tokens.rotate_keys_days.unwrap_or(30).max(2) * DAY),
        publish_before: Duration::from_secs(DAY),
        verify_after: Duration::from_secs(2 * DAY),
    }
}
