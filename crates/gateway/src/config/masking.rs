//! `[masking]`, `mask` of a server, and the two switches in the environment.

use std::{collections::BTreeMap, num::NonZeroU64, ops::Range, time::Duration};

use toml::Spanned;
use vestibule_model::{Secret, ServerName};
use vestibule_pii::{Action, Config as Masked, Kind, Rule, Sensitivity};
use vestibule_vault::screen::{
    settings::{ClientSwitch, Direction, MaskRule, MaskSettings, ServerMask, Switch},
    wish,
};

use super::{ConfigError, ConfigErrors, check::Checker, raw};

/// The switch for answers in the environment.
const BEFORE_LLM: &str = "MASK_PII_BEFORE_LLM";
/// The switch for logs in the environment.
const IN_LOGS: &str = "MASK_PII_IN_LOGS";

/// Everything that is configured about masking.
pub struct Masking {
    /// What is done to answers and arguments.
    pub settings: MaskSettings,
    /// Whether logs and the audit journal are masked.
    pub logs: Switch,
    /// The key of the action `hash`; without one it is made at each start.
    pub key: Option<Secret<[u8; 32]>>,
}

impl Masking {
    /// What the environment says counts more than the file.
    ///
    /// # Errors
    /// A variable that is neither on nor off: a guess could show what was to be hidden.
    pub fn overridden_by(&mut self, environment: impl Fn(&str) -> Option<String>) -> Result<(), ConfigErrors> {
        if let Some(switch) = switch(&environment, BEFORE_LLM)? {
            self.settings.before_llm = switch;
            // A server that says nothing follows; one that is kept apart in the file stays so only where that hides more.
            for server in self.settings.servers.values_mut() {
                server.switch = server.switch.filter(|own| *own == Switch::On);
            }
        }
        if let Some(switch) = switch(&environment, IN_LOGS)? {
            self.logs = switch;
        }
        Ok(())
    }
}

/// The switch for logs alone, for what starts before a configuration is read. What cannot be read is on.
pub fn logs_by_environment() -> Switch {
    match switch(&|name| std::env::var(name).ok(), IN_LOGS) {
        Ok(found) => found.unwrap_or(Switch::On),
        Err(_) => Switch::On,
    }
}

fn switch(environment: &impl Fn(&str) -> Option<String>, name: &str) -> Result<Option<Switch>, ConfigErrors> {
    let Some(text) = environment(name) else { return Ok(None) };
    match wish::read(&text) {
        Some(switch) => Ok(Some(switch)),
        None => Err(ConfigErrors::one(ConfigError {
            file: "the environment".to_owned(),
            line: None,
            what: format!("{name} is neither on nor off"),
            remedy: "set it to one of: true, false, 1, 0, on, off".to_owned(),
        })),
    }
}

/// Checks all of it.
pub(super) fn check(checker: &mut Checker<'_>, raw: &raw::Masking, servers: &[raw::Server]) -> Masking {
    let sensitivity = sensitivity(raw.sensitivity);
    let usual = usual(checker, raw, sensitivity);
    let known: Vec<&str> = servers.iter().map(|server| server.name.get_ref().as_str()).collect();
    let settings = MaskSettings {
        before_llm: switch_of(raw.before_llm.unwrap_or(false)),
        clients: match raw.headers {
            Some(raw::MaskHeaders::Override) => ClientSwitch::Override,
            Some(raw::MaskHeaders::Tighten) | None => ClientSwitch::Tighten,
        },
        servers: servers.iter().filter_map(|server| of_server(checker, server, &usual, sensitivity)).collect(),
        rules: raw.rules.iter().filter_map(|rule| of_rule(checker, rule, &known, sensitivity)).collect(),
        proof: raw.proof_one_in.as_ref().and_then(|given| proof(checker, given)),
        memory: memory(checker, raw.remember_hours.as_ref()),
        usual,
    };
    Masking {
        settings,
        logs: switch_of(raw.logs.unwrap_or(true)),
        key: raw.hash_key.as_ref().and_then(|key| checker.key(key, "the hash key")),
    }
}

