//! decide(principal, call) → Decision.
use std::sync::Arc;
use vestibule_model::{Digest, Directory, Principal, RequestId, Server};
use crate::{permit::Decision, set::PolicySet};
/// What policy needs to know of a call. Implemented in `vault` for the parsed message (policy does not know the wire format).
pub trait Call {
    /// "tools/call", … for the audit line.
    fn method(&self) -> &str;
    fn target(&self) -> CallTarget<'_>;
    /// Raw JSON text of a top-level argument, exact name.
    fn argument(&self, name: &str) -> Option<&str>;
    /// Whether an argument exists whose name differs from `name` only by case, `_` or `-` (refused).
    fn has_variant_of(&self, name: &str) -> bool;
    /// All arguments as raw JSON text, for Cedar's `context.arguments`.
    fn arguments(&self) -> Option<&str>;
    fn arguments_digest(&self) -> Option<Digest>;
}
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CallTarget<'a> { Tool(&'a str), Prompt(&'a str), Resource(&'a str),
  /// initialize, ping, lists, notifications, responses: allowed for whoever has a valid token, when the server has a policy.
  Session, /// denied unless a policy names the method (action "callMethod").
  Method(&'a str) }
/// Holds the current policy set; the snapshot is swapped whole; decisions that look at no arguments are cached.
pub struct Engine { _p: () }
impl Engine {
    pub fn new(set: PolicySet) -> Self { todo!() }
    pub fn replace(&self, set: PolicySet) { todo!() }
    pub fn current(&self) -> Arc<PolicySet> { todo!() }
    /// Rights = scope ∩ policy.
    pub fn decide<C: Call>(&self, principal: &Arc<Principal>, server: &Arc<Server>, directory: &Directory, request: RequestId, call: C) -> Decision<C> { todo!() }
    /// For list filtering: would the caller be allowed this target about themselves (no arguments)? Scope and policy both.
    pub fn may_see(&self, principal: &Arc<Principal>, server: &Arc<Server>, directory: &Directory, target: &CallTarget<'_>) -> bool { todo!() }
}
