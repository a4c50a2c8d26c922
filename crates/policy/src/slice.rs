//! Policies sorted by what they can decide, so that a call meets only its own.
//!
//! Cedar's cost grows with the number of policies. At load each policy is put into the slice of every
//! target it names, or into all slices of a kind when it names none.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use cedar_policy::{ActionConstraint, Authorizer, Decision, EntityUid, Policy, PolicySet, ResourceConstraint};

use crate::{
    call::Kind,
    compile::{AtBest, Compiled, PolicyInfo},
    facts::Facts,
    limits::with_stack,
    schema::Vocabulary,
};

/// The policies that can match one target, highest tier first.
#[derive(Default)]
pub(crate) struct Slice {
    tiers: Vec<PolicySet>,
    at_best: Vec<PolicySet>,
    uses_arguments: bool,
    /// The greatest weight among its policies.
    weight: usize,
}

/// Which question a slice is asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Mode {
    /// May this very call be made?
    Actual,
    /// Is there any subject and any arguments for which it might? An over-estimate: never no when the
    /// actual answer for some call is yes.
    AtBest,
}

/// What the policies answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// Permitted, perhaps only after a stronger sign-in.
    Permit { step_up: bool },
    /// A forbid matched, or nothing did.
    Refuse,
    /// A policy failed; the text is for the log.
    Failed(String),
}

/// The answer and the policies it rests on.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    pub(crate) policies: Arc<[Arc<str>]>,
}

impl Slice {
    /// Whether an answer to this question may be remembered without its arguments.
    pub(crate) fn ignores_arguments(&self, mode: Mode) -> bool {
        !self.uses_arguments || mode == Mode::AtBest
    }

    /// The policies, highest tier first.
    pub(crate) fn policy_ids(&self) -> impl Iterator<Item = &str> {
        self.tiers.iter().flat_map(PolicySet::policies).map(|policy| policy.id().as_ref())
    }

    /// The highest tier with a match decides; inside a tier forbid wins; no match is a denial. An error
    /// in a tier that is reached denies, whichever policy made it.
    pub(crate) fn evaluate(
        &self,
        mode: Mode,
        facts: &Facts<'_>,
        names: &Vocabulary,
        infos: &HashMap<Arc<str>, PolicyInfo>,
    ) -> Outcome {
        let (request, entities) = match facts.to_cedar(names) {
            Ok(question) => question,
            Err(error) => return Outcome::failed(error.to_string()),
        };
        let tiers = match mode {
            Mode::Actual => &self.tiers,
            Mode::AtBest => &self.at_best,
        };
        for tier in tiers {
            let response = with_stack(self.weight, || Authorizer::new().is_authorized(&request, tier, &entities));
            if let Some(error) = response.diagnostics().errors().next() {
                return Outcome::failed(error.to_string());
            }
            let matched: Vec<&PolicyInfo> =
                response.diagnostics().reason().filter_map(|id| infos.get(AsRef::<str>::as_ref(id))).collect();
            let answer = match response.decision() {
                Decision::Allow => Answer::Permit { step_up: matched.iter().any(|info| info.step_up) },
                Decision::Deny if matched.is_empty() => continue,
                Decision::Deny => Answer::Refuse,
            };
            let mut policies: Vec<Arc<str>> = matched.into_iter().map(|info| Arc::clone(&info.id)).collect();
            policies.sort_unstable();
            return Outcome { answer, policies: policies.into() };
        }
        Outcome::refused()
    }

    fn build(policies: &[&Compiled]) -> Result<Self, String> {
        let mut by_tier: BTreeMap<i32, (PolicySet, PolicySet)> = BTreeMap::new();
        for compiled in policies {
            let (actual, at_best) = by_tier.entry(-compiled.info.tier).or_default();
            add(actual, &compiled.policy)?;
            match &compiled.at_best {
                AtBest::Same => add(at_best, &compiled.policy)?,
                AtBest::Permits(policy) => add(at_best, policy)?,
                AtBest::Nothing => {}
            }
        }
        let uses_arguments = policies.iter().any(|compiled| compiled.uses_arguments);
        let weight = policies.iter().map(|compiled| compiled.weight).max().unwrap_or(0);
        let (tiers, at_best) = by_tier.into_values().unzip();
        Ok(Self { tiers, at_best, uses_arguments, weight })
    }
}

impl Outcome {
    /// Nothing matched.
    pub(crate) fn refused() -> Self {
        Self { answer: Answer::Refuse, policies: Arc::default() }
    }

    fn failed(error: String) -> Self {
        Self { answer: Answer::Failed(error), policies: Arc::default() }
    }
}

/// All slices of one kind of target.
#[derive(Default)]
pub(crate) struct Slices {
    named: HashMap<Box<str>, Slice>,
    /// For targets that no policy names; `None` when every policy names its targets.
    rest: Option<Slice>,
}

impl Slices {
    /// Sorts the policies that can decide about a kind.
    pub(crate) fn build(kind: Kind, policies: &[Compiled], names: &Vocabulary) -> Result<Self, String> {
        let action = names.action(kind);
        let of_kind: Vec<&Compiled> = policies.iter().filter(|policy| covers_action(policy, &action)).collect();
        let targets: Vec<Option<String>> = of_kind.iter().map(|policy| named_target(policy, kind)).collect();
        let select = |name: Option<&str>| -> Vec<&Compiled> {
            let wanted = |target: &Option<String>| target.is_none() || target.as_deref() == name;
            of_kind.iter().zip(&targets).filter(|(_, target)| wanted(target)).map(|(policy, _)| *policy).collect()
        };
        let distinct: BTreeSet<&str> = targets.iter().flatten().map(String::as_str).collect();
        let named = distinct.into_iter().map(|name| Ok((name.into(), Slice::build(&select(Some(name)))?)));
        let rest = select(None);
        Ok(Self {
            named: named.collect::<Result<_, String>>()?,
            rest: if rest.is_empty() { None } else { Some(Slice::build(&rest)?) },
        })
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Slice> {
        self.named.get(name).or(self.rest.as_ref())
    }

    /// The targets that policies name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(AsRef::as_ref)
    }
}

fn add(set: &mut PolicySet, policy: &Policy) -> Result<(), String> {
    set.add(policy.clone()).map_err(|error| error.to_string())
}

fn covers_action(compiled: &Compiled, action: &EntityUid) -> bool {
    match compiled.policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(only) => only == *action,
        ActionConstraint::In(list) => list.contains(action),
    }
}

/// The one target that a policy can match; `None` when its head leaves that open.
fn named_target(compiled: &Compiled, kind: Kind) -> Option<String> {
    match compiled.policy.resource_constraint() {
        ResourceConstraint::Eq(uid) | ResourceConstraint::In(uid) | ResourceConstraint::IsIn(_, uid) => {
            (uid.type_name().basename() == kind.entity_type()).then(|| uid.id().unescaped().to_owned())
        }
        ResourceConstraint::Any | ResourceConstraint::Is(_) => None,
    }
}