fn usual(checker: &mut Checker<'_>, raw: &raw::Masking, sensitivity: Sensitivity) -> Masked {
    let action = raw.action.as_ref().map_or(raw::MaskAction::Label, |action| *action.get_ref());
    if let Some(given) = &raw.action {
        usually(checker, action, given.span());
    }
    let mut config = Masked::none();
    let kinds: Vec<Kind> = match &raw.types {
        Some(types) => {
            named(checker, raw.types.as_ref(), "types");
            let types = types.get_ref().iter();
            types.filter_map(|name| kind(checker, name.get_ref(), name.span())).collect()
        }
        None => Kind::ALL.to_vec(),
    };
    for kind in kinds {
        config = set(config, kind, action, sensitivity);
    }
    for (name, action) in &raw.actions {
        usually(checker, *action.get_ref(), action.span());
        if let Some(kind) = kind(checker, name.get_ref(), name.span()) {
            config = set(config, kind, *action.get_ref(), sensitivity);
        }
    }
    config
}

/// What holds wherever nothing else is said: with `pass` a client that asks for masking would get none.
fn usually(checker: &mut Checker<'_>, action: raw::MaskAction, at: Range<usize>) {
    if action == raw::MaskAction::Pass {
        checker.mistake(
            at.clone(),
            "`pass` masks nothing; it is for rules and servers",
            "leave a type out of `types`, write a [[masking.rule]] for where it may pass, or `before_llm = false`",
        );
    }
    everywhere(checker, action, at);
}

/// An empty list could mean everything or nothing.
fn named<'a>(checker: &mut Checker<'_>, given: Option<&'a raw::Listed>, name: &str) -> &'a [Spanned<String>] {
    let Some(given) = given else { return &[] };
    if given.get_ref().is_empty() {
        checker.mistake(
            given.span(),
            format!("`{name}` names nothing"),
            format!("remove the line, which means all of them, or name some: {name} = [\"…\"]"),
        );
    }
    given.get_ref()
}

/// Labels are turned back only where somebody has said for which servers.
fn everywhere(checker: &mut Checker<'_>, action: raw::MaskAction, at: Range<usize>) {
    if action == raw::MaskAction::Pseudonym {
        checker.mistake(
            at,
            "labels that can be turned back need a server that is named",
            "write `mask = \"pseudonym\"` in its [[server]], or a [[masking.rule]] with `servers = [\"…\"]`",
        );
    }
}

fn of_server(
    checker: &mut Checker<'_>,
    server: &raw::Server,
    usual: &Masked,
    sensitivity: Sensitivity,
) -> Option<(ServerName, ServerMask)> {
    let given = server.mask.as_ref()?;
    let mask = match given.get_ref() {
        raw::ServerMask::Switch(on) => ServerMask { switch: Some(switch_of(*on)), usual: None },
        raw::ServerMask::Action(action) => {
            let all = Kind::ALL.into_iter().fold(Masked::none(), |all, kind| set(all, kind, *action, sensitivity));
            ServerMask { switch: Some(Switch::On), usual: Some(all) }
        }
        raw::ServerMask::Actions(actions) => {
            let all = actions_of(checker, actions, given.span(), usual.clone(), sensitivity);
            ServerMask { switch: Some(Switch::On), usual: Some(all) }
        }
    };
    Some((ServerName::new(server.name.get_ref().as_str()), mask))
}

fn actions_of(
    checker: &mut Checker<'_>,
    actions: &BTreeMap<String, raw::MaskAction>,
    at: Range<usize>,
    mut config: Masked,
    sensitivity: Sensitivity,
) -> Masked {
    for (name, action) in actions {
        if let Some(kind) = kind(checker, name, at.clone()) {
            config = set(config, kind, *action, sensitivity);
        }
    }
    config
}

