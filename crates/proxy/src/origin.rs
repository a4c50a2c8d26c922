//! Origin and Host checks, and CORS for browser-based clients.
//!
//! Servers MUST validate the `Origin` header on all connections; one that is present and not allowed is a 403 (MCP
//! transports, Security). That, with the `Host` check, stops DNS rebinding: a page of `evil.example` whose name was
//! re-pointed at us carries its own origin and host.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};

use crate::{Proxy, answer};

/// Refuses foreign origins and hosts before anything else is looked at.
pub(crate) fn check(proxy: &Proxy, parts: &Parts) -> Result<(), Response> {
    if let Some(host) = host(parts)
        && !host_allowed(&proxy.settings.public_url, host)
    {
        return Err(answer::plain(StatusCode::FORBIDDEN, "this Host is not served here"));
    }
    match origin(&parts.headers) {
        Origin::None => Ok(()),
        Origin::One(origin) if allowed(proxy, origin) => Ok(()),
        _ => Err(answer::plain(StatusCode::FORBIDDEN, "this Origin is not allowed here")),
    }
}

/// `OPTIONS /mcp/{server}`: the preflight of a browser; needs no credential (Fetch standard, CORS protocol).
pub async fn preflight(State(proxy): State<Arc<Proxy>>, request: http::Request<axum::body::Body>) -> Response {
    let (parts, _) = request.into_parts();
    if let Err(response) = check(&proxy, &parts) {
        return response;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, HeaderValue::from_static("GET, POST, DELETE, OPTIONS"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    // Custom `Mcp-Param-*` headers have open names, so what is asked for is allowed; none of them carries authority.
    if let Some(asked) = parts.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    expose(&proxy, parts.headers.get(header::ORIGIN).cloned(), response)
}

/// Lets the page of an allowed origin read the answer and the headers that MCP needs.
pub(crate) fn expose(proxy: &Proxy, origin: Option<HeaderValue>, mut response: Response) -> Response {
    let Some(origin) = origin else { return response };
    if origin.to_str().is_ok_and(|text| allowed(proxy, text)) {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        headers.insert(
            HeaderName::from_static("access-control-expose-headers"),
            HeaderValue::from_static("WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version, X-PII-Masked"),
        );
    }
    response
}

enum Origin<'a> {
    None,
    One(&'a str),
    Unreadable,
}

fn origin(headers: &HeaderMap) -> Origin<'_> {
    let mut all = headers.get_all(header::ORIGIN).iter();
    match (all.next(), all.next()) {
        (None, _) => Origin::None,
        (Some(one), None) => one.to_str().map_or(Origin::Unreadable, Origin::One),
        _ => Origin::Unreadable,
    }
}

fn allowed(proxy: &Proxy, origin: &str) -> bool {
    let settings = &proxy.settings;
    origin == own_origin(&settings.public_url)
        || settings.allowed_origins.iter().any(|allowed| allowed == origin)
        // A gateway on this very machine may be used by pages of this machine (the Inspector, say).
        || (is_loopback(own_origin(&settings.public_url)) && is_loopback(origin))
}

fn host(parts: &Parts) -> Option<&str> {
    parts.uri.authority().map(http::uri::Authority::as_str).or_else(|| parts.headers.get(header::HOST)?.to_str().ok())
}

fn host_allowed(public_url: &str, host: &str) -> bool {
    let own = own_origin(public_url);
    let authority = own.split_once("://").map_or(own, |(_, authority)| authority);
    // Behind a reverse proxy the gateway is also reached by its loopback address.
    authority.eq_ignore_ascii_case(host) || is_loopback_host(host)
}

/// Scheme, host and port of the public URL.
fn own_origin(public_url: &str) -> &str {
    let start = public_url.find("://").map_or(0, |at| at + 3);
    let end = public_url.get(start..).and_then(|rest| rest.find('/')).map_or(public_url.len(), |at| start + at);
    public_url.get(..end).unwrap_or(public_url)
}

fn is_loopback(origin: &str) -> bool {
    origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")).is_some_and(is_loopback_host)
}

/// A literal loopback host, with or without a port; `localhost.evil.example` is none.
fn is_loopback_host(host: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
        host.strip_prefix(name).is_some_and(|port| {
            port.is_empty()
                || port
                    .strip_prefix(':')
                    .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_literal_loopback_hosts_are_loopback() {
        for good in ["http://localhost", "http://localhost:6274", "http://127.0.0.1:80", "https://[::1]:1"] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in [
            "http://localhost.evil.example",
            "http://localhost:80.evil.example",
            "http://127.0.0.1.evil.example",
            "http://localhost@evil.example",
            "http://evil.example",
            "null",
            "localhost",
            "http://localhost:",
        ] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }

    #[test]
    fn the_host_must_be_ours() {
        let ours = "https://mcp.example.com";
        for good in ["mcp.example.com", "MCP.example.com", "127.0.0.1:8080", "localhost:8080"] {
            assert!(host_allowed(ours, good), "{good}");
        }
        for bad in ["evil.example.com", "mcp.example.com.evil.example", "mcp.example.com:444", ""] {
            assert!(!host_allowed(ours, bad), "{bad}");
        }
    }
}
