//! One event of the journal, for people.

use std::{collections::HashMap, sync::Arc};

use vestibule_model::{ClientId, Directory, UserId};
use vestibule_store::{Store, StoreError};

use crate::evidence::{self, Record};

/// What the ids of some events stand for.
pub(crate) struct Names {
    directory: Arc<Directory>,
    clients: HashMap<String, String>,
}

impl Names {
    /// For the events of a page.
    pub(crate) async fn load(store: &Store, records: &[(Record, Arc<str>)]) -> Result<Self, StoreError> {
        let mut clients = HashMap::new();
        for id in records.iter().filter_map(|(record, _)| record.event.client.as_ref()) {
            if !clients.contains_key(id) {
                let client = store.find_client(&ClientId::from(id.as_str())).await?;
                clients.insert(id.clone(), client.map_or_else(|| id.clone(), |client| client.name));
            }
        }
        Ok(Self { directory: store.directory(), clients })
    }

    /// A person's e-mail address, a client's name; what is neither stays as it is.
    fn of(&self, id: String) -> String {
        match self.directory.find(&UserId::from(id.as_str())) {
            Some(user) => user.email.clone(),
            None => self.clients.get(&id).cloned().unwrap_or(id),
        }
    }
}

/// An event, for people.
pub(crate) struct Row {
    pub(crate) seq: u64,
    pub(crate) at: String,
    pub(crate) kind: String,
    pub(crate) who: String,
    pub(crate) client: String,
    pub(crate) what: String,
    pub(crate) verdict: Option<String>,
    pub(crate) why: String,
    pub(crate) address: String,
    pub(crate) line: String,
}

impl Row {
    pub(crate) fn new(record: Record, line: &str, names: &Names) -> Self {
        let Record { seq, event } = record;
        let name = |id: String| names.of(id);
        let subject = event.subject.filter(|subject| event.user.as_ref() != Some(subject)).map(name);
        let about = subject.map(|subject| format!("about {subject}"));
        let what =
            [event.server, event.action, event.target.map(name), about].into_iter().flatten().collect::<Vec<_>>();
        Self {
            seq,
            at: evidence::moment(event.at),
            kind: event.kind.replace('_', " "),
            who: event.user.map(name).unwrap_or_default(),
            client: event.client.map(name).unwrap_or_default(),
            what: what.join(" · "),
            verdict: event.verdict,
            why: event.reason.or(event.detail).unwrap_or_default(),
            address: event.address.unwrap_or_default(),
            line: line.to_owned(),
        }
    }

    /// For the colour of the verdict.
    pub(crate) fn is_allowed(&self) -> bool {
        self.verdict.as_deref() == Some("allow")
    }
}
