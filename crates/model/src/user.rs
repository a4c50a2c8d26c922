//! People and service accounts in the directory.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{OrgId, UserId};

/// A user of the directory: the facts that policies may look at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct User {
    /// Never reused.
    pub id: UserId,
    /// The tenant.
    pub org: OrgId,
    /// For sign-in and display; compared by its canonical form.
    pub email: String,
    /// What to call them.
    pub name: String,
    /// Roles, as permission tables name them.
    pub roles: Vec<String>,
    /// Groups, as the company's identity provider names them.
    pub groups: Vec<String>,
    /// The department, when they have one; the reach `department` compares it.
    pub department: Option<String>,
    /// The user they report to.
    pub manager: Option<UserId>,
    /// Further attributes, among them those that arguments of tools refer to (`employee_id`).
    pub attributes: BTreeMap<String, String>,
    /// A disabled user is refused at every door, at once.
    pub disabled: bool,
}

impl User {
    /// Whether the user holds a role, compared exactly.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|have| have == role)
    }
}
