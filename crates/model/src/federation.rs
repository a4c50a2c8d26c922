//! Several servers behind one endpoint, and what their tools, resources and tasks are called there.
//!
//! Every name says which server it belongs to, so that any node maps it back without having seen it before and no server
//! can take a name of another. The mapping is one-to-one, whatever names the servers choose.
//!
//! | what | there | outside |
//! |---|---|---|
//! | tool, prompt | `query_leaves` | `hr__query_leaves`; shortened when longer than [`MAX_NAME`] |
//! | resource | `file:///a` | `vestibule:hr:file:///a` |
//! | page of an app | `ui://board/main` | `ui://hr/board/main`; hosts know them by the scheme |
//! | task, request of a server | `7` | `hr:7` |
//!
//! URIs are always wrapped, also where they are unique: whether they are depends on what the other servers list at the
//! moment, and a server that listed a URI of another could make it ambiguous, or its own.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use crate::{
    digest::Digest,
    ids::ServerName,
    resource::ResourceUri,
    scope::{Scope, ScopeSet},
    server::{CredentialSpec, Protocol, ScopeGroup, Server, Upstream},
};

/// The longest name of a tool or prompt that all clients take, in bytes.
pub const MAX_NAME: usize = 64;
/// The name of the joined endpoint where others have the name of a server; no server can have it.
pub const DOOR: &str = "*";
/// The longest label, in bytes.
const MAX_LABEL: usize = 24;

/// Several servers behind one endpoint.
#[derive(Clone, Debug)]
pub struct Federation {
    /// The endpoint as an OAuth resource. It has no upstream, no credential and no policy of its own, so nothing can be
    /// allowed there or sent there: everything is decided at a part.
    pub door: Arc<Server>,
    /// The servers, in the order in which they are listed.
    pub parts: Vec<Arc<Server>>,
    /// How long a part may take for a question that goes to all of them.
    pub patience: Duration,
}

impl Federation {
    /// Joins servers under one public URL.
    pub fn new(resource: ResourceUri, title: String, parts: Vec<Arc<Server>>, patience: Duration) -> Self {
        let door = Server {
            name: ServerName::from(DOOR),
            title,
            resource,
            upstream: Upstream::Federation,
            protocol: Protocol::default(),
            credential: CredentialSpec::None,
            scope_groups: scope_groups(&parts),
            allowed_origins: Vec::new(),
        };
        Self { door: Arc::new(door), parts, patience }
    }

    /// The part of this name.
    pub fn find(&self, name: &str) -> Option<&Arc<Server>> {
        self.parts.iter().find(|part| part.name.as_str() == name)
    }

    /// The part that a tool or prompt belongs to, and its name there.
    pub fn find_by_name<'a>(&self, outside: &'a str) -> Option<(&Arc<Server>, Inside<'a>)> {
        self.parts.iter().find_map(|part| Some((part, inside_name(&part.name, outside)?)))
    }

    /// The part that a resource belongs to, and its URI there.
    pub fn find_by_uri(&self, outside: &str) -> Option<(&Arc<Server>, String)> {
        let (name, uri) = match outside.strip_prefix(UI) {
            Some(rest) => rest.split_once('/').map(|(name, rest)| (name, format!("{UI}{rest}")))?,
            None => outside.strip_prefix(WRAPPED)?.split_once(':').map(|(name, uri)| (name, uri.to_owned()))?,
        };
        // What begins with `ui://` has one name outside only.
        let one_name = outside.starts_with(UI) || !uri.starts_with(UI);
        self.find(name).filter(|_| one_name).map(|part| (part, uri))
    }

    /// The part that a task, or a request of a server, belongs to, and its id there.
    pub fn find_by_id<'a>(&self, outside: &'a str) -> Option<(&Arc<Server>, &'a str)> {
        let (name, id) = outside.split_once(':')?;
        Some((self.find(name)?, id))
    }
}

/// A name as it is at its server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Inside<'a> {
    /// This one.
    Name(&'a str),
    /// One that was too long; only a list of the server tells which.
    Shortened,
}

/// What a tool or prompt is called outside: label, `__`, name. A name that would be too long is replaced by a digest and
/// its beginning.
pub fn outside_name(server: &ServerName, name: &str) -> String {
    let label = label(server.as_str());
    if label.len() + 2 + name.len() <= MAX_NAME {
        return format!("{label}__{name}");
    }
    let digest = Digest::of_parts([server.as_str().as_bytes(), name.as_bytes()]).to_hex();
    let mut short = format!("{label}_H{}_", start(&digest, 16));
    short.push_str(start(name, MAX_NAME - short.len()));
    short
}

/// Whether a name is shortened outside, so that it cannot be read there.
pub fn is_shortened(server: &ServerName, name: &str) -> bool {
    label(server.as_str()).len() + 2 + name.len() > MAX_NAME
}

/// What a resource is called outside.
pub fn outside_uri(server: &ServerName, uri: &str) -> String {
    match uri.strip_prefix(UI) {
        Some(rest) => format!("{UI}{server}/{rest}"),
        None => format!("{WRAPPED}{server}:{uri}"),
    }
}

/// What a task, or a request of the server, is called outside.
pub fn outside_id(server: &ServerName, id: &str) -> String {
    format!("{server}:{id}")
}

