//! Prompts and resources.

use rmcp::{
    ErrorData,
    model::{
        GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, ReadResourceResult, Resource,
        ResourceContents, ResourceTemplate, Role,
    },
};
use serde_json::{Value, json};

use super::{
    calendar::{Day, holidays},
    caller::Caller,
};

const HANDBOOK: &str = "hr://handbook";
const EXPENSES: &str = "hr://policies/expenses";
const HOLIDAYS: &str = "hr://holidays/";

/// The prompts people can pick.
pub(crate) fn prompts() -> Vec<Prompt> {
    let days = PromptArgument::new("days").with_description("How many working days off").with_required(true);
    let month = PromptArgument::new("month").with_description("In which month, such as 2026-08").with_required(false);
    let vacation = Prompt::new("plan_vacation", Some("Find good dates for a vacation"), Some(vec![days, month]));
    let week = Prompt::new("weekly_summary", Some("Sum up my week: hours, leave, expenses"), None::<Vec<_>>);
    vec![vacation.with_title("Plan a vacation"), week.with_title("My week")]
}

/// The messages of one prompt.
pub(crate) fn prompt(
    name: &str,
    arguments: &JsonObject,
    caller: &Caller,
    today: Day,
) -> Result<GetPromptResult, ErrorData> {
    let who = caller.name.as_deref().unwrap_or("me");
    let text = match name {
        "plan_vacation" => {
            let days = number_of_days(arguments.get("days"))?;
            let month = arguments.get("month").and_then(Value::as_str).unwrap_or("the next three months");
            format!(
                "Today is {today}. Help {who} plan {days} working days of vacation in {month}. Look at get_leave_balance, \
                 get_public_holidays and query_leaves first, propose two good periods, and call create_leave_request only \
                 after I agree."
            )
        }
        "weekly_summary" => format!(
            "Today is {today}. Sum up the week of {who} from query_time_entries, query_leaves and query_expenses in five lines."
        ),
        _ => return Err(ErrorData::invalid_params(format!("Unknown prompt: {name}"), None)),
    };
    Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]))
}

/// Arguments of prompts are strings.
fn number_of_days(argument: Option<&Value>) -> Result<u8, ErrorData> {
    let days = argument.and_then(Value::as_str).and_then(|text| text.parse().ok());
    days.filter(|days| (1..=25).contains(days))
        .ok_or_else(|| ErrorData::invalid_params("`days` must be a number from 1 to 25", None))
}

/// The documents.
pub(crate) fn resources() -> Vec<Resource> {
    let document = |uri, name, title, description| {
        Resource::new(uri, name).with_title(title).with_description(description).with_mime_type("text/markdown")
    };
    vec![
        document(HANDBOOK, "handbook", "Employee handbook", "How we work: hours, leave, approvals"),
        document(EXPENSES, "expense-policy", "Expense policy", "What is paid, up to how much, with which receipts"),
    ]
}

/// The families of documents.
pub(crate) fn templates() -> Vec<ResourceTemplate> {
    let holidays = ResourceTemplate::new("hr://holidays/{year}", "holidays").with_title("Public holidays of a year");
    vec![holidays.with_description("The days when every office is closed").with_mime_type("application/json")]
}

/// One document.
pub(crate) fn read(uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let (text, kind) = match uri {
        HANDBOOK => (HANDBOOK_TEXT.to_owned(), "text/markdown"),
        EXPENSES => (EXPENSES_TEXT.to_owned(), "text/markdown"),
        _ => (holiday_list(uri).ok_or_else(|| unknown(uri))?, "application/json"),
    };
    Ok(ReadResourceResult::new(vec![ResourceContents::text(text, uri).with_mime_type(kind)]))
}

fn unknown(uri: &str) -> ErrorData {
    ErrorData::resource_not_found("Resource not found", Some(json!({ "uri": uri })))
}

fn holiday_list(uri: &str) -> Option<String> {
    let year = uri.strip_prefix(HOLIDAYS)?.parse().ok().filter(|year| (1900..=2200).contains(year))?;
    let days: Vec<_> = holidays(year).into_iter().map(|(date, name)| json!({ "date": date, "name": name })).collect();
    Some(Value::from(days).to_string())
}

const HANDBOOK_TEXT: &str = "\
# Employee handbook

**Hours.** 40 hours a week, between 07:00 and 19:00. Clock in and out every day; breaks do not count.

**Leave.** 25 days of vacation, 10 sick days and 3 personal days a year. Ask at least one day ahead. Your head of
department or an administrator decides; nobody decides about themselves.

**Offices.** Berlin, Lisbon and Dublin. The days in `hr://holidays/{year}` are free everywhere.
";

const EXPENSES_TEXT: &str = "\
# Expense policy

- Travel: second class rail, economy flights. Hotels up to 140 EUR a night.
- Meals with customers: up to 60 EUR per person, names of the guests on the receipt.
- Equipment above 500 EUR is bought by the company, not by you.
- Training: agreed with your head of department beforehand.
";
