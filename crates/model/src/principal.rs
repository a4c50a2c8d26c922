//! The principal: a subject, the client acting for it, and the grant it acts under.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    ids::{ClientId, GrantId, OrgId, TokenId, UserId},
    scope::ScopeSet,
    user::User,
};

/// On whose behalf a request is made.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A person of the directory, as the directory knows them now.
    User(Arc<User>),
    /// A client acting for itself (RFC 6749 section 4.4), with the roles its registration gives it.
    Service {
        /// The client.
        client: ClientId,
        /// Roles, as permission tables name them.
        roles: Vec<String>,
    },
}

/// How strongly the subject proved who they are (`acr`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Acr {
    /// One factor (NIST SP 800-63B AAL1).
    #[serde(rename = "aal1")]
    Single,
    /// Two factors (AAL2).
    #[serde(rename = "aal2")]
    Multi,
}

impl Acr {
    /// The `acr` claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Single => "aal1",
            Self::Multi => "aal2",
        }
    }
}

/// When and how the subject authenticated (OpenID Connect Core section 2; RFC 8176 for `amr`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Authentication {
    /// The strength reached.
    pub acr: Acr,
    /// The methods used: `pwd`, `otp`, `mfa`, …
    pub amr: Vec<String>,
    /// When.
    pub auth_time: Timestamp,
}

/// Who is calling. Facts about the user come from the directory, never from the token.
#[derive(Clone, Debug)]
pub struct Principal {
    /// On whose behalf.
    pub subject: Subject,
    /// The tenant.
    pub org: OrgId,
    /// The client that acts.
    pub client: ClientId,
    /// The consent under which it acts.
    pub grant: GrantId,
    /// What that consent covers, for the server being called.
    pub scopes: ScopeSet,
    /// How the subject proved who they are.
    pub authentication: Authentication,
    /// The `jti` of the token presented.
    pub token: TokenId,
    /// When that token ends.
    pub expires_at: Timestamp,
}

impl Principal {
    /// The user, unless a client acts for itself.
    pub fn user(&self) -> Option<&Arc<User>> {
        match &self.subject {
            Subject::User(user) => Some(user),
            Subject::Service { .. } => None,
        }
    }

    /// The stable id of the subject: a user id, or the client id of a service.
    pub fn subject_id(&self) -> &str {
        match &self.subject {
            Subject::User(user) => user.id.as_str(),
            Subject::Service { client, .. } => client.as_str(),
        }
    }

    /// The user's id, unless a client acts for itself.
    pub fn user_id(&self) -> Option<&UserId> {
        self.user().map(|user| &user.id)
    }

    /// The roles held.
    pub fn roles(&self) -> &[String] {
        match &self.subject {
            Subject::User(user) => &user.roles,
            Subject::Service { roles, .. } => roles,
        }
    }
}
