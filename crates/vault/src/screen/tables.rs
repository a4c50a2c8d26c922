//! What of a message the protocol needs as it is, and where files are in it.

use vestibule_mcp::given::{self, Given};
use vestibule_pii::{Form, Paths, Shape};

use super::places;

/// The form of what is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Table<'a> {
    /// A message of a server, where this method was called.
    Answer(&'a str),
    /// A message of a client.
    Given(Given),
    /// No message: a part of one, in which nothing is needed.
    Plain,
}

/// One for each form.
pub(super) struct Tables {
    answer: Paths,
    given: Vec<(Given, Paths)>,
}

impl Tables {
    pub(super) fn new() -> Self {
        // A client may put anything in the place of a token; only what can be one passes.
        let given = |given: Given| {
            let needed = given.plumbing().map(|place| (place, Shape::Value));
            let files = given::FILES.iter().map(|place| (*place, Shape::Base64));
            Paths::new(&[(Form::All, &needed.chain(files).collect::<Vec<_>>())])
        };
        Self { answer: places::paths(), given: Given::ALL.into_iter().map(|each| (each, given(each))).collect() }
    }

    pub(super) fn of(&self, table: Table<'_>) -> Paths {
        match table {
            Table::Answer(method) => self.answer.answering(method),
            Table::Given(given) => {
                let found = self.given.iter().find(|(of, _)| *of == given);
                found.map(|(_, paths)| paths.clone()).unwrap_or_default()
            }
            Table::Plain => Paths::default(),
        }
    }
}