/// The scope outside that means every tool of a server.
pub fn every_tool(server: &ServerName) -> String {
    format!("tools:{}__*", label(server.as_str()))
}

/// What of the scopes granted at the door counts at a part. Scopes of other parts are not shown to its policies. A tool is
/// named by its name outside there: `tools:read` alone would mean one of each part. What a shortened name stands for is
/// seen only with its tool, so `tools` are those in question.
pub fn scopes_at(part: &Server, granted: &ScopeSet, tools: &[&str]) -> ScopeSet {
    let every_tool = every_tool(&part.name);
    let here = granted.iter().filter_map(|scope| {
        let text = scope.as_str();
        let is_group = part.scope_groups.iter().any(|group| group.scope == *scope);
        if is_group || ["tools:*", "resources:*", "prompts:*"].contains(&text) {
            return Some(scope.clone());
        }
        if text == every_tool {
            return Scope::parse("tools:*");
        }
        let outside = text.strip_prefix("tools:")?;
        let own = match inside_name(&part.name, outside)? {
            Inside::Name(own) => own,
            Inside::Shortened => tools.iter().find(|tool| outside_name(&part.name, tool) == outside)?,
        };
        Scope::parse(&format!("tools:{own}"))
    });
    here.collect()
}

/// The scopes to ask for at the door: what was granted there, and what a part needs besides what it was shown.
pub fn scopes_outside(part: &Server, granted: &ScopeSet, here: &ScopeSet, needed: &ScopeSet) -> ScopeSet {
    let more = needed.iter().filter(|scope| !here.contains(scope.as_str())).filter_map(|scope| {
        let is_group = part.scope_groups.iter().any(|group| group.scope == *scope);
        match scope.as_str().strip_prefix("tools:") {
            _ if is_group => Some(scope.clone()),
            Some("*") => Scope::parse(&every_tool(&part.name)),
            Some(tool) => Scope::parse(&format!("tools:{}", outside_name(&part.name, tool))),
            None => Some(scope.clone()),
        }
    });
    granted.union(&more.collect())
}

/// The label of a server in names. It has no `__` inside, does not end with `_`, and is another one for every server of
/// a federation ([`labels_clash`]); so a label and what may follow it are told apart whatever follows.
///
/// Names of servers are lower-case, so the capitals are ours: `_U` is a `_` that would read as a border, `-P` begins the
/// digest of a name that is too long, `_H` the digest of a tool's.
fn label(server: &str) -> String {
    let mut label = String::with_capacity(server.len() + 4);
    let mut letters = server.chars().peekable();
    while let Some(letter) = letters.next() {
        label.push(letter);
        if letter == '_' && letters.peek().is_none_or(|next| *next == '_') {
            label.push('U');
        }
    }
    if label.len() <= MAX_LABEL {
        return label;
    }
    let digest = Digest::of(server.as_bytes()).to_hex();
    format!("{}-P{}", start(&label, 12).trim_end_matches('_'), start(&digest, 10))
}

/// Two servers with the same label, which only names longer than a label can be.
pub fn labels_clash<'a>(servers: impl IntoIterator<Item = &'a str>) -> Option<(&'a str, &'a str)> {
    let mut seen: Vec<(String, &str)> = Vec::new();
    for server in servers {
        let label = label(server);
        if let Some((_, other)) = seen.iter().find(|(have, other)| *have == label && *other != server) {
            return Some((other, server));
        }
        seen.push((label, server));
    }
    None
}

const UI: &str = "ui://";
const WRAPPED: &str = "vestibule:";

fn inside_name<'a>(server: &ServerName, outside: &'a str) -> Option<Inside<'a>> {
    let rest = outside.strip_prefix(label(server.as_str()).as_str())?;
    if let Some(name) = rest.strip_prefix("__") {
        return (outside.len() <= MAX_NAME).then_some(Inside::Name(name));
    }
    rest.strip_prefix("_H").map(|_| Inside::Shortened)
}

/// The groups of all parts, their tools by their names outside. A part without groups is one group.
fn scope_groups(parts: &[Arc<Server>]) -> Vec<ScopeGroup> {
    let mut all: Vec<ScopeGroup> = Vec::new();
    for part in parts {
        let own = part.scope_groups.iter().map(|group| ScopeGroup {
            scope: group.scope.clone(),
            description: format!("{}: {}", part.title, group.description),
            tools: group.tools.iter().map(|tool| outside_name(&part.name, tool)).collect(),
        });
        let every = every_tool(&part.name);
        let whole = part.scope_groups.is_empty().then(|| Scope::parse(&every)).flatten().map(|scope| ScopeGroup {
            scope,
            description: format!("{}: Use every tool that your role allows", part.title),
            tools: vec![every.trim_start_matches("tools:").to_owned()],
        });
        for group in own.chain(whole) {
            match all.iter_mut().find(|have| have.scope == group.scope) {
                Some(have) => {
                    have.description = format!("{}; {}", have.description, group.description);
                    have.tools.extend(group.tools);
                }
                None => all.push(group),
            }
        }
    }
    all
}

/// The longest start of at most `limit` bytes.
fn start(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}
