//! The staff of Acme Instruments.

use schemars::JsonSchema;
use serde::Serialize;

/// Somebody who works here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Employee {
    /// The number, such as `E1001`.
    pub id: &'static str,
    /// The full name.
    pub name: &'static str,
    /// The e-mail address at work.
    pub email: &'static str,
    /// The job title.
    pub title: &'static str,
    /// The department.
    pub department: &'static str,
    /// The role in this system: `EMPLOYEE`, `DEPARTMENT_HEAD`, `ADMINISTRATOR` or `EXECUTIVE`.
    pub role: &'static str,
    /// The number of the person they report to; nobody for the chief executive.
    pub manager: Option<&'static str>,
    /// The first day at work.
    pub hired: &'static str,
    /// The office.
    pub location: &'static str,
}

/// A department.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Department {
    pub(crate) name: &'static str,
    pub(crate) head: &'static str,
    pub(crate) cost_center: &'static str,
}

/// All departments.
pub(crate) const DEPARTMENTS: [Department; 3] = [
    Department { name: "Engineering", head: "E1001", cost_center: "CC-100" },
    Department { name: "Sales", head: "E1005", cost_center: "CC-200" },
    Department { name: "People Operations", head: "E1009", cost_center: "CC-300" },
];

/// Everybody, by number.
pub fn employees() -> &'static [Employee] {
    &STAFF
}

/// The employee with a number.
pub(crate) fn find(id: &str) -> Option<&'static Employee> {
    STAFF.iter().find(|employee| employee.id == id)
}

/// Everybody in a department.
pub(crate) fn of_department(name: &str) -> impl Iterator<Item = &'static Employee> {
    STAFF.iter().filter(move |employee| employee.department == name)
}

const EMPLOYEE: &str = "EMPLOYEE";
const HEAD: &str = "DEPARTMENT_HEAD";

#[rustfmt::skip]
static STAFF: [Employee; 13] = [
    Employee { id: "E1001", name: "Nadia Rahman", email: "nadia.rahman@acme.example", title: "Head of Engineering", department: "Engineering", role: HEAD, manager: Some("E1012"), hired: "2017-03-01", location: "Berlin" },
    Employee { id: "E1002", name: "Tom Berger", email: "tom.berger@acme.example", title: "Senior Engineer", department: "Engineering", role: EMPLOYEE, manager: Some("E1001"), hired: "2019-06-17", location: "Berlin" },
    Employee { id: "E1003", name: "Mei Lin", email: "mei.lin@acme.example", title: "Engineer", department: "Engineering", role: EMPLOYEE, manager: Some("E1001"), hired: "2022-09-05", location: "Lisbon" },
    Employee { id: "E1004", name: "Oluwaseun Ade", email: "oluwaseun.ade@acme.example", title: "Test Engineer", department: "Engineering", role: EMPLOYEE, manager: Some("E1002"), hired: "2024-02-12", location: "Berlin" },
    Employee { id: "E1005", name: "Sofia Marin", email: "sofia.marin@acme.example", title: "Head of Sales", department: "Sales", role: HEAD, manager: Some("E1012"), hired: "2018-01-08", location: "Lisbon" },
    Employee { id: "E1006", name: "Jack Doyle", email: "jack.doyle@acme.example", title: "Account Manager", department: "Sales", role: EMPLOYEE, manager: Some("E1005"), hired: "2020-11-02", location: "Dublin" },
    Employee { id: "E1007", name: "Priya Nair", email: "priya.nair@acme.example", title: "Account Manager", department: "Sales", role: EMPLOYEE, manager: Some("E1005"), hired: "2021-05-10", location: "Berlin" },
    Employee { id: "E1008", name: "Lukas Weiss", email: "lukas.weiss@acme.example", title: "Sales Engineer", department: "Sales", role: EMPLOYEE, manager: Some("E1005"), hired: "2023-08-21", location: "Berlin" },
    Employee { id: "E1009", name: "Hannah Cole", email: "hannah.cole@acme.example", title: "Head of People", department: "People Operations", role: HEAD, manager: Some("E1012"), hired: "2018-10-15", location: "Berlin" },
    Employee { id: "E1010", name: "Diego Torres", email: "diego.torres@acme.example", title: "HR Systems Administrator", department: "People Operations", role: "ADMINISTRATOR", manager: Some("E1009"), hired: "2020-02-03", location: "Lisbon" },
    Employee { id: "E1011", name: "Amara Obi", email: "amara.obi@acme.example", title: "Recruiter", department: "People Operations", role: EMPLOYEE, manager: Some("E1009"), hired: "2022-04-25", location: "Dublin" },
    Employee { id: "E1012", name: "Evelyn Stone", email: "evelyn.stone@acme.example", title: "Chief Executive", department: "People Operations", role: "EXECUTIVE", manager: None, hired: "2015-01-05", location: "Berlin" },
    Employee { id: "E1013", name: "Yuki Tanaka", email: "yuki.tanaka@acme.example", title: "Payroll Specialist", department: "People Operations", role: EMPLOYEE, manager: Some("E1009"), hired: "2023-01-16", location: "Berlin" },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_exists_and_every_department_has_two_employees() {
        for role in [EMPLOYEE, HEAD, "ADMINISTRATOR", "EXECUTIVE"] {
            assert!(STAFF.iter().any(|employee| employee.role == role), "{role}");
        }
        for department in &DEPARTMENTS {
            assert!(of_department(department.name).filter(|employee| employee.role == EMPLOYEE).count() >= 2);
            assert_eq!(find(department.head).map(|head| (head.role, head.department)), Some((HEAD, department.name)));
        }
    }

    #[test]
    fn numbers_are_unique_and_managers_exist() {
        for (at, employee) in STAFF.iter().enumerate() {
            assert!(STAFF.iter().skip(at + 1).all(|other| other.id != employee.id && other.email != employee.email));
            assert!(employee.manager.is_none_or(|manager| find(manager).is_some()), "{}", employee.id);
            assert!(DEPARTMENTS.iter().any(|department| department.name == employee.department));
        }
    }
}