fn of_rule(checker: &mut Checker<'_>, raw: &raw::MaskRule, known: &[&str], usual: Sensitivity) -> Option<MaskRule> {
    let types = named(checker, raw.types.as_ref(), "types");
    let kinds = types.iter().map(|name| kind(checker, name.get_ref(), name.span())).collect::<Option<Vec<_>>>()?;
    let servers = named(checker, raw.servers.as_ref(), "servers");
    let tools = named(checker, raw.tools.as_ref(), "tools");
    let roles = named(checker, raw.roles.as_ref(), "roles");
    for server in servers.iter().filter(|server| !known.contains(&server.get_ref().as_str())) {
        let what = format!("there is no server `{}`", server.get_ref());
        checker.mistake(server.span(), what, format!("use one of: {}", known.join(", ")));
    }
    let direction = match raw.direction {
        Some(raw::MaskDirection::Arguments) => Direction::Arguments,
        Some(raw::MaskDirection::Results) | None => Direction::Results,
    };
    let action = *raw.action.get_ref();
    match (action, direction) {
        (raw::MaskAction::Pseudonym, Direction::Arguments) => checker.mistake(
            raw.action.span(),
            "what is sent to a server cannot be turned back there",
            "use label, partial, hash or block for arguments",
        ),
        (action, _) if servers.is_empty() => everywhere(checker, action, raw.action.span()),
        _ => (),
    }
    let sensitivity = raw.sensitivity.map_or(usual, |given| sensitivity(Some(given)));
    Some(MaskRule {
        kinds,
        servers: servers.iter().map(|name| ServerName::new(name.get_ref().as_str())).collect(),
        tools: tools.iter().map(|name| name.get_ref().clone()).collect(),
        roles: roles.iter().map(|name| name.get_ref().clone()).collect(),
        direction,
        rule: action_of(action).map(|action| Rule { sensitivity, action }),
    })
}

fn kind(checker: &mut Checker<'_>, name: &str, at: Range<usize>) -> Option<Kind> {
    let kind = Kind::from_name(name);
    if kind.is_none() {
        let names = Kind::ALL.map(Kind::name).join(", ");
        checker.mistake(at, format!("`{name}` is no type of personal data"), format!("use one of: {names}"));
    }
    kind
}

fn set(config: Masked, kind: Kind, action: raw::MaskAction, sensitivity: Sensitivity) -> Masked {
    match action_of(action) {
        Some(action) => config.with(kind, Rule { sensitivity, action }),
        None => config.without(kind),
    }
}

const fn action_of(raw: raw::MaskAction) -> Option<Action> {
    match raw {
        raw::MaskAction::Pass => None,
        raw::MaskAction::Partial => Some(Action::Partial),
        raw::MaskAction::Hash => Some(Action::Hash),
        raw::MaskAction::Pseudonym => Some(Action::Pseudonym),
        raw::MaskAction::Label => Some(Action::Label),
        raw::MaskAction::Block => Some(Action::Block),
    }
}

const fn sensitivity(raw: Option<raw::MaskSensitivity>) -> Sensitivity {
    match raw {
        Some(raw::MaskSensitivity::Strict) => Sensitivity::Strict,
        Some(raw::MaskSensitivity::Balanced) | None => Sensitivity::Balanced,
        Some(raw::MaskSensitivity::Eager) => Sensitivity::Eager,
    }
}

fn switch_of(on: bool) -> Switch {
    if on { Switch::On } else { Switch::Off }
}

fn proof(checker: &mut Checker<'_>, given: &Spanned<u64>) -> Option<NonZeroU64> {
    let one_in = NonZeroU64::new(*given.get_ref());
    if one_in.is_none() {
        checker.mistake(given.span(), "one answer in none is no sample", "write 1 for every answer, or remove it");
    }
    one_in
}

fn memory(checker: &mut Checker<'_>, given: Option<&Spanned<u64>>) -> Duration {
    const HOUR: u64 = 60 * 60;
    let hours = given.map_or(12, |given| *given.get_ref());
    if let (Some(given), false) = (given, (1..=168).contains(&hours)) {
        checker.mistake(given.span(), "labels are remembered for 1 to 168 hours", "choose a number from 1 to 168");
    }
    Duration::from_secs(hours.clamp(1, 168) * HOUR)
}
