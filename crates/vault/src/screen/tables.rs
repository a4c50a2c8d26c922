//! What of a message the protocol needs as it is, and where files are in it.

use vestibule_mcp::{
    given::{self, Given},
    untouched::{self, Place},
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
        let of = |spared: Vec<(Place, Treatment)>, files: &[Place]| {
            let files = files.iter().map(|place| (*place, Treatment::Encoded));
            Paths::new(&spared.into_iter().chain(files).collect::<Vec<_>>())
        };
        let answer = untouched::OF_THE_PROTOCOL.iter().map(|place| (*place, Treatment::Spare));
        // A client may put anything in the place of a token; only what can be one passes.
        let given = |given: Given| given.plumbing().map(|place| (place, Treatment::SpareAlone)).collect();
        Self {
            answer: of(answer.collect(), untouched::FILES),
            given: Given::ALL.into_iter().map(|each| (each, of(given(each), given::FILES))).collect(),
        }
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
