//! The company as a whole: nothing here is about one person.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::hr::{
    calendar::{self, Day},
    people::{self, DEPARTMENTS},
    tool::{Desk, Nothing, Refusal},
};

pub(super) const DEPARTMENTS_TEXT: &str = "Lists the departments with their heads and how many people work there.";

#[derive(Serialize, JsonSchema)]
pub(super) struct Departments {
    departments: Vec<DepartmentInfo>,
}

#[derive(Serialize, JsonSchema)]
struct DepartmentInfo {
    name: &'static str,
    head_id: &'static str,
    head_name: &'static str,
    headcount: usize,
    cost_center: &'static str,
}

pub(super) fn departments(_: Nothing, _: &mut Desk<'_>) -> Result<Departments, Refusal> {
    let info = |department: &people::Department| DepartmentInfo {
        name: department.name,
        head_id: department.head,
        head_name: people::find(department.head).map_or("", |head| head.name),
        headcount: people::of_department(department.name).count(),
        cost_center: department.cost_center,
    };
    Ok(Departments { departments: DEPARTMENTS.iter().map(info).collect() })
}

pub(super) const INFO: &str = "Gives facts about the company: name, offices, working hours, leave rules, currency.";

#[derive(Serialize, JsonSchema)]
pub(super) struct OrgInfo {
    name: &'static str,
    founded: i16,
    offices: [&'static str; 3],
    headcount: usize,
    weekly_hours: u8,
    vacation_days: i64,
    currency: &'static str,
    hr_contact: &'static str,
    today: Day,
}

pub(super) fn info(_: Nothing, desk: &mut Desk<'_>) -> Result<OrgInfo, Refusal> {
    Ok(OrgInfo {
        name: "Acme Instruments",
        founded: 2015,
        offices: ["Berlin", "Lisbon", "Dublin"],
        headcount: people::employees().len(),
        weekly_hours: 40,
        vacation_days: crate::hr::records::LeaveKind::Vacation.entitlement(),
        currency: "EUR",
        hr_contact: "people@acme.example",
        today: desk.today(),
    })
}

pub(super) const HOLIDAYS: &str = "Lists the public holidays of a year (this year when left out).";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfYear {
    /// The year, such as 2026. Left out: this year.
    #[schemars(range(min = 1900, max = 2200))]
    year: Option<i16>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Holidays {
    year: i16,
    holidays: Vec<Holiday>,
}

#[derive(Serialize, JsonSchema)]
struct Holiday {
    date: Day,
    name: &'static str,
}

pub(super) fn public_holidays(arguments: OfYear, desk: &mut Desk<'_>) -> Result<Holidays, Refusal> {
    let year = arguments.year.unwrap_or(desk.today().year());
    if !(1900..=2200).contains(&year) {
        return Err("The year must be from 1900 to 2200.".into());
    }
    let holidays = calendar::holidays(year).into_iter().map(|(date, name)| Holiday { date, name }).collect();
    Ok(Holidays { year, holidays })
}
