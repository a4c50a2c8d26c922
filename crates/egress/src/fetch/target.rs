//! What a URL that somebody else chose must look like before anything is resolved.

use http::Uri;
use url::{Host, Url};

use super::FetchError;
use crate::guard::Reach;

/// The longest URL.
const MAX_URL: usize = 2048;

/// A URL that may be tried: plainly written, one host, no user information.
#[derive(Debug)]
pub(super) struct Target {
    /// As given, byte for byte.
    pub(super) uri: Uri,
    /// Host and port as given, for the `Host` header.
    pub(super) authority: String,
    /// The host, without the brackets of an IPv6 address.
    pub(super) host: String,
    /// The port, given or implied.
    pub(super) port: u16,
    /// Whether the scheme is `http`: then only loopback is meant.
    pub(super) plain: bool,
}

impl Target {
    /// Refuses everything that two URL parsers could read differently. What remains means the same to all of them.
    pub(super) fn parse(text: &str, reach: Reach) -> Result<Self, FetchError> {
        let plainly = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#' | b'"' | b'<' | b'>' | b'`');
        if text.len() > MAX_URL || !text.bytes().all(plainly) {
            return Err(FetchError::refused("the URL is too long or has characters that do not belong in one"));
        }
        let (plain, authority) = split(text, reach)?;
        if authority.contains('@') {
            return Err(FetchError::refused("the URL holds user information"));
        }
        let url = Url::parse(text).map_err(|_| FetchError::refused("the URL is malformed"))?;
        let uri = text.parse().map_err(|_| FetchError::refused("the URL is malformed"))?;
        let host = plain_host(&url, authority)?;
        let port = url.port_or_known_default().filter(|port| *port != 0);
        let port = port.ok_or_else(|| FetchError::refused("the URL has no usable port"))?;
        Ok(Self { uri, authority: authority.to_owned(), host, port, plain })
    }
}

/// The scheme and the raw authority.
fn split(text: &str, reach: Reach) -> Result<(bool, &str), FetchError> {
    let (plain, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) if reach == Reach::PublicAndLoopback => (true, rest),
        _ => return Err(FetchError::refused("the URL does not begin with https://")),
    };
    Ok((plain, rest.split(['/', '?']).next().unwrap_or("")))
}

/// The host as the parser understood it must be the host as it is written: no decimal, octal, hexadecimal or short
/// IPv4 address, no escapes, no other script, no zone, no trailing dot.
fn plain_host(url: &Url, authority: &str) -> Result<String, FetchError> {
    let refused = || FetchError::refused("the host of the URL is not written plainly");
    let written = url.host_str().ok_or_else(refused)?;
    let rest = authority.get(..written.len()).filter(|head| head.eq_ignore_ascii_case(written)).ok_or_else(refused)?;
    let port = authority.get(rest.len()..).unwrap_or("");
    let port_is_plain = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    if !port_is_plain || written.ends_with('.') {
        return Err(refused());
    }
    match url.host() {
        Some(Host::Domain(name)) => Ok(name.to_owned()),
        Some(Host::Ipv4(ip)) => Ok(ip.to_string()),
        Some(Host::Ipv6(ip)) => Ok(ip.to_string()),
        None => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_urls_are_taken_as_they_are() {
        let target = Target::parse("https://Client.example:8443/a/../b?x=%2f", Reach::PublicOnly).unwrap();
        assert_eq!((target.host.as_str(), target.port, target.plain), ("client.example", 8443, false));
        assert_eq!(target.uri.path_and_query().unwrap(), "/a/../b?x=%2f");
        assert_eq!(Target::parse("https://[2606:4700::1111]", Reach::PublicOnly).unwrap().host, "2606:4700::1111");
        assert_eq!(Target::parse("https://1.1.1.1:443/x", Reach::PublicOnly).unwrap().port, 443);
    }

    #[test]
    fn disguised_urls_are_refused() {
        for url in [
            "",
            "https://",
            "https:///x",
            "https:/a",
            "https:a",
            "//a/",
            "ftp://a/",
            "file:///etc/passwd",
            "HTTPS://a/",
            "javascript:alert(1)",
            "unix:/run/x",
            "http://a.example/",
            "http://127.0.0.1/",
            "https://user@a.example/",
            "https://user:pw@a.example/",
            "https://a.example@127.0.0.1/",
            "https://@a.example/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://127.0.0.1./",
            "https://a.example./",
            "https://0/",
            "https://00000000.0.0.0/",
            "https://[fe80::1%25eth0]/",
            "https://[fe80::1%eth0]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[0:0:0:0:0:0:0:1]/",
            "https://[::1",
            "https://a.example:0/",
            "https://a.example:/",
            "https://a.example:99999/",
            "https://a.example:+443/",
            "https://a%2eexample/",
            "https://\u{ff41}.example/",
            "https://a\u{3002}example/",
            "https://a.example\\@b/",
            "https://a.example/#x",
            "https://a.example/ x",
            "https://a.example/\tx",
            " https://a.example/",
            "https://a.example/\r\nX: y",
            "https://①②⑦.0.0.1/",
        ] {
            assert!(Target::parse(url, Reach::PublicOnly).is_err(), "{url:?}");
        }
        assert!(Target::parse(&format!("https://a.example/{}", "x".repeat(2048)), Reach::PublicOnly).is_err());
    }
}
