//! A believable past and near future, told relative to today.

use super::{
    calendar::{Day, Moment},
    people::{self, Employee},
    records::{Expense, ExpenseCategory, Leave, LeaveKind, Project, Records, Ruling, Shift, Status, Stint},
};

/// The records on the morning of the day of `now`.
pub(crate) fn records(now: i64) -> Records {
    let today = Day::of_second(now);
    let mut records = Records::default();
    leaves(&mut records, today);
    expenses(&mut records, today);
    stints(&mut records, today);
    shifts(&mut records, today);
    projects(&mut records, today);
    records.notify("E1001", now, "Two leave requests of your department wait for you.".to_owned());
    records.notify("E1002", now, "Your expense report was received.".to_owned());
    records.notify("E1006", now, "Quarterly review: please pick a slot with Sofia Marin.".to_owned());
    for employee in people::employees() {
        records.notify(employee.id, now, "The handbook was updated: see hr://handbook.".to_owned());
    }
    records
}

#[rustfmt::skip]
fn leaves(records: &mut Records, today: Day) {
    use {LeaveKind::{Personal, Sick, Vacation}, Status::{Approved, Pending, Rejected}};
    // Who, what for, first day from today, how many days on, where it stands, why.
    let told = [
        ("E1001", Vacation, -40, 4, Approved, "Hiking in the Alps"),
        ("E1001", Vacation, 30, 4, Pending, "Family visit"),
        ("E1002", Vacation, -70, 9, Approved, "Summer break"),
        ("E1002", Sick, -15, 1, Approved, "Flu"),
        ("E1002", Vacation, 21, 4, Pending, "Long weekend in Lisbon"),
        ("E1003", Personal, -8, 0, Approved, "Moving house"),
        ("E1003", Vacation, 10, 9, Pending, "Visiting my parents"),
        ("E1004", Vacation, -1, 4, Approved, "Road trip"),
        ("E1005", Vacation, -50, 6, Approved, "Sailing"),
        ("E1006", Vacation, 14, 4, Pending, "Wedding of a friend"),
        ("E1006", Sick, -30, 2, Approved, "Back pain"),
        ("E1007", Vacation, 5, 2, Approved, "Conference and a day off"),
        ("E1008", Personal, 3, 0, Rejected, "Concert"),
        ("E1008", Vacation, 40, 11, Pending, "Japan"),
        ("E1009", Vacation, -90, 11, Approved, "Cycling tour"),
        ("E1010", Sick, -3, 0, Approved, "Dentist"),
        ("E1011", Vacation, 12, 4, Pending, "Christmas market trip"),
        ("E1012", Vacation, -120, 13, Approved, "Summer holidays"),
        ("E1013", Vacation, 25, 2, Approved, "City break"),
    ];
    for (employee, kind, from, days, status, reason) in told {
        let (start, end) = (today.plus(from), today.plus(from + days));
        let ruling = (status != Pending).then(|| Ruling { by: decider(employee).to_owned(), comment: None });
        let id = records.next_id('L');
        records.leaves.push(Leave {
            id, employee_id: employee.to_owned(), kind, start, end, working_days: start.working_days_to(end), status,
            reason: Some(reason.to_owned()), stand_in: None, ruling,
        });
    }
}

