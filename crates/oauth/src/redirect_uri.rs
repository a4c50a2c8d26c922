//! Redirect URIs: which can be registered, and which request means which registration.
//!
//! Compared byte by byte (RFC 9700 section 2.1; MCP authorization, "Open Redirection"), with one exception: the port
//! of an `http` loopback URI is free (RFC 8252 section 7.3), because native clients listen on whichever port they get.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use vestibule_model::Client;

/// The longest redirect URI, in bytes.
const MAX_BYTES: usize = 2048;

/// The only hosts plain `http` may name. `localhost` is here because deployed clients register it.
const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Schemes that a browser runs, reads or hands to something powerful.
const FORBIDDEN_SCHEMES: [&str; 41] = [
    "about",
    "android-app",
    "blob",
    "callto",
    "chrome",
    "chrome-extension",
    "content",
    "data",
    "facetime",
    "feed",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "itms-services",
    "jar",
    "javascript",
    "ldap",
    "ldaps",
    "livescript",
    "mailto",
    "mhtml",
    "moz-extension",
    "ms-appinstaller",
    "ms-its",
    "ms-msdt",
    "ms-officecmd",
    "nfs",
    "resource",
    "search-ms",
    "sftp",
    "shell",
    "smb",
    "sms",
    "ssh",
    "tel",
    "telnet",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// Whether clients may use redirect URIs with a scheme of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PrivateUseSchemes {
    /// When they registered them (RFC 8252 section 7.1): deployed editors need it.
    Allowed,
    /// HTTPS and loopback only (the letter of MCP authorization, "Communication Security").
    Refused,
}

/// What kind of place a redirect URI is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RedirectKind {
    /// A web server.
    Https,
    /// The user's own computer.
    Loopback,
    /// Whatever application claimed the scheme.
    PrivateUse,
}

/// Why a redirect URI is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RedirectError {
    /// Empty, too long, or characters that readers disagree about.
    #[error("a redirect URI must be an absolute URI of at most 2048 printable ASCII characters")]
    Characters,
    /// RFC 6749 section 3.1.2: MUST NOT include a fragment.
    #[error("a redirect URI must not have a fragment")]
    Fragment,
    /// `user@host`: people and parsers read the wrong host.
    #[error("a redirect URI must not have user information")]
    UserInfo,
    /// Host or port is malformed.
    #[error("a redirect URI must have a valid host and port")]
    Authority,
    /// Dot segments, bad percent-encoding, or encoded control characters.
    #[error("a redirect URI must have a plain path")]
    Path,
    /// It already has a parameter that our answer will carry.
    #[error("a redirect URI must not have the parameters code, state, iss or error")]
    Query,
    /// `http` to another computer.
    #[error("a redirect URI must use https, or http on localhost, 127.0.0.1 or [::1]")]
    PlainHttp,
    /// A forbidden scheme, or private-use schemes are switched off.
    #[error("this scheme cannot be used in a redirect URI")]
    Scheme,
    /// None of the client's registered ones.
    #[error("the redirect URI is not one that the client registered")]
    Unregistered,
}

/// Whether a URI can be registered, and what kind it is.
pub fn check(uri: &str, private_use: PrivateUseSchemes) -> Result<RedirectKind, RedirectError> {
    let printable =
        |b: u8| matches!(b, 0x21..=0x7E) && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}');
    if uri.is_empty() || uri.len() > MAX_BYTES || !uri.bytes().all(printable) {
        return Err(RedirectError::Characters);
    }
    if uri.contains('#') {
        return Err(RedirectError::Fragment);
    }
    let (scheme, rest) = uri.split_once(':').ok_or(RedirectError::Characters)?;
    let kind = match scheme {
        "https" => check_https(uri, rest).map(|()| RedirectKind::Https),
        "http" => loopback(uri).map(|_| RedirectKind::Loopback).ok_or(RedirectError::PlainHttp),
        _ => check_private_use(scheme, rest, private_use).map(|()| RedirectKind::PrivateUse),
    }?;
    check_path_and_query(rest)?;
    Ok(kind)
}

fn check_https(uri: &str, rest: &str) -> Result<(), RedirectError> {
    let authority = authority(rest).ok_or(RedirectError::Authority)?;
    if authority.contains('@') {
        return Err(RedirectError::UserInfo);
    }
    let (host, port) = split_port(authority).ok_or(RedirectError::Authority)?;
    if !is_host(host) || port.is_some_and(|port| !is_port(port)) {
        return Err(RedirectError::Authority);
    }
    // `https://evil.example?@good.example/` is read wrongly by people.
    if rest.get(2 + authority.len()..).is_some_and(|after| after.starts_with('?')) {
        return Err(RedirectError::Path);
    }
    // A second opinion: browsers read URLs like this parser. Where the two disagree, nobody may be sent.
    let second = url::Url::parse(uri).map_err(|_| RedirectError::Authority)?;
    if second.host_str() == Some(host) { Ok(()) } else { Err(RedirectError::Authority) }
}

