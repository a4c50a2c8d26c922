//! `[[server]]`: the MCP servers behind us.

use toml::Spanned;
use vestibule_model::{
    CredentialSpec, PinMode, Protocol, ResourceUri, Scope, ScopeGroup, Secret, Server, ServerName, Upstream,
};
use vestibule_policy::set::Source;

use super::{ConfiguredServer, check::Checker, raw};

/// Checks all servers. The first is the default for clients that send no `resource`.
pub(super) fn check(checker: &mut Checker<'_>, public_url: &str, given: Vec<raw::Server>) -> Vec<ConfiguredServer> {
    let mut servers: Vec<ConfiguredServer> = Vec::new();
    for raw in given {
        let name = raw.name.get_ref().clone();
        if servers.iter().any(|have| have.server.name.as_str() == name) {
            checker.mistake(raw.name.span(), format!("two servers are called `{name}`"), "give each its own name");
        }
        if let Some(server) = one(checker, public_url, raw) {
            servers.push(server);
        }
    }
    servers
}

fn one(checker: &mut Checker<'_>, public_url: &str, raw: raw::Server) -> Option<ConfiguredServer> {
    let name = name(checker, &raw.name)?;
    let upstream = upstream(checker, &raw)?;
    let protocol = protocol(checker, &raw, &upstream)?;
    let (credential, secret) = credential(checker, &raw, &upstream)?;
    let policies = policies(checker, raw.policy.as_ref());
    let pin = match raw.pin {
        Some(raw::PinMode::Off) => PinMode::Off,
        Some(raw::PinMode::Warn) => PinMode::Warn,
        Some(raw::PinMode::Hold) => PinMode::Hold,
        None => PinMode::default(),
    };
    let server = Server {
        title: raw.title.unwrap_or_else(|| name.clone()),
        resource: ResourceUri::new(format!("{public_url}/mcp/{name}")),
        name: ServerName::new(name),
        upstream,
        credential,
        scope_groups: raw.scopes.into_iter().filter_map(|scope| group(checker, scope)).collect(),
        allowed_origins: Vec::new(),
        protocol,
    };
    Some(ConfiguredServer { server, secret, policies, pin })
}

/// Paths of the endpoint that joins several servers.
const PATHS: [&str; 4] = ["sse", "messages", "ws", "ticket"];

fn name(checker: &mut Checker<'_>, given: &Spanned<String>) -> Option<String> {
    let name = given.get_ref();
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(legal) {
        let remedy = "use lower-case letters, digits, `-` and `_`, at most 64 of them";
        checker.mistake(given.span(), format!("`{name}` cannot be the name of a server"), remedy);
        return None;
    }
    if PATHS.contains(&name.as_str()) {
        let what = format!("`{name}` cannot be the name of a server: `/mcp/{name}` belongs to the joined endpoint");
        checker.mistake(given.span(), what, "choose another name");
        return None;
    }
    Some(name.clone())
}

fn upstream(checker: &mut Checker<'_>, raw: &raw::Server) -> Option<Upstream> {
    match (&raw.url, &raw.command) {
        (Some(url), None) => {
            if !is_http_url(url.get_ref()) {
                // User information in a URL is a password; it is not repeated.
                let what = match url.get_ref() {
                    text if text.contains('@') => "the URL holds a user name, or is no http or https URL".to_owned(),
                    text => format!("`{text}` is no http or https URL"),
                };
                checker.mistake(
                    url.span(),
                    what,
                    "write it as http://127.0.0.1:3001/mcp, without user name or fragment",
                );
                return None;
            }
            if let Some(memory) = &raw.max_memory_mib {
                let what = "only the memory of a command can be limited";
                checker.mistake(memory.span(), what, "remove `max_memory_mib`");
            }
            let url = url.get_ref().clone();
            Some(match raw.transport.as_ref().map(Spanned::get_ref) {
                Some(raw::Transport::Sse) => Upstream::Sse { url },
                Some(raw::Transport::StreamableHttp) | None => Upstream::Http { url },
            })
        }
        (None, Some(command)) if !command.get_ref().is_empty() => {
            let env = raw.env.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            if let Some(transport) = &raw.transport {
                let what = "a command speaks on its standard input and output";
                checker.mistake(transport.span(), what, "remove `transport`, or give a `url`");
            }
            let max_memory = max_memory(checker, raw.max_memory_mib.as_ref());
            Some(Upstream::Command { argv: command.get_ref().clone(), env, max_memory })
        }
        _ => {
            let what = "a server has either a `url` or a `command`";
            checker.mistake(raw.name.span(), what, "give exactly one of the two");
            None
        }
    }
}

