//! A two-way channel to a server: it takes messages, and what the server says comes out message by message until it
//! ends.

use bytes::Bytes;
use http::Uri;
use tokio::{sync::mpsc, task::JoinHandle};
use tracing::Span;
use vestibule_egress::{
    child::{Child, ChildLimits, Input},
    client::Client,
};
use vestibule_model::{Principal, ServerName};

use super::{line, sse};
use crate::{dispatch::DispatchError, kinds::Kind};

/// Messages on their way in.
pub(super) const QUEUE: usize = 64;

/// How a server is reached, as it is configured now.
#[derive(Clone, Copy)]
pub(crate) enum Way<'a> {
    /// On the pipes of a command. Its environment is its configuration; no credential of a caller reaches it.
    Command { argv: &'a [String], env: &'a [(String, String)], limits: ChildLimits },
    /// Over HTTP+SSE, with the credential on every request.
    Sse { client: &'a Client, uri: &'a Uri, kind: &'a dyn Kind },
}

/// A way, and for whom.
#[derive(Clone, Copy)]
pub(super) struct Via<'a> {
    pub(super) way: Way<'a>,
    pub(super) caller: &'a Principal,
}

/// An open channel.
pub(super) struct Channel {
    pub(super) outlet: Outlet,
    pub(super) lines: mpsc::Receiver<Bytes>,
    pub(super) peer: Peer,
}

/// Where messages go.
pub(super) enum Outlet {
    /// To the standard input of a child.
    Child(Input),
    /// To this URL, which is of the configured origin.
    Endpoint(Uri),
}

/// The other end; it is let go when the session ends.
pub(super) enum Peer {
    /// A child.
    Child(Box<Child>),
    /// The task that reads a stream.
    Stream(Reading),
}

/// Ends its task when it is dropped, and with it the exchange.
pub(super) struct Reading(pub(super) JoinHandle<()>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Peer {
    pub(super) async fn stop(self) {
        match self {
            Self::Child(child) => child.stop().await,
            Self::Stream(reading) => drop(reading),
        }
    }
}

impl Via<'_> {
    /// Opens the channel. What a child writes to its standard error is logged in `span`.
    pub(super) async fn connect(&self, server: &ServerName, span: &Span) -> Result<Channel, DispatchError> {
        match self.way {
            Way::Command { argv, env, limits } => {
                let started = Child::start(argv, env, server.as_str(), limits, span);
                let (child, lines) = started.map_err(|error| DispatchError::Upstream(error.to_string()))?;
                Ok(Channel { outlet: Outlet::Child(child.input()), lines, peer: Peer::Child(Box::new(child)) })
            }
            Way::Sse { client, uri, kind } => sse::connect(client, uri, kind, self.caller, server).await,
        }
    }

    /// Hands over one message.
    pub(super) async fn send(&self, outlet: &Outlet, message: &Bytes) -> Result<(), DispatchError> {
        match (outlet, self.way) {
            (Outlet::Child(input), Way::Command { .. }) => {
                input.send(line::one_line(message)).await.map_err(|_| DispatchError::SessionGone)
            }
            (Outlet::Endpoint(endpoint), Way::Sse { client, kind, .. }) => {
                sse::post(client, endpoint, kind, self.caller, message.clone()).await
            }
            // The server has been configured anew in between.
            _ => Err(DispatchError::SessionGone),
        }
    }
}
