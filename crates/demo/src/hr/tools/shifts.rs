//! Shifts: planned as drafts, then published.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::hr::{
    calendar::Day,
    records::Shift,
    seed::is_away,
    tool::{Desk, Refusal, employee},
};

pub(super) const CREATE: &str =
    "Plans a shift for somebody, as a draft. They are told when the schedule is published (publish_schedule).";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    /// Who works, such as E1006.
    assignee_id: String,
    /// The day, today or later.
    date: Day,
    /// When it starts, such as 08:00.
    start_time: String,
    /// When it ends on the same day, such as 16:00.
    end_time: String,
    /// A few words for the assignee.
    note: Option<String>,
}

pub(super) fn create(arguments: Create, desk: &mut Desk<'_>) -> Result<Shift, Refusal> {
    let Create { assignee_id, date, start_time, end_time, note } = arguments;
    let who = employee(&assignee_id)?;
    check_time(&start_time)?;
    check_time(&end_time)?;
    if end_time <= start_time {
        return Err("The shift must end after it starts, on the same day.".into());
    }
    if date < desk.today() {
        return Err(format!("The shift is in the past; today is {}.", desk.today()).into());
    }
    if is_away(desk.records, who, date) {
        return Err(format!("{} is on leave on {date}.", who.name).into());
    }
    let overlaps = |shift: &&Shift| {
        (shift.assignee_id.as_str(), shift.date) == (who.id, date)
            && shift.start_time < end_time
            && start_time < shift.end_time
    };
    if let Some(shift) = desk.records.shifts.iter().find(overlaps) {
        return Err(format!(
            "{} has shift {} from {} to {} then.",
            who.name, shift.id, shift.start_time, shift.end_time
        )
        .into());
    }
    let id = desk.records.next_id('S');
    let shift = Shift { id, assignee_id, date, start_time, end_time, note, published: false };
    desk.records.shifts.push(shift.clone());
    Ok(shift)
}

/// `HH:MM`, so that text order is time order.
fn check_time(text: &str) -> Result<(), Refusal> {
    let parts = text.split_once(':').filter(|(hour, minute)| hour.len() == 2 && minute.len() == 2);
    let below = |text: &str, limit: u8| {
        text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse().is_ok_and(|number: u8| number < limit)
    };
    match parts {
        Some((hour, minute)) if below(hour, 24) && below(minute, 60) => Ok(()),
        _ => Err(format!("{text:?} is not a time like 08:00.").into()),
    }
}

pub(super) const PUBLISH: &str =
    "Publishes all draft shifts of one week and notifies the people who work. Left out, it is next week.";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Publish {
    /// Any day of the week. Left out: next week.
    week_of: Option<Day>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Published {
    from: Day,
    to: Day,
    published: Vec<Shift>,
}

pub(super) fn publish(arguments: Publish, desk: &mut Desk<'_>) -> Result<Published, Refusal> {
    let from = arguments.week_of.unwrap_or(desk.today().plus(7)).monday();
    let to = from.plus(6);
    let drafts = desk.records.shifts.iter_mut().filter(|shift| !shift.published && (from..=to).contains(&shift.date));
    let mut published = Vec::new();
    for shift in drafts {
        shift.published = true;
        published.push(shift.clone());
    }
    for shift in &published {
        let text = format!("You work on {} from {} to {}.", shift.date, shift.start_time, shift.end_time);
        desk.records.notify(&shift.assignee_id, desk.now, text);
    }
    Ok(Published { from, to, published })
}
