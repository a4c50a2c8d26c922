//! All tools, one line each.

mod company;
mod dashboard;
mod expenses;
mod leaves;
mod people;
mod shifts;
mod time;

use super::tool::Tool;

/// All tools, in the order of `tools/list`.
#[rustfmt::skip]
pub(crate) fn all() -> Vec<Tool> {
    vec![
        Tool::read("query_leaves", "Leaves", leaves::QUERY, leaves::query),
        Tool::read("get_leave_balance", "Leave balance", leaves::BALANCE, leaves::balance),
        Tool::read("query_expenses", "Expenses", expenses::QUERY, expenses::query),
        Tool::write("create_leave_request", "Ask for leave", leaves::CREATE, leaves::create),
        Tool::write("clock_action", "Clock in or out", time::CLOCK, time::clock),
        Tool::read("get_team_members", "Team members", people::TEAM, people::team),
        Tool::read("get_departments", "Departments", company::DEPARTMENTS_TEXT, company::departments),
        Tool::read("get_org_info", "The company", company::INFO, company::info),
        Tool::read("get_public_holidays", "Public holidays", company::HOLIDAYS, company::public_holidays),
        Tool::write("get_notifications", "My notifications", people::NOTIFICATIONS, people::notifications),
        Tool::read("get_pending_leave_approvals", "Leave to decide", leaves::PENDING, leaves::pending),
        Tool::write("approve_or_reject_leave", "Decide about leave", leaves::DECIDE, leaves::decide),
        Tool::read("get_expense_approvals", "Expenses to decide", expenses::PENDING, expenses::pending),
        Tool::write("approve_or_reject_expense", "Decide about an expense", expenses::DECIDE, expenses::decide),
        Tool::write("create_shift", "Plan a shift", shifts::CREATE, shifts::create),
        Tool::read("get_time_tracking_status", "At work now?", time::STATUS, time::status),
        Tool::read("query_time_entries", "Working time", time::QUERY, time::query),
        Tool::read("get_user_profile", "Profile", people::PROFILE, people::profile),
        Tool::read("list_projects", "Projects", people::PROJECTS, people::projects),
        Tool::write("publish_schedule", "Publish the schedule", shifts::PUBLISH, shifts::publish),
        Tool::read("generate_leave_report", "Leave report", leaves::REPORT, leaves::report),
        Tool::read("generate_timesheet_report", "Timesheet report", time::REPORT, time::report),
        Tool::read("get_dashboard_stats", "Company dashboard", dashboard::STATS, dashboard::stats),
    ]
}

/// What to do with a request that waits for a decision.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Choice {
    /// Let it happen.
    Approve,
    /// Do not.
    Reject,
}

impl Choice {
    const fn status(self) -> super::records::Status {
        match self {
            Self::Approve => super::records::Status::Approved,
            Self::Reject => super::records::Status::Rejected,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Reject => "rejected",
        }
    }
}

/// Nobody decides about themselves, and heads only about their own department.
fn check_decider(
    desk: &super::tool::Desk<'_>,
    employee_id: &str,
) -> Result<&'static super::people::Employee, super::tool::Refusal> {
    let (me, whose) = (desk.me()?, super::tool::employee(employee_id)?);
    if me.id == whose.id {
        return Err("Nobody decides about their own request.".into());
    }
    if !desk.caller.looks_after(whose) {
        return Err(format!(
            "You decide about requests of your own department; {} is in {}.",
            whose.name, whose.department
        )
        .into());
    }
    Ok(me)
}
