//! Working time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::hr::{
    calendar::{Day, Moment},
    people::Employee,
    records::{Records, Stint},
    tool::{Desk, Refusal},
};

pub(super) const CLOCK: &str = "Clocks you in or out, or starts or ends a break, as of now.";

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ClockAction {
    ClockIn,
    ClockOut,
    StartBreak,
    EndBreak,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Clock {
    /// What to do.
    action: ClockAction,
}

pub(super) fn clock(arguments: Clock, desk: &mut Desk<'_>) -> Result<WorkStatus, Refusal> {
    let (me, now) = (desk.me()?, Moment(desk.now));
    let open = desk.records.stints.iter_mut().rev().find(|stint| stint.employee_id == me.id && stint.to.is_none());
    match (arguments.action, open) {
        (ClockAction::ClockIn, None) => {
            let id = desk.records.next_id('T');
            let employee_id = me.id.to_owned();
            desk.records.stints.push(Stint { id, employee_id, from: now, to: None, breaks: 0, break_since: None });
        }
        (ClockAction::ClockIn, Some(_)) => return Err("You are clocked in already.".into()),
        (_, None) => return Err("You are not clocked in: start with clock_in.".into()),
        (ClockAction::ClockOut, Some(stint)) => {
            end_break(stint, now);
            stint.to = Some(now);
        }
        (ClockAction::StartBreak, Some(stint)) if stint.break_since.is_none() => stint.break_since = Some(now),
        (ClockAction::StartBreak, Some(_)) => return Err("You are on a break already.".into()),
        (ClockAction::EndBreak, Some(stint)) if stint.break_since.is_some() => end_break(stint, now),
        (ClockAction::EndBreak, Some(_)) => return Err("You are not on a break.".into()),
    }
    Ok(work_status(desk, me))
}

fn end_break(stint: &mut Stint, now: Moment) {
    if let Some(since) = stint.break_since.take() {
        stint.breaks += (now.0 - since.0).max(0);
    }
}

pub(super) const STATUS: &str = "Tells whether an employee is at work now, and how long they worked today and this week. Without employee_id it is about \
     you.";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfEmployee {
    /// Whose status, such as E1001. Left out: yours.
    employee_id: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    Working,
    OnBreak,
    ClockedOut,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct WorkStatus {
    employee_id: &'static str,
    employee_name: &'static str,
    state: State,
    /// Since when, unless clocked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Moment>,
    minutes_today: i64,
    minutes_this_week: i64,
}

pub(super) fn status(arguments: OfEmployee, desk: &mut Desk<'_>) -> Result<WorkStatus, Refusal> {
    let who = desk.subject(arguments.employee_id.as_deref())?;
    Ok(work_status(desk, who))
}

fn work_status(desk: &Desk<'_>, who: &'static Employee) -> WorkStatus {
    let open = desk.records.stints.iter().rev().find(|stint| stint.employee_id == who.id && stint.to.is_none());
    let (state, since) = match open {
        None => (State::ClockedOut, None),
        Some(Stint { break_since: Some(since), .. }) => (State::OnBreak, Some(*since)),
        Some(stint) => (State::Working, Some(stint.from)),
    };
    let today = desk.today();
    WorkStatus {
        employee_id: who.id,
        employee_name: who.name,
        state,
        since,
        minutes_today: minutes(desk.records, who, today, today, desk.now),
        minutes_this_week: minutes(desk.records, who, today.monday(), today, desk.now),
    }
}

/// What somebody worked in a period.
pub(super) fn minutes(records: &Records, who: &Employee, from: Day, to: Day, now: i64) -> i64 {
    let counted = |stint: &&Stint| stint.employee_id == who.id && (from..=to).contains(&stint.day());
    records.stints.iter().filter(counted).map(|stint| stint.worked_minutes(now)).sum()
}

pub(super) const QUERY: &str = "Lists clocked working time of one employee day by day (the last 14 days when no period is given). Without employee_id it \
     lists yours.";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// Whose time, such as E1001. Left out: yours.
    employee_id: Option<String>,
    /// The first day. Left out: 14 days ago.
    from: Option<Day>,
    /// The last day. Left out: today.
    to: Option<Day>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct TimeEntries {
    employee_id: &'static str,
    employee_name: &'static str,
    from: Day,
    to: Day,
    total_minutes: i64,
    entries: Vec<TimeEntry>,
}

#[derive(Serialize, JsonSchema)]
struct TimeEntry {
    id: String,
    date: Day,
    clock_in: Moment,
    /// Missing while at work.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_out: Option<Moment>,
    break_minutes: i64,
    worked_minutes: i64,
}

pub(super) fn query(arguments: Query, desk: &mut Desk<'_>) -> Result<TimeEntries, Refusal> {
    let who = desk.subject(arguments.employee_id.as_deref())?;
    let (from, to) = period(desk, arguments.from, arguments.to)?;
    let wanted = |stint: &&Stint| stint.employee_id == who.id && (from..=to).contains(&stint.day());
    let entry = |stint: &Stint| TimeEntry {
        id: stint.id.clone(),
        date: stint.day(),
        clock_in: stint.from,
        clock_out: stint.to,
        break_minutes: stint.breaks / 60,
        worked_minutes: stint.worked_minutes(desk.now),
    };
    let entries: Vec<TimeEntry> = desk.records.stints.iter().filter(wanted).map(entry).collect();
    let total_minutes = entries.iter().map(|entry| entry.worked_minutes).sum();
    Ok(TimeEntries { employee_id: who.id, employee_name: who.name, from, to, total_minutes, entries })
}

fn period(desk: &Desk<'_>, from: Option<Day>, to: Option<Day>) -> Result<(Day, Day), Refusal> {
    let to = to.unwrap_or(desk.today());
    let from = from.unwrap_or(to.plus(-14));
    if from > to { Err(format!("The period starts on {from}, after its end on {to}.").into()) } else { Ok((from, to)) }
}

pub(super) const REPORT: &str = "Reports worked hours per employee in a period (the last 14 days when left out), for all departments or one, against the \
     planned 8 hours per working day.";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Report {
    /// The first day. Left out: 14 days ago.
    from: Option<Day>,
    /// The last day. Left out: today.
    to: Option<Day>,
    /// Only this department.
    department: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct TimesheetReport {
    from: Day,
    to: Day,
    /// Per person.
    planned_minutes: i64,
    rows: Vec<ReportRow>,
}

#[derive(Serialize, JsonSchema)]
struct ReportRow {
    employee_id: &'static str,
    name: &'static str,
    department: &'static str,
    worked_minutes: i64,
    /// Worked minus planned.
    balance_minutes: i64,
}

pub(super) fn report(arguments: Report, desk: &mut Desk<'_>) -> Result<TimesheetReport, Refusal> {
    let (from, to) = period(desk, arguments.from, arguments.to)?;
    if to > from.plus(366) {
        return Err("A report covers at most one year.".into());
    }
    let planned_minutes = from.working_days_to(to) * 8 * 60;
    let row = |who: &'static Employee| {
        let worked_minutes = minutes(desk.records, who, from, to, desk.now);
        let balance_minutes = worked_minutes - planned_minutes;
        ReportRow { employee_id: who.id, name: who.name, department: who.department, worked_minutes, balance_minutes }
    };
    let rows = super::people::staff_of(arguments.department.as_deref())?.into_iter().map(row).collect();
    Ok(TimesheetReport { from, to, planned_minutes, rows })
}
