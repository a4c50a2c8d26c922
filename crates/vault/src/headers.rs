//! Which headers pass, in each direction: lists of what may, never of what may not.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Headers of a client that an upstream sees, besides `Accept`; the first value of each, which is the one that was
/// compared with the body.
const TO_UPSTREAM: [HeaderName; 5] = [
    header::ACCEPT_LANGUAGE,
    HeaderName::from_static("mcp-protocol-version"),
    HeaderName::from_static("mcp-method"),
    HeaderName::from_static("mcp-name"),
    HeaderName::from_static("last-event-id"),
];
/// Mirrored arguments (MCP 2026-07-28, transports: intermediaries MUST forward those they do not recognise).
const PARAMETER: &str = "mcp-param-";
/// The most of them, and the most bytes in all.
const MAX_PARAMETERS: (usize, usize) = (64, 32 * 1024);

/// Headers of an upstream that a client sees.
const TO_CLIENT: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::CACHE_CONTROL,
    header::RETRY_AFTER,
    HeaderName::from_static("mcp-protocol-version"),
    HeaderName::from_static("x-accel-buffering"),
];

/// The session header of the stateful era.
pub(crate) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// Headers that frame a message or belong to MCP: a credential there would break the protocol or be dropped.
const FRAMING: [HeaderName; 14] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
    header::EXPECT,
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("last-event-id"),
];

/// Whether a configured credential may travel in this header; those that frame a message or belong to MCP are taken.
pub fn may_hold_credential(name: &HeaderName) -> bool {
    !FRAMING.contains(name) && !name.as_str().starts_with("mcp-")
}

/// The mirrored headers are more than we pass on.
pub(crate) struct TooMany;

/// What an upstream sees of a client's headers. Names are compared whole, so no folded spelling (`Mcp_Name`,
/// `X_Forwarded_User`) stands for one of the list.
pub(crate) fn to_upstream(from: &HeaderMap) -> Result<HeaderMap, TooMany> {
    let mut to = HeaderMap::with_capacity(12);
    for name in TO_UPSTREAM {
        if let Some(value) = from.get(&name) {
            to.insert(name, value.clone());
        }
    }
    for value in from.get_all(header::ACCEPT) {
        to.append(header::ACCEPT, value.clone());
    }
    copy_parameters(from, &mut to)?;
    drop_nominated(from, &mut to);
    Ok(to)
}

fn copy_parameters(from: &HeaderMap, to: &mut HeaderMap) -> Result<(), TooMany> {
    let (mut count, mut bytes) = (0, 0);
    for name in from.keys().filter(|name| name.as_str().starts_with(PARAMETER)) {
        let Some(value) = from.get(name) else { continue };
        (count, bytes) = (count + 1, bytes + name.as_str().len() + value.len());
        if count > MAX_PARAMETERS.0 || bytes > MAX_PARAMETERS.1 {
            return Err(TooMany);
        }
        to.insert(name, value.clone());
    }
    Ok(())
}

/// RFC 9110 section 7.6.1: an intermediary MUST remove the fields that `Connection` names. Ours are set afterwards, so
/// a client cannot strip them this way.
fn drop_nominated(from: &HeaderMap, to: &mut HeaderMap) {
    for value in from.get_all(header::CONNECTION) {
        for name in value.to_str().unwrap_or("").split(',') {
            to.remove(name.trim());
        }
    }
}

/// What a client sees of an upstream's headers.
pub(crate) fn to_client(from: &HeaderMap) -> HeaderMap {
    let mut to = HeaderMap::with_capacity(8);
    for name in TO_CLIENT {
        if let Some(value) = from.get(&name) {
            to.insert(name, value.clone());
        }
    }
    to
}

