//! The numbers in labels: stable, and turned back only toward the place a value came from.

use std::collections::HashMap;

use vestibule_model::{Digest, ServerName};
use zeroize::Zeroizing;

use crate::{disguise::plainly, kind::Kind};

/// The labels of one reader. It lives in memory only, prints nothing and is wiped when dropped.
///
/// One label stands for one value wherever this reader meets it, so labels of two places are never mistaken for each
/// other. Toward a place only those labels are turned back whose values this place has shown.
#[derive(Default)]
pub struct Pseudonyms {
    numbers: HashMap<(Kind, Digest), u32>,
    counts: [u32; Kind::ALL.len()],
    values: HashMap<(Kind, u32), Entry>,
}

/// A value that can be turned back.
struct Entry {
    value: Zeroizing<String>,
    shape: Shape,
    servers: Vec<ServerName>,
}

/// How a value stood in its document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// In a string or in text.
    Text,
    /// As a number.
    Number,
}

/// Whether a label can be turned back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Keep {
    /// The value is kept for the server.
    Value,
    /// Only a digest is kept, to give the same value the same number.
    Number,
}

/// The most values that are kept for one reader. Further ones get labels that cannot be turned back.
const MAX_VALUES: usize = 10_000;
/// The most places that one value is turned back for. Beyond, the oldest is forgotten.
const MAX_PLACES: usize = 64;
/// The most values that have a number. Further ones have a label without.
const MAX_NUMBERS: usize = 50_000;

impl Pseudonyms {
    /// An empty store for a new session.
    pub fn new() -> Self {
        Self::default()
    }

    /// How much is remembered, in entries.
    pub fn weight(&self) -> usize {
        self.numbers.len() + self.values.len()
    }

    /// Whether nothing can be turned back.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Leaves numbers out, because others may have given them to other values already.
    pub fn skip(&mut self, numbers: u32) {
        for count in &mut self.counts {
            *count = count.saturating_add(numbers);
        }
    }

    /// What belongs to a place is forgotten.
    pub fn forget(&mut self, place: &ServerName) {
        self.values.retain(|_, entry| {
            entry.servers.retain(|server| server != place);
            !entry.servers.is_empty()
        });
    }

    /// The number of the value's label, unless there are too many.
    pub(crate) fn number(
        &mut self,
        kind: Kind,
        value: &str,
        shape: Shape,
        server: &ServerName,
        keep: Keep,
    ) -> Option<u32> {
        let key = (kind, Digest::of(normal(kind, value).as_bytes()));
        let number = match self.numbers.get(&key) {
            Some(&number) => number,
            None if self.numbers.len() >= MAX_NUMBERS => return None,
            None => {
                let count = self.counts.get_mut(kind.index())?;
                *count = count.saturating_add(1);
                self.numbers.insert(key, *count);
                *count
            }
        };
        if keep == Keep::Value {
            self.keep(kind, number, value, shape, server);
        }
        Some(number)
    }

    fn keep(&mut self, kind: Kind, number: u32, value: &str, shape: Shape, server: &ServerName) {
        if let Some(entry) = self.values.get_mut(&(kind, number)) {
            if !entry.servers.contains(server) {
                if entry.servers.len() >= MAX_PLACES {
                    entry.servers.remove(0);
                }
                entry.servers.push(server.clone());
            }
        } else if self.values.len() < MAX_VALUES {
            let entry = Entry { value: Zeroizing::new(value.to_owned()), shape, servers: vec![server.clone()] };
            self.values.insert((kind, number), entry);
        }
    }

    /// The value behind a label, for a server that has shown it.
    pub(crate) fn find(&self, kind: Kind, number: u32, server: &ServerName) -> Option<(&str, Shape)> {
        let entry = self.values.get(&(kind, number)).filter(|entry| entry.servers.contains(server))?;
        Some((entry.value.as_str(), entry.shape))
    }
}

/// One spelling for all spellings of a value.
pub(crate) fn normal(kind: Kind, value: &str) -> String {
    let value = &*plainly(value);
    match kind {
        Kind::Email if value.is_ascii() => value.to_ascii_lowercase(),
        Kind::Email => value.to_lowercase(),
        Kind::Phone | Kind::Ssn | Kind::Card => {
            value.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect()
        }
        Kind::Passport | Kind::Iban | Kind::NationalId => {
            value.chars().filter(|letter| letter.is_alphanumeric()).map(|letter| letter.to_ascii_uppercase()).collect()
        }
        Kind::Ip => {
            value.parse::<std::net::IpAddr>().map_or_else(|_| value.to_lowercase(), |address| address.to_string())
        }
        Kind::Street => value
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase(),
        Kind::Secret | Kind::BirthDate => value.to_owned(),
    }
}
