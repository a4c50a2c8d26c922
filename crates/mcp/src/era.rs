//! Two eras on one endpoint, chosen by how the request opens (mcp-requirements 2.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Era { /// <= 2025-11-25: initialize, sessions.
    Stateful, /// 2026-07-28
    Stateless }
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Version { V2025_03_26, V2025_06_18, V2025_11_25, V2026_07_28 }
impl Version { pub const fn as_str(self) -> &'static str { match self { Self::V2025_03_26 => "2025-03-26", Self::V2025_06_18 => "2025-06-18", Self::V2025_11_25 => "2025-11-25", Self::V2026_07_28 => "2026-07-28" } }
  pub fn parse(text: &str) -> Option<Self> { todo!() } }
