//! Expenses: looking and deciding.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Choice, check_decider};
use crate::hr::{
    calendar::Day,
    people,
    records::{Expense, ExpenseCategory, Ruling, Status, euros},
    tool::{Desk, Nothing, Refusal},
};

pub(super) const QUERY: &str =
    "Lists expenses of one employee with their total. Without employee_id it lists your own. Newest first.";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// Whose expenses, such as E1001. Left out: yours.
    employee_id: Option<String>,
    /// Only expenses in this state.
    status: Option<Status>,
    /// Only expenses of this kind.
    category: Option<ExpenseCategory>,
    /// Only from this day on.
    from: Option<Day>,
    /// Only up to this day.
    to: Option<Day>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Expenses {
    employee_id: &'static str,
    employee_name: &'static str,
    /// In euros.
    #[serde(rename = "total_eur", serialize_with = "euros")]
    #[schemars(with = "f64")]
    total_cents: i64,
    expenses: Vec<Expense>,
}

pub(super) fn query(arguments: Query, desk: &mut Desk<'_>) -> Result<Expenses, Refusal> {
    let who = desk.subject(arguments.employee_id.as_deref())?;
    let wanted = |expense: &&Expense| {
        expense.employee_id == who.id
            && arguments.status.is_none_or(|status| expense.status == status)
            && arguments.category.is_none_or(|category| expense.category == category)
            && arguments.from.is_none_or(|from| expense.date >= from)
            && arguments.to.is_none_or(|to| expense.date <= to)
    };
    let mut expenses: Vec<Expense> = desk.records.expenses.iter().filter(wanted).cloned().collect();
    expenses.sort_by_key(|expense| std::cmp::Reverse(expense.date));
    let total_cents = expenses.iter().map(|expense| expense.amount_cents).sum();
    Ok(Expenses { employee_id: who.id, employee_name: who.name, total_cents, expenses })
}

pub(super) const PENDING: &str =
    "Lists expenses that wait for your decision: those of your department, or of everybody for administrators.";

#[derive(Serialize, JsonSchema)]
pub(super) struct Pending {
    pending: Vec<PendingExpense>,
}

#[derive(Serialize, JsonSchema)]
struct PendingExpense {
    employee_name: &'static str,
    department: &'static str,
    #[serde(flatten)]
    expense: Expense,
}

pub(super) fn pending(_: Nothing, desk: &mut Desk<'_>) -> Result<Pending, Refusal> {
    let me = desk.me()?;
    let waiting = desk
        .records
        .expenses
        .iter()
        .filter(|expense| expense.status == Status::Pending && expense.employee_id != me.id);
    let pending = waiting.filter_map(|expense| {
        let who = people::find(&expense.employee_id).filter(|who| desk.caller.looks_after(who))?;
        Some(PendingExpense { employee_name: who.name, department: who.department, expense: expense.clone() })
    });
    Ok(Pending { pending: pending.collect() })
}

pub(super) const DECIDE: &str =
    "Approves or rejects an expense that waits for you (see get_expense_approvals). The employee is notified.";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Decide {
    /// The expense, such as X-2021.
    expense_id: String,
    /// What to do with it.
    decision: Choice,
    /// A few words for the employee.
    comment: Option<String>,
}

pub(super) fn decide(arguments: Decide, desk: &mut Desk<'_>) -> Result<Expense, Refusal> {
    let Decide { expense_id, decision, comment } = arguments;
    let unknown =
        || Refusal(format!("There is no expense {expense_id:?}; get_expense_approvals lists those that wait."));
    let at = desk.records.expenses.iter().position(|expense| expense.id == expense_id).ok_or_else(unknown)?;
    let employee_id = desk.records.expenses.get(at).map(|expense| expense.employee_id.clone()).ok_or_else(unknown)?;
    let me = check_decider(desk, &employee_id)?;
    let expense = desk.records.expenses.get_mut(at).ok_or_else(unknown)?;
    if expense.status != Status::Pending {
        return Err(format!("{expense_id} was decided before.").into());
    }
    expense.status = decision.status();
    expense.ruling = Some(Ruling { by: me.id.to_owned(), comment });
    let expense = expense.clone();
    let text = format!("Your expense “{}” was {} by {}.", expense.description, decision.word(), me.name);
    desk.records.notify(&employee_id, desk.now, text);
    Ok(expense)
}
