//! The floors of the house: a crate imports only from strictly lower floors.
//!
//! The picture is in ARCHITECTURE.md; this table is the one that is enforced.

use crate::{
    findings::Findings,
    workspace::{Edge, Kind, Metadata},
};

/// Where a crate stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Floor {
    /// Part of the product: may import what stands lower.
    Level(u8),
    /// The sample server: an ordinary MCP server that must run without us, started by the top floor.
    Sample,
    /// The test house: may import anything; others reach it in tests only.
    TestHouse,
    /// Developer commands: import none of ours, imported by none.
    Tool,
}

const FLOORS: &[(&str, Floor)] = &[
    ("vestibule-gateway", Floor::Level(5)),
    ("vestibule-proxy", Floor::Level(4)),
    ("vestibule-authserver", Floor::Level(4)),
    ("vestibule-console", Floor::Level(4)),
    ("vestibule-connect", Floor::Level(4)),
    ("vestibule-identity", Floor::Level(3)),
    ("vestibule-vault", Floor::Level(3)),
    ("vestibule-store", Floor::Level(2)),
    ("vestibule-egress", Floor::Level(2)),
    ("vestibule-oauth", Floor::Level(1)),
    ("vestibule-policy", Floor::Level(1)),
    ("vestibule-pii", Floor::Level(1)),
    ("vestibule-mcp", Floor::Level(1)),
    ("vestibule-model", Floor::Level(0)),
    ("vestibule-demo", Floor::Sample),
    ("vestibule-fixture", Floor::Sample),
    ("vestibule-testkit", Floor::TestHouse),
    ("xtask", Floor::Tool),
];

const TOP: Floor = Floor::Level(5);

/// Imports that the floors would allow and the design does not.
const BANS: &[(&str, &str, &str)] = &[
    ("vestibule-proxy", "vestibule-egress", "nothing reaches an upstream except through the vault"),
    ("vestibule-proxy", "vestibule-pii", "the vault screens what goes out and what comes back"),
    ("vestibule-console", "vestibule-egress", "an admin page must not open connections"),
];

/// Every edge between two crates of ours, held against the table.
pub(crate) fn check(metadata: &Metadata) -> Findings {
    let mut findings = Findings::default();
    for member in &metadata.members {
        if floor_of(member).is_none() {
            findings.note(member, "has no floor; give it one in crates/xtask/src/layers.rs and ARCHITECTURE.md");
        }
    }
    for edge in &metadata.edges {
        let (Some(from), Some(to)) = (floor_of(&edge.from), floor_of(&edge.to)) else { continue };
        if let Some(reason) = refusal(edge, from, to) {
            findings.note(format_args!("{} -> {}", edge.from, edge.to), reason);
        }
    }
    findings
}

fn floor_of(name: &str) -> Option<Floor> {
    FLOORS.iter().find(|(crate_name, _)| *crate_name == name).map(|(_, floor)| *floor)
}

/// Why this import is not allowed; `None` when it is.
fn refusal(edge: &Edge, from: Floor, to: Floor) -> Option<String> {
    if let Some((_, _, why)) = BANS.iter().find(|(a, b, _)| *a == edge.from && *b == edge.to) {
        return Some(format!("never: {why}"));
    }
    match (from, to) {
        (Floor::TestHouse, Floor::Level(_) | Floor::Sample) => None,
        (_, Floor::TestHouse) if edge.kind == Kind::Tests => None,
        (_, Floor::TestHouse) => Some("the test house is for dev-dependencies only".into()),
        (Floor::Tool | Floor::Sample, _) => Some("imports none of our crates".into()),
        (_, Floor::Tool) => Some("developer commands are imported by nobody".into()),
        (TOP, Floor::Sample) => None,
        (_, Floor::Sample) => Some("only the top floor starts the sample server".into()),
        (Floor::Level(a), Floor::Level(b)) if a > b => None,
        (Floor::Level(a), Floor::Level(b)) => Some(format!("floor {a} may not import floor {b}, only lower ones")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(from: &str, to: &str, kind: Kind) -> Findings {
        let edges = vec![Edge { from: from.into(), to: to.into(), kind }];
        check(&Metadata { edges, members: vec![from.into()] })
    }

    #[test]
    fn down_is_allowed_and_sideways_or_up_is_not() {
        assert!(found("vestibule-vault", "vestibule-store", Kind::Shipped).is_empty());
        assert!(
            found("vestibule-vault", "vestibule-identity", Kind::Shipped).mention("floor 3 may not import floor 3")
        );
        assert!(found("vestibule-oauth", "vestibule-store", Kind::Shipped).mention("only lower ones"));
    }

    #[test]
    fn a_dev_dependency_may_only_break_the_order_for_the_test_house() {
        assert!(found("vestibule-model", "vestibule-testkit", Kind::Tests).is_empty());
        assert!(!found("vestibule-model", "vestibule-testkit", Kind::Shipped).is_empty());
        assert!(!found("vestibule-model", "vestibule-store", Kind::Tests).is_empty());
    }

    #[test]
    fn the_proxy_never_gets_the_network() {
        assert!(found("vestibule-proxy", "vestibule-egress", Kind::Shipped).mention("through the vault"));
        assert!(found("vestibule-console", "vestibule-egress", Kind::Tests).mention("never"));
    }

    #[test]
    fn the_sample_server_stands_alone() {
        assert!(!found("vestibule-demo", "vestibule-model", Kind::Shipped).is_empty());
        assert!(found("vestibule-gateway", "vestibule-demo", Kind::Shipped).is_empty());
        assert!(!found("vestibule-proxy", "vestibule-demo", Kind::Tests).is_empty());
    }

    #[test]
    fn a_new_crate_needs_a_floor() {
        assert!(found("vestibule-attic", "serde", Kind::Shipped).mention("has no floor"));
    }
}
