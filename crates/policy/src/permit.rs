//! Decision and permit: sealed, taken by value.
use std::sync::Arc;
use vestibule_model::{AuditEvent, Principal, RequestId, Scope, ScopeSet, Server, Timestamp, UserId};
use crate::engine::Call;
/// Why not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DenyReason {
    /// No policy permits it for any argument: treat as unknown (hidden).
    Hidden,
    /// Permitted for other arguments: say so.
    Arguments(String),
    /// The subject argument is not one plain known value.
    Subject(String),
    /// The token does not cover it: 403 insufficient_scope with the complete set.
    Scope(ScopeSet),
    /// A `@step_up` cure applies: needs this acr.
    StepUp(String),
    /// A policy failed to evaluate.
    Error(String),
    /// The server has no policy.
    NoPolicy,
}
impl DenyReason { /// stable code for audit: hidden, arguments, subject, scope, step_up, policy_error, no_policy
    pub fn code(&self) -> &'static str { todo!() } }
/// The outcome for one call; owns the call. Record `event` before unwrapping.
pub struct Decision<C> { _p: std::marker::PhantomData<C> }
/// One allowed call: sealed, not Clone, owns the very call that was decided.
pub struct Permit<C> { _p: std::marker::PhantomData<C> }
/// A refused call.
pub struct Denied<C> { pub call: C, pub reason: DenyReason, pub policies: Vec<Arc<str>> }
impl<C: Call> Decision<C> {
    pub fn is_allowed(&self) -> bool { todo!() }
    /// The audit event of this decision (kind Call), with org, user, client, grant, scopes, server, action, target, subject, verdict, reason, policies, arguments digest.
    pub fn event(&self, at: Timestamp, request: RequestId) -> AuditEvent { todo!() }
    pub fn into_permit(self) -> Result<Permit<C>, Denied<C>> { todo!() }
}
impl<C> Permit<C> {
    pub fn call(&self) -> &C { todo!() }
    pub fn principal(&self) -> &Arc<Principal> { todo!() }
    pub fn server(&self) -> &Arc<Server> { todo!() }
    pub fn request(&self) -> &RequestId { todo!() }
    pub fn subject(&self) -> Option<&UserId> { todo!() }
    pub fn into_call(self) -> C { todo!() }
}
