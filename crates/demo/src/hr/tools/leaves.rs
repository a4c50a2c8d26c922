//! Leave: asking, deciding, counting.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Choice, check_decider};
use crate::hr::{
    calendar::Day,
    people::{self, Employee},
    records::{Leave, LeaveKind, Ruling, StandIn, Status},
    tool::{Desk, Nothing, Refusal},
};

pub(super) const QUERY: &str =
    "Lists leaves of one employee, past and planned. Without employee_id it lists your own. Newest first.";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// Whose leaves, such as E1001. Left out: yours.
    employee_id: Option<String>,
    /// Only leaves in this state.
    status: Option<Status>,
    /// Only leaves that end on this day or later.
    from: Option<Day>,
    /// Only leaves that start on this day or earlier.
    to: Option<Day>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Leaves {
    employee_id: &'static str,
    employee_name: &'static str,
    leaves: Vec<Leave>,
}

pub(super) fn query(arguments: Query, desk: &mut Desk<'_>) -> Result<Leaves, Refusal> {
    let who = desk.subject(arguments.employee_id.as_deref())?;
    let wanted = |leave: &&Leave| {
        leave.employee_id == who.id
            && arguments.status.is_none_or(|status| leave.status == status)
            && arguments.from.is_none_or(|from| leave.end >= from)
            && arguments.to.is_none_or(|to| leave.start <= to)
    };
    let mut leaves: Vec<Leave> = desk.records.leaves.iter().filter(wanted).cloned().collect();
    leaves.sort_by_key(|leave| std::cmp::Reverse(leave.start));
    Ok(Leaves { employee_id: who.id, employee_name: who.name, leaves })
}

pub(super) const BALANCE: &str = "Tells how many days of leave an employee has this year: entitled, taken or planned, pending, remaining. Without \
     employee_id it is about you.";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfEmployee {
    /// Whose balance, such as E1001. Left out: yours.
    employee_id: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Balance {
    employee_id: &'static str,
    employee_name: &'static str,
    year: i16,
    balances: Vec<KindBalance>,
}

/// In working days.
#[derive(Serialize, JsonSchema)]
struct KindBalance {
    kind: LeaveKind,
    entitled: i64,
    approved: i64,
    pending: i64,
    remaining: i64,
}

pub(super) fn balance(arguments: OfEmployee, desk: &mut Desk<'_>) -> Result<Balance, Refusal> {
    let who = desk.subject(arguments.employee_id.as_deref())?;
    let year = desk.today().year();
    let balances = LeaveKind::ALL.into_iter().map(|kind| kind_balance(desk, who, kind, year)).collect();
    Ok(Balance { employee_id: who.id, employee_name: who.name, year, balances })
}

/// A leave counts in the year in which it starts.
fn kind_balance(desk: &Desk<'_>, who: &Employee, kind: LeaveKind, year: i16) -> KindBalance {
    let total = |status| {
        let counted = |leave: &&Leave| {
            (leave.employee_id.as_str(), leave.kind, leave.status, leave.start.year()) == (who.id, kind, status, year)
        };
        desk.records.leaves.iter().filter(counted).map(|leave| leave.working_days).sum::<i64>()
    };
    let (entitled, approved, pending) = (kind.entitlement(), total(Status::Approved), total(Status::Pending));
    KindBalance { kind, entitled, approved, pending, remaining: entitled - approved - pending }
}

pub(super) const CREATE: &str = "Asks for leave for yourself. It waits as pending until your head of department or an administrator decides. Check \
     get_leave_balance and get_public_holidays first.";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    /// What the leave is for.
    kind: LeaveKind,
    /// The first day, today or later.
    start: Day,
    /// The last day; it may be the first.
    end: Day,
    /// A few words for who decides.
    reason: Option<String>,
    /// The e-mail address of the colleague who stands in.
    stand_in_email: Option<String>,
}

pub(super) fn create(arguments: Create, desk: &mut Desk<'_>) -> Result<Leave, Refusal> {
    let me = desk.me()?;
    let Create { kind, start, end, reason, stand_in_email } = arguments;
    let stand_in = stand_in_email.map(|email| stand_in(me, &email)).transpose()?;
    let working_days = check_period(desk, me, start, end)?;
    let remaining = kind_balance(desk, me, kind, start.year()).remaining;
    if working_days > remaining {
        return Err(format!(
            "That is {working_days} working days; only {remaining} of this kind remain in {}.",
            start.year()
        )
        .into());
    }
    let id = desk.records.next_id('L');
    let employee_id = me.id.to_owned();
    let leave = Leave {
        id,
        employee_id,
        kind,
        start,
        end,
        working_days,
        status: Status::Pending,
        reason,
        stand_in,
        ruling: None,
    };
    desk.records.leaves.push(leave.clone());
    if let Some(stand_in) = &leave.stand_in {
        let text = format!("{} is away from {start} to {end} and names you as stand-in ({}).", me.name, leave.id);
        desk.records.notify(&stand_in.id, desk.now, text);
    }
    if let Some(manager) = me.manager {
        let text = format!("{} asks for leave from {start} to {end} ({}).", me.name, leave.id);
        desk.records.notify(manager, desk.now, text);
    }
    Ok(leave)
}

/// The colleague with an e-mail address.
fn stand_in(me: &Employee, email: &str) -> Result<StandIn, Refusal> {
    let found = people::employees().iter().find(|employee| employee.email == email && employee.id != me.id);
    let colleague = found.ok_or_else(|| {
        Refusal(format!("No colleague has the address {email:?}. get_team_members lists those of a department."))
    })?;
    Ok(StandIn { id: colleague.id.to_owned(), email: colleague.email.to_owned() })
}

