//! `deny.toml`'s `[bans]`, enforced from cargo metadata.
//!
//! cargo-deny reads the same section and checks advisories and licences too; it is not installed
//! everywhere, so the rule that carries the design is checked here as well.

use anyhow::Context;
use serde::Deserialize;

use crate::{
    findings::Findings,
    workspace::{Metadata, Workspace},
};

/// The crates that only some may use, and those that nobody may.
#[derive(Debug)]
pub(crate) struct Bans(Vec<Ban>);

/// Without wrappers nobody may depend on the crate; with wrappers only these may, directly.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    #[serde(default)]
    wrappers: Vec<String>,
    reason: String,
}

impl Bans {
    /// Reads `deny.toml` at the top of the repository.
    pub(crate) fn read(workspace: &Workspace) -> anyhow::Result<Self> {
        Self::parse(&workspace.read("deny.toml")?).context("deny.toml")
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        #[derive(Deserialize)]
        struct File {
            bans: Section,
        }
        #[derive(Deserialize)]
        struct Section {
            deny: Vec<Ban>,
        }
        Ok(Self(toml::from_str::<File>(text)?.bans.deny))
    }
}

/// Every direct dependency, held against the list.
pub(crate) fn check(bans: &Bans, metadata: &Metadata) -> Findings {
    let mut findings = Findings::default();
    for ban in &bans.0 {
        for edge in metadata.edges.iter().filter(|edge| edge.to == ban.name) {
            if !ban.wrappers.contains(&edge.from) {
                findings.note(format_args!("{} -> {}", edge.from, edge.to), &ban.reason);
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Edge, Kind};

    const DENY: &str = r#"
        [advisories]
        yanked = "deny"
        [bans]
        deny = [
          { crate = "sqlx", wrappers = ["vestibule-store"], reason = "SQL lives in the store" },
          { crate = "openssl-sys", reason = "one TLS library" },
        ]
    "#;

    fn found(from: &str, to: &str) -> Findings {
        let edges = vec![Edge { from: from.into(), to: to.into(), kind: Kind::Tests }];
        check(&Bans::parse(DENY).unwrap(), &Metadata { edges, members: Vec::new() })
    }

    #[test]
    fn only_the_wrapper_may_use_a_wrapped_crate() {
        assert!(found("vestibule-store", "sqlx").is_empty());
        assert!(found("vestibule-proxy", "sqlx").mention("SQL lives in the store"));
    }

    #[test]
    fn nobody_may_use_a_banned_crate() {
        assert!(found("somebody", "openssl-sys").mention("one TLS library"));
    }

    #[test]
    fn an_unknown_key_is_an_error_not_a_rule_that_is_never_applied() {
        assert!(Bans::parse("[bans]\ndeny = [{ crate = \"a\", wrapper = [\"b\"], reason = \"c\" }]").is_err());
    }
}
