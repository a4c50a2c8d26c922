//! decide(principal, call) → [`Decision`]: deny unless permitted; an error is a denial.

use std::sync::Arc;

use arc_swap::ArcSwap;
use vestibule_model::{Acr, Directory, Principal, RequestId, Scope, ScopeSet, Server, User, UserId};

pub use crate::call::{Call, CallTarget};
use crate::{
    cache::Cache,
    call::Kind,
    facts::{Asker, Facts},
    permit::{Decided, Decision, DenyReason},
    set::{PolicySet, ServerPolicy},
    slice::{Answer, Mode, Outcome, Slice},
    subject,
    table::Reach,
    uri,
};

/// Holds the current policy set. The set is swapped whole; answers that look at no arguments are remembered.
pub struct Engine {
    current: ArcSwap<Snapshot>,
}

/// A policy set and what was answered with it.
struct Snapshot {
    set: Arc<PolicySet>,
    cache: Cache,
}

impl Engine {
    /// Starts with a set.
    pub fn new(set: PolicySet) -> Self {
        Self { current: ArcSwap::from_pointee(Snapshot::new(set)) }
    }

    /// Swaps the set. Calls that are being decided finish with the one they began with.
    pub fn replace(&self, set: PolicySet) {
        self.current.store(Arc::new(Snapshot::new(set)));
    }

    /// The set in force.
    pub fn current(&self) -> Arc<PolicySet> {
        Arc::clone(&self.current.load().set)
    }

    /// Decides one call. Rights = scope ∩ policy, and policy is asked first: what a person may not do is
    /// never a scope challenge (MCP authorization, scope challenge handling: the client would ask for
    /// ever). `server` and `directory` must be the ones of this request.
    pub fn decide<C: Call>(
        &self,
        principal: &Arc<Principal>,
        server: &Arc<Server>,
        directory: &Directory,
        request: RequestId,
        call: C,
    ) -> Decision<C> {
        let finding = self.current.load().judge(principal, server, directory, &call);
        let Finding { subject, verdict, policies } = finding;
        let (principal, server) = (Arc::clone(principal), Arc::clone(server));
        Decision::new(Decided { principal, server, request, subject, policies }, call, verdict)
    }

    /// Whether a list shows the caller this target: there is a call of it that scope and policy allow.
    pub fn may_see(
        &self,
        principal: &Arc<Principal>,
        server: &Arc<Server>,
        directory: &Directory,
        target: &CallTarget<'_>,
    ) -> bool {
        let snapshot = self.current.load();
        let Some(policy) = snapshot.set.find(&server.name) else { return false };
        let Some((kind, name)) = target.split() else { return true };
        let Some(asker) = Asker::new(principal, directory) else { return false };
        let Some(slice) = find_slice(policy, kind, name) else { return false };
        let view = View { snapshot: &snapshot, policy, slice, server, kind, name, asker: &asker };
        view.is_visible() && missing_scope(server, &principal.scopes, kind, name).is_none()
    }

    /// What was found about a call, without making a permit.
    pub(crate) fn judge(&self, principal: &Principal, server: &Server, directory: &Directory, call: &dyn Call) -> Finding {
        self.current.load().judge(principal, server, directory, call)
    }
}

/// What was found about one call.
pub(crate) struct Finding {
    pub(crate) subject: Option<UserId>,
    pub(crate) verdict: Result<(), DenyReason>,
    pub(crate) policies: Arc<[Arc<str>]>,
}

impl Finding {
    fn without_policy(verdict: Result<(), DenyReason>) -> Self {
        Self { subject: None, verdict, policies: Arc::default() }
    }
}

impl Snapshot {
    fn new(set: PolicySet) -> Self {
        Self { set: Arc::new(set), cache: Cache::new() }
    }

