//! Ids of events outside: they say which parts a stream comes from, and where each was. Any node reads them, and they
//! open nothing: a part is asked to go on only in the session of whoever asks.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use vestibule_model::ServerName;

/// How ids of one part are written outside.
#[derive(Clone)]
pub(super) enum EventIds {
    /// A stream of this part alone, which answers this request.
    One(ServerName, Option<String>),
    /// This part's share of a joined stream; the last id of every part so far.
    Joined(ServerName, Arc<Mutex<BTreeMap<String, String>>>),
}

/// Where a client wants to go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Last {
    /// In a stream of one part, which answers this request.
    One(String, String, Option<String>),
    /// In the joined stream.
    Joined(BTreeMap<String, String>),
}

impl EventIds {
    /// `request` is the raw JSON text of an id.
    pub(super) fn of_one(part: &ServerName, request: Option<&str>) -> Self {
        Self::One(part.clone(), request.map(str::to_owned))
    }

    /// The id outside of an event of the part.
    pub(super) fn outside(&self, id: &str) -> String {
        let json = match self {
            Self::One(part, request) => serde_json::to_vec(&(part.as_str(), id, request)),
            Self::Joined(part, last) => {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                last.insert(part.to_string(), id.to_owned());
                serde_json::to_vec(&*last)
            }
        };
        URL_SAFE_NO_PAD.encode(json.unwrap_or_default())
    }
}

impl Last {
    /// Reads an id outside; `None` for what is none of ours.
    pub(super) fn parse(outside: &str) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(outside).ok()?;
        let one = serde_json::from_slice(&json).map(|(part, id, request)| Self::One(part, id, request));
        one.or_else(|_| serde_json::from_slice(&json).map(Self::Joined)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back() {
        let one = EventIds::of_one(&ServerName::from("hr"), Some("77")).outside("7");
        assert_eq!(Last::parse(&one), Some(Last::One("hr".to_owned(), "7".to_owned(), Some("77".to_owned()))));
        let shared = Arc::default();
        let hr = EventIds::Joined(ServerName::from("hr"), Arc::clone(&shared));
        let git = EventIds::Joined(ServerName::from("git"), shared);
        hr.outside("1");
        let both = git.outside("a:b");
        let expected = [("git", "a:b"), ("hr", "1")].map(|(part, id)| (part.to_owned(), id.to_owned()));
        assert_eq!(Last::parse(&both), Some(Last::Joined(expected.into())));
        for bad in ["", "7", "e30x", "====", "W10"] {
            assert_eq!(Last::parse(bad), None, "{bad}");
        }
    }
}
