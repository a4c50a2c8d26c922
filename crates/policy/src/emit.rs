//! Permission tables written as Cedar text, which then takes the way of every hand-written policy.

use std::{fmt::Write, sync::Arc};

use crate::{
    call::Kind,
    compile::Statement,
    table::{EVERYONE, Reach, Row, Table, Target},
};

/// One statement per target and role, grouped by target, then by reach.
pub(crate) fn statements(server: &str, file: &Arc<str>, table: &Table) -> Vec<Statement> {
    table.rows.iter().flat_map(|row| of_row(server, file, row)).collect()
}

fn of_row(server: &str, file: &Arc<str>, row: &Row) -> Vec<Statement> {
    let mut allow: Vec<&(String, Reach)> = row.allow.iter().collect();
    allow.sort_by_key(|(_, reach)| *reach);
    let pairs = row.targets.iter().flat_map(|target| allow.iter().map(move |(role, reach)| (target, role, *reach)));
    let statement = |(target, role, reach): (&Target, &String, Reach)| Statement {
        text: text(server, row.kind, target, role, reach),
        file: Arc::clone(file),
        line: row.line,
        reach: Some(reach),
        weight: 0,
    };
    pairs.map(statement).collect()
}

fn text(server: &str, kind: Kind, target: &Target, role: &str, reach: Reach) -> String {
    let mut text = format!("@id({})\n", quote(&id(server, kind, target, role)));
    let _ = write!(text, "permit (\n    {},\n    action == Action::\"{}\",\n    ", principal(role, reach), kind.action());
    let mut conditions = Vec::new();
    match target {
        Target::Exact(name) => {
            let _ = write!(text, "resource == {}::{}", kind.entity_type(), quote(name));
        }
        Target::Prefix(head) => {
            text.push_str("resource");
            conditions.push(format!("resource.{} like {}", kind.name_attribute(), quote_prefix(head)));
        }
        Target::Every => text.push_str("resource"),
    }
    text.push_str("\n)");
    conditions.extend(condition(reach).map(str::to_owned));
    for condition in conditions {
        let _ = write!(text, "\nwhen {{ {condition} }}");
    }
    text.push_str(";\n");
    text
}

/// `server/tool/ROLE`; the kind stands between when it is no tool.
fn id(server: &str, kind: Kind, target: &Target, role: &str) -> String {
    let name = match target {
        Target::Exact(name) => name.clone(),
        Target::Prefix(head) => format!("{head}*"),
        Target::Every => "*".to_owned(),
    };
    match kind {
        Kind::Tool => format!("{server}/{name}/{role}"),
        _ => format!("{server}/{}/{name}/{role}", kind.entity_type().to_lowercase()),
    }
}

/// Only a person has data of their own, a department, or a place among “everyone”.
fn principal(role: &str, reach: Reach) -> String {
    match (role, reach) {
        (EVERYONE, _) => "principal is User".to_owned(),
        (role, Reach::Own | Reach::Department) => format!("principal is User in Role::{}", quote(role)),
        (role, Reach::Visible | Reach::Allowed | Reach::All) => format!("principal in Role::{}", quote(role)),
    }
}

fn condition(reach: Reach) -> Option<&'static str> {
    match reach {
        Reach::Own => Some("context has subject && context.subject == principal"),
        Reach::Department => Some(concat!(
            "context has subject && (context.subject == principal || (principal has department &&\n    ",
            "context.subject has department && context.subject.department == principal.department))"
        )),
        Reach::Visible | Reach::Allowed | Reach::All => None,
    }
}

/// A Cedar string literal. Whatever the name holds, it stays one literal.
fn quote(name: &str) -> String {
    format!("\"{}\"", name.escape_debug())
}

/// A Cedar pattern for everything that starts so.
fn quote_prefix(head: &str) -> String {
    format!("\"{}*\"", head.escape_debug().to_string().replace('*', "\\*"))
}

/// A table's text in Cedar, as people read it.
pub(crate) fn print(statements: &[Statement]) -> String {
    statements.iter().map(|statement| statement.text.as_str()).collect::<Vec<_>>().join("\n")
}