    fn judge(&self, principal: &Principal, server: &Server, directory: &Directory, call: &dyn Call) -> Finding {
        let Some(policy) = self.set.find(&server.name) else {
            return Finding::without_policy(Err(DenyReason::NoPolicy));
        };
        let hidden = || Finding::without_policy(Err(DenyReason::Hidden));
        let Some(asker) = Asker::new(principal, directory) else { return hidden() };
        let target = call.target();
        let Some((kind, name)) = target.split() else { return Finding::without_policy(Ok(())) };
        let Some(slice) = find_slice(policy, kind, name) else { return hidden() };
        let view = View { snapshot: self, policy, slice, server, kind, name, asker: &asker };
        let subject = match policy.subject_argument(&target) {
            None => None,
            Some(argument) => match subject::resolve(argument, &asker, directory, call) {
                Ok(subject) => subject,
                Err(_) if !view.is_visible() => return hidden(),
                Err(why) => return Finding::without_policy(Err(DenyReason::Subject(why))),
            },
        };
        view.decide(subject, call)
    }
}

/// One target as one caller meets it.
struct View<'a> {
    snapshot: &'a Snapshot,
    policy: &'a ServerPolicy,
    slice: &'a Slice,
    server: &'a Server,
    kind: Kind,
    name: &'a str,
    asker: &'a Asker<'a>,
}

impl View<'_> {
    fn decide(&self, subject: Option<&Arc<User>>, call: &dyn Call) -> Finding {
        let outcome = self.ask(Mode::Actual, subject, call.arguments());
        let verdict = match outcome.answer {
            Answer::Permit { step_up } => self.limit(step_up),
            Answer::Failed(error) => Err(DenyReason::Error(error)),
            Answer::Refuse => Err(self.refusal(&outcome.policies)),
        };
        Finding { subject: subject.map(|user| user.id.clone()), verdict, policies: outcome.policies }
    }

    /// What policy permits still needs the scope, and perhaps a stronger sign-in.
    fn limit(&self, step_up: bool) -> Result<(), DenyReason> {
        if let Some(scopes) = missing_scope(self.server, self.asker.scopes, self.kind, self.name) {
            return Err(DenyReason::Scope(scopes));
        }
        if step_up && self.asker.acr < Acr::Multi {
            return Err(DenyReason::StepUp(Acr::Multi.as_str().to_owned()));
        }
        Ok(())
    }

    /// Hidden when no call of this target could be permitted; else what could be, as far as tables say it.
    fn refusal(&self, forbidden_by: &[Arc<str>]) -> DenyReason {
        let best = self.ask(Mode::AtBest, self.asker.user(), None);
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
            Some(Reach::Visible | Reach::All) | None => format!("You may not {use_it} {name} in this way."),
        })
    }

    fn is_visible(&self) -> bool {
        matches!(self.ask(Mode::AtBest, self.asker.user(), None).answer, Answer::Permit { .. })
    }

    fn ask(&self, mode: Mode, subject: Option<&Arc<User>>, arguments: Option<&str>) -> Outcome {
        let remember = self.slice.ignores_arguments(mode);
        let arguments = arguments.filter(|_| !remember);
        let (kind, name, asker) = (self.kind, self.name, self.asker);
        let facts = Facts { server: &self.server.name, kind, name, asker, subject, arguments };
        let evaluate = || self.slice.evaluate(mode, &facts, &self.snapshot.set.names, self.policy.infos());
        if remember { self.snapshot.cache.answer(mode, &facts, evaluate) } else { evaluate() }
    }
}

/// The policies about a target; none for a resource that could be read in two ways.
fn find_slice<'a>(policy: &'a ServerPolicy, kind: Kind, name: &str) -> Option<&'a Slice> {
    (kind != Kind::Resource || uri::is_unambiguous(name)).then(|| policy.slice(kind, name)).flatten()
}

/// The complete set of scopes to ask for when the granted ones do not cover a target.
fn missing_scope(server: &Server, granted: &ScopeSet, kind: Kind, name: &str) -> Option<ScopeSet> {
    let needed = match kind {
        Kind::Tool if server.covers_tool(granted, name) => return None,
        Kind::Tool => server.scope_for_tool(name).or_else(|| Scope::parse("tools:*")),
        Kind::Prompt => Scope::parse("prompts:*"),
        Kind::Resource => Scope::parse("resources:*"),
        // A method that we know nothing of may do anything that a tool can do.
        Kind::Method => Scope::parse("tools:*"),
    };
    let needed: ScopeSet = needed.into_iter().collect();
    (!needed.is_subset(granted) || needed.is_empty()).then(|| granted.union(&needed))
}
