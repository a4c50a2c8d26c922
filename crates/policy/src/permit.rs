//! Decision and permit: sealed, taken by value.
//!
//! A [`Decision`] owns the call that was decided. Its [`event`](Decision::event) is written to the
//! journal first; then it is unwrapped, once, into a [`Permit`] or a [`Denied`].
//!
//! Nobody outside this crate can make a permit:
//!
//! ```compile_fail
//! fn forge(call: u8, decision: vestibule_policy::Decision<u8>) -> vestibule_policy::Permit<u8> {
//!     vestibule_policy::Permit { decided: decision.decided, call }
//! }
//! ```
//!
//! A permit is good for one call:
//!
//! ```compile_fail
//! fn twice(permit: vestibule_policy::Permit<u8>) -> (vestibule_policy::Permit<u8>, vestibule_policy::Permit<u8>) {
//!     (permit.clone(), permit)
//! }
//! ```
//!
//! A decision is used once:
//!
//! ```compile_fail
//! fn twice<C: vestibule_policy::Call>(decision: vestibule_policy::Decision<C>) {
//!     let first = decision.into_permit();
//!     let second = decision.into_permit();
//! }
//! ```
//!
//! The same function with one use compiles, so the three above fail for the reason they name:
//!
//! ```
//! fn once<C: vestibule_policy::Call>(decision: vestibule_policy::Decision<C>) -> Option<C> {
//!     decision.into_permit().ok().map(|permit| permit.into_call())
//! }
//! ```

use std::{borrow::Cow, sync::Arc};

use vestibule_model::{AuditEvent, EventKind, Principal, RequestId, ScopeSet, Server, Timestamp, UserId, Verdict};

use crate::{call::Call, mask::Mask};

/// Why not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DenyReason {
    /// No policy permits it for any argument: treat the target as unknown, so that nobody learns what exists.
    Hidden,
    /// Permitted for other arguments; the sentence, for people, says which.
    Arguments(String),
    /// The subject argument is not one plain known value; the sentence, for people, says what is wrong with it.
    Subject(String),
    /// Policy permits it, but the person did not give it to this client: 403 `insufficient_scope` with
    /// this set, which is what was granted and what is needed (MCP authorization, scope challenge handling).
    Scope(ScopeSet),
    /// Permitted after a stronger sign-in: the `acr` that is needed (RFC 9470 section 3).
    StepUp(String),
    /// Policy permits it, but the tool is out of service until an administrator decides; the sentence says so.
    Held(String),
    /// A policy failed to evaluate. The text is for our log only.
    Error(String),
    /// The server has no policy.
    NoPolicy,
}

impl DenyReason {
    /// The stable code in the audit journal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Hidden => "hidden",
            Self::Arguments(_) => "arguments",
            Self::Subject(_) => "subject",
            Self::Scope(_) => "scope",
            Self::StepUp(_) => "step_up",
            Self::Held(_) => "held",
            Self::Error(_) => "policy_error",
            Self::NoPolicy => "no_policy",
        }
    }
}

/// What a decision is about and rests on; shared by decision and permit.
pub(crate) struct Decided {
    pub(crate) principal: Arc<Principal>,
    pub(crate) server: Arc<Server>,
    pub(crate) request: RequestId,
    /// The user whose data the call touches, when a table names the argument that says so.
    pub(crate) subject: Option<UserId>,
    /// The ids of the policies that decided.
    pub(crate) policies: Arc<[Arc<str>]>,
    /// What of the answer must be masked.
    pub(crate) masks: Arc<[Mask]>,
}

/// The outcome for one call; owns the call. Record its event before unwrapping it.
#[must_use = "a decision must be recorded and unwrapped"]
pub struct Decision<C> {
    decided: Decided,
    call: C,
    verdict: Result<(), DenyReason>,
}

/// One allowed call: sealed, not `Clone`, owns the very call that was decided.
#[must_use = "a permit is good for one call"]
pub struct Permit<C> {
    decided: Decided,
    call: C,
}

