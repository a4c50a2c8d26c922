//! What is done to one call: the settings, what its client wishes, and what a policy demands.

use vestibule_mcp::Message;
use vestibule_model::{Principal, Server};
use vestibule_pii::{Action, Config, Kind, Rule};
use vestibule_policy::{Call, engine::CallTarget, mask::Mask};

use super::settings::{ClientSwitch, Direction, MaskRule, MaskSettings, Switch};
use crate::{McpCall, call};

impl MaskSettings {
    /// For the answer to a call; `None`: it passes. `demanded` is what the policy says that permitted it.
    pub(super) fn for_answer(
        &self,
        caller: &Principal,
        server: &Server,
        call: &McpCall,
        demanded: &[Mask],
    ) -> Option<Config> {
        let chosen = match self.switch(server, call.wishes.before_llm) {
            Switch::Off if demanded.is_empty() => return None,
            Switch::Off => Config::none(),
            Switch::On => {
                self.with_rules(self.usual(server).clone(), Direction::Results, caller, server, || call.target())
            }
        };
        Some(
            demanded
                .iter()
                .flat_map(Mask::iter)
                .fold(chosen, |config, (name, action)| self.demand(config, name, action)),
        )
    }

    /// Whether any answer of this server to this caller may be masked: by what is configured, whatever the client wishes
    /// of this request, by its wish, or because a policy demands it. `demanded` is all that any policy of the server demands.
    pub(super) fn may_mask(
        &self,
        caller: &Principal,
        server: &Server,
        wish: Option<Switch>,
        demanded: &[Mask],
    ) -> bool {
        let switched = [wish, None].into_iter().any(|wish| self.switch(server, wish) == Switch::On);
        let any_tool = || CallTarget::Session;
        let masks = || {
            self.with_rules(self.usual(server).clone(), Direction::Results, caller, server, any_tool) != Config::none()
        };
        !demanded.is_empty() || (switched && masks())
    }

    /// What a policy demands, and nothing that shows more. Whether a label can be turned back is the policy's to say: to
    /// its reader both are the same.
    fn demand(&self, config: Config, name: &str, action: &str) -> Config {
        // Both lists are compared in a test; what were in one alone would be hidden altogether.
        let (Some(kind), Some(action)) = (Kind::from_name(name), Action::from_name(action)) else {
            return Kind::ALL.into_iter().fold(config, |config, kind| self.demand(config, kind.name(), "label"));
        };
        let sensitivity = self.usual.rule(kind).map(|rule| rule.sensitivity).unwrap_or_default();
        let rule = match config.rule(kind) {
            None => Rule { sensitivity, action },
            Some(have) if [have.action, action] == [Action::Label, Action::Pseudonym] => Rule { action, ..have },
            Some(have) => Rule { action: have.action.stricter(action), ..have },
        };
        config.with(kind, rule)
    }

    /// For what a client gives to a server; `None`: it passes. Only rules say something about it.
    pub(super) fn for_arguments(&self, caller: &Principal, server: &Server, message: &Message) -> Option<Config> {
        if self.rules.iter().all(|rule| rule.direction != Direction::Arguments) {
            return None;
        }
        let target = || call::target_of(message);
        let config = self.with_rules(Config::none(), Direction::Arguments, caller, server, target);
        Kind::ALL.into_iter().any(|kind| config.rule(kind).is_some()).then_some(config)
    }

    /// Whether an answer of this server may give labels that stand for values: then its client has to have a session that
    /// they belong to. `demanded` is all that any policy of the server demands.
    pub(super) fn may_give_pseudonyms(&self, server: &Server, demanded: &[Mask]) -> bool {
        let of_config =
            |config: &Config| Kind::ALL.into_iter().any(|kind| config.rule(kind).is_some_and(|rule| gives(&rule)));
        let gives_rule = |rule: &MaskRule| {
            let applies = rule.direction == Direction::Results && rule.is_about(server);
            applies && rule.rule.as_ref().is_some_and(gives)
        };
        let demands = |(_, action): (&str, &str)| action == Action::Pseudonym.name();
        of_config(self.usual(server))
            || self.rules.iter().any(gives_rule)
            || demanded.iter().flat_map(Mask::iter).any(demands)
    }

    /// What happens to each kind in the answers of a server where no rule says otherwise.
    fn usual(&self, server: &Server) -> &Config {
        self.servers.get(&server.name).and_then(|own| own.usual.as_ref()).unwrap_or(&self.usual)
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
    fn with_rules<'t>(
        &self,
        usual: Config,
        direction: Direction,
        caller: &Principal,
        server: &Server,
        target: impl FnOnce() -> CallTarget<'t>,
    ) -> Config {
        let fits = |rule: &&MaskRule| {
            rule.direction == direction
                && rule.is_about(server)
                && (rule.roles.is_empty() || rule.roles.iter().any(|role| caller.roles().contains(role)))
        };
        let rules: Vec<&MaskRule> = self.rules.iter().filter(fits).collect();
        if rules.is_empty() {
            return usual;
        }
        match target() {
            CallTarget::Tool(tool) => apply(usual, &rules, Some(tool)),
            CallTarget::Prompt(_) | CallTarget::Resource(_) => apply(usual, &rules, None),
            CallTarget::Session | CallTarget::Method(_) => {
                // Cheap enough: rules are few, and such calls are rare.
                let tools = rules.iter().flat_map(|rule| rule.tools.iter());
                let each = tools.map(|tool| apply(usual.clone(), &rules, Some(tool)));
                each.fold(apply(usual.clone(), &rules, None), |all, one| all.tightened_by(&one))
            }
        }
    }
}

/// Whether its labels stand for values.
fn gives(rule: &Rule) -> bool {
    rule.action == Action::Pseudonym
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

#[cfg(test)]
mod tests {
    use vestibule_policy::mask::{ACTIONS, TYPES};

    use super::*;

    #[test]
    fn policies_and_masking_use_the_same_words() {
        assert_eq!(TYPES, Kind::ALL.map(Kind::name));
        let mut actions = ACTIONS.to_vec();
        actions.sort_unstable();
        let mut names = Action::ALL.map(Action::name).to_vec();
        names.sort_unstable();
        assert_eq!(actions, names);
    }

    #[test]
    fn a_demand_never_shows_more() {
        let settings = MaskSettings::default();
        let of = |config: Config, action: &str| {
            settings.demand(config, "EMAIL_ADDRESS", action).rule(Kind::Email).map(|rule| rule.action)
        };
        let blocked = Config::default().with_action(Action::Block);
        assert_eq!(of(Config::none(), "partial"), Some(Action::Partial));
        assert_eq!(of(Config::default(), "partial"), Some(Action::Label));
        assert_eq!(of(Config::default(), "pseudonym"), Some(Action::Pseudonym));
        assert_eq!(of(blocked, "pseudonym"), Some(Action::Block));
        let unknown = settings.demand(Config::none(), "SHOE_SIZE", "label");
        assert!(Kind::ALL.into_iter().all(|kind| unknown.rule(kind).is_some()));
    }
}