/// The upstream's session id. Streamable HTTP, Session Management: it MUST be visible ASCII.
pub(crate) fn session(from: &HeaderMap) -> Option<Result<String, ()>> {
    let visible = |value: &HeaderValue| value.len() <= 1024 && value.as_bytes().iter().all(u8::is_ascii_graphic);
    let value = from.get(SESSION)?;
    Some(if visible(value) { value.to_str().map(str::to_owned).map_err(|_| ()) } else { Err(()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(lines: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        map
    }

    fn passed(lines: &[(&str, &str)]) -> Vec<String> {
        let passed = to_upstream(&map(lines)).ok().unwrap();
        let mut names: Vec<String> = passed.keys().map(|name| name.as_str().to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn only_the_list_passes() {
        let lines = [
            ("Accept", "application/json"),
            ("accept-language", "de"),
            ("Mcp-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", "tools/call"),
            ("Mcp-Name", "a"),
            ("Mcp-Param-Region", "eu"),
            ("mcp-param-tenant_id", "1"),
            ("last-event-id", "9"),
            // None of these.
            ("Authorization", "Bearer x"),
            ("Cookie", "a=b"),
            ("DPoP", "x"),
            ("Proxy-Authorization", "x"),
            ("Proxy-Connection", "x"),
            ("Forwarded", "for=x"),
            ("X-Forwarded-For", "1.2.3.4"),
            ("X-Forwarded-User", "x"),
            ("X_Forwarded_User", "x"),
            ("X-Original-Url", "/x"),
            ("X-Real-Ip", "x"),
            ("Via", "x"),
            ("X-User", "x"),
            ("mcp_name", "x"),
            ("Mcp_Param-x", "x"),
            ("Mcp-Session-Id", "ours"),
            ("mcp_session_id", "x"),
            ("Host", "x"),
            ("Content-Length", "9"),
            ("Transfer-Encoding", "chunked"),
            ("TE", "trailers"),
            ("Upgrade", "h2c"),
            ("Expect", "100-continue"),
            ("Origin", "https://x"),
            ("Referer", "x"),
            ("Accept-Encoding", "gzip"),
            ("X-Api-Key", "x"),
            ("traceparent", "x"),
            ("Authorization_", "x"),
            ("Keep-Alive", "x"),
        ];
        assert_eq!(
            passed(&lines),
            [
                "accept",
                "accept-language",
                "last-event-id",
                "mcp-method",
                "mcp-name",
                "mcp-param-region",
                "mcp-param-tenant_id",
                "mcp-protocol-version",
            ]
        );
    }

    #[test]
    fn repeated_headers_pass_once_as_they_were_checked() {
        let passed = to_upstream(&map(&[("mcp-name", "checked"), ("Mcp-Name", "smuggled")])).ok().unwrap();
        assert_eq!(passed.get_all("mcp-name").iter().collect::<Vec<_>>(), ["checked"]);
    }

    #[test]
    fn what_connection_names_is_dropped() {
        let lines = [
            ("Connection", "close, Mcp-Name"),
            ("Connection", "accept-language"),
            ("mcp-name", "a"),
            ("accept-language", "de"),
            ("accept", "x"),
        ];
        assert_eq!(passed(&lines), ["accept"]);
    }

    #[test]
    fn mirrored_arguments_are_bounded() {
        let names: Vec<String> = (0..65).map(|n| format!("mcp-param-{n}")).collect();
        let lines: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "v")).collect();
        assert!(to_upstream(&map(&lines)).is_err());
        assert!(to_upstream(&map(&lines[..64])).is_ok());
        assert!(to_upstream(&map(&[("mcp-param-a", &"v".repeat(33_000))])).is_err());
    }

    #[test]
    fn secrets_of_an_upstream_stay_there() {
        let answer = map(&[
            ("content-type", "application/json"),
            ("set-cookie", "a=b"),
            ("www-authenticate", "Bearer"),
            ("location", "x"),
            ("server", "x"),
            ("mcp-session-id", "theirs"),
            ("retry-after", "1"),
        ]);
        let names: Vec<_> = to_client(&answer).keys().map(|name| name.as_str().to_owned()).collect();
        assert_eq!(names, ["content-type", "retry-after"]);
        assert_eq!(session(&answer), Some(Ok("theirs".to_owned())));
        assert_eq!(session(&map(&[("mcp-session-id", "a b")])), Some(Err(())));
        assert_eq!(session(&map(&[("mcp-session-id", &"a".repeat(1025))])), Some(Err(())));
    }
}
