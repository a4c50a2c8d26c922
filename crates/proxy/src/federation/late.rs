//! Parts that join a session late: those that did not answer when it was opened, and those that have forgotten theirs.
//!
//! The session of the client stays as it is; what was opened since is remembered on this node. Another node opens its own.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::Instant;
use vestibule_mcp::Message;
use vestibule_model::{Digest, Server, ServerName};

use super::{
    every::{self, Came},
    part::{Errand, Part},
    session::{PartSession, of_session},
    visit::Visit,
};

/// How long a part that did not answer is left alone.
const PAUSE: Duration = Duration::from_secs(30);
/// The most sessions with something to remember.
const MOST: usize = 4096;

/// What was opened late, and what was tried; by the digest of the client's session id.
#[derive(Default)]
pub(super) struct Late(HashMap<Digest, HashMap<ServerName, Try>>);

/// The last try to open a part.
struct Try {
    at: Instant,
    opened: Option<PartSession>,
}

impl Late {
    /// What was opened late.
    pub(super) fn find(&self, session: &Digest, part: &ServerName) -> Option<PartSession> {
        self.0.get(session)?.get(part)?.opened.clone()
    }

    /// Whether a part may be tried now. Whoever is told yes is the one who tries.
    fn begin(&mut self, session: Digest, part: &ServerName, now: Instant) -> bool {
        if self.0.len() >= MOST && !self.0.contains_key(&session) {
            self.0.clear();
        }
        let tries = self.0.entry(session).or_default();
        if tries.get(part).is_some_and(|last| now < last.at + PAUSE) {
            return false;
        }
        tries.insert(part.clone(), Try { at: now, opened: None });
        true
    }

    fn opened(&mut self, session: Digest, part: &ServerName, opened: PartSession) {
        let last = Try { at: Instant::now(), opened: Some(opened) };
        self.0.entry(session).or_default().insert(part.clone(), last);
    }

    /// Drops what belongs to a session that has ended.
    pub(super) fn forget(&mut self, session: &Digest) {
        self.0.remove(session);
    }
}

/// Opens a part for the session of a visit, as the client opened the others. `None` when it cannot be, or was tried a
/// moment ago.
pub(super) async fn open(visit: &Visit, server: &Arc<Server>) -> Option<PartSession> {
    let sessions = visit.sessions.as_ref()?;
    let (key, greeting) = (sessions.key(), sessions.greeting()?);
    visit.proxy.memory.late().begin(key, &server.name, Instant::now()).then_some(())?;
    let id = visit.door.request.to_string();
    let params: Value = serde_json::from_str(greeting).ok()?;
    let initialize = json!({ "jsonrpc": "2.0", "id": id, "method": "initialize", "params": params });
    let message = Message::parse(initialize.to_string().into()).ok()?;
    let part = Part::new(visit, server, &[], None, visit.version);
    let came = every::in_time(&part, Errand::post(message)).await;
    let Came::Answer { body, session } = came else { return None };
    let answer: Value = serde_json::from_slice(&body).ok()?;
    let version = of_session(answer.pointer("/result/protocolVersion")?.as_str()?)?;
    let opened = PartSession { id: session, version };
    let part = Part::new(visit, server, &[], opened.id.clone(), version);
    let done = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    every::in_time(&part, Errand::post(Message::parse(done.to_string().into()).ok()?)).await;
    visit.proxy.memory.late().opened(key, &server.name, opened.clone());
    Some(opened)
}

#[cfg(test)]
mod tests {
    use vestibule_mcp::Version;

    use super::*;

    #[test]
    fn a_part_is_tried_once_in_a_while_and_then_remembered() {
        let (mut late, session, part, now) =
            (Late::default(), Digest::of(b"s"), ServerName::from("hr"), Instant::now());
        assert!(late.begin(session, &part, now));
        assert!(!late.begin(session, &part, now + PAUSE / 2));
        assert!(late.begin(Digest::of(b"other"), &part, now));
        assert!(late.begin(session, &part, now + PAUSE));
        assert!(late.find(&session, &part).is_none());
        late.opened(session, &part, PartSession { id: Some("7".to_owned()), version: Version::V2025_11_25 });
        assert_eq!(late.find(&session, &part).unwrap().id.as_deref(), Some("7"));
        late.forget(&session);
        assert!(late.find(&session, &part).is_none());
    }
}