/// The working days of a period that can still be taken.
fn check_period(desk: &Desk<'_>, me: &Employee, start: Day, end: Day) -> Result<i64, Refusal> {
    let today = desk.today();
    if end < start {
        return Err(format!("The leave ends on {end}, before it starts on {start}.").into());
    }
    if start < today {
        return Err(format!("The leave starts in the past; today is {today}.").into());
    }
    if start > today.plus(730) || end > start.plus(90) {
        return Err("A leave starts within two years and lasts at most 90 days.".into());
    }
    let overlaps = |leave: &&Leave| {
        leave.employee_id == me.id && leave.status != Status::Rejected && leave.start <= end && start <= leave.end
    };
    if let Some(leave) = desk.records.leaves.iter().find(overlaps) {
        return Err(format!("It overlaps with {} from {} to {}.", leave.id, leave.start, leave.end).into());
    }
    match start.working_days_to(end) {
        0 => Err("There is no working day in that period: you are free anyway.".into()),
        days => Ok(days),
    }
}

pub(super) const PENDING: &str =
    "Lists leave requests that wait for your decision: those of your department, or of everybody for administrators.";

#[derive(Serialize, JsonSchema)]
pub(super) struct Pending {
    pending: Vec<PendingLeave>,
}

#[derive(Serialize, JsonSchema)]
struct PendingLeave {
    employee_name: &'static str,
    department: &'static str,
    #[serde(flatten)]
    leave: Leave,
}

pub(super) fn pending(_: Nothing, desk: &mut Desk<'_>) -> Result<Pending, Refusal> {
    let me = desk.me()?;
    let waiting =
        desk.records.leaves.iter().filter(|leave| leave.status == Status::Pending && leave.employee_id != me.id);
    let pending = waiting.filter_map(|leave| {
        let who = people::find(&leave.employee_id).filter(|who| desk.caller.looks_after(who))?;
        Some(PendingLeave { employee_name: who.name, department: who.department, leave: leave.clone() })
    });
    Ok(Pending { pending: pending.collect() })
}

pub(super) const DECIDE: &str = "Approves or rejects a leave request that waits for you (see get_pending_leave_approvals). The employee is notified.";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Decide {
    /// The leave request, such as L-2005.
    leave_id: String,
    /// What to do with it.
    decision: Choice,
    /// A few words for the employee.
    comment: Option<String>,
}

pub(super) fn decide(arguments: Decide, desk: &mut Desk<'_>) -> Result<Leave, Refusal> {
    let Decide { leave_id, decision, comment } = arguments;
    let unknown = || {
        Refusal(format!("There is no leave request {leave_id:?}; get_pending_leave_approvals lists those that wait."))
    };
    let at = desk.records.leaves.iter().position(|leave| leave.id == leave_id).ok_or_else(unknown)?;
    let employee_id = desk.records.leaves.get(at).map(|leave| leave.employee_id.clone()).ok_or_else(unknown)?;
    let me = check_decider(desk, &employee_id)?;
    let leave = desk.records.leaves.get_mut(at).ok_or_else(unknown)?;
    if leave.status != Status::Pending {
        return Err(format!("{leave_id} was decided before.").into());
    }
    leave.status = decision.status();
    leave.ruling = Some(Ruling { by: me.id.to_owned(), comment });
    let leave = leave.clone();
    let text = format!("Your leave from {} to {} was {} by {}.", leave.start, leave.end, decision.word(), me.name);
    desk.records.notify(&employee_id, desk.now, text);
    Ok(leave)
}

pub(super) const REPORT: &str = "Reports leave per employee in a period (this year when left out), for all departments or one: approved days by kind, \
     and what is pending.";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Report {
    /// The first day. Left out: 1 January of this year.
    from: Option<Day>,
    /// The last day. Left out: today in a year.
    to: Option<Day>,
    /// Only this department.
    department: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct LeaveReport {
    from: Day,
    to: Day,
    total_approved_days: i64,
    rows: Vec<ReportRow>,
}

/// In working days of leaves that start in the period.
#[derive(Serialize, JsonSchema)]
struct ReportRow {
    employee_id: &'static str,
    name: &'static str,
    department: &'static str,
    vacation: i64,
    sick: i64,
    personal: i64,
    pending: i64,
}

pub(super) fn report(arguments: Report, desk: &mut Desk<'_>) -> Result<LeaveReport, Refusal> {
    let today = desk.today();
    let (from, to) = (arguments.from.unwrap_or(today.year_start()), arguments.to.unwrap_or(today.plus(365)));
    let staff = super::people::staff_of(arguments.department.as_deref())?;
    let rows: Vec<_> = staff.into_iter().map(|who| report_row(desk, who, from, to)).collect();
    let total_approved_days = rows.iter().map(|row| row.vacation + row.sick + row.personal).sum();
    Ok(LeaveReport { from, to, total_approved_days, rows })
}

fn report_row(desk: &Desk<'_>, who: &'static Employee, from: Day, to: Day) -> ReportRow {
    let mine = |leave: &&Leave| leave.employee_id == who.id && (from..=to).contains(&leave.start);
    let leaves: Vec<_> = desk.records.leaves.iter().filter(mine).collect();
    let days = |wanted: &dyn Fn(&Leave) -> bool| {
        leaves.iter().filter(|leave| wanted(leave)).map(|leave| leave.working_days).sum()
    };
    let approved = |kind| days(&move |leave: &Leave| leave.status == Status::Approved && leave.kind == kind);
    ReportRow {
        employee_id: who.id,
        name: who.name,
        department: who.department,
        vacation: approved(LeaveKind::Vacation),
        sick: approved(LeaveKind::Sick),
        personal: approved(LeaveKind::Personal),
        pending: days(&|leave: &Leave| leave.status == Status::Pending),
    }
}
