//! What the sources of one server say, before it is compiled.

use std::{collections::HashMap, fmt::Write, sync::Arc};

use vestibule_model::ServerName;

use crate::{
    call::Kind,
    compile::Statement,
    emit,
    limits::{line_at, split},
    set::{PolicyError, Source},
    table::{self, Table, Target},
};

/// The statements of all sources, and what their tables say besides.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) statements: Vec<Statement>,
    pub(crate) roles: Vec<String>,
    pub(crate) subjects: Subjects,
    /// All policies as Cedar text.
    pub(crate) shown: String,
    pub(crate) errors: Vec<PolicyError>,
}

impl Draft {
    /// Reads all sources. Tables are written as Cedar only when all are known: a row about every tool
    /// leaves out those that any other row names.
    pub(crate) fn read(server: &ServerName, sources: Vec<Source>) -> Self {
        let mut draft = Self::default();
        let mut tables = Vec::new();
        let mut cedar = Vec::new();
        for Source { file, text } in sources {
            let file: Arc<str> = file.into();
            match file.rsplit_once('.').map(|(_, ending)| ending) {
                Some("toml") => match table::parse(&file, &text) {
                    Ok(table) => tables.push((file, table)),
                    Err(errors) => draft.errors.extend(errors),
                },
                Some("cedar") => cedar.push((file, text)),
                _ => draft.errors.push(PolicyError {
                    file: file.to_string(),
                    line: 1,
                    what: "this is neither a permission table nor Cedar text".into(),
                    remedy: "let the name end in .toml or .cedar".into(),
                }),
            }
        }
        let named = tables.iter().flat_map(|(_, table)| table.targets()).collect::<Vec<_>>();
        for (file, table) in &tables {
            let statements = emit::statements(server.as_str(), file, table, &named);
            draft.show(file, &emit::print(&statements));
            draft.statements.extend(statements);
        }
        for (file, table) in tables {
            draft.table(&file, table);
        }
        for (file, text) in cedar {
            draft.cedar(&file, &text);
        }
        draft
    }

    fn show(&mut self, file: &str, text: &str) {
        let _ = write!(self.shown, "// {}\n\n{text}\n", file.escape_debug());
    }

    fn table(&mut self, file: &Arc<str>, table: Table) {
        for row in &table.rows {
            let Some(subject) = &row.subject else { continue };
            for target in &row.targets {
                if let Some(other) = self.subjects.add(row.kind, target, subject) {
                    let (other, subject) = (other.escape_debug(), subject.escape_debug());
                    self.errors.push(PolicyError {
                        file: file.to_string(),
                        line: row.line,
                        what: format!("“{target}” has the subjects “{other}” and “{subject}”"),
                        remedy: "name one argument that says whose data is meant".into(),
                    });
                }
            }
        }
        for role in table.roles {
            if !self.roles.contains(&role) {
                self.roles.push(role);
            }
        }
    }

    fn cedar(&mut self, file: &Arc<str>, text: &str) {
        self.show(file, text);
        match split(file, text) {
            Ok(pieces) => self.statements.extend(pieces.into_iter().map(|piece| Statement {
                text: piece.text.to_owned(),
                file: Arc::clone(file),
                line: line_at(text, piece.start),
                reach: None,
                weight: piece.weight,
            })),
            Err(error) => self.errors.push(error),
        }
    }
}

/// Which argument says whose data is meant, by target.
#[derive(Default)]
pub(crate) struct Subjects {
    exact: [HashMap<String, String>; 2],
    every: [Option<String>; 2],
}

impl Subjects {
    /// Only tools and prompts have arguments.
    fn index(kind: Kind) -> Option<usize> {
        match kind {
            Kind::Tool => Some(0),
            Kind::Prompt => Some(1),
            Kind::Resource | Kind::Method => None,
        }
    }

    pub(crate) fn find(&self, kind: Kind, name: &str) -> Option<&str> {
        let at = Self::index(kind)?;
        let exact = self.exact.get(at).and_then(|names| names.get(name));
        exact.or_else(|| self.every.get(at).and_then(Option::as_ref)).map(String::as_str)
    }

    /// Adds one. Gives back the other argument when one was named before: a target has one subject.
    fn add(&mut self, kind: Kind, target: &Target, argument: &str) -> Option<String> {
        let at = Self::index(kind)?;
        let before = match target {
            Target::Exact(name) => self.exact.get_mut(at)?.insert(name.clone(), argument.to_owned()),
            Target::Every => self.every.get_mut(at)?.replace(argument.to_owned()),
            Target::Prefix(_) => None,
        };
        let every = self.every.get(at)?.as_ref();
        let exact = self.exact.get(at)?.values();
        before.iter().chain(every).chain(exact.filter(|_| every.is_some())).find(|other| *other != argument).cloned()
    }
}