fn check_private_use(scheme: &str, rest: &str, private_use: PrivateUseSchemes) -> Result<(), RedirectError> {
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.');
    let named = scheme.len() > 1 && scheme.starts_with(|c: char| c.is_ascii_lowercase()) && scheme.bytes().all(letters);
    if !named || FORBIDDEN_SCHEMES.contains(&scheme) || private_use == PrivateUseSchemes::Refused {
        return Err(RedirectError::Scheme);
    }
    if authority(rest).is_some_and(|authority| authority.contains('@')) {
        return Err(RedirectError::UserInfo);
    }
    if rest.is_empty() { Err(RedirectError::Path) } else { Ok(()) }
}

fn check_path_and_query(rest: &str) -> Result<(), RedirectError> {
    let after =
        rest.strip_prefix("//").map_or(rest, |rest| rest.find(['/', '?']).and_then(|at| rest.get(at..)).unwrap_or(""));
    let (path, query) = after.split_once('?').unwrap_or((after, ""));
    let decoded = percent_decode(after).ok_or(RedirectError::Path)?;
    if decoded.iter().any(|b| b.is_ascii_control() || *b == b'\\') {
        return Err(RedirectError::Path);
    }
    let lower = path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/");
    if lower.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(RedirectError::Path);
    }
    let ours = |name: &str| matches!(name, "code" | "state" | "iss" | "error" | "error_description");
    if form_urlencoded::parse(query.as_bytes()).any(|(name, _)| ours(&name)) {
        Err(RedirectError::Query)
    } else {
        Ok(())
    }
}

/// Whether a requested URI means a registered one: the same bytes, or both loopback with the same host, path and query.
pub fn matches(registered: &str, requested: &str) -> bool {
    registered == requested || loopback(registered).is_some_and(|registered| loopback(requested) == Some(registered))
}

/// Host, and everything after the port, of an `http` loopback URI. Strict: exactly these spellings.
fn loopback(uri: &str) -> Option<(&'static str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, after) = rest.split_at_checked(end)?;
    let host = LOOPBACK_HOSTS.into_iter().find(|host| authority.starts_with(host))?;
    let port = authority.strip_prefix(host)?;
    (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then_some((host, after))
}

fn authority(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix("//")?;
    rest.get(..rest.find(['/', '?']).unwrap_or(rest.len()))
}

fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if authority.starts_with('[') {
        let (host, port) = authority.split_at_checked(authority.find(']')? + 1)?;
        return if port.is_empty() { Some((host, None)) } else { Some((host, Some(port.strip_prefix(':')?))) };
    }
    Some(authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))))
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0') && text.parse::<u16>().is_ok()
}

/// A lower-case name, or an address in its usual spelling: no decimal, octal or shortened IPv4, no zone.
fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().is_ok_and(|address| address.to_string() == inner);
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let numeric = host.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()));
    host.len() <= 253 && host.split('.').all(label) && (!numeric || host.parse::<Ipv4Addr>().is_ok())
}

fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let high = char::from(bytes.next()?).to_digit(16)?;
        let low = char::from(bytes.next()?).to_digit(16)?;
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    Some(out)
}

/// A redirect URI that was proven to be the client's. Sealed: only [`ProvenRedirect::prove`] makes one, and only to one
/// are answers sent. It may rest in the store while its user is asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProvenRedirect(String);

impl ProvenRedirect {
    /// OAuth 2.1 section 2.3.1: compare with the registered ones by simple string comparison, the port of loopback
    /// URIs aside.
    pub fn prove(client: &Client, requested: &str, private_use: PrivateUseSchemes) -> Result<Self, RedirectError> {
        if !client.redirect_uris.iter().any(|registered| matches(&registered.0, requested)) {
            return Err(RedirectError::Unregistered);
        }
        // The registration was checked when it was made; the rules may have become stricter since.
        check(requested, private_use)?;
        Ok(Self(requested.to_owned()))
    }

    /// The URI, exactly as the client sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What people must be shown: the host, or the scheme of a private-use URI (MCP authorization: the redirect
    /// hostname MUST be displayed).
    pub fn host(&self) -> &str {
        host(&self.0)
    }

    /// What kind of place it is.
    pub fn kind(&self) -> RedirectKind {
        if self.0.starts_with("https:") {
            RedirectKind::Https
        } else if loopback(&self.0).is_some() {
            RedirectKind::Loopback
        } else {
            RedirectKind::PrivateUse
        }
    }
}

/// The host of an `http` or `https` URI, else `scheme:`.
fn host(uri: &str) -> &str {
    let Some((scheme, rest)) = uri.split_once(':') else { return "" };
    match (scheme, authority(rest).and_then(split_port)) {
        ("https" | "http", Some((host, _))) => host,
        _ => uri.get(..=scheme.len()).unwrap_or(""),
    }
}

#[cfg(test)]
mod tests;
