//! Remembered answers, for questions that look at no arguments.
//!
//! A cache belongs to one policy set and dies with it. It is built like that of a processor: a fixed
//! number of rows with a few places each, so it never grows, and nobody can push out more than a row.
//! A question is found by comparing all of it; the hash only chooses the row.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
};

use vestibule_model::{Acr, ClientId, OrgId, ScopeSet, ServerName, UserId};

use crate::{
    call::Kind,
    facts::Facts,
    slice::{Mode, Outcome},
};

/// Rows of the cache.
const ROWS: usize = 1024;
/// Places in a row.
const PLACES: usize = 8;
/// Longer names are not remembered, so that the cache stays small whatever clients send.
const NAME_LIMIT: usize = 256;

/// Everything that an answer depends on, borrowed.
#[derive(PartialEq, Eq)]
pub(crate) struct Question<'a> {
    mode: Mode,
    directory: u64,
    server: &'a str,
    kind: Kind,
    name: &'a str,
    org: &'a str,
    asker: &'a str,
    service_roles: Option<&'a [String]>,
    client: &'a str,
    scopes: &'a ScopeSet,
    acr: Acr,
    subject: Option<&'a str>,
}

impl<'a> Question<'a> {
    /// The question, unless its answer must not be remembered.
    pub(crate) fn new(mode: Mode, facts: &'a Facts<'_>) -> Option<Self> {
        let asker = facts.asker;
        (facts.name.len() <= NAME_LIMIT).then_some(())?;
        Some(Self {
            mode,
            directory: asker.epoch?,
            server: facts.server.as_str(),
            kind: facts.kind,
            name: facts.name,
            org: asker.org.as_str(),
            asker: asker.id(),
            service_roles: asker.service_roles(),
            client: asker.client.as_str(),
            scopes: asker.scopes,
            acr: asker.acr,
            subject: facts.subject_id().map(UserId::as_str),
        })
    }
}

/// The same, owned.
struct Entry {
    mode: Mode,
    directory: u64,
    server: ServerName,
    kind: Kind,
    name: Box<str>,
    org: OrgId,
    asker: Box<str>,
    service_roles: Option<Box<[String]>>,
    client: ClientId,
    scopes: ScopeSet,
    acr: Acr,
    subject: Option<UserId>,
    outcome: Outcome,
}

impl Entry {
    fn new(mode: Mode, facts: &Facts<'_>, directory: u64, outcome: Outcome) -> Self {
        let asker = facts.asker;
        Self {
            mode,
            directory,
            server: facts.server.clone(),
            kind: facts.kind,
            name: facts.name.into(),
            org: asker.org.clone(),
            asker: asker.id().into(),
            service_roles: asker.service_roles().map(Into::into),
            client: asker.client.clone(),
            scopes: asker.scopes.clone(),
            acr: asker.acr,
            subject: facts.subject_id().cloned(),
            outcome,
        }
    }

    fn question(&self) -> Question<'_> {
        Question {
            mode: self.mode,
            directory: self.directory,
            server: self.server.as_str(),
            kind: self.kind,
            name: &self.name,
            org: self.org.as_str(),
            asker: &self.asker,
            service_roles: self.service_roles.as_deref(),
            client: self.client.as_str(),
            scopes: &self.scopes,
            acr: self.acr,
            subject: self.subject.as_ref().map(UserId::as_str),
        }
    }
}

/// One row; `next` is the place to overwrite next.
#[derive(Default)]
struct Row {
    places: Vec<Entry>,
    next: usize,
}

/// The remembered answers of one policy set.
pub(crate) struct Cache {
    hasher: RandomState,
    rows: Box<[Mutex<Row>]>,
}

impl Cache {
    pub(crate) fn new() -> Self {
        Self { hasher: RandomState::new(), rows: (0..ROWS).map(|_| Mutex::default()).collect() }
    }

    /// The remembered answer, or the one that `evaluate` gives, which is then remembered.
    pub(crate) fn answer(&self, mode: Mode, facts: &Facts<'_>, evaluate: impl FnOnce() -> Outcome) -> Outcome {
        let Some(question) = Question::new(mode, facts) else { return evaluate() };
        let Some(row) = self.row(&question) else { return evaluate() };
        let find =
            |row: &Row| row.places.iter().find(|entry| entry.question() == question).map(|entry| entry.outcome.clone());
        if let Some(outcome) = find(&row.lock().unwrap_or_else(PoisonError::into_inner)) {
            return outcome;
        }
        let outcome = evaluate();
        let entry = Entry::new(mode, facts, question.directory, outcome.clone());
        let mut row = row.lock().unwrap_or_else(PoisonError::into_inner);
        let next = row.next;
        match row.places.get_mut(next) {
            Some(place) => *place = entry,
            None => row.places.push(entry),
        }
        row.next = (next + 1) % PLACES;
        outcome
    }

    fn row(&self, question: &Question<'_>) -> Option<&Mutex<Row>> {
        // What differs from call to call; the rest is compared, and need not be hashed.
        let Question { name, asker, client, subject, .. } = question;
        let hash = self.hasher.hash_one((name, asker, client, subject));
        self.rows.get(usize::try_from(hash % ROWS as u64).ok()?)
    }
}
