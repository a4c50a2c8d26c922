//! What is masked, and how, as it is configured.

use std::{collections::HashMap, num::NonZeroU64, time::Duration};

use vestibule_model::{Server, ServerName};
use vestibule_pii::{Config, Kind, Rule};

/// On or off.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// Values pass as they are.
    #[default]
    Off,
    /// Values are masked.
    On,
}

/// What a client's headers may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ClientSwitch {
    /// They may switch masking on.
    #[default]
    Tighten,
    /// They may switch it off too, except what a policy demands.
    Override,
}

/// Which way values go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// From a server to its client.
    Results,
    /// From a client to a server.
    Arguments,
}

/// All of it.
#[derive(Clone, Debug)]
pub struct MaskSettings {
    /// Whether answers are masked where nothing else is said.
    pub before_llm: Switch,
    /// What a client's headers may do.
    pub clients: ClientSwitch,
    /// What happens to each kind where no rule says otherwise.
    pub usual: Config,
    /// Servers for which something else holds.
    pub servers: HashMap<ServerName, ServerMask>,
    /// The first that fits decides about a kind.
    pub rules: Vec<MaskRule>,
    /// One answer in so many is looked at once more on its way out, and what is still in it is counted.
    pub proof: Option<NonZeroU64>,
    /// How long labels are remembered of a reader who is not seen.
    pub memory: Duration,
}

impl Default for MaskSettings {
    /// Off, and every kind by a label once it is on.
    fn default() -> Self {
        Self {
            before_llm: Switch::Off,
            clients: ClientSwitch::Tighten,
            usual: Config::default(),
            servers: HashMap::new(),
            rules: Vec::new(),
            proof: None,
            memory: Duration::from_secs(12 * 60 * 60),
        }
    }
}

/// What holds for one server.
#[derive(Clone, Debug, Default)]
pub struct ServerMask {
    /// Whether its answers are masked.
    pub switch: Option<Switch>,
    /// What happens to each kind.
    pub usual: Option<Config>,
}

/// What happens to some kinds in some places. An empty list is no condition.
#[derive(Clone, Debug)]
pub struct MaskRule {
    /// The kinds.
    pub kinds: Vec<Kind>,
    /// The servers.
    pub servers: Vec<ServerName>,
    /// The tools.
    pub tools: Vec<String>,
    /// The roles of the caller, one of which is enough.
    pub roles: Vec<String>,
    /// The way.
    pub direction: Direction,
    /// What happens; `None`: the value passes.
    pub rule: Option<Rule>,
}

impl MaskRule {
    /// Whether it says something about a server.
    pub(super) fn is_about(&self, server: &Server) -> bool {
        self.servers.is_empty() || self.servers.contains(&server.name)
    }
}