#[rustfmt::skip]
fn expenses(records: &mut Records, today: Day) {
    use {ExpenseCategory::{Equipment, Meals, Training, Travel}, Status::{Approved, Pending, Rejected}};
    let told = [
        ("E1001", -20, Travel, 41_280, "Train and hotel, supplier audit in Munich", Approved),
        ("E1002", -6, Equipment, 12_990, "Mechanical keyboard", Pending),
        ("E1002", -35, Training, 59_000, "Online course on real-time systems", Approved),
        ("E1003", -4, Travel, 8_450, "Taxi to the test site", Pending),
        ("E1004", -12, Meals, 3_620, "Team lunch", Approved),
        ("E1005", -9, Travel, 73_115, "Flight to the Madrid fair", Approved),
        ("E1006", -2, Meals, 14_870, "Dinner with the Northwind buyers", Pending),
        ("E1006", -28, Travel, 22_340, "Rental car, customer visits", Approved),
        ("E1007", -5, Travel, 18_900, "Rail pass", Pending),
        ("E1008", -18, Equipment, 89_900, "Tablet for demonstrations", Rejected),
        ("E1011", -7, Meals, 5_480, "Coffee with candidates", Pending),
        ("E1012", -14, Travel, 128_400, "Investor day in London", Approved),
        ("E1013", -3, Training, 24_000, "Payroll law update seminar", Pending),
    ];
    for (employee, day, category, amount_cents, description, status) in told {
        let ruling = (status != Pending).then(|| Ruling { by: decider(employee).to_owned(), comment: None });
        let id = records.next_id('X');
        records.expenses.push(Expense {
            id, employee_id: employee.to_owned(), date: today.plus(day), category, description: description.to_owned(),
            amount_cents, status, ruling,
        });
    }
}

/// Who decided about somebody in the past: the manager, or the chief executive's head of people.
fn decider(employee: &str) -> &'static str {
    people::find(employee).and_then(|employee| employee.manager).unwrap_or("E1009")
}

/// Two weeks of working days, a little different for everybody.
fn stints(records: &mut Records, today: Day) {
    let days = (1..=14).rev().map(|ago| today.plus(-ago)).filter(|day| day.is_working());
    for (at, day) in days.enumerate() {
        for (who, employee) in people::employees().iter().enumerate() {
            if !is_away(records, employee, day) {
                let wobble = i64::try_from((at * 7 + who * 13) % 40).unwrap_or(0);
                let start = day.start() + (8 * 60 + wobble) * 60;
                let length = (8 * 60 + 15 + wobble / 2) * 60;
                let id = records.next_id('T');
                records.stints.push(Stint {
                    id,
                    employee_id: employee.id.to_owned(),
                    from: Moment(start),
                    to: Some(Moment(start + length)),
                    breaks: 45 * 60,
                    break_since: None,
                });
            }
        }
    }
}

/// Whether an approved leave covers the day.
pub(crate) fn is_away(records: &Records, employee: &Employee, day: Day) -> bool {
    records.leaves.iter().any(|leave| {
        leave.employee_id == employee.id && leave.status == Status::Approved && (leave.start..=leave.end).contains(&day)
    })
}

fn shifts(records: &mut Records, today: Day) {
    let monday = today.monday().plus(7);
    for (assignee, day, start, end) in
        [("E1006", 0, "08:00", "16:00"), ("E1007", 1, "10:00", "18:00"), ("E1004", 2, "07:00", "15:00")]
    {
        let id = records.next_id('S');
        let (start_time, end_time) = (start.to_owned(), end.to_owned());
        let date = monday.plus(day);
        records.shifts.push(Shift {
            id,
            assignee_id: assignee.to_owned(),
            date,
            start_time,
            end_time,
            note: None,
            published: false,
        });
    }
}

#[rustfmt::skip]
fn projects(records: &mut Records, today: Day) {
    let project = |id, name, department, lead_id, members: &[&'static str], status, due| Project {
        id, name, department, lead_id, member_ids: members.to_vec(), status, due: today.plus(due),
    };
    records.projects = vec![
        project("P-10", "Spectrometer firmware 4.0", "Engineering", "E1002", &["E1002", "E1003"], "active", 45),
        project("P-11", "Calibration test bench", "Engineering", "E1004", &["E1004", "E1003"], "active", 80),
        project("P-12", "Low-noise amplifier study", "Engineering", "E1001", &["E1001", "E1002"], "planned", 150),
        project("P-20", "Northwind account renewal", "Sales", "E1006", &["E1006", "E1008"], "active", 20),
        project("P-21", "Partner portal", "Sales", "E1007", &["E1007", "E1003"], "on_hold", 120),
        project("P-30", "Payroll migration", "People Operations", "E1013", &["E1013", "E1010"], "active", 60),
        project("P-31", "Reorganisation (confidential)", "People Operations", "E1012", &["E1012", "E1009"], "active", 30),
    ];
}
