//! Which upstream and which credential each server has. Built whole from the configuration, swapped whole.

use std::{collections::HashMap, sync::Arc};

use http::Uri;
use vestibule_egress::child::ChildLimits;
use vestibule_model::{CredentialSpec, Digest, Secret, Server, ServerName, Upstream, server::Servers};

use crate::{
    bridge::Eras,
    dispatch::DispatchError,
    kinds::{self, Ingredients, Kind, Signer},
    origin::Origin,
};

/// A server cannot be reached as it is configured.
#[derive(Debug, thiserror::Error)]
#[error("server `{server}`: {what}")]
pub struct RegistryError {
    /// The server.
    pub server: ServerName,
    /// What is wrong, without a secret.
    pub what: String,
}

/// The servers, and the values of their fixed headers.
pub struct Credentials {
    /// All servers.
    pub servers: Servers,
    /// The secrets of those with a `static` credential.
    pub secrets: HashMap<ServerName, Secret<String>>,
}

/// All entries, by name.
pub(crate) struct Registry(HashMap<ServerName, Arc<Entry>>);

/// One server, ready to be called.
pub(crate) struct Entry {
    server: Arc<Server>,
    pub(crate) route: Route,
    pub(crate) eras: Eras,
    upstream: Digest,
}

/// The way to a server.
pub(crate) enum Route {
    /// An HTTP upstream, and what opens its credential.
    Http { uri: Uri, kind: Box<dyn Kind> },
    /// An upstream over HTTP+SSE, likewise; one stream per session.
    Sse { uri: Uri, kind: Box<dyn Kind> },
    /// A command, one child per session; its secrets are in its environment.
    Command { argv: Vec<String>, env: Vec<(String, String)>, limits: ChildLimits },
}

impl Entry {
    pub(crate) fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// Where it is, so that what belongs to one upstream is not taken to another of the same name.
    pub(crate) fn upstream(&self) -> Digest {
        self.upstream
    }
}

impl Registry {
    pub(crate) fn load(credentials: Credentials, signer: &Arc<Signer>) -> Result<Self, RegistryError> {
        let Credentials { servers, mut secrets } = credentials;
        let entry = |server: &Arc<Server>| {
            let route = route(server, secrets.remove(&server.name), signer)
                .map_err(|what| RegistryError { server: server.name.clone(), what })?;
            let upstream = Digest::of(format!("{:?}", server.upstream).as_bytes());
            let entry = Entry { server: Arc::clone(server), route, eras: Eras::new(server), upstream };
            Ok((server.name.clone(), Arc::new(entry)))
        };
        servers.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }

    /// The entry of exactly this server. A call that was decided for another upstream or credential than the one now
    /// configured under the name is refused: the policy looked at something else.
    pub(crate) fn find(&self, server: &Arc<Server>) -> Result<&Arc<Entry>, DispatchError> {
        let found = self.0.get(&server.name);
        let same = |entry: &&Arc<Entry>| Arc::ptr_eq(&entry.server, server) || *entry.server == **server;
        found
            .filter(same)
            .ok_or_else(|| DispatchError::Upstream("the configuration of the server has changed".to_owned()))
    }
}

fn route(server: &Server, secret: Option<Secret<String>>, signer: &Arc<Signer>) -> Result<Route, String> {
    match &server.upstream {
        Upstream::Http { url } | Upstream::Sse { url } => {
            let wrong = || "its URL is not an absolute http or https URL without user information".to_owned();
            let uri: Uri = url.parse().map_err(|_| wrong())?;
            let origin = Origin::of(&uri).ok_or_else(wrong)?;
            let with = Ingredients { origin, secret, signer: Arc::clone(signer) };
            let kind = kinds::make(&server.credential, with).map_err(|error| error.to_string())?;
            Ok(match server.upstream {
                Upstream::Sse { .. } => Route::Sse { uri, kind },
                _ => Route::Http { uri, kind },
            })
        }
        Upstream::Command { argv, env, max_memory }
            if server.credential == CredentialSpec::None && !argv.is_empty() =>
        {
            let limits = ChildLimits { memory: *max_memory };
            Ok(Route::Command { argv: argv.clone(), env: env.clone(), limits })
        }
        Upstream::Command { .. } => {
            Err("a command takes its credential from its environment, not from a header".to_owned())
        }
        Upstream::Federation => Err("the joined endpoint is no server that calls could go to".to_owned()),
    }
}
