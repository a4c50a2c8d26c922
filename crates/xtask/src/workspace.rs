//! The repository on disk, and what cargo knows of it.

use std::{
    collections::HashMap,
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, ensure};
use serde::Deserialize;

/// The repository's top folder.
pub(crate) struct Workspace {
    root: PathBuf,
}

/// A text file of the repository.
pub(crate) struct Source {
    /// Relative to the top folder, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Workspace {
    /// The workspace this program was built from.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let here = env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
        let root = Path::new(&here).ancestors().nth(2).context("xtask is not inside a workspace")?;
        Ok(Self { root: root.to_owned() })
    }

    /// The top folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Every file that git tracks or would track, relative to the top folder.
    pub(crate) fn files(&self) -> anyhow::Result<Vec<String>> {
        let output = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .current_dir(&self.root)
            .output()
            .context("git ls-files")?;
        ensure!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
        let mut files: Vec<String> = String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect();
        files.retain(|file| self.root.join(file).is_file());
        Ok(files)
    }

    /// The text files among them whose name ends with one of these.
    pub(crate) fn sources(&self, endings: &[&str]) -> anyhow::Result<Vec<Source>> {
        let mut files = self.files()?;
        files.retain(|file| endings.iter().any(|ending| file.ends_with(ending)));
        files.into_iter().map(|path| Ok(Source { text: self.read(&path)?, path })).collect()
    }

    /// One text file.
    pub(crate) fn read(&self, path: &str) -> anyhow::Result<String> {
        fs::read_to_string(self.root.join(path)).with_context(|| path.to_owned())
    }

    /// The dependency graph, exactly as locked.
    pub(crate) fn metadata(&self) -> anyhow::Result<Metadata> {
        let output = Command::new(cargo())
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(&self.root)
            .output()
            .context("cargo metadata")?;
        ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
        Metadata::parse(&output.stdout)
    }
}

/// The cargo that started us.
pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Who depends on whom.
pub(crate) struct Metadata {
    /// Every direct dependency in the graph, once per kind.
    pub(crate) edges: Vec<Edge>,
    /// Names of the workspace's own crates.
    pub(crate) members: Vec<String>,
}

/// `from` names `to` in its manifest.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) kind: Kind,
}

/// Why the dependency is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Part of what ships, or of its build.
    Shipped,
    /// For tests only.
    Tests,
}

impl Metadata {
    fn parse(json: &[u8]) -> anyhow::Result<Self> {
        let raw: RawMetadata = serde_json::from_slice(json).context("cargo metadata")?;
        let names: HashMap<&str, &str> = raw.packages.iter().map(|p| (p.id.as_str(), p.name.as_str())).collect();
        let name = |id: &str| names.get(id).copied().unwrap_or(id).to_owned();
        let mut edges = Vec::new();
        for node in &raw.resolve.nodes {
            for dependency in &node.deps {
                for kind in &dependency.dep_kinds {
                    let kind = if kind.kind.as_deref() == Some("dev") { Kind::Tests } else { Kind::Shipped };
                    edges.push(Edge { from: name(&node.id), to: name(&dependency.pkg), kind });
                }
            }
        }
        let members = raw.workspace_members.iter().map(|id| name(id)).collect();
        Ok(Self { edges, members })
    }
}

#[derive(Deserialize)]
struct RawMetadata {
    packages: Vec<RawPackage>,
    resolve: RawResolve,
    workspace_members: Vec<String>,
}

#[derive(Deserialize)]
struct RawPackage {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct RawResolve {
    nodes: Vec<RawNode>,
}

#[derive(Deserialize)]
struct RawNode {
    id: String,
    deps: Vec<RawDependency>,
}

#[derive(Deserialize)]
struct RawDependency {
    pkg: String,
    dep_kinds: Vec<RawKind>,
}

#[derive(Deserialize)]
struct RawKind {
    kind: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_becomes_edges_by_name() {
        let json = br#"{"packages":[{"id":"a#1","name":"a"},{"id":"b#1","name":"b"}],
            "workspace_members":["a#1"],
            "resolve":{"nodes":[{"id":"a#1","deps":[{"pkg":"b#1","dep_kinds":[{"kind":null},{"kind":"dev"}]}]},
                                {"id":"b#1","deps":[]}]}}"#;
        let metadata = Metadata::parse(json).unwrap();
        let edge = |kind| Edge { from: "a".into(), to: "b".into(), kind };
        assert_eq!(metadata.edges, [edge(Kind::Shipped), edge(Kind::Tests)]);
        assert_eq!(metadata.members, ["a"]);
    }
}
