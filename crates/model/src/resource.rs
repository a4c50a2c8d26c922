//! The OAuth resource of a server (RFC 8707): a raw string, never reprinted by a URL parser.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// The public URL of an MCP server, exactly as clients are told it. Identifiers are compared as
/// strings; a URL parser that appends `/` would make two of one.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceUri(Arc<str>);

impl ResourceUri {
    /// Wraps a resource that our configuration built.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The resource as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a client's `resource` parameter means this server. Besides equality two spellings are
    /// accepted (MCP authorization, canonical server URI): one trailing slash more, because many URL
    /// libraries append it, and an upper-case scheme or host.
    pub fn is_meant_by(&self, requested: &str) -> bool {
        let requested = requested.strip_suffix('/').unwrap_or(requested);
        let own = self.0.strip_suffix('/').unwrap_or(&self.0);
        if own == requested {
            return true;
        }
        match (split_authority(own), split_authority(requested)) {
            (Some((a, path_a)), Some((b, path_b))) => path_a == path_b && a.eq_ignore_ascii_case(b),
            _ => false,
        }
    }
}

/// Splits `scheme://host:port` from the path; `None` when there is user information.
fn split_authority(uri: &str) -> Option<(&str, &str)> {
    let start = uri.find("://")? + 3;
    let end = uri.get(start..)?.find(['/', '?', '#']).map_or(uri.len(), |at| start + at);
    let (authority, rest) = uri.split_at_checked(end)?;
    (!authority.contains('@')).then_some((authority, rest))
}

impl fmt::Display for ResourceUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_are_the_same_resource_and_no_others() {
        let resource = ResourceUri::new("https://mcp.example.com/mcp/hr");
        for same in
            ["https://mcp.example.com/mcp/hr", "https://mcp.example.com/mcp/hr/", "HTTPS://MCP.example.COM/mcp/hr"]
        {
            assert!(resource.is_meant_by(same), "{same}");
        }
        for other in [
            "https://mcp.example.com/mcp/HR",
            "https://mcp.example.com/mcp/hr//",
            "https://mcp.example.com/mcp/hr?x",
            "https://mcp.example.com/mcp/hr#",
            "https://mcp.example.com/mcp",
            "https://mcp.example.com:443/mcp/hr",
            "http://mcp.example.com/mcp/hr",
            "https://u@mcp.example.com/mcp/hr",
            "",
        ] {
            assert!(!resource.is_meant_by(other), "{other}");
        }
    }
}
