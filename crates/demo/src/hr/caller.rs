//! Who is calling, as the signed JWT says.

use serde::Deserialize;

use super::people::{self, Employee};

/// The claims about the person behind a call.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Caller {
    /// The user's id at the issuer.
    pub sub: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// Their roles: `EMPLOYEE`, `DEPARTMENT_HEAD`, `ADMINISTRATOR`, `EXECUTIVE`.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Their department.
    pub department: Option<String>,
    /// Their number in this system.
    pub employee_id: Option<String>,
}

impl Caller {
    /// The employee they are, when they are one.
    pub(crate) fn employee(&self) -> Option<&'static Employee> {
        people::find(self.employee_id.as_deref()?)
    }

    /// Administrators and executives look after everybody.
    pub(crate) fn is_for_all(&self) -> bool {
        self.roles.iter().any(|role| role == "ADMINISTRATOR" || role == "EXECUTIVE")
    }

    /// Whether they look after this person: everybody, or their own department.
    pub(crate) fn looks_after(&self, employee: &Employee) -> bool {
        let heads = self.roles.iter().any(|role| role == "DEPARTMENT_HEAD");
        self.is_for_all() || (heads && self.department.as_deref() == Some(employee.department))
    }
}
