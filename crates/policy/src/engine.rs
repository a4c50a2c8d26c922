//! decide(principal, call) → [`Decision`]: deny unless permitted; an error is a denial.

use std::sync::Arc;

use arc_swap::ArcSwap;
use vestibule_model::{Directory, Principal, RequestId, Server};

pub use crate::call::{Call, CallTarget};
use crate::{
    cache::Cache,
    facts::Asker,
    hold::Holds,
    mask::Mask,
    permit::{Decided, Decision, DenyReason},
    set::{PolicySet, ServerPolicy},
    subject,
    view::{Finding, View},
};

/// Holds the current policy set. The set is swapped whole; answers that look at no arguments are remembered.
pub struct Engine {
    current: ArcSwap<Snapshot>,
    holds: Arc<dyn Holds>,
}

/// A policy set and what was answered with it.
struct Snapshot {
    set: Arc<PolicySet>,
    cache: Cache,
}

impl Engine {
    /// Starts with a set. What `holds` finds is refused whatever the policies say, and shown to nobody.
    pub fn new(set: PolicySet, holds: Arc<dyn Holds>) -> Self {
        Self { current: ArcSwap::from_pointee(Snapshot::new(set)), holds }
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
        let snapshot = self.current.load();
        let finding = judge(&snapshot.set, Some(&snapshot.cache), principal, server, directory, &call);
        let Finding { subject, verdict, policies } = self.held_back(server, &call, finding);
        let policy = snapshot.set.find(&server.name);
        let masks = policy.map(|policy| policy.masks(&call.target(), call.method(), &policies)).unwrap_or_default();
        let (principal, server) = (Arc::clone(principal), Arc::clone(server));
        Decision::new(Decided { principal, server, request, subject, policies, masks }, call, verdict)
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
        let Some(asker) = Asker::new(principal, directory) else { return false };
        if *target == CallTarget::Session {
            return snapshot.set.find(&server.name).is_some();
        }
        let view = View::new(&snapshot.set, Some(&snapshot.cache), server, target, &asker);
        view.is_some_and(|view| view.missing_scope().is_none() && view.is_visible())
            && self.hold(server, target).is_none()
    }

    /// All that any policy of a server demands to be masked.
    pub fn demands(&self, server: &Server) -> Arc<[Mask]> {
        self.current.load().set.find(&server.name).map(ServerPolicy::demands).unwrap_or_default()
    }

    /// Whether a server may send its client this request (sampling, elicitation, roots). It may unless a policy can match
    /// the method; then the policies decide as things stand, as about `callMethod`.
    pub fn lets_server_ask(
        &self,
        principal: &Arc<Principal>,
        server: &Arc<Server>,
        directory: &Directory,
        method: &str,
    ) -> bool {
        let snapshot = self.current.load();
        let Some(asker) = Asker::new(principal, directory) else { return false };
        let view = View::new(&snapshot.set, Some(&snapshot.cache), server, &CallTarget::Method(method), &asker);
        view.is_none_or(|view| view.permits_now())
    }

    /// The last word: what is out of service is refused, to those who learn of it at all.
    pub(crate) fn held_back(&self, server: &Server, call: &dyn Call, finding: Finding) -> Finding {
        match self.hold(server, &call.target()).filter(|_| finding.verdict.is_ok()) {
            Some(why) => Finding { verdict: Err(DenyReason::Held(why)), ..finding },
            None => finding,
        }
    }

    fn hold(&self, server: &Server, target: &CallTarget<'_>) -> Option<String> {
        match target {
            CallTarget::Tool(name) => self.holds.find(&server.name, name),
            _ => None,
        }
    }
}

impl Snapshot {
    fn new(set: PolicySet) -> Self {
        Self { set: Arc::new(set), cache: Cache::new() }
    }
}

/// What policy, scope and sign-in say to a call. Makes no permit.
pub(crate) fn judge(
    set: &PolicySet,
    cache: Option<&Cache>,
    principal: &Principal,
    server: &Server,
    directory: &Directory,
    call: &dyn Call,
) -> Finding {
    let Some(policy) = set.find(&server.name) else { return Finding::early(Err(DenyReason::NoPolicy)) };
    let Some(asker) = Asker::new(principal, directory) else { return Finding::early(Err(DenyReason::Hidden)) };
    let also = call.also();
    for target in &also {
        let view = View::new(set, cache, server, target, &asker);
        let Some(finding) = view.map(|view| view.decide(None, None)) else {
            return Finding::early(Err(DenyReason::Hidden));
        };
        if finding.verdict.is_err() {
            return finding;
        }
    }
    let target = call.target();
    if target == CallTarget::Session {
        return Finding::early(Ok(()));
    }
    let Some(view) = View::new(set, cache, server, &target, &asker) else {
        return Finding::early(Err(DenyReason::Hidden));
    };
    let subject = match policy.subject_argument(&target) {
        None => Ok(None),
        Some(argument) => subject::resolve(argument, &asker, directory, call),
    };
    match subject {
        Ok(subject) => view.decide(subject, call.arguments()),
        // Whoever may not use the tool at all does not learn how its arguments are checked.
        Err(_) if !view.is_visible() => Finding::early(Err(DenyReason::Hidden)),
        Err(why) => Finding::early(Err(DenyReason::Subject(why))),
    }
}
