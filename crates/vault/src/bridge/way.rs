//! The way to one server for one permitted caller.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use vestibule_egress::client::Client;
use vestibule_mcp::{Era, Message, Version, describe};
use vestibule_model::Principal;

use super::Eras;
use crate::{
    McpCall,
    answer::Answer,
    dispatch::DispatchError,
    registry::{Entry, Route},
    sessions::{Sessions, Way},
    upstream,
};

/// Made for one permitted and recorded call: what is sent here is that call, or what has to be said before it.
pub(crate) struct Passage<'a> {
    pub(crate) client: &'a Client,
    pub(crate) children: &'a Sessions,
    pub(crate) streams: &'a Sessions,
    pub(crate) entry: &'a Entry,
    pub(crate) caller: &'a Principal,
}

impl Passage<'_> {
    /// Sends a message as it is, in the era it is of.
    pub(super) async fn send(&self, call: McpCall) -> Result<Answer, DispatchError> {
        match &self.entry.route {
            Route::Http { uri, kind } => upstream::exchange(self.client, uri, &**kind, self.caller, call).await,
            Route::Sse { uri, kind } => {
                let way = Way::Sse { client: self.client, uri, kind: &**kind };
                self.streams.exchange(self.entry.server(), way, self.caller, call).await
            }
            Route::Command { argv, env, limits } => {
                let way = Way::Command { argv, env, limits: *limits };
                self.children.exchange(self.entry.server(), way, self.caller, call).await
            }
        }
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
    McpCall { method: Method::POST, era: Era::Stateless, message: Some(message), upstream_session: None, headers }
}

/// A message in a session.
pub(super) fn stateful(message: Message, version: Option<Version>, session: Option<String>) -> McpCall {
    let version = version
        .map(|version| (HeaderName::from_static("mcp-protocol-version"), HeaderValue::from_static(version.as_str())));
    let headers = version.into_iter().collect::<HeaderMap>();
    McpCall { method: Method::POST, era: Era::Stateful, message: Some(message), upstream_session: session, headers }
}
