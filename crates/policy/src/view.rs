//! One target as one caller meets it: the policies about it, and what they say.

use std::sync::Arc;

use vestibule_model::{Acr, Scope, ScopeSet, Server, User, UserId};

use crate::{
    cache::Cache,
    call::{CallTarget, Kind},
    facts::{Asker, Facts},
    permit::DenyReason,
    set::{PolicySet, ServerPolicy},
    slice::{Answer, Mode, Outcome, Slice},
    table::Reach,
    uri,
};

/// What was found about one call.
pub(crate) struct Finding {
    pub(crate) subject: Option<UserId>,
    pub(crate) verdict: Result<(), DenyReason>,
    pub(crate) policies: Arc<[Arc<str>]>,
}

impl Finding {
    /// Found before any policy was asked.
    pub(crate) fn early(verdict: Result<(), DenyReason>) -> Self {
        Self { subject: None, verdict, policies: Arc::default() }
    }
}

/// The policies about one target, for one caller.
pub(crate) struct View<'a> {
    set: &'a PolicySet,
    cache: Option<&'a Cache>,
    policy: &'a ServerPolicy,
    slice: &'a Slice,
    server: &'a Server,
    kind: Kind,
    name: &'a str,
    asker: &'a Asker<'a>,
}

impl<'a> View<'a> {
    /// `None` when no policy can match the target, or when the target is a resource that can be read in
    /// two ways.
    pub(crate) fn new(
        set: &'a PolicySet,
        cache: Option<&'a Cache>,
        server: &'a Server,
        target: &CallTarget<'a>,
        asker: &'a Asker<'a>,
    ) -> Option<Self> {
        let (kind, name) = target.split()?;
        let policy = set.find(&server.name)?;
        (kind != Kind::Resource || uri::is_unambiguous(name)).then_some(())?;
        let slice = policy.slice(kind, name)?;
        Some(Self { set, cache, policy, slice, server, kind, name, asker })
    }

    /// The verdict on one call: policy first, then scope, then the strength of the sign-in.
    pub(crate) fn decide(&self, subject: Option<&Arc<User>>, arguments: Option<&str>) -> Finding {
        let outcome = self.ask(Mode::Actual, subject, arguments);
        let verdict = match outcome.answer {
            Answer::Permit { step_up } => self.limit(step_up),
            Answer::Failed(error) => Err(DenyReason::Error(error)),
            Answer::Refuse => Err(self.refusal(&outcome.policies)),
        };
        Finding { subject: subject.map(|user| user.id.clone()), verdict, policies: outcome.policies }
    }

    /// Whether policy permits some call of this target.
    pub(crate) fn is_visible(&self) -> bool {
        matches!(self.ask(Mode::AtBest, self.subject_at_best(), None).answer, Answer::Permit { .. })
    }

    /// Whether policy permits this very target without arguments, after this very sign-in. Scopes have no say: they are
    /// what a person gave to a client, not to a server.
    pub(crate) fn permits_now(&self) -> bool {
        match self.ask(Mode::Actual, None, None).answer {
            Answer::Permit { step_up } => !step_up || self.asker.acr >= Acr::Multi,
            Answer::Refuse | Answer::Failed(_) => false,
        }
    }

    /// The complete set of scopes to ask for when the granted ones do not cover the target.
    pub(crate) fn missing_scope(&self) -> Option<ScopeSet> {
        let granted = self.asker.scopes;
        let needed = match self.kind {
            Kind::Tool if self.server.covers_tool(granted, self.name) => return None,
            Kind::Tool => self.server.scope_for_tool(self.name).or_else(|| Scope::parse("tools:*")),
            Kind::Prompt => Scope::parse("prompts:*"),
            Kind::Resource => Scope::parse("resources:*"),
            // A method that we know nothing of may do anything that a tool can do.
            Kind::Method => Scope::parse("tools:*"),
        };
        let needed: ScopeSet = needed.into_iter().collect();
        (needed.is_empty() || !needed.is_subset(granted)).then(|| granted.union(&needed))
    }

    /// What the policies answer, remembered where that is right.
    pub(crate) fn ask(&self, mode: Mode, subject: Option<&Arc<User>>, arguments: Option<&str>) -> Outcome {
        let remember = self.slice.ignores_arguments(mode);
        let arguments = arguments.filter(|_| !remember);
        let (kind, name, asker) = (self.kind, self.name, self.asker);
        let facts = Facts { server: &self.server.name, kind, name, asker, subject, arguments };
        let evaluate = || self.slice.evaluate(mode, &facts, &self.set.names, self.policy.infos());
        match self.cache.filter(|_| remember) {
            Some(cache) => cache.answer(mode, &facts, evaluate),
            None => evaluate(),
        }
    }

    /// The ids of the policies that can match.
    pub(crate) fn policy_ids(&self) -> impl Iterator<Item = &str> {
        self.slice.policy_ids()
    }

    fn limit(&self, step_up: bool) -> Result<(), DenyReason> {
        if let Some(scopes) = self.missing_scope() {
            return Err(DenyReason::Scope(scopes));
        }
        if step_up && self.asker.acr < Acr::Multi {
            return Err(DenyReason::StepUp(Acr::Multi.as_str().to_owned()));
        }
        Ok(())
    }

    /// Hidden when no call of this target could be permitted; else what could be, as far as tables say it.
    fn refusal(&self, forbidden_by: &[Arc<str>]) -> DenyReason {
        let best = self.ask(Mode::AtBest, self.subject_at_best(), None);
        if !matches!(best.answer, Answer::Permit { .. }) {
            return DenyReason::Hidden;
        }
        let infos = best.policies.iter().filter_map(|id| self.policy.policy(id));
        let reaches: Option<Vec<Reach>> = infos.map(|info| info.reach).collect();
        let reach = reaches.filter(|_| forbidden_by.is_empty()).and_then(|reaches| reaches.into_iter().max());
        let has_department = self.asker.user().is_some_and(|user| user.department.is_some());
        let (use_it, name) = (if self.kind == Kind::Resource { "read" } else { "use" }, self.name);
        DenyReason::Arguments(match reach {
            Some(Reach::Department) if has_department => {
                format!("You may {use_it} {name} only about people in your department.")
            }
            Some(Reach::Own | Reach::Department) => format!("You may {use_it} {name} only about yourself."),
            _ => format!("You may not {use_it} {name} in this way."),
        })
    }

    /// The caller, where policies can look at a subject at all.
    fn subject_at_best(&self) -> Option<&'a Arc<User>> {
        self.policy.subject_argument(&self.kind.target(self.name)).and_then(|_| self.asker.user())
    }
}
