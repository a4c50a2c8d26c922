//! What to look for, how sure to be, and what to do with what is found.

use crate::{kind::Kind, mask::Action};

/// How sure a finding must be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Sensitivity {
    /// Only what is hardly anything else.
    Strict,
    /// The middle.
    #[default]
    Balanced,
    /// Rather too much than too little.
    Eager,
    /// Whatever was proposed; for explanations.
    Everything,
}

impl Sensitivity {
    pub(crate) const fn threshold(self) -> i16 {
        match self {
            Self::Strict => 65,
            Self::Balanced => 50,
            Self::Eager => 35,
            Self::Everything => 1,
        }
    }
}

/// What happens to one kind.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rule {
    /// How sure a finding must be.
    pub sensitivity: Sensitivity,
    /// What replaces it.
    pub action: Action,
}

/// The rules for all kinds. A kind without a rule is not looked for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    rules: [Option<Rule>; Kind::ALL.len()],
}

impl Default for Config {
    /// Every kind, balanced, replaced by a label.
    fn default() -> Self {
        Self { rules: [Some(Rule { sensitivity: Sensitivity::Balanced, action: Action::Label }); Kind::ALL.len()] }
    }
}

impl Config {
    /// Looks for nothing; add rules with [`with`](Self::with).
    pub fn none() -> Self {
        Self { rules: [None; Kind::ALL.len()] }
    }

    /// Sets the rule of a kind.
    #[must_use]
    pub fn with(mut self, kind: Kind, rule: Rule) -> Self {
        if let Some(slot) = self.rules.get_mut(kind.index()) {
            *slot = Some(rule);
        }
        self
    }

    /// Leaves a kind alone.
    #[must_use]
    pub fn without(mut self, kind: Kind) -> Self {
        if let Some(slot) = self.rules.get_mut(kind.index()) {
            *slot = None;
        }
        self
    }

    /// The same action for every kind that has a rule.
    #[must_use]
    pub fn with_action(mut self, action: Action) -> Self {
        for rule in self.rules.iter_mut().flatten() {
            rule.action = action;
        }
        self
    }

    /// The same sensitivity for every kind that has a rule.
    #[must_use]
    pub fn with_sensitivity(mut self, sensitivity: Sensitivity) -> Self {
        for rule in self.rules.iter_mut().flatten() {
            rule.sensitivity = sensitivity;
        }
        self
    }

    /// Everything that any recognizer proposes, however unsure: to explain, not to mask.
    pub(crate) fn with_everything(self) -> Self {
        self.with_sensitivity(Sensitivity::Everything)
    }

    /// The rule of a kind.
    pub fn rule(&self, kind: Kind) -> Option<Rule> {
        self.rules.get(kind.index()).copied().flatten()
    }

    /// The stricter of both for each kind: what either of them masks is masked, by the action that shows less.
    #[must_use]
    pub fn tightened_by(&self, other: &Self) -> Self {
        let rules = std::array::from_fn(|index| {
            let (own, others) = (self.rules.get(index).copied().flatten(), other.rules.get(index).copied().flatten());
            match (own, others) {
                (Some(own), Some(other)) => Some(Rule {
                    sensitivity: if own.sensitivity.threshold() <= other.sensitivity.threshold() {
                        own.sensitivity
                    } else {
                        other.sensitivity
                    },
                    action: own.action.stricter(other.action),
                }),
                (own, others) => own.or(others),
            }
        });
        Self { rules }
    }

    /// Whether something may be found that must not pass.
    pub fn may_block(&self) -> bool {
        self.rules.iter().flatten().any(|rule| rule.action == Action::Block)
    }

    /// The score from which a candidate of the kind is a finding.
    pub(crate) fn threshold(&self, kind: Kind) -> Option<i16> {
        self.rule(kind).map(|rule| rule.sensitivity.threshold())
    }
}
