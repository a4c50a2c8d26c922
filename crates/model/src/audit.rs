//! Evidence: what happened, who did it, and what was decided. Never a secret.

use std::{borrow::Cow, net::IpAddr, sync::Arc};

use serde::Serialize;

use crate::{
    clock::Timestamp,
    digest::Digest,
    ids::{ClientId, GrantId, OrgId, RequestId, ServerName, SessionId, UserId},
    scope::ScopeSet,
};

/// What kind of thing happened.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum EventKind {
    /// An MCP message was decided.
    #[serde(rename = "call")]
    Call,
    /// The answer to an allowed call has passed.
    #[serde(rename = "outcome")]
    Outcome,
    /// A request came without a valid credential.
    #[serde(rename = "unauthenticated")]
    Unauthenticated,
    /// Somebody signed in, or failed to.
    #[serde(rename = "sign_in")]
    SignIn,
    /// A session ended.
    #[serde(rename = "sign_out")]
    SignOut,
    /// A factor was enrolled, used up or removed.
    #[serde(rename = "factor")]
    Factor,
    /// A person allowed or refused a client.
    #[serde(rename = "consent")]
    Consent,
    /// The token endpoint answered.
    #[serde(rename = "token")]
    Token,
    /// A token or grant was revoked.
    #[serde(rename = "revoke")]
    Revoke,
    /// A client registered or changed.
    #[serde(rename = "client")]
    Client,
    /// An administrator changed something.
    #[serde(rename = "admin")]
    Admin,
    /// A signing key was made, promoted or retired.
    #[serde(rename = "key")]
    Key,
    /// A tool definition was seen for the first time, or has changed.
    #[serde(rename = "pin")]
    Pin,
    /// The process started or stopped.
    #[serde(rename = "system")]
    System,
}

/// What was decided.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It may happen, or it succeeded.
    Allow,
    /// It may not, or it failed.
    Deny,
}

/// Whether personal data in an event is masked when it is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Masking {
    /// As the journal is configured.
    #[default]
    AsConfigured,
    /// It is.
    On,
    /// It is not.
    Off,
}

/// One line of the audit journal, before it is numbered and chained.
#[derive(Clone, Debug, Serialize)]
pub struct AuditEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// The request it belongs to.
    pub request: RequestId,
    /// The tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The OAuth client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientId>,
    /// The grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantId>,
    /// The browser session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// The scopes in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<ScopeSet>,
    /// The MCP server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerName>,
    /// The MCP method, grant type or other verb.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Cow<'static, str>>,
    /// The tool, prompt, resource, page or id acted on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Arc<str>>,
    /// The user whose data it touches, when policy found one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<UserId>,
    /// What was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Why, as a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'static, str>>,
    /// The policies that decided.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub policies: Arc<[Arc<str>]>,
    /// SHA-256 of the arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Digest>,
    /// SHA-256 of the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Digest>,
    /// The HTTP status answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long it took, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micros: Option<u64>,
    /// Where the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// A short free text for people: never a secret, never user content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Cow<'static, str>>,
    /// Not written: how it is written.
    #[serde(skip)]
    pub masking: Masking,
}

impl AuditEvent {
    /// An event with nothing but its time, kind and request; fill in what is known.
    pub fn new(at: Timestamp, kind: EventKind, request: RequestId) -> Self {
        Self {
            at,
            kind,
            request,
            org: None,
            user: None,
            client: None,
            grant: None,
            session: None,
            scopes: None,
            server: None,
            action: None,
            target: None,
            subject: None,
            verdict: None,
            reason: None,
            policies: Arc::default(),
            arguments: None,
            result: None,
            status: None,
            micros: None,
            address: None,
            detail: None,
            masking: Masking::AsConfigured,
        }
    }
}
