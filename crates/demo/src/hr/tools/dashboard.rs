//! The figures for the chief executive.

use schemars::JsonSchema;
use serde::Serialize;

use crate::hr::{
    people::{self, DEPARTMENTS},
    records::{Expense, Status, euros},
    seed::is_away,
    tool::{Desk, Nothing, Refusal},
};

pub(super) const STATS: &str = "Gives the company's figures of today: headcount, who is away or at work, what waits for decisions, expenses, hours of this \
     week, projects.";

#[derive(Serialize, JsonSchema)]
pub(super) struct Stats {
    headcount: usize,
    on_leave_today: usize,
    clocked_in_now: usize,
    pending_leaves: usize,
    pending_expenses: usize,
    /// In euros.
    #[serde(rename = "pending_expenses_eur", serialize_with = "euros")]
    #[schemars(with = "f64")]
    pending_cents: i64,
    /// In euros.
    #[serde(rename = "approved_expenses_eur", serialize_with = "euros")]
    #[schemars(with = "f64")]
    approved_cents: i64,
    hours_this_week: i64,
    active_projects: usize,
    departments: Vec<DepartmentStats>,
}

#[derive(Serialize, JsonSchema)]
struct DepartmentStats {
    name: &'static str,
    headcount: usize,
    on_leave_today: usize,
}

pub(super) fn stats(_: Nothing, desk: &mut Desk<'_>) -> Result<Stats, Refusal> {
    let (records, today, staff) = (&*desk.records, desk.today(), people::employees());
    let cents = |status| {
        let counted = |expense: &&Expense| expense.status == status;
        records.expenses.iter().filter(counted).map(|expense| expense.amount_cents).sum()
    };
    let minutes = |who| super::time::minutes(records, who, today.monday(), today, desk.now);
    let department = |department: &people::Department| {
        let members = || people::of_department(department.name);
        let on_leave_today = members().filter(|who| is_away(records, who, today)).count();
        DepartmentStats { name: department.name, headcount: members().count(), on_leave_today }
    };
    Ok(Stats {
        headcount: staff.len(),
        on_leave_today: staff.iter().filter(|who| is_away(records, who, today)).count(),
        clocked_in_now: records.stints.iter().filter(|stint| stint.to.is_none()).count(),
        pending_leaves: records.leaves.iter().filter(|leave| leave.status == Status::Pending).count(),
        pending_expenses: records.expenses.iter().filter(|expense| expense.status == Status::Pending).count(),
        pending_cents: cents(Status::Pending),
        approved_cents: cents(Status::Approved),
        hours_this_week: staff.iter().map(minutes).sum::<i64>() / 60,
        active_projects: records.projects.iter().filter(|project| project.status == "active").count(),
        departments: DEPARTMENTS.iter().map(department).collect(),
    })
}
