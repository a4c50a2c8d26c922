//! Permission tables written as Cedar text, which then takes the way of every hand-written policy.

use std::{collections::BTreeSet, fmt::Write, sync::Arc};

use crate::{
    call::Kind,
    compile::Statement,
    table::{EVERYONE, Reach, Row, Table, Target},
};

/// One statement per target and role, grouped by target, then by reach. `named` are the targets of all
/// tables of the server: what is named more exactly is left out of the general.
pub(crate) fn statements(server: &str, file: &Arc<str>, table: &Table, named: &[(Kind, Target)]) -> Vec<Statement> {
    table.rows.iter().flat_map(|row| of_row(server, file, row, named)).collect()
}

fn of_row(server: &str, file: &Arc<str>, row: &Row, named: &[(Kind, Target)]) -> Vec<Statement> {
    // What is masked for a role that comes in with everybody.
    let everyone = row.allow.iter().find(|(role, _)| role == EVERYONE).map(|(_, reach)| *reach);
    let unnamed = row.masks.masked_roles().filter(|role| !row.allow.iter().any(|(named, _)| named == *role));
    let masked: Vec<(String, Reach)> =
        everyone.map_or_else(Vec::new, |reach| unnamed.map(|role| (role.clone(), reach)).collect());
    let mut allow: Vec<&(String, Reach)> = row.allow.iter().chain(&masked).collect();
    allow.sort_by_key(|(_, reach)| *reach);
    let pairs = row.targets.iter().flat_map(|target| allow.iter().map(move |(role, reach)| (target, role, *reach)));
    let statement = |(target, role, reach): (&Target, &String, Reach)| Statement {
        text: text(server, row, target, role, reach, named),
        file: Arc::clone(file),
        line: row.line,
        reach: Some(reach),
        weight: 0,
    };
    pairs.map(statement).collect()
}

fn text(server: &str, row: &Row, target: &Target, role: &str, reach: Reach, named: &[(Kind, Target)]) -> String {
    let kind = row.kind;
    let resource = match target {
        Target::Exact(name) => format!("resource == {}", entity(kind, name)),
        Target::Prefix(_) | Target::Every => "resource".to_owned(),
    };
    let mut text = format!("@id({})\n", quote(&id(server, kind, target, role)));
    if let Some(mask) = row.masks.of(role) {
        let _ = writeln!(text, "@mask({})", quote(&mask.to_string()));
    }
    text.push_str("permit (\n");
    let _ = write!(
        text,
        "    {},\n    action == Action::\"{}\",\n    {resource}\n)",
        principal(role, reach),
        kind.action()
    );
    if let Target::Prefix(head) = target {
        let _ = write!(text, "\nwhen {{ resource.{} like {} }}", kind.name_attribute(), quote_prefix(head));
    }
    if let Some(condition) = condition(reach) {
        let _ = write!(text, "\nwhen {{ {condition} }}");
    }
    text.push_str(&exceptions(kind, target, named));
    text.push_str(";\n");
    text
}

/// Leaves out what other rows name more exactly.
fn exceptions(kind: Kind, target: &Target, named: &[(Kind, Target)]) -> String {
    let inner: BTreeSet<&Target> =
        named.iter().filter(|(of, other)| *of == kind && target.contains(other)).map(|(_, other)| other).collect();
    let mut text = String::new();
    let exact =
        inner.iter().filter_map(|other| if let Target::Exact(name) = other { Some(entity(kind, name)) } else { None });
    let exact: Vec<String> = exact.collect();
    if !exact.is_empty() {
        let _ = write!(text, "\nunless {{ [{}].contains(resource) }}", exact.join(", "));
    }
    for other in inner {
        if let Target::Prefix(head) = other {
            let _ = write!(text, "\nunless {{ resource.{} like {} }}", kind.name_attribute(), quote_prefix(head));
        }
    }
    text
}

fn entity(kind: Kind, name: &str) -> String {
    format!("{}::{}", kind.entity_type(), quote(name))
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
