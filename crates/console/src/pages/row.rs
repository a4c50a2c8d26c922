//! One event of the journal, for people.

use vestibule_model::{Directory, UserId};

use crate::evidence::{self, Record};

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
    pub(crate) fn new(record: Record, line: &str, directory: &Directory) -> Self {
        let Record { seq, event } = record;
        let name = |id: String| match directory.find(&UserId::from(id.as_str())) {
            Some(user) => user.email.clone(),
            None => id,
        };
        let subject = event.subject.filter(|subject| event.user.as_ref() != Some(subject)).map(name);
        let about = subject.map(|subject| format!("about {subject}"));
        let what = [event.server, event.action, event.target, about].into_iter().flatten().collect::<Vec<_>>();
        Self {
            seq,
            at: evidence::moment(event.at),
            kind: event.kind.replace('_', " "),
            who: event.user.map(name).unwrap_or_default(),
            client: event.client.unwrap_or_default(),
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
