//! MCP servers we stand before.

use std::sync::Arc;

use crate::{federation::Federation, ids::ServerName, resource::ResourceUri, scope::Scope};

/// Where a server really is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Upstream {
    /// Streamable HTTP at this URL; scheme, host and port are the only origin its credential may go to.
    Http {
        /// The URL, exactly as configured.
        url: String,
    },
    /// HTTP+SSE (2024-11-05) at this URL, likewise.
    Sse {
        /// The URL of the stream, exactly as configured.
        url: String,
    },
    /// A command that speaks MCP on standard input and output, one child per session.
    Command {
        /// Program and arguments; no shell reads them.
        argv: Vec<String>,
        /// The environment of the child; nothing of ours is inherited but `PATH` and `HOME`.
        env: Vec<(String, String)>,
        /// The most memory that the child may have for itself, in bytes.
        max_memory: Option<u64>,
    },
    /// Nowhere: several servers behind one endpoint. Nothing is ever sent there.
    Federation,
}

/// Which era of MCP a server speaks. Clients may speak either; what differs is translated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Protocol {
    /// Found out by its first answers, and remembered.
    #[default]
    Auto,
    /// Up to 2025-11-25: `initialize`, sessions.
    Stateful,
    /// From 2026-07-28: every request stands alone.
    Stateless,
}

/// Which credential calls to a server carry. Secrets are references; the vault resolves them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CredentialSpec {
    /// None.
    None,
    /// A fixed header whose value the vault holds under the server's name.
    Static {
        /// For example `Authorization`.
        header: String,
    },
    /// A short-lived JWT of ours that names the user.
    SignedJwt {
        /// The `aud` claim; the upstream's URL unless configured.
        audience: String,
        /// Directory attributes to include as claims.
        claims: Vec<String>,
    },
}

/// A named group of tools that a person can give or keep back as one (`scope` of the consent page).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScopeGroup {
    /// The scope.
    pub scope: Scope,
    /// What it allows, in plain words.
    pub description: String,
    /// The tools it covers.
    pub tools: Vec<String>,
}

/// An MCP server behind us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Server {
    /// Its name in URLs and policies.
    pub name: ServerName,
    /// Its name for people.
    pub title: String,
    /// Its public URL here.
    pub resource: ResourceUri,
    /// Where it is.
    pub upstream: Upstream,
    /// Which credential calls carry.
    pub credential: CredentialSpec,
    /// The groups of tools a person can choose among; empty means the three general scopes.
    pub scope_groups: Vec<ScopeGroup>,
    /// Further values of the `Host` header that reach this server, besides the public one.
    pub allowed_origins: Vec<String>,
    /// Which era it speaks.
    pub protocol: Protocol,
}

/// All servers, by name and by resource; swapped whole.
#[derive(Clone, Debug, Default)]
pub struct Servers {
    all: Vec<Arc<Server>>,
    federation: Option<Arc<Federation>>,
}

impl Servers {
    /// In the order of the configuration.
    pub fn new(servers: impl IntoIterator<Item = Server>) -> Self {
        Self { all: servers.into_iter().map(Arc::new).collect(), federation: None }
    }

    /// The same servers, some of them also behind one endpoint.
    #[must_use]
    pub fn joined(self, federation: Federation) -> Self {
        Self { federation: Some(Arc::new(federation)), ..self }
    }

    /// The endpoint that joins several servers, when there is one.
    pub fn federation(&self) -> Option<&Arc<Federation>> {
        self.federation.as_ref()
    }

    /// The server of this name.
    pub fn find(&self, name: &str) -> Option<&Arc<Server>> {
        self.all.iter().find(|server| server.name.as_str() == name)
    }

    /// The server, or the door of the federation, that a `resource` parameter means.
    pub fn find_by_resource(&self, resource: &str) -> Option<&Arc<Server>> {
        self.resources().find(|server| server.resource.is_meant_by(resource))
    }

    /// The server, or the door of the federation, whose resource is exactly this one.
    pub fn find_exactly(&self, resource: &ResourceUri) -> Option<&Arc<Server>> {
        self.resources().find(|server| server.resource == *resource)
    }

    /// In the order of the configuration. The first is the default for clients that send no `resource`.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Server>> {
        self.all.iter()
    }

    fn resources(&self) -> impl Iterator<Item = &Arc<Server>> {
        self.all.iter().chain(self.federation.iter().map(|federation| &federation.door))
    }
}

impl Server {
    /// The scopes a client may ask for here: the configured groups, or the three general ones.
    pub fn scopes_supported(&self) -> crate::scope::ScopeSet {
        if self.scope_groups.is_empty() {
            GENERAL_SCOPES.iter().filter_map(|(scope, _)| Scope::parse(scope)).collect()
        } else {
            let general = GENERAL_SCOPES.iter().skip(1).filter_map(|(scope, _)| Scope::parse(scope));
            self.scope_groups.iter().map(|group| group.scope.clone()).chain(general).collect()
        }
    }

    /// What a scope allows, in plain words; `None` when this server does not know it.
    /// `tools:<name>` is known for every tool.
    pub fn describe_scope(&self, scope: &str) -> Option<String> {
        if let Some(group) = self.scope_groups.iter().find(|group| group.scope.as_str() == scope) {
            return Some(group.description.clone());
        }
        if let Some((_, text)) = GENERAL_SCOPES.iter().find(|(general, _)| *general == scope) {
            return Some((*text).to_owned());
        }
        scope.strip_prefix("tools:").filter(|name| !name.is_empty()).map(|name| format!("Use the tool “{name}”"))
    }

    /// Whether granted scopes cover a tool: `tools:*`, `tools:<name>`, or a group that lists it.
    pub fn covers_tool(&self, granted: &crate::scope::ScopeSet, tool: &str) -> bool {
        granted.iter().any(|scope| {
            scope.as_str() == "tools:*"
                || scope.as_str().strip_prefix("tools:").is_some_and(|name| name == tool)
                || self
                    .scope_groups
                    .iter()
                    .any(|group| group.scope == *scope && group.tools.iter().any(|have| have == tool))
        })
    }

    /// The scope to ask for when a tool is not covered: its group, or `tools:<name>`.
    pub fn scope_for_tool(&self, tool: &str) -> Option<Scope> {
        let group = self.scope_groups.iter().find(|group| group.tools.iter().any(|have| have == tool));
        group.map(|group| group.scope.clone()).or_else(|| Scope::parse(&format!("tools:{tool}")))
    }
}

/// The scopes every server understands, with their words for the consent page.
pub const GENERAL_SCOPES: [(&str, &str); 3] = [
    ("tools:*", "Use every tool that your role allows"),
    ("resources:*", "Read the resources that your role allows"),
    ("prompts:*", "Use the prompts that your role allows"),
];
