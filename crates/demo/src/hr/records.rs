//! What the HR system keeps, in memory.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::calendar::{Day, Moment};

/// What a leave is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LeaveKind {
    Vacation,
    Sick,
    Personal,
}

impl LeaveKind {
    pub(crate) const ALL: [Self; 3] = [Self::Vacation, Self::Sick, Self::Personal];

    /// Working days per year.
    pub(crate) const fn entitlement(self) -> i64 {
        match self {
            Self::Vacation => 25,
            Self::Sick => 10,
            Self::Personal => 3,
        }
    }
}

/// Where a request stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Pending,
    Approved,
    Rejected,
}

/// Who decided a request, and how.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub(crate) struct Ruling {
    /// The number of who decided.
    pub(crate) by: String,
    /// What they said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) comment: Option<String>,
}

/// A leave, asked for or taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub(crate) struct Leave {
    pub(crate) id: String,
    pub(crate) employee_id: String,
    pub(crate) kind: LeaveKind,
    pub(crate) start: Day,
    pub(crate) end: Day,
    /// Without weekends and public holidays.
    pub(crate) working_days: i64,
    pub(crate) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// Who does the work meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stand_in: Option<StandIn>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ruling: Option<Ruling>,
}

/// A colleague who does somebody's work.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub(crate) struct StandIn {
    pub(crate) id: String,
    pub(crate) email: String,
}

/// What money was spent on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExpenseCategory {
    Travel,
    Meals,
    Equipment,
    Training,
}

/// Money an employee spent for the company.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub(crate) struct Expense {
    pub(crate) id: String,
    pub(crate) employee_id: String,
    pub(crate) date: Day,
    pub(crate) category: ExpenseCategory,
    pub(crate) description: String,
    /// In euros.
    #[serde(rename = "amount_eur", serialize_with = "euros")]
    #[schemars(with = "f64")]
    pub(crate) amount_cents: i64,
    pub(crate) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ruling: Option<Ruling>,
}

/// Cents as euros with two digits.
pub(crate) fn euros<S: Serializer>(cents: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(*cents as f64 / 100.0)
}

/// A stretch of working time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stint {
    pub(crate) id: String,
    pub(crate) employee_id: String,
    pub(crate) from: Moment,
    /// Open while at work.
    pub(crate) to: Option<Moment>,
    /// Seconds of finished breaks.
    pub(crate) breaks: i64,
    /// Open while on a break.
    pub(crate) break_since: Option<Moment>,
}

impl Stint {
    pub(crate) fn day(&self) -> Day {
        Day::of_second(self.from.0)
    }

    /// Minutes at work so far, without breaks.
    pub(crate) fn worked_minutes(&self, now: i64) -> i64 {
        let end = self.to.or(self.break_since).map_or(now, |end| end.0);
        ((end - self.from.0 - self.breaks) / 60).max(0)
    }
}

/// A planned working time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub(crate) struct Shift {
    pub(crate) id: String,
    pub(crate) assignee_id: String,
    pub(crate) date: Day,
    /// `HH:MM`.
    pub(crate) start_time: String,
    /// `HH:MM`.
    pub(crate) end_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// Whether the assignee was told.
    pub(crate) published: bool,
}

/// A project.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub(crate) struct Project {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) department: &'static str,
    pub(crate) lead_id: &'static str,
    pub(crate) member_ids: Vec<&'static str>,
    /// `active`, `planned` or `on_hold`.
    pub(crate) status: &'static str,
    pub(crate) due: Day,
}

/// A message to an employee.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub(crate) struct Notification {
    pub(crate) id: String,
    #[serde(skip)]
    pub(crate) employee_id: String,
    pub(crate) at: Moment,
    pub(crate) text: String,
    pub(crate) read: bool,
}

/// Everything.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) leaves: Vec<Leave>,
    pub(crate) expenses: Vec<Expense>,
    pub(crate) stints: Vec<Stint>,
    pub(crate) shifts: Vec<Shift>,
    pub(crate) projects: Vec<Project>,
    pub(crate) notifications: Vec<Notification>,
    /// The last number given out.
    pub(crate) last_number: u32,
}

impl Records {
    /// A new id, such as `L-2001`.
    pub(crate) fn next_id(&mut self, letter: char) -> String {
        self.last_number += 1;
        format!("{letter}-{}", 2000 + self.last_number)
    }

    /// Leaves a message for somebody.
    pub(crate) fn notify(&mut self, employee_id: &str, now: i64, text: String) {
        let id = self.next_id('N');
        let employee_id = employee_id.to_owned();
        self.notifications.push(Notification { id, employee_id, at: Moment(now), text, read: false });
    }
}
