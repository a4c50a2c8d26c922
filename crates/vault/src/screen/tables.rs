//! What of a message the protocol needs as it is, and where files are in it.

use vestibule_mcp::{
    given::{self, Given},
    untouched,
};
use vestibule_pii::{Paths, Treatment};

/// The form of what is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Table {
    /// A message of a server.
    Answer,
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
        let of = |spared: &mut dyn Iterator<Item = untouched::Place>, files: &[untouched::Place]| {
            let files = files.iter().map(|place| (*place, Treatment::Encoded));
            Paths::new(&spared.map(|place| (place, Treatment::Spare)).chain(files).collect::<Vec<_>>())
        };
        let given = Given::ALL.into_iter().map(|given| (given, of(&mut given.plumbing(), given::FILES)));
        Self { answer: of(&mut untouched::OF_THE_PROTOCOL.iter().copied(), untouched::FILES), given: given.collect() }
    }

    pub(super) fn of(&self, table: Table) -> Paths {
        match table {
            Table::Answer => self.answer.clone(),
            Table::Given(given) => {
                let found = self.given.iter().find(|(of, _)| *of == given);
                found.map(|(_, paths)| paths.clone()).unwrap_or_default()
            }
            Table::Plain => Paths::default(),
        }
    }
}
