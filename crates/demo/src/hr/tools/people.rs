//! Profiles, teams, projects, messages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::hr::{
    people::{self, DEPARTMENTS, Employee},
    personal::Profile,
    records::{Notification, Project},
    tool::{Desk, Nothing, Refusal},
};

pub(super) const PROFILE: &str = "Gives the profile of an employee: name, title, department, manager, office, first day, and what is on their file: telephone, home address, passport, social security number, company card, last sign-in. Without employee_id it is yours.";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfEmployee {
    /// Whose profile, such as E1001. Left out: yours.
    employee_id: Option<String>,
}

pub(super) fn profile(arguments: OfEmployee, desk: &mut Desk<'_>) -> Result<Profile, Refusal> {
    desk.subject(arguments.employee_id.as_deref()).copied().map(Profile::of)
}

pub(super) const TEAM: &str =
    "Lists the people of a department with title, e-mail address and office. Left out, it is your own department.";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfDepartment {
    /// The department, such as Engineering. Left out: yours.
    department: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Team {
    department: &'static str,
    members: Vec<Member>,
}

#[derive(Serialize, JsonSchema)]
struct Member {
    id: &'static str,
    name: &'static str,
    title: &'static str,
    email: &'static str,
    location: &'static str,
}

pub(super) fn team(arguments: OfDepartment, desk: &mut Desk<'_>) -> Result<Team, Refusal> {
    let department = match arguments.department {
        Some(name) => known_department(&name)?,
        None => desk.me()?.department,
    };
    let member = |who: &Employee| {
        let Employee { id, name, title, email, location, .. } = *who;
        Member { id, name, title, email, location }
    };
    Ok(Team { department, members: people::of_department(department).map(member).collect() })
}

/// The department of this name, in any letter case.
fn known_department(name: &str) -> Result<&'static str, Refusal> {
    let found = DEPARTMENTS.iter().find(|department| department.name.eq_ignore_ascii_case(name));
    let names = DEPARTMENTS.map(|department| department.name).join(", ");
    found
        .map(|department| department.name)
        .ok_or_else(|| format!("There is no department {name:?}; there are {names}.").into())
}

/// Everybody, or everybody in one department.
pub(super) fn staff_of(department: Option<&str>) -> Result<Vec<&'static Employee>, Refusal> {
    let department = department.map(known_department).transpose()?;
    Ok(people::employees().iter().filter(|who| department.is_none_or(|name| who.department == name)).collect())
}

pub(super) const PROJECTS: &str = "Lists the projects you can see: those you work on or lead, those of your department when you head it, all of them for \
     administrators and executives.";

#[derive(Serialize, JsonSchema)]
pub(super) struct Projects {
    projects: Vec<Project>,
}

pub(super) fn projects(_: Nothing, desk: &mut Desk<'_>) -> Result<Projects, Refusal> {
    let me = desk.caller.employee();
    let heads = |project: &Project| {
        let lead = people::find(project.lead_id);
        lead.is_some_and(|lead| lead.department == project.department && desk.caller.looks_after(lead))
    };
    let works =
        |project: &Project| me.is_some_and(|me| project.lead_id == me.id || project.member_ids.contains(&me.id));
    let visible = |project: &&Project| desk.caller.is_for_all() || heads(project) || works(project);
    Ok(Projects { projects: desk.records.projects.iter().filter(visible).cloned().collect() })
}

pub(super) const NOTIFICATIONS: &str =
    "Lists your notifications, newest first. With mark_read they count as read afterwards.";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Notifications {
    /// Only those not read yet.
    #[serde(default)]
    unread_only: bool,
    /// Mark the listed ones as read.
    #[serde(default)]
    mark_read: bool,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct NotificationList {
    /// Before this call.
    unread: usize,
    notifications: Vec<Notification>,
}

pub(super) fn notifications(arguments: Notifications, desk: &mut Desk<'_>) -> Result<NotificationList, Refusal> {
    let me = desk.me()?;
    let mut list = NotificationList { unread: 0, notifications: Vec::new() };
    for notification in
        desk.records.notifications.iter_mut().filter(|notification| notification.employee_id == me.id).rev()
    {
        list.unread += usize::from(!notification.read);
        if !(arguments.unread_only && notification.read) {
            list.notifications.push(notification.clone());
            notification.read |= arguments.mark_read;
        }
    }
    Ok(list)
}
