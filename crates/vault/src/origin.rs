//! The one origin that a credential may go to.

use http::Uri;

/// Scheme, host and port (RFC 6454 section 4), compared exactly; the host without case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Origin {
    https: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// `None` unless it is an absolute http or https URL without user information.
    pub(crate) fn of(uri: &Uri) -> Option<Self> {
        let (https, host, port) = parts(uri)?;
        Some(Self { https, host: host.to_ascii_lowercase(), port })
    }

    /// Whether a request to this URI goes there, and only there.
    pub(crate) fn is_of(&self, uri: &Uri) -> bool {
        parts(uri).is_some_and(|(https, host, port)| {
            https == self.https && port == self.port && host.eq_ignore_ascii_case(&self.host)
        })
    }
}

fn parts(uri: &Uri) -> Option<(bool, &str, u16)> {
    let https = match uri.scheme_str()? {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let authority = uri.authority()?;
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return None;
    }
    Some((https, authority.host(), authority.port_u16().unwrap_or(if https { 443 } else { 80 })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_scheme_host_and_port_match() {
        let origin = Origin::of(&"https://api.example/mcp".parse().unwrap()).unwrap();
        for same in ["https://api.example/", "https://API.example:443/other?x"] {
            assert!(origin.is_of(&same.parse().unwrap()), "{same}");
        }
        for other in [
            "http://api.example/mcp",
            "https://api.example:8443/mcp",
            "https://api.example.evil/mcp",
            "https://evil.api.example/mcp",
            "https://xapi.example/",
            "https://user@api.example/mcp",
            "https://api.example@evil/",
            "https://api.example./mcp",
            "/mcp",
        ] {
            assert!(!origin.is_of(&other.parse().unwrap()), "{other}");
        }
    }
}
