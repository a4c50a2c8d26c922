//! What is done to one call: the settings, what its client wishes, and what a policy demands.

use vestibule_model::{Principal, Server};
use vestibule_pii::{Config, Kind};
use vestibule_policy::{Call, engine::CallTarget};

use super::{
    settings::{ClientSwitch, Direction, MaskRule, MaskSettings, Switch},
    wish::Wishes,
};
use crate::McpCall;

impl MaskSettings {
    /// For the answer to a call; `None`: it passes.
    pub(super) fn for_answer(&self, caller: &Principal, server: &Server, call: &McpCall) -> Option<Config> {
        // Whoever wrote something else was refused at the door.
        let wish = Wishes::read(&call.headers).unwrap_or(Wishes { before_llm: Some(Switch::On), in_logs: None });
        if self.switch(server, wish.before_llm) == Switch::Off {
            return None;
        }
        let usual = self.servers.get(&server.name).and_then(|own| own.usual.as_ref()).unwrap_or(&self.usual);
        Some(self.with_rules(usual.clone(), Direction::Results, caller, server, &call.target()))
    }

    /// For what a client gives to a server; `None`: it passes. Only rules say something about it.
    pub(super) fn for_arguments(&self, caller: &Principal, server: &Server, target: &CallTarget<'_>) -> Option<Config> {
        if self.rules.iter().all(|rule| rule.direction != Direction::Arguments) {
            return None;
        }
        let config = self.with_rules(Config::none(), Direction::Arguments, caller, server, target);
        Kind::ALL.into_iter().any(|kind| config.rule(kind).is_some()).then_some(config)
    }

    fn switch(&self, server: &Server, wish: Option<Switch>) -> Switch {
        let own = self.servers.get(&server.name).and_then(|own| own.switch);
        match (own.unwrap_or(self.before_llm), wish, self.clients) {
            (_, Some(Switch::On), _) => Switch::On,
            (_, Some(Switch::Off), ClientSwitch::Override) => Switch::Off,
            (configured, _, _) => configured,
        }
    }

    /// What goes through a session may belong to any tool: a client that resumes a stream gets its answers there. So the
    /// strictest holds of what any rule says.
    fn with_rules(
        &self,
        usual: Config,
        direction: Direction,
        caller: &Principal,
        server: &Server,
        target: &CallTarget<'_>,
    ) -> Config {
        let fits = |rule: &&MaskRule| {
            rule.direction == direction
                && (rule.servers.is_empty() || rule.servers.contains(&server.name))
                && (rule.roles.is_empty() || rule.roles.iter().any(|role| caller.roles().contains(role)))
        };
        let rules: Vec<&MaskRule> = self.rules.iter().filter(fits).collect();
        if rules.is_empty() {
            return usual;
        }
        match target {
            CallTarget::Tool(tool) => apply(usual, &rules, Some(tool)),
            CallTarget::Prompt(_) | CallTarget::Resource(_) => apply(usual, &rules, None),
            CallTarget::Session | CallTarget::Method(_) => {
                let tools = rules.iter().flat_map(|rule| rule.tools.iter());
                let each = tools.map(|tool| apply(usual.clone(), &rules, Some(tool)));
                each.fold(apply(usual.clone(), &rules, None), |all, one| all.tightened_by(&one))
            }
        }
    }
}

/// The first rule that fits decides about a kind.
fn apply(mut config: Config, rules: &[&MaskRule], tool: Option<&str>) -> Config {
    let about =
        |rule: &MaskRule| rule.tools.is_empty() || tool.is_some_and(|tool| rule.tools.iter().any(|have| have == tool));
    for kind in Kind::ALL {
        let first = rules.iter().find(|rule| about(rule) && (rule.kinds.is_empty() || rule.kinds.contains(&kind)));
        config = match first.map(|rule| rule.rule) {
            Some(Some(rule)) => config.with(kind, rule),
            Some(None) => config.without(kind),
            None => config,
        };
    }
    config
}

/// Whether a call opens something new: then no label was given under it before.
pub(super) fn opens(call: &McpCall) -> bool {
    call.message.as_ref().is_some_and(|message| message.method() == "initialize")
}