/// A refused call.
pub struct Denied<C> {
    /// The call.
    pub call: C,
    /// Why.
    pub reason: DenyReason,
    /// The ids of the policies that decided; none when no policy matched.
    pub policies: Arc<[Arc<str>]>,
}

/// The longest method name that the journal keeps, in bytes.
const METHOD_LIMIT: usize = 128;
/// The longest target that the journal keeps, in bytes.
const TARGET_LIMIT: usize = 2048;

impl<C: Call> Decision<C> {
    pub(crate) fn new(decided: Decided, call: C, verdict: Result<(), DenyReason>) -> Self {
        Self { decided, call, verdict }
    }

    /// Whether it may happen.
    pub fn is_allowed(&self) -> bool {
        self.verdict.is_ok()
    }

    /// The audit event of this decision: who, under which consent, what, on whose data, and why.
    /// Arguments appear as a digest only.
    pub fn event(&self, at: Timestamp) -> AuditEvent {
        let Decided { principal, server, request, subject, policies, .. } = &self.decided;
        AuditEvent {
            org: Some(principal.org.clone()),
            user: principal.user_id().cloned(),
            client: Some(principal.client.clone()),
            grant: Some(principal.grant.clone()),
            scopes: Some(principal.scopes.clone()),
            server: Some(server.name.clone()),
            action: Some(method_name(self.call.method())),
            target: self.call.target().name().map(|name| shorten(name, TARGET_LIMIT).into()),
            subject: subject.clone(),
            verdict: Some(if self.verdict.is_ok() { Verdict::Allow } else { Verdict::Deny }),
            reason: self.verdict.as_ref().err().map(|reason| Cow::Borrowed(reason.code())),
            policies: Arc::clone(policies),
            arguments: self.call.arguments_digest(),
            ..AuditEvent::new(at, EventKind::Call, request.clone())
        }
    }

    /// The permit, or why there is none.
    ///
    /// # Errors
    /// The call with the reason, when it was refused.
    pub fn into_permit(self) -> Result<Permit<C>, Denied<C>> {
        let Self { decided, call, verdict } = self;
        match verdict {
            Ok(()) => Ok(Permit { decided, call }),
            Err(reason) => Err(Denied { call, reason, policies: decided.policies }),
        }
    }
}

impl<C> Permit<C> {
    /// The call that was allowed.
    pub fn call(&self) -> &C {
        &self.call
    }

    /// Who makes it.
    pub fn principal(&self) -> &Arc<Principal> {
        &self.decided.principal
    }

    /// Where it goes.
    pub fn server(&self) -> &Arc<Server> {
        &self.decided.server
    }

    /// The request it answers; the receipt of the journal must name the same.
    pub fn request(&self) -> &RequestId {
        &self.decided.request
    }

    /// The user whose data it touches, when policy found one.
    pub fn subject(&self) -> Option<&UserId> {
        self.decided.subject.as_ref()
    }

    /// What of the answer must be masked, whatever else is configured.
    pub fn masks(&self) -> &[Mask] {
        &self.decided.masks
    }

    /// Gives the call back and ends the permit.
    pub fn into_call(self) -> C {
        self.call
    }
}

/// A method as the journal names it. The common ones cost no copy; a strange one is cut to a bearable length.
fn method_name(method: &str) -> Cow<'static, str> {
    const COMMON: [&str; 8] = [
        "tools/call",
        "tools/list",
        "initialize",
        "notifications/initialized",
        "ping",
        "resources/read",
        "resources/list",
        "prompts/get",
    ];
    match COMMON.into_iter().find(|common| *common == method) {
        Some(common) => Cow::Borrowed(common),
        None => Cow::Owned(shorten(method, METHOD_LIMIT).to_owned()),
    }
}

/// The longest start of `text` that has at most `limit` bytes.
fn shorten(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}