/// In bytes. No program starts in less than a few MiB.
fn max_memory(checker: &mut Checker<'_>, given: Option<&Spanned<u64>>) -> Option<u64> {
    let given = given?;
    let bytes = given.get_ref().checked_mul(1 << 20).filter(|_| *given.get_ref() >= 16);
    if bytes.is_none() {
        let what = format!("no command can work with {} MiB", given.get_ref());
        checker.mistake(given.span(), what, "give at least 16, as in max_memory_mib = 512");
    }
    bytes
}

fn is_http_url(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
    })
}

/// A child has one client on its pipe, and so always a session.
fn protocol(checker: &mut Checker<'_>, raw: &raw::Server, upstream: &Upstream) -> Option<Protocol> {
    let Some(given) = &raw.protocol else { return Some(Protocol::Auto) };
    match (given.get_ref(), upstream) {
        (raw::Protocol::Auto, _) => Some(Protocol::Auto),
        (raw::Protocol::Stateful, _) => Some(Protocol::Stateful),
        (raw::Protocol::Stateless, Upstream::Http { .. }) => Some(Protocol::Stateless),
        (raw::Protocol::Stateless, _) => {
            let what = "a command, or a server over HTTP+SSE, is spoken to in sessions";
            checker.mistake(
                given.span(),
                what,
                "remove `protocol`, or serve it over streamable HTTP and give its `url`",
            );
            None
        }
    }
}

fn credential(
    checker: &mut Checker<'_>,
    raw: &raw::Server,
    upstream: &Upstream,
) -> Option<(CredentialSpec, Option<Secret<String>>)> {
    let Some(given) = &raw.credential else { return Some((CredentialSpec::None, None)) };
    let (Upstream::Http { url } | Upstream::Sse { url }) = upstream else {
        let what = "a command gets its credentials from its environment";
        checker.mistake(given.span(), what, "remove `credential` and use `env`");
        return None;
    };
    match given.get_ref() {
        raw::Credential::None => Some((CredentialSpec::None, None)),
        raw::Credential::Static { header, value } => {
            let header = header.clone().unwrap_or_else(|| "Authorization".to_owned());
            match http::HeaderName::from_bytes(header.as_bytes()) {
                Ok(name) if vestibule_vault::may_hold_credential(&name) => {}
                Ok(_) => {
                    let what = format!("`{header}` cannot hold a credential: HTTP or MCP has another use for it");
                    checker.mistake(given.span(), what, "use Authorization or a name of its own, as in X-API-Key");
                    return None;
                }
                Err(_) => {
                    checker.mistake(given.span(), format!("`{header}` is no header name"), "write it as X-API-Key");
                    return None;
                }
            }
            let secret = checker.secret(value, given.span())?;
            if http::HeaderValue::from_str(secret.expose()).is_err() {
                checker.mistake(
                    given.span(),
                    "the secret cannot be a header value",
                    "it must be printable ASCII on one line",
                );
                return None;
            }
            Some((CredentialSpec::Static { header }, Some(secret)))
        }
        raw::Credential::SignedJwt { audience, claims } => {
            let audience = audience.clone().unwrap_or_else(|| url.clone());
            Some((CredentialSpec::SignedJwt { audience, claims: claims.clone() }, None))
        }
    }
}

fn policies(checker: &mut Checker<'_>, given: Option<&Spanned<raw::OneOrMany>>) -> Vec<Source> {
    let Some(given) = given else { return Vec::new() };
    let paths = match given.get_ref() {
        raw::OneOrMany::One(path) => std::slice::from_ref(path),
        raw::OneOrMany::Many(paths) => paths.as_slice(),
    };
    let read = |path: &std::path::PathBuf| {
        let text = checker.read(path, given.span())?;
        Some(Source { file: checker.folder.join(path).display().to_string(), text })
    };
    paths.iter().filter_map(read).collect()
}

fn group(checker: &mut Checker<'_>, raw: raw::Scope) -> Option<ScopeGroup> {
    let text = raw.name.get_ref();
    let reserved = ["openid", "offline_access"].contains(&text.as_str());
    match Scope::parse(text).filter(|_| !reserved) {
        Some(scope) => Some(ScopeGroup { scope, description: raw.description, tools: raw.tools }),
        None => {
            let remedy = "use printable ASCII without spaces, quotes and backslashes, as in leave:read";
            checker.mistake(raw.name.span(), format!("`{text}` cannot be a scope here"), remedy);
            None
        }
    }
}
