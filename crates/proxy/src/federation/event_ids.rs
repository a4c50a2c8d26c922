//! Ids of events outside: they say which parts a stream comes from, and where each was. Any node opens them, for their
//! owner in the same session.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::response::Response;
use http::HeaderValue;
use vestibule_model::ServerName;
use vestibule_vault::screen::wish::Wishes;

use super::{session::Sessions, visit::Visit};
use crate::{
    Proxy, answer,
    arrival::Arrival,
    sealed::{self, Kind, Owner},
    unknown::What,
};

/// How the ids of a stream are written outside.
#[derive(Clone)]
pub(super) struct EventIds {
    stream: Stream,
    /// Whose they are. Without a session no stream can be resumed, and its events have no ids.
    sealed: Option<(Arc<Proxy>, Owner)>,
    /// A stream that goes on elsewhere hides there what it hides here.
    wishes: Wishes,
}

/// What an id says.
#[derive(Clone)]
enum Stream {
    /// This part alone, whose stream answers this request.
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
    /// Of a stream of one part that answers `request`, which is the raw JSON text of an id.
    pub(super) fn of_one(visit: &Visit, part: &ServerName, request: Option<&str>) -> Self {
        Self::new(visit, Stream::One(part.clone(), request.map(str::to_owned)))
    }

    /// Of one part's share in a joined stream.
    pub(super) fn joined(visit: &Visit, part: &ServerName, last: &Arc<Mutex<BTreeMap<String, String>>>) -> Self {
        Self::new(visit, Stream::Joined(part.clone(), Arc::clone(last)))
    }

    fn new(visit: &Visit, stream: Stream) -> Self {
        let owner = visit.sessions.as_ref().map(|sessions| sessions.owner(&visit.door));
        let sealed = owner.map(|owner| (Arc::clone(&visit.proxy), owner));
        Self { stream, sealed, wishes: visit.wishes.tightening() }
    }

    /// The id outside of an event of the part.
    pub(super) fn outside(&self, id: &str) -> Option<String> {
        let (proxy, owner) = self.sealed.as_ref()?;
        Some(sealed::seal_with(proxy, owner, Kind::Event, &self.stream.at(id), self.wishes))
    }
}

impl Stream {
    fn at(&self, id: &str) -> String {
        let json = match self {
            Self::One(part, request) => serde_json::to_string(&(part.as_str(), id, request)),
            Self::Joined(part, last) => {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                last.insert(part.to_string(), id.to_owned());
                serde_json::to_string(&*last)
            }
        };
        // Strings always become JSON.
        json.unwrap_or_default()
    }
}

impl Last {
    /// Opens an id, with what the stream was masked for; `None` for an empty one, by which a client says that it has seen
    /// none. What is none of this caller's in this session is unknown.
    pub(super) fn open(
        proxy: &Proxy,
        door: &Arrival,
        sessions: Option<&Sessions>,
        presented: &HeaderValue,
    ) -> Result<Option<(Self, Wishes)>, Response> {
        if presented.is_empty() {
            return Ok(None);
        }
        let found = sessions.zip(presented.to_str().ok()).and_then(|(sessions, id)| {
            let opened = sealed::open_with(proxy, &sessions.owner(door), Kind::Event, id)?;
            Some((Self::parse(&opened.text)?, opened.wishes))
        });
        found.map(Some).ok_or_else(|| answer::session_gone(What::Event, None))
    }

    fn parse(json: &str) -> Option<Self> {
        let one = serde_json::from_str(json).map(|(part, id, request)| Self::One(part, id, request));
        one.or_else(|_| serde_json::from_str(json).map(Self::Joined)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_id_says_is_understood() {
        let one = Stream::One(ServerName::from("hr"), Some("77".to_owned())).at("7");
        assert_eq!(Last::parse(&one), Some(Last::One("hr".to_owned(), "7".to_owned(), Some("77".to_owned()))));
        let shared = Arc::default();
        let hr = Stream::Joined(ServerName::from("hr"), Arc::clone(&shared));
        let git = Stream::Joined(ServerName::from("git"), shared);
        hr.at("1");
        let both = git.at("a:b");
        let expected = [("git", "a:b"), ("hr", "1")].map(|(part, id)| (part.to_owned(), id.to_owned()));
        assert_eq!(Last::parse(&both), Some(Last::Joined(expected.into())));
        for bad in ["", "7", "[]", "{\"hr\":1}"] {
            assert_eq!(Last::parse(bad), None, "{bad}");
        }
    }
}
