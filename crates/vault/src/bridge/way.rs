//! The way to one server for one permitted caller.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use vestibule_egress::client::Client;
use vestibule_mcp::{Era, Message, Version, describe};
use vestibule_model::{Digest, Principal, Random};

use super::{Eras, HeldCalls, HeldLimits, HeldSessions, Memory, Questions};
use crate::{
    McpCall,
    answer::Answer,
    dispatch::DispatchError,
    registry::{Entry, Route},
    screen::wish::Wishes,
    sessions::{Sessions, Way},
    upstream,
};

/// What calls are made with, and what is kept between them.
pub(crate) struct Reach {
    pub(crate) client: Client,
    pub(crate) children: Sessions,
    pub(crate) streams: Sessions,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) sessions: HeldSessions,
    pub(crate) held: HeldCalls,
    pub(crate) questions: Questions,
    pub(crate) memory: Memory,
}

impl Reach {
    pub(crate) fn new(client: Client, children: Sessions, streams: Sessions, random: Arc<dyn Random>) -> Self {
        let sessions = HeldSessions::new(HeldLimits::default());
        let (held, questions, memory) = (HeldCalls::default(), Questions::default(), Memory::default());
        Self { client, children, streams, random, sessions, held, questions, memory }
    }
}

/// Made for one permitted and recorded call: what is sent here is that call, or what has to be said before and after it.
/// A call that goes on while its answer streams keeps it.
#[derive(Clone)]
pub(crate) struct Passage {
    pub(crate) reach: Arc<Reach>,
    pub(crate) entry: Arc<Entry>,
    pub(crate) caller: Arc<Principal>,
}

impl Passage {
    /// Sends a message as it is, in the era it is of.
    pub(super) async fn send(&self, call: McpCall) -> Result<Answer, DispatchError> {
        match &self.entry.route {
            Route::Http { uri, kind } => upstream::exchange(&self.reach.client, uri, &**kind, &self.caller, call).await,
            Route::Sse { uri, kind } => {
                let way = Way::Sse { client: &self.reach.client, uri, kind: &**kind };
                self.reach.streams.exchange(self.entry.server(), way, &self.caller, call).await
            }
            Route::Command { argv, env, limits } => {
                let way = Way::Command { argv, env, limits: *limits };
                self.reach.children.exchange(self.entry.server(), way, &self.caller, call).await
            }
        }
    }

    /// 256 random bits, as hexadecimal digits.
    pub(super) fn unguessable(&self) -> String {
        let mut bytes = [0; 32];
        self.reach.random.fill(&mut bytes);
        Digest::from_bytes(bytes).to_hex()
    }

    /// What is known of the server's era.
    pub(super) fn eras(&self) -> &Eras {
        &self.entry.eras
    }
}

/// A message of the stateless era, with the headers that mirror it. A client's own headers are of its era and stay here.
pub(super) fn stateless(message: Message) -> McpCall {
    let pairs = describe::mirrored_headers(&message);
    let pairs = pairs
        .into_iter()
        .filter_map(|(name, value)| Some((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?)));
    let headers = pairs.collect::<HeaderMap>();
    of_ours(Era::Stateless, message, None, headers)
}

/// A message in a session.
pub(super) fn stateful(message: Message, version: Option<Version>, session: Option<String>) -> McpCall {
    let version = version
        .map(|version| (HeaderName::from_static("mcp-protocol-version"), HeaderValue::from_static(version.as_str())));
    let headers = version.into_iter().collect::<HeaderMap>();
    of_ours(Era::Stateful, message, session, headers)
}

/// What a bridge sends is part of a call; what is done to the answer was settled for that call.
fn of_ours(era: Era, message: Message, upstream_session: Option<String>, headers: HeaderMap) -> McpCall {
    let wishes = Wishes::default();
    McpCall { method: Method::POST, era, message: Some(message), upstream_session, mark: None, wishes, headers }
}
